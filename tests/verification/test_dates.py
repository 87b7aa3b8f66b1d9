"""Whether now is within a badge's time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from badgeservice.verification import Verdict
from badgeservice.verification.codes import Check, Code
from badgeservice.verification.report import Integrity, Report, Status

from .school import ISSUED, NOW

ENDS = datetime(2028, 11, 20, 12, tzinfo=UTC)


def finding_of(report: Report) -> tuple[Code, datetime | None]:
    """Return what the dates check found."""
    return next((f.code, f.at) for f in report.findings if f.check is Check.DATES)


@pytest.mark.parametrize(
    ("at", "code", "said_at"),
    [
        (ISSUED - timedelta(seconds=1), Code.NOT_YET_VALID, ISSUED),
        (ISSUED, Code.CURRENT, ENDS),
        (ENDS, Code.CURRENT, ENDS),
        (ENDS + timedelta(seconds=1), Code.EXPIRED, ENDS),
    ],
)
def test_the_ends_belong_to_the_time(school, at, code, said_at):
    """To the second, and the finding says which instant decided."""
    badge = school.issue()

    assert finding_of(school.verify(badge, at=at)) == (code, said_at)


def test_an_expired_badge_is_still_genuine(school):
    """Its integrity is not in doubt; its time is over."""
    report = school.verify(school.issue(), at=ENDS + timedelta(days=1))

    assert (report.integrity, report.status) == (Integrity.VALID, Status.EXPIRED)
    assert report.verdict is Verdict.RED


def test_a_badge_without_end_does_not_expire(school):
    """Many skills do not."""
    report = school.verify(school.issue(validUntil=None), at=NOW + timedelta(days=20_000))

    assert finding_of(report) == (Code.CURRENT, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"validFrom": "2026-11-21T00:00:00Z", "validUntil": "2026-11-20T00:00:00Z"},
        {"validFrom": "2026-11-20"},
        {"validFrom": "2026-11-20T12:00:00"},
        {"validUntil": "2028-11-20T12:00:60Z"},
        {"validUntil": "9999999-01-01T00:00:00Z"},
        {"validUntil": ["2028-11-20T12:00:00Z", "2029-11-20T12:00:00Z"]},
    ],
    ids=str,
)
def test_dates_that_say_nothing_clear_are_wrong(school, changes):
    """Signed by the issuer and registered, and still nothing to rely on (J9, D10)."""
    report = school.verify(school.issue(**changes))

    assert finding_of(report)[0] is Code.DATES_WRONG
    assert report.verdict is Verdict.RED


def test_zones_are_respected(school):
    """Fourteen hours before UTC midnight is the day before."""
    badge = school.issue(validFrom="2026-11-23T23:00:00+14:00")

    assert finding_of(school.verify(badge, at=NOW))[0] is Code.CURRENT
    assert finding_of(school.verify(badge, at=NOW - timedelta(seconds=1)))[0] is Code.NOT_YET_VALID


def test_dates_of_an_unproven_badge_are_not_looked_at(school):
    """Nothing that a file says is followed before the file is believed."""
    forged = school.issue() | {"validUntil": "2020-01-01T00:00:00Z"}

    assert finding_of(school.verify(forged))[0] is Code.NOT_ASKED
