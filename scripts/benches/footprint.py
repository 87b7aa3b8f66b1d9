"""P11 and P12: how soon a command answers, how soon the service starts, and what it holds."""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import time
import tomllib
from pathlib import Path

from scripts.benches.measured import Measured
from scripts.drills import house
from scripts.drills.crowd import Ask, saturate

ROUNDS = 5


def measure() -> list[Measured]:
    """Start everything that one small machine runs, as its documentation says."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        port = house.free_port()
        environment = house.installed(folder, port)
        page = house.badge(environment, out=folder)
        return [
            _command(environment, folder / "badge.png"),
            *_service(environment, port, page, (folder / "credential.json").read_bytes()),
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


def _service(
    environment: dict[str, str], port: int, page: str, credential: bytes
) -> list[Measured]:
    worker = subprocess.Popen([house.BIN / "badgeservice", "worker"], env=environment, stdout=2)
    try:
        starts = []
        for _ in range(ROUNDS):
            command = [*map(str, house.GUNICORN), "--bind", f"127.0.0.1:{port}", "wsgi:app"]
            server = subprocess.Popen(command, env=environment, stdout=2)
            starts.append(house.wait_for(port, server))
            if len(starts) < ROUNDS:
                server.terminate()
                server.wait(60)
        idle, _ = house.memory(server.pid)
        saturate([Ask.of("page", port, page, headers=["Accept: text/html"])], 8, 3)
        # So that the verifying processes are there too.
        kind = ["Content-Type: application/vc+ld+json"]
        asked = Ask.of("verify", port, "/api/v1/verify", body=credential, headers=kind)
        assert saturate([asked], 2, 3).of(status=200)
        busy, _ = house.memory(server.pid)
        _, web = house.memory(server.pid, without=None)
        _, jobs = house.memory(worker.pid, without=None)
        server.terminate()
        server.wait(60)
    finally:
        worker.terminate()
        worker.wait(60)
    assert min(web, jobs) > 0, "what was not counted is not small"
    return [
        Measured("P12", "start of the web process", statistics.median(starts), "s", "≤", 1.5,
                 {"least": min(starts)}),
        Measured("P12", "web process", busy, "MB", "≤", 150, {"idle": idle}),
        Measured("P12", "whole service, its verifying processes and its worker with it", web + jobs,
                 "MB", "≤", 512, {"web and verifying": web, "worker": jobs}),
    ]  # fmt: skip


def _packages() -> Measured:
    lock = Path("requirements.lock").read_text().splitlines()
    count = sum(1 for line in lock if line[:1].isalnum())
    with Path("pyproject.toml").open("rb") as file:
        direct = len(tomllib.load(file)["project"]["dependencies"])
    what = "packages at run time"
    return Measured("P12", what, count, "packages", "≤", 80, {"asked for by us": float(direct)})
