"""Is it true? A submission in, a report out; fetch, register, list of issuers and time are arguments.

    report = verification.verify(
        verification.recognise(data), fetch=…, register=…, now=…, issuers=…
    )

1. `recognise` finds the badge in what was submitted, or raises `Unreadable`.
2. `verify` asks the questions of `CHECKS` in their order, each only if those it needs have passed;
   how each is asked depends on the standard by which the badge is written.
3. The `Report` keeps three axes apart (integrity, status, issuer) and fails closed. Whether it is
   about a certain person is a question of its own, which changes none of them.
4. If a stranger's badge names a service that has newer editions, the newest is verified instead.
5. Endorsements inside a badge are verified apart, once the badge itself is believed.

An image may carry a badge of each version: both are verified, and each has its report.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from badgeservice.verification import checks, endorsements, fetching, refresh, summary
from badgeservice.verification import recipient as recipients
from badgeservice.verification.case import Case, ask
from badgeservice.verification.checks import CHECKS
from badgeservice.verification.codes import Check, Outcome
from badgeservice.verification.fetching import Fetch
from badgeservice.verification.issuers import NOBODY_KNOWN, Issuers
from badgeservice.verification.register import Register
from badgeservice.verification.report import (
    EndorsementReport,
    Finding,
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


def verify(
    submission: Submission,
    *,
    fetch: Fetch,
    register: Register,
    now: datetime,
    issuers: Issuers = NOBODY_KNOWN,
    recipient: str | None = None,
) -> Report:
    """Return the report on a submission, as of `now` (aware).

    `fetch` answers for every address that has to be asked, `register` for what we issued, `issuers`
    for whom we know. `recipient` is the e-mail address or DID of the person whom it may be about, if
    that is asked. Never raises for anything that stands in the submission or comes from outside.
    """
    fetch = fetching.remembering(fetch)

    def walk(submitted: Submission) -> tuple[Case, Report]:
        case = Case(submitted, fetch, register, now, issuers=issuers)
        findings = ask(case, checks.questions(case))
        case, findings = refresh.newest(case, findings) or (case, findings)
        return case, _report(case, findings, recipient)

    case, report = walk(submission)
    if case.submission.beside is not None:
        other, beside = walk(case.submission.beside)
        report = replace(report, beside=_endorsed(other, beside))
    return _endorsed(case, report)


def _report(case: Case, findings: tuple[Finding, ...], recipient: str | None) -> Report:
    """Return the report on one badge of which every question was asked."""
    read = summary.of if case.submission.standard is Standard.OB3 else summary.of_assertion
    is_proven = any(f.check is Check.PROOF and f.outcome is Outcome.PASSED for f in findings)
    return Report(
        findings=findings,
        credential=read(case.credential) if case.credential else None,
        checked_at=case.now,
        keys=tuple(dict.fromkeys(case.keys)) if is_proven else (),
        known_issuer=case.known_issuer,
        recipient=None
        if recipient is None
        else recipients.of(case.credential, recipient, is_proven=is_proven),
    )


def _endorsed(case: Case, report: Report) -> Report:
    """Return the report on a badge with those on its endorsements, which nothing waits for."""
    return replace(report, endorsements=endorsements.reports(case, report.findings))


def verify_endorsement(
    submission: Submission,
    *,
    fetch: Fetch,
    register: Register,
    now: datetime,
    issuers: Issuers = NOBODY_KNOWN,
) -> EndorsementReport:
    """Return the report on an endorsement that stands by itself; otherwise like `verify`."""
    case = Case(
        submission,
        fetching.remembering(fetch),
        register,
        now,
        issuers=issuers,
        may_be_endorsed=False,
    )
    return endorsements.report(case)
