"""The worker does what waits, whatever becomes of it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from badgeservice import worker
from badgeservice.errors import JobRefused, MailNotSent
from badgeservice.extensions import db
from badgeservice.jobs import queue
from badgeservice.jobs.models import Job, JobState
from badgeservice.jobs.work import Work
from tests.conftest import Clock


def ask(app: Flask, clock: Clock, kind: str) -> str:
    """Ask for a job, and return its id."""
    with app.app_context():
        job = queue.enqueue(db.session, kind, {}, now=clock())
        db.session.commit()
        return job.id


def outcome(app: Flask, job_id: str) -> tuple[JobState, str | None]:
    """Return where a job stands, and its problem."""
    with app.app_context():
        job = db.session.get_one(Job, job_id)
        return job.state, job.problem


def test_a_job_is_done_by_the_task_of_its_kind(app: Flask, clock: Clock) -> None:
    """Asked for, done, and nothing left to do."""
    job = ask(app, clock, "purge")

    assert 1 == worker.run_waiting(app)
    assert (JobState.DONE, None) == outcome(app, job)
    assert 0 == worker.run_waiting(app)


@pytest.mark.parametrize(
    ("error", "state", "problem"),
    [
        (JobRefused("no such list", code="list_gone"), JobState.FAILED, "list_gone"),
        (MailNotSent("no server"), JobState.QUEUED, "mail_not_sent"),
        (ZeroDivisionError(), JobState.QUEUED, "unexpected"),
    ],
    ids=["refused", "ours", "unexpected"],
)
def test_a_task_that_fails_stops_no_other(
    app: Flask,
    clock: Clock,
    error: Exception,
    state: JobState,
    problem: str,
) -> None:
    """What went wrong stands in the row as a code; the worker goes on."""

    def fail(_work: Work) -> None:
        raise error

    failing, other = ask(app, clock, "fail"), ask(app, clock, "purge")

    assert 2 == worker.run_waiting(app, {**worker.TASKS, "fail": fail})
    assert (state, problem) == outcome(app, failing)
    assert (JobState.DONE, None) == outcome(app, other)


def test_a_worker_does_what_waits_and_stops_when_told(
    clock: Clock, environment: dict[str, str]
) -> None:
    """The command: a job that waits is done, SIGTERM ends it well."""
    url = environment["BADGESERVICE_DATABASE_URL"] or (
        f"sqlite:///{Path(environment['BADGESERVICE_DATA_DIR']) / 'badgeservice.sqlite3'}"
    )
    engine = create_engine(url)
    with Session(engine) as session:
        queue.enqueue(session, "purge", {}, now=clock())
        session.commit()
    command = [str(Path(sys.executable).with_name("badgeservice")), "worker"]
    running = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        with Session(engine) as session:
            deadline = time.monotonic() + 60
            while session.scalars(select(Job.state)).one() is not JobState.DONE:
                assert time.monotonic() < deadline, running.poll()
                session.rollback()
                time.sleep(0.1)
        running.send_signal(signal.SIGTERM)

        _, errors = running.communicate(timeout=30)
    finally:
        running.kill()
        engine.dispose()
    assert 0 == running.returncode, errors
