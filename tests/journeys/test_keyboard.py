"""With the keyboard alone, and always seeing where one is (RGAA 4.1.2, criteria 10.7 and 12.8)."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page

from badgeservice.learning.quiz import ChoiceQuestion

from .conftest import Arrive
from .installation import Installation
from .visitor import BY_LINK, MODULE_PATH, Visitor, spaces_alike, walk

pytestmark = pytest.mark.journey

MAXIMUM_TABS = 80

# What stands under the focus: its words, and the outline of the element or of the label around it.
_FOCUS = """() => {
  const element = document.activeElement;
  const framed = [element, element.closest("label")].filter(Boolean).map(each => {
    const style = getComputedStyle(each);
    return style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth);
  });
  const box = element.getBoundingClientRect();
  return {
    words: (element.labels?.[0] ?? element).innerText ?? "",
    name: element.getAttribute("name") ?? "",
    outline: Math.max(...framed),
    inView: box.bottom > 0 && box.top < innerHeight,
  };
}"""


def test_from_sheet_to_badge_without_a_mouse(
    installation: Installation, arrive: Arrive, email: str
) -> None:
    """Signing in by code, one question, the offer: Tab, Space, Enter, and arrows among choices."""
    visitor = arrive("fr")
    page = visitor.page

    visitor.open(MODULE_PATH["fr"])
    _tab_to(page, name="email")
    page.keyboard.type(email)
    _press_enter(page)
    assert "Votre code" == visitor.heading

    _tab_to(page, name="code")
    page.keyboard.type(_code(installation, email))
    _press_enter(page)
    assert visitor.heading.startswith("Question 1 sur")

    _answer_one_choice(visitor)
    page.goto(f"{page.url.rpartition('/')[0]}/1")  # the rest as anybody
    visitor.answer_all()
    _tab_to(page, words="Envoyer mes réponses")
    _press_enter(page)
    _tab_to(page, words="Voir mon badge")
    _press_enter(page)

    _tab_to(page, words=BY_LINK)
    page.keyboard.press("Space")
    _tab_to(page, words="Recevoir ce badge")
    _press_enter(page)
    assert 1 == page.locator(".verdict-green").count()


def test_what_cannot_be_undone_is_done_without_a_mouse(arrive: Arrive, email: str) -> None:
    """Correcting a badge, withdrawing it, erasing oneself: and each time the page says so."""
    visitor = arrive("fr")
    page = visitor.page
    visitor.reach_offer(email)
    address = visitor.accept()

    _tab_to(page, words="Corriger ce badge")
    _press_enter(page)
    _tab_to(page, words="Aucun nom")
    page.keyboard.press("ArrowDown")
    _tab_to(page, name="name")
    page.keyboard.type("Élodie Lefèvre")
    _tab_to(page, words="Remplacer ce badge")
    _press_enter(page)
    assert "à Élodie Lefèvre" in visitor.text
    assert "Votre badge est corrigé." in visitor.text

    for _ in ("leads to the page", "does it"):
        _tab_to(page, words="Retirer ce badge")
        _press_enter(page)
    assert "Ce badge est retiré" in visitor.text
    gone = page.request.get(address)
    assert gone.status == 410

    _tab_to(page, words="Effacer mes données")
    _press_enter(page)
    _tab_to(page, name="badges")
    page.keyboard.press("Space")
    _tab_to(page, name="understood")
    page.keyboard.press("Space")
    _tab_to(page, words="Effacer mes données")
    _press_enter(page)
    assert visitor.heading == "Vos données sont effacées"


def test_verifying_without_a_mouse(arrive: Arrive, installation: Installation, email: str) -> None:
    """The field, the file, the button: in this order, and each is seen."""
    visitor = arrive("fr")
    page = visitor.page
    address = installation.issue(email)
    visitor.open("/verifier")

    _tab_to(page, name="badge")
    page.keyboard.type(address)
    _tab_to(page, name="file")
    _tab_to(page, words="Vérifier")
    _press_enter(page)

    assert 1 == page.locator(".verdict-green").count()


def test_the_first_tab_skips_to_the_content(arrive: Arrive) -> None:
    """Nobody has to pass the head of the page on each page."""
    visitor = arrive("fr")
    visitor.open("/")

    visitor.page.keyboard.press("Tab")
    focus = _focus(visitor.page)
    visitor.page.keyboard.press("Enter")
    visitor.page.keyboard.press("Tab")

    assert "Aller au contenu" == walk.plain(focus["words"])
    assert visitor.page.locator("main :focus").count()


def _answer_one_choice(visitor: Visitor) -> None:
    """Pass by questions of other kinds, then answer the first choice rightly."""
    page = visitor.page
    while not page.locator("label.choice").count():
        _tab_to(page, words="Enregistrer et continuer")
        _press_enter(page)
    legend = page.locator("legend.legend").evaluate("e => e.firstChild.textContent")
    question = walk.question_asked(legend, "fr")
    assert isinstance(question, ChoiceQuestion)
    right = walk.right_choices(question, "fr")
    _tab_to(page, name="choice")
    if question.kind == "multiple":
        while _focus(page)["name"] == "choice":
            if walk.plain(_focus(page)["words"]) in right:
                page.keyboard.press("Space")
            _tab(page)
    else:
        page.keyboard.press("Space")
        while walk.plain(_focus(page)["words"]) not in right:
            page.keyboard.press("ArrowDown")
    _tab_to(page, words="Enregistrer et continuer")
    _press_enter(page)
    saved = spaces_alike("Réponse à la question")
    assert page.locator(".notice-green p").filter(has_text=saved).count()


def _tab_to(page: Page, *, words: str = "", name: str = "") -> None:
    """Press Tab until the focus is on the element with these words, or of this field name.

    It may be there already: after the last choice of a question comes its button.
    """
    for _ in range(MAXIMUM_TABS):
        focus = _focus(page)
        if name and focus["name"] == name:
            return
        if words and spaces_alike(words).match(focus["words"]):
            return
        _tab(page)
    raise AssertionError(f"Tab never reaches {words or name} on {page.url}")


def _tab(page: Page) -> None:
    """Press Tab; wherever that leads, it is seen."""
    page.keyboard.press("Tab")
    focus = _focus(page)
    assert focus["outline"] >= 3, f"no focus ring on “{focus['words']}” of {page.url}"
    assert focus["inView"], f"the focus is out of sight on “{focus['words']}” of {page.url}"


def _focus(page: Page) -> dict[str, object]:
    found: dict[str, object] = page.evaluate(_FOCUS)
    return found


def _press_enter(page: Page) -> None:
    with page.expect_navigation():
        page.keyboard.press("Enter")


def _code(installation: Installation, email: str) -> str:
    """Return the code in the mail: it stands on a line of its own."""
    match = re.search(r"^    (\S.*)$", installation.mail_to(email), re.M)
    assert match
    return match[1]
