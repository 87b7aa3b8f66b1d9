"""Is there a badge in what was submitted?"""

from __future__ import annotations

from badgeservice.errors import FetchFailed, Unreadable
from badgeservice.verification import submission
from badgeservice.verification.case import Case
from badgeservice.verification.codes import Check, Code, Doubt
from badgeservice.verification.report import Finding
from badgeservice.verification.submission import Kind


def check(case: Case) -> Finding:
    """Pass when there is a badge to look at; for an address, put there what stands at it."""
    if case.submission.kind is Kind.URL:
        case.address = case.submission.text
        case.submission = _at(case.submission.text, case)
    code = Code.TWO_BADGES_READ if case.submission.beside else Code.BADGE_READ
    return Finding(Check.SUBMISSION, code, str(case.submission.kind))


def _at(address: str, case: Case) -> submission.Submission:
    try:
        fetched = case.fetch(address)
    except FetchFailed as error:
        raise Doubt(Code.ADDRESS_UNREACHABLE, f"{address}: {error.message}") from None
    if fetched.status not in (
        200,
        410,
    ):  # a withdrawn badge of Open Badges 2.0 is gone, and says so
        raise Doubt(Code.ADDRESS_UNREACHABLE, f"{address}: HTTP status {fetched.status}")
    try:
        found = submission.recognise(fetched.body)
    except Unreadable as error:
        if fetched.status == 410:
            detail = f"{address}: HTTP status 410"
            raise Doubt(Code.ADDRESS_UNREACHABLE, detail) from None
        raise Doubt(Code(error.code), f"{address}: {error.message}") from None
    if found.kind is Kind.URL:
        raise Doubt(Code.NOT_A_BADGE, f"{address}: another address")
    return found
