"""The questions of a verification, one module each, in the order that the standard prescribes.

Open Badges 3.0 wants conformance before proof, proof before dates and status. The order is a
defence too: a badge whose proof is bad never makes us ask for its status list.
"""

from __future__ import annotations

from badgeservice.verification.case import Question
from badgeservice.verification.checks import (
    dates,
    profile,
    proof,
    register,
    status,
    structure,
    submission,
)
from badgeservice.verification.codes import Check

CHECKS = (
    Question(Check.SUBMISSION, submission.check),
    Question(Check.PROFILE, profile.check, needs=(Check.SUBMISSION,)),
    Question(Check.STRUCTURE, structure.check, needs=(Check.PROFILE,)),
    Question(Check.PROOF, proof.check, needs=(Check.PROFILE,)),
    Question(Check.DATES, dates.check, needs=(Check.PROOF,)),
    Question(Check.STATUS, status.check, needs=(Check.PROOF,)),
    Question(Check.REGISTER, register.check, needs=(Check.SUBMISSION,)),
)
