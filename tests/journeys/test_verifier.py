"""Verifying what one has before oneself: a link, a file, a camera; with a script and without."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserType, expect

from badgeservice.sharing import qr

from . import gallery
from .conftest import Arrive, arriving
from .installation import Installation
from .visitor import Visitor, walk

pytestmark = pytest.mark.journey

VIEW = (640, 480)
GREEN = {"fr": "Badge authentique et actif", "en": "Genuine badge, active"}


@pytest.fixture(scope="module")
def badge(installation: Installation) -> str:
    """The address of a badge that is visible with its link."""
    return installation.issue("verifier@example.org")


def verdict(visitor: Visitor) -> str:
    """The first line of the page."""
    return walk.plain(visitor.page.locator(".verdict-words").inner_text())


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_link_without_a_script(arrive: Arrive, badge: str, language: str) -> None:
    """Pasted on a phone; the answer is the page of the badge."""
    visitor = arrive(language)
    visitor.open(gallery.VERIFIER[language])

    visitor.page.locator("#badge").fill(badge)
    visitor.tap("Vérifier", within=visitor.page.locator("main"))

    assert GREEN[language] == verdict(visitor)
    assert language == visitor.page.locator("html").get_attribute("lang")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_file_without_a_script(arrive: Arrive, badge: str, language: str) -> None:
    """The picture that somebody sent by mail; nothing of it stands in the address."""
    visitor = arrive(language)
    picture = visitor.page.request.get(f"{badge}.png").body()

    gallery.bring(visitor, picture, name="photo.png")

    assert GREEN[language] == verdict(visitor)
    assert visitor.page.url.endswith(gallery.VERIFIER[language])


def test_without_a_script_nothing_is_offered_that_needs_one(arrive: Arrive) -> None:
    """A button that does nothing is worse than none."""
    visitor = arrive("fr")
    visitor.open("/verifier")

    assert not visitor.page.locator("[data-start]").is_visible()


def test_a_file_that_is_too_large_gets_its_sentence(arrive: Arrive) -> None:
    """The browser is still sending when the answer is known, and shows it all the same."""
    visitor = arrive("fr")

    gallery.bring(visitor, b"x" * 4_000_000, name="film.png")

    assert "au plus 2 Mo" in visitor.text


def test_a_printed_report_puts_its_link_into_the_field(
    installation: Installation, arrive: Arrive
) -> None:
    """It is read before it is sent, and leaves the address at once."""
    link = "https://school.example/badges/1?a=b&c=é"
    visitor = arrive("fr", scripts=True)

    visitor.open(f"/verifier#badge={quote(link, safe='')}")

    expect(visitor.page.locator("#badge")).to_have_value(link)
    assert f"{installation.base_url}/verifier" == visitor.page.url
    assert "appuyez sur Vérifier" in visitor.text


def test_nothing_that_was_brought_is_in_the_logs(
    installation: Installation, arrive: Arrive
) -> None:
    """Neither the link nor the content, on whichever line."""
    visitor = arrive("fr")
    visitor.open("/verifier")
    visitor.page.locator("#badge").fill(json.dumps({"@context": "zq7marker"}))
    visitor.tap("Vérifier", within=visitor.page.locator("main"))

    assert visitor.page.locator(".verdict").count()
    assert "zq7marker" not in installation.server_log.read_text()


# --- the camera ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def with_camera(
    badge: str,
    browser_type: BrowserType,
    browser_type_launch_args: dict[str, Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Browser]:
    """A browser whose camera sees a paper with the QR code of a badge."""
    film = tmp_path_factory.mktemp("camera") / "film.y4m"
    film.write_bytes(film_of(badge))
    arguments = [
        *browser_type_launch_args["args"],
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]
    browser = browser_type.launch(**{**browser_type_launch_args, "args": arguments})
    yield browser
    browser.close()


def film_of(text: str) -> bytes:
    """Return two frames of a camera that sees the QR code of `text`, held a little askew (Y4M)."""
    modules = qr.matrix(text)
    paper = Image.new("L", (len(modules), len(modules)), 235)
    for y, row in enumerate(modules):
        for x, dark in enumerate(row):
            if dark:
                paper.putpixel((x, y), 40)
    view = Image.new("L", VIEW, 120)
    held = paper.resize((300, 300), Image.Resampling.NEAREST).rotate(7, expand=True, fillcolor=120)
    view.paste(held, (150, 60))
    width, height = VIEW
    colours = bytes([128]) * (width * height // 2)
    frame = b"FRAME\n" + view.tobytes() + colours
    return f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420jpeg\n".encode() + frame * 2


Open = Callable[..., Visitor]


@pytest.fixture
def arrive_with_camera(installation: Installation, with_camera: Browser) -> Iterator[Open]:
    """Return a function that opens a window of the browser that has a camera."""
    yield from arriving(installation, with_camera)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_camera_reads_a_code(
    installation: Installation, arrive_with_camera: Open, badge: str, language: str
) -> None:
    """One tap: the code is read, sent as if typed, and the camera is off."""
    visitor = arrive_with_camera(language, scripts=True)
    visitor.context.grant_permissions(["camera"], origin=installation.base_url)
    visitor.open(gallery.VERIFIER[language])

    with visitor.page.expect_navigation(url=f"{badge}*"):
        visitor.control("Scanner un QR code").click()

    assert GREEN[language] == verdict(visitor)


def test_a_refused_camera_says_what_to_do(arrive_with_camera: Open) -> None:
    """And the keyboard stands in the field where the code is typed."""
    visitor = arrive_with_camera("fr", scripts=True)
    visitor.open("/verifier")

    visitor.control("Scanner un QR code").click()

    expect(visitor.page.locator("[role=status]")).to_contain_text("n'est pas autorisé")
    assert "badge" == visitor.page.evaluate("document.activeElement.id")


def test_the_camera_can_be_stopped(
    installation: Installation, arrive_with_camera: Open, tmp_path: Path
) -> None:
    """Whoever changes their mind is not looked at for one moment longer."""
    visitor = arrive_with_camera("fr", scripts=True)
    visitor.context.grant_permissions(["camera"], origin=installation.base_url)
    # Nothing is ever found, so that there is time to stop.
    visitor.context.route("**/decode.js", lambda route: route.fulfill(body=_BLIND, headers=_JS))
    visitor.open("/verifier")
    visitor.control("Scanner un QR code").click()
    video = visitor.page.locator("video")
    expect(video).to_be_visible()
    track = video.evaluate_handle("video => video.srcObject.getTracks()[0]")

    visitor.control("Arrêter l'appareil photo").click()

    expect(video).to_be_hidden()
    assert "ended" == track.evaluate("track => track.readyState")


_BLIND = "export const decodeQR = () => { throw new Error('nothing'); };"
_JS = {"Content-Type": "text/javascript"}


def test_without_a_camera_it_says_so(installation: Installation, arrive: Arrive) -> None:
    """A computer of an office has none."""
    visitor = arrive("fr", scripts=True)
    visitor.context.grant_permissions(["camera"], origin=installation.base_url)
    visitor.open("/verifier")

    visitor.control("Scanner un QR code").click()

    expect(visitor.page.locator("[role=status]")).to_contain_text("Aucun appareil photo")
