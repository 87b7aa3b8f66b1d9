"""What the service does by itself at night: told once, forgotten in time, checked as a whole."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from badgeservice import worker
from badgeservice.awarding.models import Award
from badgeservice.errors import MailNotSent, RecipientRefused
from badgeservice.extensions import db, services
from badgeservice.issuing import shelf, states
from badgeservice.issuing.models import Badge, CredentialBytes, Format, Reason
from badgeservice.jobs import queue
from badgeservice.jobs.models import Job, JobState
from badgeservice.mail import Message
from badgeservice.openbadges.keys import KeyKind
from badgeservice.people.models import Person, PersonState
from badgeservice.sharing import reminders
from badgeservice.sharing.models import Reminder, ReminderState
from tests.conftest import Clock, Letters
from tests.issuing.conftest import Desk

BEFORE_ITS_END = timedelta(days=2 * 365 - 30)


@dataclass
class Server(Letters):
    """A mail server that can be down, refuse, or die with whoever speaks to it."""

    answer: BaseException | None = None

    def send(self, message: Message) -> None:
        """Take the mail, or do not."""
        if self.answer:
            raise self.answer
        super().send(message)


@pytest.fixture
def letters() -> Server:
    """The mails that the application under test sends."""
    return Server()


@pytest.fixture
def desk(app: Flask, clock: Clock) -> Iterator[Desk]:
    """A desk in the office of the application under test."""
    with app.app_context():
        yield Desk(db.session, services().office, clock)


@pytest.fixture
def badge(desk: Desk, clock: Clock) -> str:
    """A badge whose time ends in thirty days, held by a person who has confirmed their address."""
    public_id = held(desk, "anais@example.org")
    clock.now += BEFORE_ITS_END
    return public_id


def held(desk: Desk, email: str, state: PersonState = PersonState.CONFIRMED) -> str:
    """Issue a badge to somebody; return its public id."""
    public_id = desk.badge(email).public_id
    person = desk.person(email)
    person.state, person.language = state, "fr" if email.startswith("anais") else "en"
    desk.session.commit()
    return public_id


def run(app: Flask, clock: Clock, kind: str) -> Job:
    """Ask for a job, do all that waits, and return the job."""
    with app.app_context():
        job = queue.enqueue(db.session, kind, {}, now=clock())
        db.session.commit()
        worker.run_waiting(app)
        db.session.refresh(job)
        return job


def told(session: Session) -> dict[str, ReminderState]:
    """Return how far each mail has come."""
    session.rollback()
    return {row.public_id: row.state for row in session.scalars(select(Reminder))}


def test_holders_are_told_once_in_their_language(
    app: Flask,
    clock: Clock,
    letters: Server,
    desk: Desk,
    badge: str,
) -> None:
    """Sixty days before the end, and never again for this badge."""
    clock.now -= BEFORE_ITS_END
    english = held(desk, "ben@example.org")
    clock.now += BEFORE_ITS_END

    job = run(app, clock, "remind")
    clock.advance(days=1)
    run(app, clock, "remind")

    assert (JobState.DONE, 2) == (job.state, job.done)
    assert {badge: ReminderState.SENT, english: ReminderState.SENT} == told(desk.session)
    by_address = {message.to: message for message in letters.sent}
    assert {"anais@example.org", "ben@example.org"} == set(by_address)
    assert 2 == len(letters.sent)
    french = by_address["anais@example.org"]
    assert french.subject.startswith("Votre badge « ")
    assert french.subject.endswith(" se termine le 23 novembre 2028")
    assert f"\nhttp://localhost/mon-espace/badges/{badge}\n" in french.text
    assert (
        f"\nhttp://localhost/en/my-space/badges/{english}\n" in by_address["ben@example.org"].text
    )
    assert "is valid until 23 November 2028." in by_address["ben@example.org"].text


@pytest.mark.parametrize(
    "case", ["too early", "over", "revoked", "suspended", "unconfirmed", "invited"]
)
def test_others_are_not_told(
    app: Flask,
    clock: Clock,
    letters: Server,
    desk: Desk,
    badge: str,
    case: str,
) -> None:
    """It would be no news, no use, or no business of theirs."""
    match case:
        case "too early":
            clock.advance(days=-31)
        case "over":
            clock.advance(days=31)
        case "revoked":
            states.revoke(
                desk.session, desk.office, badge,
                reason=Reason.ISSUED_IN_ERROR, actor="a", now=clock(),
            )  # fmt: skip
        case "suspended":
            states.suspend(desk.session, desk.office, badge, actor="a", now=clock())
        case _:
            desk.session.execute(update(Person).values(state=PersonState(case)))
            desk.session.commit()

    assert JobState.DONE is run(app, clock, "remind").state
    assert [] == letters.sent


def test_a_renewed_badge_needs_no_reminder(
    app: Flask,
    clock: Clock,
    letters: Server,
    desk: Desk,
    badge: str,
) -> None:
    """Whoever has renewed it has done what they would be told of."""
    newer = desk.badge()

    run(app, clock, "remind")

    assert badge == newer.renews
    assert [] == letters.sent


def test_a_mail_server_that_is_down_loses_nothing(
    app: Flask,
    clock: Clock,
    letters: Server,
    desk: Desk,
    badge: str,
) -> None:
    """Tried again by itself, and told once."""
    letters.answer = MailNotSent("down")
    job = run(app, clock, "remind")
    assert (JobState.QUEUED, "mail_not_sent", {}) == (job.state, job.problem, told(desk.session))
    letters.answer = None
    clock.advance(minutes=1)

    assert 1 == worker.run_waiting(app)
    assert 0 == worker.run_waiting(app)
    run(app, clock, "remind")

    assert ["anais@example.org"] == [message.to for message in letters.sent]


def test_an_address_that_takes_no_mail_is_left_alone(
    app: Flask,
    clock: Clock,
    letters: Server,
    desk: Desk,
    badge: str,
) -> None:
    """And stops nobody else's."""
    letters.answer = RecipientRefused("gone")
    job = run(app, clock, "remind")

    assert (JobState.DONE, 1) == (job.state, job.done)
    assert {badge: ReminderState.UNDELIVERABLE} == told(desk.session)


def test_an_address_that_is_deferred_keeps_no_other_holder_waiting(
    app: Flask,
    clock: Clock,
    letters: Server,
    desk: Desk,
    badge: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nor a portion of them; it is tried once by each run, whatever ends for its holder."""
    monkeypatch.setattr(reminders, "_AT_A_TIME", 1)
    clock.now -= BEFORE_ITS_END - timedelta(hours=1)
    theirs_too = held(desk, "cleo@example.org")
    clock.advance(hours=1)
    last = held(desk, "ben@example.org")
    clock.now += BEFORE_ITS_END - timedelta(hours=2)
    desk.session.execute(
        update(Award)
        .where(Award.id == desk.session.get_one(Badge, theirs_too).award_id)
        .values(person_id=desk.person().id, renewal=1)
    )
    desk.session.commit()
    letters.deferred = {"anais@example.org"}

    job = run(app, clock, "remind")

    assert (JobState.QUEUED, "mail_deferred", 1) == (job.state, job.problem, job.done)
    assert ({last: ReminderState.SENT}, 1) == (told(desk.session), letters.tried)
    clock.advance(minutes=1)
    worker.run_waiting(app)
    assert (2, 2) == (desk.session.get_one(Job, job.id).attempts, letters.tried)

    letters.deferred = set()
    clock.advance(minutes=5)
    worker.run_waiting(app)
    assert {badge, theirs_too, last} == set(told(desk.session))
    assert ["ben@example.org", "anais@example.org", "anais@example.org"] == [
        message.to for message in letters.sent
    ]


def test_a_crash_in_the_middle_of_a_mail_sends_none_twice(
    app: Flask,
    clock: Clock,
    letters: Server,
    desk: Desk,
    badge: str,
) -> None:
    """Nobody knows whether the server has taken it; the row says that it was on its way."""
    letters.answer = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        run(app, clock, "remind")
    letters.answer = None
    clock.advance(days=1)

    run(app, clock, "remind")

    assert {badge: ReminderState.SENDING} == told(desk.session)
    assert [] == letters.sent


def test_what_happens_between_two_mails_is_seen(
    clock: Clock, letters: Server, desk: Desk, badge: str
) -> None:
    """Another worker told the second holder; the third has just been erased."""
    clock.now -= BEFORE_ITS_END
    second, third = held(desk, "ben@example.org"), held(desk, "cleo@example.org")
    clock.now += BEFORE_ITS_END
    by_badge = {
        badge: "anais@example.org", second: "ben@example.org", third: "cleo@example.org"
    }  # fmt: skip
    sending = reminders.send(
        desk.session,
        desk.office.vault,
        letters,
        page_of=lambda public_id, _: public_id,
        service="Us",
        now=clock(),
    )
    first = next(sending)
    told_elsewhere, erased = (each for each in sorted(by_badge) if each != first)
    desk.session.add(
        Reminder(public_id=told_elsewhere, state=ReminderState.SENT, state_since=clock())
    )
    desk.office.vault.shred_holder(desk.session, desk.person(by_badge[erased]).id)
    desk.session.commit()

    assert [erased] == list(sending)
    assert [by_badge[first]] == [message.to for message in letters.sent]
    assert ReminderState.UNDELIVERABLE is told(desk.session)[erased]


def test_an_audit_that_finds_something_fails_and_raises_the_alarm(
    app: Flask,
    clock: Clock,
    desk: Desk,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whole: done. The bytes of a badge gone: failed, with lines that name no badge."""
    public_id = desk.badge().public_id
    assert JobState.DONE is run(app, clock, "audit").state
    assert '"event": "audited", "count": 0, "head": "' in capsys.readouterr().err
    desk.session.execute(delete(CredentialBytes).where(CredentialBytes.format == Format.JSON))
    desk.session.commit()

    job = run(app, clock, "audit")

    assert (JobState.FAILED, "audit_violations") == (job.state, job.problem)
    logged = capsys.readouterr().err
    assert '"event": "audit_violation"' in logged
    assert public_id not in logged


def test_old_jobs_are_purged(app: Flask, clock: Clock, desk: Desk) -> None:
    """With everything else that nothing keeps."""
    old = run(app, clock, "purge").id
    clock.now += queue.KEPT

    new = run(app, clock, "purge").id

    desk.session.rollback()
    assert [new] == list(desk.session.scalars(select(Job.id)))
    assert old != new
    assert [] == list(desk.session.scalars(select(Badge)))


def test_what_a_stolen_key_signed_is_signed_anew_with_progress(
    app: Flask, desk: Desk, clock: Clock, tmp_path: Path
) -> None:
    """The job counts badges; what cannot be signed anew fails it, and keeps nobody else waiting."""
    badges = [desk.badge(f"p{number}@example.org").public_id for number in range(3)]
    method = desk.office.signer.verification_method
    here = services()
    keyring = here.office.keyring
    shutil.copytree(keyring.keys_dir, tmp_path / "keys-of-its-own")  # others use the same
    keyring.keys_dir = tmp_path / "keys-of-its-own"
    keyring.rotate(KeyKind.ED25519, now=clock())
    erased = shelf.holder(desk.session, desk.session.get_one(Badge, badges[1]))
    assert erased is not None
    here.vault.shred_holder(desk.session, erased)
    arguments = {"key": method.rpartition("#")[2], "actor": "administrator"}
    job = queue.enqueue(desk.session, "reissue", arguments, now=clock()).id
    desk.session.commit()

    worker.run_waiting(app)

    desk.session.expire_all()
    done = desk.session.get_one(Job, job)
    assert (JobState.FAILED, "not_reissued", 3, 3) == (
        done.state, done.problem, done.done, done.total,
    )  # fmt: skip
    assert [2, 1, 2] == [desk.session.get_one(Badge, each).edition for each in badges]
