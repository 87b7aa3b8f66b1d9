"""A worker that is killed is known to be dead at once, and one that lives is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from badgeservice.jobs.presence import Presence

pytestmark = pytest.mark.any_database

ENTER = """
import sys, time, pathlib
from badgeservice.jobs.presence import Presence
print(Presence(pathlib.Path(sys.argv[1])).enter(), flush=True)
time.sleep(60)
"""


def test_who_was_killed_is_dead(tmp_path: Path) -> None:
    """The kernel tells, not a clock."""
    presence = Presence(tmp_path / "workers")
    mine = presence.enter()
    with subprocess.Popen(
        [sys.executable, "-c", ENTER, str(tmp_path / "workers")], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        theirs = other.stdout.readline().strip()
        assert [] == presence.dead()

        other.kill()
        other.wait()

    assert [theirs] == presence.dead() != [mine]
    presence.leave(theirs)
    presence.leave(theirs)
    assert [] == presence.dead()


def test_nobody_was_ever_here(tmp_path: Path) -> None:
    """The first worker of an installation looks, too."""
    assert [] == Presence(tmp_path / "workers").dead()
