"""A training partner, what it may report, and a badge class that asks for it."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from badgeservice.catalogue import classes
from badgeservice.catalogue.models import BadgeClassVersion
from badgeservice.catalogue.strength import Strength
from badgeservice.catalogue.text import Text
from badgeservice.evidence import agreements
from badgeservice.evidence.agreements import Terms
from badgeservice.evidence.sources.results import Result
from badgeservice.people.models import Organisation

CLASS = "crcn-4-1-beginner"
WORKSHOP = "cyber-1"
COURSE = "cyber-course"
TERMS = Terms(
    activity=WORKSHOP,
    title=Text(fr="Cyber 1 : les bons réflexes", en="Cyber 1: the right reflexes"),
    competences=("4.1",),
    level="beginner",
    strength=Strength.WORK_REVIEWED,
    valid_from=date(2026, 9, 1),
    valid_until=date(2027, 8, 31),
)
SCORED = Terms(
    activity=COURSE,
    title=Text(fr="Cyber : le cours", en="Cyber: the course"),
    competences=("4.1",),
    level="intermediate",
    strength=Strength.ATTENDANCE_VERIFIED,
    threshold=Fraction(7, 10),
    valid_from=date(2026, 9, 1),
)


def partner(session: Session, now: datetime, slug: str = "fim", name: str = "FIM") -> Organisation:
    """Enter a partner that may report a workshop, and a course with a score."""
    organisation = Organisation(slug=slug, name=name)
    session.add(organisation)
    session.flush()
    agreements.allow(session, organisation, [TERMS, SCORED], actor="administrator", now=now)
    return organisation


def publish(session: Session, now: datetime, min_strength: int = 2) -> BadgeClassVersion:
    """Publish the next version of the class that we ship, earned by a partner's result."""
    shipped = classes.current(session, CLASS)
    document = {
        **shipped.document,
        "version": 2,
        "rule": {
            "rule": CLASS,
            "version": 2,
            "badge": CLASS,
            "when": {"any": [{"partner": {"min_strength": min_strength}}]},
            "validation": "automatic",
            "validity": "P24M",
        },
    }
    version = BadgeClassVersion(
        slug=CLASS,
        version=2,
        document=document,
        digest=classes.digest(document),
        state="published",
        published_at=now,
    )
    session.add(version)
    session.flush()
    return version


def result(**changes: Any) -> Result:
    """Return a row that fits the agreement, with changes."""
    row = {
        "reference": "2026-11/1",
        "email": "anais@example.org",
        "name": "Anaïs Lemoigne",
        "activity": WORKSHOP,
        "outcome": "achieved",
        "date": "2026-11-20",
    }
    return Result(**(row | changes))
