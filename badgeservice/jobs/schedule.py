"""What is done again and again: each period of a kind is one job, whoever asks for it first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from badgeservice.jobs import queue

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Scheduled:
    """A kind of job, how often it is done, and how long after midnight UTC its periods begin.

    >>> nightly = Scheduled("audit", timedelta(days=1), at=timedelta(hours=2))
    >>> nightly.key(datetime(2026, 11, 30, 1, 59, tzinfo=UTC))
    '2026-11-29T02:00Z'
    """

    kind: str
    every: timedelta
    at: timedelta = timedelta(0)

    def key(self, now: datetime) -> str:
        """Return the name of the period that `now` is in: the instant at which it began."""
        begun = _EPOCH + self.at + (now - _EPOCH - self.at) // self.every * self.every
        return begun.strftime("%Y-%m-%dT%H:%MZ")


def enqueue_due(session: Session, schedule: Iterable[Scheduled], *, now: datetime) -> None:
    """Ask for the job of every period that `now` is in, unless it was asked for before. Commits.

    A clock that goes back finds the jobs of its periods done; one that goes ahead leaves out the
    periods between.
    """
    for each in schedule:
        queue.enqueue(session, each.kind, {}, now=now, key=each.key(now))
    session.commit()
