"""What is done every night is done once a night, whatever the clock and the workers do."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from badgeservice.jobs import queue, schedule
from badgeservice.jobs.models import Job
from badgeservice.jobs.schedule import Scheduled

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NIGHTLY = Scheduled("count", DAY, at=2 * HOUR)


def asked(session: Session) -> list[str | None]:
    """Return the periods that were asked for."""
    return list(session.scalars(select(Job.key).order_by(Job.key)))


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("every", "at", "key"),
    [
        (DAY, timedelta(0), "2026-11-23T00:00Z"),
        (DAY, 2 * HOUR, "2026-11-23T02:00Z"),
        (DAY, 9 * HOUR, "2026-11-23T09:00Z"),
        (DAY, 10 * HOUR, "2026-11-22T10:00Z"),
        (HOUR / 4, timedelta(0), "2026-11-23T09:00Z"),
    ],
)
def test_a_period_is_named_by_when_it_began(
    now: datetime, every: timedelta, at: timedelta, key: str
) -> None:
    """At nine o'clock sharp."""
    assert key == Scheduled("count", every, at=at).key(now)


def test_each_period_is_asked_for_once(session: Session, now: datetime) -> None:
    """Every look within a day finds it there; the next day is another."""
    for at in (now, now + HOUR, now + 10 * HOUR, now + DAY):
        schedule.enqueue_due(session, [NIGHTLY], now=at)

    assert ["2026-11-23T02:00Z", "2026-11-24T02:00Z"] == asked(session)


def test_a_clock_that_jumps_does_nothing_twice(session: Session, now: datetime) -> None:
    """Ahead by ten years: one period, not 3,650. Back again: what was done is not done again, and
    tomorrow is done as ever.
    """
    for jump in (timedelta(0), 3650 * DAY, timedelta(0), -HOUR, DAY):
        schedule.enqueue_due(session, [NIGHTLY], now=now + jump)
        while job := queue.take(session, ["count"], holder="w_1", now=now + jump):
            assert 1 == job.attempts
            session.commit()

    assert ["2026-11-23T02:00Z", "2026-11-24T02:00Z", "2036-11-20T02:00Z"] == asked(session)


def test_the_hour_that_summer_time_repeats_is_no_hour_of_ours(session: Session) -> None:
    """Periods are counted in UTC."""
    at = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    for hours in range(4):
        schedule.enqueue_due(session, [Scheduled("count", HOUR)], now=at + hours * HOUR)

    assert 4 == len(asked(session))


def test_two_workers_ask_for_a_period_once(engine: Engine, now: datetime) -> None:
    """Both wake at midnight."""
    start = threading.Barrier(4)
    failures: list[Exception] = []

    def ask() -> None:
        start.wait()
        try:
            with Session(engine) as session:
                schedule.enqueue_due(session, [NIGHTLY], now=now)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with Session(engine) as session:
        assert [] == failures
        assert ["2026-11-23T02:00Z"] == asked(session)
