"""No request costs more because more badges are stored: every statement finds its rows by an index."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from badgeservice.extensions import db, services
from badgeservice.issuing import states
from badgeservice.issuing.models import Reason
from tests.conftest import Letters
from tests.databases import Database

from .conftest import Learner

FEW_ROWS = {
    "badge_class_version",
    "organisation",
    "issuer_list",
    "received_endorsement",
    "status_list",
}
"""Tables that an operator fills by hand, and lists, of which there is one for 65,536 badges."""

_SCAN = re.compile(r"SCAN (?!CONSTANT ROW|anon_)(\w+)")
"""A table; neither nothing nor what another step found."""
_FROM_THE_END = re.compile(r"ORDER BY (?:status_list\.number|audit_event\.sequence) DESC\s+LIMIT")
"""What reads one row at the end of the primary key, which SQLite calls a scan."""


@contextmanager
def statements(app: Flask) -> Iterator[dict[str, Any]]:
    """Collect what is asked of the database, with the parameters of the last time."""
    with app.app_context():
        engine = db.engine
    seen: dict[str, Any] = {}

    def note(
        _c: object, _k: object, statement: str, parameters: Any, _x: object, many: bool
    ) -> None:
        seen[statement] = parameters[0] if many else parameters

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def scans(app: Flask, seen: dict[str, Any]) -> list[str]:
    """Return what reads a table from one end to the other."""
    found = []
    with app.app_context(), db.engine.connect() as connection:
        for statement, parameters in seen.items():
            if not re.match("SELECT|UPDATE|DELETE", statement) or _FROM_THE_END.search(statement):
                continue
            for *_, step in connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN {statement}", parameters
            ):
                scan = _SCAN.match(step)
                if scan and scan[1] not in FEW_ROWS:
                    found.append(f"{step}: {' '.join(statement.split())}")
    return found


def its_forms(client: FlaskClient, public_id: str) -> None:
    """Fetch the badge, its page and its list."""
    for path in (f"/b/{public_id}.json", f"/b/{public_id}", "/status/1"):
        assert 200 == client.get(path).status_code


def its_revocations(client: FlaskClient, _public_id: str) -> None:
    """Fetch the list of what is revoked in Open Badges 2.0."""
    assert 200 == client.get("/ob2/rsa-1/revocations").status_code


def its_verdict(client: FlaskClient, public_id: str) -> None:
    """Have a badge of ours verified."""
    content = client.get(f"/b/{public_id}.json").data
    answer = client.post("/api/v1/verify", data=content, content_type="application/vc+ld+json")
    assert "green" == answer.get_json()["verdict"]


def its_revocation(client: FlaskClient, public_id: str) -> None:
    """Revoke a badge."""
    with client.application.app_context():
        here, reason = services(), Reason.ISSUED_IN_ERROR
        states.revoke(
            db.session, here.office, public_id, reason=reason, actor="a", now=here.clock()
        )


@pytest.fixture
def _on_sqlite(database: Database) -> None:
    if database.name != "sqlite":
        pytest.skip("the plans are those of SQLite; both have the same indexes")


@pytest.mark.usefixtures("_on_sqlite")
@pytest.mark.parametrize("visit", [its_forms, its_revocations, its_verdict, its_revocation])
def test_a_visit_reads_no_table_from_end_to_end(
    app: Flask, client: FlaskClient, public_id: str, visit: Callable[[FlaskClient, str], None]
) -> None:
    """P9: nor does a revocation."""
    with statements(app) as seen:
        visit(client, public_id)

    assert seen
    assert [] == scans(app, seen)


@pytest.mark.usefixtures("_on_sqlite")
def test_the_way_to_a_badge_reads_no_table_from_end_to_end(
    app: Flask, client: FlaskClient, letters: Letters
) -> None:
    """P9: signing in, a quiz, an offer, its acceptance, and the person's own space."""
    person = Learner(client, letters, "lea@example.org")
    with statements(app) as seen:
        person.sign_in()
        person.earn()
        assert 200 == person.get("/mon-espace").status_code

    assert [] == scans(app, seen)
