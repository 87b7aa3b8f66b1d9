"""Does a key that the issuer itself publishes verify the signature?

Issuer and key name each other: a key that only says whom it belongs to, or an issuer inside the
file that lists a key, proves nothing.
"""

from __future__ import annotations

from badgeservice.errors import KeyRefused, ProofInvalid
from badgeservice.openbadges import Document, v2
from badgeservice.openbadges.keys import PublicKey
from badgeservice.openbadges.proofs import jws
from badgeservice.verification import reading
from badgeservice.verification.case import Case
from badgeservice.verification.checks.ob2 import documents
from badgeservice.verification.codes import Check, Code, Doubt, Outcome
from badgeservice.verification.report import Finding

MAXIMUM_KEYS = 4
"""How many keys of an issuer are tried when a badge does not name the one."""


def check(case: Case) -> Finding:
    """Pass when a key of the hosted issuer has signed: the one that is named, else one of a few."""
    verification = reading.child(case.credential, "verification")
    if reading.text(verification, "type") not in v2.SIGNED:
        raise Doubt(Code.PROOF_PURPOSE, "signed, and does not say so")
    issuer = reading.child(reading.child(case.credential, "badge"), "issuer")
    listed = {
        identifier: key
        for key in reading.values(issuer, "publicKey")
        if isinstance(identifier := key.get("id") if isinstance(key, dict) else key, str)
    }
    named = list(listed)
    if "creator" in verification:
        named = [reading.reference(verification, "creator") or ""]
    if not named or not all(name in listed for name in named):
        raise Doubt(Code.METHOD_NOT_IN_ISSUER_DOCUMENT, ", ".join(named)[:200])
    if len(named) > MAXIMUM_KEYS:
        raise Doubt(Code.TOO_COMPLEX, f"{len(named)} keys, more than {MAXIMUM_KEYS}")
    doubts = []
    for name in named:
        try:
            return _verify(case, issuer, name, listed[name])
        except Doubt as doubt:
            doubts.append(doubt)
    # The key that could not be had may be the one.
    raise max(doubts, key=lambda doubt: doubt.answer.outcome is Outcome.UNKNOWN)


def _verify(case: Case, issuer: Document, name: str, written: object) -> Finding:
    document = (
        written
        if isinstance(written, dict)
        else documents.hosted_document(case, name, "CryptographicKey")
    )
    if document.get("owner") != issuer["id"]:
        raise Doubt(Code.CONTROLLER_MISMATCH, f"{name}: {document.get('owner')}"[:400])
    try:
        key = PublicKey.from_pem(document.get("publicKeyPem", ""))
        jws.verify(case.submission.text, key)
    except (KeyRefused, ProofInvalid) as error:
        raise Doubt(Code(error.code), f"{name}: {error.message}"[:400]) from None
    case.keys.append(key.thumbprint)
    return Finding(Check.PROOF, Code.PROVEN, name)
