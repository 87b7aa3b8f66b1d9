"""What is removed because nothing keeps it any longer."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from badgeservice.people.models import Person, PersonState, SignInRequest
from badgeservice.storage.vault import Vault

UNCONFIRMED_KEPT = timedelta(hours=24)
# Long enough to count what an address asked for within the last hour.
REQUESTS_KEPT = timedelta(hours=24)


def purge_unconfirmed(session: Session, vault: Vault, now: datetime) -> int:
    """Remove persons who never confirmed within UNCONFIRMED_KEPT, with their key; return how many.

    Someone whose link still works has time left to confirm. The caller commits.
    """
    has_open_request = exists().where(
        SignInRequest.person_id == Person.id,
        SignInRequest.used_at.is_(None),
        SignInRequest.expires_at > now,
    )
    forgotten = (
        Person.state == PersonState.UNCONFIRMED,
        Person.created_at <= now - UNCONFIRMED_KEPT,
        ~has_open_request,
    )
    # The condition stands in both statements, not in a reading before them: whoever confirms or is
    # invited meanwhile stays.
    session.execute(
        delete(SignInRequest).where(
            SignInRequest.person_id.in_(select(Person.id).where(*forgotten))
        )
    )
    removed = session.scalars(delete(Person).where(*forgotten).returning(Person.id)).all()
    for person_id in removed:
        vault.shred_holder(session, person_id)
    return len(removed)


def purge_requests(session: Session, now: datetime) -> int:
    """Remove requests to sign in that are older than REQUESTS_KEPT; return how many.

    When somebody signed in is nobody's business the day after. The caller commits.
    """
    removed = session.execute(
        delete(SignInRequest)
        .where(SignInRequest.created_at <= now - REQUESTS_KEPT)
        .returning(SignInRequest.id)
    )
    return len(removed.all())
