"""Endorsements, each verified apart: the same questions as for a badge, and answers of their own.

Open Badges 3.0 has them verified last, and what they turn out to be worth says nothing of the badge: a forged recommendation is no reason to doubt what the issuer signed, and a good one
proves nothing that the badge says. They share what one verification may ask of the world, and come
after the badge, so that they cannot use it up before it.
"""

from __future__ import annotations

from functools import partial

from badgeservice.openbadges import strict_json
from badgeservice.verification import reading, summary
from badgeservice.verification.case import Case, Question, ask
from badgeservice.verification.checks import (
    dates,
    issuer,
    profile,
    proof,
    register,
    status,
    structure,
    submission,
)
from badgeservice.verification.codes import Check, Code, Outcome
from badgeservice.verification.embedded import Embedded
from badgeservice.verification.report import EndorsementReport, Finding, Report
from badgeservice.verification.submission import Kind, Submission

_NOT_ASKED = tuple(Finding(check, Code.NOT_ASKED) for check in Check)


def reports(badge: Case, findings: tuple[Finding, ...]) -> tuple[EndorsementReport, ...]:
    """Return a report on each endorsement inside a badge whose own walk gave `findings`.

    Until the badge's proof has passed, nobody is asked anything because of what it holds.
    """
    proven = any(f.check is Check.PROOF and f.outcome is Outcome.PASSED for f in findings)
    issued_by = reading.reference(badge.credential, "issuer")
    return tuple(
        report(_case(each, badge), each, issued_by=issued_by)
        if proven
        else EndorsementReport(each.place, Report(_NOT_ASKED, None, badge.now), None, False)
        for each in badge.endorsements
    )


def report(
    case: Case, embedded: Embedded | None = None, *, issued_by: str | None = None
) -> EndorsementReport:
    """Return the report on one endorsement.

    `embedded` says where it stands, and `issued_by` who issued the badge; None if it stands by itself.
    """
    endorsable = embedded.endorsable if embedded else None
    findings = ask(case, _questions(endorsable))
    words = summary.of_endorsement(case.credential) if case.credential else None
    return EndorsementReport(
        place=embedded.place if embedded else "",
        report=Report(findings, None, case.now),
        endorsement=words,
        by_itself=words is not None
        and words.endorser_id is not None
        and words.endorser_id in (issued_by, words.endorsed_id),
    )


def _questions(endorsable: frozenset[str] | None) -> tuple[Question, ...]:
    conforms = partial(structure.check_endorsement, endorsable=endorsable)
    return (
        Question(Check.SUBMISSION, submission.check),
        Question(Check.PROFILE, profile.check, needs=(Check.SUBMISSION,)),
        Question(Check.STRUCTURE, conforms, needs=(Check.PROFILE,)),
        Question(Check.PROOF, proof.check, needs=(Check.PROFILE,)),
        Question(Check.DATES, dates.check, needs=(Check.PROOF,)),
        Question(Check.STATUS, status.check, needs=(Check.PROOF,)),
        Question(Check.REGISTER, register.check, needs=(Check.SUBMISSION,)),
        Question(Check.ISSUER, issuer.check_endorsement, needs=(Check.PROOF,)),
    )


def _case(embedded: Embedded, badge: Case) -> Case:
    if isinstance(embedded.written, str):
        submitted = Submission(Kind.JWT, embedded.written)
    else:
        text = strict_json.dumps(embedded.written).decode()
        submitted = Submission(Kind.JSON, text, embedded.written)
    return Case(
        submitted,
        badge.fetch,
        badge.register,
        badge.now,
        issuers=badge.issuers,
        may_be_endorsed=False,
    )
