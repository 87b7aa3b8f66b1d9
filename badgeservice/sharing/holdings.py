"""The badges that a person holds, and who may see them."""

from __future__ import annotations

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from badgeservice.errors import CredentialNotFound
from badgeservice.issuing.models import Credential, CredentialBytes, CredentialState, Visibility


def of_holder(session: Session, person_id: str) -> list[Credential]:
    """Return the badges of a person, the newest first."""
    return list(
        session.scalars(
            select(Credential)
            .where(Credential.public_id.in_(_ids(person_id)))
            .order_by(Credential.issued_at.desc(), Credential.public_id)
        )
    )


def of_class(session: Session, person_id: str, class_slug: str) -> Credential | None:
    """Return the badge of this class that a person holds and that is in force, None without one."""
    return session.scalars(
        select(Credential).where(
            Credential.class_slug == class_slug,
            Credential.state == CredentialState.ACTIVE,
            Credential.public_id.in_(_ids(person_id)),
        )
    ).first()


def held(session: Session, person_id: str, public_id: str) -> Credential:
    """Return a badge of this person; raise CredentialNotFound for any other, whosever it is."""
    credential = session.scalar(
        select(Credential).where(
            Credential.public_id == public_id, Credential.public_id.in_(_ids(person_id))
        )
    )
    if credential is None:
        raise CredentialNotFound(f"no badge {public_id} of this person")
    return credential


def set_visibility(session: Session, credential: Credential, visibility: Visibility) -> None:
    """Let others see a badge, or no longer. It is not part of what is signed."""
    credential.visibility = visibility
    session.flush()


def _ids(person_id: str) -> Select[str]:
    return select(CredentialBytes.public_id).where(CredentialBytes.holder_id == person_id)
