"""Signing in by mail tells nobody anything, and a link alone does nothing."""

from __future__ import annotations

import re

import pytest

from badgeservice.errors import MailNotSent
from tests.web.conftest import MODULE, Learner


def link_in(letters) -> str:
    """Return the path of the link in the last mail."""
    found = re.search(r"http://localhost(/\S+)", letters.sent[-1].text)
    assert found is not None
    return found[1]


@pytest.fixture
def visitor(app, letters) -> Learner:
    """Someone who has not signed in."""
    return Learner(app.test_client(), letters, "visitor@example.org")


def test_known_and_unknown_addresses_get_the_same_answer(visitor):
    """W5: nobody learns here who has an account."""
    answers = [
        visitor.post("/connexion", "/connexion", email=email)
        for email in ("anais@example.org", "nobody@example.org")
    ]

    assert answers[0].status_code == answers[1].status_code == 303
    assert answers[0].headers["Location"] == answers[1].headers["Location"]


def test_opening_the_link_signs_nobody_in(visitor, letters):
    """Mail scanners open links; the code would be spent before the person sees it."""
    visitor.post("/connexion", "/connexion", email=visitor.email)

    page = visitor.get(link_in(letters))

    assert 200 == page.status_code
    assert "/connexion" == visitor.get("/mon-espace").headers["Location"]


def test_confirming_the_link_signs_in_on_this_device(visitor, letters, app):
    """Even on another device than the one that asked."""
    visitor.post("/connexion", "/connexion", email=visitor.email)
    other = Learner(app.test_client(), letters, visitor.email)
    link = link_in(letters)

    answer = other.post(link, link)

    assert "/mon-espace" == answer.headers["Location"]
    assert 200 == other.get("/mon-espace").status_code


def test_attack_a_link_serves_once(visitor, letters, app):
    """W5: whoever finds the mail later finds nothing."""
    visitor.post("/connexion", "/connexion", email=visitor.email)
    link = link_in(letters)
    visitor.post(link, link)

    thief = Learner(app.test_client(), letters, "thief@example.org")
    answer = thief.post(link, link)

    assert 400 == answer.status_code
    assert "ne fonctionne plus" in answer.text


def test_a_wrong_code_is_explained_beside_the_field(visitor):
    """What happened and what to do; the address is kept."""
    visitor.post("/connexion", "/connexion", email=visitor.email)

    answer = visitor.post("/connexion/code", "/connexion/code", code="AAAAA-AAAAA")

    assert 400 == answer.status_code
    assert 'aria-describedby="code-problem"' in answer.text
    assert visitor.email in answer.text


@pytest.mark.parametrize("email", ["", "lea", "lea@", "@x.fr", "a b@x.fr", "x" * 400, "\x00@x.fr"])
def test_an_address_that_cannot_be_is_explained(visitor, letters, email):
    """Nothing is sent."""
    answer = visitor.post("/connexion", "/connexion", email=email)

    assert 400 == answer.status_code
    assert 'aria-invalid="true"' in answer.text
    assert not letters.sent


def test_a_mail_that_cannot_be_sent_is_said(visitor, letters):
    """Someone waiting for a mail that never left gives up."""

    def refuse(_message: object) -> None:
        raise MailNotSent("the server is away")

    letters.send = refuse

    answer = visitor.post("/connexion", "/connexion", email=visitor.email)

    assert 400 == answer.status_code
    assert "réessayez dans quelques minutes" in answer.text.replace("\xa0", " ")


def test_the_address_is_never_in_an_address_bar(visitor):
    """Histories, logs and screenshots keep those."""
    answer = visitor.post("/connexion", "/connexion", email=visitor.email)

    assert "visitor" not in answer.headers["Location"]


def test_signing_in_from_a_sheet_opens_its_quiz(visitor, letters):
    """The person wanted the quiz, not their dashboard."""
    visitor.post("/connexion", f"/modules/{MODULE}", email=visitor.email, module=MODULE)
    code = re.search(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b", letters.sent[-1].text)
    assert code is not None

    answer = visitor.post("/connexion/code", "/connexion/code", code=code[0])

    assert re.fullmatch(r"/quiz/att_[0-9a-f]{32}/questions/1", answer.headers["Location"])


@pytest.mark.parametrize("module", ["//evil.example", "https://evil.example", "../..", "x"])
def test_attack_what_comes_after_signing_in_is_a_module_of_ours(visitor, module):
    """W3: there is no address to redirect to, so there is no open redirect."""
    answer = visitor.post("/connexion", "/connexion", email=visitor.email, module=module)

    assert 404 == answer.status_code


@pytest.mark.parametrize("parameter", ["next", "return_to", "redirect", "url"])
def test_attack_no_parameter_leads_elsewhere(visitor, letters, parameter):
    """W3: the usual names of open redirects mean nothing here."""
    visitor.post(f"/connexion?{parameter}=//evil.example", "/connexion", email=visitor.email)
    link = link_in(letters)

    answer = visitor.post(f"{link}?{parameter}=//evil.example", link)

    assert "/mon-espace" == answer.headers["Location"]


def test_the_mail_speaks_the_language_of_the_page(visitor, letters):
    """And its link leads to a page in that language."""
    visitor.post("/en/sign-in", "/en/sign-in", email=visitor.email)

    assert "en" == letters.sent[-1].language
    assert link_in(letters).startswith("/en/sign-in/link/")
