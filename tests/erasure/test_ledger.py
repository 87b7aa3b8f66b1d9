"""The ledger of erasures: only appended to, and a change of it is seen."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from badgeservice.erasure.ledger import Choice, ErasureLedger
from badgeservice.errors import ErasureLedgerDamaged


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the ledger stands."""
    return tmp_path / "erasures.jsonl"


@pytest.fixture
def ledger(path: Path, now: datetime) -> ErasureLedger:
    """A ledger of three people."""
    ledger = ErasureLedger(path)
    for number in range(1, 4):
        ledger.append(f"per_{number}", Choice.KEEP_BADGES, now)
    return ledger


def test_nothing_was_erased_where_there_is_no_ledger(path: Path) -> None:
    """A new installation."""
    assert ErasureLedger(path).entries() == []


def test_entries_come_back_in_order(ledger: ErasureLedger) -> None:
    """Oldest first, each with its place."""
    assert [(e.sequence, e.holder) for e in ledger.entries()] == [
        (1, "per_1"), (2, "per_2"), (3, "per_3"),
    ]  # fmt: skip


def test_the_last_word_counts(ledger: ErasureLedger, now: datetime) -> None:
    """Someone who kept their badges may still withdraw them."""
    ledger.append("per_2", Choice.WITHDRAW_BADGES, now)

    assert ledger.choice_of("per_2") is Choice.WITHDRAW_BADGES
    assert ledger.choice_of("per_1") is Choice.KEEP_BADGES
    assert ledger.choice_of("per_9") is None


@pytest.mark.parametrize("left", [1, 20, 100])
def test_a_line_that_a_power_cut_left_is_written_anew(
    ledger: ErasureLedger, path: Path, now: datetime, left: int
) -> None:
    """It was not flushed, so nothing was erased for it."""
    whole = path.read_bytes()
    ledger.append("per_4", Choice.KEEP_BADGES, now)
    path.write_bytes(path.read_bytes()[: len(whole) + left])

    assert [e.holder for e in ledger.entries()] == ["per_1", "per_2", "per_3"]
    ledger.append("per_5", Choice.KEEP_BADGES, now)
    assert [e.holder for e in ledger.entries()] == ["per_1", "per_2", "per_3", "per_5"]


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines(keepends=True)


def delete(path: Path) -> None:
    """Take a line away."""
    first, _, third = _lines(path)
    path.write_text(first + third)


def edit(path: Path) -> None:
    """Name somebody else."""
    path.write_text(path.read_text().replace("per_2", "per_9"))


def reorder(path: Path) -> None:
    """Exchange two lines."""
    first, second, third = _lines(path)
    path.write_text(second + first + third)


def scribble(path: Path) -> None:
    """Write something else into a line."""
    first, _, third = _lines(path)
    path.write_text(f"{first}scribble\n{third}")


def invent_a_choice(path: Path) -> None:
    """Let a line decide what nobody can choose."""
    first, second, third = _lines(path)
    path.write_text(first + json.dumps(json.loads(second) | {"choice": "forget"}) + "\n" + third)


@pytest.mark.parametrize("attack", [delete, edit, reorder, scribble, invent_a_choice])
def test_attack_on_the_ledger_is_seen(ledger: ErasureLedger, path: Path, now, attack) -> None:
    """Neither read nor continued."""
    attack(path)

    with pytest.raises(ErasureLedgerDamaged, match="line"):
        ledger.entries()
    with pytest.raises(ErasureLedgerDamaged, match="line"):
        ledger.append("per_4", Choice.KEEP_BADGES, now)
