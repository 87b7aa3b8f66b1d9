"""The audit chain: what was done, in an order that nobody can change without being seen.

Every event carries the SHA-256 of its own canonical content and of the event before it. Events hold
identifiers, digests and codes, never a name or an address, so that the chain survives erasure.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, String, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from badgeservice.storage import locks
from badgeservice.storage.base import Base, UtcDateTime
from badgeservice.storage.locks import Turn

GENESIS = "0" * 64


class AuditEvent(Base):
    """One link. `sequence` starts at 1 and has no gap; `previous` is the digest of the link before."""

    __tablename__ = "audit_event"

    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(100))
    action: Mapped[str] = mapped_column(String(50))
    subject: Mapped[str] = mapped_column(String(300))
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    previous: Mapped[str] = mapped_column(String(64), unique=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)


@dataclass(frozen=True)
class Break:
    """A place where the chain does not hold, and how."""

    sequence: int
    problem: str


@dataclass(frozen=True)
class Event:
    """Something that was done, to become a link: by whom, what, to what; `details` hold no name."""

    actor: str
    action: str
    subject: str
    details: dict[str, Any]


def append(
    session: Session,
    *,
    actor: str,
    action: str,
    subject: str,
    details: dict[str, Any],
    now: datetime,
) -> None:
    """Append an event in the caller's transaction; see `extend`."""
    extend(session, [Event(actor, action, subject, details)], now=now)


def extend(session: Session, events: Sequence[Event], *, now: datetime) -> None:
    """Append events, in their order, in the caller's transaction.

    Writers come one after the other, from here to the end of their transactions; the unique
    `previous` would stop one that did not, so that the chain never forks.
    """
    locks.serialise(session, Turn.AUDIT_CHAIN)
    sequence, previous = _last(session)
    links = []
    for event in events:
        sequence += 1
        link: dict[str, Any] = {
            "sequence": sequence,
            "at": now,
            "actor": event.actor,
            "action": event.action,
            "subject": event.subject,
            "details": event.details,
            "previous": previous,
        }
        previous = _digest(**link)
        links.append({**link, "digest": previous})
    if links:
        session.execute(insert(AuditEvent), links)


def head(session: Session) -> str:
    """Return the last link as `sequence:digest`, to be kept where this service cannot write.

    A chain whose last links were cut off is whole again; only an older head shows it.
    """
    sequence, digest = _last(session)
    return f"{sequence}:{digest}"


def contains(session: Session, former_head: str) -> bool:
    """Tell whether a link that `head` once returned still is in the chain."""
    sequence, _, digest = former_head.partition(":")
    if not (sequence.isascii() and sequence.isdigit() and len(sequence) < 10):
        return False
    if int(sequence) == 0:
        return digest == GENESIS
    link = session.get(AuditEvent, int(sequence))
    return link is not None and link.digest == digest


def breaks(session: Session) -> Iterator[Break]:
    """Yield every place where the chain does not hold: edited, deleted, inserted, reordered."""
    expected, previous = 1, GENESIS
    events = select(
        AuditEvent.sequence,
        AuditEvent.at,
        AuditEvent.actor,
        AuditEvent.action,
        AuditEvent.subject,
        AuditEvent.details,
        AuditEvent.previous,
        AuditEvent.digest,
    ).order_by(AuditEvent.sequence)
    for *content, digest in session.execute(events.execution_options(yield_per=500)):
        sequence, *_, before = content
        if sequence != expected:
            yield Break(sequence, f"expected link {expected}")
        if before != previous:
            yield Break(sequence, "does not continue the link before")
        if digest != _digest(*content):
            yield Break(sequence, "content does not match its digest")
        expected, previous = sequence + 1, digest


def _last(session: Session) -> tuple[int, str]:
    """Return the number and the digest of the last link."""
    last = session.execute(
        select(AuditEvent.sequence, AuditEvent.digest).order_by(AuditEvent.sequence.desc()).limit(1)
    ).one_or_none()
    return (last.sequence, last.digest) if last else (0, GENESIS)


def _digest(
    sequence: int,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    details: dict[str, Any],
    previous: str,
) -> str:
    content = {
        "sequence": sequence,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": actor,
        "action": action,
        "subject": subject,
        "details": details,
        "previous": previous,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
