"""timestamps: instants with a zone, and nothing that merely looks like one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from badgeservice.errors import BadTimestamp
from badgeservice.openbadges import timestamps


def test_writes_utc_in_whole_seconds():
    """A JWT counts whole seconds, and the two must be equal."""
    moment = datetime(2026, 11, 23, 10, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=1)))

    assert timestamps.write(moment) == "2026-11-23T09:00:00Z"


def test_refuses_to_write_a_moment_without_zone():
    """It would mean another instant on every machine."""
    with pytest.raises(BadTimestamp, match="without time zone"):
        timestamps.write(datetime(2026, 11, 23))


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-23T09:00:00Z", datetime(2026, 11, 23, 9, tzinfo=UTC)),
        ("2026-11-23T09:00:00.5Z", datetime(2026, 11, 23, 9, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-11-23T09:00:00.123456789Z", datetime(2026, 11, 23, 9, 0, 0, 123_456, tzinfo=UTC)),
        ("2026-11-23T23:00:00+14:00", datetime(2026, 11, 23, 9, tzinfo=UTC)),
        ("2026-11-23T05:30:00-03:30", datetime(2026, 11, 23, 9, tzinfo=UTC)),
    ],
)
def test_reads_instants(text, instant):
    """Other issuers write fractions and offsets."""
    assert timestamps.read(text) == instant
    assert timestamps.read(text).tzinfo is UTC


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-23",
        "2026-11-23T09:00:00",
        "2026-11-23 09:00:00Z",
        "2026-11-23T09:00Z",
        "2026-11-23t09:00:00z",
        "2026-11-23T09:00:00Z ",
        "2026-11-23T09:00:00Z\n",
        "2026-11-31T09:00:00Z",
        "2026-02-29T09:00:00Z",
        "2026-11-23T24:00:00Z",
        "2026-12-31T23:59:60Z",
        "2026-11-23T09:00:00+14:30",
        "2026-11-23T09:00:00+15:00",
        "2026-11-23T09:00:00+0100",
        "10000-01-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "-2026-11-23T09:00:00Z",
        "٢٠٢٦-11-23T09:00:00Z",
        "",
        None,
        1_763_888_400,
        ["2026-11-23T09:00:00Z"],
    ],
    ids=str,
)
def test_refuses_what_is_no_instant(value):
    """J9: each of these has been read as some date by some library."""
    with pytest.raises(BadTimestamp):
        timestamps.read(value)


def test_seconds_round_trip():
    """NumericDate of RFC 7519, as whole seconds."""
    moment = datetime(2026, 11, 23, 9, tzinfo=UTC)

    assert timestamps.to_seconds(moment) == 1_795_424_400
    assert timestamps.from_seconds(1_795_424_400) == moment
    assert timestamps.to_seconds(moment + timedelta(microseconds=999_999)) == 1_795_424_400
    assert (
        timestamps.write(timestamps.from_seconds(timestamps.LAST_SECOND)) == "9999-12-31T23:59:59Z"
    )


@pytest.mark.parametrize(
    "value", [-1, 253_402_300_800, 10**30, 1.0, True, "1795424400", None, float("nan")], ids=str
)
def test_refuses_other_numbers(value):
    """J9: strings, booleans and floats are not NumericDates to us."""
    with pytest.raises(BadTimestamp):
        timestamps.from_seconds(value)
