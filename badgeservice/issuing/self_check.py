"""How our own documents are canonicalized, and which of them are checked the long way before release.

Signing goes by shape (`openbadges.shapes`). A mistake there would be signed and verified alike, so
what checks must not share its memory: of each kind of document the first ones, and afterwards a
share that nobody can predict, go through the general path, as they will with every stranger.
The rest is checked by the signature over the very bytes that leave, and `badgeservice audit`, which
knows the general path only, comes to all of it.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Hashable

from badgeservice.openbadges import Document, jsonld
from badgeservice.openbadges.shapes import Shapes

_RANDOM = random.SystemRandom()

FIRST = 3
"""Of each kind, since the process began: so that every process tries its own templates."""


class SelfCheck:
    """The policy of one process; threads may share it.

    `shapes` is None where everything takes the general path and everything is checked by it.
    `share`, from 0 to 1, is that of documents checked by it later on; `chance` returns numbers from
    0 up to 1 and is asked for each of them.
    """

    def __init__(
        self,
        shapes: Shapes | None = None,
        *,
        share: float = 1.0,
        chance: Callable[[], float] = _RANDOM.random,
    ) -> None:
        self.shapes = shapes
        self._share, self._chance = share, chance
        self._guard = threading.Lock()
        self._checked: dict[Hashable, int] = {}

    def canonicalize(self, document: Document) -> str:
        """Return the canonical N-Quads of a document of ours; raises like `jsonld.canonicalize`."""
        path = jsonld if self.shapes is None else self.shapes
        return path.canonicalize(document)

    def is_due(self, kind: Hashable) -> bool:
        """Tell whether the document at hand, one of this kind, is to be checked the long way."""
        if self.shapes is None:
            return True
        with self._guard:
            checked = self._checked.get(kind, 0)
            due = checked < FIRST or self._chance() < self._share
            self._checked[kind] = checked + due
        return due
