"""The page, opened from the disk in a real browser without network, says what the server says."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, FilePayload, Page

from badgeservice.kit import words
from badgeservice.verification import words as verdict_words
from tests.kit.conftest import Life

pytestmark = pytest.mark.journey

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 900}
WHEN_DONE = "#verdict[aria-busy=false]"
JUDGE = """async ([archive, data, milliseconds]) => {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    return (await verifier.judge(archive, bytes, milliseconds)).report;
}"""


@pytest.fixture(scope="module")
def asked() -> list[str]:
    """Every request that the page made."""
    return []


@pytest.fixture(scope="module")
def page(
    browser: Browser, life: Life, asked: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Page]:
    """The page of the kit; starting its interpreter takes seconds, so all tests share it."""
    file = tmp_path_factory.mktemp("opened") / "verifier.html"
    file.write_bytes(life.files()["verifier.html"])
    context = browser.new_context(
        viewport=PHONE,
        locale="fr-FR",
        offline=True,
        reduced_motion="reduce",  # type: ignore[arg-type]
    )
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.goto(file.as_uri())
    page.wait_for_selector(WHEN_DONE, timeout=120_000)
    yield page
    context.close()


def test_it_opens_with_the_verdict_on_its_badge(page: Page, life: Life) -> None:
    """In the reader's language, with the day to which it holds, and what the badge says."""
    archive = life.cases["genuine json"].archive

    assert "Badge authentique et actif." == page.inner_text("#sentence")
    assert words.instant(archive.extract.as_of, "fr") in page.inner_text("#notes")
    assert "badges.example" in page.inner_text("#facts")
    assert page.locator("#verdict").get_attribute("class") == "verdict green"
    assert page.is_visible("img.own")


def test_it_judges_as_the_server_does(page: Page, life: Life) -> None:
    """Every case: verdict, axes, codes, details, summary, all that a report says."""
    for name, case in life.cases.items():
        report = page.evaluate(
            JUDGE,
            [
                case.archive.dumps(),
                base64.b64encode(case.data).decode(),
                case.at.timestamp() * 1000,
            ],
        )

        assert case.archive.report(case.data, now=case.at).to_json() == report, name
        assert case.verdict == report["verdict"], name


def test_a_file_is_verified_too(page: Page, life: Life) -> None:
    """A forgery, chosen by its holder, is named; so is a badge of which the kit knows less."""
    for name in ("a changed name", "another's badge", "a text"):
        case = life.cases[name]
        choose(page, name, case.data)

        shown = page.evaluate("document.getElementById('verdict').className")
        assert f"verdict {case.verdict}" == shown
        assert name in page.inner_text("#file")
        assert not page.is_visible("img.own")
        report = case.archive.report(case.data, now=case.at)
        assert page.inner_text("#sentence") == f"{verdict_words.sentence(report, 'fr')}."


def test_a_file_may_be_dropped_on_the_page(page: Page, life: Life) -> None:
    """Anywhere; the browser does not open it instead."""
    case = life.cases["expired token"]
    page.evaluate(
        """data => {
            const dropped = new DataTransfer();
            dropped.items.add(new File([data], "dropped.jwt"));
            const event = { dataTransfer: dropped, bubbles: true, cancelable: true };
            document.body.dispatchEvent(new DragEvent("drop", event));
        }""",
        case.data.decode(),
    )
    page.locator("#file").get_by_text("dropped.jwt", exact=True).wait_for()
    page.wait_for_selector(WHEN_DONE)

    assert "Badge authentique et actif." == page.inner_text("#sentence")


def test_the_clock_of_the_device_ends_a_badge(page: Page, life: Life) -> None:
    """And a clock that stands before the day of the kit does not bring it back."""
    case = life.cases["expired"]
    page.evaluate(f"globalThis.now = Date.now; Date.now = () => {case.at.timestamp() * 1000}")
    choose(page, "late.json", case.data)
    assert "valable jusqu'au 23 novembre 2028" in page.inner_text("#sentence")

    page.evaluate("Date.now = () => 0")
    choose(page, "early.json", case.data)
    page.evaluate("Date.now = globalThis.now")
    assert "Badge authentique et actif." == page.inner_text("#sentence")
    assert "23 novembre 2026" in page.inner_text("#notes p:last-child")


def test_what_a_badge_says_is_never_markup(page: Page, life: Life) -> None:
    """Names of files and words of badges are text."""
    document = json.loads(life.cases["genuine json"].data)
    document["credentialSubject"]["achievement"]["name"] = "<img src=x onerror=alert(1)>"
    choose(page, "<b>badge</b>.json", json.dumps(document).encode())

    assert "<b>badge</b>.json" == page.inner_text("#file")
    assert "<img src=x" in page.inner_text("#facts")
    assert 0 == page.locator("#facts img, #file b").count()


def test_it_speaks_english(page: Page, life: Life) -> None:
    """At the press of a button, by keyboard; and French again."""
    choose(page, "english.json", life.cases["genuine json"].data)
    page.focus("#language")
    page.keyboard.press("Enter")

    assert "Genuine badge, active." == page.inner_text("#sentence")
    assert "Is this badge genuine?" == page.inner_text("h1")
    assert "en" == page.get_attribute("html", "lang")
    page.keyboard.press("Enter")
    assert "Badge authentique et actif." == page.inner_text("#sentence")


def test_the_keyboard_reaches_everything(page: Page) -> None:
    """In the order in which it is read."""
    page.focus("#language")
    reached = []
    for _ in range(5):
        reached.append(
            page.evaluate("document.activeElement.id || document.activeElement.localName")
        )
        page.keyboard.press("Tab")

    assert ["language", "summary", "chosen", "summary", "summary"] == reached


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["360", "1280"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_everybody_can_read_it(page: Page, viewport: dict[str, int], language: str) -> None:
    """Axe finds nothing, and nothing is wider than the window, with every fold open."""
    page.set_viewport_size(viewport)  # type: ignore[arg-type]
    if page.get_attribute("html", "lang") != language:
        page.click("#language")
    page.evaluate("document.querySelectorAll('details').forEach((fold) => fold.open = true)")

    found = Axe().run(page)

    assert [] == [each["id"] for each in found.response["violations"]], found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


def test_nobody_was_asked_for_anything(page: Page, asked: list[str]) -> None:
    """In all of the above, the one request was for the page itself, on the disk."""
    assert [page.url] == asked


def test_without_scripts_it_verifies_nothing_and_says_so(browser: Browser, life: Life) -> None:
    """A page that could not work never looks as if it had."""
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.set_content(life.files()["verifier.html"].decode().partition("<script")[0])

    assert "Rien n'a été vérifié." in page.inner_text("noscript")
    assert not page.is_visible("#result")
    context.close()


def choose(page: Page, name: str, data: bytes) -> None:
    """Choose a file of a name that was not chosen before, and wait for the verdict."""
    payload: FilePayload = {"name": name, "mimeType": "application/octet-stream", "buffer": data}
    page.set_input_files("#chosen", payload)
    page.locator("#file").get_by_text(name, exact=True).wait_for()
    page.wait_for_selector(WHEN_DONE)
