"""A file of JSON lines beside the database, only ever appended to: what a restored backup must not undo.

Each line carries the digest of the line before. It is flushed to disk before what it tells of is
committed, so that nothing that was acknowledged is missing from it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from badgeservice.errors import BadgeserviceError

GENESIS = "0" * 64
_LONGEST_LINE = 8192


class Entry(Protocol):
    """A line of a ledger: a dataclass of `sequence`, its own words, `previous` and `digest`."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def sequence(self) -> int:
        """Which line it is, from 1."""

    @property
    def previous(self) -> str:
        """The digest of the line before."""

    @property
    def digest(self) -> str:
        """The SHA-256, in hex, of everything that stands before it."""


Kind = TypeVar("Kind", bound=Entry)


class Ledger(Generic[Kind]):
    """The ledger in one file. `damaged` is raised where its lines do not hold together."""

    def __init__(
        self, path: Path, kind: Callable[..., Kind], damaged: type[BadgeserviceError]
    ) -> None:
        self.path, self._kind, self._damaged = path, kind, damaged

    def write(self, **words: str) -> Kind:
        """Write an entry down, and return it once it is on disk.

        A last line that a power cut left half written was never acted upon, and is written anew.
        Raises what `damaged` says when the last whole line is no entry.
        """
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            start = max(0, file.seek(0, os.SEEK_END) - _LONGEST_LINE)
            file.seek(start)
            *lines, torn = file.read().split(b"\n")
            last = self._parse(lines[-1], "the last line") if lines else None
            entry = self._entry(
                {
                    "sequence": last.sequence + 1 if last else 1,
                    **words,
                    "previous": last.digest if last else GENESIS,
                }
            )
            file.seek(-len(torn), os.SEEK_END)
            file.truncate()
            file.write(json.dumps(_content(entry), separators=(",", ":")).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        return entry

    def entries(self) -> list[Kind]:
        """Return every entry, oldest first; none where there is no file. Raises what `damaged` says."""
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return []
        return list(self._read(content[: content.rfind(b"\n") + 1]))

    def _read(self, content: bytes) -> Iterator[Kind]:
        previous = GENESIS
        for number, line in enumerate(content.splitlines(), start=1):
            entry = self._parse(line, f"line {number}")
            if (entry.sequence, entry.previous) != (number, previous):
                raise self._damaged(f"{self.path}: line {number} was changed, or moved")
            previous = entry.digest
            yield entry

    def _parse(self, line: bytes, which: str) -> Kind:
        try:
            entry = self._kind(**json.loads(line))
        except (ValueError, TypeError):
            raise self._damaged(f"{self.path}: {which} is no entry") from None
        if entry != self._entry(_content(entry)):
            raise self._damaged(f"{self.path}: {which} was changed, or moved")
        return entry

    def _entry(self, content: dict[str, Any]) -> Kind:
        """Return the entry of this content, under the digest that goes with it."""
        words = {name: value for name, value in content.items() if name != "digest"}
        canonical = json.dumps(list(words.values()))
        return self._kind(**words, digest=hashlib.sha256(canonical.encode()).hexdigest())


def _content(entry: Entry) -> dict[str, Any]:
    return {field: getattr(entry, field) for field in entry.__dataclass_fields__}
