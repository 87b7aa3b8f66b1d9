"""The audit chain: no change of the past goes unseen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from badgeservice.storage import chain
from badgeservice.storage.chain import AuditEvent


@pytest.fixture
def five(session: Session, now: datetime) -> Session:
    """A session with a chain of five links."""
    for number in range(1, 6):
        chain.append(
            session,
            actor="system",
            action="issue",
            subject=f"badge-{number}",
            details={"number": number},
            now=now + timedelta(seconds=number),
        )
    session.commit()
    return session


def edit(session: Session) -> None:
    """Change what a link says."""
    session.get_one(AuditEvent, 3).subject = "badge-9"


def edit_and_recompute(session: Session) -> None:
    """Change a link and its digest: the next link still names the old digest."""
    event = session.get_one(AuditEvent, 3)
    event.subject = "badge-9"
    event.digest = chain._digest(
        event.sequence,
        event.at,
        event.actor,
        event.action,
        event.subject,
        event.details,
        event.previous,
    )


def delete(session: Session) -> None:
    """Take a link away."""
    session.delete(session.get_one(AuditEvent, 3))


def reorder(session: Session) -> None:
    """Exchange what two links say."""
    second, fourth = session.get_one(AuditEvent, 2), session.get_one(AuditEvent, 4)
    second.subject, fourth.subject = fourth.subject, second.subject


def backdate(session: Session) -> None:
    """Change when something happened."""
    event = session.get_one(AuditEvent, 5)
    event.at -= timedelta(days=1)


def test_an_untouched_chain_holds(five: Session) -> None:
    """No violation where nothing was changed."""
    assert list(chain.breaks(five)) == []


@pytest.mark.parametrize("attack", [edit, edit_and_recompute, delete, reorder, backdate])
def test_attack_on_the_past_is_seen(five: Session, attack: Callable[[Session], None]) -> None:
    """Edited, deleted, reordered and backdated links are all found."""
    attack(five)
    five.flush()

    assert list(chain.breaks(five))


def test_many_events_at_once_are_the_same_links(session: Session, now: datetime) -> None:
    """What is appended together continues the chain as if it had come one by one."""
    chain.append(session, actor="a", action="issue", subject="b0", details={}, now=now)

    chain.extend(
        session, [chain.Event("a", "replace", f"b{n}", {"n": n}) for n in range(1, 4)], now=now
    )
    chain.extend(session, [], now=now)

    assert [] == list(chain.breaks(session))
    assert "4" == chain.head(session).partition(":")[0]


def test_the_chain_cannot_fork(five: Session, now: datetime) -> None:
    """Two links cannot both follow the same one; the second writer fails and is tried again."""
    last = five.get_one(AuditEvent, 5)
    five.add(
        AuditEvent(
            sequence=6, at=now, actor="a", action="b", subject="c", details={},
            previous=last.previous, digest="f" * 64,
        )
    )  # fmt: skip

    with pytest.raises(IntegrityError):
        five.flush()
