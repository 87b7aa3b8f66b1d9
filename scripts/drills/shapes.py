"""Documents at random, told by shape and by the general path: as in the tests, and for as long as asked.

Every thousand documents are of another seed, with shapes of their own; `--seed` is the first of them.
"""

from __future__ import annotations

import argparse
import json
import sys
import time

from badgeservice.openbadges.shapes import Shapes
from tests.openbadges import invented
from tests.openbadges.test_shapes_at_random import LEAST_SHARE, compared

PART = 1_000


def main() -> int:
    """Compare and print; return 1 when a document was told otherwise, or too few were told."""
    parser = argparse.ArgumentParser(prog="scripts/drill shapes")
    parser.add_argument("--documents", type=int, default=40_000)
    parser.add_argument("--seed", type=int, default=5)
    asked = parser.parse_args()
    told = different = mistaken = compiled = 0
    before = time.process_time()
    for seed in range(asked.seed, asked.seed + asked.documents // PART):
        fast = Shapes(f"{seed:032x}")
        for wrong in compared(fast, invented.stream(seed, PART)):
            told += 1
            if wrong is not None:
                different += 1
                print(f"DIFFERS (seed {seed}): {json.dumps(wrong)[:2000]}")
        compiled += fast.counts.compiled
        mistaken += fast.counts.differed
    print(
        f"{asked.documents} documents, {told} by {compiled} templates, {different} told otherwise, "
        f"{mistaken} templates refused; {time.process_time() - before:.0f} s of CPU"
    )
    return 1 if different or mistaken or told < LEAST_SHARE * asked.documents else 0


if __name__ == "__main__":
    sys.exit(main())
