"""JSON that can be read in one way only.

Two parsers that disagree about a document let an attacker show one thing and have another checked.
Whatever RFC 8259 leaves to the parser is refused here: repeated keys, numbers that a double cannot
hold, unpaired surrogates, encodings other than UTF-8, depths that exhaust a stack.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from badgeservice.errors import UnreadableJSON
from badgeservice.openbadges import Document

MAXIMUM_BYTES = 262_144
MAXIMUM_DEPTH = 32

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_LARGEST_INTEGER = 2**53 - 1
"""Beyond it, a parser that reads numbers as doubles sees another number (RFC 7493, section 2.2)."""

# A string is closed by a quote or by the end of the text, so that no position is scanned twice.
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_BRACKET = re.compile(r"[\[\]{}]")
_PLAIN_DECIMAL = re.compile(r"-?([0-9]+)\.([0-9]+)")


def loads(
    data: bytes | str, *, max_bytes: int = MAXIMUM_BYTES, max_depth: int = MAXIMUM_DEPTH
) -> Any:
    """Return the JSON value written in `data`, which may be UTF-8 bytes or text.

    Raises `UnreadableJSON` with one of the codes `too_large`, `bad_encoding`, `too_deep`,
    `duplicate_key`, `bad_number` and `bad_json`.

    >>> loads(b'{"a": 1}')
    {'a': 1}
    """
    text = _decode(data, max_bytes)
    _refuse_depth(text, max_depth)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_decimal,
            parse_constant=_constant,
        )
    except json.JSONDecodeError as error:
        message = f"not JSON at line {error.lineno}, column {error.colno}: {error.msg}"
        raise UnreadableJSON(message) from None
    if "\\u" in text:
        _refuse_lone_surrogates(value)
    return value


def load_object(
    data: bytes | str, *, max_bytes: int = MAXIMUM_BYTES, max_depth: int = MAXIMUM_DEPTH
) -> Document:
    """Return the JSON object written in `data`; like `loads`, and anything else is `not_an_object`."""
    value = loads(data, max_bytes=max_bytes, max_depth=max_depth)
    if not isinstance(value, dict):
        raise UnreadableJSON("expected a JSON object", code="not_an_object")
    return value


def dumps(document: Document) -> bytes:
    r"""Return `document` as UTF-8 without spaces, its members in their order of insertion.

    Raises `UnreadableJSON` for what `loads` could not read back: NaN, infinities, unpaired
    surrogates.

    >>> dumps({"é": [1, True]})
    b'{"\xc3\xa9":[1,true]}'
    """
    try:
        text = _ENCODER.encode(document)
    except ValueError as error:
        raise UnreadableJSON(f"not writable as JSON: {error}", code="bad_number") from None
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise UnreadableJSON("unpaired surrogate in a string", code="bad_encoding") from None


def _decode(data: bytes | str, max_bytes: int) -> str:
    try:
        encoded = data.encode() if isinstance(data, str) else data
        if len(encoded) > max_bytes:
            message = f"{len(encoded)} bytes, more than {max_bytes}"
            raise UnreadableJSON(message, code="too_large")
        text = encoded.decode()
    except UnicodeError:
        raise UnreadableJSON("not UTF-8", code="bad_encoding") from None
    if text.startswith("\ufeff"):
        raise UnreadableJSON("begins with a byte order mark", code="bad_encoding")
    return text


def _refuse_depth(text: str, max_depth: int) -> None:
    """Count brackets before parsing: the parser recurses, and its stack is not ours to spend."""
    depth = 0
    for bracket in _BRACKET.findall(_STRING.sub("", text)):
        if bracket in "[{":
            depth += 1
            if depth > max_depth:
                raise UnreadableJSON(f"nested deeper than {max_depth}", code="too_deep")
        else:
            depth -= 1


def _object(members: list[tuple[str, Any]]) -> Document:
    document = dict(members)
    if len(document) < len(members):
        name, _ = Counter(name for name, _ in members).most_common(1)[0]
        raise UnreadableJSON(f"the key {name[:40]!a} stands twice", code="duplicate_key")
    return document


def _integer(literal: str) -> int:
    # The length is looked at first: int() refuses, and pays for, thousands of digits.
    if len(literal) > 17 or literal == "-0" or abs(int(literal)) > _LARGEST_INTEGER:
        raise UnreadableJSON(f"the number {literal[:40]} is not exact", code="bad_number")
    return int(literal)


def _decimal(literal: str) -> float:
    """Read a decimal that every parser reads alike: no exponent, at most 15 significant digits."""
    match = _PLAIN_DECIMAL.fullmatch(literal)
    digits = "".join(match.groups()).lstrip("0") if match else ""
    negative_zero = literal.startswith("-") and not digits
    if match is None or len(digits) > 15 or negative_zero:
        raise UnreadableJSON(f"the number {literal[:40]} is not exact", code="bad_number")
    return float(literal)


def _constant(literal: str) -> float:
    raise UnreadableJSON(f"{literal} is not a JSON number", code="bad_number")


def _refuse_lone_surrogates(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise UnreadableJSON("unpaired surrogate in a string", code="bad_encoding") from None
