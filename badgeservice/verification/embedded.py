"""Endorsements inside a document: taken out, so that each can be read and verified by itself.

An endorsement is a credential of somebody else, as JSON under `endorsement` or as a compact token
under `endorsementJwt`. Open Badges 3.0 (appendix B) has both on credentials, achievements and
profiles; here they are found wherever they stand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from badgeservice.openbadges import Document
from badgeservice.verification import reading

_MARK = "urn:x-endorsement:"
"""With a number, what stands in a document for an endorsement that was taken out."""

_KINDS = {"endorsement": dict, "endorsementJwt": str}


@dataclass(frozen=True)
class Embedded:
    """One endorsement as it stands in a document.

    `place` is like `credentialSubject.achievement.endorsement[0]`. `written` is a JSON object with
    its contexts, or a compact token. `endorsable` are the ids that an endorsement in this place may
    be about.
    """

    place: str
    written: Document | str
    endorsable: frozenset[str]


def take_out(document: Document) -> tuple[Document, tuple[Embedded, ...]]:
    """Return `document` with a mark for each endorsement in JSON, and all endorsements found.

    Tokens stay where they are: to the document they are text. An endorsement without contexts of
    its own gets those of the document. What endorsements contain is not looked into, and what is
    neither an object nor text stays as it is.
    """
    found: list[Embedded] = []
    marked = _marked(document, "", document, found)
    return marked, tuple(found)


def put_back(document: Document, embedded: tuple[Embedded, ...]) -> Document:
    """Return `document` with the endorsements, as they were written, in place of their marks."""
    originals = [each.written for each in embedded]

    def restored(value: Any, key: str) -> Any:
        if isinstance(value, list):
            return [restored(item, key) for item in value]
        if not isinstance(value, dict):
            return value
        if key == "endorsement":
            return originals[int(value["id"].removeprefix(_MARK))]
        return {name: restored(member, name) for name, member in value.items()}

    result: Document = {name: restored(value, name) for name, value in document.items()}
    return result


def _marked(value: Any, path: str, root: Document, found: list[Embedded]) -> Any:
    if isinstance(value, list):
        return [_marked(item, f"{path}[{n}]", root, found) for n, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    marked = {}
    for name, member in value.items():
        here = f"{path}.{name}" if path else name
        if name in _KINDS:
            endorsable = _ids(root) if value is root else frozenset(reading.texts(value, "id"))
            # Not a list, an empty list, a list in a list: left for whoever judges the document.
            items = [
                _take(item, Embedded(f"{here}[{number}]", item, endorsable), root, found)
                if isinstance(item, _KINDS[name])
                else item
                for number, item in enumerate(member if isinstance(member, list) else [member])
            ]
            marked[name] = items if isinstance(member, list) else items[0]
        else:
            marked[name] = _marked(member, here, root, found)
    return marked


def _take(item: Any, embedded: Embedded, root: Document, found: list[Embedded]) -> Any:
    """Note one endorsement as found; return what stands in its place."""
    if isinstance(item, str):
        found.append(embedded)
        return item
    found.append(replace(embedded, written={"@context": root.get("@context")} | item))
    return {"id": f"{_MARK}{len(found) - 1}"}


def _ids(credential: Document) -> frozenset[str]:
    """Return what an endorsement on a credential may be about.

    That is the credential itself, its achievement, and the profiles that they name.
    """

    def named() -> Iterator[str | None]:
        subject = reading.child(credential, "credentialSubject")
        achievement = reading.child(subject, "achievement")
        yield reading.text(credential, "id")
        yield reading.reference(credential, "issuer")
        yield reading.text(achievement, "id")
        yield reading.reference(achievement, "creator")
        yield reading.reference(subject, "source")

    return frozenset(id for id in named() if id is not None)
