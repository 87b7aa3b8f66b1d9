"""The real application on a database of its own, and the people who use it."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from badgeservice import extensions
from badgeservice.app import create_app
from badgeservice.core import Stock
from badgeservice.issuing.models import Badge, Visibility
from badgeservice.learning import content
from badgeservice.learning.quiz import (
    ChoiceQuestion,
    MatchingQuestion,
    NumberQuestion,
    OrderingQuestion,
    ShortTextQuestion,
)
from badgeservice.settings import Settings
from badgeservice.sharing import holdings
from tests.conftest import Clock, Letters, copy_of, running

MODULE = "workplace-security-reflexes"
BADGE = "crcn-4-1-beginner"


@dataclass(frozen=True)
class Furnished:
    """An installation in which one person, Anaïs Lemoigne, already holds a badge.

    Her badge carries her name and is visible by its link; `cookie` is that of her browser.
    """

    settings: Settings
    public_id: str
    cookie: str


@pytest.fixture(scope="session")
def furnished(
    installed: Settings, stock: Stock, tmp_path_factory: pytest.TempPathFactory
) -> Furnished:
    """The installation, once someone has walked all the way to a badge; made once."""
    settings = copy_of(installed, tmp_path_factory.mktemp("furnished"))
    letters = Letters()
    app = create_app(settings, clock=Clock(), mailer=letters, stock=stock)
    person = Learner(app.test_client(), letters, "anais@example.org")
    person.sign_in()
    public_id = person.earn(name="Anaïs Lemoigne")
    cookie = person.client.get_cookie("session")
    assert cookie is not None
    with app.app_context():
        extensions.db.engine.dispose()
    return Furnished(settings, public_id, cookie.value)


@pytest.fixture
def app(
    furnished: Furnished, stock: Stock, tmp_path: Path, clock: Clock, letters: Letters
) -> Iterator[Flask]:
    """The application, on a fresh copy of the furnished installation."""
    yield from running(copy_of(furnished.settings, tmp_path), clock, letters, stock)


@pytest.fixture
def public_id(furnished: Furnished) -> str:
    """The badge of Anaïs Lemoigne."""
    return furnished.public_id


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor's browser."""
    return app.test_client()


@dataclass
class Learner:
    """A person with a browser, who does what the pages offer."""

    client: FlaskClient
    letters: Letters
    email: str

    def get(self, path: str, **options: object) -> TestResponse:
        """Open a page."""
        return self.client.get(path, **options)  # type: ignore[arg-type]

    def post(self, path: str, token_from: str, **fields: object) -> TestResponse:
        """Send a form to `path`, with the token of the page `token_from`."""
        token = csrf_token(self.get(token_from))
        return self.client.post(path, data={"csrf_token": token, **fields})

    def sign_in(self) -> None:
        """Ask for a code and type it."""
        self.post("/connexion", "/connexion", email=self.email)
        code = re.search(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b", self.letters.sent[-1].text)
        assert code is not None
        answer = self.post("/connexion/code", "/connexion/code", code=code[0])
        assert answer.status_code == 303, answer.text

    def start(self, mode: str = "assess") -> str:
        """Start the quiz; return the address of the first question."""
        answer = self.post(f"/modules/{MODULE}/quiz", f"/modules/{MODULE}", mode=mode)
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def pass_quiz(self) -> str:
        """Answer everything rightly and send it; return the address of the result."""
        place = self.start()
        while "/questions/" in place:
            fields = right_answer(self.client, place)
            answer = self.post(place, place, **fields)
            assert answer.status_code == 303, answer.text
            place = answer.headers["Location"]
        attempt = place.split("/")[2]
        answer = self.post(f"/quiz/{attempt}/envoi", place)
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def offer(self) -> str:
        """Return the address of the offer that waits in this person's space."""
        found = re.search(r'href="(/mon-espace/propositions/[^"]+)"', self.get("/mon-espace").text)
        assert found is not None
        return found[1]

    def earn(self, visibility: str = "link", name: str = "", language: str = "fr") -> str:
        """Pass the quiz, accept the badge; return its public id."""
        self.pass_quiz()
        offer = self.offer()
        answer = self.post(
            f"{offer}/recevoir",
            offer,
            with_name="yes" if name else "no",
            name=name,
            signed_language=language,
            visibility=visibility,
        )
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"].rpartition("/")[2]


@pytest.fixture
def holder(app: Flask, letters: Letters, furnished: Furnished) -> Learner:
    """Anaïs Lemoigne, signed in."""
    person = Learner(app.test_client(), letters, "anais@example.org")
    person.client.set_cookie("session", furnished.cookie)
    return person


@pytest.fixture
def learner(app: Flask, letters: Letters) -> Learner:
    """Someone who has just signed in for the first time."""
    person = Learner(app.test_client(), letters, "lea@example.org")
    person.sign_in()
    return person


def show_to(app: Flask, public_id: str, visibility: str) -> None:
    """Let a badge be seen by others, as its holder could."""
    with app.app_context():
        session, here = extensions.db.session, extensions.services()
        badge = session.get_one(Badge, public_id)
        holdings.set_visibility(
            session, here.office, badge, Visibility(visibility), now=here.clock()
        )
        session.commit()


def right_answer(client: FlaskClient, place: str) -> dict[str, object]:
    """Return the form that answers the question at `place` rightly.

    The page does not say what is right; the module's file does.
    """
    page = client.get(place).text
    quiz = library().module(MODULE).quiz
    prompt = unescape(re.search(r'class="legend"[^>]*>(.*?)<small>', page, re.DOTALL)[1])  # type: ignore[index]
    question = next(q for q in quiz.questions if plain(q.prompt.fr) == plain(prompt))
    match question:
        case ChoiceQuestion():
            right = {plain(choice.text.fr) for choice in question.choices if choice.is_correct}
            offered = re.findall(r'name="choice" value="([^"]+)"[^>]*><span>(.*?)</span>', page)
            return {"choice": [value for value, text in offered if plain(unescape(text)) in right]}
        case OrderingQuestion():
            places = {plain(step.text.fr): str(n) for n, step in enumerate(question.steps, 1)}
            rows = re.findall(r'<label for="(row-[^"]+)">(.*?)</label>', page)
            return {field: places[plain(unescape(text))] for field, text in rows}
        case MatchingQuestion():
            options = {
                plain(unescape(text)): value
                for value, text in re.findall(r'<option value="([^"]+)"[^>]*>(.*?)</option>', page)
            }
            rights = {plain(pair.left.fr): options[plain(pair.right.fr)] for pair in question.pairs}
            rows = re.findall(r'<label for="(row-[^"]+)">(.*?)</label>', page)
            return {field: rights[plain(unescape(text))] for field, text in rows}
        case NumberQuestion():
            return {"text": str(question.value)}
        case ShortTextQuestion():
            return {"text": question.accepted[0]}
    raise AssertionError(f"no answer for {question.kind}")


@functools.cache
def library() -> content.Library:
    """Return the modules that come with the service."""
    return content.load()


def plain(text: str) -> str:
    """Return `text` without what typography does to spaces."""
    return " ".join(text.split())


def csrf_token(page: TestResponse) -> str:
    """Return the token of the first form on a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found is not None, f"{page.request.path}: no form"
    return unescape(found[1])
