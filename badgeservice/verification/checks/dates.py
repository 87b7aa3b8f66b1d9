"""Is now within its time?"""

from __future__ import annotations

from datetime import datetime

from badgeservice.errors import BadTimestamp
from badgeservice.openbadges import Document, timestamps
from badgeservice.verification.case import Case
from badgeservice.verification.codes import Check, Code, Doubt
from badgeservice.verification.report import Finding


def check(case: Case) -> Finding:
    """Pass when now is neither before `validFrom` nor after `validUntil`, whichever is given."""
    begins = _instant(case.credential, "validFrom")
    ends = _instant(case.credential, "validUntil")
    if begins and ends and ends < begins:
        raise Doubt(Code.DATES_WRONG, "validUntil is before validFrom")
    if begins and case.now < begins:
        raise Doubt(Code.NOT_YET_VALID, at=begins)
    if ends and case.now > ends:
        raise Doubt(Code.EXPIRED, at=ends)
    return Finding(Check.DATES, Code.CURRENT, at=ends)


def _instant(credential: Document, key: str) -> datetime | None:
    if key not in credential:
        return None
    try:
        return timestamps.read(credential[key])
    except BadTimestamp as error:
        raise Doubt(Code.DATES_WRONG, f"{key}: {error.message}") from None
