"""A learner, the first badge class as it is shipped, and two ways to earn it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from badgeservice.catalogue import classes, framework, templates
from badgeservice.catalogue.models import BadgeClassVersion
from badgeservice.catalogue.strength import Strength
from badgeservice.catalogue.text import Text
from badgeservice.evidence import record
from badgeservice.evidence.facts import Claim, Identity, Outcome, QuizDetails
from badgeservice.evidence.models import Evidence
from badgeservice.evidence.sources.manual import record_manual
from badgeservice.people import accounts
from badgeservice.people.models import Organisation, Person
from badgeservice.storage.vault import Vault

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def centre(session: Session) -> Organisation:
    """The organisation that answers for the evidence."""
    organisation = Organisation(slug="cotentin", name="Cotentin Digital")
    session.add(organisation)
    session.flush()
    return organisation


@pytest.fixture
def learner(session: Session, vault: Vault, centre: Organisation, now: datetime) -> Person:
    """The person who learns."""
    return accounts.find_or_create(
        session, vault, email="anais@example.org", language="fr", controller=centre, now=now
    )


@pytest.fixture
def publish(session: Session, now: datetime) -> Callable[..., BadgeClassVersion]:
    """Publish the class that we ship, with changes to its document; images are not needed here."""

    def make(*, state: str = "published", **changes: Any) -> BadgeClassVersion:
        template = templates.load(ROOT / "badge_templates/crcn-4-1-beginner", framework.load())
        document = classes.document_of(template, {}) | changes
        version = BadgeClassVersion(
            slug=document["slug"],
            version=document["version"],
            document=document,
            digest=classes.digest(document),
            state=state,
            published_at=now,
        )
        session.add(version)
        session.flush()
        return version

    return make


@pytest.fixture
def badge_class(publish: Callable[..., BadgeClassVersion]) -> BadgeClassVersion:
    """The badge class 4.1, beginner: a quiz, or the word of an administrator of strength 3."""
    return publish()


@pytest.fixture
def pass_quiz(
    session: Session, vault: Vault, learner: Person, centre: Organisation, now: datetime
) -> Callable[..., Evidence]:
    """Record that the learner passed the quiz, with changes."""

    def passed(**changes: Any) -> Evidence:
        claimed: dict[str, Any] = {
            "person_id": learner.id,
            "source_organisation": centre.id,
            "reference": "att_1",
            "agent": "system",
            "method": "online-quiz",
            "activity": "workplace-security-reflexes",
            "activity_version": "1.0.0",
            "content_digest": "c0" * 32,
            "competences": ("4.1",),
            "level": "beginner",
            "strength": Strength.ONLINE_QUIZ,
            "identity": Identity.CONTACT_VERIFIED,
            "outcome": Outcome.ACHIEVED,
            "score": Fraction(9, 10),
            "threshold": Fraction(7, 10),
            "critical_passed": True,
            "occurred_at": now - timedelta(hours=1),
            "details": QuizDetails(Text("Les bons réflexes", "The right reflexes"), 10, ()),
        }
        return record.record(session, vault, Claim(**(claimed | changes)), now=now)

    return passed


@pytest.fixture
def vouch(
    session: Session, vault: Vault, learner: Person, centre: Organisation, now: datetime
) -> Callable[..., Evidence]:
    """Record an administrator's word for the learner's skill in a class."""

    def vouched(
        badge_class: BadgeClassVersion, strength: Strength = Strength.WORK_REVIEWED
    ) -> Evidence:
        return record_manual(
            session,
            vault,
            person_id=learner.id,
            badge_class=badge_class,
            strength=strength,
            agent="administrator",
            organisation=centre.slug,
            statement="a montré les cinq gestes",
            occurred_at=now,
            now=now,
        )

    return vouched
