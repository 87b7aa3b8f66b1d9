"""Do the chain, the signer's log and the registry of keys tell of the same things?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from badgeservice.errors import (
    SigningLogDamaged,
)
from badgeservice.issuing import key_chain, ob2, status_lists
from badgeservice.issuing.audit.books import (
    ROWS_AT_A_TIME,
    TOKENS,
    Books,
    Findings,
    edition_name,
)
from badgeservice.issuing.audit.scratch import Scratch, scratch
from badgeservice.issuing.key_registry import KeyState, RegisteredKey
from badgeservice.issuing.models import (
    Badge,
    BadgeState,
    Credential,
    Intent,
    ReleasedForm,
    StatusList,
)
from badgeservice.issuing.signer import CLOCK, CLOCK_SKEW, Purpose, SigningLog
from badgeservice.storage import chain
from badgeservice.storage.chain import AuditEvent


def audit_chain(books: Books) -> Findings:
    """The chain is whole, and tells of exactly the badges of the register and what became of them."""
    for found in chain.breaks(books.session):
        yield f"link {found.sequence}", found.problem
    events = select(AuditEvent.subject, AuditEvent.action).order_by(AuditEvent.sequence)
    told_by_chain = events.where(AuditEvent.action.in_((*_TELLS, "replace")))
    rows = books.session.execute(told_by_chain.execution_options(yield_per=ROWS_AT_A_TIME))
    with scratch("subject", "action") as told:
        told.fill((subject, action) for subject, action in rows)
        for public_ids in books.ids(Badge.public_id):
            badges = books.some_badges(public_ids)
            actions: dict[str, list[str]] = {}
            for subject, action in told.take(public_ids):
                actions.setdefault(subject, []).append(action)
            for badge in badges:
                yield from _told(badge, actions.get(badge.public_id))
        for subject in dict.fromkeys(subject for subject, _ in told.left()):
            yield subject, "in the chain but not the register"


def _told(badge: Badge, actions: list[str] | None) -> Findings:
    """A badge is in the state, and has the editions, that the chain tells of."""
    if actions is None:
        yield badge.public_id, "in the register only: the chain knows nothing of it"
        return
    state = next((_TELLS[each] for each in reversed(actions) if each in _TELLS), None)
    if state != badge.state:
        yield badge.public_id, f"{state} in the chain, {badge.state} in the register"
    counted = sum(each in ("issue", "replace") for each in actions)
    if counted != badge.edition:
        yield badge.public_id, f"edition {badge.edition}, and {counted} in the chain"


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
    with scratch("subject", "at", "digest", "stretch") as logged:
        try:
            ahead = stretches(books.office.log)
            logged.fill(_entries(books, ahead))
        except SigningLogDamaged as error:
            yield "signer's log", error.message
            return
        for public_ids in books.ids(Intent.public_id):
            yield from _signed(books, public_ids, logged, ahead)
        for subject in dict.fromkeys(subject for subject, *_ in logged.left()):
            yield subject, "signed, but never planned"


def _signed(
    books: Books, public_ids: Sequence[str], logged: Scratch, ahead: Sequence[Stretch]
) -> Findings:
    """Of some badges, what was signed was planned and released, and the other way round."""
    session = books.session
    windows: dict[str, list[tuple[datetime, datetime | None]]] = {}
    plans = (
        select(Intent.public_id, Intent.ob2_id, Intent.reserved_at, Credential.issued_at)
        .outerjoin(
            Credential,
            (Credential.public_id == Intent.public_id) & (Credential.edition == Intent.edition),
        )
        .where(Intent.public_id.in_(public_ids))
        .order_by(Intent.public_id, Intent.edition)
    )
    for public_id, ob2_id, reserved_at, issued_at in session.execute(plans):
        until = issued_at + ATTEMPT if issued_at else None
        for subject in (public_id, *([ob2.signed_id(ob2_id)] if ob2_id else [])):
            windows.setdefault(subject, []).append((reserved_at, until))
    tokens = select(ReleasedForm.digest).where(
        ReleasedForm.public_id.in_(public_ids), ReleasedForm.format.in_(TOKENS)
    )
    released = set(session.scalars(tokens))
    entries = logged.take(list(windows))
    for subject, at, digest, number in entries:
        if digest in released or _is_attempt(at, windows[subject]):
            continue
        stretch = ahead[number] if number is not None else None
        if not _is_attempt_around_a_jump(at, windows[subject], ahead, stretch):
            yield subject, f"signed at {at}, when there was nothing to sign"
    signed = {subject for subject, *_ in entries}
    badges = select(Badge.public_id).where(Badge.public_id.in_(public_ids))
    for public_id in session.scalars(badges.order_by(Badge.public_id)):
        if public_id not in signed:
            yield public_id, "released, but not in the signer's log"
    for digest in sorted(released - {digest for _, _, digest, _ in entries}):
        yield digest, "a token was released that the signer did not log"


def _entries(books: Books, ahead: Sequence[Stretch]) -> Iterator[tuple[str, str, str, int | None]]:
    """Yield subject, time and digest of what the signer says that it signed for badges.

    With the number of the stretch of `ahead` that it stands in, None elsewhere.
    """
    prefix = f"{books.office.base_url}/b/"
    for line, entry in enumerate(books.office.log.entries()):
        if entry.purpose in (Purpose.CREDENTIAL, Purpose.ASSERTION):
            within = (n for n, each in enumerate(ahead) if each.first <= line < each.last)
            # The log holds the digest of the signature: of a token, that is the whole of it.
            yield entry.subject.removeprefix(prefix), entry.at, entry.digest, next(within, None)


ATTEMPT = timedelta(minutes=5)
"""How long an attempt may take: one that lost the race may have signed so much later than the release,
or have begun, and so be dated, so much earlier than the plan that another made in the meantime."""


def _is_attempt(written: str, windows: list[tuple[datetime, datetime | None]]) -> bool:
    """Tell whether a signature was made while an edition was being released, or still is."""
    at = datetime.fromisoformat(written)
    return any(begin - ATTEMPT <= at and (end is None or at <= end) for begin, end in windows)


@dataclass(frozen=True)
class Stretch:
    """Entries of the signer's log that were made while the clock ran ahead: from `first` to `last`.

    `right` is the last instant before that was right, `since` the one at which somebody said that
    the clock is right again, `until` how far it had run.
    """

    first: int
    last: int
    right: datetime
    since: datetime
    until: datetime


def stretches(log: SigningLog) -> list[Stretch]:
    """Return when the clock ran ahead, as `badgeservice keys accept-clock` has told the log."""
    told = [
        (line, datetime.fromisoformat(entry.at))
        for line, entry in enumerate(log.entries())
        if entry.purpose == CLOCK
    ]
    found: list[Stretch] = []
    if not told:
        return found
    entries, right = enumerate(log.entries()), _EARLIEST
    for last, since in told:
        first, before, until = None, right, since
        for line, entry in entries:
            if line == last:
                break
            at = datetime.fromisoformat(entry.at)
            if at > since + CLOCK_SKEW:
                first = line if first is None else first
                until = max(until, at)
            elif first is None:
                before = at
        if first is not None:
            found.append(Stretch(first, last, before, since, until))
        right = since
    return found


_EARLIEST = datetime.min.replace(tzinfo=UTC)


def _is_attempt_around_a_jump(
    written: str,
    windows: list[tuple[datetime, datetime | None]],
    ahead: Sequence[Stretch],
    stretch: Stretch | None,
) -> bool:
    """Tell whether a signature lost the race to another that was made on the other side of a jump.

    Its edition was planned by the clock that ran ahead, or was released just before it did;
    `stretch` is the one that the signature was made in.
    """
    at = datetime.fromisoformat(written)
    return any(
        any(at <= begin and each.since < begin <= each.until for each in ahead)
        or (stretch is not None and end is not None and stretch.right <= end < at)
        for begin, end in windows
    )


def keys(books: Books) -> Findings:
    """Each key did what the chain tells, proves itself if it signs, and signed in its time only."""
    yield from key_chain.differences(books.session, books.office.issuer, books.office.keyring)
    for problem in books.office.keyring.problems():
        yield "keys", problem.message
    entries = {
        books.office.issuer.method(kid): key for kid, key in books.office.keyring.entries.items()
    }
    signatures = (
        select(
            ReleasedForm.public_id,
            ReleasedForm.edition,
            ReleasedForm.format,
            ReleasedForm.method,
            Credential.issued_at,
        )
        .join(
            Credential,
            (Credential.public_id == ReleasedForm.public_id)
            & (Credential.edition == ReleasedForm.edition),
        )
        .where(ReleasedForm.method.is_not(None))
        .execution_options(yield_per=ROWS_AT_A_TIME)
    )
    for public_id, edition, form, method, issued_at in books.session.execute(signatures):
        subject = f"{edition_name(public_id, edition)} as {form}"
        yield from _out_of_time(entries, subject, str(method), issued_at)
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
