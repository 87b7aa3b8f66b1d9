"""What becomes of a badge after it was released: suspended, reinstated, revoked, withdrawn.

Each change is one commit: register, award, published status list and audit chain, once it stands in
the ledger of states. The address of the badge stays, and says what holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from badgeservice.awarding import offers
from badgeservice.awarding.models import Award
from badgeservice.errors import ConflictingChange, CredentialNotFound
from badgeservice.issuing import shelf, status_lists
from badgeservice.issuing.models import Badge, BadgeState, Intent, Reason
from badgeservice.issuing.office import Office
from badgeservice.issuing.state_ledger import Entry
from badgeservice.storage import chain, locks
from badgeservice.storage.locks import Turn

REVOCATION_REASONS = (Reason.ISSUED_IN_ERROR, Reason.EVIDENCE_WITHDRAWN, Reason.HOLDER_REQUEST)
DESTROY = "destroy"
"""What the chain says when the holder of a revoked badge takes back its bytes."""
_ENDED = (BadgeState.REVOKED, BadgeState.WITHDRAWN)


def revoke(
    session: Session, office: Office, public_id: str, *, reason: Reason, actor: str, now: datetime
) -> Badge:
    """Revoke a badge, with a reason that the public may read.

    Revoking what is revoked or withdrawn changes nothing. Raises CredentialNotFound;
    ConflictingChange when someone else is changing the badge (nothing was done: try again).
    """
    return _end(
        session, office, public_id, BadgeState.REVOKED, "revoke", reason, actor=actor, now=now
    )


def withdraw(
    session: Session, office: Office, public_id: str, *, actor: str, now: datetime
) -> Badge:
    """Take a badge from the public at its holder's wish, and destroy our copy of its bytes.

    Raises as `revoke` does. A revoked badge stays revoked; its bytes are destroyed all the same.
    """
    badge = get(session, public_id)
    if badge.state == BadgeState.REVOKED:
        if not shelf.kept(session, badge):
            return badge
        shelf.destroy(session, public_id)
        # Told like a withdrawal: after a restore, its bytes must not be there again.
        return _record(
            session, office, badge, BadgeState.WITHDRAWN, DESTROY, None, actor=actor, now=now
        )
    return _end(
        session, office, public_id, BadgeState.WITHDRAWN, "withdraw", None, actor=actor, now=now
    )


def suspend(
    session: Session, office: Office, public_id: str, *, actor: str, now: datetime
) -> Badge:
    """Say that a badge is not to be relied on for now; the status list does not change.

    Suspending what is suspended changes nothing. Raises CredentialNotFound; ConflictingChange for a
    badge that is revoked or withdrawn, or that someone else is changing.
    """
    return _pause(
        session,
        office,
        public_id,
        BadgeState.ACTIVE,
        BadgeState.SUSPENDED,
        "suspend",
        Reason.UNDER_REVIEW,
        actor=actor,
        now=now,
    )


def reinstate(
    session: Session, office: Office, public_id: str, *, actor: str, now: datetime
) -> Badge:
    """Put a suspended badge in force again. Raises as `suspend` does."""
    return _pause(
        session,
        office,
        public_id,
        BadgeState.SUSPENDED,
        BadgeState.ACTIVE,
        "reinstate",
        None,
        actor=actor,
        now=now,
    )


def replay(session: Session, office: Office, entries: Iterable[Entry], *, now: datetime) -> int:
    """Bring badges into the states that a ledger tells last; return how many were in another one.

    For a register that was restored. What it does not know is passed over, and what has ended stays
    so; what its holder took back is destroyed even then. Commits badge by badge. Raises as `revoke`
    does.
    """
    told: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.is_of_visibility:
            continue
        told.setdefault(entry.badge, []).append(entry)
    changed = 0
    for public_id, each in told.items():
        badge, last = session.get(Badge, public_id), each[-1]
        if badge is None:
            continue
        before = badge.state
        if last.state == BadgeState.WITHDRAWN:
            # One that was revoked before stays revoked, of which its holder took back the bytes.
            again = [entry for entry in each if entry.state == BadgeState.REVOKED][-1:]
        else:
            again = []
        for entry in (*again, last):
            _replay(session, office, badge, entry, now=now)
        changed += badge.state != before
    return changed


def _replay(session: Session, office: Office, badge: Badge, entry: Entry, *, now: datetime) -> None:
    state = BadgeState(entry.state)
    has_ended = badge.state in _ENDED and state is not BadgeState.WITHDRAWN
    if badge.state == state or has_ended:
        return
    if state is BadgeState.REVOKED:
        reason = Reason(entry.reason)
        revoke(session, office, entry.badge, reason=reason, actor="ledger", now=now)
    else:
        _CHANGES[state](session, office, entry.badge, actor="ledger", now=now)


def get(session: Session, public_id: str) -> Badge:
    """Return a badge of ours; raise CredentialNotFound when there is none."""
    badge = session.get(Badge, public_id)
    if badge is None:
        raise _none_of_ours(public_id)
    return badge


def _none_of_ours(public_id: str) -> CredentialNotFound:
    return CredentialNotFound(f"{public_id}: no badge of ours")


_CHANGES = {
    BadgeState.WITHDRAWN: withdraw,
    BadgeState.SUSPENDED: suspend,
    BadgeState.ACTIVE: reinstate,
}


def _end(
    session: Session,
    office: Office,
    public_id: str,
    state: BadgeState,
    action: str,
    reason: Reason | None,
    *,
    actor: str,
    now: datetime,
) -> Badge:
    found = session.execute(
        select(Badge, Intent, Award)
        .join(Intent, (Intent.public_id == Badge.public_id) & (Intent.edition == Badge.edition))
        .outerjoin(Award, Award.id == Badge.award_id)  # gone when its holder was erased
        .where(Badge.public_id == public_id)
    ).one_or_none()
    if found is None:
        raise _none_of_ours(public_id)
    badge, intent, award = found
    if badge.state in _ENDED:
        return badge
    # Whoever publishes a list waits until the bits that the other has set are there to be read.
    locks.serialise(session, Turn.STATUS_LISTS)
    _move(session, badge, state, reason, now=now)
    if state is BadgeState.WITHDRAWN:
        shelf.destroy(session, public_id)
    if award is not None:
        offers.withdraw(session, award.id, now=now)
    number = intent.status_list
    version = status_lists.publish(session, office, number, ended=[intent.status_index], now=now)
    published = {str(number): version}
    return _record(
        session,
        office,
        badge,
        state,
        action,
        reason,
        actor=actor,
        now=now,
        details={"status_lists": published},
    )


def _pause(
    session: Session,
    office: Office,
    public_id: str,
    before: BadgeState,
    after: BadgeState,
    action: str,
    reason: Reason | None,
    *,
    actor: str,
    now: datetime,
) -> Badge:
    badge = get(session, public_id)
    if badge.state == after:
        return badge
    if badge.state != before:
        raise ConflictingChange(f"{public_id} is {badge.state}: it stays so")
    _move(session, badge, after, reason, now=now)
    return _record(session, office, badge, after, action, reason, actor=actor, now=now)


def _move(
    session: Session, badge: Badge, state: BadgeState, reason: Reason | None, *, now: datetime
) -> None:
    """Change the state if state and edition still are what we saw; else raise ConflictingChange.

    Of another edition, the place in the lists would be another one too.
    """
    changed = session.execute(
        update(Badge)
        .where(
            Badge.public_id == badge.public_id,
            Badge.state == badge.state,
            Badge.edition == badge.edition,
        )
        .values(state=state, state_since=now, state_reason=reason)
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE has a row count
        session.rollback()
        raise ConflictingChange(f"{badge.public_id} was changed by someone else")


def _record(
    session: Session,
    office: Office,
    badge: Badge,
    state: BadgeState,
    action: str,
    reason: Reason | None,
    *,
    actor: str,
    now: datetime,
    details: Mapping[str, Any] | None = None,
) -> Badge:
    told = {**({"reason": str(reason)} if reason else {}), **(details or {})}
    chain.append(
        session, actor=actor, action=action, subject=badge.public_id, details=told, now=now
    )
    # Last, so that hardly anything can keep the commit from following.
    office.states.append(badge.public_id, state, str(reason or ""), now)
    session.commit()  # what the session knows is read anew when somebody asks
    return badge
