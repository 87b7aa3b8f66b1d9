"""Instants as credentials write them: XML Schema `dateTimeStamp`, always with a zone.

Sources: VCDM 2.0, section 4.9; RFC 3339.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from badgeservice.errors import BadTimestamp

_DATE_TIME_STAMP = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.([0-9]{1,9}))?"
    r"(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)"
)
_ISO_8601 = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2})(:[0-9]{2}(?:\.[0-9]{1,9})?)?"
    r"(?:(Z)|([+-][0-9]{2}):?([0-9]{2})?)"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST_SECOND = 253_402_300_799
"""9999-12-31T23:59:59Z in seconds since 1970."""


def write(moment: datetime) -> str:
    """Return `moment` in UTC and whole seconds, rounded down, as `YYYY-MM-DDThh:mm:ssZ`.

    A JWT states the same instants in whole seconds, and the two must be equal. Raises
    `BadTimestamp` for a moment without zone.

    >>> write(datetime(2026, 11, 23, 9, 0, tzinfo=UTC))
    '2026-11-23T09:00:00Z'
    """
    if moment.utcoffset() is None:
        raise BadTimestamp("a moment without time zone")
    return f"{moment.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat()}Z"


def read(text: object) -> datetime:
    """Return the instant, in UTC, that `text` states.

    Fractions are kept to the microsecond. Raises `BadTimestamp`, also for what is no text.

    >>> read("2026-11-23T10:00:00+01:00").isoformat()
    '2026-11-23T09:00:00+00:00'
    """
    match = _DATE_TIME_STAMP.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise BadTimestamp(f"not a date, a time and a zone: {str(text)[:40]!a}")
    try:
        return datetime.fromisoformat(match.group()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadTimestamp(f"no such date or time: {match.group()}") from None


def read_iso_8601(text: object) -> datetime:
    """Return the instant, in UTC, that `text` states in one of the ways that ISO 8601 leaves open.

    Open Badges 2.0 asks for ISO 8601 with time and zone and no more than that: seconds may be
    missing, and the zone may be written without colon or minutes. Raises `BadTimestamp`.

    >>> read_iso_8601("2017-10-01T02:00+0200").isoformat()
    '2017-10-01T00:00:00+00:00'
    """
    match = _ISO_8601.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return read(text)
    minute, seconds, utc, hours, minutes = match.groups()
    zone = utc or f"{hours}:{minutes or '00'}"
    return read(f"{minute}{seconds or ':00'}{zone}")


def from_seconds(seconds: int) -> datetime:
    """Return the instant that a JWT states in whole seconds since 1970, up to the year 9999.

    Raises `BadTimestamp`, also for a boolean or a number with a fraction.
    """
    if type(seconds) is not int or not 0 <= seconds <= LAST_SECOND:
        raise BadTimestamp(f"not whole seconds since 1970: {str(seconds)[:40]!a}")
    return _EPOCH + timedelta(seconds=seconds)


def to_seconds(moment: datetime) -> int:
    """Return the whole seconds since 1970, rounded down."""
    return (moment - _EPOCH) // timedelta(seconds=1)
