"""The table of awards: what was decided, on which dossier, and what its holder said to it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from badgeservice.storage.base import Base, UtcDateTime, Word
from badgeservice.storage.vault import PersonalData


class AwardState(StrEnum):
    """What became of an award."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    """The person does not want it now; see `offers.reconsider`."""
    WITHDRAWN = "withdrawn"
    """Taken back: before acceptance because it no longer stood or a stronger one took its place,
    after it because the badge was revoked."""


class Origin(StrEnum):
    """What the decision rests on."""

    RULE = "rule"
    """What the person did, met by the rule."""
    ADMINISTRATOR = "administrator"
    """Among what the rule was met by is somebody's word."""


_LIVE = text("state IN ('offered', 'accepted')")


class Award(Base):
    """One decision that a person earns a badge.

    `used` holds the ids of the evidence, and of the awards of other badges, that the decision rests
    on; `strength` is how strongly they support the badge's claim. `dossier` holds everything that
    the decision was made from, as canonical JSON, sealed; `dossier_digest` is its SHA-256, in hex.
    `renewal` counts how often the person had earned this badge before: one whose time ends is
    earned anew.
    """

    __tablename__ = "award"
    __table_args__ = (
        ForeignKeyConstraint(
            ["slug", "class_version"], ["badge_class_version.slug", "badge_class_version.version"]
        ),
        # Two taps, or a tap and a worker, never make two offers of the same thing.
        Index(
            "uq_award_live",
            "person_id",
            "slug",
            "class_version",
            "renewal",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    slug: Mapped[str] = mapped_column(String(100))
    class_version: Mapped[int]
    renewal: Mapped[int] = mapped_column(default=0)
    rule_version: Mapped[int]
    origin: Mapped[Origin] = mapped_column(Word(Origin, 20))
    used: Mapped[list[str]] = mapped_column(JSON)
    strength: Mapped[int]
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)
    valid_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    state: Mapped[AwardState] = mapped_column(Word(AwardState, 20))
    state_since: Mapped[datetime] = mapped_column(UtcDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    dossier: Mapped[bytes] = mapped_column(
        PersonalData(
            purpose="show what a badge rests on, and decide about it again years later",
            basis="contract with the person (art. 6(1)(b))",
            retention="life of the badge and 5 years, or until the person is erased",
        )
    )
    dossier_digest: Mapped[str] = mapped_column(String(64))
