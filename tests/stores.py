"""A real Redis of a test's own: what web processes share, and what can be taken from them."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis


@dataclass
class Store:
    """A server that listens on a socket in a folder, and keeps nothing on disk."""

    folder: Path

    @property
    def address(self) -> str:
        """The address for `BADGESERVICE_LIMITS_URL`."""
        return f"valkey+unix://{self.folder}/store"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.folder / "store", "--save", ""],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
        )
        for _ in range(500):
            try:
                self.client().ping()
            except redis.RedisError:
                time.sleep(0.01)
            else:
                return
        raise TimeoutError("redis-server does not start")

    def kill(self) -> None:
        """Let it die as in a power cut."""
        self._process.kill()
        self._process.wait()

    def client(self) -> redis.Redis:
        """Return a client that looks at what stands there."""
        return redis.Redis(unix_socket_path=f"{self.folder}/store", decode_responses=True)


@contextmanager
def running(folder: Path) -> Iterator[Store]:
    """Yield a store in a folder, and end it afterwards."""
    store = Store(folder)
    store.start()
    try:
        yield store
    finally:
        store.kill()
