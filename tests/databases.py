"""Where the tests keep their rows: files of SQLite, or databases of a throw-away PostgreSQL."""

from __future__ import annotations

import functools
import os
import secrets
import shutil
from pathlib import Path
from typing import Protocol

import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from badgeservice.storage import postgresql, sqlite  # noqa: F401  # tests run under their rules

SERVER = "BADGESERVICE_TEST_POSTGRESQL"


class Database(Protocol):
    """A kind of database. Addresses are SQLAlchemy's."""

    name: str

    def new(self, folder: Path) -> str:
        """Return the address of an empty database; a file stands in `folder`."""

    def copy(self, address: str, folder: Path) -> str:
        """Return the address of a copy of a database that nobody is connected to."""

    def drop(self, address: str) -> None:
        """Remove a database."""


class Sqlite:
    """Each database is a file."""

    name = "sqlite"

    def new(self, folder: Path) -> str:
        """Return the address of a file that is not there yet."""
        return f"sqlite:///{folder / 'test.sqlite3'}"

    def copy(self, address: str, folder: Path) -> str:
        """Copy the file."""
        copied = self.new(folder)
        shutil.copy2(_file(address), _file(copied))
        return copied

    def drop(self, address: str) -> None:
        """Remove the file, and what stands beside it."""
        for path in Path(_file(address)).parent.glob("test.sqlite3*"):
            path.unlink()


class Postgresql:
    """Each database is one of the server that `scripts/postgresql` started."""

    name = "postgresql"

    def new(self, _folder: Path) -> str:
        """Make a database."""
        return self._create("template0")

    def copy(self, address: str, _folder: Path) -> str:
        """Make a database from another."""
        return self._create(str(make_url(address).database))

    def drop(self, address: str) -> None:
        """Remove a database, whoever still is connected."""
        _on_server(f'DROP DATABASE "{make_url(address).database}" WITH (FORCE)')

    def _create(self, template: str) -> str:
        name = f"test_{secrets.token_hex(8)}"
        _on_server(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
        return _server().url.set(database=name).render_as_string(hide_password=False)


DATABASES: dict[str, Database] = {each.name: each for each in (Sqlite(), Postgresql())}


def _file(address: str) -> str:
    return str(make_url(address).database)


def _on_server(statement: str) -> None:
    with _server().connect() as connection:
        connection.execute(text(statement))


@functools.cache
def _server() -> Engine:
    if SERVER not in os.environ:
        pytest.fail(f"no PostgreSQL here: run through scripts/postgresql, which sets {SERVER}")
    return create_engine(os.environ[SERVER], isolation_level="AUTOCOMMIT")
