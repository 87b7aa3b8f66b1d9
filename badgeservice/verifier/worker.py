"""A process of its own that runs walks for others, one at a time, and can do nothing else.

It reads what strangers wrote: files, images, documents from anywhere. Before the first of them it
loads all that it will ever need, and then gives up the rest: it opens no file and no connection any
more, starts no process, and has little memory. It is started by `pool`; its standard input is the
line to whoever asks.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import pkgutil
import resource
import socket
import sys
from datetime import datetime

from badgeservice import openbadges, verification
from badgeservice.errors import FetchFailed, Unreadable
from badgeservice.openbadges import contexts, jsonld
from badgeservice.verification import Report, likeness
from badgeservice.verification.fetching import Fetched
from badgeservice.verification.issuers import KnownIssuer, Named
from badgeservice.verification.register import RegisterEntry
from badgeservice.verifier import wire
from badgeservice.verifier.wire import Answer, Channel, Garbled, Job, Question

_NOBODY = 65_534
_LIMITS = {
    resource.RLIMIT_NOFILE: 0,  # what is open stays open; nothing else ever is, sockets neither
    resource.RLIMIT_NPROC: 0,
    resource.RLIMIT_FSIZE: 0,
    resource.RLIMIT_CORE: 0,
}
# Found by their name only when they are needed, and then it is too late to read a file.
_LATE_MODULES = (
    *("encodings.idna", "encodings.punycode", "encodings.latin_1", "encodings.utf_16"),
    *("pypdf", "confusable_homoglyphs.categories"),
    "cryptography.hazmat.backends.openssl.backend",  # what makes each ECDSA public key from a JWK
)


def main() -> None:
    """Serve the caller at standard input. Arguments: bytes of memory, seconds of CPU for a walk."""
    memory_bytes, cpu_seconds = int(sys.argv[1]), int(sys.argv[2])
    line = socket.socket(fileno=sys.stdin.fileno())
    load()
    confine(memory_bytes)
    serve(Channel(line), cpu_seconds=cpu_seconds)


def load() -> None:
    """Load every module and context that a walk may need."""
    for room in (openbadges, verification):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            importlib.import_module(module.name)
    for name in _LATE_MODULES:
        importlib.import_module(name)
    likeness.skeleton("loads Unicode's table of what looks alike")
    contexts.check_all()
    for address in contexts.PINS:
        jsonld.expand({"@context": address, "@id": "urn:nothing", "urn:says": "nothing"})


def confine(memory_bytes: int) -> None:
    """Give up, for ever, what a walk does not need."""
    os.chdir("/")
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    for kind, limit in _LIMITS.items():
        resource.setrlimit(kind, (limit, limit))
    if os.geteuid() == 0:
        # A root who may not become somebody else, as in many containers, has little to give up.
        with contextlib.suppress(OSError):
            os.setgroups(())
            os.setresgid(_NOBODY, _NOBODY, _NOBODY)
            os.setresuid(_NOBODY, _NOBODY, _NOBODY)


def serve(channel: Channel, *, cpu_seconds: int | None) -> None:
    """Run walks until nobody asks any more, or until one has used up the memory.

    `cpu_seconds` ends the process in a walk that takes more; None for no such limit.
    """
    channel.send(wire.Ready())
    job: Job | None = None
    while True:
        try:
            if job is None:
                message = wire.told(channel.receive())
                assert isinstance(message, Job)
                job = message
            if cpu_seconds is not None:
                _limit_cpu(cpu_seconds)
            outcome: wire.Said = wire.Done(_report(job, _World(channel)))
        except Garbled:
            return
        except _Abandoned as forgotten:
            job = forgotten.instead
            continue
        except MemoryError:
            # Whatever holds it is let go of first: there is a message to be sent.
            job = None
            channel.send(wire.OutOfMemory())
            return
        except Exception as error:
            outcome = wire.Failed(type(error).__name__)
        job = None
        try:
            channel.send(outcome)
        except Garbled:
            return


class _Abandoned(BaseException):  # nothing in a walk may catch it
    """Whoever asked no longer waits, and something else is to be verified instead."""

    def __init__(self, instead: Job) -> None:
        super().__init__()
        self.instead = instead


class _World:
    """All that a walk can ask: fetch, register and known issuers, which are the caller's."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def fetch(self, address: str) -> Fetched:
        """Return what stands at an address, raise `FetchFailed`."""
        answer = self._ask(wire.AskFetch(address))
        if isinstance(answer, wire.NoDocument):
            raise FetchFailed(answer.message, code=answer.code)
        assert isinstance(answer, wire.Document)
        return answer.fetched

    def owns(self, issuer_id: str) -> bool:
        """Tell whether `issuer_id` is one of ours."""
        answer = self._ask(wire.AskOwns(issuer_id))
        assert isinstance(answer, wire.Owned)
        return answer.is_ours

    def entry(self, credential_id: str) -> RegisterEntry | None:
        """Return what the register says of a badge."""
        answer = self._ask(wire.AskEntry(credential_id))
        assert isinstance(answer, wire.Registered)
        return answer.entry

    def published(self, status_list: str) -> datetime | None:
        """Return when a status list of ours was published."""
        answer = self._ask(wire.AskPublished(status_list))
        assert isinstance(answer, wire.PublishedAt)
        return answer.instant

    def entries(self, identifier: str) -> tuple[KnownIssuer, ...]:
        """Return the entries about an issuer."""
        answer = self._ask(wire.AskIssuer(identifier))
        assert isinstance(answer, wire.Known)
        return answer.entries

    def resembled(self, keys: tuple[str, ...]) -> tuple[Named, ...]:
        """Return whom an issuer with these keys could be taken for."""
        answer = self._ask(wire.AskAlike(keys))
        assert isinstance(answer, wire.Alike)
        return answer.names

    def _ask(self, question: Question) -> Answer:
        self._channel.send(question)
        message = wire.told(self._channel.receive())
        if isinstance(message, Job):
            raise _Abandoned(message)
        return message


def _report(job: Job, world: _World) -> Report:
    submitted = job.submitted
    try:
        found = (
            verification.recognise(submitted)
            if isinstance(submitted, bytes)
            else submitted.submission()
        )
    except Unreadable as error:
        return verification.unreadable(error, now=job.now)
    return verification.verify(
        found,
        fetch=world.fetch,
        register=world,
        now=job.now,
        issuers=world,
        recipient=job.recipient,
    )


def _limit_cpu(seconds: int) -> None:
    """Let this process use so many seconds more, at most."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    allowed = int(used.ru_utime + used.ru_stime) + 1 + seconds
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, hard))


if __name__ == "__main__":
    main()
