"""The attack corpus at the door that anyone may knock at: `POST /api/v1/verify`, workers and all."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask

from badgeservice import documents
from badgeservice.core import Stock
from badgeservice.extensions import db
from badgeservice.settings import Settings
from badgeservice.verification.fetching import Fetch, Fetched
from badgeservice.verifier.desk import Desk
from badgeservice.web.extensions import limiter
from tests.attacks import corpus
from tests.attacks.corpus import Stored
from tests.conftest import POOL, Clock, Letters, copy_of, running

pytestmark = pytest.mark.any_database

CASES = [
    case
    for number, case in enumerate(corpus.stored())
    if number % (4 if case.group in ("07-json", "12-png", "13-svg") else 16) == 0
]
"""Some of all, most of those that attack whoever reads: the walk behind is the same for each."""


@dataclass
class Network:
    """Stands for the way out: answers from the documents of a case, and writes down who was asked."""

    folder: Path = corpus.ROOT / corpus.NETWORK
    asked: set[str] = field(default_factory=set)

    def within(self, _seconds: float) -> Fetch:
        """Return the fetch of one verification."""
        fetch = documents.directory_fetch(self.folder)

        def fetch_and_write_down(address: str) -> Fetched:
            self.asked.add(urlsplit(address).hostname or address)
            return fetch(address)

        return fetch_and_write_down

    def remembers(self, _address: str) -> bool:
        """Nothing has to be waited for."""
        return True


@pytest.fixture(scope="module")
def clock() -> Clock:
    """Shows the time of each case."""
    return Clock()


@pytest.fixture(scope="module")
def network() -> Network:
    """What the service asks."""
    return Network()


@pytest.fixture(scope="module")
def app(
    installed: Settings,
    stock: Stock,
    clock: Clock,
    network: Network,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Flask]:
    """One service for all cases, which knows neither the school nor the academy."""
    settings = copy_of(installed, tmp_path_factory.mktemp("online"))
    for app in running(settings, clock, Letters(), stock):
        services = app.extensions["badgeservice"]
        desk = Desk(services.office, session=lambda: db.session, pool=POOL, guard=network)
        app.extensions["badgeservice"] = replace(services, desk=desk)
        yield app


@pytest.mark.parametrize("group", sorted({case.group for case in CASES}))
def test_a_class_is_answered_as_on_the_command_line(
    app: Flask, clock: Clock, network: Network, group: str
) -> None:
    """Never by an error of ours, and never by more or by less than the report."""
    wrong = {}
    for case in (case for case in CASES if case.group == group):
        with case.arguments() as (*_, folder, _file):
            network.folder, network.asked = Path(folder), set()
            clock.now = datetime.fromisoformat(case.meta["at"])
            limiter.reset()
            answer = app.test_client().post("/api/v1/verify", **_request(case))
        if answer.status_code == 413 and case.meta["expect"]["code"] == "too_large":
            continue  # refused before it was read whole
        if answer.status_code != 200:
            wrong[case.name] = [answer.get_data(as_text=True)[:200]]
        elif found := corpus.problems(
            case, corpus.answer_of(answer.get_json(), frozenset(network.asked))
        ):
            wrong[case.name] = found

    assert wrong == {}


def _request(case: Stored) -> dict[str, object]:
    data = (case.folder / case.meta["submission"]).read_bytes()
    if case.meta["entry"] == "address":
        return {"json": {"text": data.decode()}}
    return {"data": {"file": (io.BytesIO(data), case.meta["submission"])}}
