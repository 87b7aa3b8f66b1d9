"""What a bench answers: a figure, what it is held against, and whether it holds."""

from __future__ import annotations

import operator
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Measured:
    """One figure under the name of its target, as "P6".

    `bound` is "≤" or "≥". `details` are the figures it was made of, in words and numbers.
    """

    name: str
    what: str
    figure: float
    unit: str
    bound: str
    target: float
    details: dict[str, float | str] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Tell whether the target is met."""
        return (operator.le if self.bound == "≤" else operator.ge)(self.figure, self.target)

    def line(self) -> str:
        """Return the figure in one line."""
        mark = "✔" if self.holds else "✘"
        rest = "; ".join(
            f"{name} {value if isinstance(value, str) else f'{value:.4g}'}"
            for name, value in self.details.items()
        )
        return (
            f"{mark} {self.name:<4} {self.what}: {self.figure:.4g} {self.unit} "
            f"({self.bound} {self.target:g}){f' — {rest}' if rest else ''}"
        )


def in_turns(
    rounds: int, works: Sequence[tuple[Callable[[], object], int]], *, warm_up: int = 1
) -> list[float]:
    """Return the milliseconds of CPU of each work, the median of rounds in which all take turns.

    Each is done so many times in a round; what others use of the machine then hits all alike.
    """
    spent: list[list[float]] = [[] for _ in works]
    for round_ in range(rounds + warm_up):
        for each, (work, times) in zip(spent, works, strict=True):
            before = time.process_time()
            for _ in range(times):
                work()
            taken = (time.process_time() - before) * 1000 / times
            if round_ >= warm_up:
                each.append(taken)
    return [statistics.median(each) for each in spent]
