"""The ledger of erasures: a file beside the database, so that a restored backup does not lose it.

Each line says which holder, by identifier only, chose what and when, and carries the digest of the
line before. It is flushed to disk before the first row is erased.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from badgeservice.errors import ErasureLedgerDamaged

GENESIS = "0" * 64


class Choice(StrEnum):
    """What a person decides about their badges when they leave."""

    KEEP_BADGES = "keep_badges"
    """The account goes; copies of the badges that the person has stay authentic."""
    WITHDRAW_BADGES = "withdraw_badges"
    """Everything goes, and the badges are no longer in force."""


@dataclass(frozen=True)
class Entry:
    """One erasure that was decided. `at` is ISO 8601; digests are SHA-256 in hex."""

    sequence: int
    at: str
    holder: str
    choice: str
    previous: str
    digest: str


class ErasureLedger:
    """The ledger of one installation: a file of JSON lines, only ever appended to."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, holder: str, choice: Choice, now: datetime) -> Entry:
        """Write an erasure down, and return its entry once it is on disk.

        A last line that a power cut left half written was never acted upon, and is written anew.
        Raises ErasureLedgerDamaged when the lines before do not hold together.
        """
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            content = file.read()
            whole = content.rpartition(b"\n")[0] + b"\n" if b"\n" in content else b""
            *_, last = [None, *self._read(whole)]
            entry = _entry(
                sequence=last.sequence + 1 if last else 1,
                at=now.isoformat(timespec="seconds"),
                holder=holder,
                choice=str(choice),
                previous=last.digest if last else GENESIS,
            )
            file.seek(len(whole))
            file.truncate()
            file.write(json.dumps(asdict(entry), separators=(",", ":")).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        return entry

    def entries(self) -> list[Entry]:
        """Return every entry, oldest first. Raises ErasureLedgerDamaged."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return []
        return list(self._read(content[: content.rfind(b"\n") + 1]))

    def choice_of(self, holder: str) -> Choice | None:
        """Return what was last decided for a holder, None when nothing was."""
        decided = [Choice(entry.choice) for entry in self.entries() if entry.holder == holder]
        return decided[-1] if decided else None

    def _read(self, content: bytes) -> Iterator[Entry]:
        previous = GENESIS
        for number, line in enumerate(content.splitlines(), start=1):
            try:
                entry = Entry(**json.loads(line))
                Choice(entry.choice)
            except (ValueError, TypeError):
                raise ErasureLedgerDamaged(f"{self._path}: line {number} is no entry") from None
            content_of_line = {k: v for k, v in asdict(entry).items() if k != "digest"}
            if (entry.sequence, entry.previous) != (number, previous) or entry != _entry(
                **content_of_line
            ):
                raise ErasureLedgerDamaged(f"{self._path}: line {number} was changed, or moved")
            previous = entry.digest
            yield entry


def _entry(*, sequence: int, at: str, holder: str, choice: str, previous: str) -> Entry:
    canonical = json.dumps([sequence, at, holder, choice, previous])
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    return Entry(sequence, at, holder, choice, previous, digest)
