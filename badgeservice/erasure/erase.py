"""Erasure (GDPR article 17), with the person's choice about their badges.

1. The ledger says who is being erased, by identifier, and is on disk. 2. Badges are withdrawn, if
that was the choice. 3. In one transaction the key is destroyed, every row about the person is
deleted, and the audit chain says so. A crash in between is finished by doing it again.

The register stays: it says nothing about a person, and without it copies that the person keeps
would no longer be authentic. A place in a status list is never given to anybody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from badgeservice.awarding import offers
from badgeservice.awarding.models import Award
from badgeservice.erasure import traces
from badgeservice.erasure.ledger import Choice, ErasureLedger
from badgeservice.errors import ConflictingChange, HolderErased
from badgeservice.evidence import record
from badgeservice.issuing import shelf, states
from badgeservice.issuing.models import Badge, BadgeState, CredentialBytes
from badgeservice.issuing.office import Office
from badgeservice.jobs import queue
from badgeservice.learning import attempts
from badgeservice.mail import DevelopmentMailbox, Mailer
from badgeservice.partners import invitations
from badgeservice.partners.lists import staging as lists
from badgeservice.people import accounts
from badgeservice.people.models import Person
from badgeservice.storage import chain, sqlite

_OVER = (BadgeState.REVOKED, BadgeState.WITHDRAWN)


@dataclass(frozen=True)
class Erasure:
    """What was done: how many badges stay in the register, and how many of them were withdrawn."""

    badges: int
    withdrawn: int


def erase(
    session: Session,
    office: Office,
    ledger: ErasureLedger,
    mailer: Mailer,
    *,
    person_id: str,
    choice: Choice,
    actor: str,
    now: datetime,
) -> Erasure:
    """Erase a person. Commits several times; doing it again finishes what was interrupted.

    Raises HolderErased when there is nothing left of this person; ConflictingChange when something
    of theirs was being written meanwhile: try again.
    """
    if not traces.of(session, person_id):
        raise HolderErased(f"nothing is kept of {person_id}")
    # Whoever chose to withdraw everything is not brought back by a later, weaker word.
    decided = ledger.choice_of(person_id)
    if decided is Choice.WITHDRAW_BADGES:
        choice = decided
    elif decided is not choice:
        ledger.append(person_id, choice, now)
    address = _address(session, office, person_id)
    session.rollback()
    withdrawn = 0
    if choice is Choice.WITHDRAW_BADGES:
        withdrawn = _withdraw(session, office, person_id, actor=actor, now=now)
    badges = _forget(session, office, person_id, choice, actor=actor, now=now)
    if address is not None and isinstance(mailer, DevelopmentMailbox):
        mailer.forget(address)
    sqlite.forget_deleted(session)
    return Erasure(badges, withdrawn)


def replay(
    session: Session, office: Office, ledger: ErasureLedger, mailer: Mailer, *, now: datetime
) -> list[str]:
    """Erase again everybody in the ledger of whom something is kept, and return their ids.

    After a backup was restored it brings back whoever was erased since it was made.
    """
    again = []
    for holder in dict.fromkeys(entry.holder for entry in ledger.entries()):
        choice = ledger.choice_of(holder)
        if choice is not None and traces.of(session, holder):
            erase(
                session, office, ledger, mailer,
                person_id=holder, choice=choice, actor="ledger", now=now,
            )  # fmt: skip
            again.append(holder)
    return again


def _address(session: Session, office: Office, person_id: str) -> str | None:
    """Return the mail address of a person, None when it was destroyed already."""
    person = session.get(Person, person_id)
    if person is None:
        return None
    try:
        return accounts.email_of(session, office.vault, person)
    except HolderErased:
        return None


def _withdraw(
    session: Session, office: Office, person_id: str, *, actor: str, now: datetime
) -> int:
    in_force = [
        badge.public_id for badge in _badges(session, person_id) if badge.state not in _OVER
    ]
    for public_id in in_force:
        states.withdraw(session, office, public_id, actor=actor, now=now)
    return len(in_force)


def _forget(
    session: Session, office: Office, person_id: str, choice: Choice, *, actor: str, now: datetime
) -> int:
    """Destroy the key and delete the rows of a person, and return how many badges remain."""
    try:
        # First the key: a badge that is being released waits for it or is waited for, so that the
        # badges read afterwards are all there will ever be.
        office.vault.shred_holder(session, person_id)
        badges = _badges(session, person_id)
        if choice is Choice.WITHDRAW_BADGES and any(b.state not in _OVER for b in badges):
            raise ConflictingChange(f"a badge of {person_id} was being issued")
        for badge in badges:
            badge.holder_erased_at = now
            shelf.destroy(session, badge.public_id)
        queue.forget(session, person_id)
        person = session.get(Person, person_id)
        lists.forget(session, person_id, person.email_index if person else None)
        invitations.forget(session, person_id)
        attempts.forget(session, person_id)
        offers.forget(session, person_id)
        record.forget(session, person_id)
        accounts.forget(session, person_id)
    except (IntegrityError, ConflictingChange) as error:
        session.rollback()
        raise ConflictingChange(f"something of {person_id} was being written") from error
    chain.append(
        session,
        actor=actor,
        action="erase",
        subject=person_id,
        details={"choice": str(choice), "badges": len(badges)},
        now=now,
    )
    session.commit()
    return len(badges)


def _badges(session: Session, person_id: str) -> list[Badge]:
    """Return every badge of a person, by its award or by its bytes, as it is now."""
    awards = select(Award.id).where(Award.person_id == person_id)
    kept = select(CredentialBytes.public_id).where(CredentialBytes.holder_id == person_id)
    return list(
        session.scalars(
            select(Badge)
            .where(Badge.award_id.in_(awards) | Badge.public_id.in_(kept))
            .order_by(Badge.public_id)
            .execution_options(populate_existing=True)
        )
    )
