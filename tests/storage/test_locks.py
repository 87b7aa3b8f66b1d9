"""Turns: what one transaction reads before it writes, no other changes meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from badgeservice.storage import chain, locks
from badgeservice.storage.chain import AuditEvent
from badgeservice.storage.locks import Turn

WRITERS, EACH = 8, 5


def test_writers_of_the_chain_come_one_after_the_other(engine: Engine, now: datetime) -> None:
    """Nothing was written before in these transactions: reading the last link takes the turn."""
    start = threading.Barrier(WRITERS)
    failures: list[Exception] = []

    def write(writer: int) -> None:
        start.wait()
        try:
            for number in range(EACH):
                with Session(engine) as session:
                    chain.append(
                        session,
                        actor="system",
                        action="issue",
                        subject=f"badge-{writer}-{number}",
                        details={},
                        now=now + timedelta(seconds=number),
                    )
                    session.commit()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=[writer]) for writer in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with Session(engine) as session:
        assert failures == []
        assert list(chain.breaks(session)) == []
        assert len(session.scalars(select(AuditEvent.sequence)).all()) == WRITERS * EACH


@pytest.mark.parametrize(
    "begin",
    [
        lambda session: locks.serialise(session, Turn.STATUS_LISTS),
        lambda session: session.connection().begin_nested(),
    ],
    ids=["turn", "savepoint"],
)
def test_a_file_that_stays_locked_is_an_error_of_the_database(
    engine: Engine, begin: Callable[[Session], object]
) -> None:
    """Pages, worker and commands know it by SQLAlchemy's name, and say that it is for later."""
    if engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL has no lock of all")
    with Session(engine) as other, Session(engine) as session:
        locks.serialise(other, Turn.STATUS_LISTS)
        session.execute(text("PRAGMA busy_timeout=1"))

        with pytest.raises(OperationalError, match="locked"):
            begin(session)
