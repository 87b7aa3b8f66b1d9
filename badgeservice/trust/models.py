"""The lists of known issuers that an operator follows, and the keys seen of those on them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from badgeservice.storage.base import Base, UtcDateTime


class IssuerList(Base):
    """A list as it was signed. A removed one keeps its row, so that an older one stays refused.

    `publisher` is the did:key that must sign it, `digest` the SHA-256 of `content`, in hex.
    """

    __tablename__ = "issuer_list"

    id: Mapped[str] = mapped_column(String(300), primary_key=True)
    publisher: Mapped[str] = mapped_column(String(100))
    issued: Mapped[datetime] = mapped_column(UtcDateTime)
    valid_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    digest: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class IssuerKey(Base):
    """A key under which a badge of an issuer that a list names has verified here.

    Nothing of the badge: the issuer's identifier as the list has it, the key's thumbprint, the time.
    """

    __tablename__ = "issuer_key"

    issuer: Mapped[str] = mapped_column(String(300), primary_key=True)
    thumbprint: Mapped[str] = mapped_column(String(43), primary_key=True)
    first_seen: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
