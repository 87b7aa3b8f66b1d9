"""The worker does what waits, whatever becomes of it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from badgeservice import worker
from badgeservice.errors import JobRefused, MailNotSent
from badgeservice.extensions import db, services
from badgeservice.jobs import queue
from badgeservice.jobs.models import Job, JobState
from badgeservice.jobs.presence import Presence
from badgeservice.jobs.steady import Steady
from badgeservice.jobs.work import Work
from tests import stores
from tests.conftest import ROOT, Clock, Run
from tests.databases import Database
from tests.jobs import counting


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


def test_workers_are_told_after_the_commit(app: Flask, clock: Clock) -> None:
    """Not before, when nothing is there yet; not at a savepoint; not of what was undone."""
    with app.app_context():
        told = services().carrier
        queue.enqueue(db.session, "purge", {}, now=clock())
        db.session.rollback()
        queue.enqueue(db.session, "purge", {}, now=clock(), key="kept")
        assert not told.wait(0.01)

        db.session.commit()

        assert told.wait(5)
        assert not told.wait(0.2)


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


def test_a_worker_that_must_stop_hands_its_job_back(app: Flask, clock: Clock) -> None:
    """The chunk at hand is done; the rest waits for somebody else, who begins there."""
    begun_at = []

    def count(work: Work) -> None:
        begun_at.append(work.done)
        for step in range(work.done, 3):
            work.progress(step + 1)

    job = ask(app, clock, "count")

    assert worker.run_one(app, {"count": count}, holder="w_1", stopping=lambda: True)
    assert (JobState.QUEUED, None) == outcome(app, job)
    assert 1 == worker.run_waiting(app, {"count": count})
    assert (JobState.DONE, None) == outcome(app, job)
    assert [0, 1] == begun_at


def test_a_job_that_got_further_has_its_tries_again(app: Flask, clock: Clock) -> None:
    """Handed back, it is not as near to its end as when it was begun."""
    job = ask(app, clock, "count")
    with app.app_context():
        db.session.get_one(Job, job).attempts = queue.ATTEMPTS_AT_MOST - 1
        db.session.commit()

    def count(work: Work) -> None:
        work.progress(work.done + 1, 100)

    assert worker.run_one(app, {"count": count}, holder="w_1", stopping=lambda: True)

    with app.app_context():
        assert 0 == db.session.get_one(Job, job).attempts


def test_a_job_that_is_forgotten_while_it_fails_stops_no_worker(app: Flask, clock: Clock) -> None:
    """Whoever asked for it was erased."""
    job = ask(app, clock, "boom")

    def boom(work: Work) -> None:
        work.session.delete(work.session.get_one(Job, job))
        work.session.commit()
        raise ZeroDivisionError

    assert worker.run_one(app, {"boom": boom}, holder="w_1")


def test_a_worker_that_hung_leaves_the_job_to_whoever_has_it(app: Flask, clock: Clock) -> None:
    """Its lease ended and another took over: it undoes its step, says so, and goes on."""

    def hang(work: Work) -> None:
        clock.now += queue.LEASE
        with app.app_context():
            queue.sweep(db.session, now=clock())
            assert queue.take(db.session, ["hang"], holder="w_2", now=clock()) is not None
        work.progress(1)

    job = ask(app, clock, "hang")

    assert worker.run_one(app, {"hang": hang}, holder="w_1")
    with app.app_context():
        row = db.session.get_one(Job, job)
        assert (JobState.RUNNING, "w_2", 0) == (row.state, row.holder, row.done)


def test_a_look_brings_back_what_a_worker_lost_sight_of(app: Flask, clock: Clock) -> None:
    """Whoever looks has no job: what stands under its name fell to a database that went away."""
    job = ask(app, clock, "purge")
    with app.app_context():
        presence = Presence(services().settings.workers_dir)
        gone, here = "w_gone", presence.enter()
        (services().settings.workers_dir / gone).touch()
        for holder in (gone, here):
            assert queue.take(db.session, worker.TASKS, holder=holder, now=clock()) is not None

            worker.look(app, presence, here, steady=Steady())

            assert (JobState.QUEUED, None) == outcome(app, job)
        assert [] == presence.dead()
        presence.leave(here)


def test_a_worker_at_work_keeps_its_job_when_the_clock_runs_ahead(app: Flask, clock: Clock) -> None:
    """Whoever looks after the jump knows that every lease has ended, and takes nothing away."""
    job, steady = ask(app, clock, "purge"), Steady()
    with app.app_context():
        presence = Presence(services().settings.workers_dir)
        worker.look(app, presence, "w_looks", (), steady=steady)
        queue.take(db.session, ["purge"], holder="w_works", now=clock())

        clock.now += timedelta(hours=1)
        worker.look(app, presence, "w_looks", (), steady=steady)
        assert (JobState.RUNNING, None) == outcome(app, job)

        worker.look(app, presence, "w_came_later", (), steady=Steady())
        assert (JobState.QUEUED, None) == outcome(app, job)


def test_what_is_scheduled_has_a_task() -> None:
    """Each kind is known, and can be asked for by name."""
    assert {each.kind for each in worker.SCHEDULE} <= set(worker.TASKS)


def test_a_worker_does_what_waits_and_stops_when_told(
    clock: Clock, environment: dict[str, str]
) -> None:
    """The command: a job that waits is done, SIGTERM ends it well."""
    engine = create_engine(url_of(environment))
    with Session(engine) as session:
        queue.enqueue(session, "purge", {}, now=clock())
        session.commit()
    command = [str(Path(sys.executable).with_name("badgeservice")), "worker"]
    running = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        with Session(engine) as session:
            wait_until(lambda: all_done(session))
        running.send_signal(signal.SIGTERM)

        _, errors = running.communicate(timeout=30)
    finally:
        running.kill()
        engine.dispose()
    assert 0 == running.returncode, errors


def test_a_worker_outlives_its_database(
    app: Flask, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    """While there are no rows it waits, and says so; then it goes on, and stops when told."""
    job = ask(app, clock, "purge")
    stop = threading.Event()
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE job RENAME TO away"))
    working = threading.Thread(
        target=worker.run, args=[app, stop, worker.TASKS, ()], kwargs={"look_every": 0.1}
    )
    working.start()
    said = ""

    def has_stumbled() -> bool:
        nonlocal said
        said += capsys.readouterr().err
        return "worker_stumbled" in said

    try:
        wait_until(has_stumbled)
        with app.app_context(), db.engine.begin() as connection:
            connection.execute(text("ALTER TABLE away RENAME TO job"))
        wait_until(lambda: outcome(app, job)[0] is JobState.DONE)
    finally:
        stop.set()
        working.join()


def test_the_operator_sees_what_failed_and_has_it_tried_again(
    environment: dict[str, str], run: Run, clock: Clock
) -> None:
    """What stands in the rows; tried again from where it was."""
    engine = create_engine(url_of(environment))
    with Session(engine) as session:
        job = queue.enqueue(session, "purge", {}, now=clock())
        job.state, job.problem, job.done, job.total = JobState.FAILED, "list_gone", 2, 5
        session.commit()
        job_id = job.id
    engine.dispose()

    listed, as_json = run("jobs", "list").stdout, json.loads(run("jobs", "list", "--json").stdout)
    again, refused = run("jobs", "retry", job_id), run("jobs", "retry", job_id)

    assert f"{job_id} purge: failed, 2 of 5 done, list_gone\n1 job(s) not done\n" == listed
    assert [(job_id, "failed", "list_gone")] == [
        (row["id"], row["state"], row["problem"]) for row in as_json
    ]
    assert f"{job_id} purge waits again\n" == again.stdout
    assert (1, f"badgeservice: no job {job_id} has failed\n") == (
        refused.returncode,
        refused.stderr,
    )
    assert f"{job_id} purge: queued, 2 of 5 done\n" in run("jobs", "list").stdout


def test_workers_that_are_killed_lose_nothing(
    environment: dict[str, str], database: Database, tmp_path: Path, clock: Clock
) -> None:
    """Two at work on six jobs, twice one is killed: every step is done, no job by two at once.

    A step that was under way is done again, from what was committed; no other is.
    """
    engine = create_engine(url_of(environment))
    command = [sys.executable, "-m", "tests.jobs.counting", str(tmp_path)]
    with stores.running(tmp_path) as store, Session(engine) as session:
        # By another machine's eyes: the word goes through a store, or through PostgreSQL.
        told = store.address if database.name == "sqlite" else url_of(environment)
        environment["BADGESERVICE_QUEUE_URL"] = told.replace("+psycopg", "")
        jobs = {queue.enqueue(session, "count", {}, now=clock()).id for _ in range(6)}
        session.commit()
        workers = [subprocess.Popen(command, env=environment, cwd=ROOT) for _ in range(2)]
        try:
            for steps in (10, 40):
                wait_until(lambda least=steps: len(journal(tmp_path)) >= least)
                workers[0].kill()
                workers = [workers[1], subprocess.Popen(command, env=environment, cwd=ROOT)]
            wait_until(lambda: all_done(session))
        finally:
            for each in workers:
                each.kill()
                each.wait()
        states = {job.id: (job.state, job.done) for job in session.scalars(select(Job))}
    engine.dispose()
    noted = Counter(journal(tmp_path))
    steps = {f"{job} {step}" for job in jobs for step in range(counting.STEPS)}
    assert dict.fromkeys(jobs, (JobState.DONE, counting.STEPS)) == states
    assert steps == set(noted)
    assert noted.total() <= len(steps) + 2


def journal(folder: Path) -> list[str]:
    """Return what the counting workers wrote."""
    path = folder / "journal"
    return path.read_text().splitlines() if path.exists() else []


def all_done(session: Session) -> bool:
    """Tell whether no job waits or is at work."""
    session.rollback()
    return set(session.scalars(select(Job.state))) == {JobState.DONE}


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait for another process."""
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def url_of(environment: dict[str, str]) -> str:
    """Return the address of the database of an installation."""
    data = Path(environment["BADGESERVICE_DATA_DIR"])
    return environment["BADGESERVICE_DATABASE_URL"] or f"sqlite:///{data / 'badgeservice.sqlite3'}"
