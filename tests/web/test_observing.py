"""What Sentry and OpenTelemetry are told: enough to mend something, and nothing of a person."""

from __future__ import annotations

import gzip
import json
import re
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from badgeservice.core import Stock
from badgeservice.errors import SettingsError
from badgeservice.web import observing
from tests.conftest import Clock, Letters, copy_of, running
from tests.web.conftest import Furnished

pytestmark = pytest.mark.any_database

CANARY = "canari.unique@example.org"


class Collector:
    """A real HTTP server on loopback that keeps what it is sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []
        sent = self.sent

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                sent.append((self.path, str(self.headers).encode() + body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Close the server."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def collector() -> Iterator[Collector]:
    """Whoever is told."""
    collector = Collector()
    yield collector
    collector.stop()


@pytest.fixture
def observed(
    furnished: Furnished,
    stock: Stock,
    tmp_path: Path,
    clock: Clock,
    letters: Letters,
    collector: Collector,
) -> Iterator[Flask]:
    """The application of an operator who wants both, with one view that breaks."""
    dsn = tmp_path / "dsn"
    dsn.write_text(f"http://0123456789abcdef@{collector.host}/7")
    dsn.chmod(0o400)
    settings = copy_of(
        furnished.settings,
        tmp_path,
        sentry_dsn_file=dsn,
        traces_url=f"http://{collector.host}",
    )
    for app in running(settings, clock, letters, stock):

        @app.post("/broken/<who>")
        def broken(who: str) -> str:
            secret = who
            raise ValueError(f"no such person: {secret}")

        app.config["WTF_CSRF_ENABLED"] = False
        yield app
        app.extensions[observing.TRACES].shutdown()


def test_attack_what_is_sent_names_nobody(observed: Flask, collector: Collector) -> None:
    """A view breaks over personal data: its class and place are told, and not one word of it."""
    client = observed.test_client()
    answer = client.post(
        f"/broken/{CANARY}?q={CANARY}",
        data={"email": CANARY, "text": "canari"},
        headers={"User-Agent": CANARY, "Referer": f"http://{CANARY}/", "traceparent": CANARY},
    )
    client.get(f"/nothing/{CANARY}")
    observed.extensions[observing.SENTRY].flush(timeout=10)
    observed.extensions[observing.TRACES].force_flush(10_000)

    assert 500 == answer.status_code
    told = dict(collector.sent)
    assert {"/api/7/envelope/", "/v1/traces"} == set(told)
    for body in told.values():
        assert b"canari" not in body.lower()
        assert b"example.org" not in body
        assert b"no such person" not in body
    traced = told["/v1/traces"]
    assert b"POST /broken/<who>" in traced
    assert b"(none) (none)" in traced
    [event] = [
        json.loads(line)
        for line in told["/api/7/envelope/"].splitlines()
        if line.startswith(b'{"') and b'"exception"' in line
    ]
    [value] = event["exception"]["values"]
    assert "builtins.ValueError" == value["type"]
    assert "broken" == value["stacktrace"]["frames"][-1]["function"]
    reference = re.search(r"[0-9A-F]{4}-[0-9A-F]{4}", answer.text)
    assert reference is not None
    assert {"reference": reference[0]} == event["tags"]
    assert set(event) <= observing._SENT


def test_by_default_nobody_is_told(app: Flask) -> None:
    """Neither is loaded."""
    assert not {observing.SENTRY, observing.TRACES} & set(app.extensions)
    with app.test_request_context("/"):
        observing.report(ValueError(), "0000-0000")


@pytest.mark.parametrize("library", ["sentry_sdk", "opentelemetry.sdk.trace"])
def test_a_missing_library_is_named(
    observed: Flask, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    """Whoever sets one without the extra is told what to install."""
    monkeypatch.setitem(sys.modules, library, None)

    with pytest.raises(SettingsError, match=r"requirements-observe\.lock"):
        observing.init_app(observed)
