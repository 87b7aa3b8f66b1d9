"""The service in numbers: right, for whoever may see them, and nothing of a person in them."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from badgeservice import extensions
from badgeservice.app import Stock, create_app
from badgeservice.errors import SettingsError
from badgeservice.issuing import halting
from badgeservice.jobs import queue
from badgeservice.jobs.models import JobState
from badgeservice.web import metrics
from tests.conftest import Clock, Letters, copy_of, running
from tests.web.conftest import Furnished, Learner

TOKEN = "prometheus-knows-this-word"
CANARY = "canari.unique@example.org"


@pytest.fixture
def measured(
    furnished: Furnished, stock: Stock, tmp_path: Path, clock: Clock, letters: Letters
) -> Iterator[Flask]:
    """The application of an operator who measures."""
    file = tmp_path / "token"
    file.write_text(TOKEN)
    file.chmod(0o400)
    settings = copy_of(furnished.settings, tmp_path, metrics_token_file=file)
    yield from running(settings, clock, letters, stock)


def scraped(app: Flask) -> str:
    """Return what Prometheus would get, rows counted anew."""
    app.extensions[metrics.NAME]._rows._asked_at = float("-inf")
    answer = app.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert 200 == answer.status_code
    assert answer.content_type.startswith("text/plain")
    return answer.text


def value(page: str, series: str) -> float:
    """Return the value of one series."""
    found = re.search(rf"^{re.escape(series)} (\S+)$", page, re.M)
    assert found is not None, f"no {series}"
    return float(found[1])


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer wrong", f"bearer{TOKEN}", f"Basic {TOKEN}"]
)
def test_without_the_token_there_is_no_such_address(measured: Flask, given: str) -> None:
    """To a stranger it is an address like any that is not there."""
    answer = measured.test_client().get("/metrics", headers={"Authorization": given})

    assert 404 == answer.status_code
    assert "badgeservice_" not in answer.text


def test_by_default_nothing_is_measured(app: Flask, client: FlaskClient) -> None:
    """Neither an address nor a hook."""
    assert 404 == client.get("/metrics", headers={"Authorization": "Bearer "}).status_code
    assert metrics.NAME not in app.extensions


def test_requests_are_counted_by_their_route(measured: Flask, furnished: Furnished) -> None:
    """A thousand badges are one route; what has no route has one name."""
    visitor = measured.test_client()
    for _ in range(3):
        visitor.get(f"/b/{furnished.public_id}")
    visitor.get("/b/unknown")
    visitor.get("/nothing/here")
    visitor.open("/", method="BREW")

    page = scraped(measured)

    route = 'route="/b/<public_id>"'
    assert 3 == value(page, f'badgeservice_requests_total{{method="GET",{route},status="200"}}')
    assert 1 == value(page, f'badgeservice_requests_total{{method="GET",{route},status="404"}}')
    assert 4 == value(page, f"badgeservice_request_seconds_count{{{route}}}")
    none = 'method="GET",route="(none)",status="404"'
    assert 1 == value(page, f"badgeservice_requests_total{{{none}}}")
    assert "BREW" not in page


def test_attack_nothing_of_a_person_is_in_the_numbers(
    measured: Flask, letters: Letters, furnished: Furnished
) -> None:
    """Whatever is typed, sent, mailed, stored or refused: no label says it."""
    person = Learner(measured.test_client(), letters, CANARY)
    person.sign_in()
    person.earn(name="Canari Unique")
    visitor = measured.test_client()
    for path in (
        f"/{CANARY}",
        f"/b/{CANARY}",
        f"/c/{CANARY}",
        f"/?q={CANARY}",
        f"/api/v1/{CANARY}",
    ):
        visitor.get(path, headers={"User-Agent": CANARY, "Referer": f"https://{CANARY}/"})
        visitor.open(path, method=CANARY.upper()[:20].replace("@", "A").replace(".", "B"))
        visitor.post(path, data={"email": CANARY})
    with measured.app_context(), pytest.raises(SQLAlchemyError):
        extensions.db.session.execute(text("SELECT :who FROM nowhere"), {"who": CANARY})

    page = scraped(measured)

    words = ("canari", "unique", "example.org", furnished.public_id, "127.0.0.1", "nowhere")
    assert not [word for word in words if word.casefold() in page.casefold()]
    assert re.search(r"^badgeservice_database_errors_total\{kind=\"\w+\"\} 1.0$", page, re.M)


def test_rows_are_told(measured: Flask, clock: Clock) -> None:
    """Jobs by state, the oldest that waits, the oldest list, what is stored, whether it is halted."""
    with measured.app_context():
        session = extensions.db.session
        for number in range(3):
            queue.enqueue(session, "purge", {}, now=clock.now, key=str(number))
        session.commit()
        clock.advance(minutes=2)
        halting.halt(session, reason="drill", actor="test", now=clock.now)

    page = scraped(measured)

    assert 3 == value(page, 'badgeservice_jobs{state="queued"}')
    assert 0 == value(page, 'badgeservice_jobs{state="failed"}')
    assert 120 == value(page, "badgeservice_oldest_job_seconds")
    assert 1 == value(page, "badgeservice_issuing_halted")
    assert 1 == value(page, "badgeservice_credentials")
    assert value(page, "badgeservice_status_list_age_seconds") >= 120
    assert 1 == value(page, "badgeservice_database_up")
    clock.now -= timedelta(days=365)  # a clock that runs behind tells of no age below nought
    assert 0 == value(scraped(measured), "badgeservice_status_list_age_seconds")


def test_the_last_audit_is_told(measured: Flask, clock: Clock) -> None:
    """None is infinitely old and not clean; one that found something is recent and not clean."""
    page = scraped(measured)
    assert math.inf == value(page, "badgeservice_audit_age_seconds")
    assert 0 == value(page, "badgeservice_audit_clean")
    for state, clean in ((JobState.DONE, 1), (JobState.FAILED, 0)):
        clock.advance(hours=25)
        with measured.app_context():
            job = queue.enqueue(extensions.db.session, "audit", {}, now=clock.now)
            job.state, job.finished_at = state, clock.now
            extensions.db.session.commit()
        clock.advance(minutes=1)

        page = scraped(measured)

        assert 60 == value(page, "badgeservice_audit_age_seconds")
        assert clean == value(page, "badgeservice_audit_clean")


def test_a_database_that_is_away_is_told_and_stops_nothing(
    measured: Flask, database: object
) -> None:
    """The numbers that need no rows are there all the same."""
    with measured.app_context():
        extensions.db.session.execute(text("DROP TABLE job"))
        extensions.db.session.commit()

    page = scraped(measured)

    assert 0 == value(page, "badgeservice_database_up")
    assert "badgeservice_credentials" not in page
    assert value(page, 'badgeservice_verifier{what="busy"}') >= 0


def test_the_verifier_and_the_store_are_told(measured: Flask) -> None:
    """How busy it is, who waits, who was refused; memory counts in each process anyway."""
    page = scraped(measured)

    assert {"busy", "waiting", "refused"} == set(re.findall(r'verifier\{what="(\w+)"\}', page))
    assert 0 == value(page, "badgeservice_limits_store_down")
    assert value(page, "process_resident_memory_bytes") > 0


def test_a_token_that_cannot_be_read_stops_the_start(
    furnished: Furnished, stock: Stock, tmp_path: Path
) -> None:
    """And not the first scrape in the night."""
    settings = replace(furnished.settings, metrics_token_file=tmp_path / "nowhere")

    with pytest.raises(SettingsError, match="METRICS_TOKEN_FILE"):
        create_app(settings, clock=Clock(), mailer=Letters(), stock=stock)


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sets the token without the extra is told what to install."""
    monkeypatch.setitem(sys.modules, "prometheus_client", None)

    with pytest.raises(SettingsError, match=r"requirements-metrics\.lock"):
        metrics.Metrics()


@pytest.mark.any_database
def test_processes_behind_one_address_answer_for_each_other(tmp_path: Path) -> None:
    """What one counts, another tells; who has ended still counts, but is no longer busy."""
    program = (
        "import os, sys\n"
        "from badgeservice.web.metrics import Metrics\n"
        "measured = Metrics()\n"
        "measured.turned_away(3)\n"
        "measured._pool.labels('busy').set(2)\n"
        "measured._registry.unregister(measured._rows)\n"
        "measured._look_around = lambda: None\n"
        "sys.stdout.buffer.write(measured.text())\n"
        "if 'dies' in sys.argv:\n"
        "    from prometheus_client import multiprocess\n"
        "    multiprocess.mark_process_dead(os.getpid())\n"
    )
    environment = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}

    pages = [
        subprocess.run(
            [sys.executable, "-c", program, *words],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for words in (["dies"], [], [])
    ]

    assert [3, 6, 9] == [value(page, "badgeservice_turned_away_total") for page in pages]
    assert [2, 2, 4] == [value(page, 'badgeservice_verifier{what="busy"}') for page in pages]
