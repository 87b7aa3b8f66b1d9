"""The ledger of erasures: a file beside the database, so that a restored backup does not lose it.

Each line says which holder, by identifier only, chose what and when. It is on disk before the first
row is erased.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from badgeservice.errors import ErasureLedgerDamaged
from badgeservice.storage.ledger import Ledger


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

    def __post_init__(self) -> None:
        Choice(self.choice)


class ErasureLedger(Ledger[Entry]):
    """The ledger of one installation."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, Entry, ErasureLedgerDamaged)

    def append(self, holder: str, choice: Choice, now: datetime) -> Entry:
        """Write an erasure down, and return its entry once it is on disk.

        Raises ErasureLedgerDamaged when the lines before do not hold together.
        """
        self.entries()
        return self.write(at=now.isoformat(timespec="seconds"), holder=holder, choice=str(choice))

    def choice_of(self, holder: str) -> Choice | None:
        """Return what was last decided for a holder, None when nothing was."""
        decided = [Choice(entry.choice) for entry in self.entries() if entry.holder == holder]
        return decided[-1] if decided else None
