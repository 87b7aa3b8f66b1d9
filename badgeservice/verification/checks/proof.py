"""Does a key that the issuer itself publishes verify the signature?"""

from __future__ import annotations

from datetime import datetime, timedelta

from badgeservice.errors import ProofInvalid, TooComplex
from badgeservice.openbadges import Document, timestamps
from badgeservice.openbadges.proofs import eddsa_rdfc_2022, vc_jwt
from badgeservice.openbadges.proofs.vc_jwt import UnverifiedToken
from badgeservice.verification import proofs, provenance
from badgeservice.verification.case import Case
from badgeservice.verification.codes import Check, Code, Doubt
from badgeservice.verification.report import Finding

CLOCK_SKEW = timedelta(minutes=5)
"""How far the signer's clock may run ahead of ours."""


def check(case: Case) -> Finding:
    """Pass when every proof that we understand is by a key of the issuer, and there is one."""
    if case.token is not None:
        method = _verify_token(case, case.token)
    else:
        written = proofs.all_of(case.submission.document or {})
        if not written:
            raise Doubt(Code.PROOF_MISSING)
        if not case.proofs:
            raise Doubt(Code.PROOF_UNSUPPORTED, ", ".join(map(proofs.name, written)))
        method = ", ".join(_verify_embedded(case, proof) for proof in case.proofs)
    return Finding(Check.PROOF, Code.PROVEN, method)


def _verify_token(case: Case, token: UnverifiedToken) -> str:
    """Return the key's identifier once it has verified the token and its claims."""
    if token.kid is None:
        raise Doubt(Code.KEY_NOT_NAMED)
    try:
        verified = vc_jwt.verify(case.submission.text, provenance.key(case, token.kid))
    except ProofInvalid as error:
        raise Doubt(Code(error.code), error.message) from None
    # A token may say its end in a claim alone, which is then the credential's.
    case.credential |= {key: verified[key] for key in ("validUntil",) if key in verified}
    return token.kid


def _verify_embedded(case: Case, proof: Document) -> str:
    """Return the key's identifier once it has verified a proof over the re-compacted credential.

    Over this and not over the document as it came: so what was verified is, to the letter, what is
    read afterwards.
    """
    if "previousProof" in proof:
        raise Doubt(Code.PROOF_UNSUPPORTED, "a chain of proofs")
    if proof.keys() & {"challenge", "domain"}:
        raise Doubt(Code.PROOF_FOR_AN_EXCHANGE)
    if proof.get("proofPurpose") != eddsa_rdfc_2022.PURPOSE:
        raise Doubt(Code.PROOF_PURPOSE, str(proof.get("proofPurpose"))[:80])
    method = proof.get("verificationMethod")
    if not isinstance(method, str):
        raise Doubt(Code.PROOF_MALFORMED, "no single verificationMethod")
    key = provenance.key(case, method)
    try:
        eddsa_rdfc_2022.verify(case.credential | {"proof": proof}, key)
    except ProofInvalid as error:
        raise Doubt(Code(error.code), error.message) from None
    except TooComplex as error:
        raise Doubt(Code.TOO_COMPLEX, error.message) from None
    _refuse_other_times(proof, case.now)
    return method


def _refuse_other_times(proof: Document, now: datetime) -> None:
    """Refuse a proof made later than now, or meant to be believed until before now."""
    created = timestamps.read(proof["created"])
    if created - now > CLOCK_SKEW:  # the sum could lie beyond the last year there is
        raise Doubt(Code.PROOF_NOT_CURRENT, "created in the future", at=created)
    if "expires" in proof and (expires := timestamps.read(proof["expires"])) <= now:
        raise Doubt(Code.PROOF_NOT_CURRENT, "no longer to be believed", at=expires)
