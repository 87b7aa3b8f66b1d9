"""What can be wrong with a document: rules by name, and problems by path and rule.

Each version of the standard has a `lint` of its own; what one cannot tell from the other is here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from badgeservice.openbadges import Document

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


class Rule(StrEnum):
    """The rule that a document breaks, by name."""

    REQUIRED = "required"
    KIND = "kind"
    TYPE = "type"
    ENUMERATION = "enumeration"
    CLOSED = "closed"
    CONTEXT = "context"
    NULL = "null"
    RECIPIENT = "recipient"
    ORDER = "order"
    ARRAY = "array"
    NOTATION = "notation"
    REFERENCE = "reference"
    EMPTY = "empty"
    FRACTION = "fraction"
    CHARACTERS = "characters"
    WHOLE_SECONDS = "whole_seconds"
    EXACT_CONTEXT = "exact_context"
    LOOK_ALIKE = "look_alike"
    DISPLAY = "display"
    UNDEFINED = "undefined"
    IDENTITY = "identity"
    SALT = "salt"


@dataclass(frozen=True)
class Problem:
    """One rule broken at one place; `path` is like `credentialSubject.result[0].value`."""

    path: str
    rule: Rule
    sentence: str

    def __str__(self) -> str:
        return f"{self.path or 'document'}: {self.sentence}"


def everywhere(document: Document) -> Iterator[Problem]:
    """Yield the problems that any value may have, in any document and at every depth."""
    if _is_sound(document):
        return
    for path, value in values(document):
        if value is None:
            yield Problem(path, Rule.NULL, "null stands for nothing; leave the member out")
        elif value in ("", [], {}):
            yield Problem(path, Rule.EMPTY, "empty; leave the member out")
        elif isinstance(value, float):
            sentence = "numbers with a fraction are written differently by different software"
            yield Problem(path, Rule.FRACTION, sentence)
        elif isinstance(value, str) and _CONTROLS.search(value):
            yield Problem(path, Rule.CHARACTERS, "holds control characters")


def _is_sound(document: Document) -> bool:
    """Tell whether no value has a problem, without saying where it stands: that costs most."""
    pending: list[Any] = [document]
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            if not value or _CONTROLS.search(value):
                return False
        elif isinstance(value, dict):
            if not value:
                return False
            pending.extend(value.values())
        elif isinstance(value, list):
            if not value:
                return False
            pending.extend(value)
        elif value is None or isinstance(value, float):
            return False
    return True


def texts(document: Document) -> Iterator[str]:
    """Yield every text in a document, in no order, without saying where it stands."""
    pending: list[Any] = [document]
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)


def values(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield `value` and every value inside it, each with its path."""
    yield path, value
    if isinstance(value, dict):
        for name, member in value.items():
            yield from values(member, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for number, member in enumerate(value):
            yield from values(member, f"{path}[{number}]")
