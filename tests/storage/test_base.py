"""Instants come back as they were stored, and never without their offset."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, insert, select, text
from sqlalchemy.exc import StatementError

from badgeservice.storage.base import UtcDateTime, Word


class Colour(StrEnum):
    """An enumeration of words."""

    RED = "red"


WORDS = Table("word", MetaData(), Column("id", Integer), Column("colour", Word(Colour, 5)))
INSTANTS = Table("instant", MetaData(), Column("id", Integer), Column("at", UtcDateTime))


def stored(value: datetime | None) -> datetime | None:
    """Return what a database gives back for `value`."""
    engine = create_engine("sqlite://")
    INSTANTS.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(INSTANTS).values(id=1, at=value))
        back: datetime | None = connection.execute(select(INSTANTS.c.at)).scalar_one()
    engine.dispose()
    return back


def test_keeps_the_instant_in_utc() -> None:
    """SQLite forgets offsets; 10 o'clock in Cherbourg is 9 o'clock UTC."""
    cherbourg = timezone(timedelta(hours=1))

    back = stored(datetime(2026, 11, 23, 10, 0, 0, 123456, tzinfo=cherbourg))

    assert back is not None
    assert back.isoformat() == "2026-11-23T09:00:00.123456+00:00"
    assert back.tzinfo is UTC


def test_nothing_stays_nothing() -> None:
    """An open end is not an instant."""
    assert stored(None) is None


def test_refuses_a_datetime_without_offset() -> None:
    """Guessing a time zone would move badges by hours."""
    with pytest.raises(StatementError, match="without an offset"):
        stored(datetime(2026, 11, 23, 10, 0))


def test_a_word_is_loaded_as_the_member_it_is() -> None:
    """Whoever compares with `is`, or asks for `.name`, gets what the model promises."""
    engine = create_engine("sqlite://")
    WORDS.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(
            insert(WORDS), [{"id": 1, "colour": Colour.RED}, {"id": 2, "colour": None}]
        )
        back = connection.execute(select(WORDS.c.colour).order_by(WORDS.c.id)).scalars().all()
    engine.dispose()

    assert back[0] is Colour.RED
    assert back[1] is None


def test_a_word_of_no_enumeration_is_refused() -> None:
    """Neither written nor read as if it were one."""
    engine = create_engine("sqlite://")
    WORDS.metadata.create_all(engine)
    with engine.begin() as connection:
        with pytest.raises(StatementError, match="mauve"):
            connection.execute(insert(WORDS).values(id=1, colour="mauve"))
        connection.execute(text("INSERT INTO word VALUES (1, 'mauve')"))
        with pytest.raises(ValueError, match="mauve"):
            connection.execute(select(WORDS.c.colour)).all()
    engine.dispose()
