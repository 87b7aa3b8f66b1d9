"""Run as a worker whose walks do what the submission names: what hostile input could bring about."""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from badgeservice import verification
from badgeservice.errors import Unreadable
from badgeservice.verification import Report
from badgeservice.verifier import wire, worker
from badgeservice.verifier.wire import Job


def spin(world: worker._World) -> None:
    """Compute without end."""
    while True:
        pass


def sleep(world: worker._World) -> None:
    """Wait without end, which costs no processor."""
    time.sleep(3_600)


def eat(world: worker._World) -> None:
    """Take all memory there is, little by little."""
    eaten = []
    while True:
        eaten.append(bytes(1_000_000))


def crash(world: worker._World) -> None:
    """Die as a library in C does."""
    os.kill(os.getpid(), signal.SIGSEGV)


def leave(world: worker._World) -> None:
    """End as if all were well."""
    os._exit(0)


def fail(world: worker._World) -> None:
    """Raise what no walk raises."""
    raise KeyError("secret-of-the-badge")


def ask(world: worker._World) -> None:
    """Ask without end."""
    while True:
        world.owns("https://badges.example")


def _send(world: worker._World, frame: bytes) -> None:
    world._channel._end.sendall(struct.pack("!I", len(frame)) + frame)


def pickle(world: worker._World) -> None:
    """Send what would run in whoever unpickles it."""
    _send(world, b"cos\nsystem\n(S'touch /tmp/pickled'\ntR.")


def announce(world: worker._World) -> None:
    """Announce more than anyone would read."""
    world._channel._end.sendall(b"\xff\xff\xff\xff")


def nest(world: worker._World) -> None:
    """Send what exhausts the stack of whoever reads it."""
    _send(world, b"[" * 1_000_000)


def twice(world: worker._World) -> None:
    """Say that it is ready in the middle of a walk."""
    world._channel.send(wire.Ready())


def many(world: worker._World) -> None:
    """Send more findings than there are questions."""
    report = verification.unreadable(Unreadable("x"), now=world.now)
    world._channel.send(wire.Done(verification.Report(report.findings * 500, None, world.now)))


def escape(world: worker._World) -> None:
    """Look for anything that a walk does not need; what is found is told by ending."""
    attempts: list[Callable[[], object]] = [
        lambda: Path("/etc/hostname").read_bytes(),
        lambda: Path("/tmp/written").write_bytes(b"x"),
        lambda: socket.socket(),
        os.fork,
        lambda: subprocess.Popen(["true"]),
    ]
    for attempt in attempts:
        try:
            attempt()
        except OSError:
            continue
        os._exit(1)
    if set(os.environ) - {"LC_CTYPE"} or len(sys.argv) != 3:
        os._exit(1)


def _report(job: Job, world: worker._World) -> Report:
    name = job.submitted.decode() if isinstance(job.submitted, bytes) else ""
    if name in DEEDS:
        world.now = job.now  # type: ignore[attr-defined]  # for the deeds
        DEEDS[name](world)
    return _genuine(job, world)


DEEDS: dict[str, Callable[[worker._World], None]] = {
    deed.__name__: deed
    for deed in (
        *(spin, sleep, eat, crash, leave, fail, ask, pickle, announce, nest, twice),
        *(many, escape),
    )
}
_genuine = worker._report

if __name__ == "__main__":
    worker._report = _report
    worker.main()
