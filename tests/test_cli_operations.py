"""The commands of whoever runs the service, each in a process of its own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection

from tests.conftest import Run
from tests.databases import Database


def test_a_halt_reaches_every_process_at_once(run: Run) -> None:
    """Another process that was asked to issue refuses; what it accepted is signed on `resume`."""
    asked = ("issue", "--badge", "crcn-4-1-beginner", "--to", "a@example.org", "--json")

    assert "issuing is halted\n" == run("halt", "--reason", "a key may be out").stdout
    refused = run(*asked)
    assert 1 == refused.returncode
    assert "issuing is halted since" in refused.stderr
    resumed = run("resume")

    assert 0 == resumed.returncode, resumed.stderr
    assert "issuing goes on\n1 accepted badge(s) signed, 0 not\n" == resumed.stdout
    assert [] == json.loads(run("audit", "--json").stdout)["violations"]


def test_a_full_disk_is_said_in_a_sentence(
    run: Run, environment: dict[str, str], database: Database
) -> None:
    """A command that has no room undoes what it began, and works once there is some."""
    if environment["BADGESERVICE_DATABASE_URL"]:
        pytest.skip("it is SQLite that can be told how large its file may be")

    def limit(connection: DBAPIConnection, *_: object) -> None:
        cursor = connection.cursor()
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count={pages}")

    asked = ("issue", "--badge", "crcn-4-1-beginner", "--to", "a@example.org")
    event.listen(Engine, "connect", limit)
    try:
        refused = run(*asked)
    finally:
        event.remove(Engine, "connect", limit)

    assert 1 == refused.returncode
    assert "badgeservice: the database: database or disk is full; " in refused.stderr
    assert 0 == run(*asked).returncode


def test_a_backup_is_put_back_by_its_commands(
    run: Run, environment: dict[str, str], database: Database, tmp_path: Path
) -> None:
    """On another machine with the same secrets; before it is finished, and after."""
    issued = run("issue", "--badge", "crcn-4-1-beginner", "--to", "a@example.org")
    made = run("backup", tmp_path / "backups")  # which is made
    again = run("backup", made.stdout.strip())
    assert (0, 1) == (made.returncode, again.returncode), made.stderr
    assert "is never written over" in again.stderr
    former = Path(environment["BADGESERVICE_DATA_DIR"])
    blank = tmp_path / "blank"
    blank.mkdir()
    for secret in ("key-passphrase", "secret-key", "personal-data-key"):
        shutil.copy2(former / secret, blank / secret)
    environment |= {
        "BADGESERVICE_DATA_DIR": str(blank),
        "BADGESERVICE_KEYS_DIR": str(tmp_path / "keys-again"),
    }
    former_url = environment["BADGESERVICE_DATABASE_URL"]
    if former_url:
        environment["BADGESERVICE_DATABASE_URL"] = database.new(blank)
    try:
        refused = run("restore", made.stdout.strip())
        restored = run("restore", made.stdout.strip(), "--without-published")

        assert 1 == refused.returncode
        assert "--without-published" in refused.stderr
        assert 0 == restored.returncode, restored.stderr
        assert restored.stdout.endswith("0 violation(s) found by the audit\n")
        assert 0 == run("verify", issued.stdout.strip()).returncode
        (blank / "restore-unfinished").touch()
        assert "a backup was not put back to the end" in run("audit").stderr
    finally:
        if former_url:
            database.drop(environment["BADGESERVICE_DATABASE_URL"])


@pytest.mark.any_database  # the server of the tests is no good one: it flushes nothing
def test_the_doctor_answers_each_question(run: Run, environment: dict[str, str]) -> None:
    """A line each, or JSON; exit 1 where something asks for attention, 2 where it is wrong."""
    in_lines = run("doctor")
    environment["BADGESERVICE_CONTACT_EMAIL"] = ""
    environment["BADGESERVICE_NO_SUCH_SETTING"] = "1"
    in_json = run("doctor", "--json")

    assert 1 == in_lines.returncode, in_lines.stdout + in_lines.stderr
    assert "ok        keys" in in_lines.stdout
    assert "→ `badgeservice backup`, every day" in in_lines.stdout
    assert 2 == in_json.returncode
    (finding,) = json.loads(in_json.stdout)
    assert "BADGESERVICE_NO_SUCH_SETTING is not a setting" in finding["what"]
