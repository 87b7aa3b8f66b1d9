"""Attempts, their answers, and the content that they were about."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from badgeservice.storage.base import Base, UtcDateTime, Word
from badgeservice.storage.vault import PersonalData

_CONTRACT = "contract with the person (art. 6(1)(b))"
_UNTIL_ERASED = "until the account is erased"


class Mode(StrEnum):
    """Why a quiz is taken."""

    PRACTISE = "practise"
    """To learn: each answer is explained at once; nothing comes of it."""
    ASSESS = "assess"
    """To show what one knows: explained once it is sent; passing is evidence."""


class State(StrEnum):
    """Where an attempt stands."""

    OPEN = "open"
    SUBMITTED = "submitted"
    LAPSED = "lapsed"
    """It was never sent: its time ran out, or an assessment took the place of a practice."""


class ModuleContent(Base):
    """What a module said when attempts were made: they are read with it when the files change.

    `digest` is the SHA-256 of `canonical`, as evidence cites it.
    """

    __tablename__ = "module_content"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    canonical: Mapped[str] = mapped_column(Text)


class Attempt(Base):
    """One try at a quiz by one person. At most one is open for a person and a module.

    `draw` is the draw of the start, read again for every page; it says nothing about the person.
    `result` is sealed when the attempt is submitted.
    """

    __tablename__ = "attempt"
    __table_args__ = (
        Index(
            "uq_attempt_open",
            "person_id",
            "module_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    module_id: Mapped[str] = mapped_column(String(100))
    module_version: Mapped[str] = mapped_column(String(40))
    content_digest: Mapped[str] = mapped_column(ForeignKey("module_content.digest"))
    mode: Mapped[Mode] = mapped_column(Word(Mode, 8))
    state: Mapped[State] = mapped_column(Word(State, 9))
    draw: Mapped[dict[str, Any]] = mapped_column(JSON)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    result: Mapped[bytes | None] = mapped_column(
        PersonalData(
            purpose="tell the person how the quiz went, and show what passing it rests on",
            basis=_CONTRACT,
            retention=_UNTIL_ERASED,
        )
    )


class SavedAnswer(Base):
    """The last answer saved to one question of an attempt."""

    __tablename__ = "saved_answer"

    attempt_id: Mapped[str] = mapped_column(ForeignKey("attempt.id"), primary_key=True)
    question_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    answer: Mapped[bytes] = mapped_column(
        PersonalData(
            purpose="keep the answers until they are sent, then explain them to the person",
            basis=_CONTRACT,
            retention=_UNTIL_ERASED,
        )
    )
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
