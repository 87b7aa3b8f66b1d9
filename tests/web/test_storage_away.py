"""The disk is full, or the database is away: said in words, with nothing half kept."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import create_engine, event, func, select, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import NullPool

from badgeservice.awarding.models import Award, AwardState
from badgeservice.extensions import db, services
from badgeservice.issuing.models import Badge, Intent
from tests.web.conftest import Learner

FIELDS = {"with_name": "no", "name": "", "signed_language": "fr", "visibility": "link"}


@pytest.fixture
def offer(learner: Learner) -> str:
    """The address of an offer that waits."""
    learner.pass_quiz()
    return learner.offer()


def badges(app: Flask) -> int:
    """How many badges there are."""
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Badge)) or 0


@pytest.mark.any_database
def test_a_full_disk_refuses_and_loses_nothing(app: Flask, learner: Learner, offer: str) -> None:
    """503 with Retry-After and a page; once there is room, the same tap makes the badge."""
    if not services_on_sqlite(app):
        pytest.skip("it is SQLite that can be told how large its file may be")
    before = badges(app)
    with app.app_context():
        engine = db.engine

    def limit(connection: DBAPIConnection, *_: object) -> None:
        cursor = connection.cursor()
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count={pages}")

    engine.dispose()
    event.listen(engine, "connect", limit)
    refused = learner.post(f"{offer}/recevoir", offer, **FIELDS)

    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == "30"
    assert "Rien n'a été perdu" in refused.text.replace("’", "'").replace("&#39;", "'")
    assert before == badges(app)

    event.remove(engine, "connect", limit)
    engine.dispose()
    assert learner.post(f"{offer}/recevoir", offer, **FIELDS).status_code == 303
    assert before + 1 == badges(app)


def services_on_sqlite(app: Flask) -> bool:
    """Tell whether the rows are in a file."""
    with app.app_context():
        return not services().settings.database_url


@pytest.mark.any_database
def test_no_room_for_the_signers_log_signs_nothing(
    app: Flask, learner: Learner, offer: str
) -> None:
    """What cannot be written down is not signed; the acceptance waits, and is finished later."""
    before = badges(app)
    with app.app_context():
        log = services().office.log.path
    aside = log.rename(log.with_name("aside"))

    log.symlink_to("/dev/full")  # where the kernel has no room for anybody (full(4))
    refused = learner.post(f"{offer}/recevoir", offer, **FIELDS)
    aside.replace(log)

    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == "30"
    assert before == badges(app)
    with app.app_context():
        assert db.session.scalars(select(Award.state)).all().count(AwardState.ACCEPTED) >= 1
        assert db.session.scalar(select(func.count()).select_from(Intent)) == before + 1

    assert learner.post(f"{offer}/recevoir", offer, **FIELDS).status_code == 303
    assert before + 1 == badges(app)


def test_a_database_that_forgot_its_connections_is_asked_again(
    app: Flask, learner: Learner
) -> None:
    """After a restart of the server nobody sees an error; a file has no server."""
    assert learner.get("/mon-espace").status_code == 200
    if services_on_sqlite(app):
        return
    with app.app_context():
        other = create_engine(db.engine.url, poolclass=NullPool)
    with other.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )

    assert learner.get("/mon-espace").status_code == 200
