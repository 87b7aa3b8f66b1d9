"""So many at a time, some who wait, and an answer at once for the rest."""

from __future__ import annotations

import runpy
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from badgeservice.settings import Settings
from badgeservice.web import gate
from badgeservice.web.gate import Gate
from tests.journal import Journal

pytestmark = pytest.mark.any_database

ROOT = Path(__file__).resolve().parent.parent.parent


class House:
    """An application in which every visitor stays until they are let go, and says who is in."""

    def __init__(self) -> None:
        self.arrived = threading.Semaphore(0)
        self.leave = threading.Semaphore(0)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        """Keep whoever asks for /stay; answer others at once."""
        if environ["PATH_INFO"] == "/stay":
            self.arrived.release()
            assert self.leave.acquire(timeout=10)
        if environ["PATH_INFO"] == "/break":
            raise ValueError("broken")
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"served"]


@pytest.fixture
def house() -> House:
    """A house without visitors."""
    return House()


def visit(door: Gate, path: str = "/", accept: str = "*/*") -> TestResponse:
    """Ask for a page and read it to its end, as a server does."""
    return Client(door).get(path, headers={"Accept": accept}, buffered=True)


class Visitors:
    """People who come one after another, each in a thread of their own."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.answers: list[int] = []
        self._threads: list[threading.Thread] = []

    def send(self, path: str = "/stay") -> None:
        """Let one more come."""

        def come() -> None:
            self.answers.append(visit(self._gate, path).status_code)

        thread = threading.Thread(target=come)
        self._threads.append(thread)
        thread.start()

    def all_answered(self) -> list[int]:
        """Return what they were answered, once they all were."""
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()
        return self.answers


def fill(house: House, visitors: Visitors, places: int) -> None:
    """Send so many visitors, and wait until each is inside."""
    for _ in range(places):
        visitors.send()
        assert house.arrived.acquire(timeout=10)


def waits(door: Gate, number: int) -> None:
    """Return once so many wait."""
    for _ in range(1000):
        if len(door._queue) == number:
            return
        threading.Event().wait(0.005)
    raise AssertionError(f"{len(door._queue)} wait, not {number}")


def test_who_finds_no_place_is_told_at_once_when_to_come_back(house: House) -> None:
    """The application does not even hear of them."""
    refused: list[int] = []
    door = Gate(house, places=2, waiting=0, on_refusal=lambda: refused.append(1))
    visitors = Visitors(door)
    fill(house, visitors, 2)

    answer = visit(door, accept="text/html")

    assert 503 == answer.status_code
    assert 2 <= int(answer.headers["Retry-After"]) <= 10
    assert "no-store" == answer.headers["Cache-Control"]
    assert "Rien n’a été perdu" in answer.text
    assert "Nothing was lost" in answer.text
    assert [1] == refused
    house.leave.release(2)
    assert [200, 200] == visitors.all_answered()
    assert 200 == visit(door).status_code


@pytest.mark.parametrize(
    ("path", "accept"), [("/api/v1/verify", "text/html"), ("/b/x", "application/json")]
)
def test_a_program_gets_a_problem_document(house: House, path: str, accept: str) -> None:
    """As for every other error (RFC 9457)."""
    answer = visit(Gate(house, places=0, waiting=0), path, accept)

    assert "application/problem+json" == answer.content_type
    assert 503 == answer.get_json(force=True)["status"]
    assert "overloaded" == answer.get_json(force=True)["code"]


def test_those_who_wait_are_served_in_turn_and_the_next_is_turned_away(house: House) -> None:
    """A place that becomes free is handed to whoever has waited longest, never to a newcomer."""
    door = Gate(house, places=1, waiting=2)
    visitors = Visitors(door)
    fill(house, visitors, 1)
    for number in (1, 2):
        visitors.send()
        waits(door, number)

    assert 503 == visit(door).status_code

    house.leave.release(3)
    assert [200] * 3 == visitors.all_answered()
    assert 200 == visit(door).status_code


def test_nobody_waits_for_ever(house: House) -> None:
    """Whoever has waited too long is turned away, and their place in the queue is free."""
    door = Gate(house, places=1, waiting=1, seconds=0.01)
    visitors = Visitors(door)
    fill(house, visitors, 1)

    assert 503 == visit(door).status_code
    assert 503 == visit(door).status_code

    house.leave.release()
    visitors.all_answered()
    assert 200 == visit(door).status_code


def test_an_application_that_breaks_leaves_its_place(house: House) -> None:
    """A place is not lost by an exception, nor by an answer that its reader does not read."""
    door = Gate(house, places=1, waiting=0)
    for _ in range(2):
        with pytest.raises(ValueError, match="broken"):
            visit(door, "/break")

    Client(door).get("/").close()

    assert 200 == visit(door).status_code


@pytest.mark.parametrize("path", sorted(gate.ALWAYS_OPEN))
def test_whoever_watches_always_gets_in(house: House, path: str) -> None:
    """A full house is not a dead one."""
    assert 200 == visit(Gate(house, places=0, waiting=0), path).status_code


def test_the_log_says_it_once_in_a_while(house: House, journal: Journal) -> None:
    """Not a line for each: that would be work for each."""
    door = Gate(house, places=0, waiting=0)
    for _ in range(50):
        visit(door, "/b/secret")

    [line] = journal.lines
    assert "overloaded" == line["event"]
    assert 1 == line["count"]


def test_the_application_stands_behind_the_gate(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many as the setting says, and threads for those who wait, are refused or watch."""
    for name, value in environment.items():
        if name.startswith("BADGESERVICE_"):
            monkeypatch.setenv(name, value)
    served = runpy.run_path(str(ROOT / "wsgi.py"))["app"]
    configured = runpy.run_path(str(ROOT / "deploy" / "gunicorn.conf.py"))
    settings = Settings()

    assert isinstance(served.wsgi_app, Gate)
    for path, status in {"/healthz": 200, "/readyz": 200, "/": 400}.items():
        answer = served.test_client().get(path, headers={"Host": "10.0.0.7"}, buffered=True)
        assert status == answer.status_code, path
    assert (served.wsgi_app._free, served.wsgi_app._waiting) == (
        settings.requests_at_once,
        settings.requests_waiting,
    )
    assert settings.requests_at_once + settings.requests_waiting + 4 == configured["threads"]
