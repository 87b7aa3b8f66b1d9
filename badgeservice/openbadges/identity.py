"""The hash by which a badge names its recipient without showing an address.

One construction serves Open Badges 2.0 (`identity`) and 3.0 (`identityHash`): the digest of the
value followed by the salt, in hexadecimal, behind the name of the algorithm. It hides little: who
has a list of addresses can try them all. So a salt of our own is random and fresh for each badge,
and a match without salt, or under MD5, is not counted as a confirmation.
Sources: Open Badges 2.0, "IdentityHash"; Open Badges 3.0, appendix B, "IdentityHash".
"""

from __future__ import annotations

import hashlib
import hmac
import re
from enum import StrEnum

_WRITTEN = re.compile(r"(?P<algorithm>md5|sha256)\$(?P<hex>[0-9a-fA-F]+)")
_HEX_DIGITS = {"md5": 32, "sha256": 64}

EMAIL_TYPES = ("email", "emailAddress")
"""What an e-mail address is called in 2.0 and in 3.0."""


class Match(StrEnum):
    """What comparing a value with a written identity shows."""

    SAME = "same"
    WEAK = "weak"
    """The value fits, but under MD5 or without salt: somebody may have fitted it."""
    OTHER = "other"


def normal(identity_type: str, value: str) -> str:
    """Return `value` as it is written before hashing, for a hash forgives nothing.

    >>> normal("email", " Ada@Example.org ")
    'ada@example.org'
    """
    return value.strip().lower() if identity_type in EMAIL_TYPES else value


def digest(value: str, salt: str) -> str:
    """Return the written form of the SHA-256 of `value` followed by `salt`.

    >>> digest("a@example.com", "Kosher")[:19]
    'sha256$b5809d8a92f8'
    """
    return f"sha256${hashlib.sha256((value + salt).encode()).hexdigest()}"


def is_digest(text: object) -> bool:
    """Tell whether `text` is written like an identity that is hashed."""
    match = _WRITTEN.fullmatch(text) if isinstance(text, str) else None
    return match is not None and len(match["hex"]) == _HEX_DIGITS[match["algorithm"]]


def compare(written: str, value: str, *, hashed: bool, salt: str = "") -> Match:
    """Return whether `written`, the identity in a badge, is that of `value`.

    `value` is tried as given and then in lower case, for the standard folds no case and issuers
    do. Hashes are compared in constant time, whatever the case of their digits. MD5 is read, and
    never written.
    """
    candidates = (value, value.lower())
    if not hashed:
        return Match.SAME if written in candidates else Match.OTHER
    if not is_digest(written):
        return Match.OTHER
    algorithm, _, hexadecimal = written.partition("$")
    wanted = hexadecimal.lower()
    fits = [
        hmac.compare_digest(_hex(algorithm, candidate + salt), wanted) for candidate in candidates
    ]
    if not any(fits):
        return Match.OTHER
    return Match.SAME if salt and algorithm == "sha256" else Match.WEAK


def _hex(algorithm: str, text: str) -> str:
    data = text.encode(errors="surrogatepass")
    if algorithm == "md5":
        return hashlib.md5(data, usedforsecurity=False).hexdigest()
    return hashlib.sha256(data).hexdigest()
