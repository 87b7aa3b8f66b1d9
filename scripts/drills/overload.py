"""Ten times as many come as can be served, for five minutes: who is told what, and what does it cost?

1. How much can be served: so many clients as may be inside the gate, each again at once, on pages,
   hosted badges and verifications.
2. Ten times that rate, whether those before are answered or not. Beside it somebody asks for the
   health check, and for the answer of a bare server on the same machine, five times a second.
3. Every answer is 200, 429 or 503; each refusal is quick and says when to return; no request is cut
   off or stays without an answer; most of what could be served without the flood is still served;
   health stays quick; memory does not grow; ten seconds after the last of them, an answer takes as
   long as before.

The crowd runs on the cores of the service, which are perhaps used by others too, and where a process
is given less of a core, every answer takes longer by as much. The kernel counts how long a process
ran and how long it waited for a core that others had. So what is quick is judged by the time it took
times the share that was given, and what is served by that share, with the flood and without.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from badgeservice.settings import Settings
from scripts.drills import house, visits
from scripts.drills.crowd import Answer, Ask, Outcome, flood, percentile, saturate
from scripts.drills.load import _badge

TIMES = 10
HEALTH_MS = 100.0
REFUSAL_MS = 250.0
STILL_SERVED = 0.6
"""Of what is served a second without the flood: to turn nine away costs the time of a third of one."""
WEB_MB = 150.0
NORMAL_SECONDS = 10.0
GROWTH_MB = 16.0
"""Of the web process, between the end of the first tenth of the flood and its end."""
VERIFICATIONS = 20


def main() -> int:
    """Run the drill; return 1 when something did not hold."""
    parser = argparse.ArgumentParser(prog="scripts/drill overload")
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--at-once", type=int, default=Settings().requests_at_once)
    asked = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder, house.bare_server() as bare:
        port = house.free_port()
        environment = house.installed(Path(folder), port, requests_at_once=asked.at_once)
        page = house.badge(environment)
        with house.served(environment, port) as server:
            asks = visitors(port, page)
            watch = [
                Ask.of("watch health", port, "/healthz"),
                Ask.of("watch ready", port, "/readyz"),
                Ask.of("watch bare", bare, "/"),
            ]
            visits.everything(environment, port, page)
            saturate(asks, asked.at_once, 2)  # workers start, caches fill
            share = Share(server.pid)
            before = saturate(asks, asked.at_once, 8)
            usual = Usual(
                len(before.of(status=200)) / 8, percentile(before.of(), 0.5), share.given()
            )
            print(
                f"can be served: {usual.served:.0f} a second, p50 {usual.ms:.0f} ms, "
                f"by {usual.share:.0%} of a core"
            )
            sizes, share = Sizes(server.pid), Share(server.pid)
            during = flood(asks, usual.served * TIMES, asked.seconds, watch)
            given, grown = share.given(), sizes.stop()
            normal = _until_normal(asks, usual.ms)
    return _judge(during, usual, asked.seconds, given, grown, normal)


def visitors(port: int, page: str) -> list[Ask]:
    """Return what visitors ask for, of ten: six pages, three hosted badges, one verification.

    Each verification is of another stranger's badge, by another visitor as far as limits know.
    """
    html = Ask.of("page", port, page, headers=["Accept: text/html"])
    hosted = Ask.of("hosted", port, page, headers=["Accept: application/json"])
    asks: list[Ask] = []
    for n in range(VERIFICATIONS):
        asks += [html, html, hosted, html, html, hosted, html, html, hosted]
        asks.append(
            Ask.of(
                "verify",
                port,
                "/api/v1/verify",
                body=json.dumps(_badge(n + 1)).encode(),
                headers=[
                    "Content-Type: application/vc+ld+json",
                    f"X-Forwarded-For: 198.18.{n // 250}.{n % 250 + 1}",
                ],
            )
        )
    return asks


@dataclass(frozen=True)
class Usual:
    """What is served a second without a flood, in how many milliseconds, by which share of a core."""

    served: float
    ms: float
    share: float


class Share:
    """Which share of a core the web process is given from now on, of what it could use."""

    def __init__(self, root: int) -> None:
        self._root, self._began, self._before = root, time.monotonic(), house.scheduled(root)

    def given(self) -> float:
        """Return it, 1 at most.

        Threads that wait at the same time are counted each, and a process that has nothing to do
        uses less than it could: of two estimates that err downwards, the greater.
        """
        seconds = time.monotonic() - self._began
        ran, waited = (
            after - before
            for after, before in zip(house.scheduled(self._root), self._before, strict=True)
        )
        return min(1.0, max(ran / (ran + waited), ran / seconds))


class Sizes:
    """How large the web process is, twice a second."""

    def __init__(self, root: int) -> None:
        self._root, self._over = root, threading.Event()
        self._seen: list[float] = []
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> tuple[float, float]:
        """Return the most megabytes in the first tenth of the time, and in all of it."""
        self._over.set()
        self._thread.join()
        return max(self._seen[: len(self._seen) // 10 + 1]), max(self._seen)

    def _watch(self) -> None:
        while not self._over.wait(0.5):
            self._seen.append(house.memory(self._root)[0])


def _until_normal(asks: list[Ask], usual: float) -> float:
    """Return after how many seconds five pages in a row took no more than twice the usual time."""
    began = time.monotonic()
    pages = cycle([ask for ask in asks if ask.kind == "page"])
    in_a_row = 0
    while time.monotonic() - began < 60:
        [answer] = saturate(islice(pages, 1), 1, 0.001).answers[:1] or [None]
        is_normal = (
            answer is not None and answer.status == 200 and answer.seconds * 1e3 <= 2 * usual
        )
        in_a_row = in_a_row + 1 if is_normal else 0
        if in_a_row == 5:
            break
    return time.monotonic() - began


def _judge(
    during: Outcome,
    usual: Usual,
    seconds: float,
    share: float,
    grown: tuple[float, float],
    normal: float,
) -> int:
    answers = during.of()
    refused = [a for a in answers if a.status in (429, 503)]
    health, ready = during.of("watch health"), during.of("watch ready")
    statuses = Counter(a.status for a in answers)
    print(
        f"{len(answers)} answers in {seconds:.0f} s at {usual.served * TIMES:.0f} a second: "
        f"{dict(statuses)}; not sent {during.not_sent}; errors {dict(during.errors)}"
    )
    still = statuses[200] / seconds / usual.served
    print(
        f"served {statuses[200] / seconds:.0f} a second, {still:.0%} of what is without the flood"
    )
    for name, some in {
        "served": during.of(status=200),
        "refused": refused,
        "health": health,
        "readiness": ready,
        "a bare server": during.of("watch bare"),
    }.items():
        print(f"  {name:<14} {_spread(some)}")
    print(f"web process {grown[0]:.0f} MB in the first tenth, {grown[1]:.0f} MB at most")
    print(f"normal again after {normal:.1f} s")
    own, refusal = percentile(health, 0.99) * share, percentile(refused, 0.99) * share
    still *= usual.share / share
    print(
        f"the web process was given {share:.0%} of a core: of its own, p99 of health {own:.0f} ms, "
        f"of refusals {refusal:.0f} ms; {still:.0%} still served"
    )
    holds = {
        "only 200, 429 and 503": set(statuses) <= {200, 429, 503},
        "each refusal says when to return": all(a.says_when for a in refused),
        f"refused within {REFUSAL_MS:.0f} ms of its own in 99 of 100": refusal <= REFUSAL_MS,
        f"{STILL_SERVED:.0%} of what is served without the flood": still >= STILL_SERVED,
        "no request is cut off": not during.errors,
        f"health within {HEALTH_MS:.0f} ms of its own in 99 of 100": own <= HEALTH_MS,
        "each check of health and readiness is answered 200": all(
            {200} == {a.status for a in each} for each in (health, ready)
        ),
        f"the web process holds {WEB_MB:.0f} MB at most": grown[1] <= WEB_MB,
        f"memory grows less than {GROWTH_MB:.0f} MB": grown[1] - grown[0] < GROWTH_MB,
        f"normal within {NORMAL_SECONDS:.0f} s": normal <= NORMAL_SECONDS,
    }
    for what, held in holds.items():
        print(f"{'holds' if held else 'FAILS'}: {what}")
    return 0 if all(holds.values()) else 1


def _spread(answers: list[Answer]) -> str:
    shares = (0.5, 0.99, 1.0)
    shown = ", ".join(f"{percentile(answers, share):.0f}" for share in shares)
    return f"{len(answers):>7}: p50, p99, most {shown} ms"


if __name__ == "__main__":
    sys.exit(main())
