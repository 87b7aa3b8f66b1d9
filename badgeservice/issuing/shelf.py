"""The released bytes of badges: put away sealed, taken out exactly as they were."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.orm import Session

from badgeservice.errors import CredentialNotFound
from badgeservice.issuing.models import Badge, CredentialBytes, Format, Visibility
from badgeservice.storage.vault import HolderKey, Vault

_FIELD = "credential_bytes.{format}"
_BADGE, _BYTES, _KEY = Badge.__table__, CredentialBytes.__table__, HolderKey.__table__
_SHOWN = (
    select(_BADGE.c.visibility, _BYTES.c.holder_id, _BYTES.c.sealed, _KEY.c.wrapped_key)
    .join(
        _BYTES,
        (_BYTES.c.public_id == _BADGE.c.public_id)
        & (_BYTES.c.edition == _BADGE.c.edition)
        & (_BYTES.c.format == bindparam("form", type_=_BYTES.c.format.type)),
    )
    .join(_KEY, _KEY.c.holder_id == _BYTES.c.holder_id)
    .where(_BADGE.c.public_id == bindparam("public_id"), _BADGE.c.visibility != Visibility.PRIVATE)
)
"""A badge that others may see, with its key: asked for more often than all else, so by columns."""


@dataclass(frozen=True)
class Sealed:
    """The bytes of an edition, each sealed for the holder of the badge."""

    public_id: str
    edition: int
    holder_id: str
    contents: Mapping[Format, bytes]


def seal(
    session: Session,
    vault: Vault,
    *,
    public_id: str,
    edition: int,
    holder_id: str,
    released: Mapping[Format, bytes],
) -> Sealed:
    """Seal the bytes of an edition in every format. Raises HolderErased for a holder without a key."""
    fields = {form: _FIELD.format(format=form) for form in released}
    sealed = vault.seal_all(
        session, holder_id, {fields[form]: content for form, content in released.items()}
    )
    contents = {form: sealed[field] for form, field in fields.items()}
    return Sealed(public_id, edition, holder_id, contents)


def put(session: Session, vault: Vault, sealed: Sequence[Sealed]) -> None:
    """Store what was sealed.

    Raises HolderErased when a holder was erased meanwhile; otherwise that waits for our commit.
    """
    vault.hold(session, [each.holder_id for each in sealed])
    session.execute(
        insert(CredentialBytes),
        [
            {
                "public_id": each.public_id,
                "edition": each.edition,
                "format": form,
                "holder_id": each.holder_id,
                "sealed": content,
            }
            for each in sealed
            for form, content in each.contents.items()
        ],
    )


def shown(
    session: Session, vault: Vault, public_id: str, form: Format
) -> tuple[Visibility, bytes] | None:
    """Return the bytes of a badge that its holder lets others see, and who may find them.

    None for a private or unknown badge, a form that is not kept, or a holder who is gone.
    """
    row = session.execute(_SHOWN, {"public_id": public_id, "form": form}).one_or_none()
    if row is None:
        return None
    visibility, holder_id, sealed, wrapped_key = row
    return visibility, vault.unseal_by(wrapped_key, holder_id, _FIELD.format(format=form), sealed)


def take(session: Session, vault: Vault, badge: Badge, form: Format) -> bytes:
    """Return the bytes of a badge's current edition as they were released.

    Raises CredentialNotFound when they are not kept, HolderErased when their holder is gone.
    """
    row = session.get(CredentialBytes, (badge.public_id, badge.edition, form))
    if row is None:
        raise CredentialNotFound(f"{badge.public_id}: no {form} is kept")
    return unsealed(session, vault, row)


def unsealed(session: Session, vault: Vault, row: CredentialBytes) -> bytes:
    """Return the bytes of a row. Raises HolderErased when their holder is gone."""
    return vault.unseal(session, row.holder_id, _FIELD.format(format=row.format), row.sealed)


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
