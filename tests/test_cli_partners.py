"""`badgeservice partners`: from a name to a key with which results come in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from badgeservice.cli.partners import make_partners_command
from badgeservice.errors import (
    AgreementRefused,
    ApiKeyLimit,
    ApiKeyRefused,
    OrganisationNotFound,
    PersonNotFound,
)
from badgeservice.extensions import Services, db, services
from badgeservice.storage.chain import AuditEvent
from tests.evidence.test_agreements import FILE
from tests.partners.conftest import row

Ask = Callable[..., Result]
DOCUMENTATION = Path(__file__).resolve().parents[1] / "docs" / "partners.md"


@pytest.fixture
def ask(app: Flask) -> Iterator[Ask]:
    """Run a command against one installation, in this process."""

    @contextmanager
    def opened() -> Iterator[tuple[Session, Services]]:
        yield db.session, services()

    with app.app_context():
        command = make_partners_command(opened)
        yield lambda *arguments: CliRunner().invoke(command, [str(each) for each in arguments])


@pytest.fixture
def agreement(tmp_path: Path) -> Path:
    """The file of an agreement."""
    path = tmp_path / "fim.yaml"
    path.write_text(FILE)
    return path


def test_the_life_of_a_partner(ask: Ask, app: Flask, agreement: Path) -> None:
    """Entered, allowed, given a key that works, revoked; the audit chain tells of each step."""
    assert ask("add", "fim", "--name", "FIM  Formation").exit_code == 0
    allowed = ask("allow", "fim", agreement)
    assert (
        "cyber-1, version 1: 4.1 beginner, at most “work reviewed or skills observed”"
        in allowed.output
    )
    assert (
        "cyber-course, version 1: 4.1 intermediate, at most “attendance verified”, score 70%"
        in allowed.output
    )
    assert "0 new, 2 as before" in ask("allow", "fim", agreement).output
    assert ask("member", "add", "fim", "le-gall@example.org").exit_code == 0

    made = ask("key", "new", "fim", "--days", "30", "--activity", "cyber-1")
    key = made.stdout.strip()
    assert re.fullmatch(r"obk_live_[a-z2-7]{59}", key)
    key_id = re.search(r"key_[0-9a-f]{32}", made.stderr)
    assert key_id
    assert "until 2026-12-23" in made.stderr
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "1"}
    sent = app.test_client().post("/api/v1/evidence", json={"results": [row()]}, headers=headers)
    assert sent.get_json()["results"][0]["state"] == "recorded"

    listed = ask("list").output
    assert "fim · FIM Formation: 1 member(s), 1 active key(s)\n  cyber-1, version 1" in listed
    keys = ask("key", "list", "fim").output
    assert f"{key_id[0]}  …{key[-4:]}  active until 2026-12-23, last used on 2026-11-23" in keys
    assert "only cyber-1" in keys
    assert key not in keys
    assert "opens nothing since 2026-11-23 09:00 UTC" in ask("key", "revoke", key_id[0]).output
    [described] = json.loads(ask("key", "list", "fim", "--json").output)
    assert (described["is_active"], described["revoked_reason"]) == (False, "operator")
    assert "revoked on 2026-11-23 (operator)" in ask("key", "list", "fim").output
    assert ask("member", "remove", "fim", "le-gall@example.org").exit_code == 0

    told = db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.sequence)).all()
    assert [each for each in told if each not in ("setup", "key")] == [
        "add-partner", "allow-activity", "allow-activity", "add-member", "make-api-key",
        "submit-evidence", "revoke-api-key", "remove-member",
    ]  # fmt: skip


def test_what_cannot_be_is_refused_in_a_sentence(ask: Ask, agreement: Path) -> None:
    """Nothing is half done."""
    ask("add", "fim", "--name", "FIM")
    for arguments, error in (
        (("add", "fim", "--name", "FIM"), AgreementRefused("fim is there already")),
        (("add", "F I M", "--name", "FIM"), AgreementRefused("'F I M': lower-case words")),
        (("allow", "iut", agreement), OrganisationNotFound("no organisation is called iut")),
        (("key", "new", "fim", "--activity", "x"), AgreementRefused("x: not in the agreement of fim (which is empty)")),
        (("key", "revoke", "key_0"), ApiKeyRefused("no key key_0")),
        (("member", "remove", "fim", "nobody@example.org"), PersonNotFound("nobody is known")),
    ):  # fmt: skip
        refused = ask(*arguments).exception
        assert isinstance(refused, type(error)), arguments
        assert refused.message.startswith(error.message)


def test_a_third_key_waits_until_one_is_revoked(ask: Ask) -> None:
    """And one that reads only sends nothing."""
    ask("add", "fim", "--name", "FIM")
    for _ in range(2):
        assert ask("key", "new", "fim", "--read-only").exit_code == 0

    assert isinstance(ask("key", "new", "fim").exception, ApiKeyLimit)
    assert "never used; evidence:read" in ask("key", "list", "fim").output


def test_the_documentation_is_true(ask: Ask, app: Flask, tmp_path: Path) -> None:
    """Its agreement is read, its request is taken, and every command in it exists."""
    text = DOCUMENTATION.read_text()
    path = tmp_path / "fim.yaml"
    [terms] = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    path.write_text(terms)
    ask("add", "fim", "--name", "FIM")
    assert ask("allow", "fim", path).exit_code == 0, ask("allow", "fim", path).exception
    key = ask("key", "new", "fim").stdout.strip()

    document = json.loads(re.findall(r"```json\n(.*?)```", text, re.DOTALL)[0])
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "1", "Accept-Language": "en"}
    answer = app.test_client().post("/api/v1/evidence", json=document, headers=headers)

    expected = json.loads(re.findall(r"```json\n(.*?)```", text, re.DOTALL)[1])
    said = answer.get_json()
    for each in (said, expected):
        each["submission"] = each["received_at"] = ""
        for found in each["results"]:
            found["evidence"] = found["evidence"] and "ev_"
    assert said == expected
    for command in set(re.findall(r"badgeservice partners ([a-z]+(?: [a-z]+)?)", text)):
        assert ask(*command.split(), "--help").exit_code == 0, command
