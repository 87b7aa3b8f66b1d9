"""A worker that counts, for tests that kill it: `python -m tests.jobs.counting FOLDER`.

Each step of a job is a line "job step" in FOLDER/journal. While a worker has a job it holds the lock
of a file of that name; whoever finds it locked writes "job overlap".
"""

from __future__ import annotations

import fcntl
import sys
import threading
import time
from pathlib import Path

from badgeservice import worker
from badgeservice.app import create_app
from badgeservice.jobs.work import Work

STEPS = 15


def main(folder: Path) -> None:
    """Work until told to stop."""

    def note(words: str) -> None:
        with (folder / "journal").open("a") as journal:
            journal.write(f"{words}\n")

    def count(work: Work) -> None:
        with (folder / work.job_id).open("a") as mine:
            try:
                fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                note(f"{work.job_id} overlap")
            for step in range(work.done, STEPS):
                note(f"{work.job_id} {step}")
                time.sleep(0.02)
                work.progress(step + 1, STEPS)

    worker.run(create_app(), threading.Event(), {"count": count}, (), look_every=0.5)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
