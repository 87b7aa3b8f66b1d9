"""The audit chain: what was done, in an order that nobody can change without being seen.

Every event carries the SHA-256 of its own canonical content and of the event before it. Events hold
identifiers, digests and codes, never a name or an address, so that the chain survives erasure.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String, select
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


def append(
    session: Session,
    *,
    actor: str,
    action: str,
    subject: str,
    details: dict[str, Any],
    now: datetime,
) -> AuditEvent:
    """Append an event in the caller's transaction and return it.

    Writers come one after the other, from here to the end of their transactions; the unique
    `previous` would stop one that did not, so that the chain never forks.
    """
    locks.serialise(session, Turn.AUDIT_CHAIN)
    last = session.scalars(
        select(AuditEvent).order_by(AuditEvent.sequence.desc()).limit(1)
    ).one_or_none()
    event = AuditEvent(
        sequence=last.sequence + 1 if last else 1,
        at=now,
        actor=actor,
        action=action,
        subject=subject,
        details=details,
        previous=last.digest if last else GENESIS,
    )
    event.digest = _digest(event)
    session.add(event)
    session.flush()
    return event


def head(session: Session) -> str:
    """Return the last link as `sequence:digest`, to be kept where this service cannot write.

    A chain whose last links were cut off is whole again; only an older head shows it.
    """
    last = session.execute(
        select(AuditEvent.sequence, AuditEvent.digest).order_by(AuditEvent.sequence.desc()).limit(1)
    ).one_or_none()
    return f"{last.sequence}:{last.digest}" if last else f"0:{GENESIS}"


def contains(session: Session, former_head: str) -> bool:
    """Tell whether a link that `head` once returned still is in the chain."""
    sequence, _, digest = former_head.partition(":")
    if not (sequence.isascii() and sequence.isdigit() and len(sequence) < 10):
        return False
    if int(sequence) == 0:
        return digest == GENESIS
    link = session.get(AuditEvent, int(sequence))
    return link is not None and link.digest == digest


def breaks(session: Session) -> list[Break]:
    """Return every place where the chain does not hold: edited, deleted, inserted, reordered."""
    problems = []
    expected, previous = 1, GENESIS
    events = select(AuditEvent).order_by(AuditEvent.sequence)
    for event in session.scalars(events.execution_options(yield_per=500)):
        if event.sequence != expected:
            problems.append(Break(event.sequence, f"expected link {expected}"))
        if event.previous != previous:
            problems.append(Break(event.sequence, "does not continue the link before"))
        if event.digest != _digest(event):
            problems.append(Break(event.sequence, "content does not match its digest"))
        expected, previous = event.sequence + 1, event.digest
    return problems


def _digest(event: AuditEvent) -> str:
    content = {
        "sequence": event.sequence,
        "at": event.at.isoformat(timespec="microseconds"),
        "actor": event.actor,
        "action": event.action,
        "subject": event.subject,
        "details": event.details,
        "previous": event.previous,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
