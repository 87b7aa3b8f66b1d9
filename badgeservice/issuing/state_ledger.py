"""The ledger of states: what became of badges, in a file beside the database.

A restored backup knows nothing of badges that were revoked, or that their holders hid, after it was
made. What stands here is done again then, so that nothing comes back into force or into view.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from badgeservice.errors import StateLedgerDamaged
from badgeservice.issuing.models import BadgeState, Visibility
from badgeservice.storage.ledger import Ledger

_STATES, _VISIBILITIES = frozenset(BadgeState), frozenset(Visibility)


@dataclass(frozen=True)
class Entry:
    """One change. `badge` is a public id, `state` the one it came into, or who may see it from then
    on; `reason` is a code or empty.
    """

    sequence: int
    at: str
    badge: str
    state: str
    reason: str
    previous: str
    digest: str

    def __post_init__(self) -> None:
        if self.state not in _STATES | _VISIBILITIES:
            raise ValueError("neither a state nor a visibility")

    @property
    def is_of_visibility(self) -> bool:
        """Whether it tells who may see the badge, and not what became of it."""
        return self.state in _VISIBILITIES


class StateLedger(Ledger[Entry]):
    """The ledger of one installation. An entry may be of a change whose commit failed."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, Entry, StateLedgerDamaged)

    def append(
        self, badge: str, state: BadgeState | Visibility, reason: str, now: datetime
    ) -> Entry:
        """Write a change down, and return its entry once it is on disk. Raises StateLedgerDamaged."""
        return self.write(
            at=now.isoformat(timespec="seconds"), badge=badge, state=str(state), reason=reason
        )
