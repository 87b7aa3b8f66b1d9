"""A quiz is one question a screen, saved one by one, reviewed, sent once; it gives nothing away."""

from __future__ import annotations

import re

import pytest

from tests.web.conftest import MODULE, library, right_answer


def attempt_of(place: str) -> str:
    """Return the attempt that an address is about."""
    return place.split("/")[2]


def fail(learner) -> str:
    """Send a quiz without a single answer; return the address of the result."""
    place = learner.start()
    review = f"/quiz/{attempt_of(place)}/relecture"
    answer = learner.post(f"/quiz/{attempt_of(place)}/envoi", review)
    result: str = answer.headers["Location"]
    return result


def test_an_answer_is_saved_and_said_to_be(learner):
    """Whoever is cut off must know what is kept."""
    place = learner.start()

    learner.post(place, place, **right_answer(learner.client, place))
    page = learner.get(place.replace("/questions/1", "/questions/2")).text

    assert 'role="status"' in page
    assert "Réponse à la question 1 enregistrée." in page


def test_a_quiz_is_resumed_where_it_was_left(learner):
    """Another device, another day: the first question without an answer."""
    place = learner.start()
    learner.post(place, place, **right_answer(learner.client, place))

    again = learner.start()

    assert place.replace("/questions/1", "/questions/2") == again


def test_a_saved_answer_is_shown_again(learner):
    """Going back must not look like losing."""
    place = learner.start()
    learner.post(place, place, **right_answer(learner.client, place))

    page = learner.get(place).text

    assert (
        "checked" in page or "selected>" in page or re.search(r'id="answer"[^>]*value="[^"]', page)
    )


def test_every_question_says_its_place(learner):
    """In the title too: it is what a screen reader and a tab show."""
    place = learner.start()

    page = learner.get(place).text

    assert re.search(r"<title>Question 1 sur 10 –", page)


def test_the_review_comes_before_sending_and_begins_with_what_is_missing(learner):
    """RGAA 11.12: a test can be reviewed before it is sent."""
    place = learner.start()
    learner.post(place, place, **right_answer(learner.client, place))

    page = learner.get(f"/quiz/{attempt_of(place)}/relecture").text

    assert "1 réponse sur 10." in page
    assert page.index("Sans réponse") < page.index("Enregistrée</span>")
    assert "vous ne pourrez plus les modifier" in page


@pytest.mark.parametrize("step", ["questions/1", "relecture"])
def test_attack_nothing_is_given_away_before_sending(learner, step):
    """W12: no page of an open assessment holds a word of feedback."""
    place = learner.start()

    page = learner.get(f"/quiz/{attempt_of(place)}/{step}").text

    feedback = [
        choice.feedback.fr
        for question in library().module(MODULE).quiz.questions
        for choice in getattr(question, "choices", ())
    ]
    assert not [text for text in feedback if text in page]
    for word in ("correct", "juste", "score", "points"):
        assert f'"{word}' not in page


def test_not_reached_says_what_to_do_and_never_failure(learner):
    """« Pas encore », the passage to read, the next try: now."""
    page = learner.get(fail(learner)).text

    assert "Pas encore" in page
    assert "Réessayer maintenant" in page
    assert re.search(rf'href="/modules/{MODULE}#[a-z-]+"', page)
    for word in ("échec", "échoué", "mauvais", "invalide"):
        assert word not in page.lower()


def test_the_third_try_waits_and_says_until_when(learner):
    """At once, then ten minutes, then a day."""
    fail(learner)

    page = learner.get(fail(learner)).text

    assert "Nouvelle tentative possible le 23\xa0novembre 2026 à 10\xa0h 10." in page
    assert "Réessayer maintenant" not in page


def test_a_try_that_comes_too_early_is_explained(learner):
    """A form from an old tab: no error page, a sentence."""
    fail(learner)
    fail(learner)

    answer = learner.post(f"/modules/{MODULE}/quiz", f"/modules/{MODULE}", mode="assess")

    assert "/mon-espace" == answer.headers["Location"]
    assert "un peu plus tard" in learner.get("/mon-espace").text


def test_passing_leads_to_the_offer(learner):
    """One tap further."""
    page = learner.get(learner.pass_quiz()).text

    assert "Vous avez réussi" in page
    assert re.search(r'class="button" href="/mon-espace/propositions/awd_', page)


def test_sending_twice_gives_the_same_result(learner):
    """The second tap of an impatient thumb."""
    result = learner.pass_quiz()
    attempt = attempt_of(result)

    again = learner.post(f"/quiz/{attempt}/envoi", "/mon-espace")

    assert result == again.headers["Location"]


def test_a_question_of_a_sent_quiz_leads_to_its_result(learner):
    """The back button after sending."""
    result = learner.pass_quiz()

    answer = learner.get(f"/quiz/{attempt_of(result)}/questions/3")

    assert result == answer.headers["Location"]


def test_practice_explains_at_once_and_leaves_nothing(learner):
    """To learn; nothing comes of it."""
    place = learner.start("practise")
    learner.post(place, place, **right_answer(learner.client, place))

    assert "Bonne réponse" in learner.get(place).text
    assert "Rien pour l'instant" in learner.get("/mon-espace").text.replace("&#39;", "'")


@pytest.mark.parametrize(
    "fields",
    [
        {"choice": "not-a-token"},
        {"choice": ["a", "b"]},
        {"text": "x" * 5000},
        {"row-1": "9"},
        {"choice": "<script>", "text": "'; DROP TABLE", "row-x": "\x00"},
    ],
)
def test_attack_a_form_that_no_page_made_is_refused_in_words(learner, fields):
    """Neither saved nor an error of ours."""
    place = learner.start()
    for number in range(1, 11):
        question = place.replace("/questions/1", f"/questions/{number}")
        answer = learner.post(question, question, **fields)
        assert answer.status_code in (303, 400)
        if answer.status_code == 400:
            assert 'role="alert"' in answer.text


@pytest.mark.parametrize("number", [0, 11, 999, "x", "1.5", "-1"])
def test_a_question_that_does_not_exist_is_not_found(learner, number):
    """Guessing addresses leads nowhere."""
    place = learner.start()

    assert 404 == learner.get(f"/quiz/{attempt_of(place)}/questions/{number}").status_code
