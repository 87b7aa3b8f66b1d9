"""Telling holders, once for each badge, that its time ends soon and that it can be renewed.

A row is written before the mail leaves, so that a crash in between loses one mail rather than sending
it twice; the page of the badge says the same. A mail server that does not answer loses nothing: the
row goes, and the badge has its turn again. Nor does a mail that is deferred, and nobody else waits
for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import Row, Select, delete, exists, insert, select, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from badgeservice.awarding import offers
from badgeservice.awarding.models import Award
from badgeservice.catalogue.models import BadgeClassVersion
from badgeservice.errors import HolderErased, MailDeferred, MailNotSent, RecipientRefused
from badgeservice.issuing.models import Badge, BadgeState, Credential
from badgeservice.mail import Mailer, Message
from badgeservice.openbadges import Document
from badgeservice.people import accounts, letters
from badgeservice.people.models import Person, PersonState
from badgeservice.sharing.models import Reminder, ReminderState
from badgeservice.storage.vault import Vault

_AT_A_TIME = 50
PageOf = Callable[[str, str], str]
"""From the public id of a badge and a language to the address of its page for its holder."""


def send(
    session: Session,
    vault: Vault,
    mailer: Mailer,
    *,
    page_of: PageOf,
    service: str,
    now: datetime,
) -> Iterator[str | None]:
    """Send the mails that are due; yield the public id of each badge as it is settled, None if deferred.

    Due is a badge in force whose time ends within `offers.RENEWAL_WINDOW`, which nobody has renewed
    and of which nobody was told, held by a person who has confirmed their address. `service` is how
    we are called. Commits before and after each mail. Raises MailNotSent when the mail server takes
    none at this moment: doing it again goes on from there. Raises MailDeferred after all the others
    when it did not take some: each address of these was tried once.
    """
    deferred: set[str] = set()
    rows: Sequence[Row[str, str, Document, datetime | None]] = ()
    while rows := session.execute(_due(now, rows[-1] if rows else None)).all():
        for due in rows:
            if due.person_id in deferred:
                continue
            letter = _letter(session, vault, due, page_of=page_of, service=service, now=now)
            session.rollback()  # no transaction stays open while a mail server thinks
            if not _take(session, due.public_id, now):
                continue
            if letter is None:
                _settle(session, due.public_id, ReminderState.UNDELIVERABLE, now)
            elif not _hand_over(session, mailer, due.public_id, letter, now):
                deferred.add(due.person_id)
            yield None if due.person_id in deferred else due.public_id
    session.rollback()
    if deferred:
        raise MailDeferred(f"the mail server deferred mails to {len(deferred)} person(s)")


def _due(
    now: datetime, last: Row[str, str, Document, datetime | None] | None
) -> Select[str, str, Document, datetime | None]:
    """Return the query for the badges after the `last` whose holders are to be told, by their end."""
    newer = aliased(Badge)
    due = (
        select(
            Badge.public_id,
            Award.person_id,
            BadgeClassVersion.document,
            Credential.valid_until,
        )
        .join(
            Credential,
            (Credential.public_id == Badge.public_id) & (Credential.edition == Badge.edition),
        )
        .join(Award, Award.id == Badge.award_id)
        .join(Person, Person.id == Award.person_id)
        .join(
            BadgeClassVersion,
            (BadgeClassVersion.slug == Badge.class_slug)
            & (BadgeClassVersion.version == Credential.class_version),
        )
        .where(
            Badge.state == BadgeState.ACTIVE,
            Credential.valid_until > now,
            Credential.valid_until <= now + offers.RENEWAL_WINDOW,
            Person.state == PersonState.CONFIRMED,
            ~exists().where(Reminder.public_id == Badge.public_id),
            ~exists().where(newer.renews == Badge.public_id),
        )
        .order_by(Credential.valid_until, Badge.public_id)
        .limit(_AT_A_TIME)
    )
    if last is None:
        return due
    place = tuple_(Credential.valid_until, Badge.public_id)
    return due.where(place > (last.valid_until, last.public_id))


def _letter(
    session: Session,
    vault: Vault,
    due: Row[str, str, Document, datetime | None],
    *,
    page_of: PageOf,
    service: str,
    now: datetime,
) -> Message | None:
    """Return the mail, None when its holder has just been erased."""
    person = session.get(Person, due.person_id)
    if person is None:
        return None
    try:
        to = accounts.email_of(session, vault, person)
    except HolderErased:
        return None
    return letters.ending(
        to=to,
        language="en" if person.language == "en" else "fr",
        service=service,
        badge=due.document["name"][person.language],
        ends=due.valid_until,
        link=page_of(due.public_id, person.language),
        now=now,
    )


def _take(session: Session, public_id: str, now: datetime) -> bool:
    """Write down that a mail is about to leave; tell whether nobody else did."""
    try:
        session.execute(
            insert(Reminder).values(
                public_id=public_id, state=ReminderState.SENDING, state_since=now
            )
        )
        session.commit()
    except IntegrityError:
        session.rollback()
        return False
    return True


def _hand_over(
    session: Session, mailer: Mailer, public_id: str, letter: Message, now: datetime
) -> bool:
    """Send a mail and note what became of it; tell whether that is settled, or it was deferred."""
    try:
        mailer.send(letter)
    except RecipientRefused:
        _settle(session, public_id, ReminderState.UNDELIVERABLE, now)
    except MailNotSent as error:
        session.execute(delete(Reminder).where(Reminder.public_id == public_id))
        session.commit()
        if isinstance(error, MailDeferred):
            return False
        raise
    else:
        _settle(session, public_id, ReminderState.SENT, now)
    return True


def _settle(session: Session, public_id: str, state: ReminderState, now: datetime) -> None:
    session.execute(
        update(Reminder).where(Reminder.public_id == public_id).values(state=state, state_since=now)
    )
    session.commit()
