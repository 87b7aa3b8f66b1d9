"""What verification asks of the followed lists, and what it leaves behind: which keys it saw."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from badgeservice.trust import lists, shelf
from badgeservice.trust.models import IssuerKey, IssuerList
from badgeservice.verification import issuers
from badgeservice.verification.issuers import KnownIssuer, Named, SeenKey
from badgeservice.verification.report import Report

MAXIMUM_KEYS = 20
"""How many keys of one issuer are remembered; one more has changed often enough to ask."""


class Registry:
    """The lists of one installation, read once for each state in which they are.

    `ours` are the names that we go by, which strangers must not resemble either.
    """

    def __init__(self, ours: Iterable[Named]) -> None:
        self._ours = tuple(ours)
        self._read: tuple[tuple[str, ...], issuers.IssuerList] | None = None

    def at(self, session: Session, now: datetime) -> KnownIssuers:
        """Return what the lists that count at `now` say. An expired list counts no longer."""
        rows = session.execute(
            select(IssuerList.digest, IssuerList.valid_until).where(IssuerList.removed_at.is_(None))
        )
        state = tuple(sorted(digest for digest, until in rows if until is None or now <= until))
        known = self._read
        if known is None or known[0] != state:
            # Two threads may both read; either answer is right.
            self._read = known = (state, self._load(session, state))
        return KnownIssuers(session, known[1])

    def _load(self, session: Session, state: tuple[str, ...]) -> issuers.IssuerList:
        contents = session.scalars(select(IssuerList.content).where(IssuerList.digest.in_(state)))
        entries = [
            entry for content in contents for entry in lists.read(lists.loaded(content)).issuers
        ]
        return issuers.IssuerList(entries, ours=self._ours)


class KnownIssuers:
    """The known issuers, with the keys seen of them (verification.issuers.Issuers)."""

    def __init__(self, session: Session, known: issuers.IssuerList) -> None:
        self._session, self._known = session, known

    def entries(self, identifier: str) -> tuple[KnownIssuer, ...]:
        """Return every entry about an issuer, with the keys that were seen of those it names."""
        return tuple(
            replace(entry, keys=self._seen(entry.identifier))
            for entry in self._known.entries(identifier)
        )

    def resembled(self, keys: tuple[str, ...]) -> tuple[Named, ...]:
        """Return those who have one of these keys of likeness."""
        return self._known.resembled(keys)

    def remember(self, report: Report, *, now: datetime) -> None:
        """Write down the keys of a report whose issuer a list names, if they are new. Commits then.

        Of an entry for a whole site nothing is written: who issues there may be a person.
        """
        said = report.credential.issuer_id if report.credential else None
        entry = report.known_issuer
        if said is None or entry is None or issuers.forms(said)[0] != entry.identifier:
            return
        # The report came from a process that strangers may have got at; the list did not.
        if not (known := self.entries(said)) or is_site(entry.identifier):
            return
        seen = {key.thumbprint for each in known for key in each.keys}
        fresh = [key for key in report.keys if key not in seen and len(key) == 43]
        if not fresh or len(seen) + len(fresh) > MAXIMUM_KEYS:
            return
        rows = (IssuerKey(issuer=entry.identifier, thumbprint=key, first_seen=now) for key in fresh)
        self._session.add_all(rows)
        try:
            self._session.commit()
        except IntegrityError:
            self._session.rollback()  # somebody else saw them at the same moment

    def _seen(self, identifier: str) -> tuple[SeenKey, ...]:
        rows = shelf.keys(self._session, identifier)
        first = rows[0].first_seen if rows else None
        return tuple(
            SeenKey(
                row.thumbprint,
                row.first_seen,
                is_confirmed=row.first_seen == first or row.confirmed_at is not None,
            )
            for row in rows
        )


def is_site(identifier: str) -> bool:
    """Tell whether an entry is for all of a site.

    >>> is_site("https://school.example"), is_site("https://school.example/issuer")
    (True, False)
    """
    return identifier.startswith("https://") and identifier.count("/") == 2
