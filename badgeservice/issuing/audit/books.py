"""What is audited: everything that an installation keeps, at one moment."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from badgeservice.errors import CredentialNotFound
from badgeservice.issuing.models import Badge, Format
from badgeservice.issuing.office import Office
from badgeservice.openbadges.keys import PublicKey

ROWS_AT_A_TIME = 200

VC_JWTS = (Format.JWT, Format.JWT_RS256)
TOKENS = (*VC_JWTS, Format.OB2_JWS)
"""The forms whose digest is that of the signature itself."""

Findings = Iterator[tuple[str, str]]
"""What does not hold, one by one: about what, and how."""


@dataclass(frozen=True)
class Part:
    """Every `of`-th badge and person, from the `number`-th on; which part one is in never changes."""

    number: int
    of: int

    def holds(self, identifier: str) -> bool:
        """Tell whether a badge, or a person, belongs to this part."""
        return zlib.crc32(identifier.encode()) % self.of == self.number % self.of


WHOLE = Part(1, 1)


@dataclass(frozen=True)
class Books:
    """The database and the office of an installation, as of `now`.

    Signatures are verified anew in `part` of it, and in a sample that is always the same.
    """

    session: Session
    office: Office
    now: datetime
    part: Part = WHOLE

    def badges(self) -> Iterator[Badge]:
        """Yield every badge, in the order of their ids."""
        for public_ids in self.ids(Badge.public_id):
            yield from self.some_badges(public_ids)

    def ids(self, column: InstrumentedAttribute[str]) -> Iterator[list[str]]:
        """Yield the ids in a column, in their order, so many at a time, each once."""
        last = ""
        while True:
            page = select(column).where(column > last).distinct().order_by(column)
            ids = list(self.session.scalars(page.limit(ROWS_AT_A_TIME)))
            if not ids:
                return
            last = ids[-1]
            yield ids

    def some_badges(self, public_ids: Sequence[str]) -> list[Badge]:
        """Return the badges with these ids, in the order of their ids."""
        some = select(Badge).where(Badge.public_id.in_(public_ids)).order_by(Badge.public_id)
        return list(self.session.scalars(some))

    def key(self, method: str | None) -> PublicKey:
        """Return the key that an address names; raise CredentialNotFound for a foreign one."""
        for kid, key in self.office.public_keys.items():
            if self.office.issuer.method(kid) == method:
                return key
        raise CredentialNotFound(f"{method}: no key of ours")


def edition_name(public_id: str, edition: int) -> str:
    """Return how to call an edition: the first goes by the name of its badge."""
    return public_id if edition == 1 else f"{public_id} edition {edition}"
