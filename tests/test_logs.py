"""Logs say what happened and never to whom: a canary goes through everything that logs."""

from __future__ import annotations

import io
import json
import logging

import pytest
import structlog
from flask import Flask, abort
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from badgeservice import logs
from badgeservice.errors import SignInRefused
from tests.journal import Journal

ADDRESS = "canary.martin@example.org"
NAME = "Canary Lemoigne"
TOKEN = "canary-token"


@pytest.fixture
def client(journal: Journal) -> FlaskClient:
    """A visitor of an application whose views fail in every way that could tell on someone."""
    app = Flask(__name__)
    logs.init_app(app)

    @app.get("/good/<token>")
    def good(token: str) -> str:
        structlog.get_logger().info("redeemed", code="ok", email=ADDRESS, name=NAME, token=token)
        return NAME

    @app.get("/bad/<token>")
    def bad(token: str) -> str:
        try:
            raise KeyError(ADDRESS)
        except KeyError:
            raise SignInRefused(f"{NAME} <{ADDRESS}>") from ValueError(token)

    @app.get("/missing")
    def missing() -> str:
        abort(404, description=ADDRESS)

    return app.test_client()


# --- the canary ----------------------------------------------------------------------------------


def test_the_canary_is_never_heard(journal: Journal, client: FlaskClient, session: Session) -> None:
    """Addresses, names and tokens in paths, queries, headers, fields, errors and databases."""
    headers = {"User-Agent": NAME, "X-Request-ID": ADDRESS, "Cookie": f"a={TOKEN}", "Referer": NAME}
    for path in ("/good/", "/bad/", "/missing?email=", "/nowhere/"):
        client.get(f"{path}{TOKEN}?email={ADDRESS}&name={NAME}", headers=headers)
    log = structlog.get_logger()
    try:
        session.execute(text("SELECT :name FROM nothing"), {"name": NAME, "email": ADDRESS})
    except Exception as error:
        log.error("unforeseen", exc_info=error)
        log.exception("unforeseen")
        logging.getLogger("library").exception("could not write %s", ADDRESS)
    log.warning("refused", person={"name": NAME}, code=Exception(NAME), **{ADDRESS: ADDRESS})
    logging.getLogger("werkzeug").error(f'127.0.0.1 "GET /link/{TOKEN}?email={ADDRESS}"')
    logging.getLogger("library").critical("%s", NAME, extra={"email": ADDRESS}, stack_info=True)

    heard = journal.text.lower()

    assert len(journal.lines) >= 10
    assert "canary" not in heard
    assert "lemoigne" not in heard


def test_a_field_that_nobody_reviewed_is_left_out(journal: Journal) -> None:
    """Its name stays, so that whoever wrote it sees why nothing is there."""
    structlog.get_logger().info("issued", count=3, recipient=ADDRESS)

    (line,) = journal.lines
    assert line.pop("timestamp")
    assert line == {"level": "info", "event": "issued", "count": 3, "left_out": ["recipient"]}


@pytest.mark.parametrize(
    "value",
    [
        ADDRESS,
        NAME,
        "",
        "two words",
        "a\r\nb",
        'a","level":"info',
        "é",
        "a\x1b[31m",
        "a\u2028b",
        "x" * 101,
        b"bytes",
        {"a": 1},
        [ADDRESS],
        Exception(ADDRESS),
    ],
    ids=repr,
)
def test_a_value_is_a_word_or_a_number(journal: Journal, value: object) -> None:
    """Also in a reviewed field, where a mistake would put a sentence or somebody's text."""
    structlog.get_logger().info("refused", code=value)

    assert journal.lines[0]["code"] == logs.WITHHELD


def test_a_sentence_is_not_an_event(journal: Journal) -> None:
    """An event is a fixed word; a sentence has places where a name could stand."""
    structlog.get_logger().info("%s has signed in", NAME)

    assert journal.lines[0]["event"] == logs.WITHHELD


@pytest.mark.parametrize("forged", ["\n", "\r\n", "\u2028", "\x85", "\x0b"], ids=ascii)
def test_nobody_forges_a_line(journal: Journal, forged: str) -> None:
    """Attack: a line break in whatever is logged, with a line of the attacker's own behind it."""
    line = f'x{forged}{{"event": "paid"}}'
    log = structlog.get_logger()
    log.info(line, code=line, reference=line, other=line)
    log.error("unforeseen", exc_info=ValueError(line))
    logging.getLogger(line).error(line)

    assert [entry.get("event") for entry in journal.lines] == [
        logs.WITHHELD,
        "unforeseen",
        "library",
    ]
    assert journal.text.isascii()


# --- what the logs do say ------------------------------------------------------------------------


def test_an_exception_leaves_its_type_code_and_places(
    journal: Journal, client: FlaskClient
) -> None:
    """Enough to find the line of code, from what was raised to what caused it."""
    client.get("/bad/token")

    (line,) = [entry for entry in journal.lines if "exception" in entry]
    first, cause = line["exception"]
    assert (first["type"], first["code"]) == (
        "badgeservice.errors.SignInRefused",
        "sign_in_refused",
    )
    assert first["places"][-1].startswith("test_logs.py:")
    assert first["places"][-1].endswith(" bad")
    assert cause["type"] == "builtins.ValueError"


def test_a_place_in_our_code_has_its_folder(journal: Journal) -> None:
    """`models.py` alone would be any of six files."""
    try:
        logs.configure("loud")
    except KeyError as error:
        structlog.get_logger().error("unforeseen", exc_info=error)

    (exception,) = journal.lines[0]["exception"]
    assert exception["places"][-1].startswith("badgeservice/logs.py:")


def test_causes_in_a_circle_end(journal: Journal) -> None:
    """Two exceptions can be each other's cause."""
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first

    structlog.get_logger().error("unforeseen", exc_info=first)

    assert len(journal.lines[0]["exception"]) == 2


def test_a_request_is_logged_with_the_name_of_its_view(
    journal: Journal, client: FlaskClient
) -> None:
    """Not with its path, which holds tokens. The answer carries the identifier of the lines."""
    response = client.get("/good/token")

    redeemed, ended = journal.lines
    assert redeemed["request_id"] == ended["request_id"] == response.headers["X-Request-ID"]
    assert (ended["event"], ended["endpoint"], ended["method"]) == ("request", "good", "GET")
    assert ended["status"] == 200
    assert ended["milliseconds"] >= 0


def test_each_request_has_an_identifier_of_ours(journal: Journal, client: FlaskClient) -> None:
    """Attack: text of one's own in everybody's logs, through X-Request-ID or the method."""
    for _ in range(2):
        client.open("/nowhere", method="CANARY", headers={"X-Request-ID": "canary"})

    first, second = journal.lines
    assert first["request_id"] != second["request_id"]
    assert "canary" not in journal.text.lower()


def test_a_request_leaves_nothing_to_the_next(journal: Journal, client: FlaskClient) -> None:
    """What happens between requests belongs to none."""
    client.get("/missing")
    structlog.get_logger().info("purged", count=1)

    assert "request_id" not in journal.lines[-1]


def test_what_was_refused_before_is_answered_all_the_same(journal: Journal) -> None:
    """An extension that stands before the logs can refuse a request; nothing breaks."""
    app = Flask(__name__)
    app.before_request(lambda: abort(429))
    logs.init_app(app)

    response = app.test_client().get("/")

    assert response.status_code == 429
    assert journal.text == ""


def test_standard_error_is_found_anew(journal: Journal, capsys: pytest.CaptureFixture[str]) -> None:
    """It may have been replaced since the configuration."""
    logs.configure("info")

    structlog.get_logger().info("here")

    assert json.loads(capsys.readouterr().err)["event"] == "here"


def test_a_library_says_where_and_how_grave(journal: Journal) -> None:
    """Its sentence is left out, even one that cannot be formatted."""
    logging.getLogger("library").error("%d items", ADDRESS)

    (line,) = journal.lines
    assert (line["event"], line["logger"], line["level"]) == ("library", "library", "error")
    assert line["place"].startswith("test_logs:")


def test_libraries_speak_when_something_is_wrong(journal: Journal) -> None:
    """A development server that logs each request does not fill the logs."""
    logger = logging.getLogger("chatty")
    logger.setLevel(logging.DEBUG)
    logger.info("all is well")

    assert journal.text == ""


@pytest.mark.parametrize(("level", "heard"), [("debug", 3), ("info", 2), ("warning", 1)])
def test_the_level_is_the_operators(journal: Journal, level: str, heard: int) -> None:
    """Less important lines are not written."""
    logs.configure(level, stream=journal.stream)
    log = structlog.get_logger()
    log.debug("one")
    log.info("two")
    log.warning("three")

    assert len(journal.lines) == heard


def test_a_logger_made_before_the_configuration_obeys_it(journal: Journal) -> None:
    """Modules make theirs when they are imported."""
    log = structlog.get_logger()
    log.info("before")
    late = io.StringIO()
    logs.configure("error", stream=late)
    log.info("quiet")
    log.error("loud")

    assert [json.loads(line)["event"] for line in late.getvalue().splitlines()] == ["loud"]
