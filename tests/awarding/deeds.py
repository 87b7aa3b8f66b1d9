"""Facts and rules as the tests of this room write them down."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from badgeservice.awarding.decision import Skill
from badgeservice.awarding.rules import Condition, Rule
from badgeservice.catalogue.strength import Strength
from badgeservice.catalogue.text import Text
from badgeservice.evidence.facts import (
    BadgeDetails,
    Fact,
    Identity,
    ManualDetails,
    Outcome,
    PartnerDetails,
    QuizDetails,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CLASS = "crcn-4-1-beginner"
LEVELS = ("beginner", "intermediate", "advanced")
SKILL = Skill(("4.1",), LEVELS, Strength.DECLARED)

_FACT = Fact(
    id="ev_quiz",
    activity="reflexes",
    activity_version="1.0.0",
    content_digest="c0" * 32,
    competences=("4.1",),
    level="beginner",
    strength=Strength.ONLINE_QUIZ,
    identity=Identity.CONTACT_VERIFIED,
    outcome=Outcome.ACHIEVED,
    source_organisation="org_1",
    method="online-quiz",
    occurred_at=datetime(2026, 11, 20, 17, 4, tzinfo=UTC),
    details=QuizDetails(Text("Les bons réflexes", "The right reflexes"), 10, ()),
    score=Fraction(8, 10),
    threshold=Fraction(7, 10),
    critical_passed=True,
)


def quiz(**changes: Any) -> Fact:
    """Return the fact of a quiz passed with 80 %."""
    return replace(_FACT, **changes)


def word(**changes: Any) -> Fact:
    """Return the fact of somebody's word that work was reviewed."""
    vouched: dict[str, Any] = {
        "id": "ev_word",
        "activity": CLASS,
        "strength": Strength.WORK_REVIEWED,
        "score": None,
        "threshold": None,
        "critical_passed": None,
        "details": ManualDetails(Text("Sécuriser", "Securing"), "Cotentin Digital"),
    }
    return replace(_FACT, **(vouched | changes))


def asserted(**changes: Any) -> Fact:
    """Return the fact of a result that a training partner asserts."""
    reported: dict[str, Any] = {
        "id": "ev_result",
        "activity": "cyber-1",
        "strength": Strength.WORK_REVIEWED,
        "score": None,
        "threshold": None,
        "critical_passed": None,
        "details": PartnerDetails(Text("Cyber 1", "Cyber 1"), "FIM"),
    }
    return replace(_FACT, **(reported | changes))


def held(slug: str = "crcn-1-3-beginner", **changes: Any) -> Fact:
    """Return the fact of a badge held."""
    badge: dict[str, Any] = {
        "id": f"awd_{slug}",
        "activity": slug,
        "competences": ("1.3",),
        "score": None,
        "threshold": None,
        "critical_passed": None,
        "details": BadgeDetails(Text("Traiter des données", "Processing data")),
    }
    return replace(_FACT, **(badge | changes))


def rule(when: Condition) -> Rule:
    """Return a rule of the class with this condition."""
    return Rule(name=CLASS, version=1, badge=CLASS, when=when, validity="P24M")
