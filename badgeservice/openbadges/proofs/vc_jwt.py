"""VC-JWT: the credential as the payload of a signed JSON Web Token.

The token is read by our own strict parser before joserfc, which checks the signature, sees it:
libraries differ on repeated keys, padding, `crit`, `b64` and `zip`, and each difference is an
attack. The key decides the algorithm, never the token; a key inside the token is never used.
Sources: Open Badges 3.0, section 8.2; RFC 7515; RFC 7518; RFC 7519.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from badgeservice.errors import BadEncoding, BadTimestamp, ProofInvalid, UnreadableJSON
from badgeservice.openbadges import Document, multibase, strict_json, timestamps
from badgeservice.openbadges.keys import JWK_SECRETS, RSA_BITS, KeyKind, PublicKey

MAXIMUM_CHARACTERS = 65_536
"""A badge of ours is 8 kB; nothing is decoded before the size is known."""

TYPES = ("JWT", "vc+jwt", "vc+ld+json+jwt")
"""What `typ` may say; Open Badges 3.0 emits the first."""


class Algorithm(StrEnum):
    """The algorithms we sign with and verify, by their JOSE names."""

    ES256 = "ES256"
    EDDSA = "EdDSA"
    RS256 = "RS256"


_KEY_KIND = {
    Algorithm.ES256: KeyKind.P256,
    Algorithm.EDDSA: KeyKind.ED25519,
    Algorithm.RS256: KeyKind.RSA,
}
_KEY_CLASS: dict[KeyKind, type[ECKey | OKPKey | RSAKey]] = {
    KeyKind.P256: ECKey,
    KeyKind.ED25519: OKPKey,
    KeyKind.RSA: RSAKey,
}
_SIGNATURE_BYTES = {
    Algorithm.ES256: range(64, 65),
    Algorithm.EDDSA: range(64, 65),
    Algorithm.RS256: range(RSA_BITS.start // 8, RSA_BITS.stop // 8 + 1),  # those of the modulus
}
_ALLOWED_HEADERS = {"alg", "typ", "cty", "kid", "jwk", "iat"}
_REGISTERED_CLAIMS = ("iss", "sub", "jti", "nbf", "exp", "iat", "aud")
_UNSUPPORTED = re.compile(r"RS(?:384|512)|PS(?:256|384|512)|ES(?:384|512|256K)|Ed25519|Ed448")
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


class _Registry(jws.JWSRegistry):
    """What joserfc may do: three algorithms, none of them HMAC or none."""

    algorithms = {  # noqa: RUF012  # declared so by joserfc
        Algorithm.ES256: jws.JWSRegistry.algorithms["ES256"],
        Algorithm.EDDSA: jws.JWSRegistry.algorithms["Ed25519"],  # its newer name, RFC 9864
        Algorithm.RS256: jws.JWSRegistry.algorithms["RS256"],
    }
    max_header_length = MAXIMUM_CHARACTERS
    max_payload_length = MAXIMUM_CHARACTERS


@dataclass(frozen=True)
class UnverifiedToken:
    """What a token says, before anyone has checked that it is true.

    `kid` is None if the header names no key. `credential` is the payload without the claims that
    only JWT knows.
    """

    header: Document
    payload: Document
    algorithm: Algorithm
    kid: str | None
    credential: Document


def recognises(text: Any) -> bool:
    """Say whether `text` has the form of a compact token."""
    return isinstance(text, str) and _COMPACT.fullmatch(text) is not None


def sign(
    credential: Document,
    *,
    sign: Callable[[bytes], bytes],
    algorithm: Algorithm,
    kid: str,
) -> str:
    """Return the compact token that carries `credential`.

    `sign` returns the signature of a message: R followed by S for ES256, 64 bytes for EdDSA too,
    as many as the modulus for RS256. `kid` is the
    address of the public key. `credential` needs an issuer with `id`, an `id` and a `validFrom`.
    """
    header = {"alg": str(algorithm), "typ": "JWT", "kid": kid}
    payload = credential | _claims_of(credential)
    segments = [multibase.base64url_encode(strict_json.dumps(part)) for part in (header, payload)]
    signing_input = ".".join(segments)
    signature = sign(signing_input.encode())
    expected = _SIGNATURE_BYTES[algorithm]
    if len(signature) not in expected:
        message = f"the signer gave {len(signature)} bytes, expected {expected[0]} for {algorithm}"
        raise ProofInvalid(message)
    return f"{signing_input}.{multibase.base64url_encode(signature)}"


def parse(token: str) -> UnverifiedToken:
    """Return what `token` says, without believing it.

    Raises `ProofInvalid` with one of the codes `bad_token`, `duplicate_key` and the others of
    `strict_json`, `alg_not_allowed`, `alg_unsupported`, `unsupported_header`, `private_key`,
    `unknown_layout`.
    """
    if not isinstance(token, str) or len(token) > MAXIMUM_CHARACTERS:
        raise ProofInvalid(f"longer than {MAXIMUM_CHARACTERS} characters", code="bad_token")
    if not recognises(token):
        raise ProofInvalid("not three parts of base64url", code="bad_token")
    header, payload = (_object(segment) for segment in token.split(".")[:2])
    algorithm = _check_header(header)
    if "vc" in payload or "vp" in payload:
        message = "the credential is wrapped in a claim, as VCDM 1.1 did"
        raise ProofInvalid(message, code="unknown_layout")
    credential = {n: value for n, value in payload.items() if n not in _REGISTERED_CLAIMS}
    return UnverifiedToken(header, payload, algorithm, header.get("kid"), credential)


def verify(token: str, key: PublicKey) -> Document:
    """Return the credential in `token`, which `key` has signed.

    Every claim of the token must agree with the credential; a claim may be absent. `exp` without
    `validUntil` becomes the credential's `validUntil`. Whether the key may speak for the issuer,
    and whether the credential is valid now, is for the caller to ask.

    Raises `ProofInvalid` as `parse` does, and with the codes `alg_not_allowed` (the key is for
    another algorithm), `bad_signature`, `claim_mismatch`.
    """
    parsed = parse(token)
    if _KEY_KIND[parsed.algorithm] is not key.kind:
        message = f"{parsed.algorithm} does not go with a key of the kind {key.kind}"
        raise ProofInvalid(message, code="alg_not_allowed")
    jose_key = _KEY_CLASS[key.kind].import_key(key.to_jwk())
    registry = _Registry(algorithms=[parsed.algorithm], strict_check_header=False)
    try:
        jws.deserialize_compact(token, jose_key, registry=registry)
    except JoseError:
        message = "the signature is not by this key over these bytes"
        raise ProofInvalid(message, code="bad_signature") from None
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


def _object(segment: str) -> Document:
    try:
        return strict_json.load_object(multibase.base64url_decode(segment))
    except BadEncoding as error:
        raise ProofInvalid(error.message, code="bad_token") from None
    except UnreadableJSON as error:
        raise ProofInvalid(error.message, code=error.code) from None


def _check_header(header: Document) -> Algorithm:
    algorithm = next((a for a in Algorithm if a == header.get("alg")), None)
    if algorithm is None:
        name = str(header.get("alg"))[:40]
        code = "alg_unsupported" if _UNSUPPORTED.fullmatch(name) else "alg_not_allowed"
        raise ProofInvalid(f"the algorithm {name!a} is not accepted", code=code)
    unknown = sorted(header.keys() - _ALLOWED_HEADERS)
    if unknown:
        message = f"header members that are not understood: {unknown}"[:200]
        raise ProofInvalid(message, code="unsupported_header")
    if header.get("typ", TYPES[0]) not in TYPES:
        message = f"not a credential: typ is {str(header['typ'])[:40]!a}"
        raise ProofInvalid(message, code="unsupported_header")
    if not isinstance(header.get("kid", ""), str):
        raise ProofInvalid("kid is not text", code="unsupported_header")
    jwk = header.get("jwk", {})
    if not isinstance(jwk, dict) or jwk.keys() & JWK_SECRETS:
        raise ProofInvalid("jwk is not a public key", code="private_key")
    return algorithm


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
