"""Accounts: found by mail address or made, renamed, and whether a session still stands."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from badgeservice.errors import ConflictingChange, OrganisationNotFound
from badgeservice.people import email_address, names
from badgeservice.people.email_address import EmailAddress
from badgeservice.people.models import (
    Organisation,
    OrganisationMember,
    Person,
    PersonState,
    SignInRequest,
)
from badgeservice.storage.vault import Vault

_EMAIL = "person.email"
_NAME = "person.name"
_ID_BYTES = 16


def organisation(session: Session, slug: str) -> Organisation:
    """Return the organisation with this short name; raise OrganisationNotFound without one."""
    found = session.scalar(select(Organisation).where(Organisation.slug == slug))
    if found is None:
        raise OrganisationNotFound(f"no organisation is called {slug}")
    return found


def find_or_create(
    session: Session,
    vault: Vault,
    *,
    email: str,
    language: str,
    controller: Organisation,
    now: datetime,
    state: PersonState = PersonState.INVITED,
) -> Person:
    """Return the person with this mail address, made with `state` when there is none.

    Whoever enters a person vouches for the address more than a stranger who typed it: someone who
    was UNCONFIRMED becomes INVITED, so that no clean-up takes away the holder of a badge.
    An existing person keeps their language, address and controller.
    Raises InvalidEmail; ConflictingChange when the same address is being entered by someone else at
    this moment: roll back and ask again.
    """
    address = email_address.parse(email)
    if person := find(session, vault, address):
        if state is PersonState.INVITED and person.state == PersonState.UNCONFIRMED:
            person.state = state
            session.flush()
        return person
    person_id = f"per_{secrets.token_hex(_ID_BYTES)}"
    vault.create_holder(session, person_id)
    person = Person(
        id=person_id,
        controller_id=controller.id,
        email=vault.seal(session, person_id, _EMAIL, str(address)),
        email_index=index(vault, address),
        name=None,
        language=language,
        state=state,
        created_at=now,
        session_epoch=0,
    )
    session.add(person)
    try:
        session.flush()
    except IntegrityError:
        raise ConflictingChange("this mail address is being entered by someone else") from None
    return person


def find(session: Session, vault: Vault, address: EmailAddress) -> Person | None:
    """Return the person with this mail address, None when we know nobody by it."""
    return session.scalar(select(Person).where(Person.email_index == index(vault, address)))


def email_of(session: Session, vault: Vault, person: Person) -> str:
    """Return the mail address of a person. Raises HolderErased."""
    return vault.unseal_text(session, person.id, _EMAIL, person.email)


def name_of(session: Session, vault: Vault, person: Person) -> str | None:
    """Return the name of a person, None when they gave none. Raises HolderErased."""
    if person.name is None:
        return None
    return vault.unseal_text(session, person.id, _NAME, person.name)


def rename(session: Session, vault: Vault, person: Person, name: str) -> None:
    """Keep `name` for a person; an empty one removes what was kept. Raises InvalidName."""
    if name.strip():
        person.name = vault.seal(session, person.id, _NAME, names.normalise(name))
    else:
        person.name = None
    session.flush()


def signed_in(session: Session, person_id: str, session_epoch: int) -> Person | None:
    """Return the person of a session, None when it is over: erased, or signed out everywhere."""
    person = session.get(Person, person_id)
    return person if person is not None and person.session_epoch == session_epoch else None


def sign_out_everywhere(session: Session, person: Person, now: datetime) -> None:
    """End every session of a person, and close the links and codes that are on their way."""
    session.execute(
        update(Person).where(Person.id == person.id).values(session_epoch=Person.session_epoch + 1)
    )
    session.execute(
        update(SignInRequest)
        .where(SignInRequest.person_id == person.id, SignInRequest.used_at.is_(None))
        .values(used_at=now)
    )
    session.flush()


def forget(session: Session, person_id: str) -> None:
    """Delete a person who is being erased, their requests to sign in, and for whom they acted."""
    session.execute(delete(OrganisationMember).where(OrganisationMember.person_id == person_id))
    session.execute(delete(SignInRequest).where(SignInRequest.person_id == person_id))
    session.execute(delete(Person).where(Person.id == person_id))


def index(vault: Vault, address: EmailAddress) -> bytes:
    """Return the keyed digest under which the account of a mail address is found."""
    return vault.blind_index(_EMAIL, address.key)
