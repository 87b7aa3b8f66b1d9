"""The badges that a person holds, and who may see them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from badgeservice.awarding import offers
from badgeservice.awarding.models import Award
from badgeservice.errors import CredentialNotFound
from badgeservice.issuing import short_codes
from badgeservice.issuing.models import (
    Badge,
    BadgeState,
    Credential,
    CredentialBytes,
    Visibility,
)
from badgeservice.issuing.office import Office
from badgeservice.issuing.state_ledger import Entry


def of_holder(session: Session, person_id: str) -> list[Badge]:
    """Return the badges of a person, the newest first."""
    return list(
        session.scalars(
            select(Badge)
            .where(Badge.public_id.in_(_ids(person_id)))
            .order_by(Badge.awarded_at.desc(), Badge.public_id)
        )
    )


def of_class(session: Session, person_id: str, class_slug: str, now: datetime) -> Badge | None:
    """Return the badge of this class that a person holds, None without one.

    One that is suspended, revoked or may be renewed by now does not count.
    """
    return session.scalars(
        select(Badge)
        .join(
            Credential,
            (Credential.public_id == Badge.public_id) & (Credential.edition == Badge.edition),
        )
        .where(
            Badge.class_slug == class_slug,
            Badge.state == BadgeState.ACTIVE,
            Badge.public_id.in_(_ids(person_id)),
            or_(
                Credential.valid_until.is_(None),
                Credential.valid_until > now + offers.RENEWAL_WINDOW,
            ),
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


def was_withdrawn(session: Session, person_id: str, public_id: str) -> bool:
    """Say whether this person has withdrawn this badge. Its bytes are gone, its award is not."""
    badge = session.get(Badge, public_id)
    if badge is None or badge.state != BadgeState.WITHDRAWN:
        return False
    award = session.get(Award, badge.award_id)
    return award is not None and award.person_id == person_id


def renewed_by(session: Session, person_id: str, badge: Badge) -> Badge | None:
    """Return the badge whose time this one continues, None when its holder no longer has it."""
    return session.scalar(
        select(Badge).where(Badge.public_id == badge.renews, Badge.public_id.in_(_ids(person_id)))
    )


def set_visibility(
    session: Session, office: Office, badge: Badge, visibility: Visibility, *, now: datetime
) -> None:
    """Let others see a badge, or no longer. It is not part of what is signed. The caller commits.

    Raises ConflictingChange when somebody else is changing the badge.
    """
    _show(session, badge, visibility)
    session.flush()
    # Last, so that hardly anything can keep the commit from following.
    office.states.append(badge.public_id, visibility, "", now)


def replay(session: Session, entries: Iterable[Entry]) -> int:
    """Let badges be seen by whom a ledger tells last; return for how many that is a change.

    For a register that was restored; what it does not know is passed over. The caller commits.
    """
    last = {each.badge: Visibility(each.state) for each in entries if each.is_of_visibility}
    changed = 0
    for public_id, visibility in last.items():
        badge = session.get(Badge, public_id)
        if badge is not None and badge.visibility != visibility:
            _show(session, badge, visibility)
            changed += 1
    return changed


def _show(session: Session, badge: Badge, visibility: Visibility) -> None:
    badge.visibility = visibility
    short_codes.give(session, badge)


def _ids(person_id: str) -> Select[str]:
    return select(CredentialBytes.public_id).where(CredentialBytes.holder_id == person_id)
