"""What SQLite must be told so that a transaction is one. Importing this module is enough.

Every engine of the process is watched, so that tests run under the rules of the service.
"""

from __future__ import annotations

import sqlite3

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry


@event.listens_for(Engine, "connect")
def _configure(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    """Make SQLite durable and strict; the default keeps neither foreign keys nor the last commit.

    `synchronous=FULL`: an acknowledged badge survives a power cut (NORMAL may lose it in WAL mode).
    """
    if isinstance(connection, sqlite3.Connection):
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA busy_timeout=5000")
        # What is deleted is overwritten, not just no longer found.
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.close()


@event.listens_for(Engine, "savepoint")
def _begin_before_savepoint(connection: Connection, _name: str) -> None:
    """Begin a transaction around a savepoint that would be the first thing in it.

    Python's driver begins one before INSERT, UPDATE and DELETE, and not before SAVEPOINT. Releasing
    such a savepoint is a commit: what the caller then rolls back would stay.
    """
    driver = connection.connection.dbapi_connection
    if isinstance(driver, sqlite3.Connection) and not driver.in_transaction:
        # By way of SQLAlchemy, so that a file that stays locked is an error like any other statement's.
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def forget_deleted(session: Session) -> None:
    """Bring deletions from the journal into the file, where they overwrite; elsewhere do nothing.

    Readers that are at work keep the journal as it is; the next call, or the last connection that
    closes, empties it. The transaction of `session` must have ended.
    """
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        session.commit()
