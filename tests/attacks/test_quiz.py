"""Ways to an advantage in a quiz, other than knowing."""

from __future__ import annotations

import re
from html import unescape

from badgeservice.learning import content
from badgeservice.learning.quiz import ChoiceQuestion, MatchingQuestion, OrderingQuestion
from tests.conftest import Clock
from tests.web.conftest import MODULE, Learner, right_answer


def test_no_page_before_sending_names_anything_of_the_quiz_file(learner: Learner) -> None:
    """An id such as `correct-1`, an explanation or a hint would give the answer away."""
    secrets = set(_secrets())
    place = learner.start()
    attempt = place.split("/")[2]
    pages = []
    while "/questions/" in place:
        pages.append(unescape(learner.get(place).text))
        answer = learner.post(place, place, **right_answer(learner.client, place))
        place = answer.headers["Location"]
    pages.append(unescape(learner.get(f"/quiz/{attempt}/relecture").text))

    shown = {secret for secret in secrets for page in pages if secret in page}

    assert shown == set()


def test_the_result_cannot_be_opened_before_sending(learner: Learner) -> None:
    """It holds the marks."""
    attempt = learner.start().split("/")[2]

    assert learner.get(f"/quiz/{attempt}/resultat").status_code == 404


def test_an_answer_cannot_be_changed_after_sending(learner: Learner) -> None:
    """Else the explanations of the result would be answers to the same questions."""
    place = learner.start()
    attempt = place.split("/")[2]
    fields = right_answer(learner.client, place)
    learner.post(f"/quiz/{attempt}/envoi", f"/quiz/{attempt}/relecture")
    before = _words(learner.get(f"/quiz/{attempt}/resultat").text)

    learner.post(place, "/mon-espace", **fields)
    learner.post(f"/quiz/{attempt}/envoi", "/mon-espace")

    assert _words(learner.get(f"/quiz/{attempt}/resultat").text) == before


def test_waiting_times_hold_whatever_is_started_or_dropped_between(
    learner: Learner, clock: Clock
) -> None:
    """The second try is free, the third waits; practice and lapsed attempts do not reset it."""
    for _ in range(2):
        attempt = learner.start().split("/")[2]
        learner.post(f"/quiz/{attempt}/envoi", f"/quiz/{attempt}/relecture")
    sheet = f"/modules/{MODULE}"

    learner.post(f"{sheet}/quiz", sheet, mode="practise")
    for mode in ("assess", "ASSESS", "", "submitted"):
        answer = learner.post(f"{sheet}/quiz", sheet, mode=mode)
        assert answer.headers["Location"] == "/mon-espace", mode
    clock.advance(minutes=11)

    assert "/questions/" in learner.start()


def test_tokens_of_one_attempt_are_nothing_in_another(learner: Learner, stranger: Learner) -> None:
    """What someone else's screen sent cannot be sent from here."""
    theirs = stranger.start()
    while "choice" not in (fields := right_answer(stranger.client, theirs)):
        theirs = stranger.post(theirs, theirs, **fields).headers["Location"]
    mine = learner.start()
    while 'name="choice"' not in learner.get(mine).text:
        mine = learner.post(mine, mine, **right_answer(learner.client, mine)).headers["Location"]

    assert learner.post(mine, mine, **fields).status_code == 400


def _secrets() -> list[str]:
    """Return every id, explanation and hint of the quiz, as it would stand in a page."""
    found = []
    for question in content.load().module(MODULE).quiz.questions:
        found.append(f'"{question.id}"')
        match question:
            case ChoiceQuestion():
                for choice in question.choices:
                    found += [f'value="{choice.id}"', choice.feedback.fr[:40]]
            case OrderingQuestion():
                found += [f'"{step.id}"' for step in question.steps]
                found.append(question.feedback.fr[:40])
            case MatchingQuestion():
                found += [f'"{pair.id}"' for pair in question.pairs]
                found.append(question.feedback.fr[:40])
            case _:
                found.append(question.feedback.fr[:40])
    return found


def _words(page: str) -> str:
    """Return the words of the main part of a page, without the notices above it."""
    main = page.partition("<h1")[2].partition("<footer")[0]
    return " ".join(re.sub(r"<[^>]*>", " ", main).split())
