"""Somebody vouches for a person's skill."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from badgeservice.catalogue.models import BadgeClassVersion
from badgeservice.catalogue.strength import Strength
from badgeservice.catalogue.text import Text
from badgeservice.errors import EvidenceRefused, OrganisationNotFound
from badgeservice.evidence import record
from badgeservice.evidence.facts import Identity, Kind, ManualDetails
from badgeservice.evidence.models import Evidence
from badgeservice.evidence.sources.manual import record_manual
from badgeservice.people.models import Organisation, Person
from badgeservice.storage.vault import Vault

Vouch = Callable[..., Evidence]


@pytest.fixture
def badge_class(now: datetime) -> BadgeClassVersion:
    """As much of a class as someone's word cites."""
    return BadgeClassVersion(
        slug="crcn-4-1-beginner",
        version=2,
        document={
            "name": {"fr": "Sécuriser — débutant", "en": "Securing — beginner"},
            "competences": [{"code": "4.1"}],
            "level": {"slug": "beginner"},
        },
        digest="d1" * 32,
        state="published",
        published_at=now,
    )


@pytest.fixture
def vouch(
    session: Session, vault: Vault, learner: Person, badge_class: BadgeClassVersion, now: datetime
) -> Vouch:
    """Vouch for the learner, with changes."""

    def call(**changes: object) -> Evidence:
        said: dict[str, Any] = {
            "person_id": learner.id,
            "badge_class": badge_class,
            "strength": Strength.WORK_REVIEWED,
            "agent": "administrator",
            "organisation": "cotentin",
            "statement": "a montré les cinq gestes",
            "occurred_at": now,
            "now": now,
        }
        return record_manual(session, vault, **(said | changes))

    return call


def test_a_word_is_about_the_skill_of_its_class(
    session: Session, vault: Vault, vouch: Vouch, centre: Organisation
) -> None:
    """Rules find it by the class, and judge it by competence and level."""
    row = vouch()

    fact = record.fact(row)
    assert (Kind.MANUAL, "crcn-4-1-beginner", "2", "d1" * 32) == (
        fact.kind,
        fact.activity,
        fact.activity_version,
        fact.content_digest,
    )
    assert (("4.1",), "beginner", Strength.WORK_REVIEWED, Identity.UNKNOWN) == (
        fact.competences,
        fact.level,
        fact.strength,
        fact.identity,
    )
    assert (centre.id, "administrator") == (fact.source_organisation, row.agent)
    assert (
        ManualDetails(Text("Sécuriser — débutant", "Securing — beginner"), "Cotentin Digital")
        == fact.details
    )


def test_what_was_seen_is_kept_sealed(session: Session, vault: Vault, vouch: Vouch) -> None:
    """It is about a person, and is never signed."""
    row = vouch()

    assert "a montré les cinq gestes" == record.statement(session, vault, row)


def test_an_empty_statement_is_none(session: Session, vault: Vault, vouch: Vouch) -> None:
    """Nothing was written: nothing is kept."""
    assert vouch(statement="").statement is None


def test_each_word_is_an_act_of_its_own(vouch: Vouch) -> None:
    """Someone who vouches again to-morrow has vouched twice."""
    assert vouch().id != vouch().id


def test_only_a_known_organisation_can_vouch(vouch: Vouch) -> None:
    """The narrative says who answers for it."""
    with pytest.raises(OrganisationNotFound, match="nobody"):
        vouch(organisation="nobody")


def test_nobody_vouches_for_the_future(vouch: Vouch, now: datetime) -> None:
    """What will be seen has not been seen."""
    with pytest.raises(EvidenceRefused):
        vouch(occurred_at=now + timedelta(days=1))
