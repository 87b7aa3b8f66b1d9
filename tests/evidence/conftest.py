"""A learner of a training centre, and what sources say about them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy.orm import Session

from badgeservice.catalogue.strength import Strength
from badgeservice.catalogue.text import Text
from badgeservice.evidence.facts import Claim, Identity, Outcome, QuizDetails
from badgeservice.people import accounts
from badgeservice.people.models import Organisation, Person
from badgeservice.storage.vault import Vault

OBJECTIVES = (
    Text(fr="Choisir et ranger des mots de passe solides", en="Choose and keep strong passwords"),
    Text(fr="Réagir dans les premières minutes", en="React in the first minutes"),
)


@pytest.fixture
def centre(session: Session) -> Organisation:
    """The organisation that answers for the evidence."""
    organisation = Organisation(slug="cotentin", name="Cotentin Digital")
    session.add(organisation)
    session.flush()
    return organisation


@pytest.fixture
def learner(session: Session, vault: Vault, centre: Organisation, now: datetime) -> Person:
    """The person whom the evidence is about."""
    return accounts.find_or_create(
        session, vault, email="anais@example.org", language="fr", controller=centre, now=now
    )


@pytest.fixture
def quiz(learner: Person, centre: Organisation) -> Callable[..., Claim]:
    """Make the claim that the learner passed a quiz, with changes."""

    def make(**changes: Any) -> Claim:
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
            "occurred_at": datetime(2026, 11, 20, 17, 4, tzinfo=UTC),
            "details": QuizDetails(
                title=Text(
                    fr="Cybersécurité : les bons réflexes au travail",
                    en="Cybersecurity: the right reflexes at work",
                ),
                questions=10,
                objectives=OBJECTIVES,
            ),
        }
        return Claim(**(claimed | changes))

    return make
