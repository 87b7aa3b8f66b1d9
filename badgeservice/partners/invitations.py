"""Telling people that a partner sent results about them, once per batch, by a job.

Who was told already is not told again: a row is marked before its mail leaves, so that a crash in
between loses one mail rather than sending it twice. A mail server that does not answer loses nothing:
the row waits, and the job with it. Nor does a mail that is deferred: its row waits, and nobody else's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from badgeservice.errors import MailDeferred, MailNotSent, RecipientRefused
from badgeservice.jobs import queue
from badgeservice.mail import Mailer
from badgeservice.partners.models import Invitation, InvitationState
from badgeservice.people import accounts, letters
from badgeservice.people.models import Organisation, Person
from badgeservice.storage.vault import Vault

TASK = "invite"
"""The kind of the job; its argument is `batch`."""

KEPT = timedelta(days=30)
LATE = timedelta(hours=12)
TOLD_AT_MOST, WITHIN = 3, timedelta(days=1)
"""Mails to one person because of one partner: results that come and go must not fill a mailbox."""


def add(
    session: Session,
    partner: Organisation,
    batch: str,
    person_id: str,
    *,
    is_offered: bool,
    now: datetime,
) -> None:
    """Note that a person is to be told of a batch; who is noted already is not noted twice.

    Nor is whoever this partner has had told `TOLD_AT_MOST` times lately: what is offered stands in
    their space all the same.
    """
    former = session.get(Invitation, (batch, person_id))
    lately = select(func.count()).where(
        Invitation.person_id == person_id,
        Invitation.organisation_id == partner.id,
        Invitation.created_at > now - WITHIN,
    )
    if former is not None:  # from another portion of a long list
        former.is_offered = former.is_offered or is_offered
    elif (session.scalar(lately) or 0) < TOLD_AT_MOST:
        session.add(
            Invitation(
                batch=batch,
                person_id=person_id,
                organisation_id=partner.id,
                is_offered=is_offered,
                state=InvitationState.WAITING,
                created_at=now,
                state_since=now,
            )
        )
    session.flush()


def enqueue(session: Session, partner: Organisation, batch: str, *, now: datetime) -> None:
    """Ask for the job that sends what waits of a batch, if anything does; the caller commits."""
    if waiting(session, batch):
        queue.enqueue(session, TASK, {"batch": batch}, now=now, key=batch, owner=partner.id)


def enqueue_late(session: Session, now: datetime) -> None:
    """Ask again for the jobs of batches of which something still waits; the caller commits.

    A mail server that was away for hours has made them give up.
    """
    late = (
        select(Invitation.batch, Invitation.organisation_id)
        .where(Invitation.state == InvitationState.WAITING, Invitation.created_at <= now - LATE)
        .distinct()
    )
    for batch, organisation_id in session.execute(late).all():
        key = f"{batch}/{now:%Y-%m-%d}"
        queue.enqueue(session, TASK, {"batch": batch}, now=now, key=key, owner=organisation_id)


def send(
    session: Session,
    vault: Vault,
    mailer: Mailer,
    batch: str,
    *,
    address: Mapping[str, str],
    service: Mapping[str, str],
    now: datetime,
) -> Iterator[InvitationState]:
    """Send the mails of a batch that wait; yield what became of each: WAITING, when it was deferred.

    `address` is where a person signs in, `service` how we are called, by language. Commits before and after each
    mail. Raises MailNotSent when the mail server takes none at this moment: what waits goes on
    waiting, and doing it again goes on from there. Raises MailDeferred after all the others when it
    did not take some: each of these was tried once.
    """
    deferred: set[str] = set()
    # Whoever was told waits no longer, so that each round finds others.
    while waiting := [each for each in _waiting(session, batch) if each not in deferred]:
        for person_id in waiting:
            if not _move(
                session, batch, person_id, InvitationState.WAITING, InvitationState.SENDING, now
            ):
                continue
            state = _tell(session, vault, mailer, batch, person_id, address, service, now)
            if state is InvitationState.WAITING:
                deferred.add(person_id)
            yield state
    session.rollback()
    if deferred:
        raise MailDeferred(f"the mail server deferred {len(deferred)} mail(s)")


def waiting(session: Session, batch: str) -> int:
    """Return how many mails of a batch have not left."""
    return len(_waiting(session, batch))


def purge(session: Session, now: datetime) -> int:
    """Forget who was told of what once KEPT is over; return of how many. The caller commits."""
    removed = session.execute(
        delete(Invitation).where(Invitation.created_at <= now - KEPT).returning(Invitation.batch)
    )
    return len(removed.all())


def forget(session: Session, person_id: str) -> None:
    """Delete what is noted about a person who is being erased."""
    session.execute(delete(Invitation).where(Invitation.person_id == person_id))


def _waiting(session: Session, batch: str) -> Sequence[str]:
    """Return the ids of the persons whose mail has not left."""
    return session.scalars(
        select(Invitation.person_id)
        .where(Invitation.batch == batch, Invitation.state == InvitationState.WAITING)
        .order_by(Invitation.person_id)
    ).all()


def _tell(
    session: Session,
    vault: Vault,
    mailer: Mailer,
    batch: str,
    person_id: str,
    address: Mapping[str, str],
    service: Mapping[str, str],
    now: datetime,
) -> InvitationState:
    row = session.get_one(Invitation, (batch, person_id))
    person = session.get_one(Person, person_id)
    letter = letters.result(
        to=accounts.email_of(session, vault, person),
        language=person.language,
        service=service[person.language],
        partner=session.get_one(Organisation, row.organisation_id).name,
        is_offered=row.is_offered,
        link=address[person.language],
        now=now,
    )
    session.rollback()  # no transaction stays open while a mail server thinks
    try:
        mailer.send(letter)
        state = InvitationState.SENT
    except RecipientRefused:
        state = InvitationState.UNDELIVERABLE
    except MailDeferred:
        state = InvitationState.WAITING
    except MailNotSent:
        _move(session, batch, person_id, InvitationState.SENDING, InvitationState.WAITING, now)
        raise
    _move(session, batch, person_id, InvitationState.SENDING, state, now)
    return state


def _move(
    session: Session,
    batch: str,
    person_id: str,
    before: InvitationState,
    after: InvitationState,
    now: datetime,
) -> bool:
    """Commit the change of one row; tell whether it was in the state before."""
    moved = session.scalar(
        update(Invitation)
        .where(
            Invitation.batch == batch,
            Invitation.person_id == person_id,
            Invitation.state == before,
        )
        .values(state=after, state_since=now)
        .returning(Invitation.person_id)
        .execution_options(synchronize_session=False)
    )
    session.commit()
    return moved is not None
