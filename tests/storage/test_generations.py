"""What a former release left behind goes on: upgraded, served, verified, taken back, unchanged."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import DateTime, LargeBinary, MetaData, Table, insert, select

from badgeservice import installation
from badgeservice.app import create_app
from badgeservice.awarding import offers
from badgeservice.extensions import db, services
from badgeservice.issuing import audit
from badgeservice.issuing.hosting import Hosting, own_fetch
from badgeservice.issuing.issue import accept_and_issue, unfinished
from badgeservice.issuing.register import DatabaseRegister
from badgeservice.migrating import alembic, prepare
from badgeservice.people import accounts, email_address
from badgeservice.verification import Verdict, recognise, verify
from tests.conftest import Clock, Letters, settings_in
from tests.databases import Database
from tests.issuing.conftest import CHOICES

FORMER = Path(__file__).with_name("installation_0001")
REVISION = "0001"
RELEASED = sorted(FORMER.glob("released/*"))
REVOKED = "V4oH1zEwx1GM9XGuhZB4fP"


@pytest.fixture
def former(database: Database, tmp_path: Path, clock: Clock, letters: Letters) -> Iterator[Flask]:
    """The former installation, in a database of its migration, opened by the code of today."""
    for part in ("data", "keys"):
        shutil.copytree(FORMER / part, tmp_path / part)
    for secret in tmp_path.rglob("*"):
        if secret.is_file():
            secret.chmod(0o600)  # a checkout does not keep modes
    address = database.new(tmp_path)
    settings = settings_in(tmp_path, database_url=address)
    clock.advance(hours=1)
    installation.prepare_files(settings, now=clock())  # kinds of keys that came later
    app = create_app(settings, clock=clock, mailer=letters)
    prepare(app)
    with app.app_context():
        alembic.upgrade(REVISION)
        with db.engine.begin() as connection:
            tables = MetaData()
            tables.reflect(connection)
            for line in rows_of_then():
                table = tables.tables[line["table"]]
                if table.name != "alembic_version":
                    connection.execute(insert(table).values(**from_plain(table, line["row"])))
        yield app
        db.session.close()
        db.engine.dispose()
    database.drop(address)


def rows_of_then() -> list[dict[str, Any]]:
    """Return every row of the former installation, as the file has it."""
    return [json.loads(line) for line in (FORMER / "rows.jsonl").read_text().splitlines()]


def set_up(clock: Clock) -> None:
    """Do what `badgeservice setup` does after an upgrade."""
    here = services()
    installation.prepare_database(db.session, here.office.issuer, here.settings, now=clock())


def rows_of_now() -> list[dict[str, Any]]:
    """Return every row of the database, as the file would have it."""
    tables = MetaData()
    with db.engine.connect() as connection:
        tables.reflect(connection)
        return [
            {"table": table.name, "row": to_plain(table, row._asdict())}
            for table in tables.sorted_tables
            for row in connection.execute(select(table))
        ]


def from_plain(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of the file as a database takes it."""
    return {
        name: base64.b64decode(value)
        if value is not None and isinstance(table.c[name].type, LargeBinary)
        else datetime.fromisoformat(value)
        if value is not None and isinstance(table.c[name].type, DateTime)
        else value
        for name, value in row.items()
    }


def to_plain(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of a database as the file has it: instants without offset are in UTC."""
    return {
        name: base64.b64encode(value).decode()
        if isinstance(value, bytes)
        else value.isoformat().removesuffix("+00:00") + "+00:00"
        if isinstance(value, datetime)
        else value
        for name, value in row.items()
    }


def comparable(rows: list[dict[str, Any]]) -> list[str]:
    """Return rows in an order of their own; which came first in a table says nothing."""
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


def test_the_rows_of_then_are_in_the_database(former: Flask) -> None:
    """What is compared below has something to compare."""
    assert len(rows_of_then()) > 60
    assert comparable(rows_of_now()) == comparable(rows_of_then())


def test_badges_of_then_are_served_byte_for_byte(former: Flask) -> None:
    """Nothing that was signed changes when tables do."""
    alembic.upgrade()

    for file in RELEASED:
        answer = former.test_client().get(f"/b/{file.name}")
        assert (answer.status_code, answer.data) == (200, file.read_bytes()), file.name


def test_badges_of_then_get_the_verdict_of_then(former: Flask, clock: Clock) -> None:
    """In force or revoked, in every form, against the register as it was brought along."""
    alembic.upgrade()
    office = services().office
    fetch, register = own_fetch(Hosting(db.session, office)), DatabaseRegister(db.session, office)

    for file in RELEASED:
        report = verify(recognise(file.read_bytes()), fetch=fetch, register=register, now=clock())
        expected = Verdict.RED if file.stem == REVOKED else Verdict.GREEN
        assert report.verdict == expected, file.name


def test_everything_of_then_agrees_after_the_upgrade(former: Flask, clock: Clock) -> None:
    """Register, bytes, lists, chain and signer's log; and every decision, made again."""
    set_up(clock)

    assert list(audit.violations(db.session, services().office, now=clock())) == []
    assert offers.replay(db.session, services().vault) == []


def test_what_was_under_way_goes_on(former: Flask, clock: Clock) -> None:
    """An offer that waited is accepted; a badge that was planned is signed, at its first address."""
    set_up(clock)
    session, office = db.session, services().office
    lea, max_ = (
        accounts.find(session, office.vault, email_address.parse(f"{name}@example.org"))
        for name in ("lea", "max")
    )
    assert lea is not None
    assert max_ is not None
    planned = next(
        line["row"]["public_id"]
        for line in rows_of_then()
        if line["table"] == "intent" and line["row"]["state"] == "planned"
    )

    badges = [
        accept_and_issue(
            session,
            office,
            award_id=award.id,
            person_id=person.id,
            choices=CHOICES,
            actor=person.id,
            now=clock(),
        )
        for person, awards in (
            (lea, offers.open_offers(session, lea.id)),
            (max_, unfinished(session, max_.id)),
        )
        for award in awards
    ]

    assert len(badges) == 2
    assert badges[1].public_id == planned
    assert list(audit.violations(session, office, now=clock())) == []


def test_every_address_that_was_signed_then_still_answers(former: Flask) -> None:
    """H9: who follows a link inside a badge of the first release finds what it points to."""
    alembic.upgrade()
    base = services().settings.base_url
    signed = b"".join(file.read_bytes() for file in RELEASED if file.suffix == ".json").decode()
    found = {each.split("#")[0] for each in re.findall(rf'"{base}(/[^"\\]+)"', signed)}

    assert len(found) >= 6
    for path in sorted(found):
        assert former.test_client().get(path).status_code == 200, path


def test_going_back_gives_the_rows_of_then(former: Flask) -> None:
    """N−1 → N → N−1: every row of every table, credentials included, to the byte."""
    alembic.upgrade()
    alembic.downgrade(REVISION)

    assert comparable(rows_of_now()) == comparable(rows_of_then())


def test_going_back_and_forth_serves_the_same_bytes(former: Flask, clock: Clock) -> None:
    """Whoever had to go back for a day loses nothing."""
    alembic.upgrade()
    alembic.downgrade(REVISION)
    set_up(clock)

    for file in RELEASED:
        assert former.test_client().get(f"/b/{file.name}").data == file.read_bytes(), file.name
    assert list(audit.violations(db.session, services().office, now=clock())) == []
