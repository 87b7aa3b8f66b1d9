"""Turns: what one transaction reads before it writes, no other changes meanwhile."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from badgeservice.storage import chain
from badgeservice.storage.chain import AuditEvent

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
