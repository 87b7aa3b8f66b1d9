"""P5: after the theft of a key, ten thousand badges are signed anew in a matter of seconds.

`badgeservice reissue` as an operator calls it, in groups, beside the same with a commit for each; at
the end, the audit. `scripts/drill reissue` does the same with a kill in the middle, and with a thief.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from scripts.benches.measured import Measured
from scripts.drills import reissue

COUNT = 4_000


def measure(count: int = COUNT) -> list[Measured]:
    """Issue, lose the key, sign anew; the figures are for 10,000 of them."""
    with _environment():
        reissue.run("setup")
        reissue.issue_all(count)
        reissue.run("keys", "compromised", "ed25519-1", "--since", datetime.now(UTC).isoformat())
        alone = reissue.ONE_BY_ONE
        slow = reissue.timed("signed anew one by one", alone, lambda: reissue.one_by_one(alone))
        left = count - alone
        quick = reissue.timed("signed anew together", left, lambda: print(reissue.together()))
        reissue.run("audit")
    details: dict[str, float | str] = {"measured with": count, "ms each": quick * 1000}
    return [
        Measured(
            "P5", "sign 10,000 anew, stored and audited", quick * 10_000, "s", "≤", 15, details
        ),
        Measured(
            "P5", "the same, beside a commit for each", slow / quick, "times its rate", "≥", 10
        ),
    ]


@contextmanager
def _environment() -> Iterator[None]:
    before = dict(os.environ)
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(
            BADGESERVICE_BASE_URL="http://127.0.0.1:8000",
            BADGESERVICE_DATA_DIR=f"{folder}/data",
            BADGESERVICE_KEYS_DIR=f"{folder}/keys",
            BADGESERVICE_LOG_LEVEL="error",
            LANG="en",
        )
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)
