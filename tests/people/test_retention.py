"""What nobody confirmed is removed after a day, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from badgeservice.people import accounts, retention
from badgeservice.people.models import Organisation, Person, PersonState, SignInRequest
from badgeservice.storage.vault import HolderKey, Vault

DAY = timedelta(hours=24)
SECOND = timedelta(seconds=1)


@pytest.fixture
def enter(
    session: Session, vault: Vault, controller: Organisation, now: datetime
) -> Callable[[PersonState], Person]:
    """Enter a person in a state, at `now`, with a link of 20 minutes."""

    def enter(state: PersonState) -> Person:
        person = accounts.find_or_create(
            session,
            vault,
            email=f"{state}@example.org",
            language="fr",
            controller=controller,
            now=now,
            state=state,
        )
        ask(session, person, now)
        return person

    return enter


def ask(session: Session, person: Person, at: datetime) -> None:
    """Store a request of `person` that is open for twenty minutes."""
    session.add(
        SignInRequest(
            id=f"sir_{person.id[-8:]}_{at:%H%M%S}",
            person_id=person.id,
            token_digest=f"{person.id}{at}".encode(),
            code_digest=b"",
            created_at=at,
            expires_at=at + timedelta(minutes=20),
            used_at=None,
            attempts=0,
        )
    )
    session.flush()


def counts(session: Session) -> list[int]:
    """How many persons, requests and keys there are."""
    return [
        session.scalars(select(func.count()).select_from(model)).one()
        for model in (Person, SignInRequest, HolderKey)
    ]


def test_an_unconfirmed_person_is_gone_after_a_day(
    session: Session, vault: Vault, enter: Callable[[PersonState], Person], now: datetime
) -> None:
    """An address that someone else may have typed is not ours to keep: row, requests and key."""
    enter(PersonState.UNCONFIRMED)

    assert retention.purge_unconfirmed(session, vault, now + DAY) == 1
    assert counts(session) == [0, 0, 0]


def test_a_day_is_a_day(
    session: Session, vault: Vault, enter: Callable[[PersonState], Person], now: datetime
) -> None:
    """Not a second earlier."""
    enter(PersonState.UNCONFIRMED)

    assert retention.purge_unconfirmed(session, vault, now + DAY - SECOND) == 0
    assert counts(session) == [1, 1, 1]


@pytest.mark.parametrize("state", [PersonState.INVITED, PersonState.CONFIRMED])
def test_others_stay(
    session: Session,
    vault: Vault,
    enter: Callable[[PersonState], Person],
    now: datetime,
    state: PersonState,
) -> None:
    """The key of someone who may hold a badge opens its bytes."""
    enter(state)
    enter(PersonState.UNCONFIRMED)

    assert retention.purge_unconfirmed(session, vault, now + 365 * DAY) == 1
    assert session.scalars(select(Person.state)).all() == [state]
    assert counts(session) == [1, 1, 1]


def test_an_open_link_is_time_to_confirm(
    session: Session, vault: Vault, enter: Callable[[PersonState], Person], now: datetime
) -> None:
    """Who asks again at the last minute does not hold a dead link."""
    person = enter(PersonState.UNCONFIRMED)
    ask(session, person, now + DAY - SECOND)

    assert retention.purge_unconfirmed(session, vault, now + DAY) == 0
    assert retention.purge_unconfirmed(session, vault, now + DAY + timedelta(hours=1)) == 1


def test_requests_are_kept_for_a_day(
    session: Session, enter: Callable[[PersonState], Person], now: datetime
) -> None:
    """When someone signed in is forgotten; the person stays."""
    person = enter(PersonState.CONFIRMED)
    ask(session, person, now + SECOND)

    assert retention.purge_requests(session, now + DAY) == 1
    assert counts(session) == [1, 1, 1]
