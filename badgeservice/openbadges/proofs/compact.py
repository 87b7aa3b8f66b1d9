"""The compact form of a JSON Web Signature, read by our own strict parser before a library sees it.

Libraries differ on repeated keys, padding, `crit`, `b64` and `zip`, and each difference is an
attack. So joserfc, which checks the signature, gets only what this parser accepted. The key decides
the algorithm, never the token; a key inside the token is never used.
Sources: RFC 7515; RFC 7518.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from badgeservice.errors import BadEncoding, BadSignature, ProofInvalid, UnreadableJSON
from badgeservice.openbadges import Document, multibase, strict_json
from badgeservice.openbadges.keys import JWK_SECRETS, RSA_BITS, KeyKind, PublicKey

MAXIMUM_CHARACTERS = 65_536
"""A badge of ours is 8 kB; nothing is decoded before the size is known."""


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
_UNSUPPORTED = re.compile(
    r"RS(?:256|384|512)|PS(?:256|384|512)|ES(?:256K?|384|512)|Ed(?:DSA|25519|448)"
)
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
class Unverified:
    """What a signed text says, before anyone has checked that it is true.

    `kid` is None if the header names no key.
    """

    header: Document
    payload: Document
    algorithm: Algorithm
    kid: str | None


def recognises(text: Any) -> bool:
    """Say whether `text` has the compact form."""
    return isinstance(text, str) and _COMPACT.fullmatch(text) is not None


def write(
    header: Document,
    payload: Document,
    *,
    sign: Callable[[bytes], bytes],
    algorithm: Algorithm,
) -> str:
    """Return the compact form of `payload`, whose header is `header` after the `alg`.

    `sign` returns the signature of a message: R followed by S for ES256, 64 bytes for EdDSA too,
    as many as the modulus for RS256.
    """
    return write_segment(header, segment(payload), sign=sign, algorithm=algorithm)


def segment(part: Document) -> str:
    """Return a payload as it stands in the compact form."""
    return multibase.base64url_encode(strict_json.dumps(part))


def signing_input(header: Document, payload: str, algorithm: Algorithm) -> str:
    """Return what is signed: the compact form without its signature. `payload` is a `segment`."""
    return f"{segment({'alg': str(algorithm)} | header)}.{payload}"


def write_segment(
    header: Document, payload: str, *, sign: Callable[[bytes], bytes], algorithm: Algorithm
) -> str:
    """Like `write`, of a payload that is a `segment` already."""
    signed = signing_input(header, payload, algorithm)
    signature = sign(signed.encode())
    expected = _SIGNATURE_BYTES[algorithm]
    if len(signature) not in expected:
        message = f"the signer gave {len(signature)} bytes, expected {expected[0]} for {algorithm}"
        raise ProofInvalid(message)
    return f"{signed}.{multibase.base64url_encode(signature)}"


def read(
    text: str, *, types: Collection[str], algorithms: Collection[Algorithm] = tuple(Algorithm)
) -> Unverified:
    """Return what `text` says, without believing it.

    `types` is what `typ` may say, of which the first is meant if it says nothing; `algorithms` are
    those that this use of the form knows. Raises `ProofInvalid` with one of the codes `bad_token`,
    `duplicate_key` and the others of `strict_json`, `alg_not_allowed`, `alg_unsupported`,
    `unsupported_header`, `private_key`.
    """
    if not isinstance(text, str) or len(text) > MAXIMUM_CHARACTERS:
        raise ProofInvalid(f"longer than {MAXIMUM_CHARACTERS} characters", code="bad_token")
    if not recognises(text):
        raise ProofInvalid("not three parts of base64url", code="bad_token")
    header, payload = (_object(segment) for segment in text.split(".")[:2])
    algorithm = _algorithm(header, algorithms)
    _check_header(header, types)
    return Unverified(header, payload, algorithm, header.get("kid"))


def peek(text: str) -> Document | None:
    """Return the payload of `text`, None if there is none: good for telling what kind it is only."""
    if len(text) > MAXIMUM_CHARACTERS or not recognises(text):
        return None
    try:
        return _object(text.split(".")[1])
    except ProofInvalid:
        return None


def named_key(text: str) -> Any:
    """Return the `kid` in the header of `text`, which `write` has made; None if it names no key."""
    return _object(text.partition(".")[0]).get("kid")


def check_signature(text: str, algorithm: Algorithm, key: PublicKey) -> None:
    """Return if `key` has signed `text`, which `read` has accepted with this `algorithm`.

    Raises `ProofInvalid` with the code `alg_not_allowed` if the key is for another algorithm, and
    `bad_signature`.
    """
    _refuse_other_kind(algorithm, key)
    registry = _Registry(algorithms=[algorithm], strict_check_header=False)
    try:
        jws.deserialize_compact(text, _jose_key(key), registry=registry)
    except JoseError:
        raise _bad_signature() from None


def check_own_signature(text: str, algorithm: Algorithm, key: PublicKey) -> None:
    """Like `check_signature`, for what `write` has made just now: ten times as fast.

    Without the library, which reads all of a stranger's token once more in its own way.
    """
    _refuse_other_kind(algorithm, key)
    signed, _, signature = text.rpartition(".")
    try:
        key.verify(multibase.base64url_decode(signature), signed.encode())
    except (BadEncoding, BadSignature):
        raise _bad_signature() from None


def _refuse_other_kind(algorithm: Algorithm, key: PublicKey) -> None:
    if _KEY_KIND[algorithm] is not key.kind:
        message = f"{algorithm} does not go with a key of the kind {key.kind}"
        raise ProofInvalid(message, code="alg_not_allowed")


def _bad_signature() -> ProofInvalid:
    message = "the signature is not by this key over these bytes"
    return ProofInvalid(message, code="bad_signature")


@functools.lru_cache(maxsize=64)
def _jose_key(key: PublicKey) -> ECKey | OKPKey | RSAKey:
    return _KEY_CLASS[key.kind].import_key(key.to_jwk())


def _object(segment: str) -> Document:
    try:
        return strict_json.load_object(multibase.base64url_decode(segment))
    except BadEncoding as error:
        raise ProofInvalid(error.message, code="bad_token") from None
    except UnreadableJSON as error:
        raise ProofInvalid(error.message, code=error.code) from None


def _algorithm(header: Document, algorithms: Collection[Algorithm]) -> Algorithm:
    algorithm = next((a for a in algorithms if a == header.get("alg")), None)
    if algorithm is None:
        name = str(header.get("alg"))[:40]
        code = "alg_unsupported" if _UNSUPPORTED.fullmatch(name) else "alg_not_allowed"
        raise ProofInvalid(f"the algorithm {name!a} is not accepted", code=code)
    return algorithm


def _check_header(header: Document, types: Collection[str]) -> None:
    unknown = sorted(header.keys() - _ALLOWED_HEADERS)
    if unknown:
        message = f"header members that are not understood: {unknown}"[:200]
        raise ProofInvalid(message, code="unsupported_header")
    if header.get("typ", next(iter(types))) not in types:
        message = f"not a credential: typ is {str(header['typ'])[:40]!a}"
        raise ProofInvalid(message, code="unsupported_header")
    if not isinstance(header.get("kid", ""), str):
        raise ProofInvalid("kid is not text", code="unsupported_header")
    jwk = header.get("jwk", {})
    if not isinstance(jwk, dict) or jwk.keys() & JWK_SECRETS:
        raise ProofInvalid("jwk is not a public key", code="private_key")
