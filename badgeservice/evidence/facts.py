"""What someone did, as values: what a source claims, and what we hold once it is recorded.

A `Deed` is the part that both have in common. A `Claim` is a deed that a source reports about a
person; `record.record` turns it into a row. A `Fact` is a deed that we hold: what rules read, what
narratives tell, and what the dossier of an award keeps. A fact says everything about the deed and
nothing about who the person is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from fractions import Fraction
from typing import Any

from badgeservice.catalogue.strength import Strength
from badgeservice.catalogue.text import Text


class Kind(StrEnum):
    """What sort of thing was done."""

    QUIZ = "quiz"
    """An assessment taken online and graded by the server."""
    MANUAL = "manual"
    """Someone with the right to do so vouches for a skill."""
    PARTNER_RESULT = "partner_result"
    """A training partner asserts what came of an activity that its agreement names."""
    BADGE = "badge"
    """A badge that is held here: a view of an award, never recorded as evidence of its own."""


class Outcome(StrEnum):
    """How it ended. What was not achieved is no evidence, and is not recorded."""

    ACHIEVED = "achieved"
    PENDING = "pending"
    """It was done, and somebody has still to decide about it."""


class Identity(IntEnum):
    """How sure it is that the person is who the account says."""

    UNKNOWN = 0
    CONTACT_VERIFIED = 1
    """The person reads the mail, or answers the telephone, of the account."""
    SEEN_IN_PERSON = 2
    """Somebody recognised the person on the spot; a paper may have been seen, never copied."""


@dataclass(frozen=True)
class QuizDetails:
    """What to tell of an assessment: its title, how many questions, and the objectives they are on."""

    title: Text
    questions: int
    objectives: tuple[Text, ...]

    kind = Kind.QUIZ


@dataclass(frozen=True)
class ManualDetails:
    """What to tell of someone's word: the badge it is about, and the organisation that gives it."""

    badge: Text
    organisation: str

    kind = Kind.MANUAL


@dataclass(frozen=True)
class PartnerDetails:
    """What to tell of a partner's result: the title of the activity, and the partner."""

    title: Text
    organisation: str

    kind = Kind.PARTNER_RESULT


@dataclass(frozen=True)
class BadgeDetails:
    """What to tell of a badge that is held: its name."""

    name: Text

    kind = Kind.BADGE


Details = QuizDetails | ManualDetails | PartnerDetails | BadgeDetails


@dataclass(frozen=True, kw_only=True)
class Deed:
    """Something done by someone, at one time.

    `activity` names what was done, in the books of its kind: the module of a quiz, the badge class
    that someone's word is about, the activity of a partner's agreement, the class of a badge held. `content_digest` is the SHA-256, in
    hex, of what was taken or vouched for. `competences` are codes of the framework, `level` one of
    its levels; together they say which claim the deed can support, and `strength` how well.
    `score` and `threshold` are exact shares of 1, None where nothing was counted.
    `critical_passed` says whether every critical question was answered rightly, None where there
    can be none. `source_organisation` is the id of the organisation that answers for it.
    """

    activity: str
    activity_version: str
    content_digest: str
    competences: tuple[str, ...]
    level: str
    strength: Strength
    identity: Identity
    outcome: Outcome
    source_organisation: str
    method: str
    occurred_at: datetime
    details: Details
    score: Fraction | None = None
    threshold: Fraction | None = None
    critical_passed: bool | None = None

    @property
    def kind(self) -> Kind:
        """What sort of thing was done."""
        return self.details.kind


@dataclass(frozen=True, kw_only=True)
class Claim(Deed):
    """A deed as a source reports it, before it is recorded.

    `reference` names it in the source's own books: the same reference of the same source is the
    same deed, however often it is sent. `agent` is the part or the id of whoever reports, never a
    name. `statement` is what they wrote about the person: it is kept sealed, and never signed.
    """

    person_id: str
    reference: str
    agent: str
    statement: str | None = None


@dataclass(frozen=True, kw_only=True)
class Fact(Deed):
    """A deed that we hold. `id` is that of the evidence, or of the award of a badge held.

    `valid_until` is when a badge held expires; None for one that does not, and for evidence, whose
    age is judged by the rule that reads it.
    """

    id: str
    valid_until: datetime | None = None


def as_json(fact: Fact) -> dict[str, Any]:
    """Return a fact as JSON values that `from_json` reads back exactly, without any float."""
    return {
        "id": fact.id,
        "kind": str(fact.kind),
        "activity": fact.activity,
        "activity_version": fact.activity_version,
        "content_digest": fact.content_digest,
        "competences": list(fact.competences),
        "level": fact.level,
        "strength": int(fact.strength),
        "identity": int(fact.identity),
        "outcome": str(fact.outcome),
        "score": None if fact.score is None else str(fact.score),
        "threshold": None if fact.threshold is None else str(fact.threshold),
        "critical_passed": fact.critical_passed,
        "source_organisation": fact.source_organisation,
        "method": fact.method,
        "occurred_at": fact.occurred_at.isoformat(),
        "valid_until": None if fact.valid_until is None else fact.valid_until.isoformat(),
        "details": details_as_json(fact.details),
    }


def from_json(stored: dict[str, Any]) -> Fact:
    """Return the fact that `as_json` wrote; raise KeyError or ValueError for anything else."""
    return Fact(
        id=stored["id"],
        activity=stored["activity"],
        activity_version=stored["activity_version"],
        content_digest=stored["content_digest"],
        competences=tuple(stored["competences"]),
        level=stored["level"],
        strength=Strength(stored["strength"]),
        identity=Identity(stored["identity"]),
        outcome=Outcome(stored["outcome"]),
        score=None if stored["score"] is None else Fraction(stored["score"]),
        threshold=None if stored["threshold"] is None else Fraction(stored["threshold"]),
        critical_passed=stored["critical_passed"],
        source_organisation=stored["source_organisation"],
        method=stored["method"],
        occurred_at=datetime.fromisoformat(stored["occurred_at"]),
        valid_until=None
        if stored["valid_until"] is None
        else datetime.fromisoformat(stored["valid_until"]),
        details=details_from_json(Kind(stored["kind"]), stored["details"]),
    )


def details_as_json(details: Details) -> dict[str, Any]:
    """Return what to tell of a deed as JSON values."""
    match details:
        case QuizDetails():
            return {
                "title": details.title.as_dict(),
                "questions": details.questions,
                "objectives": [objective.as_dict() for objective in details.objectives],
            }
        case ManualDetails():
            return {"badge": details.badge.as_dict(), "organisation": details.organisation}
        case PartnerDetails():
            return {"title": details.title.as_dict(), "organisation": details.organisation}
        case BadgeDetails():
            return {"name": details.name.as_dict()}


def details_from_json(kind: Kind, stored: dict[str, Any]) -> Details:
    """Return the details of a deed of this kind that `details_as_json` wrote."""
    match kind:
        case Kind.QUIZ:
            return QuizDetails(
                title=Text(**stored["title"]),
                questions=stored["questions"],
                objectives=tuple(Text(**objective) for objective in stored["objectives"]),
            )
        case Kind.MANUAL:
            return ManualDetails(badge=Text(**stored["badge"]), organisation=stored["organisation"])
        case Kind.PARTNER_RESULT:
            return PartnerDetails(
                title=Text(**stored["title"]), organisation=stored["organisation"]
            )
        case Kind.BADGE:
            return BadgeDetails(name=Text(**stored["name"]))
