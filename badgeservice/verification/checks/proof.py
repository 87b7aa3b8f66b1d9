"""Does a key that the issuer itself publishes verify the signature?"""

from __future__ import annotations

from datetime import datetime, timedelta

from badgeservice.errors import ProofInvalid, TooComplex
from badgeservice.openbadges import Document, timestamps, v3
from badgeservice.openbadges.proofs import data_integrity, ecdsa_sd_2023, vc_jwt
from badgeservice.openbadges.proofs.vc_jwt import UnverifiedToken
from badgeservice.verification import proofs, provenance
from badgeservice.verification.case import Case
from badgeservice.verification.codes import Check, Code, Doubt, Outcome
from badgeservice.verification.report import Finding

CLOCK_SKEW = timedelta(minutes=5)
"""How far the signer's clock may run ahead of ours."""


def check(case: Case) -> Finding:
    """Pass when every proof that we understand is by a key of the issuer, and there is one."""
    if case.token is not None:
        return Finding(Check.PROOF, Code.PROVEN, _verify_token(case, case.token))
    written = case.submission.document or {}
    if not proofs.all_of(written):
        raise Doubt(Code.PROOF_MISSING)
    not_checked = ", ".join(map(proofs.name, proofs.unknown(written)))
    if not case.proofs:
        raise Doubt(Code.PROOF_UNSUPPORTED, not_checked)
    methods = _verify_all(case)
    detail = f"{methods}; not checked: {not_checked}" if not_checked else methods
    if all(map(ecdsa_sd_2023.recognises, case.proofs)):
        case.always_shown = _always_shown(case)
        return Finding(Check.PROOF, Code.PROVEN_IN_PART, detail)
    code = Code.PROVEN_BESIDE_UNKNOWN if not_checked else Code.PROVEN
    return Finding(Check.PROOF, code, detail)


def _verify_all(case: Case) -> str:
    """Return the keys' identifiers once each has verified its proof.

    All proofs are asked, for one that is certainly wrong says more than one that cannot be checked.
    """
    methods, doubts = [], []
    for proof in case.proofs:
        try:
            methods.append(_verify_embedded(case, proof))
        except Doubt as doubt:
            doubts.append(doubt)
    if doubts:
        raise min(doubts, key=lambda doubt: doubt.answer.outcome is not Outcome.FAILED)
    return ", ".join(methods)


def _always_shown(case: Case) -> tuple[str, ...]:
    """Return the statements that no holder could leave out, by any of the proofs."""
    found: dict[str, None] = {}
    for proof in case.proofs:
        document = case.as_signed | {"proof": proof}
        found |= dict.fromkeys(ecdsa_sd_2023.mandatory_statements(document))
    return tuple(found)


def _verify_token(case: Case, token: UnverifiedToken) -> str:
    """Return the key's identifier once it has verified the token and its claims."""
    method, key = provenance.key_of_token(case, token)
    try:
        verified = vc_jwt.verify(case.submission.text, key)
    except ProofInvalid as error:
        raise Doubt(Code(error.code), error.message) from None
    # A token may say its end in a claim alone, which is then the credential's.
    said = v3.upgrade(verified) if v3.is_older(verified) else verified
    case.credential |= {key: said[key] for key in ("validUntil",) if key in said}
    return method


def _verify_embedded(case: Case, proof: Document) -> str:
    """Return the key's identifier once it has verified a proof over the re-compacted credential.

    Over this and not over the document as it came: so what was verified is, to the letter, what is
    read afterwards. A signature over the JSON itself holds for the document as it came only, which
    the profile has found to be the same but for the order of members and for lists of one.
    """
    if "previousProof" in proof:
        raise Doubt(Code.PROOF_UNSUPPORTED, "a chain of proofs")
    if proof.keys() & {"challenge", "domain"}:
        raise Doubt(Code.PROOF_FOR_AN_EXCHANGE)
    if proof.get("proofPurpose") != data_integrity.PURPOSE:
        raise Doubt(Code.PROOF_PURPOSE, str(proof.get("proofPurpose"))[:80])
    method = proof.get("verificationMethod")
    if not isinstance(method, str):
        raise Doubt(Code.PROOF_MALFORMED, "no single verificationMethod")
    key = provenance.key(case, method)
    signed = case.submission.document if proofs.signs_json(proof) else case.as_signed
    try:
        proofs.suite(proof).verify((signed or {}) | {"proof": proof}, key)
    except ProofInvalid as error:
        raise Doubt(Code(error.code), error.message) from None
    except TooComplex as error:
        raise Doubt(Code.TOO_COMPLEX, error.message) from None
    _refuse_other_times(proof, case.now)
    return method


def _refuse_other_times(proof: Document, now: datetime) -> None:
    """Refuse a proof made later than now, or meant to be believed until before now."""
    if "created" in proof:
        created = timestamps.read(proof["created"])
        if created - now > CLOCK_SKEW:  # the sum could lie beyond the last year there is
            raise Doubt(Code.PROOF_NOT_CURRENT, "created in the future", at=created)
    if "expires" in proof and (expires := timestamps.read(proof["expires"])) <= now:
        raise Doubt(Code.PROOF_NOT_CURRENT, "no longer to be believed", at=expires)
