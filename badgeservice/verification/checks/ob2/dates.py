"""Is now within its time?"""

from __future__ import annotations

from badgeservice.openbadges import timestamps
from badgeservice.verification.case import Case
from badgeservice.verification.checks import dates
from badgeservice.verification.report import Finding


def check(case: Case) -> Finding:
    """Pass when now is neither before `issuedOn` nor after `expires`, if there is one."""
    return dates.within(case, "issuedOn", "expires", timestamps.read_iso_8601)
