"""The badges that a person holds, and who may see them."""

from __future__ import annotations

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from badgeservice.errors import CredentialNotFound
from badgeservice.issuing.models import Badge, BadgeState, CredentialBytes, Visibility


def of_holder(session: Session, person_id: str) -> list[Badge]:
    """Return the badges of a person, the newest first."""
    return list(
        session.scalars(
            select(Badge)
            .where(Badge.public_id.in_(_ids(person_id)))
            .order_by(Badge.awarded_at.desc(), Badge.public_id)
        )
    )


def of_class(session: Session, person_id: str, class_slug: str) -> Badge | None:
    """Return the badge of this class that a person holds and that is in force, None without one."""
    return session.scalars(
        select(Badge).where(
            Badge.class_slug == class_slug,
            Badge.state == BadgeState.ACTIVE,
            Badge.public_id.in_(_ids(person_id)),
        )
    ).first()


def held(session: Session, person_id: str, public_id: str) -> Badge:
    """Return a badge of this person; raise CredentialNotFound for any other, whosever it is."""
    badge = session.scalar(
        select(Badge).where(Badge.public_id == public_id, Badge.public_id.in_(_ids(person_id)))
    )
    if badge is None:
        raise CredentialNotFound(f"no badge {public_id} of this person")
    return badge


def set_visibility(session: Session, badge: Badge, visibility: Visibility) -> None:
    """Let others see a badge, or no longer. It is not part of what is signed."""
    badge.visibility = visibility
    session.flush()


def _ids(person_id: str) -> Select[str]:
    return select(CredentialBytes.public_id).where(CredentialBytes.holder_id == person_id)
