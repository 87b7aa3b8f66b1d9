"""What a quiz is made of, and what an answer to a question can be. Values only; no rule.

An answer names choices, steps and pairs by their ids in the quiz file, never by the tokens or the
wording that a page showed: it means the same in every language and in ten years.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from fractions import Fraction

from badgeservice.catalogue.text import Text


class Kind(StrEnum):
    """The types of questions that have an answer."""

    SINGLE = "single"
    MULTIPLE = "multiple"
    TRUE_FALSE = "true-false"
    ORDERING = "ordering"
    MATCHING = "matching"
    NUMBER = "number"
    SHORT_TEXT = "short-text"


class Tolerance(StrEnum):
    """What is overlooked when a written answer is compared with an accepted one."""

    CASE_ACCENTS_SPACES = "case-accents-spaces"
    PUNCTUATION = "punctuation"
    LIGHT_TYPO = "light-typo"


@dataclass(frozen=True)
class Choice:
    """One of the answers on offer; `feedback` says why it is right or not."""

    id: str
    text: Text
    is_correct: bool
    feedback: Text


@dataclass(frozen=True)
class Step:
    """One line of an ordering."""

    id: str
    text: Text


@dataclass(frozen=True)
class Pair:
    """What goes together in a matching: `left` is given, `right` is chosen."""

    id: str
    left: Text
    right: Text


@dataclass(frozen=True)
class Image:
    """A picture of the media folder; `alternative` is None when it is only an ornament."""

    file: str
    alternative: Text | None


@dataclass(frozen=True)
class Stimulus:
    """What the questions of a situation are about."""

    id: str
    title: Text
    text: Text
    image: Image | None


@dataclass(frozen=True, kw_only=True)
class _Question:
    """What every question has.

    `passage` is the anchor of the part of the sheet that answers it. Who misses a `is_critical`
    question does not pass, whatever the score. `stimulus` is None outside of a situation.
    """

    id: str
    kind: Kind
    objective: str
    prompt: Text
    passage: str
    is_critical: bool
    stimulus: Stimulus | None


@dataclass(frozen=True, kw_only=True)
class ChoiceQuestion(_Question):
    """A single, multiple or true-false question."""

    choices: tuple[Choice, ...]


@dataclass(frozen=True, kw_only=True)
class _Explained(_Question):
    """A question whose explanation is not cut up by choice.

    `feedback` may give the answer away, so it waits for a right one; `hint` never does.
    """

    feedback: Text
    hint: Text


@dataclass(frozen=True, kw_only=True)
class OrderingQuestion(_Explained):
    """`steps` stand in the right order."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, kw_only=True)
class MatchingQuestion(_Explained):
    """Each left side goes with its own right side."""

    pairs: tuple[Pair, ...]


@dataclass(frozen=True, kw_only=True)
class NumberQuestion(_Explained):
    """Right from `value - tolerance` to `value + tolerance`.

    `unit` is shown after the field, and may be written like any of `also_written` (its plurals).
    """

    value: Fraction
    tolerance: Fraction
    unit: Text | None
    also_written: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ShortTextQuestion(_Explained):
    """Right when one of `accepted` is written, give or take the `tolerances`."""

    accepted: tuple[str, ...]
    tolerances: frozenset[Tolerance]


Question = ChoiceQuestion | OrderingQuestion | MatchingQuestion | NumberQuestion | ShortTextQuestion

Unit = tuple[Question, ...]
"""What is drawn as a whole: one question, or all those of a situation."""


@dataclass(frozen=True)
class Quiz:
    """The questions of a module and how they are assessed.

    `draw` is how many questions are presented. `pass_mark` is a share of 1. `delays` stand before
    the second try, the third, and so on; the last one stands before every later try.
    """

    draw: int
    pass_mark: Fraction
    delays: tuple[timedelta, ...]
    units: tuple[Unit, ...]

    @property
    def questions(self) -> Iterator[Question]:
        """Every question, in the order of the file."""
        return (question for unit in self.units for question in unit)

    def question(self, question_id: str) -> Question:
        """Return the question; raise KeyError if there is none of this id."""
        return {question.id: question for question in self.questions}[question_id]


# --- answers -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Chosen:
    """The ids of the choices that were ticked."""

    ids: frozenset[str]


@dataclass(frozen=True)
class Ordered:
    """The ids of all steps, in the order that was given."""

    ids: tuple[str, ...]


@dataclass(frozen=True)
class Matched:
    """For the id of each left side, the id of the right side that was chosen."""

    rights: Mapping[str, str]


@dataclass(frozen=True)
class Written:
    """What was typed, untouched."""

    text: str


Answer = Chosen | Ordered | Matched | Written
