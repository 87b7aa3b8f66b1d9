"""Reading a credential without stumbling: absent, single and repeated values, instants, names.

JSON-LD makes no difference between one value and a list of it, so nothing here does. What has an
unexpected type reads as absent: whether it may be absent is for the structure check to say.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from badgeservice.errors import BadTimestamp
from badgeservice.openbadges import Document, timestamps


def values(node: Document, key: str) -> list[Any]:
    """Return the values of `key`: none, one or several.

    >>> values({"type": "Badge"}, "type")
    ['Badge']
    """
    value = node.get(key)
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def objects(node: Document, key: str) -> list[Document]:
    """Return those values of `key` that are objects."""
    return [value for value in values(node, key) if isinstance(value, dict)]


def child(node: Document, key: str) -> Document:
    """Return the first object under `key`, an empty one if there is none."""
    return next(iter(objects(node, key)), {})


def texts(node: Document, key: str) -> tuple[str, ...]:
    """Return those values of `key` that are text."""
    return tuple(value for value in values(node, key) if isinstance(value, str))


def text(node: Document, key: str) -> str | None:
    """Return the only text under `key`, None if there is none or more than one."""
    match values(node, key):
        case [str(value)]:
            return value
        case _:
            return None


def reference(node: Document, key: str) -> str | None:
    """Return the id under `key`, whether it stands there itself or as the `id` of an object."""
    match values(node, key):
        case [str(value)]:
            return value
        case [dict(value)]:
            return text(value, "id")
        case _:
            return None


def instant(node: Document, key: str) -> datetime | None:
    """Return the instant under `key`, None if there is none that can be read."""
    try:
        return timestamps.read(text(node, key))
    except BadTimestamp:
        return None


def domain(identifier: str) -> str | None:
    """Return the domain that answers for an identifier, None if no domain does.

    >>> domain("https://badges.example/issuers/a"), domain("did:web:badges.example:issuers:a")
    ('badges.example', 'badges.example')
    >>> domain("did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2") is None
    True
    """
    if identifier.startswith("did:web:"):
        return unquote(identifier.split(":")[2]) or None
    try:
        parts = urlsplit(identifier)
    except ValueError:
        return None
    return parts.netloc.rpartition("@")[2] or None if parts.scheme in ("http", "https") else None
