"""The worker: takes one job after the other, and does it with the task of its kind."""

from __future__ import annotations

import secrets
import signal
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from badgeservice import tasks
from badgeservice.errors import BadgeserviceError, HandedBack, JobRefused, LeaseLost
from badgeservice.extensions import db, services
from badgeservice.jobs import queue, schedule
from badgeservice.jobs.presence import Presence
from badgeservice.jobs.schedule import Scheduled
from badgeservice.jobs.steady import Steady
from badgeservice.jobs.work import Work
from badgeservice.partners.lists import sending

log = structlog.get_logger()

Task = Callable[[Work], None]
# How long a worker that was told nothing waits before it looks for itself.
LOOK_EVERY_SECONDS = 5.0


TASKS: Mapping[str, Task] = {
    "audit": tasks.audit,
    "invite": tasks.invite,
    "purge": tasks.purge,
    "reissue": tasks.reissue,
    "purge-lists": tasks.purge_lists,
    "remind": tasks.remind,
    sending.TASK: tasks.take_list,
}
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
# Nights are those of France: midnight UTC is one or two o'clock there. Mails leave in the morning.
SCHEDULE: tuple[Scheduled, ...] = (
    Scheduled("purge", _DAY, at=0 * _HOUR),
    Scheduled("purge-lists", _HOUR),
    Scheduled("audit", _DAY, at=1 * _HOUR),
    Scheduled("remind", _DAY, at=8 * _HOUR),
)


def run_waiting(app: Flask, tasks: Mapping[str, Task] = TASKS) -> int:
    """Do every job that waits, in this thread; return how many were begun."""
    holder = new_holder()
    begun = 0
    while run_one(app, tasks, holder=holder):
        begun += 1
    return begun


def run_one(
    app: Flask,
    tasks: Mapping[str, Task],
    *,
    holder: str,
    stopping: Callable[[], bool] = lambda: False,
) -> bool:
    """Do the job that has waited longest, as far as it goes; return whether there was one."""
    with app.app_context():
        clock = services().clock
        job = queue.take(db.session, tasks, holder=holder, now=clock())
        if job is None:
            return False
        kind = job.kind
        work = Work(db.session, job, clock=clock, stopping=stopping)
        try:
            outcome = _do(tasks[kind], work)
        except LeaseLost:
            outcome = "lease_lost"
        log.info("job", job=work.job_id, kind=kind, outcome=outcome)
        return True


def _do(task: Task, work: Work) -> str:
    """Do a task and write down what came of it; return that as a word for the log."""
    try:
        task(work)
        work.finish()
    except HandedBack:
        work.hand_back()
        return "handed_back"
    except LeaseLost:
        raise
    except BadgeserviceError as error:
        work.fail(error.code, again=not isinstance(error, JobRefused))
        return error.code
    except Exception as error:
        # Whatever it was, the worker goes on with other jobs, and this one is tried again.
        log.error("job_failed", job=work.job_id, exc_info=error)
        work.fail("unexpected", again=True)
        return "unexpected"
    return "done"


def new_holder() -> str:
    """Return the name of a worker that no other worker has."""
    return f"w_{secrets.token_hex(16)}"


def look(
    app: Flask,
    presence: Presence,
    holder: str,
    scheduled: Iterable[Scheduled] = SCHEDULE,
    *,
    steady: Steady,
) -> None:
    """Put back the jobs whose workers are gone, and ask for those whose period has begun.

    `holder` looks between two jobs: a job that is still under its name, it has lost sight of.
    """
    with app.app_context():
        now = services().clock()
        leases = steady.look(now, time.monotonic())
        dead = presence.dead()
        for job_id in queue.sweep(db.session, now=now, dead=[*dead, holder], leases=leases):
            log.warning("job_put_back", job=job_id)
        for each in dead:
            presence.leave(each)
        schedule.enqueue_due(db.session, scheduled, now=now)


def run_until_told(app: Flask) -> None:
    """Work until SIGTERM or SIGINT; then hand back the job at hand after its present chunk."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run(app, stop)


def run(
    app: Flask,
    stop: threading.Event,
    tasks: Mapping[str, Task] = TASKS,
    scheduled: Iterable[Scheduled] = SCHEDULE,
    *,
    look_every: float = LOOK_EVERY_SECONDS,
) -> None:
    """Work until `stop` is set.

    1. Look for what others left and what is due, every so many seconds. 2. Do what waits. 3. Wait to
    be told. A database that goes away is waited for.
    """
    with app.app_context():
        presence, carrier = Presence(services().settings.workers_dir), services().carrier
    holder, steady = presence.enter(), Steady()
    look_at = 0.0
    while not stop.is_set():
        try:
            if time.monotonic() >= look_at:
                look(app, presence, holder, scheduled, steady=steady)
                look_at = time.monotonic() + look_every
            while not stop.is_set() and time.monotonic() < look_at:
                if not run_one(app, tasks, holder=holder, stopping=stop.is_set):
                    break
        except SQLAlchemyError as error:  # a database that restarts, a disk that is full
            log.error("worker_stumbled", exc_info=error)
            stop.wait(look_every)
        while not (stop.is_set() or time.monotonic() >= look_at):
            if carrier.wait(min(1.0, look_at - time.monotonic())):
                break
    presence.leave(holder)
