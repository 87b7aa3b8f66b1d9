"""The queue: rows of ours, taken by compare-and-swap, kept by a lease, put back when it ends.

What is written here is the truth. Whoever is told that a job waits looks here for it, and whoever
is told nothing finds it here a little later.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, delete, false, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from badgeservice.errors import JobNotFound
from badgeservice.jobs.carrier import Carrier
from badgeservice.jobs.models import Job, JobState

# A worker that says nothing for so long has lost its job to another one. Longer than the clocks of
# two machines are apart, and than any step of a task takes.
LEASE = timedelta(minutes=10)
# No lease and no delay is as long as this: an instant further away was written by a clock that ran
# ahead, and counts as past.
CLOCKS_APART_AT_MOST = timedelta(days=2)
# Long enough in all for a mail server that is down over a weekend.
RETRIES_AFTER = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(days=1),
    timedelta(days=1),
)
# A job that was begun so often without getting any further is given up.
ATTEMPTS_AT_MOST = len(RETRIES_AFTER) + 1
KEPT = timedelta(days=90)
"""How long a job that is over can be looked at."""
# In the `info` of a session: the ids of the jobs to tell of once they are committed.
UNTOLD = "badgeservice_jobs"


def enqueue(
    session: Session,
    kind: str,
    arguments: dict[str, Any],
    *,
    now: datetime,
    key: str | None = None,
    owner: str | None = None,
) -> Job:
    """Return the job that will do `kind` with `arguments`, for which a worker now waits.

    The same `kind` and `key` give the same job, whatever became of it: nothing is begun twice.
    `arguments` are ids and choices that JSON can hold, never data about persons. The caller commits;
    until then nobody works on it.
    """
    job = Job(kind=kind, key=key, owner=owner, arguments=arguments, created_at=now)
    if key is None:
        session.add(job)
        session.flush()
        return _untold(session, job)
    same = select(Job).where(Job.kind == kind, Job.key == key)
    if known := session.scalar(same):
        return known
    try:
        with session.begin_nested():
            session.add(job)
    except IntegrityError:  # somebody else was quicker
        return session.scalars(same).one()
    return _untold(session, job)


def tell(session: Session, carrier: Carrier) -> None:
    """Tell of the jobs that `session` has committed; the end of a savepoint is no commit."""
    if session.in_nested_transaction():
        return
    for job_id in session.info.pop(UNTOLD, []):
        carrier.tell(job_id)


def tell_nothing(session: Session) -> None:
    """Forget to tell of what `session` has undone; to end a savepoint undoes too little for that."""
    if not session.in_nested_transaction():
        session.info.pop(UNTOLD, None)


def find(session: Session, job_id: str, *, owners: Collection[str]) -> Job:
    """Return a job of one of these organisations or persons; raise JobNotFound for any other.

    That somebody else has a job of this id is not told.
    """
    job = session.get(Job, job_id)
    if job is None or job.owner not in owners:
        raise JobNotFound("there is no such job")
    return job


def take(session: Session, kinds: Collection[str], *, holder: str, now: datetime) -> Job | None:
    """Give the job that has waited longest to `holder`, and return it; None when none waits.

    Only jobs of `kinds` are given: a worker of an older release leaves alone what it does not know.
    Two workers never get the same job: who changes the row first has it. Commits.
    """
    waiting = (
        select(Job.id)
        .where(Job.state == JobState.QUEUED, Job.kind.in_(kinds), _is_past(Job.due_at, now))
        .order_by(Job.created_at, Job.id)
        .limit(1)
    )
    while job_id := session.scalar(waiting):
        taken = session.execute(
            update(Job)
            .where(Job.id == job_id, Job.state == JobState.QUEUED)
            .values(
                state=JobState.RUNNING,
                holder=holder,
                lease_until=now + LEASE,
                attempts=Job.attempts + 1,
                started_at=func.coalesce(Job.started_at, now),
            )
            .returning(Job.id)
        ).all()
        session.commit()
        if taken:
            return session.get(Job, job_id, populate_existing=True)
    session.commit()
    return None


def sweep(
    session: Session, *, now: datetime, dead: Collection[str] = (), leases: bool = True
) -> list[str]:
    """Put back the jobs whose lease has ended or whose holder is among the `dead`; return their ids.

    Without `leases`, only those of the dead: the clock has jumped, and leases tell nothing.
    One that was begun ATTEMPTS_AT_MOST times and got no further is failed as `abandoned`: it may
    well be what ended its workers. Commits.
    """
    given_up = Job.attempts >= ATTEMPTS_AT_MOST
    swept = session.scalars(
        update(Job)
        .where(
            Job.state == JobState.RUNNING,
            or_(_is_past(Job.lease_until, now) if leases else false(), Job.holder.in_(dead)),
        )
        .values(
            state=case((given_up, JobState.FAILED), else_=JobState.QUEUED),
            problem=case((given_up, "abandoned"), else_=None),
            finished_at=case((given_up, now), else_=None),
            holder=None,
            lease_until=None,
        )
        .returning(Job.id)
    ).all()
    session.commit()
    return list(swept)


def unfinished(session: Session) -> list[Job]:
    """Return the jobs that are not done, failed ones included, in the order in which they came."""
    return list(
        session.scalars(
            select(Job).where(Job.state != JobState.DONE).order_by(Job.created_at, Job.id)
        )
    )


def latest(session: Session, kind: str) -> Job | None:
    """Return the job of a kind that ended last, well or not; None when none is known."""
    return session.scalar(
        select(Job)
        .where(Job.kind == kind, Job.finished_at.is_not(None))
        .order_by(Job.finished_at.desc())
        .limit(1)
    )


def retry(session: Session, job_id: str) -> Job:
    """Have a failed job tried again from where it was, as if for the first time. The caller commits.

    Raises JobNotFound when no job of this id has failed.
    """
    revived = session.scalar(
        update(Job)
        .where(Job.id == job_id, Job.state == JobState.FAILED)
        .values(state=JobState.QUEUED, problem=None, attempts=0, due_at=None, finished_at=None)
        .returning(Job)
    )
    if revived is None:
        raise JobNotFound(f"no job {job_id} has failed")
    return _untold(session, revived)


def forget(session: Session, owner: str) -> None:
    """Delete every job of a person or organisation; a worker that has one loses it. The caller commits."""
    session.execute(delete(Job).where(Job.owner == owner))


def purge(session: Session, now: datetime) -> int:
    """Delete the jobs that have been over for KEPT; return how many. The caller commits."""
    removed = session.execute(
        delete(Job)
        .where(Job.state.in_((JobState.DONE, JobState.FAILED)), Job.finished_at <= now - KEPT)
        .returning(Job.id)
    )
    return len(removed.all())


def _untold(session: Session, job: Job) -> Job:
    session.info.setdefault(UNTOLD, []).append(job.id)
    return job


def _is_past(column: Any, now: datetime) -> ColumnElement[bool]:
    return or_(column.is_(None), column <= now, column > now + CLOCKS_APART_AT_MOST)
