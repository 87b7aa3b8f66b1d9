"""Many visitors at once, from one process: asked at a rate, or each again as soon as answered.

Answers are kept as they come: status, how long it took, and whether a refusal says when to return.
A request that is cut off, refused by the kernel or never answered is an error, and named.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import cycle

PATIENCE_SECONDS = 60.0
"""After which a visitor has gone, and the request counts as never answered."""
AT_ONCE = 1_500
"""Connections that the crowd itself opens; what does not fit is counted, and was not sent."""
IDLE_SECONDS = 5.0
"""How long the crowd keeps a connection that it does not use: less than the server does."""


@dataclass(frozen=True)
class Ask:
    """A request as it is sent. `kind` groups its answers."""

    kind: str
    port: int
    raw: bytes

    @classmethod
    def of(
        cls,
        kind: str,
        port: int,
        path: str,
        *,
        body: bytes = b"",
        headers: Iterable[str] = (),
        host: str = "",
    ) -> Ask:
        """Return a GET, or a POST of `body`."""
        lines = [
            f"{'POST' if body else 'GET'} {path} HTTP/1.1",
            f"Host: {host or f'127.0.0.1:{port}'}",
            *headers,
            *([f"Content-Length: {len(body)}"] if body else []),
        ]
        return cls(kind, port, "\r\n".join([*lines, "", ""]).encode() + body)


@dataclass(frozen=True)
class Answer:
    """What came back, `seconds` after it was asked, at `at` seconds of the crowd's time."""

    kind: str
    port: int
    status: int
    seconds: float
    at: float
    says_when: bool
    body: bytes


@dataclass
class Outcome:
    """All that came back, and what did not."""

    answers: list[Answer] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    cut_at: list[float] = field(default_factory=list)
    """When each of the requests that ended in an error was sent, in seconds of the crowd's time."""
    not_sent: int = 0

    def of(self, *kinds: str, status: int | None = None) -> list[Answer]:
        """Return the answers of some kinds, or of all but those of whoever watches."""
        return [
            a
            for a in self.answers
            if (a.kind in kinds if kinds else not a.kind.startswith("watch"))
            and status in (None, a.status)
        ]


def percentile(answers: Iterable[Answer], share: float) -> float:
    """Return how many milliseconds a share of the answers took at most; nan of none."""
    times = sorted(answer.seconds for answer in answers)
    return times[min(int(len(times) * share), len(times) - 1)] * 1e3 if times else float("nan")


class Crowd:
    """Visitors who share connections as browsers and proxies do."""

    def __init__(self) -> None:
        self.outcome = Outcome()
        self._idle: dict[int, list[tuple[float, asyncio.StreamReader, asyncio.StreamWriter]]] = {}
        self._busy = 0
        self._began = time.perf_counter()

    async def ask(self, ask: Ask, *, anew: bool = False) -> None:
        """Send one request, on a connection of its own if `anew`, and keep its answer."""
        began = time.perf_counter()
        self._busy += 1
        writer = None
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                reader, writer = await self._connection(ask.port, began, anew=anew)
                writer.write(ask.raw)
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                body, stays = await _body(reader, head)
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
            self.outcome.errors[f"{ask.kind}: {type(error).__name__}"] += 1
            self.outcome.cut_at.append(began - self._began)
            if writer is not None:
                writer.close()
            return
        finally:
            self._busy -= 1
        now = time.perf_counter()
        self.outcome.answers.append(
            Answer(
                ask.kind,
                ask.port,
                int(head[9:12]),
                now - began,
                began - self._began,
                b"\r\nretry-after: " in head,
                body if ask.kind.startswith("keep") else b"",
            )
        )
        if stays and not anew:
            self._idle.setdefault(ask.port, []).append((now, reader, writer))
        else:
            writer.close()

    async def _connection(
        self, port: int, now: float, *, anew: bool
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        idle = self._idle.setdefault(port, [])
        while idle and not anew:
            since, reader, writer = idle.pop()
            if now - since < IDLE_SECONDS and not reader.at_eof():
                return reader, writer
            writer.close()
        return await asyncio.open_connection("127.0.0.1", port)

    async def at_rate(self, asks: Iterator[Ask], rate: float, seconds: float) -> None:
        """Send `rate` requests a second, whether those before are answered or not."""
        began, sent, under_way = time.perf_counter(), 0, set[asyncio.Task[None]]()
        while (passed := time.perf_counter() - began) < seconds:
            while sent < passed * rate:
                sent += 1
                if self._busy >= AT_ONCE:
                    self.outcome.not_sent += 1
                    continue
                task = asyncio.create_task(self.ask(next(asks)))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
            await asyncio.sleep(0.002)
        await asyncio.gather(*under_way)

    async def in_turn(self, asks: Iterator[Ask], clients: int, seconds: float) -> None:
        """Let so many clients ask, each again as soon as it has its answer."""
        until = time.perf_counter() + seconds

        async def client() -> None:
            while time.perf_counter() < until:
                await self.ask(next(asks))

        await asyncio.gather(*(client() for _ in range(clients)))

    async def watching(self, asks: list[Ask], work: Awaitable[None], every: float = 0.2) -> None:
        """Do `work`, and meanwhile ask each of `asks` on a connection of its own."""

        async def watch() -> None:
            while True:
                await asyncio.gather(*(self.ask(ask, anew=True) for ask in asks))
                await asyncio.sleep(every)

        watcher = asyncio.create_task(watch())
        try:
            await work
        finally:
            watcher.cancel()


def run(work: Callable[[Crowd], Awaitable[None]]) -> Outcome:
    """Let a crowd do something; return what came back."""
    crowd = Crowd()

    async def all_of_it() -> None:
        await work(crowd)

    asyncio.run(all_of_it())
    return crowd.outcome


def flood(asks: Iterable[Ask], rate: float, seconds: float, watch: list[Ask]) -> Outcome:
    """Return what a crowd is answered that asks at a rate."""
    return run(lambda crowd: crowd.watching(watch, crowd.at_rate(cycle(asks), rate, seconds)))


def saturate(asks: Iterable[Ask], clients: int, seconds: float) -> Outcome:
    """Return what so many clients are answered that ask again at once."""
    return run(lambda crowd: crowd.in_turn(cycle(asks), clients, seconds))


async def _body(reader: asyncio.StreamReader, head: bytes) -> tuple[bytes, bool]:
    """Read an answer to its end; tell whether the connection may be used again."""
    stays = b"\r\nconnection: close" not in head
    if b"\r\ntransfer-encoding: chunked" in head:
        body = b""
        while size := int(await reader.readuntil(b"\r\n"), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readexactly(2)
        return body, stays
    place = head.find(b"\r\ncontent-length: ")
    if place < 0:
        return (await reader.read(), False) if head[9:12] not in (b"304", b"204") else (b"", stays)
    length = int(head[place + 18 : head.index(b"\r", place + 18)])
    return await reader.readexactly(length), stays
