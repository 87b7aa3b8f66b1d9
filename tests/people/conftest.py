"""What the tests of this room share: an organisation, a mailer that keeps, and two processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from badgeservice.people.models import Organisation

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
def on_disk(engine: Engine) -> Iterator[Callable[[], Session]]:
    """Sessions on one database, as processes of the service have them, with the organisation."""
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
