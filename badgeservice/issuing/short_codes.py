"""Short codes: what people type to see the verdict on a public badge.

A code is no secret and no address: 40 bits can be guessed by someone with time, so what answers to
it says nothing that leads to a person. It is drawn at random, so that it tells neither order nor
volume, and is never given again.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from badgeservice import typed_codes
from badgeservice.errors import ConflictingChange
from badgeservice.issuing.models import Badge, ShortCode, Visibility

LENGTH = 8
_TRIES = 5


def give(session: Session, badge: Badge) -> None:
    """Give a public badge its code; nothing to one that has a code, or that is not public.

    Raises ConflictingChange when no free code could be drawn.
    """
    session.flush()
    if badge.visibility != Visibility.PUBLIC:
        return
    for _ in range(_TRIES):
        if _row(session, badge) is not None:
            return
        try:
            with session.begin_nested():
                session.add(ShortCode(code=typed_codes.draw(LENGTH), public_id=badge.public_id))
        except IntegrityError:
            continue  # the code is taken, or somebody gave this badge one meanwhile
        return
    raise ConflictingChange(f"{badge.public_id}: no free short code; try again")


def give_missing(session: Session) -> int:
    """Give a code to every badge that was public before there were codes; return how many."""
    without = (
        select(Badge)
        .outerjoin(ShortCode, ShortCode.public_id == Badge.public_id)
        .where(Badge.visibility == Visibility.PUBLIC, ShortCode.code.is_(None))
    )
    badges = session.scalars(without).all()
    for badge in badges:
        give(session, badge)
    return len(badges)


def of(session: Session, badge: Badge) -> str | None:
    """Return the code of a badge, None while it is not public."""
    row = _row(session, badge)
    return row.code if row and badge.visibility == Visibility.PUBLIC else None


def read(typed: str) -> str | None:
    """Return the code that somebody typed, None when it cannot be one.

    >>> read("k7qm 2xvo")
    'K7QM2XV0'
    """
    code = typed_codes.as_meant(typed)
    is_one = len(code) == LENGTH and set(code) <= set(typed_codes.ALPHABET)
    return code if is_one else None


def find(session: Session, code: str) -> Badge | None:
    """Return the public badge with this code, None when there is none or it is not public now."""
    return session.scalar(
        select(Badge)
        .join(ShortCode, ShortCode.public_id == Badge.public_id)
        .where(ShortCode.code == code, Badge.visibility == Visibility.PUBLIC)
    )


def _row(session: Session, badge: Badge) -> ShortCode | None:
    return session.scalar(select(ShortCode).where(ShortCode.public_id == badge.public_id))
