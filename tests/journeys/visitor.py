"""A person with a browser: opens pages, taps what they read, answers a quiz rightly or wrongly."""

from __future__ import annotations

import gettext
import re
import sys
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Locator, Page, Request, Response, Route

from badgeservice.learning.quiz import ChoiceQuestion, MatchingQuestion, OrderingQuestion

from .installation import ROOT, Installation

sys.path.insert(0, str(ROOT / "scripts"))
import walk  # the front door's walk knows the right answers

PUBLIC, BY_LINK, PRIVATE = "Tout le monde", "Les personnes qui ont le lien", "Moi seulement"
MODULE_PATH = {"fr": f"/modules/{walk.MODULE}", "en": f"/en/modules/{walk.MODULE}"}
_TRANSLATIONS = {
    "fr": gettext.NullTranslations(),
    "en": gettext.translation("messages", ROOT / "badgeservice/web/translations", ["en"]),
}


@dataclass
class Visitor:
    """One browser window with cookies of its own, and what it asked for."""

    installation: Installation
    context: BrowserContext
    page: Page
    language: str
    foreign_requests: list[str] = field(default_factory=list)
    screens: list[str] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)

    @classmethod
    def arrive(
        cls, installation: Installation, context: BrowserContext, *, language: str
    ) -> Visitor:
        """Open a window. Whatever it asks of another origin is refused and noted."""
        visitor = cls(installation, context, context.new_page(), language)
        # A route also switches the browser's cache off, so that pages can be weighed.
        context.route("**/*", visitor._pass)
        context.on("request", visitor._note_request)
        context.on("response", visitor._note_answer)
        return visitor

    # --- going about -----------------------------------------------------------------------------

    def open(self, path: str) -> None:
        """Go to a path of the service."""
        self.page.goto(self.installation.base_url + path)

    def say(self, french: str) -> str:
        """Return what our pages say in the visitor's language."""
        return _TRANSLATIONS[self.language].gettext(french)

    def tap(self, french: str, *, within: Locator | None = None) -> None:
        """Tap the link or button that says this, and wait for the page behind it."""
        with self.page.expect_navigation():
            self.control(french, within=within).click()

    def control(self, french: str, *, within: Locator | None = None) -> Locator:
        """Return the first link or button whose words begin with these."""
        words = spaces_alike(self.say(french))
        place = within or self.page
        return (
            place.get_by_role("link", name=words).or_(place.get_by_role("button", name=words)).first
        )

    def choose(self, french: str) -> None:
        """Tick the radio button or checkbox that says this."""
        words = spaces_alike(self.say(french))
        self.page.locator("label.choice").filter(has_text=words).first.locator("input").check()

    @property
    def heading(self) -> str:
        """The first heading of the page."""
        return walk.plain(self.page.locator("h1").inner_text())

    @property
    def text(self) -> str:
        """Every word of the page, folded parts too."""
        return walk.plain(self.page.locator("main").text_content() or "")

    # --- the path --------------------------------------------------------------------------------

    def start_quiz(self, email: str) -> None:
        """Ask for the quiz from the sheet, sign in by the mailed link, be at the first question."""
        self.page.get_by_label(re.compile("e-mail", re.I)).fill(email)
        self.tap("Valider mes acquis", within=self.page.locator("#validate"))
        self.tap("Lire le message ici")
        letter = self.page.locator("article").filter(has_text=email).first
        with self.page.expect_navigation():
            letter.locator("a").click()
        self.tap("Entrer dans mon espace")

    def answer_all(self, *, wrong: int = 0) -> None:
        """Answer every question, the first `wrong` ones wrongly; end on the review."""
        while self.question_kind():
            self.answer(rightly=wrong <= 0)
            wrong -= 1
            self.tap("Enregistrer et continuer")

    def answer(self, *, rightly: bool = True) -> None:
        """Fill in the question that is shown."""
        legend = self.page.locator("legend.legend, label.legend")
        prompt = legend.evaluate("e => e.firstChild.textContent")
        question = walk.question_asked(prompt, self.language)
        if isinstance(question, ChoiceQuestion):
            right = walk.right_choices(question, self.language)
            for label in self.page.locator("label.choice").all():
                is_right = walk.plain(label.inner_text()) in right
                if question.kind == "multiple":
                    label.locator("input").set_checked(is_right == rightly)
                elif is_right == rightly:
                    label.locator("input").check()
        elif isinstance(question, OrderingQuestion | MatchingQuestion):
            right_options = walk.right_rows(question, self.language)
            rows = self.page.locator("li.row").all()
            labels = [walk.plain(row.locator("label").inner_text()) for row in rows]
            options = [right_options[label] for label in labels]
            if not rightly:
                options = options[1:] + options[:1]
            for row, option in zip(rows, options, strict=True):
                for each in row.locator("option").all():
                    if walk.plain(each.inner_text()) == option:
                        row.locator("select").select_option(each.get_attribute("value"))
        else:
            text = walk.right_text(question) if rightly else "987654"
            self.page.locator("#answer").fill(text)

    def reach_offer(self, email: str) -> None:
        """Stand before the offer, in French: the front door's walk goes there without a window."""
        walker = walk.Browser(self.installation.base_url)
        sheet = walker.open(MODULE_PATH["fr"])
        review = walk.answered(walker, walk.first_question(walker, sheet, email))
        result = walker.send(review.form("Envoyer mes réponses"))
        self.enter_as(walker)
        self.page.goto(result.link("Voir mon badge"))

    def accept(self, *, visibility: str = BY_LINK) -> str:
        """Receive the badge that is offered; return its address."""
        self.choose(visibility)
        self.tap("Recevoir ce badge")
        return f"{self.installation.base_url}/b/{self.page.url.rsplit('/', 1)[-1]}"

    def enter_as(self, walker: walk.Browser) -> None:
        """Go on as whoever walked without a window."""
        self.context.add_cookies(
            [
                {"name": each.name, "value": each.value or "", "url": walker.base_url}
                for each in walker.cookies
            ]
        )

    def question_kind(self) -> str:
        """Return the type of the question that is shown; empty when none is."""
        legend = self.page.locator("legend.legend, label.legend")
        if not legend.count():
            return ""
        prompt = legend.evaluate("e => e.firstChild.textContent")
        return str(walk.question_asked(prompt, self.language).kind)

    # --- what is noted ---------------------------------------------------------------------------

    def weight(self) -> tuple[int, int]:
        """Return the bytes of the HTML of this page, and of everything that it loads."""
        return _size(self.document), sum(map(_size, self.answers))

    @property
    def document(self) -> Response:
        """The answer that holds the HTML of this page."""
        return next(each for each in self.answers if each.request.is_navigation_request())

    def _pass(self, route: Route) -> None:
        if self._is_ours(route.request):
            route.continue_()
        else:
            route.abort()

    def _note_request(self, request: Request) -> None:
        if not self._is_ours(request):
            self.foreign_requests.append(request.url)
        if request.is_navigation_request():
            self.answers.clear()
            if request.method == "GET":
                self.screens.append(urlsplit(request.url).path)

    def _note_answer(self, response: Response) -> None:
        if not 300 <= response.status < 400:
            self.answers.append(response)

    def _is_ours(self, request: Request) -> bool:
        parts = urlsplit(request.url)
        return (
            parts.scheme == "data"
            or f"{parts.scheme}://{parts.netloc}" == self.installation.base_url
        )


def spaces_alike(words: str) -> re.Pattern[str]:
    """Return a pattern for a text that begins with `words`, whatever kind of spaces stand there."""
    return re.compile(r"^\s*" + r"\s+".join(map(re.escape, words.split())))


def _size(answer: Response) -> int:
    """Return the bytes of an answer; one that is sent while it is made does not say how many."""
    stated = answer.headers.get("content-length")
    return int(stated) if stated else len(answer.body())
