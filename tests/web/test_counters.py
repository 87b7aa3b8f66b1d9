"""Limits that several web processes share, and what is left of them when the store is gone."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from limits import parse
from limits.strategies import FixedWindowRateLimiter

from badgeservice.errors import SettingsError
from badgeservice.web import counters
from badgeservice.web.counters import SharedStorage
from tests import stores
from tests.journal import Journal
from tests.stores import Store

pytestmark = pytest.mark.any_database

THREE = parse("3/minute")
VISITOR = "192.0.2.77"


@pytest.fixture
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store of this test's own."""
    with stores.running(tmp_path_factory.mktemp("store")) as store:
        yield store


def process(store: Store, *, secret: bytes = b"secret") -> FixedWindowRateLimiter:
    """Return what counts in one web process."""
    return FixedWindowRateLimiter(SharedStorage("shared://", address=store.address, secret=secret))


def hits(limiter: FixedWindowRateLimiter, times: int) -> list[bool]:
    """Spend `times` uses of a visitor."""
    return [limiter.hit(THREE, "sign in", VISITOR) for _ in range(times)]


def test_processes_spend_one_budget(store: Store) -> None:
    """What one process grants, the next one has no more; both say when it begins anew."""
    one, other = process(store), process(store)

    assert [True, True] == hits(one, 2)
    assert [True, False] == hits(other, 2)
    assert [False] == hits(one, 1)
    assert 0 == one.get_window_stats(THREE, "sign in", VISITOR).remaining
    assert one.get_window_stats(THREE, "sign in", VISITOR).reset_time == pytest.approx(
        other.get_window_stats(THREE, "sign in", VISITOR).reset_time, abs=2
    )


def test_the_store_does_not_learn_whom_it_counts(store: Store) -> None:
    """Keys are digests that only our processes can make; two installations make different ones."""
    hits(process(store), 1)
    hits(process(store, secret=b"another"), 1)

    keys = store.client().keys()

    assert len(keys) == 2
    assert not [key for key in keys if VISITOR in key or "sign in" in key]
    assert all(key.startswith(counters.PREFIX) for key in keys)


def test_what_was_counted_is_forgotten_in_time(store: Store) -> None:
    """No key outlives its window."""
    hits(process(store), 1)

    [key] = store.client().keys()

    assert 0 < store.client().ttl(key) <= 60


def test_without_the_store_each_process_counts_by_itself(store: Store, journal: Journal) -> None:
    """Nobody is refused for our failure, nobody is uncounted, and the alarm is raised once."""
    one, other = process(store), process(store)
    hits(one, 3)
    store.kill()

    assert [True, True, True, False] == hits(one, 4)
    assert [True, True, True, False] == hits(other, 4)
    assert one.storage.is_down
    assert journal.events == ["limits_store_down"] * 2
    assert VISITOR not in journal.text
    assert not one.storage.check()


def test_the_store_is_found_again(
    store: Store, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the pause is over somebody asks it again, and from then on it counts for all."""
    monkeypatch.setattr(counters, "PAUSE_SECONDS", 0.0)
    one, other = process(store), process(store)
    store.kill()
    hits(one, 1)
    store.start()

    assert [True, True, True] == hits(one, 3)
    assert [False] == hits(other, 1)
    assert journal.events == ["limits_store_down", "limits_store_back"]


def test_a_store_that_is_forgotten_is_empty(store: Store) -> None:
    """What an operator or a test clears begins anew: one visitor, or everybody."""
    one = process(store)
    hits(one, 3)
    one.clear(THREE, "sign in", VISITOR)
    assert [True] == hits(one, 1)

    one.storage.reset()

    assert [] == store.client().keys()


def test_a_missing_client_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sets the address without the extra is told what to install."""
    monkeypatch.setitem(sys.modules, "redis", None)

    with pytest.raises(SettingsError, match=r"requirements-valkey\.lock"):
        counters.configuration("valkey://localhost", secret=b"secret")


def test_by_default_nothing_but_memory_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """One process needs no store and no client of one."""
    monkeypatch.setitem(sys.modules, "redis", None)

    assert counters.configuration("memory://", secret=b"secret") == {
        "RATELIMIT_STORAGE_URI": "memory://"
    }
