"""What a task is handed: its arguments, a session, the clock, and a way to say how far it is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from sqlalchemy import case, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from badgeservice.errors import HandedBack, LeaseLost
from badgeservice.jobs import queue
from badgeservice.jobs.models import Job, JobState


class Work:
    """A job in the hands of a worker.

    A task does a chunk, then calls `progress`, which commits it. Killed at any moment, it is called
    again with the same arguments and goes on from what is committed.
    """

    def __init__(
        self,
        session: Session,
        job: Job,
        *,
        clock: Callable[[], datetime],
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        """Take over a job that `queue.take` gave. `stopping` tells whether the worker must end."""
        assert job.holder is not None
        self.session = session
        self.job_id = job.id
        self.key = job.key
        self.owner = job.owner
        self.arguments: dict[str, Any] = dict(job.arguments)
        self.done, self.total, self.attempts = job.done, job.total, job.attempts
        self._holder = job.holder
        self._clock = clock
        self._stopping = stopping

    def now(self) -> datetime:
        """Return the instant, from the one clock of the service."""
        return self._clock()

    def progress(self, done: int, total: int | None = None) -> None:
        """Commit what was done until now, with how far that is, and keep the job for another LEASE.

        `total` stays as it was when it is None. Raises LeaseLost when another worker has the job by
        now: nothing since the last call is committed. Raises HandedBack when the worker must stop:
        the chunk is committed, and the job goes on elsewhere. A task lets both pass.
        """
        total = self.total if total is None else total
        self._change(
            done=done,
            total=total,
            lease_until=self.now() + queue.LEASE,
            attempts=case((Job.done < done, 1), else_=Job.attempts),
        )
        self.done, self.total = done, total
        if self._stopping():
            raise HandedBack("the worker stops; the job goes on from here")

    @contextmanager
    def kept(self, *, every: float = queue.LEASE.total_seconds() / 4) -> Iterator[None]:
        """Keep the job, every so many seconds, during a step that may take longer than a LEASE.

        For a step that only reads: somebody who takes its job away all the same is noticed afterwards.
        """
        over = threading.Event()
        keeper = threading.Thread(target=self._keep, args=[over, every], daemon=True)
        keeper.start()
        try:
            yield
        finally:
            over.set()
            keeper.join()

    def finish(self) -> None:
        """Commit the last chunk; the job is done. For the worker; raises LeaseLost."""
        self._change(
            state=JobState.DONE,
            problem=None,
            finished_at=self.now(),
            holder=None,
            lease_until=None,
        )

    def hand_back(self) -> None:
        """Put the job back as if it had not been begun this time. For the worker."""
        self._change(
            state=JobState.QUEUED, attempts=Job.attempts - 1, holder=None, lease_until=None
        )

    def fail(self, problem: str, *, again: bool) -> None:
        """Undo what is not committed, and put the job back for later, or give it up.

        `problem` is a code. With `again` the job is tried ATTEMPTS_AT_MOST times in all, later each
        time, unless it gets further in between. For the worker; raises LeaseLost.
        """
        self.session.rollback()
        now = self.now()
        job = self.session.get(Job, self.job_id, populate_existing=True)
        if job is None:
            raise LeaseLost("the job was forgotten")
        attempts = job.attempts
        if again and attempts < queue.ATTEMPTS_AT_MOST:
            self._change(
                state=JobState.QUEUED,
                problem=problem,
                due_at=now + queue.RETRIES_AFTER[attempts - 1],
                holder=None,
                lease_until=None,
            )
        else:
            self._change(
                state=JobState.FAILED,
                problem=problem,
                finished_at=now,
                holder=None,
                lease_until=None,
            )

    def _keep(self, over: threading.Event, every: float) -> None:
        while not over.wait(every):
            # A database that is busy, or away, is asked again: the lease lasts longer.
            with suppress(SQLAlchemyError), Session(self.session.get_bind()) as session:
                session.execute(
                    update(Job)
                    .where(
                        Job.id == self.job_id,
                        Job.state == JobState.RUNNING,
                        Job.holder == self._holder,
                    )
                    .values(lease_until=self.now() + queue.LEASE)
                )
                session.commit()

    def _change(self, **values: Any) -> None:
        self.session.flush()
        changed = self.session.execute(
            update(Job)
            .where(Job.id == self.job_id, Job.state == JobState.RUNNING, Job.holder == self._holder)
            .values(**values)
            .returning(Job.id)
            .execution_options(synchronize_session=False)
        ).all()
        if not changed:
            self.session.rollback()
            raise LeaseLost("another worker has this job by now")
        self.session.commit()
