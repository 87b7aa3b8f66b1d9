"""What a worker says is read as if a stranger had written it."""

from __future__ import annotations

import json
import socket
import time
from datetime import UTC, datetime

import pytest

from badgeservice import verification
from badgeservice.errors import Unreadable
from badgeservice.verifier import wire
from badgeservice.verifier.wire import Channel, Garbled

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def report_as_sent() -> dict[str, object]:
    """A report on its way."""
    found = verification.unreadable(Unreadable("no badge"), now=NOW)
    sent: dict[str, object] = json.loads(wire.msgspec.json.encode(wire.Done(found)))
    assert wire.Done(found) == wire.said(json.dumps(sent).encode())
    return sent


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"{}",
        b"null",
        b'{"type": "job"}',
        b'{"type": "fetch"}',
        b'{"type": "fetch", "address": 7}',
        b'{"type": "fetch", "address": null}',
        b'{"type": "done", "report": {}}',
        b'{"type": "done", "report": null}',
        b"\x80\x04\x95pickled",
        b"[" * 100_000,
        b'{"type": "ready"} {"type": "ready"}',
    ],
)
def test_what_no_worker_says_is_refused(frame):
    """Whole, and before anything is done with it."""
    with pytest.raises(Garbled):
        wire.said(frame)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("findings", [{"check": "proof", "code": "no-such-code"}]),
        ("findings", [{"check": "no-such-check", "code": "proven"}]),
        ("findings", "proven"),
        ("checked_at", "2026-11-23T09:00:00"),
        ("checked_at", "yesterday"),
        ("credential", {"name": "<b>"}),
    ],
)
def test_a_report_that_is_none_is_refused(field, value):
    """Codes are ours, instants have a zone, and nothing is missing."""
    sent = report_as_sent()
    sent["report"][field] = value  # type: ignore[index]  # a dict, as it was sent

    with pytest.raises(Garbled):
        wire.said(json.dumps(sent).encode())


def test_a_line_that_ends_is_no_message():
    """Nor is one that was cut off."""
    ours, its = socket.socketpair()
    with its:
        its.sendall(b"\x00\x00\x00\x09cut")
    with pytest.raises(Garbled):
        Channel(ours).receive(until=time.monotonic() + 5)
    with pytest.raises(Garbled):
        Channel(ours).send(wire.Ready(), until=time.monotonic() + 5)
    ours.close()


def test_a_message_has_one_end_in_time():
    """However it drips; and whoever does not listen keeps nobody."""
    ours, its = socket.socketpair()
    with its:
        its.sendall(b"\x00\x00")
        with pytest.raises(TimeoutError):
            Channel(ours).receive(until=time.monotonic() + 0.05)
        with pytest.raises(TimeoutError):
            Channel(ours).receive(until=time.monotonic() - 1)
        large = wire.NoDocument("x" * 4_000_000, "unreachable")
        with pytest.raises(TimeoutError):
            Channel(ours).send(large, until=time.monotonic() + 0.05)
    ours.close()


def test_a_message_that_is_too_long_is_not_sent():
    """The other side would refuse it."""
    ours, its = socket.socketpair()
    with its, pytest.raises(Garbled):
        Channel(ours).send(wire.NoDocument("x" * wire.MAXIMUM_BYTES, "unreachable"))
    ours.close()
