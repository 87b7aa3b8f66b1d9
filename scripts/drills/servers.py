"""gunicorn or granian: the real application on both, in turns, in one run.

1. Processor time for each request, of the server's own processes: health, a hosted badge, its page.
2. Memory: the largest process, and all together without counting twice what they share; gunicorn also
   with two processes, each on its own and forked from one that has loaded everything.
3. A flood: how soon the gate's refusals come, and the health check.
4. SIGTERM while slow verifications run: is each of them answered, how long does it take, and does
   any process stay behind?
5. Names: a visitor who sends `X_Forwarded_For` beside the proxy's `X-Forwarded-For`; and a request
   whose length is given in two ways.

Exits 1 when the server that we use does not hold what the documentation says of it.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from scripts.drills import house
from scripts.drills.crowd import Ask, flood, percentile, saturate
from scripts.drills.load import _poisons, family

_ECHO = """
import json
def app(environ, start):
    answer = json.dumps(environ.get("HTTP_X_FORWARDED_FOR")).encode()
    start("200 OK", [("Content-Length", str(len(answer)))])
    return [answer]
"""
SLOW = 3


def main() -> int:
    """Run the drill; return 1 when something did not hold."""
    parser = argparse.ArgumentParser(prog="scripts/drill servers")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0)
    asked = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        port = house.free_port()
        environment = house.installed(folder, port)
        page = house.badge(environment)
        (folder / "echo.py").write_text(_ECHO)
        path = [str(Path.cwd()), str(folder), _granian(folder / "granian")]
        environment["PYTHONPATH"] = os.pathsep.join(path)
        commands = {
            "gunicorn": (*house.GUNICORN, "--bind", f"127.0.0.1:{port}"),
            "granian": (
                *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"),
                *("--host", "127.0.0.1", "--port", port, "--blocking-threads", 64),
                *("--backpressure", 1000, "--http", "1", "--log-level", "error"),
            ),
        }
        _cost(commands, environment, port, page, asked.rounds, asked.seconds)
        _memory(commands, environment, port, page)
        _refusals(commands, environment, port, page, asked.seconds)
        held = True
        for name, command in commands.items():
            is_well = _ends_well(name, command, environment, port)
            is_safe = _believes_the_proxy(name, command, environment, port)
            held = held and (name != "gunicorn" or (is_well and is_safe))
    return 0 if held else 1


def _granian(folder: Path) -> str:
    """Install the one that we do not use, beside the environment; return where it is."""
    lock = Path(__file__).with_name("servers.lock")
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check"),
            *("--no-deps", "--require-hashes", "-r", lock, "--target", folder),
        ],
        check=True,
    )
    return str(folder)


@contextmanager
def _serving(
    command: tuple[object, ...], environment: dict[str, str], port: int, app: str = "wsgi:app"
) -> Iterator[subprocess.Popen[bytes]]:
    with house.served(environment, port, [*map(str, command), app]) as server:
        yield server


def _cost(
    commands: dict[str, tuple[object, ...]],
    environment: dict[str, str],
    port: int,
    page: str,
    rounds: int,
    seconds: float,
) -> None:
    asks = {
        "health": Ask.of("health", port, "/healthz"),
        "hosted badge": Ask.of("hosted", port, page, headers=["Accept: application/json"]),
        "badge page": Ask.of("page", port, page, headers=["Accept: text/html"]),
    }
    spent: dict[tuple[str, str], list[float]] = {}
    for _ in range(rounds):
        for name, command in commands.items():
            with _serving(command, environment, port) as server:
                saturate(asks.values(), 4, 1)  # what is done once only
                for what, ask in asks.items():
                    before = house.cpu_seconds(server.pid)
                    outcome = saturate([ask], 8, seconds)
                    used = house.cpu_seconds(server.pid) - before
                    answered = outcome.of(status=200)
                    assert answered, outcome.errors
                    spent.setdefault((what, name), []).append(used * 1e3 / len(answered))
    print(f"\nprocessor time for a request, ms (median of {rounds} rounds in turns)")
    for what in asks:
        each = {name: statistics.median(spent[what, name]) for name in commands}
        ratio = each["gunicorn"] / each["granian"]
        shown = ", ".join(f"{name} {value:.2f}" for name, value in each.items())
        print(f"  {what:<13} {shown}: ×{ratio:.2f}")


def _memory(
    commands: dict[str, tuple[object, ...]], environment: dict[str, str], port: int, page: str
) -> None:
    asks = [Ask.of("page", port, page, headers=["Accept: text/html"])]
    ways = {
        **commands,
        "gunicorn, 2 processes": (*commands["gunicorn"], "--workers", 2),
        "gunicorn, 2 forked when loaded": (*commands["gunicorn"], "--workers", 2, "--preload"),
    }
    print("\nmemory in MB after 3 s of pages: largest process, all together (shared counted once)")
    for name, command in ways.items():
        with _serving(command, environment, port) as server:
            saturate(asks, 12, 3)
            largest, together = house.memory(server.pid)
        print(f"  {name:<31} {largest:.0f}, {together:.0f}")


def _refusals(
    commands: dict[str, tuple[object, ...]],
    environment: dict[str, str],
    port: int,
    page: str,
    seconds: float,
) -> None:
    print(f"\na flood of 300 pages a second for {seconds * 2:.0f} s, ms: p50, p99")
    ask = Ask.of("page", port, page, headers=["Accept: text/html"])
    with house.bare_server() as bare:
        watch = [
            Ask.of("watch health", port, "/healthz"),
            Ask.of("watch bare", bare, "/"),
        ]
        for name, command in commands.items():
            with _serving(command, environment, port):
                saturate([ask], 4, 1)
                outcome = flood([ask], 300, seconds * 2, watch)
            figures = {
                f"{len(outcome.of(status=503))} refusals": outcome.of(status=503),
                "health": outcome.of("watch health"),
                "a bare server beside": outcome.of("watch bare"),
            }
            shown = "; ".join(
                f"{what} {percentile(some, 0.5):.0f}, {percentile(some, 0.99):.0f}"
                for what, some in figures.items()
            )
            print(
                f"  {name}: {len(outcome.of(status=200))} served; {shown}; {dict(outcome.errors)}"
            )


def _ends_well(
    name: str, command: tuple[object, ...], environment: dict[str, str], port: int
) -> bool:
    """Send SIGTERM while slow verifications run; tell whether each was answered and nobody stays."""
    slow = _poisons()["the most values that are read"]
    with (
        _serving(command, environment, port) as server,
        ThreadPoolExecutor(SLOW) as visitors,
    ):
        _verify(port, slow, 0)  # the verifying workers have started
        under_way = [visitors.submit(_verify, port, slow + b" " * n, n) for n in range(1, SLOW + 1)]
        time.sleep(0.3)
        everyone = list(family(server.pid))
        began = time.monotonic()
        server.terminate()
        answers = [each.result() for each in under_way]
        code = server.wait(60)
        took = time.monotonic() - began
    time.sleep(0.5)
    left = [pid for pid in everyone if _lives(pid)]
    print(
        f"\n{name}, SIGTERM with {SLOW} verifications under way: answered {answers}, "
        f"exit {code} after {took:.1f} s, {len(everyone)} processes before, {len(left)} left"
    )
    return answers == [200] * SLOW and not left and code == 0


def _verify(port: int, body: bytes, visitor: int) -> int:
    """Return the status, or 0 for a connection that was cut."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Content-Type": "application/vc+ld+json", "X-Forwarded-For": f"198.18.0.{visitor}"}
    try:
        connection.request("POST", "/api/v1/verify", body, headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def _lives(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def _believes_the_proxy(
    name: str, command: tuple[object, ...], environment: dict[str, str], port: int
) -> bool:
    """Tell whether the header of a proxy stands when the visitor sends one that looks like it."""
    with _serving(command, environment, port, app="echo:app"):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.putrequest("GET", "/")
        connection.putheader("X-Forwarded-For", "192.0.2.1")
        connection.putheader("X_Forwarded_For", "203.0.113.66")
        connection.endheaders()
        seen = json.loads(connection.getresponse().read())
        connection.close()
        twice = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        twice.putrequest("POST", "/")
        twice.putheader("Content-Length", "5")
        twice.putheader("Transfer-Encoding", "chunked")
        twice.endheaders(b"0\r\n\r\n")
        status = twice.getresponse().status
        twice.close()
    print(f"{name}: the visitor's name is {seen}; a length given twice is answered {status}")
    return bool(seen == "192.0.2.1" and status == 400)


if __name__ == "__main__":
    sys.exit(main())
