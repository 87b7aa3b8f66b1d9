"""Open Badges 2.0: building its documents, reading older ones, and finding what is wrong."""

from __future__ import annotations

from badgeservice.openbadges.v2.build import (
    alignment,
    badge_class,
    cryptographic_key,
    evidence,
    hosted_assertion,
    profile,
    recipient,
    revocation_list,
    revoked_assertion,
    signed_assertion,
)
from badgeservice.openbadges.v2.extensions import is_context as is_extension_context
from badgeservice.openbadges.v2.lint import (
    HOUSE_RULES,
    is_context,
    lint,
    lint_received,
    unknown_extensions,
)
from badgeservice.openbadges.v2.upgrade import is_older, upgrade
from badgeservice.openbadges.v2.vocabulary import CONTEXT, HOSTED, SIGNED

__all__ = [
    "CONTEXT",
    "HOSTED",
    "HOUSE_RULES",
    "SIGNED",
    "alignment",
    "badge_class",
    "cryptographic_key",
    "evidence",
    "hosted_assertion",
    "is_context",
    "is_extension_context",
    "is_older",
    "lint",
    "lint_received",
    "profile",
    "recipient",
    "revocation_list",
    "revoked_assertion",
    "signed_assertion",
    "unknown_extensions",
    "upgrade",
]
