"""In English from end to end; and the same page in the other language, wherever one is."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from .conftest import Arrive
from .installation import Installation
from .visitor import MODULE_PATH, Visitor, walk

pytestmark = pytest.mark.journey


def test_from_home_to_badge_in_english(
    installation: Installation, arrive: Arrive, email: str
) -> None:
    """The badge is signed in English, and its page reads English to an English browser."""
    visitor = arrive("en")
    visitor.open("/en/")

    visitor.tap("Pour moi")
    visitor.tap(walk.module().title["en"])
    visitor.start_quiz(email)
    visitor.answer_all()
    visitor.tap("Envoyer mes réponses")
    visitor.tap("Voir mon badge")
    address = visitor.accept()
    visitor.page.goto(address)

    assert "en" == visitor.page.locator("html").get_attribute("lang")
    assert walk.plain(visitor.page.locator(".verdict").inner_text()).startswith(
        "Genuine badge, active"
    )
    _, report = installation.verify(address)
    assert "green" == report["verdict"]
    assert "Securing the digital environment" in report["credential"]["name"]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/modules",
        MODULE_PATH["fr"],
        "/entreprises",
        "/verifier",
        "/verifier/liste",
        "/aide",
        "/accessibilite",
        "/donnees-personnelles",
        "/mentions-legales",
        "/connexion",
        "/issuers/demo",
        "/frameworks/crcn",
        "/frameworks/crcn/4",
        "/frameworks/crcn/4.1",
        "/frameworks/crcn/levels/beginner",
        "/achievements/crcn-4-1-beginner/1/fr",
        "/b/1111111111111111111111",
    ],
)
def test_the_switch_keeps_the_page(arrive: Arrive, path: str) -> None:
    """Whoever changes the language goes on reading the same page, and comes back to it."""
    visitor = arrive("fr")
    visitor.open(path)

    _switch(visitor, "en")
    _switch(visitor, "fr")

    back = urlsplit(visitor.page.url)
    asked = urlsplit(path)
    assert asked.path == back.path
    assert asked.query == back.query.replace("lang=fr", "").strip("&")


def test_the_switch_keeps_what_was_answered(arrive: Arrive, email: str) -> None:
    """In the middle of a quiz, the question and its saved answer stay."""
    visitor = arrive("fr")
    visitor.open(MODULE_PATH["fr"])
    visitor.start_quiz(email)
    visitor.answer()
    visitor.tap("Enregistrer et continuer")
    visitor.page.go_back()
    path = urlsplit(visitor.page.url).path

    _switch(visitor, "en")

    assert f"/en{path}" == urlsplit(visitor.page.url).path
    assert visitor.page.locator("li.done, li.here").count() >= 1


def _switch(visitor: Visitor, language: str) -> None:
    with visitor.page.expect_navigation():
        visitor.page.locator(f".languages a[hreflang={language}]").click()
    expect(visitor.page.locator("html")).to_have_attribute("lang", language)
