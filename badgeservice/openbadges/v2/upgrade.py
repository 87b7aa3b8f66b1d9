"""Open Badges 1.0 and 1.1 read as 2.0.

Old badges say the same in other words: `uid` and `verify`, seconds since 1970 or a bare day,
alignments with `name` and `url`, no `id` and no `type` (1.0) or the context of version 1 (1.1).
Source: Open Badges 2.0, "Backwards Compatibility".
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from badgeservice.errors import BadTimestamp
from badgeservice.openbadges import Document, timestamps
from badgeservice.openbadges.v2.vocabulary import CONTEXT

CONTEXT_V1 = "https://w3id.org/openbadges/v1"

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SECONDS = re.compile(r"[1-9][0-9]{0,11}")
_LOCAL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?")
_VERIFICATION = {"hosted": "HostedBadge", "signed": "SignedBadge"}
_ALIGNMENT = {"name": "targetName", "url": "targetUrl", "description": "targetDescription"}


def is_older(document: Document) -> bool:
    """Tell whether a document is written as before version 2.0: without context, or with that of 1."""
    return bool(document.get("@context", CONTEXT_V1) == CONTEXT_V1)


def upgrade(document: Document, class_name: str, *, address: str | None = None) -> Document:
    """Return a document of version 1.0 or 1.1 in the words of 2.0; `document` is not changed.

    `class_name` is what it is read as: `Assertion`, `BadgeClass` or `Issuer`. `address` is where
    it stood, which is its `id` if it names none and no address where it is verified. What cannot be upgraded stays as it is, for
    `lint_received` to find.
    """
    upgraded: Document = {"@context": CONTEXT, "type": class_name}
    if address is not None:
        upgraded["id"] = address
    upgraded |= {name: value for name, value in document.items() if name != "@context"}
    if class_name == "Assertion":
        return _assertion(upgraded, is_named="id" in document)
    if class_name == "BadgeClass" and "alignment" in upgraded:
        written = upgraded["alignment"]
        listed = written if isinstance(written, list) else [written]
        upgraded["alignment"] = [_alignment(item) for item in listed]
    return upgraded


def _assertion(upgraded: Document, *, is_named: bool) -> Document:
    verify = upgraded.pop("verify", upgraded.get("verification"))
    if isinstance(verify, dict):
        stated = verify.get("type")
        kind = _VERIFICATION.get(stated, stated) if isinstance(stated, str) else stated
        upgraded["verification"] = {"type": kind}
        if kind == "HostedBadge" and isinstance(verify.get("url"), str) and not is_named:
            upgraded["id"] = verify["url"]
    for name in ("issuedOn", "expires"):
        if name in upgraded:
            upgraded[name] = _instant(upgraded[name])
    return upgraded


def _instant(written: Any) -> Any:
    """Return an instant in today's notation, anything else as it was."""
    try:
        if isinstance(written, str) and _SECONDS.fullmatch(written):
            written = int(written)
        if isinstance(written, int):
            return timestamps.write(timestamps.from_seconds(written))
        if isinstance(written, str) and (_DAY.fullmatch(written) or _LOCAL.fullmatch(written)):
            return timestamps.write(datetime.fromisoformat(written).replace(tzinfo=UTC))
    except (BadTimestamp, ValueError):
        pass
    return written


def _alignment(item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    return {_ALIGNMENT.get(name, name): value for name, value in item.items()}
