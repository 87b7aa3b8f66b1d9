"""Test data that others made, through our own command.

Where our verdict is not theirs, the case stands in `tests/agreement.py` with its reason.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import agreement


@pytest.fixture(scope="session")
def bench(tmp_path_factory) -> agreement.Bench:
    """The documents of the collection, laid out once."""
    return agreement.Bench(tmp_path_factory.mktemp("documents"))


@pytest.mark.parametrize("case", agreement.cases(), ids=lambda case: case.file)
def test_the_verdict_is_theirs_or_differs_on_purpose(bench, case):
    """Every case, or the reason why not."""
    came_out, why = agreement.outcome(bench, case)

    assert came_out != "disagree", why
    is_listed_by_name = case.file in agreement.DIFFERENCES
    assert came_out == "differ" or not is_listed_by_name, "the reason is no more needed"


def test_every_reason_is_needed():
    """A pattern that matches nothing any more is taken out."""
    used = {row[0] for case in agreement.cases() if (row := agreement.difference(case))}

    assert used == agreement.DIFFERENCES.keys()


def test_every_family_with_a_verdict_is_asked_or_held_elsewhere(vectors):
    """A family that is added to the collection must not go unnoticed."""
    manifest = json.loads((vectors / "manifest.json").read_text(encoding="utf-8"))
    with_verdict = {e["category"] for e in manifest if e["expected"] != "info"}
    asked = {case.family for case in agreement.cases()}

    assert asked | agreement.ELSEWHERE.keys() == with_verdict
    for place in agreement.ELSEWHERE.values():
        file = Path(place.partition(",")[0])
        assert place.startswith("nowhere") or (Path(__file__).parents[2] / file).is_file()


@pytest.mark.parametrize(
    "file",
    [
        "derived-di/other-did-key.json",  # nothing excuses it
        "ob3-1edtech/simple-err-proof-value.json",  # given its key, it is forged
    ],
)
def test_the_table_excuses_nothing_but_what_it_says(bench, file):
    """The proof that a case can disagree: these two, were they said to be valid."""
    came_out, why = agreement.outcome(bench, agreement.Case(file, "of ours", "valid"))

    assert came_out == "disagree"
    assert why.startswith("valid expected, ")
