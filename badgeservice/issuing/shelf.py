"""The released bytes of badges: put away sealed, taken out exactly as they were."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from badgeservice.errors import CredentialNotFound
from badgeservice.issuing.models import Badge, CredentialBytes, Format
from badgeservice.storage.vault import Vault

_FIELD = "credential_bytes.{format}"


def put(
    session: Session,
    vault: Vault,
    *,
    public_id: str,
    edition: int,
    holder_id: str,
    released: Mapping[Format, bytes],
) -> None:
    """Store the bytes of an edition in every format, sealed for its holder.

    Raises HolderErased when the holder was erased meanwhile; otherwise that waits for our commit.
    """
    vault.hold(session, holder_id)
    for form, content in released.items():
        sealed = vault.seal(session, holder_id, _FIELD.format(format=form), content)
        session.add(
            CredentialBytes(
                public_id=public_id,
                edition=edition,
                format=form,
                holder_id=holder_id,
                sealed=sealed,
            )
        )


def take(session: Session, vault: Vault, badge: Badge, form: Format) -> bytes:
    """Return the bytes of a badge's current edition as they were released.

    Raises CredentialNotFound when they are not kept, HolderErased when their holder is gone.
    """
    row = session.get(CredentialBytes, (badge.public_id, badge.edition, form))
    if row is None:
        raise CredentialNotFound(f"{badge.public_id}: no {form} is kept")
    return vault.unseal(session, row.holder_id, _FIELD.format(format=form), row.sealed)


def kept(session: Session, badge: Badge) -> list[Format]:
    """Return the formats in which a badge's current edition is kept; none when it was destroyed."""
    rows = select(CredentialBytes.format).where(
        CredentialBytes.public_id == badge.public_id, CredentialBytes.edition == badge.edition
    )
    return sorted((Format(form) for form in session.scalars(rows)), key=list(Format).index)


def holder(session: Session, badge: Badge) -> str | None:
    """Return the id of the person whose badge it is, None when its bytes were destroyed."""
    return session.scalar(
        select(CredentialBytes.holder_id)
        .where(
            CredentialBytes.public_id == badge.public_id, CredentialBytes.edition == badge.edition
        )
        .limit(1)
    )


def destroy(session: Session, public_id: str) -> None:
    """Destroy the bytes of every edition of a badge; its digests stay in the register."""
    session.execute(delete(CredentialBytes).where(CredentialBytes.public_id == public_id))


def digest(content: bytes) -> str:
    """Return the SHA-256 of `content` in hex, as the register records it."""
    return hashlib.sha256(content).hexdigest()
