"""Jobs are rows: taken once, kept by a lease, put back when it ends, given up in the end."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from badgeservice.errors import HandedBack, JobNotFound, LeaseLost
from badgeservice.jobs import queue
from badgeservice.jobs.models import Job, JobState
from badgeservice.jobs.work import Work

KINDS = ["count"]
SECOND = timedelta(seconds=1)


def waiting(session: Session, now: datetime, **changes: str) -> Job:
    """Return a committed job."""
    job = queue.enqueue(session, "count", {"to": 3}, now=now, **changes)
    session.commit()
    return job


def begun(session: Session, now: datetime, holder: str = "w_1") -> Work:
    """Return the job that has waited longest, in the hands of a worker whose clock stands still."""
    job = queue.take(session, KINDS, holder=holder, now=now)
    assert job is not None
    return Work(session, job, clock=lambda: now)


def test_a_job_waits_until_a_worker_takes_it(session: Session, now: datetime) -> None:
    """Nobody had it; one worker has it; nobody else gets it."""
    job = waiting(session, now)

    taken = queue.take(session, KINDS, holder="w_1", now=now + SECOND)

    assert taken is job
    assert (JobState.RUNNING, 1, "w_1") == (job.state, job.attempts, job.holder)
    assert (now + SECOND, now + SECOND + queue.LEASE) == (job.started_at, job.lease_until)
    assert queue.take(session, KINDS, holder="w_2", now=now + SECOND) is None


def test_the_same_key_is_the_same_job(session: Session, now: datetime) -> None:
    """Asked for twice, done once; without a key each is one of its own."""
    first = waiting(session, now, key="list-1")
    begun(session, now).finish()

    assert waiting(session, now, key="list-1") is first
    assert first.state is JobState.DONE
    assert waiting(session, now, key="list-2") is not first
    assert waiting(session, now) is not waiting(session, now)


def test_two_who_ask_at_once_get_the_same_job(engine: Engine, now: datetime) -> None:
    """Whoever is second finds what the first one wrote, and loses nothing of its own."""
    start = threading.Barrier(4)
    jobs = []

    def ask() -> None:
        start.wait()
        with Session(engine) as session:
            jobs.append(waiting(session, now, key="once").id)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 4 == len(jobs)
    assert 1 == len(set(jobs))


def test_two_workers_never_have_the_same_job(engine: Engine, now: datetime) -> None:
    """Four workers take thirty jobs at once: each job is given once."""
    with Session(engine) as session:
        for _ in range(30):
            queue.enqueue(session, "count", {}, now=now)
        session.commit()
    start = threading.Barrier(4)
    given: list[tuple[str, int]] = []

    def work(holder: str) -> None:
        start.wait()
        with Session(engine) as session:
            while job := queue.take(session, KINDS, holder=holder, now=now):
                given.append((job.id, job.attempts))

    threads = [threading.Thread(target=work, args=[f"w_{each}"]) for each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 30 == len(given) == len(set(given))
    assert {1} == {attempts for _, attempts in given}


def test_the_longest_waiting_comes_first(session: Session, now: datetime) -> None:
    """Nobody is overtaken."""
    late, early = waiting(session, now + SECOND), waiting(session, now)

    assert early.id == begun(session, now + SECOND).job_id
    assert late.id == begun(session, now + SECOND).job_id


def test_what_a_worker_does_not_know_it_leaves(session: Session, now: datetime) -> None:
    """During an upgrade, old workers leave the new kinds of jobs to new workers."""
    waiting(session, now)

    assert queue.take(session, ["other"], holder="w_1", now=now) is None


def test_progress_is_seen_and_keeps_the_job(session: Session, now: datetime) -> None:
    """How far it is stands in the row; the lease begins anew."""
    job = waiting(session, now)
    work = begun(session, now)

    work.progress(1, 3)
    work.progress(2)

    assert (2, 3) == (job.done, job.total) == (work.done, work.total)
    assert now + queue.LEASE == job.lease_until


def test_a_lease_that_ends_gives_the_job_to_another(session: Session, now: datetime) -> None:
    """The first worker learns of it at its next step, and nothing of that step is kept."""
    job = waiting(session, now)
    first = begun(session, now)
    first.progress(1, 3)

    assert [] == queue.sweep(session, now=now + queue.LEASE - SECOND)
    assert [job.id] == queue.sweep(session, now=now + queue.LEASE)
    second = begun(session, now + queue.LEASE, "w_2")
    waiting_too = queue.enqueue(session, "count", {}, now=now, key="undone")
    with pytest.raises(LeaseLost):
        first.progress(2)

    assert session.scalar(select(Job).where(Job.key == "undone")) is None
    assert waiting_too.id != job.id
    assert 1 == second.done
    second.progress(2)
    second.finish()
    with pytest.raises(LeaseLost):
        first.finish()
    assert (JobState.DONE, None) == (job.state, job.holder)


def test_the_job_of_a_dead_worker_does_not_wait_for_its_lease(
    session: Session, now: datetime
) -> None:
    """Who was killed comes not back; who lives keeps its job."""
    job = waiting(session, now)
    begun(session, now, "w_1")

    assert [] == queue.sweep(session, now=now, dead=["w_2"])
    assert [job.id] == queue.sweep(session, now=now, dead=["w_2", "w_1"])


def test_after_a_jump_of_the_clock_only_the_dead_lose_their_jobs(
    session: Session, now: datetime
) -> None:
    """A clock that runs ahead has ended every lease, also those of workers who are at work."""
    job = waiting(session, now)
    begun(session, now, "w_1")
    tomorrow = now + timedelta(days=1)

    assert [] == queue.sweep(session, now=tomorrow, dead=["w_2"], leases=False)
    assert [job.id] == queue.sweep(session, now=tomorrow, dead=["w_1"], leases=False)


def test_a_long_step_keeps_its_job(engine: Engine, now: datetime) -> None:
    """Nobody takes away what a worker reads for hours; what was taken all the same stays taken."""
    time_of_day = [now]
    with Session(engine) as session, Session(engine) as other:
        job_id = waiting(session, now).id
        taken = queue.take(session, KINDS, holder="w_1", now=now)
        assert taken is not None
        work = Work(session, taken, clock=lambda: time_of_day[0])

        def lease() -> datetime | None:
            other.rollback()
            return other.scalar(select(Job.lease_until).where(Job.id == job_id))

        with work.kept(every=0.01):
            time_of_day[0] = now + queue.LEASE - SECOND
            deadline = time.monotonic() + 30
            while lease() != now + 2 * queue.LEASE - SECOND:
                assert time.monotonic() < deadline
            assert [] == queue.sweep(other, now=now + queue.LEASE)
            assert [job_id] == queue.sweep(other, now=now, dead=["w_1"])

        assert lease() is None
        with pytest.raises(LeaseLost):
            work.finish()


def test_a_worker_that_stops_hands_back_after_its_chunk(session: Session, now: datetime) -> None:
    """The chunk is committed, and the attempt does not count."""
    job = waiting(session, now)
    taken = queue.take(session, KINDS, holder="w_1", now=now)
    assert taken is not None
    work = Work(session, taken, clock=lambda: now, stopping=lambda: True)

    with pytest.raises(HandedBack):
        work.progress(1)
    work.hand_back()

    assert (JobState.QUEUED, 1, 0) == (job.state, job.done, job.attempts)


def test_a_job_that_ends_its_workers_is_given_up(session: Session, now: datetime) -> None:
    """Nine workers died of it and it got no further: it must not end all that come."""
    job = waiting(session, now)
    for _ in range(queue.ATTEMPTS_AT_MOST):
        begun(session, now)
        assert [job.id] == queue.sweep(session, now=now + queue.LEASE)

    assert (JobState.FAILED, "abandoned") == (job.state, job.problem)
    assert job.finished_at is not None


def test_a_job_that_gets_further_is_never_given_up(session: Session, now: datetime) -> None:
    """However often its workers are killed: each brought it a step on."""
    job = waiting(session, now)
    for step in range(1, 2 * queue.ATTEMPTS_AT_MOST):
        begun(session, now).progress(step)
        queue.sweep(session, now=now + queue.LEASE)

    assert (JobState.QUEUED, 1) == (job.state, job.attempts)


def test_what_fails_is_tried_again_later_and_in_the_end_given_up(
    session: Session, now: datetime
) -> None:
    """A minute at first, a day in the end, more than a weekend in all; then it says why."""
    begin = now
    job = waiting(session, now)
    for after in queue.RETRIES_AFTER:
        begun(session, now).fail("mail_not_sent", again=True)
        assert (JobState.QUEUED, now + after) == (job.state, job.due_at)
        assert queue.take(session, KINDS, holder="w_1", now=now + after - SECOND) is None
        now += after
    assert now - begin > timedelta(days=2.5)

    begun(session, now).fail("mail_not_sent", again=True)

    assert (JobState.FAILED, "mail_not_sent", now) == (job.state, job.problem, job.finished_at)


def test_what_cannot_be_done_is_not_tried_again(session: Session, now: datetime) -> None:
    """Some things are refused however often they are asked for."""
    job = waiting(session, now)

    begun(session, now).fail("job_refused", again=False)

    assert (JobState.FAILED, "job_refused") == (job.state, job.problem)


@pytest.mark.parametrize("years", [1, 10])
def test_a_clock_that_ran_ahead_stops_nothing(session: Session, now: datetime, years: int) -> None:
    """A lease or a delay that was written in the future counts as past once the clock is right."""
    ahead = now + timedelta(days=365 * years)
    job = waiting(session, ahead)
    begun(session, ahead)

    assert [job.id] == queue.sweep(session, now=now)
    begun(session, now).fail("unexpected", again=True)
    assert begun(session, now - timedelta(days=365 * years)).job_id == job.id


def test_a_job_is_shown_to_its_owner_alone(session: Session, now: datetime) -> None:
    """Whose it is not, and what the operator has done, looks like nothing at all."""
    mine, operators = waiting(session, now, owner="org_1"), waiting(session, now)

    assert queue.find(session, mine.id, owners=["per_1", "org_1"]) is mine
    for job_id, owner in [(mine.id, "org_2"), (operators.id, "org_1"), ("job_none", "org_1")]:
        with pytest.raises(JobNotFound):
            queue.find(session, job_id, owners=[owner])


def test_the_jobs_of_somebody_are_forgotten(session: Session, now: datetime) -> None:
    """With their owner, also one that a worker has: it commits nothing more."""
    waiting(session, now, owner="per_1")
    others = waiting(session, now + SECOND, owner="per_2")
    work = begun(session, now + SECOND)

    queue.forget(session, "per_1")
    session.commit()

    assert [others] == session.scalars(select(Job)).all()
    with pytest.raises(LeaseLost):
        work.progress(1)


def test_jobs_that_are_over_are_forgotten(session: Session, now: datetime) -> None:
    """After three months; what waits or is at work stays, however long that takes."""
    over = waiting(session, now)
    begun(session, now).finish()
    failed = waiting(session, now)
    begun(session, now + SECOND).fail("job_refused", again=False)
    at_work = waiting(session, now)
    begun(session, now)
    waits = waiting(session, now)

    assert 1 == queue.purge(session, now + queue.KEPT)
    assert {failed, at_work, waits} == set(session.scalars(select(Job)))
    assert 1 == queue.purge(session, now + queue.KEPT + SECOND)
    assert over not in session.scalars(select(Job)).all()
