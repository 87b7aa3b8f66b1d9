"""The published extensions of Open Badges, as data.

An extension brings words of its own, and a schema at an address. Schemas are never fetched: what
the published ones ask is written here in the terms of our own vocabulary. Extensions that are not
here are not checked, and it is said that they are not.
Source: Open Badges 2.0, "Extensions", and the schemas at `https://w3id.org/openbadges/extensions`.
"""

from __future__ import annotations

import re
from typing import Any

from badgeservice.openbadges import Document
from badgeservice.openbadges.v2.vocabulary import Class, Kind, Member

PREFIX = "extensions:"
_NAMESPACE = "https://w3id.org/openbadges/extensions#"
_CONTEXT = re.compile(
    r"https?://(?:w3id\.org/openbadges|openbadgespec\.org)/extensions/[A-Za-z]+/context\.json"
)

_TEXT = Member((Kind.TEXT,))
_TEXT_REQUIRED = Member((Kind.TEXT,), required=True)
_ADDRESS = Member((Kind.IRI,))
_ADDRESS_REQUIRED = Member((Kind.IRI,), required=True)

CLASSES = {
    "ExampleExtension": Class({"exampleProperty": _TEXT_REQUIRED}),
    "ApplyLink": Class({"url": _ADDRESS_REQUIRED}),
    "originalCreator": Class({"url": _ADDRESS_REQUIRED}),
    "GeoCoordinates": Class(
        {
            "name": _TEXT,
            "description": _TEXT_REQUIRED,
            "geo": Member(("Place",), required=True),
        }
    ),
    "Place": Class(
        {
            "latitude": Member((Kind.NUMBER,), required=True),
            "longitude": Member((Kind.NUMBER,), required=True),
        }
    ),
    "LicenseExtension": Class(
        {"id": _TEXT_REQUIRED, "name": _TEXT_REQUIRED, "legalCode": _ADDRESS}
    ),
    "IssuerAccreditation": Class(
        {
            "name": _TEXT_REQUIRED,
            "contactInstructions": _TEXT_REQUIRED,
            "url": _ADDRESS_REQUIRED,
            "address": Member((Kind.OBJECT,), required=True),
            "email": _TEXT,
            "description": _TEXT,
            "logo": _ADDRESS,
        }
    ),
    "ExtraDescriptionExtension": Class({"name": _TEXT_REQUIRED, "narrative": _TEXT_REQUIRED}),
    "RecipientProfile": Class({"id": _TEXT, "name": _TEXT, "publicKey": _ADDRESS}),
}
"""What each published extension must say, by its type. `Place` is a part of one."""

FULL_NAMES = {
    "http://schema.org/text": "exampleProperty",
    f"{_NAMESPACE}applyLink": "url",
}
"""Members of these classes that others write by their full address."""


def is_context(value: object) -> bool:
    """Tell whether `value` is the address of the words of a published extension."""
    return isinstance(value, str) and _CONTEXT.fullmatch(value) is not None


def is_extension(name: str, value: object) -> bool:
    """Tell whether the member `name` of some object, with this `value`, is an extension."""
    if not isinstance(value, dict):
        return False
    return name.startswith((PREFIX, _NAMESPACE)) or "Extension" in _types(value)


def classes_of(name: str, value: Document) -> list[str] | None:
    """Return the published extensions that `value` says it is, None for one that is not published.

    A member that bears the name of a published extension without being of its type gives an empty
    list: it claims what it does not keep.
    """
    types = [_local(stated) for stated in _types(value)]
    known = [stated for stated in types if stated in CLASSES]
    contexts_named = value.get("@context", [])
    listed = contexts_named if isinstance(contexts_named, list) else [contexts_named]
    if not all(map(is_context, listed)):
        return None  # its words may have other meanings
    if known and len(known) == len(types) - types.count("Extension"):
        return known
    published = {_stem(class_name) for class_name in CLASSES}
    return [] if not known and _stem(_local(name)) in published else None


def in_own_words(value: Document) -> Document:
    """Return an extension with the members that are written by their full address renamed."""
    return {FULL_NAMES.get(name, name): member for name, member in value.items()}


def _types(value: Document) -> list[Any]:
    stated = value.get("type", [])
    return stated if isinstance(stated, list) else [stated]


def _local(name: object) -> str:
    return str(name).removeprefix(PREFIX).removeprefix(_NAMESPACE)


def _stem(name: str) -> str:
    """Return a name without what varies between the name of a type and that of its member."""
    return name.lower().removesuffix("extension")
