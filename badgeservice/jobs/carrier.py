"""Who tells a worker that a job waits, so that it need not look all the time.

huey carries the word, on a file of SQLite, in PostgreSQL, or in Valkey or Redis. It carries nothing
else: a word that is lost, or cannot be said, makes a job wait until a worker looks for itself.
"""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import structlog

from badgeservice.errors import SettingsError

if TYPE_CHECKING:
    from huey.storage import BaseStorage

log = structlog.get_logger()

NAME = "badgeservice"
"""Of the queue, where others use the same store or database."""
PATIENCE_SECONDS = 2
"""How long one request waits for a store that does not answer; its answer does not depend on it."""
PAUSE_SECONDS = 10.0
"""How long a carrier that failed is left alone."""
LISTEN_SECONDS = 1
"""How long one question to a store takes at most when nothing comes."""
_ASK_SQLITE_EVERY_SECONDS = 0.1
_REDIS_SCHEMES = {"redis": "redis", "rediss": "rediss", "redis+unix": "unix"}


class Carrier:
    """Carries ids of jobs from whoever asks to whoever works; several threads may use one."""

    def __init__(self, url: str) -> None:
        """`url` begins with sqlite:///, postgresql://, redis:// or valkey://; nothing is opened yet."""
        self._url = url
        self._opening = threading.Lock()
        self._storage: BaseStorage | None = None
        self._left_alone_until = 0.0

    def tell(self, job_id: str) -> None:
        """Say that a job waits. Never fails: if nobody can be told, the log says so, once a while."""
        if time.monotonic() < self._left_alone_until:
            return
        try:
            self._open().enqueue(job_id.encode())
        except Exception as error:  # of one of three libraries
            self._leave_alone(error)

    def wait(self, seconds: float) -> bool:
        """Wait until a job was told of, `seconds` at most; return whether one was.

        Of several who wait, one is told of each job. Never fails.
        """
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if time.monotonic() < self._left_alone_until:
                time.sleep(min(left, LISTEN_SECONDS))
                return False
            try:
                if self._open().dequeue() is not None:
                    return True
            except Exception as error:  # of one of three libraries
                self._leave_alone(error)
            if self._url.startswith("sqlite"):
                time.sleep(min(left, _ASK_SQLITE_EVERY_SECONDS))
        return False

    def _leave_alone(self, error: Exception) -> None:
        self._left_alone_until = time.monotonic() + PAUSE_SECONDS
        log.warning("carrier_failed", exc_info=error)

    def _open(self) -> BaseStorage:
        with self._opening:
            if self._storage is None:
                self._storage = _open(self._url)
            return self._storage


def _open(url: str) -> BaseStorage:
    from huey import storage

    scheme, _, rest = url.partition("://")
    if scheme == "sqlite":
        path = rest.removeprefix("/")
        # SQLite would make it readable by all; its journals take the mode of the database.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
        # Not flushed to disk: what a power cut takes is found by looking.
        return storage.SqliteStorage(NAME, path, cache_mb=0, fsync=False, timeout=PATIENCE_SECONDS)
    if scheme == "postgresql":
        import psycopg

        try:
            return _postgresql(url)
        except psycopg.errors.UniqueViolation:  # another process made the same tables meanwhile
            return _postgresql(url)
    from redis import ConnectionPool

    # The client of either speaks to both.
    pool = ConnectionPool.from_url(
        f"{_REDIS_SCHEMES[scheme.replace('valkey', 'redis')]}://{rest}",
        socket_timeout=PATIENCE_SECONDS,
        socket_connect_timeout=PATIENCE_SECONDS,
    )
    return storage.RedisStorage(NAME, connection_pool=pool, read_timeout=LISTEN_SECONDS)


def _postgresql(url: str) -> BaseStorage:
    from huey import storage

    return storage.PostgresStorage(
        NAME,
        url,
        table_prefix=f"huey_{NAME}",
        read_timeout=LISTEN_SECONDS,
        connect_timeout=PATIENCE_SECONDS,
    )


def check(url: str) -> None:
    """Raise SettingsError when the client that `url` asks for is not installed."""
    if url.partition("://")[0] in ("sqlite", "postgresql"):
        return
    try:
        import redis  # noqa: F401  # an extra, as for limits
    except ImportError:
        raise SettingsError(
            "BADGESERVICE_QUEUE_URL: the client of the store is not installed; "
            "pip install --require-hashes -r requirements-valkey.lock"
        ) from None
