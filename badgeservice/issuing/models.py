"""The register and what it needs: intents, credentials, their bytes, status lists.

The register row of a credential says nothing about a person and outlives erasure. The bytes, which
may carry a name, stand apart and are sealed under the holder's key.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from badgeservice.storage.base import Base, UtcDateTime
from badgeservice.storage.vault import PersonalData


class Visibility(StrEnum):
    """Who may see the page of a badge. It is not signed, so it can change."""

    PUBLIC = "public"
    LINK = "link"
    PRIVATE = "private"


class CredentialState(StrEnum):
    """What the register says of a credential."""

    ACTIVE = "active"
    REVOKED = "revoked"


class IntentState(StrEnum):
    """How far an intent to sign has come."""

    PLANNED = "planned"
    ISSUED = "issued"


class Format(StrEnum):
    """The forms in which one credential is released."""

    JSON = "json"
    JWT = "jwt"
    PNG = "png"


class StatusList(Base):
    """A Bitstring Status List, how many of its places are reserved, and its published bytes."""

    __tablename__ = "status_list"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int]
    reserved: Mapped[int]
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published: Mapped[bytes] = mapped_column(LargeBinary)


class Intent(Base):
    """What we planned to sign, written down before anything is signed.

    It reserves the public id and the place in the status list. A crash between intent and
    credential leaves a planned intent, which the next attempt for the same award takes up again: an
    award has at most one public id, and an index is never used twice.
    """

    __tablename__ = "intent"
    __table_args__ = (UniqueConstraint("status_list", "status_index"),)

    public_id: Mapped[str] = mapped_column(String(22), primary_key=True)
    # No foreign key: the award goes when its holder is erased, and the intent stays.
    award_id: Mapped[str] = mapped_column(String(64), unique=True)
    status_list: Mapped[int] = mapped_column(ForeignKey("status_list.number"))
    status_index: Mapped[int]
    state: Mapped[IntentState] = mapped_column(String(10))
    reserved_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Credential(Base):
    """One row of the register. Digests are SHA-256 in hex."""

    __tablename__ = "credential"

    public_id: Mapped[str] = mapped_column(ForeignKey("intent.public_id"), primary_key=True)
    address: Mapped[str] = mapped_column(String(300), unique=True)
    class_slug: Mapped[str] = mapped_column(String(100))
    class_version: Mapped[int]
    language: Mapped[str] = mapped_column(String(2))
    verification_method: Mapped[str] = mapped_column(String(300))
    jwt_key: Mapped[str] = mapped_column(String(300))
    awarded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    valid_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    content_digest: Mapped[str] = mapped_column(String(64), unique=True)
    json_digest: Mapped[str] = mapped_column(String(64), unique=True)
    jwt_digest: Mapped[str] = mapped_column(String(64), unique=True)
    png_digest: Mapped[str] = mapped_column(String(64), unique=True)
    state: Mapped[CredentialState] = mapped_column(String(10))
    state_since: Mapped[datetime] = mapped_column(UtcDateTime)
    state_reason: Mapped[str | None] = mapped_column(String(200))
    visibility: Mapped[Visibility] = mapped_column(String(10))


class CredentialBytes(Base):
    """The released bytes of a credential in one format, and whose badge it is."""

    __tablename__ = "credential_bytes"

    public_id: Mapped[str] = mapped_column(ForeignKey("credential.public_id"), primary_key=True)
    format: Mapped[Format] = mapped_column(String(16), primary_key=True)
    holder_id: Mapped[str] = mapped_column(String(64), index=True)
    sealed: Mapped[bytes] = mapped_column(
        PersonalData(
            purpose="serve the badge that its holder accepted",
            basis="contract with the holder (art. 6(1)(b))",
            retention="until the holder erases it",
        )
    )
