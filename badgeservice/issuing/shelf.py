"""The released bytes of credentials: put away sealed, taken out exactly as they were."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from sqlalchemy.orm import Session

from badgeservice.errors import CredentialNotFound
from badgeservice.issuing.models import Credential, CredentialBytes, Format
from badgeservice.storage.vault import Vault

_FIELD = "credential_bytes.{format}"


def put(
    session: Session,
    vault: Vault,
    *,
    public_id: str,
    holder_id: str,
    released: Mapping[Format, bytes],
) -> None:
    """Store the bytes of a credential in every format, sealed for its holder."""
    for form, content in released.items():
        sealed = vault.seal(session, holder_id, _FIELD.format(format=form), content)
        session.add(
            CredentialBytes(public_id=public_id, format=form, holder_id=holder_id, sealed=sealed)
        )


def take(session: Session, vault: Vault, credential: Credential, form: Format) -> bytes:
    """Return the bytes of a credential as they were released.

    Raises CredentialNotFound when they are no longer kept, HolderErased when their holder is gone.
    """
    row = session.get(CredentialBytes, (credential.public_id, form))
    if row is None:
        raise CredentialNotFound(f"{credential.public_id}: no {form} is kept")
    return vault.unseal(session, row.holder_id, _FIELD.format(format=form), row.sealed)


def digest(content: bytes) -> str:
    """Return the SHA-256 of `content` in hex, as the register records it."""
    return hashlib.sha256(content).hexdigest()
