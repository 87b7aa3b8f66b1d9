"""sqlite: a transaction is all or nothing, savepoints included."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.orm import Session

from badgeservice.storage import postgresql, sqlite  # noqa: F401  # what is tested is its effect on engines
from badgeservice.storage.base import Base
from badgeservice.storage.vault import HolderKey


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """A database in a file, as in service."""
    engine = create_engine(f"sqlite:///{tmp_path / 'test.sqlite3'}")
    Base.metadata.create_all(engine, tables=[HolderKey.metadata.tables["holder_key"]])
    return engine


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)]
)
def test_every_connection_is_durable_and_strict(engine: Engine, pragma: str, value: object) -> None:
    """2 is FULL: what was acknowledged survives a power cut."""
    with engine.connect() as connection:
        assert value == connection.scalar(text(f"PRAGMA {pragma}"))


def test_a_connection_is_made_while_another_thread_loads_the_other_driver(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A library that tries every driver loads PostgreSQL's: until it has, the module is empty."""
    engine.dispose()
    monkeypatch.setitem(sys.modules, "psycopg", ModuleType("psycopg"))

    with engine.connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1


def test_a_savepoint_that_comes_first_is_rolled_back_with_the_rest(engine: Engine) -> None:
    """Rooms flush and the caller commits; the driver alone would commit when it is released."""
    with Session(engine) as session:
        with session.begin_nested():
            session.add(HolderKey(holder_id="per_1", wrapped_key=b"key"))
        session.rollback()

        assert session.scalars(select(HolderKey)).all() == []


def test_a_savepoint_that_comes_first_is_committed_with_the_rest(engine: Engine) -> None:
    """The transaction that we begin for it ends as any other."""
    with Session(engine) as session:
        with session.begin_nested():
            session.add(HolderKey(holder_id="per_1", wrapped_key=b"key"))
        session.commit()

    with Session(engine) as session:
        assert ["per_1"] == list(session.scalars(select(HolderKey.holder_id)))
