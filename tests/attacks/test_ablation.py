"""The drill that takes out one defence after the other still finds each of them."""

from __future__ import annotations

from scripts.drills.ablation import DEFENCES
from tests.conftest import ROOT


def test_every_defence_stands_once_where_the_drill_looks_for_it() -> None:
    """Code that moves takes its line of the drill along, and not only when the drill is run again."""
    times = {
        defence.name: (ROOT / "badgeservice" / defence.file).read_text().count(defence.source)
        for defence in DEFENCES
    }

    assert dict.fromkeys(times, 1) == times
