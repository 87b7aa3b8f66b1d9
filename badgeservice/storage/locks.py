"""One after the other: transactions that read what they are about to change, and must not meet.

PostgreSQL lets two transactions read the same last link, or the same free place, at once. Whoever
decides from what it reads takes the turn of that thing first and holds it until its transaction
ends. SQLite has one turn for everything: its write lock.

Where a transaction takes two turns, it takes them in the order of `Turn`, so that no two can wait
for each other.
"""

from __future__ import annotations

import sqlite3
from enum import IntEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session


class Turn(IntEnum):
    """What is changed by one transaction at a time, in the order in which turns are taken.

    The numbers are the keys of PostgreSQL's advisory locks: processes of every release agree on them.
    """

    ISSUING = 7_201_000
    """Signing badges, which many may do at once (`share`), or halting it, which waits for them."""
    STATUS_LISTS = 7_201_001
    """Reserving a place in a status list, and publishing one."""
    AUDIT_CHAIN = 7_201_002
    """Appending to the audit chain; the last thing that a transaction does."""


def share(session: Session, turn: Turn) -> None:
    """Take the turn beside others who share it, until the transaction of `session` ends.

    Only whoever takes it by `serialise` waits for all of them. On SQLite this does nothing: what a
    transaction has read before its first change may be out of date, and has to be read again after.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock_shared(int(turn))))


def serialise(session: Session, turn: Turn) -> None:
    """Wait for the turn, and keep it until the transaction of `session` ends.

    What is read afterwards is what the one before has committed; rows that the session had loaded
    earlier are as old as they were. Taking a turn again changes nothing.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(int(turn))))
        return
    connection = session.connection()
    driver = connection.connection.dbapi_connection
    # Python's driver begins before the first INSERT, UPDATE or DELETE only: what was read until
    # then was read outside of any transaction.
    if isinstance(driver, sqlite3.Connection) and not driver.in_transaction:
        # By way of SQLAlchemy, so that a file that stays locked is an error like any other statement's.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
