"""One mail to a person about a list, whatever the mail server does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from badgeservice import worker
from badgeservice.errors import MailDeferred, MailNotSent, RecipientRefused
from badgeservice.evidence.sources.results import Corrections
from badgeservice.jobs import queue
from badgeservice.jobs.models import Job, JobState
from badgeservice.mail import Message
from badgeservice.partners import invitations
from badgeservice.partners.models import Invitation, InvitationState
from badgeservice.people import accounts
from badgeservice.people.models import Person
from tests.conftest import Letters
from tests.partners.conftest import Reception

TWO = ({"reference": "1"}, {"reference": "2", "email": "lea@example.org"})


@dataclass
class Trouble:
    """A mail server that says something else for some addresses."""

    errors: dict[str, Exception]
    sent: list[str] = field(default_factory=list)

    def send(self, message: Message) -> None:
        """Take a mail, or do not."""
        if message.to in self.errors:
            raise self.errors[message.to]
        self.sent.append(message.to)


class PowerCut(Exception):
    """The machine stops."""


def in_turn(reception: Reception) -> list[str]:
    """Return the addresses in the order in which their turn comes."""
    persons = reception.session.scalars(select(Invitation.person_id).order_by(Invitation.person_id))
    return [
        accounts.email_of(
            reception.session, reception.here.vault, reception.session.get_one(Person, each)
        )
        for each in persons.all()
    ]


def states(reception: Reception) -> set[InvitationState]:
    """Return the states of all mails."""
    return set(reception.session.scalars(select(Invitation.state)))


@pytest.fixture
def send(reception: Reception) -> Callable[[Trouble], list[InvitationState]]:
    """Send what waits of the list by a mail server."""

    def sent(mailer: Trouble) -> list[InvitationState]:
        return list(
            invitations.send(
                reception.session, reception.here.vault, mailer, "b1",
                address={"fr": "a", "en": "b"}, service={"fr": "S", "en": "S"},
                now=reception.clock(),
            )
        )  # fmt: skip

    return sent


def test_a_worker_tells_each_person_once(
    app: Flask, reception: Reception, letters: Letters
) -> None:
    """In their language, with the partner's name, and where to sign in."""
    reception.take(
        *TWO, {"reference": "3", "email": "zoe@example.org", "language": "en", "strength": "1"}
    )
    for _ in range(2):
        invitations.enqueue(reception.session, reception.fim, "b1", now=reception.clock())
    reception.session.commit()

    assert worker.run_waiting(app) == 1
    assert worker.run_waiting(app) == 0

    assert [letter.to for letter in letters.sent].count("zoe@example.org") == 1
    assert len(letters.sent) == 3
    by_person = {letter.to: letter for letter in letters.sent}
    french, english = by_person["anais@example.org"], by_person["zoe@example.org"]
    assert french.subject == "FIM nous a transmis un résultat qui vous concerne"
    assert "Un badge vous est proposé." in french.text
    assert "\nhttp://localhost/connexion\n" in french.text
    assert "It counts towards your next badges." in english.text
    assert "\nhttp://localhost/en/sign-in\n" in english.text
    assert states(reception) == {InvitationState.SENT}
    job = reception.session.scalars(select(Job)).one()
    assert (job.state, job.done, job.owner) == (JobState.DONE, 2 + 1, reception.fim.id)
    assert job.arguments == {"batch": "b1"}


def test_nothing_to_tell_is_no_job(reception: Reception) -> None:
    """A list that was refused as a whole wakes no worker."""
    reception.take({"activity": "unknown"})
    invitations.enqueue(reception.session, reception.fim, "b1", now=reception.clock())

    assert reception.session.scalars(select(Job)).all() == []


def test_a_mail_server_that_is_away_loses_nothing(
    reception: Reception, send: Callable[[Trouble], list[InvitationState]]
) -> None:
    """What was taken stays taken, the rest waits; an address that refuses is not tried again."""
    reception.take(*TWO, {"reference": "3", "email": "zoe@example.org"})
    trouble = Trouble(
        {"anais@example.org": MailNotSent("away"), "lea@example.org": MailNotSent("away")}
    )
    with pytest.raises(MailNotSent):
        send(trouble)
    assert invitations.waiting(reception.session, "b1") >= 2

    back = Trouble({"lea@example.org": RecipientRefused("no such person")})
    send(back)

    assert sorted(trouble.sent + back.sent) == ["anais@example.org", "zoe@example.org"]
    assert states(reception) == {InvitationState.SENT, InvitationState.UNDELIVERABLE}
    assert send(Trouble({})) == []


def test_an_address_that_is_deferred_keeps_nobody_waiting(
    app: Flask, reception: Reception, letters: Letters
) -> None:
    """The others are told at once; it is tried once by each run, later each time, and given up."""
    reception.take(*({"reference": str(n), "email": f"p{n}@example.org"} for n in range(5)))
    first, *others = in_turn(reception)
    letters.deferred = {first}
    invitations.enqueue(reception.session, reception.fim, "b1", now=reception.clock())
    reception.session.commit()

    assert worker.run_waiting(app) == 1

    assert [letter.to for letter in letters.sent] == others
    job = reception.session.scalars(select(Job)).one()
    reception.session.refresh(job)
    assert (job.state, job.problem, job.done) == (JobState.QUEUED, "mail_deferred", 4)
    for tried, delay in enumerate((timedelta(), *queue.RETRIES_AFTER), start=1):
        reception.clock.advance(seconds=delay.total_seconds())
        worker.run_waiting(app)
        assert letters.tried == tried
    reception.session.refresh(job)
    assert (job.state, job.done) == (JobState.FAILED, 4)
    assert states(reception) == {InvitationState.SENT, InvitationState.WAITING}

    letters.deferred = set()
    invitations.enqueue_late(reception.session, reception.clock())
    reception.session.commit()
    worker.run_waiting(app)

    assert [letter.to for letter in letters.sent] == [*others, first]


def test_a_server_that_goes_away_after_it_deferred_a_mail_is_left_alone(
    reception: Reception, send: Callable[[Trouble], list[InvitationState]]
) -> None:
    """Nobody behind is tried; both wait."""
    reception.take(*TWO, {"reference": "3", "email": "zoe@example.org"})
    first, second, _third = in_turn(reception)
    trouble = Trouble({first: MailDeferred("450"), second: MailNotSent("away")})

    with pytest.raises(MailNotSent, match="away"):
        send(trouble)

    assert (trouble.sent, states(reception)) == ([], {InvitationState.WAITING})
    with pytest.raises(MailDeferred, match=r"^the mail server deferred 1 mail\(s\)$"):
        send(Trouble({first: MailDeferred(first)}))
    assert invitations.waiting(reception.session, "b1") == 1


def test_a_crash_in_the_middle_sends_no_second_mail(
    reception: Reception, send: Callable[[Trouble], list[InvitationState]]
) -> None:
    """Nobody knows whether it left: rather none than two."""
    reception.take()
    with pytest.raises(PowerCut):
        send(Trouble({"anais@example.org": PowerCut()}))

    assert states(reception) == {InvitationState.SENDING}
    assert send(Trouble({})) == []


def test_what_waits_for_half_a_day_is_asked_for_again(reception: Reception) -> None:
    """The job gives up after some hours; the night begins another one, once."""
    reception.take()
    invitations.enqueue_late(reception.session, reception.clock())
    assert reception.session.scalars(select(Job)).all() == []
    reception.clock.advance(hours=12)

    for _ in range(2):
        invitations.enqueue_late(reception.session, reception.clock())

    [job] = reception.session.scalars(select(Job)).all()
    assert job.key == "b1/2026-11-23"


def test_attack_results_that_come_and_go_do_not_fill_a_mailbox(reception: Reception) -> None:
    """Three mails a day because of one partner; what is offered stands in the person's space."""

    def come_and_go(times: int) -> int:
        for turn in range(times):
            for outcome in ("achieved", "not_achieved"):
                batch = f"{reception.clock():%d} {turn} {outcome}"
                reception.take({"outcome": outcome}, batch=batch, corrections=Corrections.APPLY)
        return len(reception.session.scalars(select(Invitation)).all())

    assert 3 == come_and_go(5)

    reception.clock.advance(days=1)

    assert 6 == come_and_go(5)


def test_who_was_told_of_what_is_forgotten(reception: Reception) -> None:
    """After a month, or with the person."""
    reception.take(*TWO)
    person = reception.session.scalars(select(Invitation.person_id)).first()
    assert person
    invitations.forget(reception.session, person)
    assert len(reception.session.scalars(select(Invitation)).all()) == 1
    reception.clock.advance(days=30)

    assert invitations.purge(reception.session, reception.clock()) == 1


def test_a_mail_names_nobody_who_was_not_named_by_an_operator(
    reception: Reception, app: Flask, letters: Letters
) -> None:
    """What a partner typed (a name, a reference) is carried to no mailbox."""
    reception.take({"reference": "buy-pills", "name": "Buy Pills"})
    invitations.enqueue(reception.session, reception.fim, "b1", now=reception.clock())
    reception.session.commit()
    worker.run_waiting(app)

    [letter] = letters.sent
    assert "pills" not in (letter.subject + letter.text).lower()
