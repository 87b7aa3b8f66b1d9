"""How long badges are valid."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from badgeservice.catalogue import validity


@pytest.mark.parametrize(
    ("period", "start", "expected"),
    [
        ("P24M", (2026, 11, 23), (2028, 11, 23)),
        ("P1M", (2027, 1, 31), (2027, 2, 28)),
        ("P1M", (2028, 1, 31), (2028, 2, 29)),
        ("P12M", (2028, 2, 29), (2029, 2, 28)),
        ("P2M", (2026, 11, 30), (2027, 1, 30)),
        ("P60M", (2026, 12, 1), (2031, 12, 1)),
    ],
)
def test_counts_calendar_months(
    period: str, start: tuple[int, int, int], expected: tuple[int, int, int]
) -> None:
    """« Deux ans » means the same date, or the last day of a shorter month."""
    end = validity.end(period, datetime(*start, 9, 30, tzinfo=UTC))

    assert end == datetime(*expected, 9, 30, tzinfo=UTC)


def test_unlimited_has_no_end() -> None:
    """None means never, and nothing else."""
    assert validity.end("unlimited", datetime(2026, 11, 23, tzinfo=UTC)) is None
