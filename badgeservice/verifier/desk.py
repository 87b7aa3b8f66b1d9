"""The desk: whatever somebody brings, from anywhere, and the report on it.

The walk runs in a worker of the pool. What it asks is answered here: addresses of our own and the
register from the database, addresses of others through the guarded way out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from badgeservice.errors import CredentialNotFound, HolderErased
from badgeservice.fetching import Guard
from badgeservice.issuing import short_codes, verdict
from badgeservice.issuing.hosting import Hosting, own_fetch
from badgeservice.issuing.models import Badge
from badgeservice.issuing.office import Office
from badgeservice.issuing.register import DatabaseRegister
from badgeservice.trust.registry import KnownIssuers, Registry
from badgeservice.verification import Report, Submission
from badgeservice.verification.fetching import Fetched
from badgeservice.verification.issuers import Named
from badgeservice.verifier.pool import Pool, Sources

_LONGEST_CODE = 40
"""Characters of a short code, with the spaces and hyphens that people put into it."""

_FETCH_SECONDS = 9.0
"""How long all other sites together may keep one verification waiting."""


class Desk:
    """The verifier of an installation. `session` gives the database session of the caller."""

    def __init__(
        self, office: Office, *, session: Callable[[], Session], pool: Pool, guard: Guard
    ) -> None:
        self._office, self._session = office, session
        self.pool, self._guard = pool, guard
        names = dict.fromkeys(office.issuer.name.values())
        self._registry = Registry(Named(office.base_url, name) for name in names)

    def verify(
        self, data: bytes | Submission, *, now: datetime, recipient: str | None = None
    ) -> Report:
        """Return the report on what was submitted, as of `now`. Never raises for what it is.

        Raises `VerifierBusy` when too many others are being served; nothing was done then.
        `data` may be a file, what somebody pasted or scanned, or the short code of one of our
        badges: then the report says nothing that leads to its holder, and compares nobody.
        `recipient` is the e-mail address or DID of whom it may be about, if that is asked.
        Of a badge of others, nothing is kept but which keys a known issuer has signed with.
        """
        session = self._session()
        if isinstance(data, bytes) and (badge := self._by_short_code(session, data)) is not None:
            try:
                return _without_holder(
                    verdict.report_for(
                        session, self._office, badge, now=now, issuers=self.issuers(now)
                    )
                )
            except (CredentialNotFound, HolderErased):
                pass  # nothing of it is left to be shown: to this desk it is a code like any other
        known = self.issuers(now)
        sources = replace(self.sources(), issuers=known)
        report = self.pool.verify(data, sources, now=now, recipient=recipient)
        known.remember(report, now=now)
        return report

    def issuers(self, now: datetime) -> KnownIssuers:
        """Return whom we know, at `now`."""
        return self._registry.at(self._session(), now)

    def sources(self) -> Sources:
        """Return who answers what one verification asks, wherever its walk runs."""
        session = self._session()
        own, far = own_fetch(Hosting(session, self._office)), self._guard.within(_FETCH_SECONDS)

        def fetch(address: str) -> Fetched:
            return own(address) if self._office.answers_to(address) else far(address)

        return Sources(
            fetch=fetch,
            register=DatabaseRegister(session, self._office),
            is_near=lambda address: (
                self._office.answers_to(address) or self._guard.remembers(address)
            ),
        )

    def _by_short_code(self, session: Session, data: bytes) -> Badge | None:
        """Return the badge whose code was typed, or whose page `/c/…` was named; None for neither."""
        text = data.strip().decode(errors="replace").removeprefix(f"{self._office.base_url}/c/")
        code = short_codes.read(text) if len(text) <= _LONGEST_CODE else None
        return short_codes.find(session, code) if code else None


def _without_holder(report: Report) -> Report:
    """Return a report without what leads to the holder: whoever guesses codes learns no name."""
    badge = report.credential
    return replace(
        report,
        findings=tuple(replace(finding, detail="") for finding in report.findings),
        credential=badge
        and replace(badge, id=None, recipient_id=None, recipient_name=None, evidence=()),
        endorsements=(),
    )
