"""P9: what a request costs when a hundred times as many badges are stored.

`scripts/drill growth` does the same with a million, which takes minutes to store.
"""

from __future__ import annotations

from scripts.benches.measured import Measured
from scripts.drills import growth

LARGE = 100_000
ROUNDS = 20


def measure() -> list[Measured]:
    """Compare every request; the one that grew most counts."""
    grown = growth.measure(LARGE, ROUNDS)
    most = max(grown, key=lambda name: grown[name])
    details: dict[str, float | str] = {"most": most, "badges": LARGE, **grown}
    return [
        Measured(
            "P9", "a request, beside a thousand badges", grown[most], "times", "≤", 1.3, details
        )
    ]
