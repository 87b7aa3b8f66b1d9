"""The tables of evidence, and of what partners may report.

A row is written once; of evidence, only whether it still counts may change.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any

from sqlalchemy import (
    JSON,
    Connection,
    Date,
    Dialect,
    ForeignKey,
    String,
    UniqueConstraint,
    event,
    inspect,
)
from sqlalchemy.orm import Mapped, Mapper, mapped_column
from sqlalchemy.types import TypeDecorator

from badgeservice.errors import AgreementRefused, EvidenceRefused
from badgeservice.evidence.facts import Kind, Outcome
from badgeservice.storage.base import Base, UtcDateTime, Word
from badgeservice.storage.vault import PersonalData


class ExactFraction(TypeDecorator[Fraction]):
    """A fraction stored as it is, "43/60": a score at the pass mark must stay at the pass mark."""

    impl = String(40)
    cache_ok = True

    def process_bind_param(self, value: Fraction | None, dialect: Dialect) -> str | None:
        """Return the fraction in lowest terms."""
        return None if value is None else str(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Fraction | None:
        """Return the stored fraction."""
        return None if value is None else Fraction(value)


class State(StrEnum):
    """Whether a piece of evidence still counts. It never becomes valid again: that is a new row."""

    VALID = "valid"
    WITHDRAWN = "withdrawn"
    """Its source no longer stands by it."""
    REPLACED = "replaced"
    """Its source has corrected it; a newer edition says what holds."""


class Evidence(Base):
    """One deed of one person; `facts.Deed` and `facts.Claim` say what the columns mean.

    `edition` counts from 1 how often the source has corrected this deed; `replaces` is the id of
    the edition before. What rules read are columns; what someone wrote about the person is sealed.
    """

    __tablename__ = "evidence"
    __table_args__ = (UniqueConstraint("source_organisation", "reference", "edition"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[Kind] = mapped_column(Word(Kind, 20))
    activity: Mapped[str] = mapped_column(String(100))
    activity_version: Mapped[str] = mapped_column(String(50))
    content_digest: Mapped[str] = mapped_column(String(64))
    competences: Mapped[list[str]] = mapped_column(JSON)
    level: Mapped[str] = mapped_column(String(50))
    strength: Mapped[int]
    identity: Mapped[int]
    outcome: Mapped[Outcome] = mapped_column(Word(Outcome, 20))
    score: Mapped[Fraction | None] = mapped_column(ExactFraction)
    threshold: Mapped[Fraction | None] = mapped_column(ExactFraction)
    critical_passed: Mapped[bool | None]
    source_organisation: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    reference: Mapped[str] = mapped_column(String(200))
    edition: Mapped[int]
    replaces: Mapped[str | None] = mapped_column(ForeignKey("evidence.id"), unique=True)
    agent: Mapped[str] = mapped_column(String(100))
    method: Mapped[str] = mapped_column(String(50))
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    statement: Mapped[bytes | None] = mapped_column(
        PersonalData(
            purpose="show the person, and whoever decides about a badge, what was seen",
            basis="contract with the person (art. 6(1)(b))",
            retention="life of the badges that rest on it and 5 years, or until erased",
        )
    )
    occurred_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[State] = mapped_column(Word(State, 20))
    state_since: Mapped[datetime] = mapped_column(UtcDateTime)
    state_reason: Mapped[str | None] = mapped_column(String(200))


_MAY_CHANGE = {"state", "state_since", "state_reason"}


@event.listens_for(Evidence, "before_update")
def _append_only(_mapper: Mapper[Any], _connection: Connection, row: Evidence) -> None:
    """Refuse to write over what was recorded, and to make valid again what was withdrawn."""
    changed = {each.key: each.history for each in inspect(row).attrs if each.history.has_changes()}
    if changes := sorted(changed.keys() - _MAY_CHANGE):
        raise EvidenceRefused(f"evidence {row.id} is recorded and stays ({', '.join(changes)})")
    if "state" in changed and State.VALID not in changed["state"].deleted:
        raise EvidenceRefused(f"evidence {row.id} is no longer valid, and stays so")


class AllowedActivity(Base):
    """One version of what a partner's agreement says of one activity; see `agreements`.

    `title` is by language, `competences` are codes of the framework. `level` and `strength` are the
    most that a result of it can be evidence of. `threshold` is the share of 1 that a score must
    reach, None where scores are not reported. Deeds count from `valid_from` to `valid_until`, both
    included, days in France. `digest` is the SHA-256, in hex, of all that. The highest version is
    in force; the former ones stay, because evidence cites them.
    """

    __tablename__ = "allowed_activity"

    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    activity: Mapped[str] = mapped_column(String(100), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[Kind] = mapped_column(Word(Kind, 20))
    title: Mapped[dict[str, str]] = mapped_column(JSON)
    competences: Mapped[list[str]] = mapped_column(JSON)
    level: Mapped[str] = mapped_column(String(50))
    strength: Mapped[int]
    threshold: Mapped[Fraction | None] = mapped_column(ExactFraction)
    valid_from: Mapped[date] = mapped_column(Date)
    valid_until: Mapped[date | None] = mapped_column(Date)
    allowed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    digest: Mapped[str] = mapped_column(String(64))


@event.listens_for(AllowedActivity, "before_update")
@event.listens_for(AllowedActivity, "before_delete")
def _agreed(_mapper: Mapper[Any], _connection: Connection, row: AllowedActivity) -> None:
    """Refuse to change what was agreed: evidence cites it."""
    raise AgreementRefused(f"{row.activity} version {row.version} was agreed: it stays")
