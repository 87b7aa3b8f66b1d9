"""Bytes as text: base58btc and base64url, and the multibase prefix that says which.

Decoding accepts the canonical text only, the one that encoding gives back. Otherwise a signature
or a key could be written in several ways, and a comparison of texts would mean nothing.
Sources: Controlled Identifiers 1.0, section 2.4; RFC 4648, section 5.
"""

from __future__ import annotations

import base64
import re

from badgeservice.errors import BadEncoding

BASE58BTC = "z"
BASE64URL = "u"

_DIGITS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)}
_PAIRS = [first + second for first in _DIGITS for second in _DIGITS]
_PAIR, _FOUR, _TWELVE, _LONG = 58**2, 58**4, 58**12, 58**48
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")

_LONGEST_BASE58 = 1024
"""Decoding takes time quadratic in the length; keys and signatures are far shorter than this."""


def encode(data: bytes, base: str) -> str:
    """Return `data` in multibase, where `base` is `BASE58BTC` or `BASE64URL`.

    >>> encode(b"hello", BASE58BTC), encode(b"hello", BASE64URL)
    ('zCn8eVZg', 'uaGVsbG8')
    """
    return base + (base58_encode(data) if base == BASE58BTC else base64url_encode(data))


def decode(text: str, base: str) -> bytes:
    """Return the bytes of a multibase `text`, which must be in the given `base`.

    Raises `BadEncoding` for another prefix and for text that is not canonical.
    """
    if not text.startswith(base):
        raise BadEncoding(f"expected multibase with the prefix {base!r}, got {text[:1]!a}")
    digits = text[1:]
    return base58_decode(digits) if base == BASE58BTC else base64url_decode(digits)


def base58_encode(data: bytes) -> str:
    """Return `data` in base58btc, without prefix; each leading zero byte becomes a `1`."""
    number = int.from_bytes(data, "big")
    twelves: list[str] = []
    while number:
        # The long number is what takes time to divide: 48 digits at a time, these by twelves, and
        # what fits into a machine word by twos.
        number, long = divmod(number, _LONG)
        while long or len(twelves) % 4:
            long, twelve = divmod(long, _TWELVE)
            eight, last = divmod(twelve, _FOUR)
            first, middle = divmod(eight, _FOUR)
            twelves.append(
                f"{_PAIRS[first // _PAIR]}{_PAIRS[first % _PAIR]}{_PAIRS[middle // _PAIR]}"
                f"{_PAIRS[middle % _PAIR]}{_PAIRS[last // _PAIR]}{_PAIRS[last % _PAIR]}"
            )
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "1" * zeros + "".join(reversed(twelves)).lstrip("1")


def base58_decode(text: str) -> bytes:
    """Return the bytes of base58btc `text` without prefix; raises `BadEncoding`."""
    if len(text) > _LONGEST_BASE58:
        raise BadEncoding(f"{len(text)} characters of base58btc, more than {_LONGEST_BASE58}")
    number = 0
    for digit in text:
        value = _VALUES.get(digit)
        if value is None:
            raise BadEncoding(f"{digit!a} is not a base58btc digit")
        number = number * 58 + value
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def base64url_encode(data: bytes) -> str:
    """Return `data` in base64url without padding and without prefix."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def base64url_decode(text: str) -> bytes:
    """Return the bytes of base64url `text` without prefix.

    Raises `BadEncoding` for padding, for characters outside the alphabet (Python's own decoder
    skips them), and for trailing bits that are not zero.
    """
    if not _BASE64URL.fullmatch(text) or len(text) % 4 == 1:
        raise BadEncoding("not base64url without padding")
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64url_encode(data) != text:
        raise BadEncoding("base64url whose last character is not canonical")
    return data
