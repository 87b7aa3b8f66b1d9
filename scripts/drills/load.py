"""Fifty strangers verify at once, and every fifth of them means harm: who waits, and how long?

1. An installation of its own, served by gunicorn as the README says, on loopback.
2. Fifty clients send badges of strangers that nobody has sent before, each by an address of its own
   as far as the limits are concerned; one in five is made to keep the verifier busy or to break it.
3. No answer is an error of ours, every genuine badge is proven, no poison is green; the drill prints
   how long the genuine ones waited, what the poisons were told, and the most memory of each process.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import platform
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import zlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count, cycle
from pathlib import Path
from typing import Any, NamedTuple

from badgeservice.openbadges import Document, did, jsonld
from badgeservice.verification.proofs import MAXIMUM_PROOFS
from tests.verification.school import Key, School

BIN = Path(sys.executable).parent
CLIENTS = 50
ONE_IN = 5


class Answer(NamedTuple):
    """What one client got: `kind` is "genuine" or the name of a poison."""

    kind: str
    status: int
    seconds: float
    said: dict[str, Any]


def main() -> int:
    """Run the drill; return 1 when something did not hold."""
    parser = argparse.ArgumentParser(prog="scripts/drill load")
    parser.add_argument("--requests", type=int, default=500)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    submissions = list(_submissions(asked.requests))
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
        free.close()
        environment = {name: v for name, v in os.environ.items() if "BADGESERVICE_" not in name} | {
            "BADGESERVICE_BASE_URL": f"http://127.0.0.1:{port}",
            "BADGESERVICE_DATA_DIR": f"{folder}/data",
            "BADGESERVICE_KEYS_DIR": f"{folder}/keys",
            "BADGESERVICE_LOG_LEVEL": "error",
            "BADGESERVICE_TRUSTED_PROXIES": "1",
            "BADGESERVICE_VERIFICATION_WORKERS": str(asked.workers),
        }
        subprocess.run([BIN / "badgeservice", "setup"], env=environment, check=True, stdout=2)
        server = subprocess.Popen(
            [
                *(BIN / "gunicorn", "--config", "deploy/gunicorn.conf.py"),
                *("--bind", f"127.0.0.1:{port}", "wsgi:app"),
            ],
            env=environment,
        )
        try:
            _wait_for(port)
            memory = Memory(server.pid)
            began = time.monotonic()
            with ThreadPoolExecutor(CLIENTS) as clients:
                answers = list(clients.map(lambda each: _ask(port, *each), submissions))
            seconds = time.monotonic() - began
            peaks = memory.stop()
        finally:
            server.terminate()
            server.wait(30)
    return _judge(answers, seconds, peaks)


# --- what is sent --------------------------------------------------------------------------------


def _submissions(number: int) -> Iterator[tuple[int, str, bytes]]:
    """Yield a number, a kind and a body for the API; every fifth is the next of the poisons."""
    poisons = cycle(_poisons().items())
    serials = count(1)
    for n in range(number):
        if n % ONE_IN == 0:
            kind, body = next(poisons)
            # Spaces behind make it another submission, and change nothing of what it is.
            yield n, kind, body if body.startswith(b"\x89") else body + b" " * (n % 97)
        else:
            yield n, "genuine", json.dumps(_badge(next(serials))).encode()


def _badge(serial: int, **more: object) -> Document:
    """Return a badge of a stranger whose key is its name: all of the walk, and nobody to ask.

    `more` stands in its achievement.
    """
    school, key = School(), Key(serial % 200 + 1)
    issuer = did.did_key(key.public)
    badge = school.credential(serial)
    del badge["credentialStatus"]
    badge["issuer"]["id"] = issuer
    achievement = badge["credentialSubject"]["achievement"]
    achievement["creator"]["id"] = issuer
    achievement.update(more)
    return school.sign(badge, key=key, method=f"{issuer}#{issuer.rpartition(':')[2]}")


def _poisons() -> dict[str, bytes]:
    largest = _badge(1, tag=[str(n) for n in range(jsonld.MAXIMUM_VALUES - 150)])
    proved = largest | {"proof": largest["proof"] * MAXIMUM_PROOFS}
    claims = base64.urlsafe_b64encode(b'{"a":' * 20_000).rstrip(b"=")
    return {
        "the most values that are read": json.dumps(largest).encode(),
        "the same, proved as often as is read": json.dumps(proved).encode(),
        "ten thousand members": json.dumps(
            _badge(3) | {f"m{n}": "x" for n in range(10_000)}
        ).encode(),
        "a hundred thousand brackets": b"[" * 100_000,
        "2 MB of digits": b'{"@context": ' + b"9" * 2_000_000,
        "an image that inflates to 60 MB": _image(zlib.compress(b" " * 60_000_000, 9)),
        "a token of nested claims": b"eyJhbGciOiJFZERTQSJ9." + claims + b".AAAA",
        "a machine inside": b"https://metadata.google.internal/computeMetadata/v1/",
        "a name that leads nowhere": b"https://badges.nowhere.invalid/badge.json",
        "bytes": bytes(range(256)) * 4_000,
    }


def _image(packed: bytes) -> bytes:
    text = b"openbadgecredential\0\1\0\0\0" + packed
    chunks = [(b"IHDR", struct.pack("!IIBBBBB", 1, 1, 8, 0, 0, 0, 0)), (b"iTXt", text)]
    chunks += [(b"IDAT", zlib.compress(b"\0\0")), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack("!I", len(data)) + kind + data + struct.pack("!I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


# --- sending and watching ------------------------------------------------------------------------


_MEDIA_TYPES = {
    b"https://": "application/json",
    b"\x89PNG": "image/png",
    b"ey": "application/jwt",
    b"": "application/vc+ld+json",
}


def _ask(port: int, number: int, kind: str, body: bytes) -> Answer:
    """Send one submission as a visitor of its own."""
    media_type = next(kind for start, kind in _MEDIA_TYPES.items() if body.startswith(start))
    is_address = media_type == "application/json"
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v1/verify",
        data=json.dumps({"url": body.decode().strip()}).encode() if is_address else body,
        headers={
            "Content-Type": media_type,
            "Accept": "application/json",
            "X-Forwarded-For": _visitor(number),
        },
    )
    began = time.monotonic()
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            status, said = answer.status, answer.read()
    except urllib.error.HTTPError as refusal:
        status, said = refusal.code, refusal.read()
    return Answer(kind, status, time.monotonic() - began, json.loads(said))


def _visitor(number: int) -> str:
    return f"198.18.{number // 250}.{number % 250 + 1}"


def _wait_for(port: int) -> None:
    """Return once the server has answered, so that its start is not counted."""
    for _ in range(600):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/robots.txt", timeout=60).close()
            return
        except urllib.error.URLError:
            time.sleep(0.1)
    raise TimeoutError("the server does not start")


class Memory:
    """The most memory of a process and its descendants, seen five times a second."""

    def __init__(self, root: int) -> None:
        self._root, self._over = root, threading.Event()
        self._each: dict[str, int] = {}
        self._most = 0
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> dict[str, int]:
        """Return the most kilobytes of each kind of process, and of all at one time."""
        self._over.set()
        self._thread.join()
        return {**self._each, "all together": self._most}

    def _watch(self) -> None:
        while not self._over.wait(0.2):
            total = 0
            for pid in family(self._root):
                try:
                    command = Path(f"/proc/{pid}/cmdline").read_bytes()
                    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
                except OSError:
                    continue  # it has ended meanwhile
                sizes = {
                    k: int(v.split()[0])
                    for k, _, v in (each.partition(":") for each in lines)
                    if k in ("VmHWM", "RssAnon", "VmRSS")
                }
                if not sizes:
                    continue
                kind = (
                    "a worker"
                    if b"verifier.worker" in command
                    else ("the master" if pid == self._root else "the web process")
                )
                self._each[kind] = max(self._each.get(kind, 0), sizes["VmHWM"])
                total += sizes["VmRSS"]
            self._most = max(self._most, total)


def family(root: int) -> Iterator[int]:
    """Yield a process and all that it started."""
    yield root
    try:
        children = Path(f"/proc/{root}/task/{root}/children").read_text().split()
        # A thread other than the first may have started some of them.
        for task in Path(f"/proc/{root}/task").iterdir():
            if task.name != str(root):
                children += (task / "children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from family(int(child))


# --- judging -------------------------------------------------------------------------------------


def _judge(answers: list[Answer], seconds: float, peaks: dict[str, int]) -> int:
    statuses = Counter(answer.status for answer in answers)
    genuine = [answer for answer in answers if answer.kind == "genuine"]
    times = sorted(answer.seconds for answer in genuine)
    proven = [a for a in genuine if a.status == 200 and a.said["integrity"] == "valid"]
    green = [a for a in answers if a.kind != "genuine" and a.said.get("verdict") == "green"]
    print(
        f"{len(answers)} verifications by {CLIENTS} clients in {seconds:.1f} s; HTTP {dict(statuses)}"
    )
    print(
        f"genuine: {len(proven)} of {len(genuine)} proven; p50 {statistics.median(times):.2f} s, "
        f"p99 {times[int(len(times) * 0.99)]:.2f} s, most {times[-1]:.2f} s"
    )
    for kind in sorted({a.kind for a in answers} - {"genuine"}):
        told = Counter(_told(a) for a in answers if a.kind == kind)
        longest = max(a.seconds for a in answers if a.kind == kind)
        print(f"  {kind}: {dict(told)}; {longest:.2f} s at most")
    for process, kilobytes in peaks.items():
        print(f"memory of {process}: {kilobytes / 1024:.0f} MB at most")
    errors = sum(number for status, number in statuses.items() if status >= 500)
    print(f"errors of ours: {errors}; poisons that are green: {len(green)}")
    return 1 if errors or green or len(proven) != len(genuine) else 0


def _told(answer: Answer) -> str:
    if answer.status != 200:
        return f"HTTP {answer.status}"
    problem = next(
        (f["code"] for f in answer.said["findings"] if f["outcome"] != "passed"), "nothing"
    )
    return f"{answer.said['verdict']}: {problem}"


if __name__ == "__main__":
    sys.exit(main())
