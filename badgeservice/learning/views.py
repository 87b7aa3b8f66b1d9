"""What a page needs to know of a quiz, and nothing more.

Before an attempt is submitted a page may show a `PresentedQuestion` and a `Review`; neither has a
place for what is right, for a score or for an explanation. After it, a `ResultView`.

Every text is already in the reader's language. Every form field is named here, so that a template
writes them down and `attempts.save_answer` reads them back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from badgeservice.learning.quiz import Kind

# Names of form fields: radio buttons or checkboxes, one text field, one select a row (its name goes
# on with the token of the row).
CHOICE_FIELD = "choice"
TEXT_FIELD = "text"
ROW_FIELD = "row-"


@dataclass(frozen=True)
class PresentedChoice:
    """One radio button or checkbox: `value` is an opaque token of this attempt."""

    value: str
    text: str
    is_selected: bool


@dataclass(frozen=True)
class PresentedOption:
    """One entry of the selects of a row."""

    value: str
    text: str


@dataclass(frozen=True)
class PresentedRow:
    """One line with a select: `selected` is the value of an option, or empty."""

    field: str
    text: str
    selected: str


@dataclass(frozen=True)
class PresentedImage:
    """A picture of the module's media folder.

    `alternative` says everything that it shows; it is empty for an ornament.
    """

    file: str
    alternative: str


@dataclass(frozen=True)
class PresentedStimulus:
    """The situation that a question is about; its other questions show it again."""

    title: str
    text: str
    image: PresentedImage | None


@dataclass(frozen=True)
class PresentedQuestion:
    """One screen: question `number` out of `of`, counted from 1.

    By `kind`: single and true-false show `choices` as radio buttons, multiple as checkboxes, all
    named CHOICE_FIELD. Ordering and matching show one select for each of `rows`, each with all the
    `options`. Number and short-text show one text field named TEXT_FIELD that holds `written`;
    number puts `unit` (may be empty) after it.
    `instruction` belongs in the legend ("Plusieurs réponses possibles."); it may be empty.
    """

    number: int
    of: int
    kind: Kind
    prompt: str
    instruction: str
    stimulus: PresentedStimulus | None
    choices: tuple[PresentedChoice, ...]
    rows: tuple[PresentedRow, ...]
    options: tuple[PresentedOption, ...]
    written: str
    unit: str
    is_answered: bool


@dataclass(frozen=True)
class ReviewLine:
    """One question on the page before sending."""

    number: int
    prompt: str
    is_answered: bool


@dataclass(frozen=True)
class Review:
    """The page before sending: `lines` begins with the questions that have no answer.

    `sentence` is for instance "9 réponses sur 10. Question 4 : sans réponse."
    """

    answered: int
    of: int
    sentence: str
    lines: tuple[ReviewLine, ...]


@dataclass(frozen=True)
class SheetLink:
    """A passage of the sheet: `anchor` is the id of its heading, `minutes` its reading time."""

    anchor: str
    title: str
    minutes: int


@dataclass(frozen=True)
class ObjectiveView:
    """How one objective went: `missing` of its `of` questions are not entirely right."""

    text: str
    missing: int
    of: int
    links: tuple[SheetLink, ...]


class Verdict(StrEnum):
    """How one answer went."""

    RIGHT = "right"
    PARTLY = "partly"
    WRONG = "wrong"
    UNANSWERED = "unanswered"


@dataclass(frozen=True)
class ExplanationView:
    """Why an answer holds or does not; `about` is the choice it speaks of, empty for the whole."""

    about: str
    text: str


@dataclass(frozen=True)
class FeedbackView:
    """What is said about one answer.

    `given` is what the person answered, in words: one line a choice, a step or a pair. `solution`
    is what was expected, likewise; it is empty after a try that was not passed. `verdict_words` is
    for instance "Bonne réponse".
    """

    number: int
    prompt: str
    verdict: Verdict
    verdict_words: str
    given: tuple[str, ...]
    explanations: tuple[ExplanationView, ...]
    solution: tuple[str, ...]
    link: SheetLink


@dataclass(frozen=True)
class ResultView:
    """A submitted attempt.

    `points` and `needed` are written numbers ("6", "7"), out of the number of questions; `percent`
    is written too ("69,9 %"). What was reached is truncated and what is needed rounded up, so that
    nothing short of the pass mark ever looks like it.
    `objectives` holds every objective of the quiz, in its order. `feedback` holds every question
    after a pass, else only those that are not entirely right.
    `next_allowed` is the instant from which a new try is allowed; None: from now on.
    """

    passed: bool
    points: str
    needed: str
    percent: str
    critical_missed: bool
    headline: str
    advice: str
    objectives: tuple[ObjectiveView, ...]
    feedback: tuple[FeedbackView, ...]
    next_allowed: datetime | None
