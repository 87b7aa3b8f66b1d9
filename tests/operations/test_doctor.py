"""The doctor: every question has an answer, and each can turn out badly."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from badgeservice.extensions import db, services
from badgeservice.issuing import halting
from badgeservice.issuing.models import Badge, StatusList
from badgeservice.jobs.models import Job, JobState
from badgeservice.mail import Security, SmtpMailer
from badgeservice.operations import backup, doctor
from badgeservice.operations.doctor import QUESTIONS, Finding, Health, Patient
from badgeservice.people.models import Organisation
from badgeservice.settings import Environment
from tests.issuing.conftest import Desk

# An installation of the tests is for development: these are not as in service.
IN_DEVELOPMENT = {"settings", "mail", "audit", "backup"}
# The server of the tests forgets at a power cut, and its clock is not the one that stands still.
OF_THE_SERVER = {"sqlite": set(), "postgresql": {"durability", "clock"}}


@pytest.fixture
def look(desk: Desk) -> Callable[..., dict[str, Finding]]:
    """Examine the office's installation; `changes` are other services."""

    def examine(**changes: object) -> dict[str, Finding]:
        patient = Patient(desk.session, replace(services(), **changes), desk.clock())
        return {finding.question: finding for finding in doctor.examine(patient)}

    return examine


def test_a_sound_installation_has_nothing_wrong(desk, look, database) -> None:
    """Every question is answered; what is only for development is told apart."""
    desk.badge()
    services().settings.data_dir.chmod(0o700)

    found = look()

    assert list(QUESTIONS) == list(found)
    unwell = {name for name, each in found.items() if each.health != Health.OK}
    assert IN_DEVELOPMENT | OF_THE_SERVER[database.name] == unwell
    assert all(found[name].do for name in unwell)


def other_readers(desk: Desk) -> None:
    """Let everybody read the data folder."""
    services().settings.data_dir.chmod(0o755)


def open_secret(desk: Desk) -> None:
    """Let everybody read a secret."""
    services().settings.secret_file("secret_key_file", "secret-key").chmod(0o644)


def older_tables(desk: Desk) -> None:
    """Forget to migrate."""
    desk.session.execute(text("UPDATE alembic_version SET version_num = '0001'"))


def weak_database(desk: Desk) -> None:
    """Trade durability for speed."""
    weaker = {"sqlite": "PRAGMA synchronous=OFF", "postgresql": "SET synchronous_commit TO off"}
    desk.session.execute(text(weaker[desk.session.get_bind().dialect.name]))


def moved_badge(desk: Desk) -> None:
    """Have a badge of another address in the register."""
    desk.badge().address = "http://demo.example/b/x"
    desk.session.commit()


def moved_database(desk: Desk) -> None:
    """Use the database of another address."""
    desk.session.execute(
        text("UPDATE audit_event SET subject = 'did:web:x' WHERE action = 'setup'")
    )


def clock_back(desk: Desk) -> None:
    """Let the clock go back."""
    desk.badge()
    desk.clock.advance(hours=-1)


def clock_ahead(desk: Desk) -> None:
    """Publish a list while the clock is ahead."""
    desk.badge()
    desk.session.get_one(StatusList, 1).published_at = desk.clock() + timedelta(hours=1)
    desk.session.commit()


def damaged_list(desk: Desk) -> None:
    """Damage a list."""
    desk.badge()
    desk.session.get_one(StatusList, 1).published = b"{}"
    desk.session.commit()


def job(desk: Desk, kind: str = "purge", **values: object) -> None:
    """Have a job in the queue."""
    common = {"arguments": {}, "created_at": desk.clock() - timedelta(hours=1), "kind": kind}
    desk.session.add(Job(**common | values))
    desk.session.commit()


def no_worker(desk: Desk) -> None:
    """Let a job wait."""
    job(desk)


def hanging_job(desk: Desk) -> None:
    """Let a job hang."""
    job(desk, state=JobState.RUNNING, lease_until=desk.clock() - timedelta(hours=1))


def failed_audit(desk: Desk) -> None:
    """Let the audit of the night find something."""
    job(
        desk, "audit", state=JobState.FAILED, problem="audit_violations",
        finished_at=desk.clock() - timedelta(hours=1),
    )  # fmt: skip


def halted(desk: Desk) -> None:
    """Halt issuing."""
    halting.halt(desk.session, reason="a key", actor="operator", now=desk.clock())


def unfinished(desk: Desk) -> None:
    """Crash between acceptance and signature."""
    halted(desk)
    with pytest.raises(Exception, match="halted"):
        desk.accept(desk.offer())
    halting.resume(desk.session, actor="operator", now=desk.clock())


def no_tables(desk: Desk) -> None:
    """Lose a table."""
    desk.session.execute(text("DROP TABLE carried_bit"))
    desk.session.execute(text("DROP TABLE issuing_halt"))


@pytest.mark.parametrize(
    ("harm", "question", "health", "says"),
    [
        (other_readers, "folders", Health.ATTENTION, "others can read"),
        (open_secret, "secrets", Health.WRONG, "only its owner"),
        (older_tables, "migrations", Health.WRONG, "at 0001"),
        (weak_database, "durability", Health.WRONG, "synchronous"),
        (moved_badge, "address", Health.WRONG, "demo.example"),
        (moved_database, "address", Health.WRONG, "did:web:x"),
        (clock_back, "clock", Health.WRONG, "the last signature"),
        (clock_ahead, "status-lists", Health.WRONG, "list 1 is dated"),
        (damaged_list, "status-lists", Health.WRONG, "list 1 is damaged"),
        (no_worker, "jobs", Health.WRONG, "1 job(s) wait"),
        (hanging_job, "jobs", Health.WRONG, "1 job(s) hang"),
        (failed_audit, "audit", Health.WRONG, "audit_violations"),
        (failed_audit, "jobs", Health.ATTENTION, "1 job(s) failed"),
        (halted, "issuing", Health.ATTENTION, "(a key)"),
        (unfinished, "issuing", Health.ATTENTION, "1 badge(s) accepted"),
        (no_tables, "issuing", Health.WRONG, "could not be asked"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_is_not_well_is_said(desk, look, harm, question, health, says) -> None:
    """With what to do about it, unless the sentence says it; the other questions are still asked."""
    harm(desk)

    found = look()

    assert list(QUESTIONS) == list(found)
    assert health == found[question].health
    assert says in found[question].what
    assert found[question].do or "could not be asked" not in found[question].what


def test_badges_of_test_and_real_ones_do_not_mix(desk, look) -> None:
    """A real issuer refuses a database that a demonstration has begun; production says TEST."""
    here = services()
    real = replace(here.office, issuer=replace(here.office.issuer, demo=False))
    in_production = replace(here.settings, environment=Environment.PRODUCTION)

    assert Health.OK == look(office=real)["demonstration"].health
    assert "say TEST" in look(settings=in_production)["demonstration"].what
    desk.session.query(Organisation).update({"name": "Une autre (TEST)"})
    assert "do not mix" in look(office=real)["demonstration"].do


def test_age_of_audit_and_backup(desk, look) -> None:
    """A day is well; two are not."""
    backup.remember(services().settings, now=desk.clock())
    job(desk, "audit", state=JobState.DONE, finished_at=desk.clock())

    fresh = look()
    desk.clock.advance(days=2)
    old = look()

    for question in ("audit", "backup"):
        assert (Health.OK, Health.ATTENTION) == (fresh[question].health, old[question].health)


def test_the_mail_server_is_greeted(look) -> None:
    """EHLO and no mail; a server that is away is said."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        heard: list[bytes] = []

        def serve() -> None:
            connection, _ = listening.accept()
            with connection, connection.makefile("rwb") as lines:
                lines.write(b"220 mail.example ready\r\n")
                lines.flush()
                while line := lines.readline():
                    heard.append(line[:4].upper())
                    lines.write(b"250 mail.example\r\n" if heard[-1] != b"QUIT" else b"221 bye\r\n")
                    lines.flush()

        thread = threading.Thread(target=serve)
        thread.start()
        mailer = SmtpMailer(
            host="127.0.0.1", port=port, security=Security.NONE, username="", password="",
            sender="badges@example.org",
        )  # fmt: skip
        assert Health.OK == look(mailer=mailer)["mail"].health
        thread.join(10)
    assert [b"EHLO", b"QUIT"] == heard
    gone = look(mailer=mailer)["mail"]
    assert (Health.WRONG, True) == (gone.health, "no mail server" in gone.what)


def test_a_badge_is_counted(desk, look) -> None:
    """And the head of the chain is printed, to be kept elsewhere."""
    desk.badge()

    found = look()

    assert "1 badge(s)" in found["database"].what
    assert found["chain"].what.startswith("head ")
    assert json.dumps([vars(each) for each in found.values()])
    assert desk.session.query(Badge).count() == 1
    db.session.rollback()
