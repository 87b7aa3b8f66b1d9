"""The form says nothing of what is right, and takes nothing but what it offered."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from badgeservice.errors import AnswerRefused
from badgeservice.learning import drawing, forms, words
from badgeservice.learning.content import Module
from badgeservice.learning.drawing import Drawn
from badgeservice.learning.forms import Form
from badgeservice.learning.quiz import (
    Answer,
    ChoiceQuestion,
    Chosen,
    Matched,
    Ordered,
    Question,
    Written,
)
from badgeservice.learning.views import PresentedQuestion

Asked = dict[str, tuple[Question, Drawn]]


@pytest.fixture(scope="module")
def asked(module: Module) -> Asked:
    """The questions of one draw, by id."""
    draw = drawing.draw(module.quiz, Random(7))
    return {
        drawn.question_id: (module.quiz.question(drawn.question_id), drawn)
        for drawn in draw.questions
    }


def present(
    asked: Asked, question_id: str, answer: Answer | None = None, sent: Form | None = None
) -> PresentedQuestion:
    """The French screen of a question."""
    question, drawn = asked[question_id]
    return forms.present(question, drawn, number=1, of=10, answer=answer, language="fr", sent=sent)


def fill(screen: PresentedQuestion) -> Form:
    """What a browser sends for a screen that is left as it is."""
    form: dict[str, list[str]] = {row.field: [row.selected] for row in screen.rows}
    if screen.choices:
        form["choice"] = [choice.value for choice in screen.choices if choice.is_selected]
    if screen.written:
        form["text"] = [screen.written]
    return form | {"csrf_token": ["x"], "next": [""]}


ANSWERS: list[tuple[str, Answer]] = [
    ("cyb-01", Chosen(frozenset({"c"}))),
    ("cyb-02", Chosen(frozenset({"true"}))),
    ("cyb-04a", Chosen(frozenset({"a", "d"}))),
    ("cyb-06", Matched({"a": "b", "b": "a", "c": "c", "d": "c"})),
    ("cyb-07", Written("1 exemplaire")),
    ("cyb-08", Ordered(("d", "a", "c", "b"))),
    ("cyb-09", Written("fishing")),
]


@pytest.mark.parametrize(("question_id", "answer"), ANSWERS)
def test_an_answer_comes_back_as_it_was_given(
    asked: Asked, question_id: str, answer: Answer
) -> None:
    """Whoever returns to a question finds their answer, and sending it again changes nothing."""
    question, drawn = asked[question_id]

    screen = present(asked, question_id, answer)

    assert screen.is_answered
    assert answer == forms.read(question, drawn, fill(screen))


@pytest.mark.parametrize("question_id", [each for each, _ in ANSWERS])
def test_a_question_left_out_has_no_answer(asked: Asked, question_id: str) -> None:
    """Going on without answering is allowed."""
    question, drawn = asked[question_id]

    screen = present(asked, question_id)

    assert not screen.is_answered
    assert forms.read(question, drawn, fill(screen)) is None


def keys(value: Any) -> Iterator[str]:
    """Every key of a nested value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from keys(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from keys(inner)


def test_no_screen_has_a_place_for_what_is_right(asked: Asked) -> None:
    """W12: before closing, none of these keys exists in anything that a page may show."""
    leaks = {"correct", "is_correct", "right", "answer", "score", "weight", "feedback", "points"}

    for question_id in asked:
        screen = dataclasses.asdict(present(asked, question_id))

        assert not leaks & set(keys(screen))


def test_no_screen_contains_an_explanation_or_an_id(asked: Asked) -> None:
    """Neither the words nor the names by which the quiz file tells right from wrong."""
    for question_id, (question, _) in asked.items():
        screen = json.dumps(dataclasses.asdict(present(asked, question_id)), ensure_ascii=False)

        explanations = (
            [choice.feedback["fr"] for choice in question.choices]
            if isinstance(question, ChoiceQuestion)
            else [question.feedback["fr"], question.hint["fr"]]
        )
        assert not [each for each in explanations if each in screen]
        assert question_id not in screen


def test_screens_look_alike_whatever_is_right(asked: Asked) -> None:
    """The screen of a question is the same when another choice is the right one."""
    question, drawn = asked["cyb-01"]
    assert isinstance(question, ChoiceQuestion)
    flipped = dataclasses.replace(
        question,
        choices=tuple(
            dataclasses.replace(each, is_correct=each.id == "a") for each in question.choices
        ),
    )

    shown = [
        forms.present(each, drawn, number=1, of=10, answer=None, language="fr")
        for each in (question, flipped)
    ]

    assert shown[0] == shown[1]


def rows(asked: Asked, question_id: str, *values: str) -> Form:
    """A form that gives these values to the rows of a question."""
    _, drawn = asked[question_id]
    return {f"row-{each.token}": [value] for each, value in zip(drawn.rows, values, strict=True)}


def option(asked: Asked, question_id: str, index: int = 0) -> str:
    """The token of an option of a question."""
    return asked[question_id][1].options[index].token


def test_refuses_what_no_browser_sends(asked: Asked) -> None:
    """Each with a code, and a sentence for the person in both languages."""
    other = option(asked, "cyb-03")
    cases: list[tuple[str, Form, str]] = [
        ("cyb-01", {"choice": [other]}, "unknown_choice"),
        ("cyb-01", {"choice": ["c"]}, "unknown_choice"),
        ("cyb-01", {"choice": [""]}, "unknown_choice"),
        ("cyb-01", {"choice": ["x" * 100_000]}, "unknown_choice"),
        (
            "cyb-01",
            {"choice": [option(asked, "cyb-01", 0), option(asked, "cyb-01", 1)]},
            "one_choice_only",
        ),
        (
            "cyb-02",
            {"choice": [option(asked, "cyb-02", 0), option(asked, "cyb-02", 1)]},
            "one_choice_only",
        ),
        ("cyb-04a", {"choice": [option(asked, "cyb-04a"), other]}, "unknown_choice"),
        ("cyb-06", rows(asked, "cyb-06", other, other, other, other), "unknown_choice"),
        (
            "cyb-06",
            rows(asked, "cyb-06", option(asked, "cyb-06"), "", "", ""),
            "line_without_answer",
        ),
        ("cyb-06", {f"row-{other}": [option(asked, "cyb-06")]}, "unknown_choice"),
        ("cyb-08", rows(asked, "cyb-08", "1", "2", "3", "3"), "same_place_twice"),
        ("cyb-08", rows(asked, "cyb-08", "1", "2", "3", ""), "line_without_answer"),
        ("cyb-08", rows(asked, "cyb-08", "1", "2", "3", "5"), "unknown_choice"),
        ("cyb-08", rows(asked, "cyb-08", "0", "1", "2", "3"), "unknown_choice"),
        ("cyb-08", rows(asked, "cyb-08", "1", "2", "3", "04"), "unknown_choice"),
        ("cyb-07", {"text": ["beaucoup"]}, "not_a_number"),
        ("cyb-07", {"text": ["1 disque"]}, "not_a_number"),
        ("cyb-07", {"text": ["9" * 201]}, "too_long"),
        ("cyb-09", {"text": ["x" * 201]}, "too_long"),
    ]
    for question_id, form, code in cases:
        question, drawn = asked[question_id]

        with pytest.raises(AnswerRefused) as refused:
            forms.read(question, drawn, form)

        assert code == refused.value.code, (question_id, form)
        assert words.refusal(code, "fr") != words.refusal(code, "en")


def test_a_refused_form_is_shown_as_it_was_filled_in(asked: Asked) -> None:
    """Nothing that a person typed is lost because one line was."""
    sent = rows(asked, "cyb-08", "1", "2", "3", "3")

    screen = present(asked, "cyb-08", None, sent)

    assert ["1", "2", "3", "3"] == [row.selected for row in screen.rows]
    assert "beaucoup" == present(asked, "cyb-07", None, {"text": ["beaucoup"]}).written


def test_a_situation_stands_on_each_of_its_questions(asked: Asked) -> None:
    """Its picture comes with words that say everything it shows."""
    for question_id in ("cyb-04a", "cyb-04b"):
        stimulus = present(asked, question_id).stimulus

        assert stimulus is not None
        assert stimulus.image is not None
        assert "parcel-text-message.svg" == stimulus.image.file
        assert "07 44 00 00 00" in stimulus.image.alternative.replace("\u00a0", " ")
    assert present(asked, "cyb-01").stimulus is None


def test_a_form_reads_the_same_in_both_languages(asked: Asked) -> None:
    """Whoever changes the language midway keeps their answers."""
    question, drawn = asked["cyb-06"]
    answer = Matched({"a": "a", "b": "b", "c": "c", "d": "d"})

    french, english = (
        forms.present(question, drawn, number=1, of=10, answer=answer, language=language)
        for language in ("fr", "en")
    )

    assert fill(french) == fill(english)
    assert french.prompt != english.prompt
