"""The draw: which questions of a quiz one attempt presents, in which order, under which tokens.

It is made once, when the attempt starts, stored, and read again for every page. What a browser
sees and sends are its random tokens: they say nothing of the quiz, and nothing in another attempt.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from badgeservice.learning.quiz import (
    ChoiceQuestion,
    Kind,
    MatchingQuestion,
    OrderingQuestion,
    Question,
    Quiz,
    Unit,
)

TOKEN_BITS = 64


@dataclass(frozen=True)
class Token:
    """A random name, for one attempt, of something that the quiz file calls `id`."""

    token: str
    id: str


@dataclass(frozen=True)
class Drawn:
    """One question of an attempt.

    `options` are what can be chosen (the choices of a choice question, the right sides of a
    matching), `rows` what they are chosen for (the left sides, the steps of an ordering); both in
    the order of the screen.
    """

    question_id: str
    options: tuple[Token, ...]
    rows: tuple[Token, ...]


@dataclass(frozen=True)
class Draw:
    """The questions of an attempt, in the order of the screens."""

    questions: tuple[Drawn, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the draw as it is stored."""
        return {
            "questions": [
                {
                    "question": drawn.question_id,
                    "options": [[each.token, each.id] for each in drawn.options],
                    "rows": [[each.token, each.id] for each in drawn.rows],
                }
                for drawn in self.questions
            ]
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Draw:
        """Return the draw that `as_json` stored."""
        return cls(
            tuple(
                Drawn(
                    question_id=drawn["question"],
                    options=tuple(Token(*each) for each in drawn["options"]),
                    rows=tuple(Token(*each) for each in drawn["rows"]),
                )
                for drawn in stored["questions"]
            )
        )


def draw(quiz: Quiz, rng: Random) -> Draw:
    """Return a new draw of exactly `quiz.draw` questions with at least one of each objective.

    `rng` decides the order of questions and choices, and the tokens: `random.SystemRandom()` in
    service. Raises ValueError if the quiz allows no such draw; loading the module checks that.
    """
    units = choose(quiz, rng)
    if units is None:
        raise ValueError(f"no {quiz.draw} questions cover every objective")
    return Draw(tuple(_present(question, rng) for unit in units for question in unit))


def choose(quiz: Quiz, rng: Random) -> list[Unit] | None:
    """Return the units of a draw, in random order; None if the quiz allows none.

    Units are taken in a random order as long as the rest can still complete the draw; when it
    cannot, the last one taken is put back. A dead end is remembered by what is left to find, so
    the search is short even when the pool is large.
    """
    units = list(quiz.units)
    rng.shuffle(units)
    objectives = frozenset(question.objective for question in quiz.questions)
    dead_ends: set[tuple[int, int, frozenset[str]]] = set()

    def complete(index: int, wanted: int, missing: frozenset[str]) -> list[Unit] | None:
        if wanted == 0 and not missing:
            return []
        state = (index, wanted, missing)
        if index == len(units) or wanted < len(missing) or state in dead_ends:
            return None
        unit = units[index]
        if len(unit) <= wanted:
            covered = missing - {question.objective for question in unit}
            if (rest := complete(index + 1, wanted - len(unit), covered)) is not None:
                return [unit, *rest]
        if (rest := complete(index + 1, wanted, missing)) is not None:
            return rest
        dead_ends.add(state)
        return None

    return complete(0, quiz.draw, objectives)


def _present(question: Question, rng: Random) -> Drawn:
    options: Sequence[str] = ()
    rows: Sequence[str] = ()
    match question:
        case ChoiceQuestion(kind=Kind.TRUE_FALSE):
            # True before false, as everybody expects: there is no order to hide.
            options = [choice.id for choice in question.choices]
        case ChoiceQuestion():
            options = _shuffled((choice.id for choice in question.choices), rng)
        case OrderingQuestion():
            rows = _shuffled((step.id for step in question.steps), rng)
        case MatchingQuestion():
            rows = _shuffled((pair.id for pair in question.pairs), rng)
            options = _shuffled((pair.id for pair in question.pairs), rng)
    return Drawn(
        question_id=question.id,
        options=tuple(Token(_token(rng), each) for each in options),
        rows=tuple(Token(_token(rng), each) for each in rows),
    )


def _shuffled(ids: Iterable[str], rng: Random) -> list[str]:
    shuffled = list(ids)
    rng.shuffle(shuffled)
    return shuffled


def _token(rng: Random) -> str:
    return f"{rng.getrandbits(TOKEN_BITS):016x}"
