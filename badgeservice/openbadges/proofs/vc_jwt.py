"""VC-JWT: the credential as the payload of a signed JSON Web Token.

`compact` reads the token and checks its signature; here is what JWT adds: claims that repeat what
the credential says, and must agree with it.
Sources: Open Badges 3.0, section 8.2; RFC 7519.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from badgeservice.errors import BadTimestamp, ProofInvalid
from badgeservice.openbadges import Document, timestamps
from badgeservice.openbadges.keys import PublicKey
from badgeservice.openbadges.proofs import compact
from badgeservice.openbadges.proofs.compact import MAXIMUM_CHARACTERS, Algorithm, recognises

__all__ = [
    "MAXIMUM_CHARACTERS",
    "TYPES",
    "Algorithm",
    "UnverifiedToken",
    "issuer_id",
    "parse",
    "recognises",
    "sign",
    "verify",
]

TYPES = ("JWT", "vc+jwt", "vc+ld+json+jwt")
"""What `typ` may say; Open Badges 3.0 emits the first."""

_REGISTERED_CLAIMS = ("iss", "sub", "jti", "nbf", "exp", "iat", "aud")


@dataclass(frozen=True)
class UnverifiedToken(compact.Unverified):
    """What a token says, before anyone has checked that it is true.

    `credential` is the payload without the claims that only JWT knows.
    """

    credential: Document


def sign(
    credential: Document,
    *,
    sign: Callable[[bytes], bytes],
    algorithm: Algorithm,
    kid: str,
) -> str:
    """Return the compact token that carries `credential`.

    `sign` is that of `compact.write`. `kid` is the address of the public key. `credential` needs
    an issuer with `id`, an `id` and a `validFrom`.
    """
    payload = credential | _claims_of(credential)
    header = {"typ": TYPES[0], "kid": kid}
    return compact.write(header, payload, sign=sign, algorithm=algorithm)


def parse(token: str) -> UnverifiedToken:
    """Return what `token` says, without believing it.

    Raises `ProofInvalid` as `compact.read` does, and with the code `unknown_layout`.
    """
    read = compact.read(token, types=TYPES)
    if "vc" in read.payload or "vp" in read.payload:
        message = "the credential is wrapped in a claim, as VCDM 1.1 did"
        raise ProofInvalid(message, code="unknown_layout")
    credential = {n: value for n, value in read.payload.items() if n not in _REGISTERED_CLAIMS}
    return UnverifiedToken(read.header, read.payload, read.algorithm, read.kid, credential)


def verify(token: str, key: PublicKey) -> Document:
    """Return the credential in `token`, which `key` has signed.

    Every claim of the token must agree with the credential; a claim may be absent. `exp` without
    `validUntil` becomes the credential's `validUntil`. Whether the key may speak for the issuer,
    and whether the credential is valid now, is for the caller to ask.

    Raises `ProofInvalid` as `parse` and `compact.check_signature` do, and with the code
    `claim_mismatch`.
    """
    parsed = parse(token)
    compact.check_signature(token, parsed.algorithm, key)
    return _agreed(parsed)


def _claims_of(credential: Document) -> Document:
    claims = {
        "iss": issuer_id(credential),
        "jti": credential["id"],
        "nbf": timestamps.to_seconds(timestamps.read(credential["validFrom"])),
    }
    if "validUntil" in credential:
        claims["exp"] = timestamps.to_seconds(timestamps.read(credential["validUntil"]))
    subject = credential["credentialSubject"].get("id")
    if subject is not None:
        claims["sub"] = subject
    return claims


def issuer_id(credential: Document) -> Any:
    """Return the issuer's `id`, whether the issuer is an object or the id itself."""
    issuer = credential.get("issuer")
    return issuer.get("id") if isinstance(issuer, dict) else issuer


def _agreed(token: UnverifiedToken) -> Document:
    """Return the credential if each claim agrees with the property that says the same thing."""
    credential = token.credential
    subject = credential.get("credentialSubject")
    same_text = {
        "iss": issuer_id(credential),
        "jti": credential.get("id"),
        "sub": subject.get("id") if isinstance(subject, dict) else None,
    }
    for claim, value in same_text.items():
        if claim in token.payload and (value is None or token.payload[claim] != value):
            raise _mismatch(claim)
    for claim, name in (("nbf", "validFrom"), ("exp", "validUntil")):
        if claim in token.payload:
            try:
                stated = timestamps.from_seconds(token.payload[claim])
                if claim == "exp":
                    credential = {name: timestamps.write(stated)} | credential
                instant = timestamps.read(credential.get(name))
            except BadTimestamp as error:
                raise ProofInvalid(f"{claim}: {error.message}", code="claim_mismatch") from None
            if timestamps.to_seconds(instant) != token.payload[claim]:
                raise _mismatch(claim)
    return credential


def _mismatch(claim: str) -> ProofInvalid:
    message = f"the claim {claim} does not say what the credential says"
    return ProofInvalid(message, code="claim_mismatch")
