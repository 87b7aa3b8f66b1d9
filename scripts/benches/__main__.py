"""Run the benches and print what each found; `scripts/bench`."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path

from scripts.benches import (
    batches,
    footprint,
    growing,
    images,
    lists,
    pages,
    serving,
    signing,
    verifying,
)
from scripts.benches.measured import Measured

BENCHES: dict[str, Callable[[], list[Measured]]] = {
    "P1 P2": signing.measure,
    "P3 P4": verifying.measure,
    "P5": batches.measure,
    "P6": serving.measure,
    "P7": images.measure,
    "P8": lists.measure,
    "P9": growing.measure,
    "P10": pages.measure,
    "P11 P12": footprint.measure,
}


def main() -> int:
    """Return 1 when a target is missed."""
    parser = argparse.ArgumentParser(prog="scripts/bench")
    parser.add_argument("--json", action="store_true", help="print everything as JSON at the end")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="as P6")
    asked = parser.parse_args()
    machine = _machine()
    if not asked.json:
        print("; ".join(f"{name}: {value}" for name, value in machine.items()), flush=True)
    found: list[Measured] = []
    for names, measure in BENCHES.items():
        if asked.only and not {*names.split()} & {*asked.only}:
            continue
        with redirect_stdout(sys.stderr):  # what the drills that are called say as they go
            some = measure()
        found += some
        if not asked.json:
            print("\n".join(each.line() for each in some), flush=True)
    if asked.json:
        figures = [{**asdict(each), "holds": each.holds} for each in found]
        print(json.dumps({"machine": machine, "figures": figures}, ensure_ascii=False, indent=2))
    return 0 if found and all(each.holds for each in found) else 1


def _machine() -> dict[str, str]:
    model = next(
        (
            line.partition(":")[2].strip()
            for line in _lines("/proc/cpuinfo")
            if "model name" in line
        ),
        platform.machine(),
    )
    return {
        "processor": f"{model}, {os.cpu_count()} cores",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GB",
        "system": platform.platform(),
        "Python": platform.python_version(),
        "load": f"{os.getloadavg()[0]:.1f}",
    }


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines()


if __name__ == "__main__":
    sys.exit(main())
