"""Withdraw a badge, with a reason that the public may read."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import update
from sqlalchemy.orm import Session

from badgeservice.awarding import offers
from badgeservice.awarding.models import Award
from badgeservice.errors import ConflictingChange, CredentialNotFound
from badgeservice.issuing import status_lists
from badgeservice.issuing.models import Credential, CredentialState, Intent
from badgeservice.issuing.office import Office
from badgeservice.storage import chain


class Reason(StrEnum):
    """Why a badge was withdrawn, in neutral terms; `badgeservice.issuing.words` says them."""

    ISSUED_IN_ERROR = "issued_in_error"
    EVIDENCE_WITHDRAWN = "evidence_withdrawn"
    HOLDER_REQUEST = "holder_request"


def revoke(
    session: Session,
    office: Office,
    public_id: str,
    *,
    reason: Reason,
    actor: str,
    now: datetime,
) -> Credential:
    """Revoke a badge: register, award, published status list and audit chain in one commit.

    Revoking a revoked badge changes nothing. Raises CredentialNotFound; ConflictingChange when the
    list was being published by someone else (nothing was done: try again).
    """
    credential = session.get(Credential, public_id)
    if credential is None:
        raise CredentialNotFound(f"{public_id}: no badge of ours")
    if credential.state == CredentialState.REVOKED:
        return credential
    changed = session.execute(
        update(Credential)
        .where(Credential.public_id == public_id, Credential.state == CredentialState.ACTIVE)
        .values(state=CredentialState.REVOKED, state_since=now, state_reason=reason)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE has a row count
        session.rollback()
        raise ConflictingChange(f"{public_id} was changed by someone else")
    intent = session.get_one(Intent, public_id)
    if session.get(Award, intent.award_id) is not None:  # gone when its holder was erased
        offers.withdraw(session, intent.award_id, now=now)
    status_lists.publish(session, office, intent.status_list, now=now)
    chain.append(
        session,
        actor=actor,
        action="revoke",
        subject=public_id,
        details={"reason": reason},
        now=now,
    )
    session.commit()
    session.refresh(credential)
    return credential
