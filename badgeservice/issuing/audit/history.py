"""Do the chain, the signer's log and the registry of keys tell of the same things?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select

from badgeservice.errors import (
    SigningLogDamaged,
)
from badgeservice.issuing import key_chain, ob2, status_lists
from badgeservice.issuing.audit.books import TOKENS, Books, Findings, edition_name
from badgeservice.issuing.key_registry import KeyState, RegisteredKey
from badgeservice.issuing.models import (
    BadgeState,
    Credential,
    Intent,
    ReleasedForm,
    StatusList,
)
from badgeservice.issuing.signer import CLOCK, CLOCK_SKEW, LogEntry, Purpose
from badgeservice.storage import chain
from badgeservice.storage.chain import AuditEvent


def audit_chain(books: Books) -> Findings:
    """The chain is whole, and tells of exactly the badges of the register and what became of them."""
    for found in chain.breaks(books.session):
        yield f"link {found.sequence}", found.problem
    states: dict[str, str] = {}
    editions: dict[str, int] = {}
    events = select(AuditEvent.action, AuditEvent.subject).order_by(AuditEvent.sequence)
    for action, subject in books.session.execute(events):
        if action in _TELLS:
            states[subject] = _TELLS[action]
        if action in ("issue", "replace"):
            editions[subject] = editions.get(subject, 0) + 1
    for badge in books.badges():
        told, counted = states.pop(badge.public_id, None), editions.pop(badge.public_id, 0)
        if told is None:
            yield badge.public_id, "in the register only: the chain knows nothing of it"
            continue
        if told != badge.state:
            yield badge.public_id, f"{told} in the chain, {badge.state} in the register"
        if counted != badge.edition:
            yield badge.public_id, f"edition {badge.edition}, and {counted} in the chain"
    for subject in sorted(states.keys() | editions.keys()):
        yield subject, "in the chain but not the register"


_TELLS = {
    "issue": BadgeState.ACTIVE,
    "suspend": BadgeState.SUSPENDED,
    "reinstate": BadgeState.ACTIVE,
    "revoke": BadgeState.REVOKED,
    "withdraw": BadgeState.WITHDRAWN,
}
"""The state in which each event of the chain leaves a badge."""


def signer_log(books: Books) -> Findings:
    """What the signer signed was planned and released, and what was released was signed by it."""
    windows: dict[str, list[tuple[datetime, datetime | None]]] = {}
    for public_id, ob2_id, reserved_at, issued_at in books.session.execute(
        select(Intent.public_id, Intent.ob2_id, Intent.reserved_at, Credential.issued_at).outerjoin(
            Credential,
            (Credential.public_id == Intent.public_id) & (Credential.edition == Intent.edition),
        )
    ):
        until = issued_at + ATTEMPT if issued_at else None
        for subject in (public_id, *([ob2.signed_id(ob2_id)] if ob2_id else [])):
            windows.setdefault(subject, []).append((reserved_at, until))
    released = set(
        books.session.scalars(select(ReleasedForm.digest).where(ReleasedForm.format.in_(TOKENS)))
    )
    signed, logged = set(), set()
    prefix = f"{books.office.base_url}/b/"
    try:
        for entry in books.office.log.entries():
            if entry.purpose not in (Purpose.CREDENTIAL, Purpose.ASSERTION):
                continue
            subject = entry.subject.removeprefix(prefix)
            signed.add(subject)
            # The log holds the digest of the signature: of a token, that is the whole of it.
            logged.add(entry.digest)
            if subject not in windows:
                yield subject, "signed, but never planned"
            elif entry.digest not in released and not _is_attempt(entry, windows[subject]):
                yield subject, f"signed at {entry.at}, when there was nothing to sign"
    except SigningLogDamaged as error:
        yield "signer's log", error.message
    for badge in books.badges():
        if badge.public_id not in signed:
            yield badge.public_id, "released, but not in the signer's log"
    for digest in sorted(released - logged):
        yield digest, "a token was released that the signer did not log"


ATTEMPT = timedelta(minutes=5)
"""How long after a release an attempt that lost the race for it may have signed."""


def _is_attempt(entry: LogEntry, windows: list[tuple[datetime, datetime | None]]) -> bool:
    """Tell whether a signature was made while an edition was being released, or still is."""
    at = datetime.fromisoformat(entry.at)
    whole_second = timedelta(seconds=1)
    return any(begin - whole_second <= at and (end is None or at <= end) for begin, end in windows)


def keys(books: Books) -> Findings:
    """Each key did what the chain tells, proves itself if it signs, and signed in its time only."""
    yield from key_chain.differences(books.session, books.office.issuer, books.office.keyring)
    for problem in books.office.keyring.problems():
        yield "keys", problem.message
    entries = {
        books.office.issuer.method(kid): key for kid, key in books.office.keyring.entries.items()
    }
    signatures = select(ReleasedForm, Credential.issued_at).join(
        Credential,
        (Credential.public_id == ReleasedForm.public_id)
        & (Credential.edition == ReleasedForm.edition),
    )
    for form, issued_at in books.session.execute(
        signatures.where(ReleasedForm.method.is_not(None))
    ):
        subject = f"{edition_name(form.public_id, form.edition)} as {form.format}"
        yield from _out_of_time(entries, subject, str(form.method), issued_at)
    try:
        for entry in books.office.log.entries():
            if entry.purpose == CLOCK:
                continue
            subject = f"{entry.subject}, {entry.purpose}"
            at = datetime.fromisoformat(entry.at)
            yield from _out_of_time(entries, subject, entry.method, at)
    except SigningLogDamaged:
        pass  # another question says so
    for row in books.session.scalars(select(StatusList)):
        key = entries.get(status_lists.signed_by(row) or "")
        if key is not None and key.state is KeyState.COMPROMISED:
            yield (
                f"status list {row.number}",
                f"signed by {key.kid}, which is compromised; run `badgeservice setup`",
            )


def _out_of_time(
    entries: Mapping[str, RegisteredKey], subject: str, method: str, at: datetime
) -> Findings:
    key = entries.get(method)
    if key is None:
        yield subject, f"signed by {method}, which is no key of ours"
    elif at < key.created - CLOCK_SKEW:
        yield subject, f"signed by {key.kid} at {at.isoformat()}, before it was made"
    elif key.retired is not None and at > key.retired + CLOCK_SKEW:
        yield subject, f"signed by {key.kid} at {at.isoformat()}, after it was retired"
