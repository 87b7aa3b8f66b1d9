"""Does the issuer leave it in force?

A hosted badge says so at its own address. For a signed one, the issuer's profile names a list of
what is revoked; a list that cannot be had, or of which an entry cannot be read, tells nothing.
"""

from __future__ import annotations

from badgeservice.verification import reading
from badgeservice.verification.case import Case
from badgeservice.verification.checks.ob2 import documents
from badgeservice.verification.codes import Check, Code, Doubt
from badgeservice.verification.report import Finding

MAXIMUM_ENTRIES = 20_000

_OF_THE_LIST = {
    Code.DOCUMENT_UNREACHABLE: Code.STATUS_UNREACHABLE,
    Code.DOCUMENT_NOT_ADDRESSED: Code.STATUS_UNREACHABLE,
    Code.DOCUMENT_UNREADABLE: Code.STATUS_LIST_MALFORMED,
}
"""What it means for a list that its document could not be read."""


def check_hosted(case: Case) -> Finding:
    """Pass when the address of the badge does not say that it is revoked."""
    if case.credential.get("revoked", False) is not False:
        raise Doubt(Code.REVOKED, reading.text(case.credential, "revocationReason") or "")
    return Finding(Check.STATUS, Code.STILL_HOSTED, str(case.credential["id"]))


def check_signed(case: Case) -> Finding:
    """Pass when the issuer's list does not name the badge, or when there is no list."""
    if case.credential.get("revoked", False) is not False:
        raise Doubt(Code.REVOKED, reading.text(case.credential, "revocationReason") or "")
    issuer = reading.child(reading.child(case.credential, "badge"), "issuer")
    if "revocationList" not in issuer:
        return Finding(Check.STATUS, Code.NO_STATUS)
    address = reading.reference(issuer, "revocationList")
    if address is None:
        raise Doubt(Code.STATUS_ENTRY_MALFORMED, "revocationList")
    entries = _entries(case, address, issuer["id"])
    named = {reading.text(case.credential, name) for name in ("id", "uid")}
    unclear = False
    for entry in entries:
        identifiers = {entry} if isinstance(entry, str) else _identifiers(entry)
        if identifiers & named and _revokes(entry):
            reason = reading.text(entry, "revocationReason") if isinstance(entry, dict) else None
            raise Doubt(Code.REVOKED, reason or address)
        unclear = unclear or not identifiers
    if unclear:
        raise Doubt(Code.STATUS_LIST_MALFORMED, f"{address}: an entry that names no badge"[:400])
    return Finding(Check.STATUS, Code.NOT_WITHDRAWN, address)


def _entries(case: Case, address: str, issuer: str) -> list[object]:
    """Return the entries of the list at `address`, which is one of this issuer."""
    try:
        document = documents.hosted_document(case, address, "RevocationList")
    except Doubt as doubt:
        code = _OF_THE_LIST.get(doubt.answer, Code.STATUS_LIST_UNTRUSTED)
        raise Doubt(code, f"{doubt.answer} {doubt.message}"[:400]) from None
    if reading.reference(document, "issuer") not in (None, issuer):
        raise Doubt(Code.STATUS_LIST_UNTRUSTED, f"{address}: a list of another issuer"[:400])
    entries = document.get("revokedAssertions")
    if "RevocationList" not in reading.texts(document, "type") or not isinstance(entries, list):
        raise Doubt(Code.STATUS_LIST_MALFORMED, f"{address}: no list of assertions"[:400])
    if len(entries) > MAXIMUM_ENTRIES:
        raise Doubt(Code.TOO_COMPLEX, f"{address}: {len(entries)} entries"[:400])
    return entries


def _identifiers(entry: object) -> set[object]:
    if not isinstance(entry, dict):
        return set()
    return {entry[name] for name in ("id", "uid") if isinstance(entry.get(name), str)}


def _revokes(entry: object) -> bool:
    """Tell whether an entry revokes what it names; only a plain `false` says that it does not."""
    return not isinstance(entry, dict) or entry.get("revoked", True) is not False
