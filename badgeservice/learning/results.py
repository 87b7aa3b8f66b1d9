"""What came of an attempt, and how much of it the person is told.

After a try that was not passed, the person learns which objectives to read again and why what they
answered does not hold, never the list of right answers; after a pass, everything.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from fractions import Fraction
from typing import Any

from badgeservice.learning import grading, words
from badgeservice.learning.content import Module
from badgeservice.learning.drawing import Draw
from badgeservice.learning.quiz import (
    Answer,
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
    Written,
)
from badgeservice.learning.views import (
    ExplanationView,
    FeedbackView,
    ObjectiveView,
    ResultView,
    SheetLink,
    Verdict,
)

Answers = Mapping[str, Answer]
"""The saved answers, by question id."""


class Disclosure(Enum):
    """How much is said about an answer."""

    MISTAKES = "mistakes"  # why a wrong answer does not hold
    EXPLANATIONS = "explanations"  # why what was answered holds or does not
    EVERYTHING = "everything"  # the right answers too


@dataclass(frozen=True)
class Result:
    """The marks of a submitted attempt, exact. `points` are by question id, each from 0 to 1."""

    points: Mapping[str, Fraction]
    pass_mark: Fraction
    critical_passed: bool
    answered_in_a_hurry: bool

    @property
    def score(self) -> Fraction:
        """The share of all points, from 0 to 1."""
        return sum(self.points.values(), Fraction(0)) / len(self.points)

    @property
    def passed(self) -> bool:
        """Whether the score reaches the pass mark and no critical question was missed."""
        return self.critical_passed and self.score >= self.pass_mark

    def as_json(self) -> dict[str, Any]:
        """Return the result as it is sealed: fractions are written "2/3"."""
        return {
            "points": {question: str(points) for question, points in self.points.items()},
            "pass_mark": str(self.pass_mark),
            "critical_passed": self.critical_passed,
            "answered_in_a_hurry": self.answered_in_a_hurry,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Result:
        """Return the result that `as_json` stored."""
        return cls(
            points={question: Fraction(points) for question, points in stored["points"].items()},
            pass_mark=Fraction(stored["pass_mark"]),
            critical_passed=stored["critical_passed"],
            answered_in_a_hurry=stored["answered_in_a_hurry"],
        )


def mark(module: Module, draw: Draw, answers: Answers, *, answered_in_a_hurry: bool) -> Result:
    """Return the result of `answers` to the questions of `draw`; each question weighs the same."""
    questions = [module.quiz.question(drawn.question_id) for drawn in draw.questions]
    points = {each.id: grading.grade(each, answers.get(each.id)) for each in questions}
    return Result(
        points=points,
        pass_mark=module.quiz.pass_mark,
        critical_passed=all(
            points[each.id] == grading.RIGHT for each in questions if each.is_critical
        ),
        answered_in_a_hurry=answered_in_a_hurry,
    )


def view(
    module: Module,
    draw: Draw,
    answers: Answers,
    result: Result,
    *,
    is_practice: bool,
    next_allowed: datetime | None,
    language: str,
) -> ResultView:
    """Return what the person is shown of `result`."""
    of = len(result.points)
    passed = result.passed and not is_practice
    critical_missed = not result.critical_passed and result.score >= result.pass_mark
    objectives = _objectives(module, result, language)
    # Truncated to a tenth, so that 69.96 % never reads 70 %; what is needed is rounded up.
    points = words.decimal(math.floor(result.score * of * 10), language)
    needed = words.decimal(math.ceil(result.pass_mark * of * 10), language)
    if passed:
        disclosure = Disclosure.EVERYTHING
    else:
        disclosure = Disclosure.EXPLANATIONS if is_practice else Disclosure.MISTAKES
    feedback = tuple(
        explain(
            module,
            draw,
            number,
            answers.get(drawn.question_id),
            disclosure=disclosure,
            language=language,
        )
        for number, drawn in enumerate(draw.questions, start=1)
        if disclosure is not Disclosure.MISTAKES or result.points[drawn.question_id] < grading.RIGHT
    )
    return ResultView(
        passed=passed,
        points=points,
        needed=needed,
        percent=words.percent(math.floor(result.score * 1000), language),
        critical_missed=critical_missed,
        headline=words.headline(
            passed=passed,
            practising=is_practice,
            critical_missed=critical_missed,
            points=points,
            needed=needed,
            of=of,
            language=language,
        ),
        advice="" if passed else _advice(objectives, next_allowed, language),
        objectives=objectives,
        feedback=feedback,
        next_allowed=next_allowed,
    )


def explain(
    module: Module,
    draw: Draw,
    number: int,
    answer: Answer | None,
    *,
    disclosure: Disclosure,
    language: str,
) -> FeedbackView:
    """Return what is said about the answer to question `number` of `draw`, counted from 1."""
    question = module.quiz.question(draw.questions[number - 1].question_id)
    verdict = _verdict(question, answer)
    return FeedbackView(
        number=number,
        prompt=question.prompt[language],
        verdict=verdict,
        verdict_words=words.VERDICTS[verdict][language],
        given=_in_words(question, answer, language),
        explanations=_explanations(question, answer, verdict, disclosure, language),
        solution=_solution(question, language) if disclosure is Disclosure.EVERYTHING else (),
        link=_link(module, question.passage, language),
    )


def _verdict(question: Question, answer: Answer | None) -> Verdict:
    if answer is None:
        return Verdict.UNANSWERED
    points = grading.grade(question, answer)
    if points == grading.RIGHT:
        return Verdict.RIGHT
    return Verdict.WRONG if points == grading.WRONG else Verdict.PARTLY


def _explanations(
    question: Question,
    answer: Answer | None,
    verdict: Verdict,
    disclosure: Disclosure,
    language: str,
) -> tuple[ExplanationView, ...]:
    if isinstance(question, ChoiceQuestion):
        chosen = answer.ids if isinstance(answer, Chosen) else frozenset()
        if question.kind is Kind.TRUE_FALSE and disclosure is Disclosure.EVERYTHING:
            # One explanation serves both choices.
            return (ExplanationView("", question.choices[0].feedback[language]),)
        return tuple(
            ExplanationView(choice.text[language], choice.feedback[language])
            for choice in question.choices
            if disclosure is Disclosure.EVERYTHING
            or (choice.id in chosen and disclosure is Disclosure.EXPLANATIONS)
            or (choice.id in chosen and not choice.is_correct)
        )
    # The feedback of the other types gives the answer away: it waits until that does no harm.
    if verdict is Verdict.RIGHT or disclosure is Disclosure.EVERYTHING:
        return (ExplanationView("", question.feedback[language]),)
    return (ExplanationView("", question.hint[language]),)


def _in_words(question: Question, answer: Answer | None, language: str) -> tuple[str, ...]:
    """Return an answer as the person would say it; nothing for no answer."""
    match question, answer:
        case ChoiceQuestion(), Chosen():
            return tuple(
                choice.text[language] for choice in question.choices if choice.id in answer.ids
            )
        case OrderingQuestion(), Ordered():
            texts = {step.id: step.text[language] for step in question.steps}
            return tuple(texts[step] for step in answer.ids)
        case MatchingQuestion(), Matched():
            rights = {pair.id: pair.right[language] for pair in question.pairs}
            return tuple(
                f"{pair.left[language]} → {rights[answer.rights[pair.id]]}"
                for pair in question.pairs
            )
        case _, Written():
            return (answer.text,)
    return ()


def _solution(question: Question, language: str) -> tuple[str, ...]:
    """Return the right answer in words."""
    match question:
        case ChoiceQuestion():
            return tuple(each.text[language] for each in question.choices if each.is_correct)
        case OrderingQuestion():
            return tuple(step.text[language] for step in question.steps)
        case MatchingQuestion():
            return tuple(
                f"{pair.left[language]} → {pair.right[language]}" for pair in question.pairs
            )
        case NumberQuestion():
            unit = f" {question.unit[language]}" if question.unit else ""
            return (words.exact(question.value, language) + unit,)
        case ShortTextQuestion():
            return question.accepted


def _objectives(module: Module, result: Result, language: str) -> tuple[ObjectiveView, ...]:
    """Return every objective that the attempt asked about, in the order of the module."""
    views = []
    for objective in module.objectives:
        asked = [
            module.quiz.question(question_id)
            for question_id in result.points
            if module.quiz.question(question_id).objective == objective.id
        ]
        missed = [each for each in asked if result.points[each.id] < grading.RIGHT]
        passages = dict.fromkeys(each.passage for each in missed)
        views.append(
            ObjectiveView(
                text=objective.text[language],
                missing=len(missed),
                of=len(asked),
                links=tuple(_link(module, passage, language) for passage in passages),
            )
        )
    return tuple(views)


def _advice(
    objectives: tuple[ObjectiveView, ...], next_allowed: datetime | None, language: str
) -> str:
    """Return what to read first: the objective with the most answers missing."""
    first = max(objectives, key=lambda objective: objective.missing)
    if first.missing == 0:
        return ""
    return words.advice(
        objective=first.text,
        missing=first.missing,
        minutes=sum(link.minutes for link in first.links),
        at_once=next_allowed is None,
        language=language,
    )


def _link(module: Module, anchor: str, language: str) -> SheetLink:
    passage = module.sheets[language].outline.passage(anchor)
    return SheetLink(passage.anchor, passage.title, passage.minutes)
