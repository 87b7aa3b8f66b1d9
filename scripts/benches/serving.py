"""P6: a hosted badge is handed out nearly as cheaply as the smallest answer of the same server."""

from __future__ import annotations

import os
import statistics
import tempfile
from pathlib import Path

from scripts.benches.measured import Measured
from scripts.drills import house
from scripts.drills.crowd import Ask, saturate

_PONG = """
from flask import Flask
app = Flask(__name__)
@app.get("/healthz")
def pong():
    return "pong"
"""
ROUNDS = 5
SECONDS = 2.0


def measure() -> list[Measured]:
    """Ask both servers in turns; what counts is the processor time of their own processes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        port, bare = house.free_port(), house.free_port()
        environment = house.installed(folder, port)
        page = house.badge(environment)
        (folder / "pong.py").write_text(_PONG)
        others = {**environment, "PYTHONPATH": os.pathsep.join((str(Path.cwd()), str(folder)))}
        command = [*map(str, house.GUNICORN), "--bind", f"127.0.0.1:{bare}", "pong:app"]
        with (
            house.served(environment, port) as ours,
            house.served(others, bare, command) as theirs,
        ):
            asks = {
                "badge": (ours, Ask.of("badge", port, page, headers=["Accept: application/json"])),
                "pong": (theirs, Ask.of("pong", bare, "/healthz")),
            }
            spent: dict[str, list[float]] = {what: [] for what in asks}
            for round_ in range(ROUNDS + 1):
                for what, (server, ask) in asks.items():
                    before = house.cpu_seconds(server.pid)
                    outcome = saturate([ask], 8, SECONDS)
                    used = house.cpu_seconds(server.pid) - before
                    answered = len(outcome.of(status=200))
                    assert answered, outcome.errors
                    if round_:  # until then everything warms up
                        spent[what].append(used * 1e3 / answered)
    badge, pong = (statistics.median(each) for each in spent.values())
    details: dict[str, float | str] = {"badge ms": badge, "pong ms": pong}
    return [Measured("P6", "hosted badge, beside a pong", badge / pong, "times", "≤", 2.5, details)]
