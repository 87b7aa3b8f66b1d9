"""A real service for the drills: an installation of its own, its processes, and what they use."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import create_server
from time import monotonic, sleep

from scripts.drills.load import family

BIN = Path(os.environ.get("SERVICE_BIN") or Path(sys.executable).parent)
"""The programs of the service: where memory is measured, those of an environment that holds what runs
the service, and none of the libraries that tests bring and others load when they find them."""
GUNICORN = (BIN / "gunicorn", "--config", "deploy/gunicorn.conf.py")
BADGE = "crcn-4-1-beginner"
_TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """Return a port of loopback that nobody has."""
    with create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def installed(folder: Path, port: int, **settings: object) -> dict[str, str]:
    """Set an installation up; return its environment. `settings` are named as in `Settings`."""
    environment = {name: v for name, v in os.environ.items() if "BADGESERVICE_" not in name} | {
        "BADGESERVICE_BASE_URL": f"http://127.0.0.1:{port}",
        "BADGESERVICE_DATA_DIR": f"{folder}/data",
        "BADGESERVICE_KEYS_DIR": f"{folder}/keys",
        "BADGESERVICE_LOG_LEVEL": "error",
        "BADGESERVICE_TRUSTED_PROXIES": "1",
        **{f"BADGESERVICE_{name.upper()}": str(value) for name, value in settings.items()},
    }
    subprocess.run([BIN / "badgeservice", "setup"], env=environment, check=True, stdout=2)
    return environment


def badge(
    environment: dict[str, str], *, to: str = "drill@example.org", out: Path | None = None
) -> str:
    """Issue a badge, with its files in `out`; return the path of its page."""
    written = ["--out", out] if out else []
    done = subprocess.run(
        [BIN / "badgeservice", "issue", "--badge", BADGE, "--to", to, "--json", *written],
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
    )
    address: str = json.loads(done.stdout)["id"]
    return address.removeprefix(environment["BADGESERVICE_BASE_URL"])


@contextmanager
def served(
    environment: dict[str, str], port: int, command: Sequence[str | Path] = ()
) -> Iterator[subprocess.Popen[bytes]]:
    """Yield a server that answers at `port`, and end it afterwards if it still runs."""
    command = command or (*GUNICORN, "--bind", f"127.0.0.1:{port}", "wsgi:app")
    server = subprocess.Popen(list(map(str, command)), env=environment, stdout=2)
    try:
        wait_for(port, server)
        yield server
    finally:
        if server.poll() is None:
            server.terminate()
            server.wait(60)


@contextmanager
def bare_server() -> Iterator[int]:
    """Yield the port of a server of the same kind that says "pong": what the machine itself costs."""
    port = free_port()
    program = (
        "def app(environ, start):\n"
        "    start('200 OK', [('Content-Length', '4')])\n"
        "    return [b'pong']\n"
        "from gunicorn.app.wsgiapp import run\n"
        "import sys; sys.modules['bare'] = sys.modules['__main__']\n"
        f"sys.argv[1:] = ['--bind', '127.0.0.1:{port}', '--threads', '2', '--keep-alive', '75',"
        " '--no-control-socket', '--log-level', 'error', 'bare:app']\n"
        "run()"
    )
    with served(dict(os.environ), port, (sys.executable, "-c", program)):
        yield port


def wait_for(port: int, server: subprocess.Popen[bytes]) -> float:
    """Return once the server has answered; say how many seconds that took."""
    began = monotonic()
    while monotonic() - began < 90:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=60).close()
        except urllib.error.HTTPError:
            pass
        except OSError:
            if server.poll() is not None:
                break
            sleep(0.05)
            continue
        return monotonic() - began
    raise TimeoutError("the server does not start")


def cpu_seconds(root: int, *, without: str = "verifier.worker") -> float:
    """Return the processor time of a process and its descendants, but for those named."""
    total = 0.0
    for pid in family(root):
        try:
            if without.encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                continue
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += (int(fields[11]) + int(fields[12])) / _TICKS
    return total


def scheduled(root: int, *, without: str = "verifier.worker") -> tuple[float, float]:
    """Return the seconds that a process and its descendants ran, and waited for a core in use.

    Source: `Documentation/scheduler/sched-stats.rst` of Linux, `/proc/<pid>/schedstat`.
    """
    ran = waited = 0
    for pid in family(root):
        with suppress(OSError):  # it has ended meanwhile
            if without.encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                continue
            for thread in Path(f"/proc/{pid}/task").iterdir():
                on, off, _ = map(int, (thread / "schedstat").read_text().split())
                ran, waited = ran + on, waited + off
    return ran / 1e9, waited / 1e9


def memory(root: int, *, without: str | None = "verifier.worker") -> tuple[float, float]:
    """Return the largest resident size and the sum of the proportional ones, in megabytes.

    Of one process the resident size counts: all that it needs if it were alone, pages of libraries
    that others have mapped too among it. Of several together the proportional ones count, in which
    such a page is not counted several times.
    Processes with `without` in their command are left out; None counts them all.
    """
    most, shared = 0.0, 0.0
    for pid in family(root):
        try:
            if (
                without is not None
                and without.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
            ):
                continue
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        sizes = {line.split()[0]: int(line.split()[1]) / 1024 for line in lines[1:]}
        most, shared = max(most, sizes["Rss:"]), shared + sizes["Pss:"]
    return most, shared
