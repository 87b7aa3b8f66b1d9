"""Points are exact, and guessing does not pay."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badgeservice.catalogue.text import Text
from badgeservice.learning import drawing, grading, results
from badgeservice.learning.content import Module
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
    Pair,
    Question,
    ShortTextQuestion,
    Step,
    Tolerance,
    Written,
)

ALL_TOLERANCES = frozenset(Tolerance)
WORDS = Text(fr="texte", en="text")
COMMON = {
    "id": "q",
    "objective": "o1",
    "prompt": WORDS,
    "passage": "p",
    "is_critical": False,
    "stimulus": None,
}
EXPLAINED = COMMON | {"feedback": WORDS, "hint": WORDS}


def choices(kind: Kind, right: str, wrong: str) -> ChoiceQuestion:
    """A question whose choices are the letters of `right` and `wrong`."""
    return ChoiceQuestion(
        **COMMON,
        kind=kind,
        choices=tuple(Choice(each, WORDS, each in right, WORDS) for each in right + wrong),
    )


def ordering(steps: str) -> OrderingQuestion:
    """An ordering whose steps are letters, in the right order."""
    return OrderingQuestion(
        **EXPLAINED, kind=Kind.ORDERING, steps=tuple(Step(each, WORDS) for each in steps)
    )


def matching(pairs: str) -> MatchingQuestion:
    """A matching whose pairs are letters."""
    return MatchingQuestion(
        **EXPLAINED, kind=Kind.MATCHING, pairs=tuple(Pair(each, WORDS, WORDS) for each in pairs)
    )


def number(
    value: str, tolerance: str = "0", unit: Text | None = None, also: tuple[str, ...] = ()
) -> NumberQuestion:
    """A question whose answer is `value`."""
    return NumberQuestion(
        **EXPLAINED,
        kind=Kind.NUMBER,
        value=Fraction(value),
        tolerance=Fraction(tolerance),
        unit=unit,
        also_written=also,
    )


def short_text(*accepted: str, tolerances: frozenset[Tolerance]) -> ShortTextQuestion:
    """A question that one of `accepted` answers."""
    return ShortTextQuestion(
        **EXPLAINED, kind=Kind.SHORT_TEXT, accepted=accepted, tolerances=tolerances
    )


RATE = number("3.75", "0.01", Text(fr="%", en="%"))
DAYS = number("14", "0", Text(fr="jour", en="day"), ("jours", "days"))
PHISHING = short_text("hameçonnage", "phishing", "filoutage", tolerances=ALL_TOLERANCES)
REGISTER = short_text("registre des traitements", tolerances=ALL_TOLERANCES)
FIXED_CELL = short_text("$K$1", tolerances=frozenset({Tolerance.CASE_ACCENTS_SPACES}))


@pytest.mark.parametrize(
    ("question", "text"),
    [
        (PHISHING, "hameçonnage"),
        (PHISHING, "Hameconnage"),
        (PHISHING, "fishing"),
        (PHISHING, "l'hameçonnage"),
        (PHISHING, "L’HAMEÇONNAGE."),
        (PHISHING, "ＰＨＩＳＨＩＮＧ"),
        (PHISHING, "hame\u0301c\u0327onnage"),
        (REGISTER, "Registre des traitement"),
        (REGISTER, "registre\u00a0des\u202ftraitements"),
        (FIXED_CELL, "$k$1"),
        (FIXED_CELL, " $K$1 "),
        (RATE, "3,75"),
        (RATE, "3.75 %"),
        (RATE, "3,76"),
        (DAYS, "14 jours"),
        (DAYS, "14\u00a0Days"),
        (DAYS, "14"),
        (number("1000"), "1\u202f000,00"),
    ],
)
def test_accepts_what_means_the_same(question: Question, text: str) -> None:
    """The checked examples of the design, and other ways in which people type the same thing."""
    assert grading.RIGHT == grading.grade(question, Written(text))


@pytest.mark.parametrize(
    ("question", "text"),
    [
        (PHISHING, "piratage"),
        (PHISHING, ""),
        (PHISHING, "..."),
        (PHISHING, "phishing phishing phishing"),
        (FIXED_CELL, "K1"),
        (FIXED_CELL, "$K1"),
        (RATE, "3,8"),
        (RATE, "0,0375"),
        (RATE, "3,75 jours"),
        (RATE, "3,75 %%"),
        (RATE, "environ 4"),
        (DAYS, "14 semaines"),
        (DAYS, "14 15"),
        (DAYS, "1e1"),
        (DAYS, "٤"),
    ],
)
def test_refuses_what_means_something_else(question: Question, text: str) -> None:
    """Tolerance is for the writing, never for the meaning."""
    assert grading.WRONG == grading.grade(question, Written(text))


def test_forgives_a_slip_only_in_long_words() -> None:
    """In a word of four letters one slip makes another word."""
    four, five = (
        short_text(word, tolerances=frozenset({Tolerance.LIGHT_TYPO})) for word in ("clic", "cliqu")
    )

    assert grading.WRONG == grading.grade(four, Written("clac"))
    assert grading.RIGHT == grading.grade(five, Written("claqu"))


@pytest.mark.parametrize(
    ("ticked", "points"),
    [
        ("abc", Fraction(1)),
        ("ab", Fraction(2, 3)),
        ("a", Fraction(1, 3)),
        ("d", Fraction(0)),
        ("abcd", Fraction(0)),
        ("", Fraction(0)),
    ],
)
def test_multiple_weighs_right_against_wrong(ticked: str, points: Fraction) -> None:
    """Two right of three are worth two thirds; a wrong one takes its share back."""
    question = choices(Kind.MULTIPLE, "abc", "d")

    assert points == grading.grade(question, Chosen(frozenset(ticked)))


@given(right=st.integers(1, 8), wrong=st.integers(1, 8))
def test_ticking_everything_is_worth_nothing(right: int, wrong: int) -> None:
    """Otherwise ticking everything would be the best answer of who knows nothing."""
    letters = "abcdefghijklmnop"
    question = choices(Kind.MULTIPLE, letters[:right], letters[right : right + wrong])

    assert grading.WRONG == grading.grade(question, Chosen(frozenset(letters[: right + wrong])))


@pytest.mark.parametrize("kind", [Kind.SINGLE, Kind.TRUE_FALSE])
def test_one_choice_is_right_or_not(kind: Kind) -> None:
    """There is no half of one choice, and two at once are not the right one."""
    question = choices(kind, "a", "b")

    assert grading.RIGHT == grading.grade(question, Chosen(frozenset("a")))
    assert grading.WRONG == grading.grade(question, Chosen(frozenset("b")))
    assert grading.WRONG == grading.grade(question, Chosen(frozenset("ab")))


@pytest.mark.parametrize(
    ("order", "points"),
    [
        ("abcd", Fraction(1)),
        ("bcda", Fraction(2, 3)),
        ("acbd", Fraction(2, 3)),
        ("badc", Fraction(1, 3)),
        ("dcba", Fraction(0)),
    ],
)
def test_order_counts_the_longest_run(order: str, points: Fraction) -> None:
    """One of four steps out of place is worth two thirds, the reverse order nothing."""
    assert points == grading.grade(ordering("abcd"), Ordered(tuple(order)))


def test_matching_counts_the_right_pairs() -> None:
    """Two right pairs of four are worth a half."""
    answer = Matched({"a": "a", "b": "b", "c": "d", "d": "c"})

    assert Fraction(1, 2) == grading.grade(matching("abcd"), answer)


def test_no_answer_is_worth_nothing() -> None:
    """Leaving a question out is allowed, and is not an error."""
    assert grading.WRONG == grading.grade(ordering("ab"), None)


def test_refuses_an_answer_of_another_type() -> None:
    """A programming error must not pass for a wrong answer."""
    with pytest.raises(TypeError, match="q is not answered by Written"):
        grading.grade(ordering("ab"), Written("a"))


@given(st.data())
def test_points_are_a_share_of_one(data: st.DataObject) -> None:
    """Whatever is answered, no question is worth less than 0 or more than 1."""
    letters = "abcdef"
    size = data.draw(st.integers(2, len(letters)))
    some = letters[:size]
    right = data.draw(st.integers(1, size - 1))
    question, answer = data.draw(
        st.one_of(
            st.tuples(
                st.just(choices(Kind.MULTIPLE, some[:right], some[right:])),
                st.builds(Chosen, st.frozensets(st.sampled_from(some))),
            ),
            st.tuples(
                st.just(ordering(some)), st.builds(Ordered, st.permutations(some).map(tuple))
            ),
            st.tuples(
                st.just(matching(some)),
                st.builds(
                    Matched, st.fixed_dictionaries({each: st.sampled_from(some) for each in some})
                ),
            ),
            st.tuples(st.sampled_from([RATE, DAYS, PHISHING]), st.builds(Written, st.text())),
        )
    )

    points = grading.grade(question, answer)

    assert 0 <= points <= 1


@given(st.text(max_size=30), st.text(max_size=30))
def test_distance_is_a_distance(one: str, other: str) -> None:
    """It is the same both ways, 0 for the same text only, and at most the longer length."""
    distance = grading.levenshtein(one, other)

    assert distance == grading.levenshtein(other, one)
    assert (distance == 0) is (one == other)
    assert abs(len(one) - len(other)) <= distance <= max(len(one), len(other))


def guess(question: Question, rng: random.Random) -> Answer | None:
    """What someone answers who clicks without reading."""
    match question:
        case ChoiceQuestion(kind=Kind.MULTIPLE):
            ticked = [choice.id for choice in question.choices if rng.random() < 0.5]
            return Chosen(frozenset(ticked)) if ticked else None
        case ChoiceQuestion():
            return Chosen(frozenset({rng.choice(question.choices).id}))
        case OrderingQuestion():
            steps = [step.id for step in question.steps]
            rng.shuffle(steps)
            return Ordered(tuple(steps))
        case MatchingQuestion():
            ids = [pair.id for pair in question.pairs]
            return Matched({each: rng.choice(ids) for each in ids})
        case NumberQuestion() | ShortTextQuestion():
            return None


def test_clicking_at_random_does_not_pass(module: Module) -> None:
    """20 000 random attempts score 19 to 25 % on average, and at most 1 in 10 000 passes."""
    rng = random.Random(2026)
    attempts = 20_000
    draw = drawing.draw(module.quiz, rng)
    total, passed = Fraction(0), 0

    for _ in range(attempts):
        answers = {
            question.id: answer
            for question in module.quiz.questions
            if (answer := guess(question, rng)) is not None
        }
        result = results.mark(module, draw, answers, answered_in_a_hurry=False)
        total += result.score
        passed += result.passed

    assert Fraction(19, 100) < total / attempts < Fraction(25, 100)
    assert passed <= attempts // 10_000
