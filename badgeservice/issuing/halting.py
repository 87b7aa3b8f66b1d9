"""Issuing, halted and resumed: one row, which whoever signs a badge looks at in its transaction.

Halted are editions of badges and endorsements, whoever asks for them. Status lists, and with them
revocations, are signed all the same; pages and verification go on. What a person accepts meanwhile
is written down and signed afterwards.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from badgeservice.errors import ConflictingChange, IssuingHalted
from badgeservice.issuing.models import IssuingHalt
from badgeservice.storage import chain, locks
from badgeservice.storage.locks import Turn

_THE_ROW = 1
_SUBJECT = "issuing"
_WAITS = 10
"""How often to wait for others, each time as long as a lock is waited for, which is five seconds."""


def standing(session: Session) -> IssuingHalt | None:
    """Return the halt that stands at this moment, None while badges are issued."""
    return session.scalar(
        select(IssuingHalt)
        .where(IssuingHalt.id == _THE_ROW)
        .execution_options(populate_existing=True)
    )


def refuse(session: Session) -> None:
    """Raise IssuingHalted while issuing is halted; otherwise whoever halts it waits for us.

    Call it before signing, so that nothing is signed in vain, and once more before the commit, in
    the transaction that writes.
    """
    locks.share(session, Turn.ISSUING)
    if halt := standing(session):
        raise IssuingHalted(
            f"issuing is halted since {halt.since:%Y-%m-%d %H:%M} UTC; what was accepted is kept, "
            "and is signed after `badgeservice resume`"
        )


def halt(session: Session, *, reason: str, actor: str, now: datetime) -> bool:
    """Halt issuing, in every process that uses this database; return whether it was not before.

    Commits. When it returns, whoever was signing has finished or was refused. Raises
    ConflictingChange when it takes longer than two minutes; its sentence says whether the halt stands.
    """
    _take(session, Turn.AUDIT_CHAIN, "the database is busy; issuing is not halted: try again")
    if is_new := standing(session) is None:
        session.add(IssuingHalt(id=_THE_ROW, since=now, reason=reason))
        _tell(session, "halt", actor, now)
    session.commit()
    _take(session, Turn.ISSUING, "issuing is halted; who was signing before still does")
    session.rollback()
    return is_new


def resume(session: Session, *, actor: str, now: datetime) -> bool:
    """Let badges be issued again; return whether they were not. Commits. Raises ConflictingChange."""
    _take(session, Turn.AUDIT_CHAIN, "the database is busy; nothing was changed: try again")
    if halted := standing(session):
        session.delete(halted)
        _tell(session, "resume", actor, now)
    session.commit()
    return halted is not None


def _take(session: Session, turn: Turn, otherwise: str) -> None:
    """Take a turn with more patience than a request has; raise ConflictingChange when it is not had."""
    for _ in range(_WAITS):
        try:
            locks.serialise(session, turn)
        except (OperationalError, sqlite3.OperationalError):  # it was not had in time
            session.rollback()
        else:
            return
    raise ConflictingChange(otherwise)


def _tell(session: Session, action: str, actor: str, now: datetime) -> None:
    chain.append(session, actor=actor, action=action, subject=_SUBJECT, details={}, now=now)
