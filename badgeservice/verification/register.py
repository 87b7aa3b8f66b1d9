"""What verification asks of the register: the list of everything that we ever released.

For our own badges the register outranks the signature. Whoever steals a signing key can sign, but
cannot write here; so a badge that is signed by us and not registered by us is forged.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from badgeservice.openbadges import Document, jsonld


class RegisterState(StrEnum):
    """What became of a badge that we released.

    `TRIAL` is what the register of a demonstration says of a badge in force, once it is carried
    outside of its own site.
    """

    ACTIVE = "active"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"
    TRIAL = "trial"


@dataclass(frozen=True)
class Edition:
    """One edition of a badge, as it was released.

    `content_digest` is that of `content_digest()`: a copy in JSON is compared by meaning, so that
    spaces and the order of keys do not matter. `digests` are the SHA-256, in hex, of the exact
    bytes of each form we released: a JWT is compared by bytes, because there bytes are what is
    signed. `superseded_at` is when a newer edition took its place; None for the current one.
    """

    content_digest: str
    digests: frozenset[str]
    superseded_at: datetime | None = None


@dataclass(frozen=True)
class RegisterEntry:
    """What the register says of one badge: its state, since when and why, and its editions."""

    credential_id: str
    state: RegisterState
    editions: tuple[Edition, ...]
    since: datetime | None = None
    reason: str | None = None


class Register(Protocol):
    """A register of issued credentials."""

    def owns(self, issuer_id: str) -> bool:
        """Tell whether `issuer_id` is one of our issuers, or any address at which we answer."""
        ...

    def entry(self, credential_id: str) -> RegisterEntry | None:
        """Return the entry of the badge with this id, None when we never released it.

        The id of an assertion of Open Badges 2.0 belongs to one edition: its entry has that one only.
        """
        ...

    def published(self, status_list: str) -> datetime | None:
        """Return when the status list at this address of ours was last published, if it is ours."""
        ...


class EmptyRegister:
    """The register of somebody who issues nothing: every issuer is another's."""

    def owns(self, issuer_id: str) -> bool:
        """Return False."""
        return False

    def entry(self, credential_id: str) -> RegisterEntry | None:
        """Return None."""
        return None

    def published(self, status_list: str) -> datetime | None:
        """Return None."""
        return None


def content_digest(
    credential: Document, *, canonicalize: Callable[[Document], str] = jsonld.canonicalize
) -> str:
    """Return the SHA-256, in hex, of the canonical N-Quads of a credential without its proof.

    Two documents have the same digest exactly if they make the same statements. Raises what
    `canonicalize` raises.
    """
    content = {key: value for key, value in credential.items() if key != "proof"}
    return hashlib.sha256(canonicalize(content).encode()).hexdigest()
