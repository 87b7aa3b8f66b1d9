"""A result is exact, is never flattered by rounding, and gives away no more than it should."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from random import Random

import pytest

from badgeservice.learning import drawing, grading, results
from badgeservice.learning.content import Module
from badgeservice.learning.drawing import Draw
from badgeservice.learning.quiz import Answer, Chosen, Matched, Ordered, Written
from badgeservice.learning.results import Result
from badgeservice.learning.views import ResultView, SheetLink, Verdict

RIGHT: dict[str, Answer] = {
    "cyb-01": Chosen(frozenset({"c"})),
    "cyb-02": Chosen(frozenset({"false"})),
    "cyb-03": Chosen(frozenset({"a"})),
    "cyb-04a": Chosen(frozenset({"a", "b", "c"})),
    "cyb-04b": Chosen(frozenset({"a"})),
    "cyb-05": Chosen(frozenset({"a"})),
    "cyb-06": Matched({"a": "a", "b": "b", "c": "c", "d": "d"}),
    "cyb-07": Written("1"),
    "cyb-08": Ordered(("a", "b", "c", "d")),
    "cyb-09": Written("hameçonnage"),
}
WRONG: dict[str, Answer] = {
    "cyb-01": Chosen(frozenset({"a"})),
    "cyb-02": Chosen(frozenset({"true"})),
    "cyb-03": Chosen(frozenset({"d"})),
    "cyb-04a": Chosen(frozenset({"a", "d"})),
    "cyb-04b": Chosen(frozenset({"c"})),
    "cyb-05": Chosen(frozenset({"b"})),
    "cyb-06": Matched({"a": "b", "b": "a", "c": "d", "d": "c"}),
    "cyb-07": Written("2"),
    "cyb-08": Ordered(("d", "c", "b", "a")),
    "cyb-09": Written("piratage"),
}


@pytest.fixture(scope="module")
def draw(module: Module) -> Draw:
    """One draw of the first module."""
    return drawing.draw(module.quiz, Random(5))


def answers(*wrong: str, unanswered: tuple[str, ...] = ()) -> dict[str, Answer]:
    """The right answers, but for these questions."""
    given = RIGHT | {each: WRONG[each] for each in wrong}
    return {each: answer for each, answer in given.items() if each not in unanswered}


def mark(module: Module, draw: Draw, given: dict[str, Answer]) -> Result:
    """The result of these answers."""
    return results.mark(module, draw, given, answered_in_a_hurry=False)


def view(
    module: Module,
    draw: Draw,
    given: dict[str, Answer],
    *,
    language: str = "fr",
    is_practice: bool = False,
    next_allowed: datetime | None = None,
) -> ResultView:
    """What the person is shown of the result of these answers."""
    return results.view(
        module,
        draw,
        given,
        mark(module, draw, given),
        is_practice=is_practice,
        next_allowed=next_allowed,
        language=language,
    )


def test_the_right_answers_are_all_right(module: Module, draw: Draw) -> None:
    """The founding content grades to 100 %, and its wrong answers to 0."""
    assert 1 == mark(module, draw, RIGHT).score
    assert 0 == mark(module, draw, WRONG).score


@pytest.mark.parametrize("word", ["phishing", "Phishing", "hameconnage", "l'hameçonnage"])
def test_takes_the_word_of_either_language(module: Module, draw: Draw, word: str) -> None:
    """Many people know only one of the two words, whatever language they read."""
    assert 1 == mark(module, draw, RIGHT | {"cyb-09": Written(word)}).score


def test_passes_at_the_pass_mark(module: Module, draw: Draw) -> None:
    """Seven of ten is 70 %."""
    assert mark(module, draw, answers("cyb-01", "cyb-02", "cyb-03")).passed


def test_does_not_pass_just_below_the_pass_mark(module: Module, draw: Draw) -> None:
    """Nothing is rounded in favour of anyone, or against them."""
    almost = replace(
        mark(module, draw, RIGHT),
        points={f"q{index}": Fraction(6996, 10_000) for index in range(10)},
    )

    assert not almost.passed


def test_does_not_pass_without_the_critical_question(module: Module, draw: Draw) -> None:
    """Whoever would pay to changed bank details has not the reflex that the badge is about."""
    result = mark(module, draw, answers("cyb-05"))

    assert Fraction(9, 10) == result.score
    assert not result.critical_passed
    assert not result.passed


def test_is_read_again_as_it_was_sealed(module: Module, draw: Draw) -> None:
    """Thirds stay thirds."""
    result = mark(
        module, draw, answers(unanswered=("cyb-01",)) | {"cyb-08": Ordered(tuple("bcda"))}
    )

    assert Fraction(2, 3) == result.points["cyb-08"]
    assert result == Result.from_json(result.as_json())


@pytest.mark.parametrize(
    ("points", "percent", "written"),
    [
        (Fraction(6996, 1000), "69,9\u00a0%", "6,9"),
        (Fraction(69_999, 10_000), "69,9\u00a0%", "6,9"),
        (Fraction(7), "70\u00a0%", "7"),
        (Fraction(20, 3), "66,6\u00a0%", "6,6"),
        (Fraction(0), "0\u00a0%", "0"),
    ],
)
def test_what_is_shown_is_truncated(
    module: Module, draw: Draw, points: Fraction, percent: str, written: str
) -> None:
    """69.96 % is not "70 %", and 6.99 points are not "7"."""
    ids = [each.question_id for each in draw.questions]
    spread = {each: points / len(ids) for each in ids}
    result = replace(mark(module, draw, WRONG), points=spread)

    shown = results.view(
        module, draw, WRONG, result, is_practice=False, next_allowed=None, language="fr"
    )

    assert percent == shown.percent
    assert written == shown.points


def test_says_what_is_missing_and_where_to_read(module: Module, draw: Draw) -> None:
    """The words of the direction: never "failed", always the next step."""
    shown = view(module, draw, answers("cyb-04a", "cyb-04b", "cyb-01", "cyb-02", "cyb-09"))

    assert not shown.passed
    assert "Pas encore\u00a0: 5 sur 10, il faut 7." == shown.headline
    assert (
        "Il vous manque 3 réponses sur l'objectif « Repérer un message frauduleux et vérifier "
        "avant d'agir ». Relisez ce passage (1 min), puis réessayez dès maintenant."
    ) == shown.advice.replace("\u00a0", " ")
    assert [2, 0, 3, 0, 0] == [each.missing for each in shown.objectives]
    assert [2, 1, 4, 2, 1] == [each.of for each in shown.objectives]
    assert (SheetLink("messages", "3. Repérer un message frauduleux", 1),) == shown.objectives[
        2
    ].links


def test_speaks_english(module: Module, draw: Draw) -> None:
    """The same calm voice, with its own decimal sign and quotation marks."""
    shown = view(module, draw, answers("cyb-08", "cyb-01", "cyb-02", "cyb-03"), language="en")

    assert "Not yet: 6 out of 10, 7 are needed." == shown.headline
    assert shown.advice.startswith("You are missing 2 answers on the objective “Choose and keep")
    assert "60%" == shown.percent


def test_says_when_the_next_try_is_possible(module: Module, draw: Draw, now: datetime) -> None:
    """Waiting is used for reading."""
    later = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

    shown = view(module, draw, WRONG, next_allowed=later)

    assert later == shown.next_allowed
    assert shown.advice.endswith("en attendant la prochaine tentative.")


def test_says_that_an_essential_question_is_missing(module: Module, draw: Draw) -> None:
    """Nine of ten without a pass has to be explained."""
    shown = view(module, draw, answers("cyb-05"))

    assert shown.critical_missed
    assert (
        "Pas encore\u00a0: 9 sur 10, mais une question essentielle est à revoir." == shown.headline
    )


def test_after_a_try_only_mistakes_are_explained(module: Module, draw: Draw) -> None:
    """What was right is not listed, and no explanation gives a right answer away."""
    wrong = ("cyb-04a", "cyb-06", "cyb-07", "cyb-08", "cyb-09")
    shown = view(module, draw, answers(*wrong, unanswered=("cyb-03",)))

    by_prompt = {each.prompt: each for each in shown.feedback}
    assert {*wrong, "cyb-03"} == {
        question.id for question in module.quiz.questions if question.prompt["fr"] in by_prompt
    }
    assert all(each.solution == () for each in shown.feedback)
    several = by_prompt["Quels éléments doivent vous alerter\u00a0?"]
    assert ["Non. L'heure ne prouve rien à elle seule."] == [e.text for e in several.explanations]
    for question_id in wrong[1:]:
        question = module.quiz.question(question_id)
        assert not isinstance(question, results.ChoiceQuestion)
        assert [question.hint["fr"]] == [
            each.text for each in by_prompt[question.prompt["fr"]].explanations
        ]
    left_out = by_prompt[module.quiz.question("cyb-03").prompt["fr"]]
    assert Verdict.UNANSWERED == left_out.verdict
    assert () == left_out.explanations
    assert "two-step-sign-in" == left_out.link.anchor


def test_after_a_pass_everything_is_explained(module: Module, draw: Draw) -> None:
    """Nothing is left to protect: each question, each choice, each right answer."""
    shown = view(module, draw, answers("cyb-04a", unanswered=("cyb-07",)))

    by_prompt = {each.prompt: each for each in shown.feedback}
    assert 10 == len(by_prompt)
    assert "Vous avez réussi\u00a0: 8 sur 10." == shown.headline
    assert "" == shown.advice
    several = by_prompt["Quels éléments doivent vous alerter\u00a0?"]
    assert 4 == len(several.explanations)
    assert 3 == len(several.solution)
    assert Verdict.WRONG == several.verdict
    copies = by_prompt[module.quiz.question("cyb-07").prompt["fr"]]
    assert ("1 exemplaire",) == copies.solution
    assert () == copies.given
    order = by_prompt[module.quiz.question("cyb-08").prompt["fr"]]
    assert order.given == order.solution
    match = by_prompt[module.quiz.question("cyb-06").prompt["fr"]]
    assert "Le disque dur tombe en panne → La sauvegarde" in match.solution


def test_practice_explains_what_was_answered(module: Module, draw: Draw) -> None:
    """It says why, for right and wrong alike, and still leaves the right answers to be found."""
    shown = view(module, draw, answers("cyb-01", "cyb-07"), is_practice=True)

    by_prompt = {each.prompt: each for each in shown.feedback}
    assert not shown.passed
    assert "Entraînement\u00a0: 8 sur 10." == shown.headline
    assert 10 == len(by_prompt)
    assert all(each.solution == () for each in shown.feedback)
    mailbox = by_prompt[module.quiz.question("cyb-03").prompt["fr"]]
    assert ["La messagerie professionnelle"] == [each.about for each in mailbox.explanations]
    copies = by_prompt[module.quiz.question("cyb-07").prompt["fr"]]
    assert copies.explanations[0].text.startswith("Comptez d'abord")


def test_says_partly_when_it_is(module: Module, draw: Draw) -> None:
    """Two right choices of three are not "wrong"."""
    given = RIGHT | {"cyb-04a": Chosen(frozenset({"a", "b"})), "cyb-05": WRONG["cyb-05"]}

    shown = view(module, draw, given)

    assert Fraction(2, 3) == grading.grade(module.quiz.question("cyb-04a"), given["cyb-04a"])
    assert ["En partie juste", "À revoir"] == sorted(
        (each.verdict_words for each in shown.feedback), key=len, reverse=True
    )
