"""An uploaded list, and its lines while they are looked at and taken in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from badgeservice.evidence.sources.results import Corrections, Fate
from badgeservice.storage.base import Base, UtcDateTime, Word
from badgeservice.storage.vault import PersonalData

_BASIS = "contract between the person and the partner (art. 6(1)(b)), of whom we are the processor"
_ROWS_KEPT = "a day when the list is not sent; of lines that were not recorded, 7 days"


class ListState(StrEnum):
    """Where a list stands."""

    STAGED = "staged"
    """It is being looked at; nothing of it is recorded."""
    SENT = "sent"
    """The partner sent it; a job takes it in."""
    DONE = "done"


class RowState(StrEnum):
    """Where a line of a list stands."""

    READY = "ready"
    NOTHING = "nothing"
    """It is right, and says that nothing was achieved: there is nothing to record."""
    TO_CORRECT = "to_correct"
    LEFT_OUT = "left_out"
    """The partner sent the list without this line."""
    TAKEN = "taken"
    """`fate` says what became of it."""


class ResultList(Base):
    """One uploaded file of results.

    What says who is in it is sealed under a key of the list itself: its `id` is the holder, so that
    forgetting the list is one deletion. `digest` is a keyed digest of the file, by which the same
    one is known again. `activity` is what a line without one is about, "" for nothing. `sent_by` is
    the id of the member who uploaded it, None once that person was erased. `file` is a JSON object:
    how it was called, and the titles of its columns that we do not read. `dates_are_doubtful` says
    that it holds dates that are month first.
    """

    __tablename__ = "result_list"
    __table_args__ = (
        Index(None, "organisation_id", "created_at"),
        Index(None, "state", "created_at"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    sent_by: Mapped[str | None] = mapped_column(String(36), index=True)
    file: Mapped[bytes | None] = mapped_column(
        PersonalData(
            purpose="let the partner recognise the file that it sent, and what was not read of it",
            basis=_BASIS,
            retention="7 days after the list is sent; a day when it is not",
        )
    )
    digest: Mapped[bytes] = mapped_column(
        PersonalData(
            purpose="know a file again that was sent before",
            basis=_BASIS,
            retention="a year after the list is sent; a day when it is not",
        )
    )
    activity: Mapped[str] = mapped_column(String(100))
    dates_are_doubtful: Mapped[bool]
    corrections: Mapped[Corrections] = mapped_column(Word(Corrections, 10))
    state: Mapped[ListState] = mapped_column(Word(ListState, 10))
    job_id: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ListedRow(Base):
    """One line of a list; `number` is that of the file.

    `cells` is a JSON object of what stands in it, sealed; None once nothing needs it any more: the
    line was taken in, left out, or is about someone who was erased. `person_index` is the keyed
    digest by which an account is found, `deed_index` one of person, activity and day. `problems` are
    the codes of why it was refused.
    """

    __tablename__ = "result_list_row"
    __table_args__ = (
        Index(None, "list_id", "state", "number"),
        Index(None, "list_id", "deed_index"),
    )

    list_id: Mapped[str] = mapped_column(ForeignKey("result_list.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    cells: Mapped[bytes | None] = mapped_column(
        PersonalData(
            purpose="show the partner what it sent until it is recorded, and what could not be",
            basis=_BASIS,
            retention=_ROWS_KEPT,
        )
    )
    person_index: Mapped[bytes | None] = mapped_column(
        PersonalData(
            purpose="find the lines about a person who is being erased",
            basis=_BASIS,
            retention=_ROWS_KEPT,
        ),
        index=True,
    )
    deed_index: Mapped[bytes | None] = mapped_column(
        PersonalData(
            purpose="see that two lines of a list say the same",
            basis=_BASIS,
            retention=_ROWS_KEPT,
        )
    )
    day_is_ambiguous: Mapped[bool]
    state: Mapped[RowState] = mapped_column(Word(RowState, 10))
    fate: Mapped[Fate | None] = mapped_column(Word(Fate, 10))
    problems: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
