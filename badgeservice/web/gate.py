"""The gate: so many requests are worked on at a time, some wait, the rest are turned away at once.

Whoever comes when the house is full is told so before anything is done for them: no route, no
session, no database. To answer late is worse than not to answer: the work of a request whose sender
has gone is lost, and it keeps others waiting. Health checks always pass, or whoever watches would
take a busy process for a dead one, and end it; and they may name the machine instead of the service.

The server must have more threads than can be inside and wait together, or none is left that could
turn anybody away: `deploy/gunicorn.conf.py` counts them (`docs/decisions/0030-serving.md`).
"""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import structlog
from werkzeug.wsgi import ClosingIterator

from badgeservice.web.negotiation import FOR_PROGRAMS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = structlog.get_logger()

ALWAYS_OPEN = frozenset({"/healthz", "/readyz", "/metrics"})
WAITING_SECONDS = 10.0
"""How long somebody waits for a place at most: a proxy has not given up by then. Few wait as long,
for as many wait as are served in a second or two; it is here for when all places are taken by
requests that wait for others themselves."""
RETRY_SECONDS = (2, 10)
"""Between these, at random, so that those turned away together do not come back together."""
LOG_SECONDS = 10.0
"""At most one line in so many seconds: a log line for each would be work for each."""

_PAGE = """<!DOCTYPE html>
<html lang="fr"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Trop de visiteurs en ce moment</title>
<h1>Trop de visiteurs en ce moment</h1>
<p>Rien n’a été perdu. Attendez quelques secondes, puis rechargez la page.</p>
<p lang="en">Too many visitors right now. Nothing was lost. Wait a few seconds, then reload the page.</p>
""".encode()
_PROBLEM = (
    b'{"type":"about:blank","title":"Too many requests are being worked on","status":503,'
    b'"code":"overloaded"}'
)
_WELL = b'{"status":"ok"}\n'
"""What `web/health.py` answers: that the process does. It need not go through the house for that."""
_HEADERS = [
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("X-Content-Type-Options", "nosniff"),
]


class Gate:
    """A WSGI application that lets others into `application`, `places` at a time."""

    def __init__(
        self,
        application: WSGIApplication,
        *,
        places: int,
        waiting: int,
        host: str = "localhost",
        seconds: float = WAITING_SECONDS,
        on_refusal: Callable[[], None] = lambda: None,
    ) -> None:
        """`waiting` more may wait, for `seconds` at most. `host` is the one that is served.

        `on_refusal` is called for each who is turned away.
        """
        self._on_refusal = on_refusal
        self._application, self._host = application, host
        self._waiting, self._seconds = waiting, seconds
        self._changing = threading.Lock()
        self._free = places
        self._queue: deque[threading.Lock] = deque()
        self._unsaid, self._said_at = 0, float("-inf")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request (PEP 3333). Its place is free again once the answer has been sent."""
        if environ.get("PATH_INFO") == "/healthz":
            return _answer(start_response, "200 OK", _WELL, "application/json")
        if environ.get("PATH_INFO") in ALWAYS_OPEN:
            # They come from beside us, to an address that is no public name.
            environ["HTTP_HOST"] = self._host
            return self._application(environ, start_response)
        if not self._enter():
            self._count()
            return _turn_away(environ, start_response)
        try:
            answer = self._application(environ, start_response)
        except BaseException:
            self._leave()
            raise
        return ClosingIterator(answer, self._leave)

    def _enter(self) -> bool:
        with self._changing:
            if self._free:
                self._free -= 1
                return True
            if len(self._queue) >= self._waiting:
                return False
            # A lock that is held until somebody leaves and hands their place over: so nobody who
            # comes later takes it, as they could from a semaphore.
            turn = threading.Lock()
            turn.acquire()
            self._queue.append(turn)
        if turn.acquire(timeout=self._seconds):
            return True
        with self._changing:
            if turn in self._queue:
                self._queue.remove(turn)
                return False
        return True  # it was handed over at the last moment

    def _leave(self) -> None:
        with self._changing:
            if self._queue:
                self._queue.popleft().release()
            else:
                self._free += 1

    def _count(self) -> None:
        self._on_refusal()
        with self._changing:
            self._unsaid += 1
            now = time.monotonic()
            if now - self._said_at < LOG_SECONDS:
                return
            number, self._unsaid, self._said_at = self._unsaid, 0, now
        log.warning("overloaded", count=number)


def _turn_away(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    is_program = environ.get("PATH_INFO", "").startswith(FOR_PROGRAMS)
    wants_page = not is_program and "html" in environ.get("HTTP_ACCEPT", "")
    body, kind = (
        (_PAGE, "text/html; charset=utf-8")
        if wants_page
        else (_PROBLEM, "application/problem+json")
    )
    when = ("Retry-After", str(random.randint(*RETRY_SECONDS)))
    return _answer(start_response, "503 Service Unavailable", body, kind, when)


def _answer(
    start_response: StartResponse, status: str, body: bytes, kind: str, *more: tuple[str, str]
) -> Iterable[bytes]:
    length = ("Content-Length", str(len(body)))
    start_response(status, [("Content-Type", kind), length, *more, *_HEADERS])
    return [body]
