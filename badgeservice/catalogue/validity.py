"""How long a badge is valid, counted in calendar months."""

from __future__ import annotations

import calendar
from datetime import datetime

UNLIMITED = "unlimited"


def months(validity: str) -> int | None:
    """Return the number of months in a validity such as `P24M`; None for `unlimited`.

    >>> months("P24M")
    24
    """
    return None if validity == UNLIMITED else int(validity[1:-1])


def end(validity: str, start: datetime) -> datetime | None:
    """Return the instant at which a validity that begins at `start` ends; None if it never does.

    The same day of the month at the same time, or the month's last day where there is none.

    >>> from datetime import UTC
    >>> end("P24M", datetime(2028, 2, 29, tzinfo=UTC)).date().isoformat()
    '2030-02-28'
    """
    count = months(validity)
    if count is None:
        return None
    years, month = divmod(start.month - 1 + count, 12)
    year, month = start.year + years, month + 1
    day = min(start.day, calendar.monthrange(year, month)[1])
    return start.replace(year=year, month=month, day=day)
