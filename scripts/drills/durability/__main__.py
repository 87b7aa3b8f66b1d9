"""The durability drill: every phase, or those that are asked for."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable

from scripts.drills.durability import clocks, crashing, disk, torn


def main() -> int:
    """Run the drill; return 1 when something did not hold."""
    parser = argparse.ArgumentParser(prog="scripts/drill durability")
    parser.add_argument("--kills", type=int, default=25)
    parser.add_argument("--people", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--deeds", type=int, default=500)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--phase", choices=PHASES, action="append", help="default: all of them")
    asked = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
    problems: list[str] = []
    for name in asked.phase or PHASES:
        began = time.monotonic()
        found = PHASES[name](asked)
        problems += [f"{name}: {each}" for each in found]
        held = "did not hold" if found else "held"
        print(f"{name}: {held} ({time.monotonic() - began:.0f} s)", flush=True)
    for problem in problems:
        print(f"DOES NOT HOLD: {problem}")
    print("everything held" if not problems else f"{len(problems)} problem(s)")
    return 1 if problems else 0


def _kills(asked: argparse.Namespace) -> list[str]:
    return crashing.kills(asked.people, asked.database, asked.kills, asked.seed, asked.deeds)


def _mutants(asked: argparse.Namespace) -> list[str]:
    return crashing.mutants(asked.people, asked.kills, asked.seed, asked.deeds)


def _disk(asked: argparse.Namespace) -> list[str]:
    return disk.disk(min(asked.people, 80), asked.seed)


def _clocks(asked: argparse.Namespace) -> list[str]:
    return clocks.clocks(min(asked.people, 40))


def _torn(asked: argparse.Namespace) -> list[str]:
    return torn.torn(min(asked.kills, 12), asked.seed)


PHASES: dict[str, Callable[[argparse.Namespace], list[str]]] = {
    "kills": _kills,
    "mutants": _mutants,
    "disk": _disk,
    "clock": _clocks,
    "torn": _torn,
}


if __name__ == "__main__":
    sys.exit(main())
