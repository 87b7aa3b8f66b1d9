"""Which workers of this machine are alive: each holds the lock of a file that bears its name.

The kernel lets go of the lock when a process ends, however it ends. So the job of a worker that was
killed is put back at once, and waits for the end of its lease only when its machine is gone.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from pathlib import Path


class Presence:
    """The files of the workers that share a data folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def enter(self) -> str:
        """Return the name of a new worker, which is alive until this process ends."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        holder = f"w_{secrets.token_hex(16)}"
        entering = self._folder / f".{holder}"
        descriptor = os.open(entering, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # kept, with the descriptor, to the end
        entering.rename(self._folder / holder)  # now others may look, and find it locked
        return holder

    def leave(self, holder: str) -> None:
        """Remove the name of a worker that has no job any more."""
        (self._folder / holder).unlink(missing_ok=True)

    def dead(self) -> list[str]:
        """Return the names of workers whose process has ended; they stay until `leave`."""
        return [path.name for path in sorted(self._folder.glob("w_*")) if _is_free(path)]


def _is_free(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_WRONLY)
    except FileNotFoundError:  # it has left
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True
