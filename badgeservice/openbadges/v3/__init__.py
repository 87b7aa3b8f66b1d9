"""Open Badges 3.0: building its documents, and finding what is wrong with one."""

from __future__ import annotations

from badgeservice.openbadges.problems import Problem, Rule
from badgeservice.openbadges.v3.build import (
    achievement,
    alignment,
    credential,
    endorsement,
    evidence,
    identity,
    profile,
    related,
    result,
    result_description,
    rubric_level,
    status_entry,
    status_list_credential,
    subject,
)
from badgeservice.openbadges.v3.lint import (
    HOUSE_RULES,
    lint,
    lint_embedded_endorsement,
    lint_endorsement,
    lint_received,
    lint_received_endorsement,
    lint_status_list,
)
from badgeservice.openbadges.v3.upgrade import is_older, upgrade
from badgeservice.openbadges.v3.vocabulary import CONTEXT

__all__ = [
    "CONTEXT",
    "HOUSE_RULES",
    "Problem",
    "Rule",
    "achievement",
    "alignment",
    "credential",
    "endorsement",
    "evidence",
    "identity",
    "is_older",
    "lint",
    "lint_embedded_endorsement",
    "lint_endorsement",
    "lint_received",
    "lint_received_endorsement",
    "lint_status_list",
    "profile",
    "related",
    "result",
    "result_description",
    "rubric_level",
    "status_entry",
    "status_list_credential",
    "subject",
    "upgrade",
]
