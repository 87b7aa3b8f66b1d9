"""The page that verifies in the browser asks the files of its own site, and says as of when."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from badgeservice.issuing.models import Format
from badgeservice.kit import browser as in_browser
from badgeservice.openbadges import Document, timestamps
from tests.freeze.conftest import BASE_URL, BEGAN, DID, HIDDEN, Server, Site, day
from tests.freeze.test_site import LATER
from tests.journeys import conftest as journeys
from tests.kit.test_page import DESK, PHONE, WHEN_DONE

browser_type_launch_args = journeys.browser_type_launch_args
photograph = journeys.photograph
pytestmark = pytest.mark.any_database

ABOUT = json.dumps({"address": BASE_URL, "issuer": DID, "issuerDocument": "/issuers/demo/did.json"})
VERDICTS = {
    "public": ("green", "in_register"),
    "link": ("green", "in_register"),
    "private": ("amber", "issuer_not_known"),
    "revoked": ("red", "revoked"),
    "to-revoke": ("red", "revoked"),
    "suspended": ("red", "suspended"),
    "corrected": ("amber", "superseded"),
    "withdrawn": ("red", "withdrawn"),
    "erased-kept": ("green", "in_register"),
    "hidden-revoked": ("red", "revoked"),
}


def judged(server: Server, data: bytes, now: datetime = LATER) -> Document:
    """Return what the page would show, asked round by round as its script does."""
    answers: Document = {}
    for _ in range(10):
        said: Document = json.loads(
            in_browser.judge_at_site(ABOUT, json.dumps(answers), data, now.timestamp() * 1000)
        )
        if "wanted" not in said:
            return said
        for path in said["wanted"]:
            answer = server.get(path, "application/json")
            body = base64.b64encode(answer.body).decode()
            answers[path] = {"status": answer.status, "type": answer.media_type, "body": body}
    raise AssertionError(f"still wanted: {said}")


@pytest.mark.parametrize("state", VERDICTS)
def test_a_copy_gets_the_verdict_that_the_service_gave(
    frozen_site: Site, plain: Server, state: str
) -> None:
    """By keys, lists and register of that day; a private badge is judged as by a stranger."""
    held = frozen_site.badges[state]
    forms = (Format.JSON, Format.JWT, Format.PNG, Format.OB2_JWS)
    for form in forms if state in ("public", "corrected", "private") else forms[:1]:
        said = judged(plain, held.copies[form])
        verdict, code = VERDICTS[state]

        assert verdict == said["report"]["verdict"], form
        assert code in {finding["code"] for finding in said["report"]["findings"]}, form
        assert day(31, "fr") in said["shown"]["fr"]["notes"][0]
        says_nothing = "Ce site ne dit rien de ce badge" in " ".join(said["shown"]["fr"]["notes"])
        assert says_nothing is (state in HIDDEN), form


@pytest.mark.parametrize(
    ("typed", "verdict", "code"),
    [
        ("{address}", "green", "in_register"),
        (f"{BASE_URL}/b/2222222222222222222222", "amber", "address_unreachable"),
        ("https://elsewhere.example/b/1", "amber", "address_unreachable"),
        (f"{BASE_URL}//elsewhere.example/b", "amber", "address_unreachable"),
        (f"{BASE_URL}/b/../manifest.sqlite", "amber", "address_unreachable"),
    ],
)
def test_a_link_of_the_site_is_verified_and_no_other(
    frozen_site: Site, plain: Server, typed: str, verdict: str, code: str
) -> None:
    """What is not on the site is not asked for."""
    said = judged(plain, typed.format(address=frozen_site.badges["public"].address).encode())

    assert verdict == said["report"]["verdict"], said["report"]
    assert code in {finding["code"] for finding in said["report"]["findings"]}, said["report"]


def test_an_expired_badge_is_expired(frozen_site: Site, plain: Server) -> None:
    """By the clock of the device, which may not stand before the day of the site."""
    copy = frozen_site.badges["public"].copies[Format.JSON]

    assert "red" == judged(plain, copy, LATER + timedelta(days=1500))["report"]["verdict"]
    early = judged(plain, copy, BEGAN - timedelta(days=1000))["report"]
    assert ("green", timestamps.write(BEGAN + timedelta(days=31))) == (
        early["verdict"],
        early["checked_at"],
    )


def test_what_is_no_badge_is_said(plain: Server) -> None:
    """Without asking for more than the day."""
    said = judged(plain, b"bonjour")

    assert "unreadable" == said["report"]["verdict"]


# --- in a browser --------------------------------------------------------------------------------


@pytest.fixture
def page(browser: Browser, plain: Server) -> Iterator[Page]:
    """A window on the frozen site; nobody else is asked for anything."""
    context = browser.new_context(
        viewport=PHONE,
        locale="fr-FR",
        reduced_motion="reduce",  # type: ignore[arg-type]
    )
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    yield page
    context.close()
    assert all(url.startswith(f"http://127.0.0.1:{plain.port}/") for url in asked), asked


@pytest.mark.journey
def test_from_a_frozen_page_to_a_verdict_in_the_browser(
    frozen_site: Site, plain: Server, page: Page, photograph: Callable[..., None]
) -> None:
    """An employer follows a QR code years later, verifies, then types a code and brings a file."""
    site = f"http://127.0.0.1:{plain.port}"
    held, revoked = frozen_site.badges["public"], frozen_site.badges["revoked"]
    page.goto(f"{site}/ob2/rsa-1/issuer.html")
    page.wait_for_url(f"{site}/issuers/demo/")
    for place in (f"b/{held.public_id}/en.html", f"c/{revoked.code}/", f"b/{held.public_id}/"):
        for viewport in (PHONE, DESK):
            page.goto(f"{site}/{place}")
            page.set_viewport_size(viewport)  # type: ignore[arg-type]
            results = Axe().run(page)
            assert 0 == results.violations_count, results.generate_report()
            photograph(page, f"frozen-{place[0]}-{len(place)}-{viewport['width']}")
    page.get_by_role("link", name="Vérifier dans ce navigateur").click()
    page.wait_for_selector(WHEN_DONE, timeout=120_000)

    assert "Badge authentique et actif." == page.inner_text("#sentence")
    assert day(31, "fr") in page.inner_text("#notes")
    assert page.locator("#verdict").get_attribute("class") == "verdict green"
    for viewport in (PHONE, DESK):
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        results = Axe().run(page)
        assert 0 == results.violations_count, results.generate_report()
    page.set_input_files(
        "#chosen",
        {"name": "kept.png", "mimeType": "image/png", "buffer": revoked.copies[Format.PNG]},
    )
    page.locator("#file").get_by_text("kept.png", exact=True).wait_for()
    assert "retiré par l'émetteur" in page.inner_text("#sentence")
    page.get_by_label("Lien du badge").fill(f"{revoked.code[:4]}-{revoked.code[4:]}".lower())
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site}/c/{revoked.code}/")
    assert "retiré par l'émetteur" in page.inner_text(".verdict")
