"""A worker is told that a job waits; and whoever asks for a job never waits for the carrier."""

from __future__ import annotations

import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from badgeservice.jobs.carrier import Carrier
from tests import stores
from tests.databases import Database
from tests.journal import Journal


@pytest.fixture(params=["database", "store"])
def url(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> Iterator[str]:
    """Where the word is kept: a file or PostgreSQL, as the tests run, or Redis."""
    if request.param == "store":
        with stores.running(tmp_path) as store:
            yield store.address
    else:
        address = database.new(tmp_path)
        yield address.replace("+psycopg", "")
        database.drop(address)


def test_one_is_told_of_each_job(url: str) -> None:
    """Told before anybody listens, and by another process: the word waits."""
    asking, working = Carrier(url), Carrier(url)

    asking.tell("job_1")
    asking.tell("job_2")

    assert [True, True, False] == [working.wait(0.3) for _ in range(3)]


def test_whoever_waits_is_told_at_once(url: str) -> None:
    """Not at the end of the time that was given."""
    working = Carrier(url)
    working.wait(0.01)
    telling = threading.Timer(0.2, Carrier(url).tell, ["job_1"])

    telling.start()

    assert working.wait(60)
    telling.join()


def test_several_wait_and_one_is_told(url: str) -> None:
    """Two workers do not wake for one job."""
    told: list[bool] = []
    workers = [threading.Thread(target=lambda: told.append(Carrier(url).wait(1))) for _ in range(2)]
    for worker in workers:
        worker.start()
    Carrier(url).tell("job_1")
    for worker in workers:
        worker.join()

    assert [False, True] == sorted(told)


@pytest.mark.any_database
@pytest.mark.parametrize(
    "url", ["sqlite:////nowhere/queue", "postgresql://127.0.0.1:1/x", "valkey://127.0.0.1:1"]
)
def test_a_carrier_that_cannot_be_reached_harms_nobody(url: str, journal: Journal) -> None:
    """Whoever asks goes on, the log says it once, and whoever waits looks for itself."""
    carrier = Carrier(url)

    carrier.tell("job_1")
    carrier.tell("job_2")

    assert not carrier.wait(0.1)
    assert ["carrier_failed"] == journal.events


@pytest.mark.any_database
def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    """Like everything in the data folder."""
    Carrier(f"sqlite:///{tmp_path / 'queue'}").tell("job_1")

    assert 0o600 == stat.S_IMODE((tmp_path / "queue").stat().st_mode)
