"""The signed form of Open Badges 2.0: the assertion as the payload of a compact JWS.

The header names no key and the payload repeats no claims: the assertion itself says, in
`verification.creator`, which key of its issuer has signed. RS256 is the one algorithm that the
verifiers of this standard share, so it is the only one here.
Sources: Open Badges 2.0, section "Signed Badges"; RFC 7515.
"""

from __future__ import annotations

from collections.abc import Callable

from badgeservice.openbadges import Document
from badgeservice.openbadges.keys import PublicKey
from badgeservice.openbadges.proofs import compact
from badgeservice.openbadges.proofs.compact import Algorithm, Unverified, recognises

__all__ = ["Unverified", "parse", "recognises", "sign", "verify"]

_TYPES = ("JWT", "JWS", "JOSE")
"""What `typ` may say; the first is what others emit, and so do we."""


def sign(assertion: Document, *, sign: Callable[[bytes], bytes]) -> str:
    """Return the compact JWS that carries `assertion`; `sign` makes an RSA signature."""
    header = {"typ": _TYPES[0]}
    return compact.write(header, assertion, sign=sign, algorithm=Algorithm.RS256)


def parse(text: str) -> Unverified:
    """Return what `text` says, without believing it; raises `ProofInvalid` as `compact.read`."""
    return compact.read(text, types=_TYPES, algorithms=[Algorithm.RS256])


def verify(text: str, key: PublicKey) -> Document:
    """Return the assertion in `text`, which `key` has signed.

    Whether the key may speak for the issuer is for the caller to ask. Raises `ProofInvalid` as
    `compact.read` and `compact.check_signature` do.
    """
    parsed = parse(text)
    compact.check_signature(text, parsed.algorithm, key)
    return parsed.payload
