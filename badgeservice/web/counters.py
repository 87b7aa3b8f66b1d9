"""Where limits are counted: in this process, or in a store that all web processes share.

Several processes that each count for themselves give every visitor so many times the budget. Valkey
or Redis counts for all (`BADGESERVICE_LIMITS_URL`). What stands there is a keyed digest of whom and
what is counted: an address of the internet has few enough values that a plain digest could be tried
out, and the key is only in our processes.

When the store does not answer, each process counts by itself until it does. To refuse everyone would
make the store one more thing whose failure stops sign-in and verification; to count nobody would let
codes be guessed. So a budget is, for that time, at most as many times as large as there are processes,
and the log raises the alarm (`docs/decisions/0030-serving.md`).
"""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

import structlog
from limits.storage import MemoryStorage, RedisStorage, Storage

from badgeservice.errors import SettingsError

log = structlog.get_logger()

IN_THIS_PROCESS = "memory://"
PREFIX = "badgeservice:limits"
"""Before every key, so that the store may be shared with others."""
ANSWER_SECONDS = 0.25
"""How long one visitor waits for the store; an answer from the same network takes a thousandth."""
PAUSE_SECONDS = 5.0
"""How long a store that did not answer is left alone; then one visitor tries it again."""
_Answer = TypeVar("_Answer")


def configuration(address: str, *, secret: bytes) -> dict[str, Any]:
    """Return what flask-limiter is told, for counters at `address` under keys made with `secret`.

    Raises SettingsError when the client of the store is not installed. Whether the store answers is
    not asked: the service starts without it.
    """
    if address == IN_THIS_PROCESS:
        return {"RATELIMIT_STORAGE_URI": address}
    try:
        import redis  # noqa: F401  # an extra that only those install who have several processes
    except ImportError:
        raise SettingsError(
            "BADGESERVICE_LIMITS_URL: the client of the store is not installed; "
            "pip install --require-hashes -r requirements-valkey.lock"
        ) from None
    return {
        "RATELIMIT_STORAGE_URI": "shared://",
        "RATELIMIT_STORAGE_OPTIONS": {"address": address, "secret": secret},
    }


class SharedStorage(Storage):
    """Counters in a store, and in this process while the store does not answer."""

    STORAGE_SCHEME = ["shared"]  # noqa: RUF012  # how `limits` finds its storages

    def __init__(self, _uri: str, *, address: str, secret: bytes, **_options: Any) -> None:
        """`address` is that of the store; `secret` makes the digests under which it counts."""
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        super().__init__()
        self._secret = secret
        self._own = MemoryStorage()
        # The client of either speaks to both.
        self._store = RedisStorage(
            address.replace("valkey", "redis", 1) if address.startswith("valkey") else address,
            key_prefix=PREFIX,
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
            # Once: for a connection that the store has closed meanwhile.
            retry=Retry(NoBackoff(), 1),  # type: ignore[arg-type]  # handed on as it is
        )
        self._changing = threading.Lock()
        self._left_alone_until = 0.0
        self.is_down = False

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        """What the store's client raises."""
        return self._store.base_exceptions

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count `amount` more, in a window that ends `expiry` seconds after its first; return all."""
        named = self._named(key)
        return self._ask(lambda storage: storage.incr(named, expiry, amount))

    def get(self, key: str) -> int:
        """Return what was counted."""
        named = self._named(key)
        return self._ask(lambda storage: storage.get(named))

    def get_expiry(self, key: str) -> float:
        """Return when the window ends, in seconds since 1970."""
        named = self._named(key)
        return self._ask(lambda storage: storage.get_expiry(named))

    def check(self) -> bool:
        """Tell whether the store answers."""
        return self._store.check()

    def reset(self) -> int | None:
        """Forget everything that was counted."""
        self._own.reset()
        return self._ask(lambda storage: storage.reset())

    def clear(self, key: str) -> None:
        """Forget what was counted under a key."""
        named = self._named(key)
        self._own.clear(named)
        self._ask(lambda storage: storage.clear(named))

    def _named(self, key: str) -> str:
        return hmac.digest(self._secret, key.encode(), hashlib.sha256).hex()[:32]

    def _ask(self, question: Callable[[Storage], _Answer]) -> _Answer:
        if time.monotonic() < self._left_alone_until:
            return question(self._own)
        try:
            answer = question(self._store)
        except self.base_exceptions as error:
            self._note(error)
            return question(self._own)
        if self.is_down:
            self._note(None)
        return answer

    def _note(self, error: Exception | None) -> None:
        """Remember whether the store answers; say it once each time that changes."""
        with self._changing:
            if error is not None:
                self._left_alone_until = time.monotonic() + PAUSE_SECONDS
            if self.is_down is (error is not None):
                return
            self.is_down = error is not None
        if error is not None:
            log.error("limits_store_down", exc_info=error)
        else:
            log.warning("limits_store_back")
