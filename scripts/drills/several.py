"""Three web processes, one database, one store of counters, a worker: are they one service?

PostgreSQL and Redis run for this drill alone. A balancer on loopback hands each connection to the
next process, and to another one when that does not answer, as a proxy in front would.

1. A person walks from the home page to a verified badge; each request is answered by another process.
2. Limits: one visitor has one budget, whichever process is asked.
3. Revoked by a command: every process says so at once. Halted by a command: nobody issues; resumed.
4. One list of results, sent to all processes at once under one Idempotency-Key, is taken in once.
5. People walk and read while one process is killed with SIGKILL, and started again: what is cut off are
   requests that it had, and none afterwards. `badgeservice audit` finds nothing wrong.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from itertools import cycle
from pathlib import Path

from scripts import walk
from scripts.drills import house
from scripts.drills.crowd import Ask, percentile, run
from scripts.drills.load import _badge, family
from tests import stores
from tests.databases import DATABASES, SERVER
from tests.evidence.test_agreements import FILE
from tests.partners.conftest import row

PROCESSES = 3
WALKERS = 3
RATE = 4.0
"""Pages a second while one is killed: what the others can serve too."""
HOUSE = 64
"""How many requests a process has at most: inside, waiting, and being turned away."""
VERIFICATIONS = 30
"""A minute for one visitor: `Budget.CONTENT`."""


def main() -> int:
    """Run the drill; return 1 when something did not hold."""
    if SERVER not in os.environ:
        command = ["scripts/postgresql", sys.executable, "-m", "scripts.drills.several"]
        return subprocess.run([*command, *sys.argv[1:]]).returncode
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        (folder / "store").mkdir()
        store = stack.enter_context(stores.running(folder / "store"))
        ports = [house.free_port() for _ in range(PROCESSES)]
        balancer = Balancer(ports)
        environment = house.installed(
            folder,
            balancer.port,
            database_url=DATABASES["postgresql"].new(folder),
            limits_url=store.address,
            queue_url=store.address,
            trusted_proxies=1,
        )
        os.environ.update({k: v for k, v in environment.items() if k.startswith("BADGESERVICE_")})
        servers = {port: _start(environment, port) for port in ports}
        worker = subprocess.Popen([house.BIN / "badgeservice", "worker"], env=environment)
        stack.callback(lambda: [each.terminate() for each in (*servers.values(), worker)])
        holds = {
            "a walk through all processes": _walk(balancer),
            "one budget for a visitor": _one_budget(ports),
            "one revocation, one halt": _one_state(ports, balancer, environment),
            "one list, once": _one_list(folder, ports, environment),
            "one is killed": _killed(servers, balancer, environment),
        }
        audit = _command(environment, "audit")
        print(audit.stdout.strip().splitlines()[0] if audit.stdout else audit.stderr)
        holds["the audit finds nothing"] = audit.returncode == 0
    for what, held in holds.items():
        print(f"{'holds' if held else 'FAILS'}: {what}")
    return 0 if all(holds.values()) else 1


def _start(environment: dict[str, str], port: int) -> subprocess.Popen[bytes]:
    command = [*house.GUNICORN, "--bind", f"127.0.0.1:{port}", "wsgi:app"]
    server = subprocess.Popen(command, env=environment)
    house.wait_for(port, server)
    return server


def _command(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [house.BIN / "badgeservice", *words], env=environment, capture_output=True, text=True
    )


class Balancer:
    """Hands each connection to the next process that takes it; knows nothing of what is in it."""

    def __init__(self, ports: list[int]) -> None:
        self.port = house.free_port()
        self.handed: Counter[int] = Counter()
        self._ports, self._next = ports, cycle(range(len(ports)))
        started = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve(started)), daemon=True).start()
        started.wait(10)

    async def _serve(self, started: threading.Event) -> None:
        server = await asyncio.start_server(self._hand_on, "127.0.0.1", self.port)
        started.set()
        await server.serve_forever()

    async def _hand_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = next(self._next)
        for n in range(len(self._ports)):
            port = self._ports[(first + n) % len(self._ports)]
            with suppress(OSError):
                theirs, ours = await asyncio.open_connection("127.0.0.1", port)
                self.handed[port] += 1
                await asyncio.gather(_pipe(reader, ours), _pipe(theirs, writer))
                return
        writer.close()


async def _pipe(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(65_536):
            to.write(data)
            await to.drain()
    with suppress(OSError):
        to.close()


def _walk(balancer: Balancer) -> bool:
    before = balancer.handed.copy()
    try:
        steps = list(walk.walk(f"http://127.0.0.1:{balancer.port}"))
    except walk.Surprise as surprise:
        print(f"walk: expected {surprise}")
        return False
    handed = balancer.handed - before
    print(f"walk: {len(steps)} steps, requests answered by each process {sorted(handed.values())}")
    return len(handed) == PROCESSES


def _one_budget(ports: list[int]) -> bool:
    """Ask half as often again as one visitor may, in turns, and count."""
    body = json.dumps(_badge(1)).encode()
    headers = ["Content-Type: application/vc+ld+json", "X-Forwarded-For: 198.18.7.7"]
    asks = [Ask.of("verify", port, "/api/v1/verify", body=body, headers=headers) for port in ports]

    async def in_turns(crowd):  # type: ignore[no-untyped-def]
        for _ in range(VERIFICATIONS // 2):
            await asyncio.gather(*(crowd.ask(ask) for ask in asks))

    # The window is a minute of the clock; begin in its first half.
    time.sleep(max(0.0, time.time() % 60 - 30) and 60 - time.time() % 60)
    outcome = run(in_turns)
    statuses = Counter(answer.status for answer in outcome.answers)
    print(f"one visitor, {PROCESSES} processes: {dict(statuses)}; {dict(outcome.errors)}")
    return statuses == {200: VERIFICATIONS, 429: VERIFICATIONS // 2}


def _one_state(ports: list[int], balancer: Balancer, environment: dict[str, str]) -> bool:
    page = house.badge(environment, to="revoked@example.org")
    seen = [_page(port, page) for port in ports]
    revoked = _command(
        environment, "revoke", page.rpartition("/")[2], "--reason", "issued_in_error"
    )
    after = [_page(port, page) for port in ports]
    halted = _command(environment, "halt", "--reason", "drill")
    refused = _accepts(balancer)
    resumed = _command(environment, "resume")
    again = _accepts(balancer)
    print(
        f"verdicts {seen}, revoked ({revoked.returncode}): {after}; halted ({halted.returncode}): "
        f"a badge is received: {refused}; resumed ({resumed.returncode}): {again}"
    )
    return set(seen) == {"green"} and set(after) == {"red"} and not refused and again


def _page(port: int, path: str) -> str:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", headers={"Accept": "text/html"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        page = answer.read().decode()
    return next((word for word in ("green", "amber", "red") if f"verdict-{word}" in page), "none")


def _accepts(balancer: Balancer) -> bool:
    """Tell whether a person who walks receives a badge."""
    try:
        return bool(list(walk.walk(f"http://127.0.0.1:{balancer.port}")))
    except walk.Surprise:
        return False


def _one_list(folder: Path, ports: list[int], environment: dict[str, str]) -> bool:
    (folder / "agreed.yaml").write_text(FILE)
    for words in (
        ("partners", "add", "fim", "--name", "FIM"),
        ("partners", "allow", "fim", str(folder / "agreed.yaml")),
    ):
        done = _command(environment, *words)
        if done.returncode:
            print(done.stderr)
            return False
    key = _command(environment, "partners", "key", "new", "fim").stdout.strip()
    body = json.dumps({"results": [row()]}).encode()

    def send(port: int) -> tuple[int, str]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/api/v1/evidence",
            body,
            {
                "Content-Type": "application/json",
                "Authorization": f"Bearer {key}",
                "Idempotency-Key": "drill-1",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                said = json.loads(answer.read())
                return answer.status, json.dumps(said.get("results"), sort_keys=True)
        except urllib.error.HTTPError as refusal:
            return refusal.code, json.loads(refusal.read()).get("code", "")

    with ThreadPoolExecutor(PROCESSES * 2) as partners:
        answers = Counter(partners.map(send, ports * 2))
    print(f"one list sent six times at once: {[(s, n) for (s, _), n in answers.items()]}")
    taken = {said for (status, said), _ in answers.items() if status < 300}
    return len(taken) == 1 and all(status in (200, 201, 202, 409) for status, _ in answers)


def _killed(
    servers: dict[int, subprocess.Popen[bytes]], balancer: Balancer, environment: dict[str, str]
) -> bool:
    page = house.badge(environment, to="read@example.org")
    victim = next(iter(servers))
    asks = [Ask.of("page", balancer.port, page, headers=["Accept: text/html", "Connection: close"])]
    walks: Counter[str] = Counter()
    over = threading.Event()
    times: dict[str, float] = {}
    began = time.perf_counter()

    def walker() -> None:
        while not over.is_set():
            at = time.perf_counter() - began
            try:
                list(walk.walk(f"http://127.0.0.1:{balancer.port}"))
                walks["whole"] += 1
            except (walk.Surprise, OSError) as error:
                if "not 503" in str(error):
                    walks["turned away"] += 1
                else:
                    spans = at < times.get("killed", 1e9) + 1 and "killed" in times
                    walks["cut by the kill" if spans else f"failed: {error}"] += 1

    def assassin() -> None:
        time.sleep(8)
        everyone = list(family(servers[victim].pid))
        times["killed"] = time.perf_counter() - began
        for pid in everyone:  # the master first, so that it starts nobody again
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        servers[victim].wait()
        time.sleep(6)
        servers[victim] = _start(environment, victim)
        times["back"] = time.perf_counter() - began

    with ThreadPoolExecutor(WALKERS + 1) as people:
        for _ in range(WALKERS):
            people.submit(walker)
        killing = people.submit(assassin)
        outcome = run(lambda crowd: crowd.at_rate(cycle(asks), RATE, 30.0))
        over.set()
        killing.result()
    before = balancer.handed[victim]
    for _ in range(PROCESSES):
        _page(balancer.port, page)
    statuses = Counter(answer.status for answer in outcome.answers)
    late = [at for at in outcome.cut_at if at > times["killed"] + 0.5]
    after = [a for a in outcome.of(status=200) if a.at > times["killed"] + 0.5]
    print(
        f"killed after {times['killed']:.0f} s, back after {times['back']:.0f} s: pages {dict(statuses)}, "
        f"cut {dict(outcome.errors)}, of which {len(late)} sent afterwards; {len(after)} served "
        f"afterwards, p50 {percentile(outcome.answers, 0.5):.0f} ms; walks {dict(walks)}"
    )
    return (
        not late
        and bool(after)
        and set(statuses) <= {200, 503}
        and len(outcome.cut_at) <= HOUSE
        and walks["whole"] > 0
        and not any(why.startswith("failed") for why in walks)
        and balancer.handed[victim] > before
    )


if __name__ == "__main__":
    sys.exit(main())
