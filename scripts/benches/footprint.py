"""P11 and P12: how soon a command answers, how soon the service starts, and what it holds.

What it holds is measured when every kind of page was asked for, and ten times as many came as can be
served. Of one process the resident size counts, of all together the proportional sizes (`house.memory`).
"""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.benches.measured import Measured
from scripts.drills import house, overload, visits
from scripts.drills.crowd import flood, saturate

ROUNDS = 5
FLOOD_SECONDS = 15.0


def measure() -> list[Measured]:
    """Start everything that one small machine runs, as its documentation says."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        port = house.free_port()
        environment = house.installed(folder, port)
        page = house.badge(environment, out=folder)
        return [
            _command(environment, folder / "badge.png"),
            *_service(environment, port, page),
            _packages(),
        ]


def _command(environment: dict[str, str], badge: Path) -> Measured:
    spent = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        done = subprocess.run(
            [house.BIN / "badgeservice", "verify", badge], env=environment, stdout=subprocess.PIPE
        )
        spent.append(time.perf_counter() - began)
        assert done.returncode == 0, done.stdout
    what = "badgeservice verify, from a cold start"
    return Measured("P11", what, statistics.median(spent), "s", "≤", 1.0, {"least": min(spent)})


def _service(environment: dict[str, str], port: int, page: str) -> list[Measured]:
    starts = []
    for _ in range(ROUNDS):
        with _serving(environment, port) as (server, seconds):
            starts.append(seconds)
            idle, _ = house.memory(server.pid)
    with _serving(environment, port) as (server, _seconds):
        seen = visits.everything(environment, port, page)
        visited, _ = house.memory(server.pid)
        _flood(port, page)
        flooded, _ = house.memory(server.pid)
    web: dict[str, float | str] = {
        "idle": idle, f"after visits to {seen} addresses": visited, "after a flood": flooded
    }  # fmt: skip
    return [
        Measured("P12", "start of the web process", statistics.median(starts), "s", "≤", 1.5,
                 {"least": min(starts)}),
        Measured("P12", "web process (RSS)", max(visited, flooded), "MB", "≤", 150, web),
        _together(environment, port, page),
    ]  # fmt: skip


def _together(environment: dict[str, str], port: int, page: str) -> Measured:
    """Run two web processes, all that verify for them, and a worker after its nightly audit."""
    worker = subprocess.Popen([house.BIN / "badgeservice", "worker"], env=environment, stdout=2)
    try:
        with _serving(environment | {"WEB_CONCURRENCY": "2"}, port) as (server, _):
            _flood(port, page)
            _, web = house.memory(server.pid, without=None)
            _, all_web = house.memory(server.pid)
            largest, jobs = house.memory(worker.pid, without=None)
    finally:
        worker.terminate()
        worker.wait(60)
    assert min(web, jobs) > 0, "what was not counted is not small"
    parts: dict[str, float | str] = {
        "web": all_web, "verifying": web - all_web, "worker": jobs, "worker alone (RSS)": largest
    }  # fmt: skip
    what = "whole service: two web processes, what verifies for them, a worker (PSS)"
    return Measured("P12", what, web + jobs, "MB", "≤", 512, parts)


def _flood(port: int, page: str) -> None:
    """Ask for as much as can be served, then for ten times as much."""
    asks = overload.visitors(port, page)
    served = len(saturate(asks, 12, 3).of(status=200)) / 3
    assert flood(asks, served * overload.TIMES, FLOOD_SECONDS, []).of(status=503)


@contextmanager
def _serving(
    environment: dict[str, str], port: int
) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """Yield a server, and after how many seconds it answered."""
    command = [*map(str, house.GUNICORN), "--bind", f"127.0.0.1:{port}", "wsgi:app"]
    server = subprocess.Popen(command, env=environment, stdout=2)
    try:
        yield server, house.wait_for(port, server)
    finally:
        server.terminate()
        server.wait(60)


def _packages() -> Measured:
    lock = Path("requirements.lock").read_text().splitlines()
    count = sum(1 for line in lock if line[:1].isalnum())
    with Path("pyproject.toml").open("rb") as file:
        direct = len(tomllib.load(file)["project"]["dependencies"])
    what = "packages at run time"
    return Measured("P12", what, count, "packages", "≤", 80, {"asked for by us": float(direct)})
