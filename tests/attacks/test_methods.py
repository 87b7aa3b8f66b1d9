"""HEAD is how mail scanners and link previews look at an address; it must change nothing."""

from __future__ import annotations

import re

from flask import Flask

from tests.conftest import Letters
from tests.web.conftest import Learner, csrf_token, right_answer


def test_a_mail_scanner_that_sends_head_does_not_use_up_the_sign_in_link(
    app: Flask, letters: Letters
) -> None:
    """Flask answers HEAD with the view of GET; a view that asks "is it GET?" took it for a tap."""
    person = Learner(app.test_client(), letters, "anais@example.org")  # type: ignore[arg-type]
    person.post("/connexion", "/connexion", email=person.email)
    found = re.search(r"http://localhost(/connexion/lien/\S+)", letters.sent[-1].text)
    assert found is not None
    link, scanner, browser = found[1], app.test_client(), app.test_client()

    looked = scanner.head(link)

    assert looked.status_code == 200
    assert scanner.get("/mon-espace").status_code == 303, "the scanner is signed in"
    tapped = browser.post(link, data={"csrf_token": csrf_token(browser.get(link))})
    assert tapped.status_code == 303, "the link was used up"


def test_head_does_not_spend_the_tries_of_a_sign_in_code(app: Flask, letters: Letters) -> None:
    """Five of them would have closed every open request of a person, past the rate limit."""
    person = Learner(app.test_client(), letters, "anais@example.org")  # type: ignore[arg-type]
    person.post("/connexion", "/connexion", email=person.email)

    for _ in range(6):
        assert person.client.head("/connexion/code").status_code == 200

    code = re.search(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b", letters.sent[-1].text)
    assert code is not None
    answer = person.post("/connexion/code", "/connexion/code", code=code[0])
    assert answer.status_code == 303


def test_head_does_not_take_back_a_saved_answer(learner: Learner) -> None:
    """An empty form takes an answer back, and HEAD carries an empty form."""
    place = learner.start()
    learner.post(place, place, **right_answer(learner.client, place))
    review = f"/quiz/{place.split('/')[2]}/relecture"
    assert "1 réponse sur 10" in learner.get(review).text

    assert learner.client.head(place).status_code == 200

    assert "1 réponse sur 10" in learner.get(review).text
