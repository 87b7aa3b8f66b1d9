"""A few processes for the walks on what strangers submit, so that no walk can hurt the service.

A walk canonicalizes graphs, opens images and parses documents that were perhaps made to hang or to
crash whoever reads them; and pyld must not run in the threads of the web. So it runs in a `worker`,
with limits of time and memory, and a worker that reaches one is ended and replaced.

Network and database stay here. The walk asks, and the thread that wants the report answers. While
that thread waits for another site, its worker is lent: whoever finds no worker free takes it, and
the walk that was interrupted runs again from its beginning, with the answers that it already has.
A walk is pure, so that changes nothing but the time it takes.

The processes start when first needed and end with the process that started them.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from badgeservice import verification
from badgeservice.errors import FetchFailed, VerifierBusy
from badgeservice.verification import Report, Submission
from badgeservice.verification.codes import Check, Code
from badgeservice.verification.fetching import Fetch, remembering
from badgeservice.verification.issuers import NOBODY_KNOWN, Issuers
from badgeservice.verification.register import Register
from badgeservice.verification.submission import MAXIMUM_BYTES
from badgeservice.verifier import wire
from badgeservice.verifier.wire import Channel, Garbled, Given

log = structlog.get_logger()


@dataclass(frozen=True)
class Limits:
    """How much of everything there is.

    `cpu_seconds` and `seconds` bound one walk, the former each time it runs, the latter by the clock,
    for all its runs and without the time in which it waits. `memory_bytes` is all that a worker may address. A worker is
    replaced after `uses`. `waiting` callers may wait for a worker, `waiting_seconds` long.
    """

    workers: int = 2
    cpu_seconds: int = 2
    seconds: float = 10.0
    start_seconds: float = 30.0
    memory_bytes: int = 268_435_456
    uses: int = 500
    waiting: int = 64
    waiting_seconds: float = 10.0
    questions: int = 200


@dataclass(frozen=True)
class Sources:
    """Who answers what a walk asks.

    `fetch` raises `FetchFailed` for what cannot be had. `is_near` tells which addresses it answers
    at once; for the others the worker may be given to somebody else meanwhile.
    """

    fetch: Fetch
    register: Register
    is_near: Callable[[str], bool] = lambda address: True
    issuers: Issuers = NOBODY_KNOWN


class Pool:
    """The workers of one process. Its methods may be called from every thread."""

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        program: Sequence[str] = ("-m", "badgeservice.verifier.worker"),
    ) -> None:
        """`program` is what Python runs as a worker; tests have worse ones than ours."""
        self.limits = limits or Limits()
        self._program = tuple(program)
        self._workers: set[_Worker] = set()
        self._forget()
        self._end = weakref.finalize(self, _end_all, self._workers)
        _POOLS.add(self)

    def verify(
        self,
        submitted: bytes | Submission,
        sources: Sources,
        *,
        now: datetime,
        recipient: str | None = None,
    ) -> Report:
        """Return the report on a submission, as of `now`; `recipient` is whom it may be about.

        Never raises for what was submitted: a walk that ran out of something, or that died, is a
        report that says so and is not green. Raises `VerifierBusy` when too many others wait.
        """
        if isinstance(submitted, bytes) and len(submitted) > MAXIMUM_BYTES:
            submitted = submitted[: MAXIMUM_BYTES + 1]  # enough to show that it is too much
        given = Given.of(submitted) if isinstance(submitted, Submission) else submitted
        errand = _Errand(wire.Job(given, now, recipient), sources, self.limits)
        while True:
            turn = _Turn(self._acquire(errand))
            try:
                report = self._run(turn, errand)
            except _Ended as ended:
                self._discard(turn)
                log.warning("verification_interrupted", code=str(ended))
                return verification.interrupted(ended.code, now=now)
            except BaseException:
                self._discard(turn)
                raise
            if report is not None:
                self._release(turn)
                return report

    def state(self) -> dict[str, int]:
        """Return how many workers are busy, how many callers wait, and how many were refused."""
        with self._changed:
            busy = len(self._workers) - len(self._idle) - len(self._lent)
            return {"busy": busy, "waiting": len(self._queue), "refused": self._refused}

    def close(self) -> None:
        """End all workers; whoever is being served gets an interrupted report."""
        with self._changed:
            self._is_closed = True
            self._idle.clear()
            self._lent.clear()
            self._changed.notify_all()
        _end_all(self._workers)

    # --- one walk -------------------------------------------------------------------------------

    def _run(self, turn: _Turn, errand: _Errand) -> Report | None:
        """Let a worker run the walk; return None if the turn has ended meanwhile."""
        message: wire.Told = errand.job
        while True:
            said = errand.hear(turn.worker, message)
            match said:
                case wire.Done(report):
                    return _checked(report, now=errand.job.now)
                case wire.OutOfMemory():
                    raise _Ended(Code.INTERRUPTED_BY_MEMORY)
                case wire.Failed(exception):
                    # The worker itself is well, and yet nobody knows in which state that left it.
                    raise _Ended(Code.INTERRUPTED_BY_FAULT, exception)
                case wire.Ready():
                    raise _Ended(Code.INTERRUPTED_BY_FAULT, "Garbled")
                case wire.AskFetch(address) if not errand.is_near(address):
                    self._lend(turn)
                    try:
                        message = errand.answer(said)
                    finally:
                        self._reclaim(turn)
                    if turn.is_over:
                        return None
                case _:
                    message = errand.answer(said)

    # --- who has which worker -------------------------------------------------------------------

    def _acquire(self, errand: _Errand) -> _Worker:
        """Return a worker that nobody else has, waiting for one if need be.

        First come, first served, so that nobody waits for ever; but whoever has been interrupted
        comes before those who have not begun.
        """
        until = time.monotonic() + self.limits.waiting_seconds
        with self._changed:
            if len(self._queue) >= self.limits.waiting:
                self._refused += 1
                raise VerifierBusy("too many verifications wait already")
            (self._queue.appendleft if errand.has_begun else self._queue.append)(errand)
            errand.has_begun = True
            try:
                while not self._is_closed:
                    if self._queue[0] is errand and (worker := self._available()):
                        return worker
                    if not self._changed.wait(until - time.monotonic()):
                        break
            finally:
                self._queue.remove(errand)
                self._changed.notify_all()
            self._refused += 1
        raise VerifierBusy("no worker has become free in time")

    def _available(self) -> _Worker | None:
        """Return a worker that has nothing to do, is new, or waits for somebody's site."""
        if self._idle:
            return self._idle.popleft()
        if len(self._workers) < self.limits.workers:
            return self._start()
        if self._lent:
            worker, turn = self._lent.popitem(last=False)
            turn.is_over = True
            return worker
        return None

    def _release(self, turn: _Turn) -> None:
        turn.worker.uses += 1
        if turn.worker.uses >= self.limits.uses:
            self._discard(turn)
            return
        with self._changed:
            if not self._is_closed:
                self._idle.append(turn.worker)
                self._changed.notify_all()

    def _discard(self, turn: _Turn) -> None:
        """End a worker, and start the one that takes its place before somebody needs it."""
        if turn.is_over:
            return  # it is somebody else's now
        worker = turn.worker
        worker.end()
        with self._changed:
            self._workers.discard(worker)
            # One that could not even start would not start the next time either: wait for a need.
            if worker.is_ready and not self._is_closed:
                self._idle.append(self._start())
            self._changed.notify_all()

    def _lend(self, turn: _Turn) -> None:
        with self._changed:
            self._lent[turn.worker] = turn
            self._changed.notify_all()

    def _reclaim(self, turn: _Turn) -> None:
        """Take a worker back, unless somebody has it, or has lent it in their turn."""
        with self._changed:
            if not turn.is_over and not self._is_closed:
                del self._lent[turn.worker]

    def _start(self) -> _Worker:
        worker = _Worker(self._program, self.limits)
        self._workers.add(worker)
        return worker

    def _forget(self) -> None:
        """Begin without workers: at first, and in a child after a fork, whose parent has them."""
        self._changed = threading.Condition()
        self._idle: deque[_Worker] = deque()
        self._lent: OrderedDict[_Worker, _Turn] = OrderedDict()
        self._queue: deque[_Errand] = deque()
        self._refused = 0
        self._is_closed = False
        for worker in self._workers:
            worker.hang_up()
        self._workers.clear()


@dataclass
class _Turn:
    """A time in which a worker serves one caller; it is over once somebody else has taken it."""

    worker: _Worker
    is_over: bool = False


class _Errand:
    """What one caller wants, and what the walk was told so far; a second run gets the same."""

    def __init__(self, job: wire.Job, sources: Sources, limits: Limits) -> None:
        self.job, self.has_begun = job, False
        self._sources, self._fetch = sources, remembering(sources.fetch)
        self._asked: set[str] = set()
        self._questions, self._seconds = limits.questions, limits.seconds

    def hear(self, worker: _Worker, message: wire.Told) -> wire.Said:
        """Tell a worker something and return what it says then, in the time that is left."""
        began = time.monotonic()
        waited, said = worker.hear(message, until=began + self._seconds)
        self._seconds -= time.monotonic() - began - waited
        return said

    def is_near(self, address: str) -> bool:
        """Tell whether the answer is at hand."""
        return address in self._asked or self._sources.is_near(address)

    def answer(self, question: wire.Question) -> wire.Answer:
        """Answer a question of the walk. No honest walk asks as many as a hostile worker could."""
        self._questions -= 1
        if self._questions < 0:
            raise _Ended(Code.INTERRUPTED_BY_FAULT, "Garbled")
        register = self._sources.register
        match question:
            case wire.AskFetch(address):
                self._asked.add(address)
                try:
                    return wire.Document(self._fetch(address))
                except FetchFailed as error:
                    return wire.NoDocument(error.message, error.code)
            case wire.AskOwns(issuer_id):
                return wire.Owned(register.owns(issuer_id))
            case wire.AskEntry(credential_id):
                return wire.Registered(register.entry(credential_id))
            case wire.AskPublished(status_list):
                return wire.PublishedAt(register.published(status_list))
            case wire.AskIssuer(identifier):
                return wire.Known(self._sources.issuers.entries(identifier))
            case wire.AskAlike(keys):
                return wire.Alike(self._sources.issuers.resembled(keys))


class _Ended(Exception):
    """A walk that has no report of its own: why, and what was seen of it, for the log."""

    def __init__(self, code: Code, what: str = "") -> None:
        super().__init__(f"{code}:{what}" if what else str(code))
        self.code = code


class _Worker:
    """A process of `worker`, and the line to it."""

    def __init__(self, program: Sequence[str], limits: Limits) -> None:
        ours, its = socket.socketpair()
        with its:
            # It gets this one end and nothing else of ours: no file, no variable, no voice.
            self._process: subprocess.Popen[bytes] = subprocess.Popen(
                [
                    *(sys.executable, "-I", *program),
                    *(str(limits.memory_bytes), str(limits.cpu_seconds)),
                ],
                stdin=its.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={},
            )
        self._channel = Channel(ours)
        self._start_until = time.monotonic() + limits.start_seconds
        self.is_ready = False
        self.uses = 0

    @property
    def pid(self) -> int:
        """The id of its process."""
        return self._process.pid

    def hear(self, message: wire.Told, *, until: float) -> tuple[float, wire.Said]:
        """Tell it something; return how long it took to start, in seconds, and what it says then.

        To start takes longer than a walk and is not the walk's fault, so that `until` comes that
        much later. Raises `_Ended` if it says nothing.
        """
        try:
            began = time.monotonic()
            if not self.is_ready:
                wire.said(self._channel.receive(until=self._start_until))
                self.is_ready = True
            started = time.monotonic() - began
            self._channel.send(message, until=until + started)
            frame = self._channel.receive(until=until + started)
        except TimeoutError:
            raise _Ended(Code.INTERRUPTED_BY_TIME) from None
        except Garbled:
            raise _Ended(self._cause()) from None
        try:
            return started, wire.said(frame)
        except Garbled:
            raise _Ended(Code.INTERRUPTED_BY_FAULT, "Garbled") from None

    def _cause(self) -> Code:
        """Return why the line is dead."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            if self._process.wait(1) == -signal.SIGXCPU:
                return Code.INTERRUPTED_BY_TIME
        return Code.INTERRUPTED_BY_FAULT

    def end(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait()
        self._channel.close()

    def hang_up(self) -> None:
        """Let go of the line, in a process that did not start it."""
        self._channel.close()


def _checked(report: Report, *, now: datetime) -> Report:
    """Return a report that a page can show, whoever made it: each question once, as of `now`."""
    for each in (report, report.beside, *(found.report for found in report.endorsements)):
        if each is not None and len(each.findings) > len(Check):
            raise _Ended(Code.INTERRUPTED_BY_FAULT, "Garbled")
    return replace(report, checked_at=now)


def _end_all(workers: set[_Worker]) -> None:
    while workers:
        workers.pop().end()


_POOLS: weakref.WeakSet[Pool] = weakref.WeakSet()


def _forget_all() -> None:
    for pool in list(_POOLS):
        pool._forget()


os.register_at_fork(after_in_child=_forget_all)
