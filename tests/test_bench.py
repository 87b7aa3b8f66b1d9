"""The bench answers under the names of its targets, for people and for programs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.benches.__main__ import BENCHES
from scripts.benches.measured import Measured

pytestmark = pytest.mark.any_database
ROOT = Path(__file__).resolve().parent.parent


def test_a_figure_is_told_with_what_it_is_held_against() -> None:
    """One bench, as a program reads it; whether it holds on this machine is not asked here."""
    asked = subprocess.run(
        [sys.executable, "-m", "scripts.benches", "--json", "--only", "P7"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    told = json.loads(asked.stdout)
    assert {"processor", "memory", "Python", "load"} <= told["machine"].keys()
    assert ["P7", "P7"] == [each["name"] for each in told["figures"]]
    assert all(each["figure"] > 1 and each["target"] == 500 for each in told["figures"])
    assert asked.returncode == (0 if all(each["holds"] for each in told["figures"]) else 1)


def test_every_target_has_its_bench() -> None:
    """P1 to P12, each once."""
    names = " ".join(BENCHES).split()

    assert [f"P{number}" for number in range(1, 13)] == names


@pytest.mark.parametrize(
    ("bound", "holds"), [("≤", [True, True, False]), ("≥", [False, True, True])]
)
def test_a_target_that_is_missed_is_marked(bound: str, holds: list[bool]) -> None:
    """On both sides, the target itself holds."""
    figures = [Measured("P0", "thing", figure, "ms", bound, 2.0) for figure in (1.0, 2.0, 3.0)]

    assert holds == [each.holds for each in figures]
    assert ["✔" if each else "✘" for each in holds] == [each.line()[0] for each in figures]
