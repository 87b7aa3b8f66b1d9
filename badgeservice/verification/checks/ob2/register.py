"""If it says that we issued it: did we, and what became of it?

Asked whatever came before, as of 3.0: what names us, or an address of ours, and is not in the
register is forged.
"""

from __future__ import annotations

import hashlib

from badgeservice.openbadges import Document, strict_json
from badgeservice.verification import reading
from badgeservice.verification.case import Case
from badgeservice.verification.checks import register
from badgeservice.verification.codes import Check, Code, Doubt
from badgeservice.verification.register import Edition, RegisterEntry
from badgeservice.verification.report import Finding

_NOT_OURS = Finding(Check.REGISTER, Code.NOT_OURS)


def check_hosted(case: Case) -> Finding:
    """Pass when what stands at the address is the current edition that we released."""
    copy = case.submission.document or {}
    entry = _entry(case, case.credential or copy)
    if entry is None:
        return _NOT_OURS
    released = [strict_json.dumps(copy)]
    if case.hosted is not None:
        released.append(case.hosted.body)
        if case.hosted.status == 410 and case.address is not None:
            # Nothing was submitted but our own address, where we say that it is gone.
            return register.answer(entry, entry.editions[-1])
    return register.answer(entry, _edition(entry, *released))


def check_signed(case: Case) -> Finding:
    """Pass when we released this very JWS, of the current edition."""
    said = case.credential or (case.signed.payload if case.signed else {})
    entry = _entry(case, said)
    if entry is None:
        return _NOT_OURS
    return register.answer(entry, _edition(entry, case.submission.text.encode()))


def _entry(case: Case, said: Document) -> RegisterEntry | None:
    """Return our entry for a badge that says it is ours, None if it does not say so."""
    badge_class = reading.child(said, "badge")
    claims = (
        reading.reference(badge_class, "issuer"),
        reading.reference(said, "badge"),
        reading.text(said, "id"),
    )
    named = [claim for claim in claims if claim is not None]
    if not named:
        raise Doubt(Code.NOT_ASKED)
    if not any(case.register.owns(claim) for claim in named):
        return None
    entry = case.register.entry(reading.text(said, "id") or "")
    if entry is None:
        raise Doubt(Code.NOT_IN_REGISTER)
    return entry


def _edition(entry: RegisterEntry, *released: bytes) -> Edition | None:
    digests = {hashlib.sha256(form).hexdigest() for form in released}
    return next((each for each in entry.editions if digests & each.digests), None)
