"""A badge of the data model of 2019 read in the words of 2.0.

The first Open Badges 3.0 were written in the Verifiable Credentials Data Model 1.1, which calls
begin and end of validity otherwise; the rest has the same names. What was signed stays as it is:
this is for reading, and for nothing else.
Sources: VCDM 1.1, sections 4.6 and 5.1; VCDM 2.0, section 4.9; Open Badges 3.0, appendix B.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from badgeservice.errors import BadTimestamp
from badgeservice.openbadges import Document, contexts, timestamps

_Choice = Callable[[Iterable[datetime]], datetime]

# Each with the name of today, and which instant counts where a document gives both: the context
# of 1.1 defines the names of today as well, so a document may say more than its model knows.
_INSTANTS: tuple[tuple[str, str, _Choice], ...] = (
    ("issuanceDate", "validFrom", max),
    ("expirationDate", "validUntil", min),
)


def is_older(document: Document) -> bool:
    """Tell whether a credential is written in the data model 1.1, by its first context."""
    context = document.get("@context")
    first = context[0] if isinstance(context, list) and context else context
    return bool(first == contexts.CREDENTIALS_V1)


def upgrade(document: Document) -> Document:
    """Return a credential of the data model 1.1 as 2.0 would put it; `document` is not changed.

    Instants that cannot be read stay as they are, for `lint_received` to find.
    """
    upgraded = dict(document)
    upgraded["@context"] = [
        contexts.CREDENTIALS_V2 if context == contexts.CREDENTIALS_V1 else context
        for context in _listed(document["@context"])
    ]
    for older, newer, choose in _INSTANTS:
        stated = [upgraded.pop(name) for name in (older, newer) if name in upgraded]
        if stated:
            upgraded[newer] = _chosen(stated, choose)
    return upgraded


def _chosen(stated: list[Any], choose: _Choice) -> Any:
    if len(stated) == 1:
        return stated[0]
    try:
        return timestamps.write(choose(map(timestamps.read, stated)))
    except BadTimestamp:
        return stated


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
