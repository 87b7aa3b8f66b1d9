"""Accounts are found by address, hold nothing readable, and can sign out everywhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.orm import Session

from badgeservice.errors import (
    ConflictingChange,
    HolderErased,
    InvalidEmail,
    InvalidName,
    OrganisationNotFound,
)
from badgeservice.people import accounts, email_address
from badgeservice.people.models import Organisation, Person, PersonState
from badgeservice.storage.vault import HolderKey, Vault


@pytest.fixture
def enter(
    session: Session, vault: Vault, controller: Organisation, now: datetime
) -> Callable[..., Person]:
    """Enter a person as an administrator does, or as `state` says."""

    def enter(email: str = "lea@example.org", **rest: PersonState) -> Person:
        return accounts.find_or_create(
            session, vault, email=email, language="fr", controller=controller, now=now, **rest
        )

    return enter


def count(session: Session) -> int:
    """How many persons there are."""
    return session.scalars(select(func.count()).select_from(Person)).one()


def test_an_address_is_one_person(session: Session, enter: Callable[..., Person]) -> None:
    """Capitals, spaces and the two spellings of a domain do not make a second account."""
    first = enter("lea@exämple.fr")

    assert enter(" LEA@EXÄMPLE.fr ") is first
    assert enter("lea@xn--exmple-cua.fr") is first
    assert count(session) == 1


def test_mail_goes_to_the_address_as_first_typed(
    session: Session, vault: Vault, enter: Callable[..., Person]
) -> None:
    """Whoever types another spelling later cannot turn the mails of an account elsewhere."""
    enter("Lea.Martin@example.org")

    person = enter("lea.martin@EXAMPLE.org")

    assert accounts.email_of(session, vault, person) == "Lea.Martin@example.org"


def test_nothing_readable_is_stored(
    session: Session, vault: Vault, enter: Callable[..., Person]
) -> None:
    """No column of the row holds the address or the name, in any spelling."""
    person = enter("canary@example.org")
    accounts.rename(session, vault, person, "Canary Lemoigne")

    row = session.execute(text("SELECT * FROM person")).one()

    assert b"canary" not in b"|".join(
        value if isinstance(value, bytes) else str(value).encode() for value in row
    ).replace(b"Canary", b"canary")


def test_two_installations_share_no_index(session: Session, vault: Vault) -> None:
    """Without the master key, an address cannot be looked up in a stolen table."""
    other = Vault(b"\x07" * 32)
    address = email_address.parse("lea@example.org").key

    assert vault.blind_index("person.email", address) != other.blind_index("person.email", address)


def test_an_entered_person_is_invited(enter: Callable[..., Person]) -> None:
    """An administrator vouches for the address."""
    assert enter().state == PersonState.INVITED


def test_being_entered_saves_from_the_clean_up(enter: Callable[..., Person]) -> None:
    """Someone who only typed their address, and then gets a badge, must not be purged with it."""
    typed = enter(state=PersonState.UNCONFIRMED)

    assert enter().state == PersonState.INVITED
    assert typed.state == PersonState.INVITED


@pytest.mark.parametrize("known", [PersonState.CONFIRMED, PersonState.INVITED])
def test_typing_an_address_never_lowers_a_state(
    enter: Callable[..., Person], known: PersonState
) -> None:
    """A stranger who types a known address changes nothing."""
    enter(state=known)

    assert enter(state=PersonState.UNCONFIRMED).state == known


def test_being_entered_again_keeps_a_confirmed_person(enter: Callable[..., Person]) -> None:
    """A second badge does not make an account unconfirmed."""
    enter(state=PersonState.CONFIRMED)

    assert enter().state == PersonState.CONFIRMED


def test_a_wrong_address_makes_nobody(session: Session, enter: Callable[..., Person]) -> None:
    """Nothing is stored of what is refused."""
    with pytest.raises(InvalidEmail):
        enter("lea@example")

    assert count(session) == 0


def test_a_name_is_normalised_and_can_be_taken_back(
    session: Session, vault: Vault, enter: Callable[..., Person]
) -> None:
    """A name is a choice; an empty field removes it."""
    person = enter()
    assert accounts.name_of(session, vault, person) is None

    accounts.rename(session, vault, person, " Anai\u0308s  Lemoigne")
    assert accounts.name_of(session, vault, person) == "Anaïs Lemoigne"

    accounts.rename(session, vault, person, " ")
    assert person.name is None


def test_a_refused_name_changes_nothing(
    session: Session, vault: Vault, enter: Callable[..., Person]
) -> None:
    """The former name stays."""
    person = enter()
    accounts.rename(session, vault, person, "Anaïs")

    with pytest.raises(InvalidName):
        accounts.rename(session, vault, person, "\u202esïanA")

    assert accounts.name_of(session, vault, person) == "Anaïs"


def test_shredding_the_key_erases_the_person(
    session: Session, vault: Vault, enter: Callable[..., Person]
) -> None:
    """What is sealed is gone with the key, wherever copies of the row stand."""
    person = enter()

    vault.shred_holder(session, person.id)

    with pytest.raises(HolderErased):
        accounts.email_of(session, vault, person)


def test_sign_out_everywhere_ends_every_session(
    session: Session, enter: Callable[..., Person], now: datetime
) -> None:
    """A session carries the epoch of its beginning; the next epoch does not know it."""
    person = enter()
    epoch = person.session_epoch
    assert accounts.signed_in(session, person.id, epoch) is person

    accounts.sign_out_everywhere(session, person, now)

    assert accounts.signed_in(session, person.id, epoch) is None
    assert accounts.signed_in(session, person.id, epoch + 1) is person


def test_a_session_of_nobody_is_over(session: Session) -> None:
    """An erased person has no session."""
    assert accounts.signed_in(session, "per_unknown", 0) is None


def test_an_organisation_is_found_by_its_short_name(
    session: Session, controller: Organisation
) -> None:
    """Its short name is its identity; its name may change."""
    assert accounts.organisation(session, "cotentin") is controller


def test_an_unknown_organisation_is_an_error(session: Session) -> None:
    """No data without a controller."""
    with pytest.raises(OrganisationNotFound, match="nobody"):
        accounts.organisation(session, "nobody")


def test_two_processes_enter_the_same_address(
    on_disk: Callable[[], Session], vault: Vault, now: datetime
) -> None:
    """Race: of two that look and find nobody, one enters the person, the other is told to retry."""
    mine, theirs = on_disk(), on_disk()

    def enter(session: Session) -> Person:
        return accounts.find_or_create(
            session,
            vault,
            email="lea@example.org",
            language="fr",
            controller=accounts.organisation(session, "cotentin"),
            now=now,
        )

    @event.listens_for(mine, "before_flush", once=True)
    def they_are_faster(*_: object) -> None:
        enter(theirs)
        theirs.commit()

    with pytest.raises(ConflictingChange):
        enter(mine)
    mine.rollback()

    assert enter(mine).id == theirs.scalars(select(Person.id)).one()
    assert mine.scalars(select(func.count()).select_from(HolderKey)).one() == 1
