"""Reads the attack corpus and asks a verifier about its cases, in process or as a command.

The protocol for any verifier is one command: `COMMAND --json --at TIME --documents DIR FILE`. It
answers in JSON (`verdict`, and if it can `integrity`, `status` and `findings` with their `code`),
or by its exit code alone: 0 accepted, 1 refused, 2 undecided, 3 unreadable.
"""

from __future__ import annotations

import functools
import json
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from click.testing import CliRunner

from badgeservice import documents
from badgeservice.cli import verify as verify_command
from badgeservice.verification.fetching import Fetch, Fetched
from badgeservice.verification.issuers import Issuers
from badgeservice.verification.register import Register

ROOT = Path(__file__).resolve().parent
NETWORK = "documents"
GENUINE, LOOK_ALIKES = "00-genuine", "18-look-alikes"


@functools.cache
def _shared() -> dict[str, Any]:
    written = json.loads((ROOT / NETWORK / "index.json").read_text(encoding="utf-8"))
    return _index(written, Path(NETWORK))


@dataclass(frozen=True)
class Stored:
    """One case as it stands in its folder."""

    folder: Path
    meta: dict[str, Any]

    @property
    def group(self) -> str:
        """The class it belongs to."""
        return self.folder.parent.name

    @property
    def name(self) -> str:
        """How a report calls it."""
        return f"{self.group}/{self.folder.name}"

    @property
    def is_genuine(self) -> bool:
        """Whether it is a control that nobody may refuse."""
        return self.group == GENUINE

    @property
    def is_sound(self) -> bool:
        """Whether it is what its own issuer wrote, and in force; who that is, is another question."""
        return self.is_genuine or self.group == LOOK_ALIKES

    @property
    def network(self) -> dict[str, Any]:
        """What answers at which address, as in `documents/index.json`, with paths below `ROOT`."""
        place = self.folder.relative_to(ROOT)
        return _shared() | _index(self.meta.get("documents", {}), place)

    @contextmanager
    def arguments(self) -> Iterator[list[str]]:
        """Lay the documents out and yield what a command is given."""
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) if "documents" in self.meta else ROOT / NETWORK
            if "documents" in self.meta:
                lay_out(self.network, folder)
            submission = self.folder / self.meta["submission"]
            yield ["--json", "--at", self.meta["at"], "--documents", str(folder), str(submission)]


def lay_out(network: dict[str, Any], folder: Path) -> None:
    """Write a network as a folder of documents, each body in a file of its own."""
    index = {}
    for number, (address, answer) in enumerate(network.items()):
        if answer is None:
            continue
        index[address] = answer
        if "file" in answer:
            (folder / str(number)).write_bytes((ROOT / answer["file"]).read_bytes())
            index[address] = answer | {"file": str(number)}
    (folder / "index.json").write_text(json.dumps(index), encoding="utf-8")


def _index(written: dict[str, Any], place: Path) -> dict[str, Any]:
    return {
        address: answer | {"file": str(place / answer["file"])}
        if answer is not None and "file" in answer
        else answer
        for address, answer in written.items()
    }


@dataclass(frozen=True)
class Answer:
    """What a verifier said of a case, and what it did meanwhile.

    `code` is that of the first finding that is no pass; None for a verifier that gives no reasons.
    `asked` are the hosts of the addresses that it asked for, as far as anyone can see.
    """

    verdict: str
    integrity: str | None = None
    status: str | None = None
    code: str | None = None
    issuer: str | None = None
    asked: frozenset[str] = frozenset()
    seconds: float = 0.0

    @property
    def accepts(self) -> bool:
        """Whether somebody who reads the answer takes the badge for a good one.

        Without a register of issuers nothing is green, so what counts is what was found of the
        badge itself.
        """
        well = ("amber", "valid", "active")
        return self.verdict == "green" or (self.verdict, self.integrity, self.status) == well


def stored(root: Path = ROOT) -> Iterator[Stored]:
    """Yield every case below `root`, in order."""
    for path in sorted(root.glob("[0-9]*/*/meta.json")):
        yield Stored(path.parent, json.loads(path.read_text(encoding="utf-8")))


def problems(case: Stored, answer: Answer) -> list[str]:
    """Return in what an answer differs from what has to come of a case; nothing if in nothing."""
    expect = case.meta["expect"]
    found = [
        f"{name}: {getattr(answer, name)} instead of {expected}"
        for name, expected in expect.items()
        if getattr(answer, name) != expected
    ]
    if forbidden := answer.asked - set(case.meta["allowed_hosts"]):
        found.append(f"asked {', '.join(sorted(forbidden))}")
    if answer.seconds * 1000 > case.meta["max_ms"]:
        found.append(f"{answer.seconds * 1000:.0f} ms of CPU, more than {case.meta['max_ms']}")
    return found


def _no_installation() -> tuple[Fetch, Register, Issuers]:
    raise AssertionError("a case of the corpus needs no installation")


_COMMAND = verify_command.make_verify_command(_no_installation)


def ask_in_process(case: Stored) -> Answer:
    """Return what `badgeservice verify` answers, run in this process; raises what it raises."""
    asked: set[str] = set()
    genuine_fetch = documents.directory_fetch

    def recording(folder: Path) -> Fetch:
        fetch = genuine_fetch(folder)

        def fetch_and_write_down(address: str) -> Fetched:
            asked.add(urlsplit(address).hostname or address)
            return fetch(address)

        return fetch_and_write_down

    # The outer edge: the one place where an address leaves the walk.
    documents.directory_fetch = recording
    try:
        with case.arguments() as arguments:
            began = time.process_time()
            result = CliRunner().invoke(_COMMAND, arguments)
            seconds = time.process_time() - began
    finally:
        documents.directory_fetch = genuine_fetch
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return _read(result.stdout, result.exit_code, frozenset(asked), seconds)


def ask_command(command: Sequence[str], *, timeout: float = 60) -> Callable[[Stored], Answer]:
    """Return a function that asks a command, which speaks the protocol of this module."""

    def ask(case: Stored) -> Answer:
        began = _cpu_of_children()
        try:
            with case.arguments() as arguments:
                done = subprocess.run(
                    [*command, *arguments], capture_output=True, timeout=timeout, check=False
                )
        except subprocess.TimeoutExpired:
            return Answer("timeout", seconds=timeout)
        seconds = _cpu_of_children() - began
        return _read(done.stdout.decode(errors="replace"), done.returncode, frozenset(), seconds)

    return ask


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


_BY_EXIT_CODE = {0: "green", 1: "red", 2: "amber", 3: "unreadable"}


def _read(output: str, exit_code: int, asked: frozenset[str], seconds: float) -> Answer:
    try:
        said = json.loads(output)
    except ValueError:
        return Answer(_BY_EXIT_CODE.get(exit_code, "crash"), asked=asked, seconds=seconds)
    return answer_of(said, asked, seconds)


def answer_of(said: dict[str, Any], asked: frozenset[str], seconds: float = 0.0) -> Answer:
    """Return a report in JSON, as `badgeservice verify --json` and the API write it, as an answer."""
    codes = [f["code"] for f in said.get("findings", []) if f["outcome"] != "passed"]
    return Answer(
        verdict=said.get("verdict", "crash"),
        integrity=said.get("integrity"),
        status=said.get("status"),
        code=codes[0] if codes else None,
        issuer=said.get("issuer"),
        asked=asked,
        seconds=seconds,
    )
