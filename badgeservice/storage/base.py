"""The declarative base and the column types that every model uses."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import DateTime, Dialect, MetaData, String
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

Kind = TypeVar("Kind", bound=StrEnum)

# Names for every constraint from the first migration on: SQLite can only alter a table by
# rebuilding it, and a constraint without a name cannot be dropped there.
NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The base of every model."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


class Word(TypeDecorator[Kind]):
    """A member of an enumeration of words, stored as its text and loaded as the member.

    What is none of its words is refused, on the way in and on the way out.
    """

    impl = String
    cache_ok = True

    def __init__(self, kind: type[Kind], length: int) -> None:
        super().__init__(length)
        self.kind = kind

    def process_bind_param(self, value: Kind | None, dialect: Dialect) -> str | None:
        """Return the text of a member; raise ValueError for what is none."""
        return None if value is None else str(self.kind(value))

    def process_result_value(self, value: Any, dialect: Dialect) -> Kind | None:
        """Return the member whose text is stored."""
        return None if value is None else self.kind(value)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime in, the same instant in UTC out.

    SQLite forgets the offset; a naive datetime is refused rather than guessed.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return `value` in UTC; raise ValueError for a naive datetime."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without an offset cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the stored instant, aware, in UTC."""
        if value is None:
            return None
        assert isinstance(value, datetime)
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
