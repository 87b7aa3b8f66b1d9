"""What the catalogue keeps: versions of badge classes, and their images.

A published version is the ground under every badge that cites it. The database layer refuses to
change or delete one; the digest shows a change that went around it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Connection, LargeBinary, String, event
from sqlalchemy.orm import Mapped, Mapper, attributes, mapped_column

from badgeservice.catalogue.templates import State
from badgeservice.errors import CatalogueError
from badgeservice.openbadges import Document
from badgeservice.storage.base import Base, UtcDateTime, Word


class BadgeClassVersion(Base):
    """One version of a badge class, with everything that its badges will ever need of it.

    `document` holds both languages, the alignments, the rule, the words of levels and strengths,
    and the digests of the images; `classes.document_of` says how it is made. `digest` is the
    SHA-256 of its canonical JSON, in hex.
    """

    __tablename__ = "badge_class_version"

    slug: Mapped[str] = mapped_column(String(100), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[Document] = mapped_column(JSON)
    digest: Mapped[str] = mapped_column(String(64))
    # The stored state is loaded before it is overwritten, so that the guards below know it.
    state: Mapped[State] = mapped_column(Word(State, 16), active_history=True)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def artwork_digest(self, language: str) -> str:
        """Return the SHA-256 of the badge image in `language` (PNG, 600 x 600)."""
        return str(self.document["artwork"][language]["image"])

    def drawing_digest(self, language: str) -> str:
        """Return the SHA-256 of the drawing in `language` (SVG), from which the images are made."""
        return str(self.document["artwork"][language]["drawing"])

    def thumbnail_digest(self, language: str) -> str:
        """Return the SHA-256 of the small image in `language` (PNG, 192 x 192)."""
        return str(self.document["artwork"][language]["thumbnail"])

    def social_digest(self, language: str) -> str:
        """Return the SHA-256 of the preview image in `language` (PNG, 1200 x 627)."""
        return str(self.document["artwork"][language]["social"])


class Artwork(Base):
    """An image of a badge class, or its drawing; its key is its content."""

    __tablename__ = "artwork"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    media_type: Mapped[str] = mapped_column(String(32))
    data: Mapped[bytes] = mapped_column(LargeBinary)


@event.listens_for(BadgeClassVersion, "before_update")
@event.listens_for(BadgeClassVersion, "before_delete")
def _refuse_change(
    _mapper: Mapper[Any], _connection: Connection, version: BadgeClassVersion
) -> None:
    """Refuse to change or delete a version that was published before: badges cite it."""
    if State.PUBLISHED in attributes.get_history(version, "state").non_added():
        raise CatalogueError(f"{version.slug} version {version.version} is published: it stays")
