"""Is now within its time?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from badgeservice.errors import BadTimestamp
from badgeservice.openbadges import Document, timestamps
from badgeservice.verification.case import Case
from badgeservice.verification.codes import Check, Code, Doubt
from badgeservice.verification.report import Finding


def check(case: Case) -> Finding:
    """Pass when now is neither before `validFrom` nor after `validUntil`, whichever is given.

    That no end is given says nothing where the holder could leave it out.
    """
    finding = within(case, "validFrom", "validUntil", timestamps.read)
    if case.always_shown is not None and finding.at is None:
        raise Doubt(Code.END_MAY_BE_WITHHELD)
    return finding


def within(case: Case, first: str, last: str, read: Callable[[object], datetime]) -> Finding:
    """Pass when now is neither before the instant `first` nor after `last`, whichever is given."""
    begins, ends = (_instant(case.credential, key, read) for key in (first, last))
    if begins and ends and ends < begins:
        raise Doubt(Code.DATES_WRONG, f"{last} is before {first}")
    if begins and case.now < begins:
        raise Doubt(Code.NOT_YET_VALID, at=begins)
    if ends and case.now > ends:
        raise Doubt(Code.EXPIRED, at=ends)
    return Finding(Check.DATES, Code.CURRENT, at=ends)


def _instant(credential: Document, key: str, read: Callable[[object], datetime]) -> datetime | None:
    if key not in credential:
        return None
    try:
        return read(credential[key])
    except BadTimestamp as error:
        raise Doubt(Code.DATES_WRONG, f"{key}: {error.message}") from None
