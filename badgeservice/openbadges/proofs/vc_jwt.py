"""VC-JWT: the credential as the payload of a signed JSON Web Token.

`compact` reads the token and checks its signature; here is what JWT adds: claims that repeat what
the credential says, and must agree with it.
Sources: Open Badges 3.0, section 8.2; RFC 7519.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from badgeservice.errors import BadTimestamp, ProofInvalid
from badgeservice.openbadges import Document, timestamps, v3
from badgeservice.openbadges.keys import PublicKey
from badgeservice.openbadges.proofs import compact
from badgeservice.openbadges.proofs.compact import MAXIMUM_CHARACTERS, Algorithm, recognises

__all__ = [
    "MAXIMUM_CHARACTERS",
    "TYPES",
    "Algorithm",
    "UnverifiedToken",
    "carries",
    "issuer_id",
    "parse",
    "recognises",
    "segment",
    "sign",
    "sign_segment",
    "verify",
]

TYPES = ("JWT", "vc+jwt", "vc+ld+json+jwt")
"""What `typ` may say; Open Badges 3.0 emits the first."""

_REGISTERED_CLAIMS = ("iss", "sub", "jti", "nbf", "exp", "iat", "aud")

_CLAIMS_OF_TEXT = (("iss", "issuer"), ("jti", "id"))
_CLAIMS_OF_TIME = {"nbf": ("validFrom", "issuanceDate"), "exp": ("validUntil", "expirationDate")}
"""Each with the property that says the same, in the data model 2.0 and in 1.1."""


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
    return sign_segment(segment(credential), sign=sign, algorithm=algorithm, kid=kid)


def segment(credential: Document) -> str:
    """Return the payload of every token that carries `credential`, as it stands in one."""
    return compact.segment(credential | _claims_of(credential))


def sign_segment(
    payload: str, *, sign: Callable[[bytes], bytes], algorithm: Algorithm, kid: str
) -> str:
    """Like `sign`, of a payload that is a `segment` already."""
    return compact.write_segment(_header(kid), payload, sign=sign, algorithm=algorithm)


def carries(token: str, payload: str, *, algorithm: Algorithm, kid: str) -> bool:
    """Tell whether `token` is one that `sign_segment` writes, whatever its signature is worth.

    Everybody can read it then, if it is not too long.
    """
    signed = token.rpartition(".")[0]
    expected = compact.signing_input(_header(kid), payload, algorithm)
    return signed == expected and len(token) <= MAXIMUM_CHARACTERS


def _header(kid: str) -> Document:
    return {"typ": TYPES[0], "kid": kid}


def parse(token: str) -> UnverifiedToken:
    """Return what `token` says, without believing it.

    Raises `ProofInvalid` as `compact.read` does, and with the code `unknown_layout` for a
    presentation, and for a credential inside a claim unless it is one of the data model 1.1, which
    puts it there.
    """
    read = compact.read(token, types=TYPES)
    credential = {n: value for n, value in read.payload.items() if n not in _REGISTERED_CLAIMS}
    if "vp" in credential:
        raise ProofInvalid("a presentation", code="unknown_layout")
    if "vc" in credential:
        credential = _unwrapped(credential, read.payload)
    return UnverifiedToken(read.header, read.payload, read.algorithm, read.kid, credential)


def _unwrapped(members: Document, claims: Document) -> Document:
    """Return the credential in the claim `vc`, with what the other claims say in its place.

    Nothing may stand beside the claim: a reader of today would take that for the credential.
    """
    wrapped = members["vc"]
    if members.keys() != {"vc"} or not (isinstance(wrapped, dict) and v3.is_older(wrapped)):
        message = "the credential is wrapped in a claim, which is for the data model 1.1 alone"
        raise ProofInvalid(message, code="unknown_layout")
    said = {name: claims[claim] for claim, name in _CLAIMS_OF_TEXT if claim in claims}
    for claim, (_, older) in _CLAIMS_OF_TIME.items():
        if claim in claims:
            said[older] = timestamps.write(_instant(claim, claims[claim]))
    return said | wrapped


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
    is_older = v3.is_older(credential)
    for claim, names in _CLAIMS_OF_TIME.items():
        if claim in token.payload:
            name = names[is_older]
            stated = _instant(claim, token.payload[claim])
            if claim == "exp":
                credential = {name: timestamps.write(stated)} | credential
            try:
                instant = timestamps.read(credential.get(name))
            except BadTimestamp as error:
                raise ProofInvalid(f"{claim}: {error.message}", code="claim_mismatch") from None
            if timestamps.to_seconds(instant) != token.payload[claim]:
                raise _mismatch(claim)
    return credential


def _instant(claim: str, seconds: Any) -> datetime:
    try:
        return timestamps.from_seconds(seconds)
    except BadTimestamp as error:
        raise ProofInvalid(f"{claim}: {error.message}", code="claim_mismatch") from None


def _mismatch(claim: str) -> ProofInvalid:
    message = f"the claim {claim} does not say what the credential says"
    return ProofInvalid(message, code="claim_mismatch")
