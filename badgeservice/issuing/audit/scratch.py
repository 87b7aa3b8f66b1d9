"""What an audit has to remember of a whole log while it reads another: on disk, so that its memory
does not grow with what is audited.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any


class Scratch:
    """Rows of some columns, found by the first of them; gone when the audit ends.

    SQLite keeps them in a file without a name, whatever the database of the service is.
    """

    def __init__(self, connection: sqlite3.Connection, columns: Sequence[str]) -> None:
        self._connection, self._width = connection, len(columns)
        self._key = columns[0]
        connection.execute(f"CREATE TABLE noted ({', '.join(columns)})")

    def fill(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Note rows, and let them be found from here on."""
        values = ", ".join("?" * self._width)
        self._connection.executemany(f"INSERT INTO noted VALUES ({values})", rows)
        self._connection.execute(f"CREATE INDEX found ON noted ({self._key})")

    def take(self, keys: Sequence[str]) -> list[tuple[Any, ...]]:
        """Return the rows under some keys, in the order in which they were noted, and drop them."""
        places = ", ".join("?" * len(keys))
        where = f"FROM noted WHERE {self._key} IN ({places})"
        found = self._connection.execute(f"SELECT * {where} ORDER BY rowid", keys).fetchall()
        self._connection.execute(f"DELETE {where}", keys)
        return found

    def left(self) -> Iterator[tuple[Any, ...]]:
        """Yield the rows that nobody took, by their key."""
        yield from self._connection.execute(f"SELECT * FROM noted ORDER BY {self._key}, rowid")


@contextmanager
def scratch(*columns: str) -> Iterator[Scratch]:
    """Open an empty scratch with these columns."""
    with closing(sqlite3.connect("", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=OFF")
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("BEGIN")
        yield Scratch(connection, columns)
