"""The service is gone, its database too: what is left is a folder of files. Who notices?

1. The samples of `scripts/peers` are made by an installation, which is frozen and then deleted.
2. A server of files shows the folder: Python's, that was told nothing; nginx, where it is installed,
   that was told what stands beside the site.
3. Each document of the installation that the strangers may ask for is fetched from that server, and
   the strangers judge every sample with what they get. The verdicts must be the recorded ones.
4. A site of many badges is frozen, killed in the middle, and frozen again: the memory of the process
   must not grow with the badges, and nothing that stood may be written twice.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from badgeservice import extensions, installation
from badgeservice.app import create_app
from badgeservice.extensions import services
from badgeservice.issuing import issuer
from badgeservice.issuing.models import Visibility
from badgeservice.settings import Settings
from tests.freeze.conftest import BASE_URL, Server, nginx_server, plain_server
from tests.issuing.conftest import CHOICES, Desk

ROOT = Path(__file__).resolve().parent.parent.parent
BIN = Path(sys.executable).parent
ASKED_AS = "application/ld+json, application/json"
MOST_GROWTH = 1.2
"""How much more memory the last badges may take than the first."""


def main() -> int:
    """Run the drill; return 1 when something did not hold."""
    parser = argparse.ArgumentParser(prog="scripts/drill afterlife")
    parser.add_argument("--badges", type=int, default=10_000, help="0 leaves the many badges out.")
    parser.add_argument("--without-strangers", action="store_true")
    asked = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    problems: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        if not asked.without_strangers:
            problems += _strangers(Path(folder))
        if asked.badges:
            problems += _many(Path(folder) / "many", asked.badges)
    for problem in problems:
        print(f"did not hold: {problem}")
    return 1 if problems else 0


# --- strangers -----------------------------------------------------------------------------------


def _strangers(folder: Path) -> Iterator[str]:
    samples = folder / "samples"
    subprocess.run(
        [sys.executable, ROOT / "scripts/peers/make_samples.py", samples], check=True, stdout=2
    )
    home = samples / "installation"
    frozen = folder / "frozen"
    environment = _environment(home)
    subprocess.run([BIN / "badgeservice", "freeze", frozen], env=environment, check=True)
    shutil.rmtree(home)
    lived = (samples / "index.json").read_text()
    for name in ("plain", "nginx"):
        with ExitStack() as stack:
            if name == "plain":
                server = stack.enter_context(plain_server(frozen / "site"))
            elif Path("/usr/sbin/nginx").exists():
                scratch = folder / "nginx"
                scratch.mkdir()
                server = stack.enter_context(nginx_server(frozen, scratch))
            else:
                print("nginx is not installed here: left out")
                continue
            served, silent = _served(samples, json.loads(lived), server)
        print(f"{name}: {served} documents fetched; not of the installation: {len(silent)}")
        if served < 12:
            yield f"{name}: only {served} documents of the installation are on the site"
        done = subprocess.run(
            [ROOT / "scripts/peers/run", samples], capture_output=True, text=True, check=False
        )
        print(done.stdout)
        if done.returncode:
            print(done.stderr)
            yield f"{name}: the strangers' verdicts are not the recorded ones"


def _environment(home: Path) -> dict[str, str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("BADGESERVICE_")}
    return inherited | {
        "BADGESERVICE_BASE_URL": BASE_URL,
        "BADGESERVICE_DATA_DIR": str(home / "data"),
        "BADGESERVICE_KEYS_DIR": str(home / "keys"),
        "BADGESERVICE_LOG_LEVEL": "error",
    }


def _served(
    samples: Path, index: dict[str, dict[str, object]], server: Server
) -> tuple[int, list[str]]:
    """Let the samples' world be what the server answers; return how many, and what it has not.

    What others publish, and what the samples' own forger does under our address, stays.
    """
    served, silent = 0, []
    for address, entry in index.items():
        if not address.startswith(f"{BASE_URL}/"):
            continue
        answer = server.get(address.removeprefix(BASE_URL), ASKED_AS)
        if answer.status == 404:
            silent.append(address)
            continue
        served += 1
        name = f"served-{served}"
        (samples / name).write_bytes(answer.body)
        index[address] = {
            "file": name,
            "status": answer.status,
            "type": answer.media_type,
        }
        assert entry["status"] in (answer.status, 410), address
    (samples / "index.json").write_text(json.dumps(index))
    return served, silent


# --- many badges ---------------------------------------------------------------------------------


def _many(folder: Path, badges: int) -> Iterator[str]:
    environment = _environment(folder)
    began = time.monotonic()
    _issue(environment, badges)
    print(f"{badges} badges issued in {time.monotonic() - began:.0f} s")
    frozen = folder / "frozen"
    begin = _Freeze(environment, frozen)
    begin.wait_for(badges // 3)
    begin.process.kill()
    begin.process.wait()
    before = _digests(frozen)
    print(f"killed at {begin.done} badges: {len(before)} files")
    again = _Freeze(environment, frozen)
    said = again.finish()
    after = _digests(frozen)
    print(f"again: {said} in {again.seconds:.0f} s; {again.memory_line()}")
    rewritten = sum(before[name] != after.get(name) for name in before)
    # What was in its place and not noted yet when the kill came may be written once more.
    if rewritten > 1000:
        yield f"{rewritten} files that stood were written again after the kill"
    first, last = again.memory_at(badges // 4), again.memory_at(badges)
    if last > first * MOST_GROWTH:
        yield f"memory grew from {first} to {last} MB"
    third = _Freeze(environment, frozen)
    said = third.finish()
    print(f"without a change: {said} in {third.seconds:.0f} s; {third.memory_line()}")
    if not said.startswith("0 file(s) written") or after != _digests(frozen):
        yield f"a freeze without a change wrote: {said}"


def _issue(environment: dict[str, str], badges: int) -> None:
    settings = Settings.from_environment(
        {k: v for k, v in environment.items() if k.startswith("BADGESERVICE_")}
    )
    installation.prepare_files(settings, now=datetime.now(UTC))
    app = create_app(settings)
    with app.app_context():
        session = extensions.db.session
        described = issuer.load(settings.issuer_path, base_url=settings.base_url)
        installation.prepare_database(session, described, settings, now=datetime.now(UTC))
        desk = Desk(session, services().office, lambda: datetime.now(UTC))  # type: ignore[arg-type]  # any clock
        for n in range(badges):
            desk.badge(f"p{n}@example.org", replace(CHOICES, visibility=Visibility.PUBLIC))
            if n % 500 == 499:
                session.expunge_all()
                print(f"issued {n + 1}", flush=True)


class _Freeze:
    """A freeze in a process of its own, whose progress and memory are watched."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self._began = time.monotonic()
        self.process = subprocess.Popen(
            [BIN / "badgeservice", "freeze", folder],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.done = 0
        self._memory: dict[int, int] = {}

    def wait_for(self, badges: int) -> None:
        """Read the progress until so many badges are done, or all."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            word = line.split()[0]
            if word.isdigit():
                self.done = int(word)
                self._memory[self.done] = self._resident()
                if self.done >= badges:
                    return

    def finish(self) -> str:
        """Return what the command says at its end."""
        self.wait_for(sys.maxsize)
        assert self.process.stdout is not None
        said = self.process.stdout.read().strip()
        assert self.process.wait() == 0
        self.seconds = time.monotonic() - self._began
        return said

    def memory_at(self, badges: int) -> int:
        """Return the memory, in MB, when about so many badges were done."""
        return self._memory[min(self._memory, key=lambda done: abs(done - badges))]

    def memory_line(self) -> str:
        """Return the memory after each step, in MB."""
        return "MB after so many badges: " + ", ".join(
            f"{done}: {megabytes}" for done, megabytes in self._memory.items()
        )

    def _resident(self) -> int:
        try:
            text = Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            return max(self._memory.values(), default=0)
        line = next((each for each in text.splitlines() if each.startswith("VmRSS")), "VmRSS: 0")
        return int(line.split()[1]) // 1024


def _digests(folder: Path) -> dict[str, tuple[int, int]]:
    """Return inode and time of change of every file of a frozen site, by name."""
    return {
        str(path): (path.stat().st_ino, path.stat().st_mtime_ns)
        for top in ("site", "gone", "servers")
        for path in (folder / top).rglob("*")
        if path.is_file()
    }


if __name__ == "__main__":
    sys.exit(main())
