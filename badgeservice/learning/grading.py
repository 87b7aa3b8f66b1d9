"""How right an answer is: an exact share of 1. Pure; the same answer always gets the same points.

Nothing here is rounded. "69.96 %" is less than 70 %, and every comparison sees it.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Collection, Sequence
from fractions import Fraction

from badgeservice.learning.quiz import (
    Answer,
    Choice,
    ChoiceQuestion,
    Chosen,
    Kind,
    Matched,
    MatchingQuestion,
    NumberQuestion,
    Ordered,
    OrderingQuestion,
    Question,
    ShortTextQuestion,
    Tolerance,
    Written,
)

RIGHT = Fraction(1)
WRONG = Fraction(0)

# Distance over length: one slip in four letters, and never in a word shorter than five.
TYPO_SHARE = Fraction(1, 4)
TYPO_LETTERS = 5

# Groups of digits may be apart ("1 000"); both decimal signs are read; the rest is the unit.
_NUMBER = re.compile(r"([+-]?)([0-9]{1,15}(?: [0-9]{3}){0,5})(?:[.,]([0-9]{1,15}))?(.*)", re.DOTALL)


def grade(question: Question, answer: Answer | None) -> Fraction:
    """Return the points of `answer`, from 0 to 1; None, no answer, is 0.

    Raises TypeError for an answer that is not of the question's type: reading the form prevents it.
    """
    match question, answer:
        case _, None:
            return WRONG
        case ChoiceQuestion(kind=Kind.MULTIPLE), Chosen():
            return _share_of_choices(question.choices, answer.ids)
        case ChoiceQuestion(), Chosen():
            right = frozenset(choice.id for choice in question.choices if choice.is_correct)
            return _all_or_nothing(answer.ids == right)
        case OrderingQuestion(), Ordered():
            return _share_in_order([step.id for step in question.steps], answer.ids)
        case MatchingQuestion(), Matched():
            together = sum(answer.rights.get(pair.id) == pair.id for pair in question.pairs)
            return Fraction(together, len(question.pairs))
        case NumberQuestion(), Written():
            value = read_number(question, answer.text)
            return _all_or_nothing(
                value is not None and abs(value - question.value) <= question.tolerance
            )
        case ShortTextQuestion(), Written():
            return _all_or_nothing(is_accepted(answer.text, question.accepted, question.tolerances))
    raise TypeError(f"{question.id} is not answered by {type(answer).__name__}")


def read_number(question: NumberQuestion, text: str) -> Fraction | None:
    """Return the number that `text` writes, with or without the unit; None if it writes none.

    Comma and point are both decimal signs. Another unit is refused rather than overlooked.
    """
    match = _NUMBER.fullmatch(re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip())
    if match is None:
        return None
    sign, whole, decimals, unit = match.groups()
    if unit.strip() and not _names_unit(unit, question):
        return None
    return Fraction(f"{sign}{whole.replace(' ', '')}.{decimals or '0'}")


def is_accepted(text: str, accepted: Collection[str], tolerances: Collection[Tolerance]) -> bool:
    """Say whether `text` is one of `accepted`, give or take the `tolerances`."""
    given = normalize(text, tolerances)
    if not given:
        return False
    for expected in (normalize(each, tolerances) for each in accepted):
        if given == expected:
            return True
        if Tolerance.LIGHT_TYPO in tolerances and len(expected) >= TYPO_LETTERS:
            allowed = int(len(expected) * TYPO_SHARE)
            # The lengths alone bound the distance; this keeps long texts cheap.
            if (
                abs(len(given) - len(expected)) <= allowed
                and levenshtein(given, expected) <= allowed
            ):
                return True
    return False


def normalize(text: str, tolerances: Collection[Tolerance]) -> str:
    """Return `text` without what the tolerances overlook, except typing errors.

    >>> normalize("L’ Hameçonnage", {Tolerance.CASE_ACCENTS_SPACES})
    "l'hameconnage"
    """
    if Tolerance.CASE_ACCENTS_SPACES in tolerances:
        text = unicodedata.normalize("NFKC", text).replace("’", "'").casefold()
        text = "".join(
            character
            for character in unicodedata.normalize("NFD", text)
            if not unicodedata.combining(character) and not character.isspace()
        )
    if Tolerance.PUNCTUATION in tolerances:
        text = "".join(character for character in text if unicodedata.category(character)[0] != "P")
    return text


def levenshtein(one: str, other: str) -> int:
    """Return how many characters must be added, dropped or replaced to turn one into the other.

    >>> levenshtein("phishing", "fishing")
    2
    """
    above = list(range(len(other) + 1))
    for row, character in enumerate(one, start=1):
        current = [row]
        for column, expected in enumerate(other, start=1):
            current.append(
                min(
                    above[column] + 1,
                    current[-1] + 1,
                    above[column - 1] + (character != expected),
                )
            )
        above = current
    return above[-1]


def _all_or_nothing(is_right: bool) -> Fraction:
    return RIGHT if is_right else WRONG


def _share_of_choices(choices: Sequence[Choice], ticked: frozenset[str]) -> Fraction:
    """Return the share of right choices ticked less the share of wrong ones, not below 0.

    So ticking everything is worth nothing.
    """
    right = {choice.id for choice in choices if choice.is_correct}
    wrong = {choice.id for choice in choices if not choice.is_correct}
    share = Fraction(len(ticked & right), len(right)) - Fraction(len(ticked & wrong), len(wrong))
    return max(WRONG, share)


def _share_in_order(expected: Sequence[str], given: Sequence[str]) -> Fraction:
    """Return (longest run of steps in the right order - 1) / (steps - 1).

    The steps of the run need not be neighbours: 1 is the right order, 2/3 one of four steps out of
    place, 0 the reverse order.
    """
    place = {step: index for index, step in enumerate(expected)}
    # `ends[n]` is the smallest last place of a rising run of n + 1 steps so far.
    ends: list[int] = []
    for step in given:
        position = bisect_left(ends, place[step])
        ends[position : position + 1] = [place[step]]
    return Fraction(len(ends) - 1, len(expected) - 1)


def _names_unit(written: str, question: NumberQuestion) -> bool:
    known = (*(question.unit.as_dict().values() if question.unit else ()), *question.also_written)
    return is_accepted(written, known, {Tolerance.CASE_ACCENTS_SPACES})
