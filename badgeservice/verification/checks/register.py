"""If it says that we issued it: did we, and what became of it?"""

from __future__ import annotations

import hashlib

from badgeservice.errors import TooComplex
from badgeservice.verification import reading
from badgeservice.verification.case import Case
from badgeservice.verification.codes import Check, Code, Doubt
from badgeservice.verification.register import (
    Edition,
    RegisterEntry,
    RegisterState,
    content_digest,
)
from badgeservice.verification.report import Finding

_ANSWERS = {
    RegisterState.REVOKED: Code.REVOKED,
    RegisterState.SUSPENDED: Code.SUSPENDED,
    RegisterState.WITHDRAWN: Code.WITHDRAWN,
    RegisterState.TRIAL: Code.TRIAL,
}


def check(case: Case) -> Finding:
    """Pass when the register holds this very content as active, or when it is not said to be ours.

    Nothing here asks anyone outside, so it is asked whatever came before: a file that names us as
    its issuer and is not in the register is forged, however it is signed. Before the profile has
    passed, only the plain JSON can say who the issuer is; that is good enough to make the verdict
    worse, and is never used to make it better.
    """
    if not case.credential:
        return _without_credential(case)
    issuer = reading.reference(case.credential, "issuer")
    if issuer is None:
        raise Doubt(Code.NOT_ASKED)
    if not case.register.owns(issuer):
        return Finding(Check.REGISTER, Code.NOT_OURS)
    entry = case.register.entry(reading.text(case.credential, "id") or "")
    if entry is None:
        raise Doubt(Code.NOT_IN_REGISTER)
    return answer(entry, _released(case, entry))


def answer(entry: RegisterEntry, edition: Edition | None) -> Finding:
    """Pass when a badge is in force and `edition` the current one; None is none that we released."""
    if edition is None:
        raise Doubt(Code.DIFFERS_FROM_REGISTER)
    gone = entry.state in (RegisterState.REVOKED, RegisterState.WITHDRAWN)
    if edition.superseded_at and not gone:
        # What stands at the address now says of itself whether it is suspended.
        raise Doubt(Code.SUPERSEDED, entry.credential_id, at=edition.superseded_at)
    if entry.state in _ANSWERS:
        raise Doubt(_ANSWERS[entry.state], entry.reason or "", at=entry.since)
    return Finding(Check.REGISTER, Code.IN_REGISTER, at=entry.since)


def _without_credential(case: Case) -> Finding:
    written = case.token.credential if case.token else case.submission.document
    issuer = reading.reference(written or {}, "issuer")
    if issuer is None:
        raise Doubt(Code.NOT_ASKED)
    if not case.register.owns(issuer):
        return Finding(Check.REGISTER, Code.NOT_OURS)
    raise Doubt(Code.DIFFERS_FROM_REGISTER, "nothing that we released is written like this")


def _released(case: Case, entry: RegisterEntry) -> Edition | None:
    """Return the edition that this is: by bytes for a JWT, by its statements for JSON."""
    if case.token is not None:
        said = hashlib.sha256(case.submission.text.encode()).hexdigest()
        return next((each for each in entry.editions if said in each.digests), None)
    try:
        said = content_digest(case.as_signed)
    except TooComplex:
        return None
    return next((each for each in entry.editions if said == each.content_digest), None)
