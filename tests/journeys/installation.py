"""A whole installation in folders of its own, served by gunicorn as the README says."""

from __future__ import annotations

import json
import os
import secrets
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

ROOT = Path(__file__).resolve().parent.parent.parent
BADGE = "crcn-4-1-beginner"
START_SECONDS = 60
AGREEMENT = """\
activities:
  - activity: cyber-1
    title: {fr: "Mon entreprise face à une cyberattaque", en: "My firm under attack"}
    competences: ["4.1"]
    level: beginner
    strength: 2
    from: 2026-09-01
"""
_WORK = "from badgeservice import app, worker; worker.run_waiting(app.create_app())"


@dataclass(frozen=True)
class Counts:
    """What there is of everything that signing leaves behind."""

    intents: int
    credentials: int
    released_files: int
    credential_signatures: int


class Installation:
    """Its address, its commands, its database and its mails. Made under `folder`."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.base_url = f"http://127.0.0.1:{self.port}"
        self._data = folder / "var"
        self.server_log = folder / "server.log"
        ours = {
            "BADGESERVICE_BASE_URL": self.base_url,
            "BADGESERVICE_DATA_DIR": str(self._data),
            "BADGESERVICE_KEYS_DIR": str(folder / "keys"),
        }
        theirs = {k: v for k, v in os.environ.items() if not k.startswith("BADGESERVICE_")}
        self._environment = theirs | ours

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Set up, serve until the end of the block, stop."""
        made = self.command("setup")
        assert made.returncode == 0, made.stderr
        with self.server_log.open("wb") as log:
            server = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"),
                    *("--bind", f"127.0.0.1:{self.port}", "wsgi:app"),
                ],
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
            )
        try:
            self._wait_until_ready(server)
            yield
        finally:
            server.terminate()
            server.wait(timeout=30)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `badgeservice` as an operator of this installation."""
        return subprocess.run(
            [str(Path(sys.executable).with_name("badgeservice")), *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def issue(self, email: str, *, language: str = "fr") -> str:
        """Issue a badge that is visible with its link; return its address."""
        done = self.command("issue", "--badge", BADGE, "--to", email, "--lang", language, "--json")
        assert done.returncode == 0, done.stderr
        address: str = json.loads(done.stdout)["id"]
        return address

    def verify(self, source: str | Path) -> tuple[int, dict[str, Any]]:
        """Return the exit code and the report of `badgeservice verify`."""
        done = self.command("verify", "--json", str(source))
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    def revoke(self, address: str) -> None:
        """Withdraw a badge."""
        done = self.command("revoke", address, "--reason", "issued_in_error")
        assert done.returncode == 0, done.stderr

    def suspend(self, address: str) -> None:
        """Say that a badge is not to be relied on for now."""
        done = self.command("suspend", address)
        assert done.returncode == 0, done.stderr

    def partner(self, slug: str, email: str) -> None:
        """Make a training partner with an agreement, for which the person `email` may act."""
        agreement = self._data / f"{slug}.yaml"
        agreement.write_text(AGREEMENT)
        for arguments in (
            ("add", slug, "--name", f"Formation {slug}"),
            ("allow", slug, str(agreement)),
            ("member", "add", slug, email),
        ):
            done = self.command("partners", *arguments)
            assert done.returncode == 0, done.stderr

    def work(self) -> None:
        """Do every job that waits, as a worker would."""
        done = subprocess.run(
            [sys.executable, "-c", _WORK],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def counts(self) -> Counts:
        """Return what signing has left behind so far."""
        with self._database() as database:
            intents, credentials, files = (
                database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                for table in ("intent", "credential", "credential_bytes")
            )
        log = self._data / "signer-log.jsonl"
        lines = log.read_text().splitlines() if log.exists() else []
        purposes = [json.loads(line)["purpose"] for line in lines]
        return Counts(intents, credentials, files, purposes.count("credential"))

    def job(self, state: str) -> str:
        """Return the id of a job of the person who signed in last, which stands as it is."""
        job_id = f"job_{secrets.token_hex(16)}"
        with self._database() as database:
            database.execute(
                "INSERT INTO job (id, kind, owner, arguments, state, done, total, attempts, problem,"
                " created_at) SELECT ?, 'shown', person_id, '{}', ?, 3200, 10000, 1, 'abandoned',"
                " used_at FROM sign_in_request WHERE used_at IS NOT NULL"
                " ORDER BY used_at DESC LIMIT 1",
                (job_id, state),
            )
            database.commit()
        return job_id

    @contextmanager
    def halted(self) -> Iterator[None]:
        """Let nothing be signed during the block; what was accepted meanwhile is signed at its end."""
        done = self.command("halt", "--reason", "gallery")
        assert done.returncode == 0, done.stderr
        try:
            yield
        finally:
            done = self.command("resume")
        assert done.returncode == 0, done.stderr

    @contextmanager
    def without_status_lists(self) -> Iterator[None]:
        """Let every published status list be nowhere to be found during the block."""
        self._renumber_status_lists(1000)
        try:
            yield
        finally:
            self._renumber_status_lists(-1000)

    def mail_to(self, email: str) -> str:
        """Return the text of the newest mail to `email`."""
        records = (self._data / "mailbox.jsonl").read_text().splitlines()
        for record in reversed([json.loads(line) for line in records]):
            if record["to"] == email:
                text: str = record["text"]
                return text
        raise AssertionError(f"no mail to {email}")

    def _renumber_status_lists(self, step: int) -> None:
        # Foreign keys are not enforced on a connection that does not ask for it.
        with self._database() as database:
            database.execute("UPDATE status_list SET number = number + ?", (step,))
            database.commit()

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        path = self._data / "badgeservice.sqlite3"
        with closing(sqlite3.connect(path, timeout=10)) as connection:
            yield connection

    def _wait_until_ready(self, server: subprocess.Popen[bytes]) -> None:
        opener = build_opener(ProxyHandler({}))
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and server.poll() is None:
            try:
                with opener.open(f"{self.base_url}/readyz", timeout=2):
                    return
            except (URLError, OSError):
                time.sleep(0.2)
        raise AssertionError(f"the server did not start:\n{self.server_log.read_text()}")
