"""What the tests of this room share: an organisation, a mailer that keeps, and two processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event
from sqlalchemy.orm import Session

from badgeservice.people.models import Organisation
from badgeservice.storage.base import Base

from .postbox import Postbox


@pytest.fixture
def postbox() -> Postbox:
    """An open mail server."""
    return Postbox()


@pytest.fixture
def controller(session: Session) -> Organisation:
    """The organisation that answers for the data."""
    organisation = Organisation(slug="cotentin", name="Cotentin Digital")
    session.add(organisation)
    session.flush()
    return organisation


@pytest.fixture
def on_disk(tmp_path: Path) -> Iterator[Callable[[], Session]]:
    """Sessions on one database file, as processes of the service have them, with the organisation."""
    engine = create_engine(f"sqlite:///{tmp_path / 'people.sqlite3'}")

    @event.listens_for(engine, "connect")
    def _as_in_the_service(connection, _record):  # type: ignore[no-untyped-def]
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA busy_timeout=5000")

    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Organisation(slug="cotentin", name="Cotentin Digital"))
        session.commit()
    opened: list[Session] = []

    def open_session() -> Session:
        opened.append(Session(engine))
        return opened[-1]

    yield open_session
    for session in opened:
        session.close()
    engine.dispose()
