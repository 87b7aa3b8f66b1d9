"""Erasing oneself: two choices in plain words, one confirmation, and nobody is left behind."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import func, select

from badgeservice import extensions
from badgeservice.people.models import Person
from tests.web.conftest import Learner, csrf_token
from tests.web.test_my_badges import words

PAGE = "/mon-espace/effacer-mes-donnees"


def erase(person: Learner, **fields: object) -> object:
    """Send the form as its page offers it, box ticked; return the answer."""
    return person.post(PAGE, PAGE, **{"understood": "yes", **fields})


def people(app: Flask) -> int:
    """Return how many people there are."""
    with app.app_context():
        return extensions.db.session.scalar(select(func.count()).select_from(Person)) or 0


def test_the_page_says_what_happens_before_it_does(holder, app):
    """What goes, what stays, what nobody can call back; nothing is chosen in advance."""
    page = holder.get(PAGE)

    told = words(page.text)
    for sentence in (
        "On ne revient pas en arrière.",
        "Téléchargez les fichiers de vos badges si vous les gardez",
        "ne peuvent pas être rappelées, quel que soit votre choix",
        "un numéro, une date et une empreinte, qui ne disent rien de vous",
    ):
        assert sentence in told
    assert not re.search(r"<input[^>]* checked", page.text)
    assert 1 == people(app)


def test_a_badge_that_is_kept_says_that_it_is_genuine(holder, client, app, public_id):
    """200, without the name; and the person is signed out, and gone."""
    answer = erase(holder, badges="keep_badges")

    assert (303, "/donnees-effacees") == (answer.status_code, answer.headers["Location"])
    assert 0 == people(app)
    page = client.get(f"/b/{public_id}")
    assert 200 == page.status_code
    assert "Badge authentique, délivré par Cotentin Digital" in words(page.text)
    assert "Lemoigne" not in page.text


def test_a_badge_that_is_withdrawn_says_nothing_of_the_person(holder, client, app, public_id):
    """410, neutral."""
    erase(holder, badges="withdraw_badges")

    assert 0 == people(app)
    page = client.get(f"/b/{public_id}")
    assert 410 == page.status_code
    assert "n'est plus public, à la demande de la personne concernée" in words(page.text)


@pytest.mark.parametrize("choice", ["keep_badges", "withdraw_badges"])
def test_the_browser_is_signed_out_and_a_copied_cookie_too(holder, app, choice):
    """Nothing of the session stays, here or elsewhere."""
    cookie = holder.client.get_cookie("session")
    assert cookie is not None

    erase(holder, badges=choice)

    told = words(holder.get("/donnees-effacees").text)
    assert "Vos données sont effacées" in told
    other = app.test_client()
    other.set_cookie("session", cookie.value)
    for browser in (holder.client, other):
        assert "/connexion" == browser.get("/mon-espace").headers["Location"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "badges"),
        ({"badges": ""}, "badges"),
        ({"badges": "everything"}, "badges"),
        ({"badges": "keep_badges", "understood": ""}, "understood"),
        ({"badges": "keep_badges", "understood": "on"}, "understood"),
    ],
)
def test_without_a_choice_and_a_tick_nothing_is_erased(holder, app, fields, field):
    """What is missing is said beside it; what was chosen is still chosen."""
    answer = erase(holder, **fields)

    assert 400 == answer.status_code
    assert f'id="{field}-problem"' in answer.text
    assert f'href="#{field}"' in answer.text
    assert ("checked" in answer.text) == ("keep_badges" in fields.values())
    assert 1 == people(app)


def test_a_second_tap_finds_nobody_and_says_so_calmly(holder, app):
    """The old cookie, sent once more."""
    token, cookie = csrf_token(holder.get(PAGE)), holder.client.get_cookie("session")
    assert cookie is not None
    erase(holder, badges="keep_badges")
    browser = app.test_client()
    browser.set_cookie("session", cookie.value)

    fields = {"csrf_token": token, "badges": "withdraw_badges", "understood": "yes"}
    answer = browser.post(PAGE, data=fields)

    assert (303, "/connexion") == (answer.status_code, answer.headers["Location"])


def test_attack_nobody_else_is_erased(holder, learner, app):
    """W4: it is about whoever is signed in; no field names a person."""
    erase(learner, badges="withdraw_badges", person_id="per_x", email="anais@example.org")

    assert 1 == people(app)
    assert 200 == holder.get("/mon-espace").status_code


def test_who_comes_back_is_a_new_person(holder):
    """The same address, and nothing of before."""
    erase(holder, badges="keep_badges")
    holder.sign_in()

    assert "Vous n'avez pas encore de badge." in words(holder.get("/mon-espace").text)


def test_the_way_there_is_in_the_space_and_in_the_rights(holder, client):
    """A right that nobody finds is none."""
    assert f'href="{PAGE}"' in holder.get("/mon-espace").text
    assert f'href="{PAGE}"' in client.get("/donnees-personnelles").text
