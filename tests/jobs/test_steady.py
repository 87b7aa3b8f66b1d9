"""A clock that jumps is noticed by whoever looks at it again and again."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from badgeservice.jobs import queue
from badgeservice.jobs.steady import Steady

pytestmark = pytest.mark.any_database


@pytest.mark.parametrize("jump", [timedelta(days=1), -timedelta(hours=1)], ids=["ahead", "back"])
def test_leases_are_judged_again_once_they_have_been_renewed(
    now: datetime, jump: timedelta
) -> None:
    """That is one lease later, by a counter that does not jump."""
    steady, lease = Steady(), queue.LEASE.total_seconds()

    assert steady.look(now, 100)
    assert steady.look(now + timedelta(seconds=5), 105)
    assert not steady.look(now + jump, 110)
    assert not steady.look(now + jump + queue.LEASE, 110 + lease)
    assert steady.look(now + jump + queue.LEASE + timedelta(seconds=5), 115 + lease)


def test_a_clock_that_is_corrected_has_not_jumped(now: datetime) -> None:
    """NTP moves it by seconds; and a worker that looks rarely sees much time pass."""
    steady = Steady()

    assert steady.look(now, 100)
    assert steady.look(now + timedelta(seconds=30), 105)
    assert steady.look(now + timedelta(hours=3), 105 + 3 * 3600)
