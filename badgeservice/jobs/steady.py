"""Whether the clock has gone on as time does: after a jump, the end of a lease tells nothing.

A clock that runs ahead ends every lease, also those of workers who are at work at this moment. They
renew theirs as soon as they get further; until then nobody may take their jobs away.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from badgeservice.jobs import queue

JUMP = timedelta(minutes=1)
"""What the clock may gain or lose between two looks: a correction, not a jump."""


class Steady:
    """What one worker has seen of the clock, against a counter that never jumps (`time.monotonic`)."""

    def __init__(self) -> None:
        self._before: tuple[datetime, float] | None = None
        self._jumped_at: float | None = None

    def look(self, now: datetime, counter: float) -> bool:
        """Note both; tell whether leases can be judged: the clock has not jumped for a LEASE."""
        if self._before is not None:
            passed = timedelta(seconds=counter - self._before[1])
            if abs(now - self._before[0] - passed) > JUMP:
                self._jumped_at = counter
        self._before = now, counter
        return self._jumped_at is None or counter - self._jumped_at > queue.LEASE.total_seconds()
