"""What was never considered is found; what was, or could not have been, is left in peace."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from badgeservice.awarding import considered, offers
from badgeservice.awarding.considered import UNDER_WAY, Overlooked
from badgeservice.catalogue.models import BadgeClassVersion
from badgeservice.catalogue.strength import Strength
from badgeservice.evidence.models import Evidence
from badgeservice.people.models import Person
from badgeservice.storage.vault import Vault

Vouch = Callable[..., Evidence]


def found(
    session: Session, learner: Person, badge_class: BadgeClassVersion, now: datetime
) -> list[Overlooked]:
    """Ask of the learner and one class, when nobody can be deciding any more."""
    later = now + UNDER_WAY + timedelta(seconds=1)
    return list(considered.overlooked(session, [learner.id], [badge_class], now=later))


def test_evidence_that_led_to_nothing(
    session: Session, learner: Person, badge_class: BadgeClassVersion, vouch: Vouch, now: datetime
) -> None:
    """It is named a quarter of an hour after it came; until then somebody may be at it."""
    evidence = vouch(badge_class)

    in_time = considered.overlooked(session, [learner.id], [badge_class], now=now + UNDER_WAY)
    assert list(in_time) == []
    assert found(session, learner, badge_class, now) == [Overlooked(evidence.id, badge_class.slug)]
    assert list(considered.overlooked(session, ["per_x"], [badge_class], now=now)) == []


def test_what_was_offered_was_considered(
    session: Session,
    vault: Vault,
    learner: Person,
    badge_class: BadgeClassVersion,
    vouch: Vouch,
    now: datetime,
) -> None:
    """Whatever its holder answers; evidence after a refusal counts again."""
    vouch(badge_class)
    [offer] = offers.decide(session, vault, person_id=learner.id, classes=[badge_class], now=now)
    assert found(session, learner, badge_class, now) == []
    offers.decline(session, offer.id, now=now)
    assert found(session, learner, badge_class, now) == []

    stronger = vouch(badge_class, Strength.OBSERVED_AT_WORK)

    assert found(session, learner, badge_class, now) == [Overlooked(stronger.id, badge_class.slug)]


def test_what_is_too_weak_leads_to_nothing_rightly(
    session: Session, learner: Person, badge_class: BadgeClassVersion, vouch: Vouch, now: datetime
) -> None:
    """The rule asks for more."""
    vouch(badge_class, Strength.ATTENDANCE_VERIFIED)

    assert found(session, learner, badge_class, now) == []


def test_a_class_that_came_later_was_asked_by_nobody(
    session: Session, learner: Person, badge_class: BadgeClassVersion, vouch: Vouch, now: datetime
) -> None:
    """What was recorded before it is offered with the next thing that the person does."""
    vouch(badge_class)
    later = now + timedelta(seconds=1)
    session.execute(update(BadgeClassVersion).values(published_at=later))
    session.expire_all()

    assert found(session, learner, badge_class, now) == []
