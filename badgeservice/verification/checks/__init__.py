"""The questions of a verification, one module each, in the order that the standard prescribes.

Open Badges 3.0 wants conformance before proof, proof before dates and status. The order is a
defence too: a badge whose proof is bad never makes us ask for its status list.
"""

from __future__ import annotations

from collections.abc import Iterator

from badgeservice.verification.case import Case, Question
from badgeservice.verification.checks import (
    dates,
    issuer,
    ob2,
    profile,
    proof,
    register,
    status,
    structure,
    submission,
)
from badgeservice.verification.codes import Check
from badgeservice.verification.submission import Standard

_ARRIVAL = Question(Check.SUBMISSION, submission.check)

CHECKS = (
    _ARRIVAL,
    Question(Check.PROFILE, profile.check, needs=(Check.SUBMISSION,)),
    Question(Check.STRUCTURE, structure.check, needs=(Check.PROFILE,)),
    Question(Check.PROOF, proof.check, needs=(Check.PROFILE,)),
    Question(Check.DATES, dates.check, needs=(Check.PROOF,)),
    Question(Check.STATUS, status.check, needs=(Check.PROOF,)),
    Question(Check.REGISTER, register.check, needs=(Check.SUBMISSION,)),
    Question(Check.ISSUER, issuer.check, needs=(Check.PROOF,)),
)
"""What a badge of Open Badges 3.0 is asked."""

BY_STANDARD = {
    Standard.OB3: CHECKS,
    Standard.OB2_HOSTED: (
        _ARRIVAL,
        Question(Check.PROFILE, ob2.documents.check_hosted, needs=(Check.SUBMISSION,)),
        Question(Check.STRUCTURE, ob2.structure.check, needs=(Check.PROFILE,)),
        Question(Check.PROOF, ob2.hosted.check, needs=(Check.PROFILE,)),
        Question(Check.DATES, ob2.dates.check, needs=(Check.PROOF,)),
        # Its own address says that it is revoked, and then says no more.
        Question(Check.STATUS, ob2.status.check_hosted, needs=(Check.PROFILE,)),
        Question(Check.REGISTER, ob2.register.check_hosted, needs=(Check.SUBMISSION,)),
        Question(Check.ISSUER, issuer.check_assertion, needs=(Check.PROOF,)),
    ),
    Standard.OB2_SIGNED: (
        _ARRIVAL,
        Question(Check.PROFILE, ob2.documents.check_signed, needs=(Check.SUBMISSION,)),
        Question(Check.STRUCTURE, ob2.structure.check, needs=(Check.PROFILE,)),
        Question(Check.PROOF, ob2.signed.check, needs=(Check.PROFILE,)),
        Question(Check.DATES, ob2.dates.check, needs=(Check.PROOF,)),
        Question(Check.STATUS, ob2.status.check_signed, needs=(Check.PROOF,)),
        Question(Check.REGISTER, ob2.register.check_signed, needs=(Check.SUBMISSION,)),
        Question(Check.ISSUER, issuer.check_assertion, needs=(Check.PROOF,)),
    ),
}
"""The same questions for every badge, and for each standard how they are asked."""


def questions(case: Case) -> Iterator[Question]:
    """Yield the questions of a case, one at a time.

    By which standard it is written is known only once it has arrived: an address says nothing of
    what stands there. So the second question is chosen after the first was answered.
    """
    yield _ARRIVAL
    yield from BY_STANDARD[case.submission.standard][1:]
