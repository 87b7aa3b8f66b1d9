"""Is it true? A submission in, a report out; fetch, register and time are arguments.

    report = verification.verify(verification.recognise(data), fetch=…, register=…, now=…)

1. `recognise` finds the badge in what was submitted, or raises `Unreadable`.
2. `verify` asks the questions of `CHECKS` in their order, each only if those it needs have passed;
   how each is asked depends on the standard by which the badge is written.
3. The `Report` keeps three axes apart (integrity, status, issuer) and fails closed.
4. Endorsements inside a badge are verified apart, once the badge itself is believed.

An image may carry a badge of each version: both are verified, and each has its report.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from badgeservice.verification import checks, endorsements, fetching, summary
from badgeservice.verification.case import Case, ask
from badgeservice.verification.checks import CHECKS
from badgeservice.verification.fetching import Fetch
from badgeservice.verification.register import Register
from badgeservice.verification.report import (
    EndorsementReport,
    Report,
    Verdict,
    interrupted,
    unreadable,
)
from badgeservice.verification.submission import Standard, Submission, recognise

__all__ = [
    "CHECKS",
    "EndorsementReport",
    "Report",
    "Submission",
    "Verdict",
    "interrupted",
    "recognise",
    "unreadable",
    "verify",
    "verify_endorsement",
]


def verify(submission: Submission, *, fetch: Fetch, register: Register, now: datetime) -> Report:
    """Return the report on a submission, as of `now` (aware).

    `fetch` answers for every address that has to be asked, `register` for what we issued. Never
    raises for anything that stands in the submission or comes from outside.
    """
    fetch = fetching.remembering(fetch)
    case, report = _walk(submission, fetch, register, now)
    if case.submission.beside is not None:
        other, beside = _walk(case.submission.beside, fetch, register, now)
        report = replace(report, beside=_endorsed(other, beside))
    return _endorsed(case, report)


def _walk(
    submission: Submission, fetch: Fetch, register: Register, now: datetime
) -> tuple[Case, Report]:
    """Ask every question about one badge."""
    case = Case(submission, fetch, register, now)
    findings = ask(case, checks.questions(case))
    read = summary.of if case.submission.standard is Standard.OB3 else summary.of_assertion
    credential = read(case.credential) if case.credential else None
    return case, Report(findings=findings, credential=credential, checked_at=now)


def _endorsed(case: Case, report: Report) -> Report:
    """Return the report on a badge with those on its endorsements, which nothing waits for."""
    return replace(report, endorsements=endorsements.reports(case, report.findings))


def verify_endorsement(
    submission: Submission, *, fetch: Fetch, register: Register, now: datetime
) -> EndorsementReport:
    """Return the report on an endorsement that stands by itself; otherwise like `verify`."""
    case = Case(submission, fetching.remembering(fetch), register, now, may_be_endorsed=False)
    return endorsements.report(case)
