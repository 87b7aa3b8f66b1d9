"""The draw covers every objective, is kept as it was made, and says nothing."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badgeservice.catalogue.text import Text
from badgeservice.learning import drawing
from badgeservice.learning.content import Module
from badgeservice.learning.drawing import Draw
from badgeservice.learning.quiz import Choice, ChoiceQuestion, Kind, Quiz, Stimulus, Unit

WORDS = Text(fr="texte", en="text")
CHOICES = (Choice("a", WORDS, True, WORDS), Choice("b", WORDS, False, WORDS))


def unit(name: str, objectives: str) -> Unit:
    """A question for each letter of `objectives`; several are a situation."""
    stimulus = Stimulus(name, WORDS, WORDS, None) if len(objectives) > 1 else None
    return tuple(
        ChoiceQuestion(
            id=f"{name}-{index}",
            kind=Kind.SINGLE,
            objective=objective,
            prompt=WORDS,
            passage="p",
            is_critical=False,
            stimulus=stimulus,
            choices=CHOICES,
        )
        for index, objective in enumerate(objectives)
    )


def quiz(draw: int, *units: str) -> Quiz:
    """A quiz of these units that presents `draw` questions."""
    return Quiz(
        draw=draw,
        pass_mark=Fraction(7, 10),
        delays=(timedelta(0),),
        units=tuple(unit(f"q{index}", objectives) for index, objectives in enumerate(units)),
    )


def test_presents_every_question_of_the_first_module(module: Module) -> None:
    """Its ten questions are one full set."""
    draw = drawing.draw(module.quiz, Random(1))

    assert {question.id for question in module.quiz.questions} == {
        drawn.question_id for drawn in draw.questions
    }


def test_keeps_a_situation_together_and_in_order(module: Module) -> None:
    """The second question about a message makes no sense before the first, or far from it."""
    for seed in range(50):
        ids = [each.question_id for each in drawing.draw(module.quiz, Random(seed)).questions]

        assert ids.index("cyb-04b") == ids.index("cyb-04a") + 1


@given(
    units=st.lists(st.text("abc", min_size=1, max_size=3), min_size=1, max_size=12),
    draw=st.integers(1, 12),
    seed=st.integers(0, 2**32),
)
def test_finds_a_draw_whenever_there_is_one(units: list[str], draw: int, seed: int) -> None:
    """Compared with trying all combinations: exact size, whole situations, every objective."""
    objectives = frozenset("".join(units))
    reachable = {(0, frozenset[str]())}
    for letters in units:
        reachable |= {(size + len(letters), seen | set(letters)) for size, seen in reachable}

    chosen = drawing.choose(quiz(draw, *units), Random(seed))

    assert (chosen is not None) is ((draw, objectives) in reachable)
    if chosen is not None:
        assert draw == sum(len(each) for each in chosen)
        assert objectives == {question.objective for each in chosen for question in each}
        assert len(chosen) == len({each[0].id for each in chosen})


def test_is_quick_in_a_large_pool_without_solution() -> None:
    """Dead ends are remembered: 100 situations of two never make an odd draw, and that is soon seen."""
    assert drawing.choose(quiz(51, *["ab"] * 100), Random(0)) is None


def test_refuses_a_quiz_that_allows_no_draw() -> None:
    """The loader has checked it; a draw that is too small must not start an attempt."""
    with pytest.raises(ValueError, match="no 1 questions cover"):
        drawing.draw(quiz(1, "a", "b"), Random(0))


def test_draws_every_question_about_equally_often() -> None:
    """A question that never comes up, or always does, would make the pool smaller than it looks."""
    pool = quiz(5, *"aaaaabbbbb")
    counts = Counter(
        each.question_id
        for seed in range(2_000)
        for each in drawing.draw(pool, Random(seed)).questions
    )

    assert len(counts) == 10
    assert 900 < min(counts.values()) <= max(counts.values()) < 1_100


def test_shuffles_choices_but_not_true_and_false(module: Module) -> None:
    """The place of a choice says nothing; nobody expects false before true."""
    orders = set()
    for seed in range(50):
        by_id = {d.question_id: d for d in drawing.draw(module.quiz, Random(seed)).questions}
        orders.add(tuple(each.id for each in by_id["cyb-01"].options))

        assert ["true", "false"] == [each.id for each in by_id["cyb-02"].options]
    assert len(orders) > 10


def test_gives_new_tokens_to_each_attempt(module: Module) -> None:
    """A token learned in one attempt means nothing in the next, and none is given twice."""
    first, second = (drawing.draw(module.quiz, Random(seed)) for seed in (1, 2))
    tokens = [
        each.token
        for draw in (first, second)
        for drawn in draw.questions
        for each in (*drawn.options, *drawn.rows)
    ]

    assert len(tokens) == len(set(tokens))
    assert all(len(token) == 16 for token in tokens)


def test_is_read_again_as_it_was_made(module: Module) -> None:
    """It is stored as JSON, once."""
    draw = drawing.draw(module.quiz, Random(3))

    assert draw == Draw.from_json(json.loads(json.dumps(draw.as_json())))


def test_does_not_say_what_is_right(module: Module) -> None:
    """Two quizzes that differ only in what is right have the same draws."""
    flipped = replace(
        module.quiz,
        units=tuple(
            tuple(
                replace(
                    question,
                    choices=tuple(
                        replace(c, is_correct=not c.is_correct) for c in question.choices
                    ),
                )
                if isinstance(question, ChoiceQuestion)
                else question
                for question in each
            )
            for each in module.quiz.units
        ),
    )

    assert drawing.draw(module.quiz, Random(4)) == drawing.draw(flipped, Random(4))
