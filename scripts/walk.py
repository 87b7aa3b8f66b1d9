"""Walk from the home page to a verified badge over HTTP, as a person with a plain browser would.

    .venv/bin/python scripts/walk.py http://127.0.0.1:8000

Each step reads the page, and goes on only through a link or a form that stands on it. A new person
walks each time, so it can be run again and again. The server runs in development, where mails are
shown on a page; the files are verified by the command line of the installation that
BADGESERVICE_* names. Prints a line for each step; exits 1 with what was expected when one fails.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener

from badgeservice.learning import content
from badgeservice.learning.quiz import (
    ChoiceQuestion,
    MatchingQuestion,
    NumberQuestion,
    OrderingQuestion,
    Question,
    ShortTextQuestion,
)
from badgeservice.learning.views import CHOICE_FIELD, TEXT_FIELD

MODULE = "workplace-security-reflexes"
LANGUAGE = "fr"
TIMEOUT_SECONDS = 30
# Elements that have no end tag and are written without one (HTML §13.1.2).
_VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "wbr"})
Sent = Mapping[str, list[str]]


class Surprise(Exception):
    """What stands there is not what a person needs to go on."""


# --- reading a page ------------------------------------------------------------------------------


@dataclass
class Element:
    """An HTML element with what it contains."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element | str] = field(default_factory=list)

    def all(self, *tags: str) -> Iterator[Element]:
        """Yield every element below this one with one of these tags, in the order of the page."""
        for child in self.children:
            if isinstance(child, Element):
                if child.tag in tags:
                    yield child
                yield from child.all(*tags)

    def text(self, *, without: str = "") -> str:
        """Return the words a person reads here, spaces made plain; not those in tag `without`."""
        parts = [
            child if isinstance(child, str) else child.text(without=without)
            for child in self.children
            if isinstance(child, str) or child.tag != without
        ]
        return plain("".join(parts))

    def has_class(self, name: str) -> bool:
        """Tell whether the element carries a class."""
        return name in self.attributes.get("class", "").split()


class _TreeBuilder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in (element.tag for element in self._open[1:]):
            while self._open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


def plain(text: str) -> str:
    """Return `text` with every run of spaces, unbreakable ones too, as one space."""
    return " ".join(text.split())


@dataclass(frozen=True)
class Page:
    """A page as it was answered."""

    address: str
    tree: Element

    @property
    def title(self) -> str:
        """The first heading."""
        return next(self.tree.all("h1")).text()

    def link(self, words: str) -> str:
        """Return where the link goes whose words begin with `words`."""
        for element in self.tree.all("a"):
            if element.text().startswith(words):
                return urljoin(self.address, element.attributes["href"])
        raise Surprise(f"a link “{words}” on {self.address} (“{self.title}”)")

    def form(self, button: str) -> Form:
        """Return the form with the button `button`."""
        for element in self.tree.all("form"):
            for each in element.all("button"):
                if each.text() == button:
                    return Form(self, element, each)
        raise Surprise(f"a button “{button}” on {self.address} (“{self.title}”)")


@dataclass(frozen=True)
class Form:
    """A form, to be sent with one of its buttons."""

    page: Page
    element: Element
    button: Element

    @property
    def address(self) -> str:
        """Where it is sent."""
        action = self.button.attributes.get("formaction", self.element.attributes.get("action", ""))
        return urljoin(self.page.address, action)

    def values(self) -> dict[str, list[str]]:
        """Return what a browser would send if nothing were changed."""
        sent: dict[str, list[str]] = {}
        for control in self.element.all("input"):
            name, attributes = control.attributes.get("name"), control.attributes
            if name and (
                attributes["type"] not in ("radio", "checkbox") or "checked" in attributes
            ):
                sent.setdefault(name, []).append(attributes.get("value", ""))
        for control in self.element.all("select"):
            chosen = [o for o in control.all("option") if "selected" in o.attributes]
            sent[control.attributes["name"]] = [
                (chosen or list(control.all("option")))[0].attributes["value"]
            ]
        if name := self.button.attributes.get("name"):
            sent[name] = [self.button.attributes["value"]]
        return sent


class Browser:
    """Keeps cookies and follows redirects; runs no script."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.cookies = CookieJar()
        # No proxy: the server stands on this machine.
        self._opener = build_opener(HTTPCookieProcessor(self.cookies), ProxyHandler({}))

    def fetch(self, address: str, data: Sent | None = None) -> tuple[str, bytes]:
        """Return the final address and the body; raise Surprise for an error."""
        address = urljoin(self.base_url, address)
        body = urlencode(data, doseq=True).encode() if data is not None else None
        request = Request(address, body, {"Accept": "text/html,*/*;q=0.8"})
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                return answer.url, answer.read()
        except HTTPError as error:
            with error:
                title = _tree(error.read().decode(errors="replace")).text()[:400]
            raise Surprise(f"{address} to be answered, not {error.code}: {title}") from None

    def open(self, address: str) -> Page:
        """Open a page."""
        return _page(*self.fetch(address))

    def send(self, form: Form, **changes: list[str]) -> Page:
        """Send a form after changing some of its fields."""
        return _page(*self.fetch(form.address, form.values() | changes))


def _tree(text: str) -> Element:
    builder = _TreeBuilder()
    builder.feed(text)
    return builder.root


def _page(address: str, body: bytes) -> Page:
    return Page(address, _tree(body.decode()))


# --- knowing the answers -------------------------------------------------------------------------


@cache
def module() -> content.Module:
    """Return the module whose quiz is taken."""
    return content.load().module(MODULE)


def question_asked(prompt: str, language: str) -> Question:
    """Return the question of the module whose prompt a page shows."""
    for question in module().quiz.questions:
        if plain(question.prompt[language]) == plain(prompt):
            return question
    raise Surprise(f"a question of the module, not “{prompt}”")


def right_choices(question: ChoiceQuestion, language: str) -> set[str]:
    """Return the words of every right choice."""
    return {plain(each.text[language]) for each in question.choices if each.is_correct}


def right_rows(question: OrderingQuestion | MatchingQuestion, language: str) -> dict[str, str]:
    """Return, by the words of each line, the words of the right option."""
    if isinstance(question, OrderingQuestion):
        return {plain(s.text[language]): str(n) for n, s in enumerate(question.steps, start=1)}
    return {plain(each.left[language]): plain(each.right[language]) for each in question.pairs}


def right_text(question: NumberQuestion | ShortTextQuestion) -> str:
    """Return a right answer to write."""
    if isinstance(question, NumberQuestion):
        return str(float(question.value))
    return question.accepted[0]


def answers(form: Form, language: str) -> dict[str, list[str]]:
    """Return the fields of the question's form, filled in rightly."""
    legend = next(each for each in form.element.all("legend", "label") if each.has_class("legend"))
    question = question_asked(legend.text(without="small"), language)
    if isinstance(question, ChoiceQuestion):
        right = right_choices(question, language)
        labels = {each.text(): next(each.all("input")) for each in form.element.all("label")}
        if not right <= labels.keys():
            raise Surprise(f"the choices {sorted(right)}")
        return {CHOICE_FIELD: [labels[words].attributes["value"] for words in sorted(right)]}
    if isinstance(question, OrderingQuestion | MatchingQuestion):
        rows = right_rows(question, language)
        filled = {}
        for row in form.element.all("li"):
            label, select = next(row.all("label")), next(row.all("select"))
            values = {o.text(): o.attributes["value"] for o in select.all("option")}
            filled[select.attributes["name"]] = [values[rows[label.text()]]]
        return filled
    return {TEXT_FIELD: [right_text(question)]}


# --- the walk ------------------------------------------------------------------------------------


def walk(base_url: str) -> Iterator[str]:
    """Take every step; yield a line after each. Raises Surprise."""
    browser, email = Browser(base_url), f"walk-{secrets.token_hex(6)}@example.org"
    home = browser.open("/")
    yield f"home: {home.title}"

    modules = browser.open(home.link("Pour moi"))
    sheet = browser.open(modules.link(plain(module().title[LANGUAGE])))
    yield f"module: {sheet.title}"

    question = first_question(browser, sheet, email)
    yield f"signed in by the mailed link: {question.title}"

    review = answered(browser, question)
    yield f"answered every question: {review.title}"

    result = browser.send(review.form("Envoyer mes réponses"))
    yield f"result: {result.title}"

    offer = browser.open(result.link("Voir mon badge"))
    preview = browser.send(offer.form("Voir l'aperçu"), visibility=["link"])
    yield f"offer, nothing signed yet: {preview.title}"

    mine = browser.send(preview.form("Recevoir ce badge"))
    badge = browser.open(mine.link("Voir la page comme un employeur"))
    verdict = next((e for e in badge.tree.all("section") if e.has_class("verdict-green")), None)
    if verdict is None or "Badge authentique et actif" not in verdict.text():
        raise Surprise(f"a green verdict on {badge.address}")
    address = badge.address.partition("?")[0]
    yield f"accepted; its page says: {verdict.text()}"

    with tempfile.TemporaryDirectory() as folder:
        for words in ("JSON", "JWT", "PNG"):
            _, released = browser.fetch(badge.link(words))
            file = Path(folder, f"badge.{words.lower()}")
            file.write_bytes(released)
            yield f"{words}, {len(released)} bytes: {_verify(file, address)}"
    yield f"the badge: {address}"


def first_question(browser: Browser, sheet: Page, email: str) -> Page:
    """Ask for the quiz from the sheet, sign in by the mailed link; return the first question."""
    asked = browser.send(sheet.form("Valider mes acquis"), email=[email])
    confirm = browser.open(_mailed_link(browser, asked, email))
    return browser.send(confirm.form("Entrer dans mon espace"))


def answered(browser: Browser, question: Page) -> Page:
    """Answer every question rightly; return the review."""
    for _ in range(module().quiz.draw):
        form = question.form("Enregistrer et continuer")
        question = browser.send(form, **answers(form, LANGUAGE))
    return question


def _mailed_link(browser: Browser, asked: Page, email: str) -> str:
    """Return the link in the newest mail to `email`."""
    mailbox = browser.open(asked.link("Lire le message ici"))
    for letter in mailbox.tree.all("article"):
        if email in letter.text():
            return urljoin(mailbox.address, next(letter.all("a")).attributes["href"])
    raise Surprise(f"a mail to {email}")


def _verify(file: Path, address: str) -> str:
    """Verify a file with the command of this installation; return what it said."""
    command = [str(Path(sys.executable).with_name("badgeservice")), "verify", "--json", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Surprise(f"{file.name} to be green:\n{done.stdout}{done.stderr}")
    report = json.loads(done.stdout)
    if report["credential"]["id"] != address:
        raise Surprise(f"{file.name} to be {address}, not {report['credential']['id']}")
    return f"verify says {report['verdict']}"


def main() -> int:
    """Walk, and return the exit code."""
    if len(sys.argv) != 2 or urlsplit(sys.argv[1]).scheme not in ("http", "https"):
        print("usage: scripts/walk.py BASE_URL", file=sys.stderr)
        return 2
    try:
        for line in walk(sys.argv[1]):
            print(f"✔ {line}", flush=True)
    except Surprise as surprise:
        print(f"✘ expected {surprise}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
