"""What is audited: everything that an installation keeps, at one moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

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
class Books:
    """The database and the office of an installation, as of `now`."""

    session: Session
    office: Office
    now: datetime

    def badges(self) -> Iterator[Badge]:
        """Yield every badge, in the order of their ids."""
        query = select(Badge).order_by(Badge.public_id)
        yield from self.session.scalars(query.execution_options(yield_per=ROWS_AT_A_TIME))

    def key(self, method: str | None) -> PublicKey:
        """Return the key that an address names; raise CredentialNotFound for a foreign one."""
        for kid, key in self.office.public_keys.items():
            if self.office.issuer.method(kid) == method:
                return key
        raise CredentialNotFound(f"{method}: no key of ours")


def edition_name(public_id: str, edition: int) -> str:
    """Return how to call an edition: the first goes by the name of its badge."""
    return public_id if edition == 1 else f"{public_id} edition {edition}"
