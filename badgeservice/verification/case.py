"""The case on the desk: what came in, whom to ask, and what has been established so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from badgeservice.openbadges import Document
from badgeservice.openbadges.proofs import jws
from badgeservice.openbadges.proofs.vc_jwt import UnverifiedToken
from badgeservice.verification.codes import Check, Code, Doubt, Outcome
from badgeservice.verification.embedded import Embedded
from badgeservice.verification.fetching import Fetch, Fetched
from badgeservice.verification.issuers import NOBODY_KNOWN, Issuers, KnownIssuer
from badgeservice.verification.register import Register
from badgeservice.verification.report import Finding
from badgeservice.verification.submission import Submission


@dataclass
class Case:
    """One verification under way. Checks read it, and write what they alone establish.

    `submission` is what counts as submitted: for an address, what stands there. `token` is the
    parsed JWT, None for a document with an embedded proof. `as_signed` and `proofs` are the
    re-compacted credential and its proofs of a kind we know, `credential` is the same in the words
    of the newest data model; all are empty until the profile has passed. Proofs are checked over
    `as_signed`, and business rules read `credential` and nothing else. `always_shown` are the
    statements, as N-Quads, that the holder of a badge shown in part could not leave out; None for a
    badge that is signed as a whole.

    `endorsements` are those inside the document, for another walk; in `credential` they stand as
    they were written. A document that is itself an endorsement `may_be_endorsed` no further.

    Of a badge of Open Badges 2.0, `credential` is the assertion that counts, with its badge class
    and issuer inside it; `hosted` is what stands at the address of a hosted one, `signed` the parsed
    JWS of a signed one; `is_older` tells that it was written in version 1. `address` is the address
    that was submitted, None if something else was.

    `keys` are the thumbprints of the keys that the issuer's proofs were verified with, and
    `known_issuer` the entry under which the issuer is known, None if under none.
    """

    submission: Submission
    fetch: Fetch
    register: Register
    now: datetime
    token: UnverifiedToken | None = None
    as_signed: Document = field(default_factory=dict)
    credential: Document = field(default_factory=dict)
    proofs: tuple[Document, ...] = ()
    always_shown: tuple[str, ...] | None = None
    endorsements: tuple[Embedded, ...] = ()
    may_be_endorsed: bool = True
    hosted: Fetched | None = None
    signed: jws.Unverified | None = None
    is_older: bool = False
    address: str | None = None
    issuers: Issuers = NOBODY_KNOWN
    keys: list[str] = field(default_factory=list)
    known_issuer: KnownIssuer | None = None


@dataclass(frozen=True)
class Question:
    """A check, and those that must have passed before it is worth asking."""

    check: Check
    ask: Callable[[Case], Finding]
    needs: tuple[Check, ...] = ()


def ask(case: Case, questions: Iterable[Question]) -> tuple[Finding, ...]:
    """Return one finding for each of `questions`, asked in their order.

    A question whose needs have not all passed is not asked: nothing that a document says is
    followed before the document is believed.
    """
    findings: list[Finding] = []
    for question in questions:
        passed = {finding.check for finding in findings if finding.outcome is Outcome.PASSED}
        if not passed.issuperset(question.needs):
            findings.append(Finding(question.check, Code.NOT_ASKED))
            continue
        try:
            findings.append(question.ask(case))
        except Doubt as doubt:
            findings.append(Finding(question.check, doubt.answer, doubt.message, doubt.at))
    return tuple(findings)
