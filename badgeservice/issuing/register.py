"""The register as verification sees it: what we released, and what became of it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from badgeservice.issuing.models import Credential, CredentialState
from badgeservice.issuing.office import Office
from badgeservice.verification.register import RegisterEntry, RegisterState

_STATES = {
    CredentialState.ACTIVE: RegisterState.ACTIVE,
    CredentialState.REVOKED: RegisterState.REVOKED,
}


def entry_of(credential: Credential) -> RegisterEntry:
    """Return what the register says of one credential."""
    return RegisterEntry(
        credential_id=credential.address,
        content_digest=credential.content_digest,
        digests=frozenset({credential.json_digest, credential.jwt_digest}),
        state=_STATES[credential.state],
        since=credential.state_since,
        reason=credential.state_reason,
    )


class DatabaseRegister:
    """The register of this installation (verification.register.Register)."""

    def __init__(self, session: Session, office: Office) -> None:
        self._session, self._office = session, office

    def owns(self, issuer_id: str) -> bool:
        """Tell whether `issuer_id` is an issuer of this installation."""
        return issuer_id == self._office.issuer.id

    def entry(self, credential_id: str) -> RegisterEntry | None:
        """Return the entry of a credential, None when we never released it."""
        credential = self._session.scalar(
            select(Credential).where(Credential.address == credential_id)
        )
        return entry_of(credential) if credential else None


class ForthcomingRegister:
    """A register with one entry: the credential that is about to be released.

    The self-check before release asks what anyone will ask afterwards; only the row is not written
    yet.
    """

    def __init__(self, office: Office, credential: Credential) -> None:
        self._office, self._entry = office, entry_of(credential)

    def owns(self, issuer_id: str) -> bool:
        """Tell whether `issuer_id` is our issuer."""
        return issuer_id == self._office.issuer.id

    def entry(self, credential_id: str) -> RegisterEntry | None:
        """Return the forthcoming entry for its own id, None for any other."""
        return self._entry if credential_id == self._entry.credential_id else None
