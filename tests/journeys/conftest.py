"""One server and one browser for all journeys; a window of its own for each person."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from .installation import ROOT, Installation
from .visitor import Visitor

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 900}
LOCALES = {"fr": "fr-FR", "en": "en-GB"}
Arrive = Callable[..., Visitor]

_figures: list[str] = []


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Debian's browser, which talks to nobody by itself."""
    return {
        "executable_path": "/usr/bin/chromium",
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ],
    }


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """The service, running."""
    here = Installation(tmp_path_factory.mktemp("installation"))
    with here.serving():
        yield here


@pytest.fixture
def arrive(installation: Installation, browser: Browser) -> Iterator[Arrive]:
    """Return a function that opens a window; at the end, nothing was asked of anybody else."""
    yield from arriving(installation, browser)


def arriving(installation: Installation, browser: Browser) -> Iterator[Arrive]:
    """Yield a function that opens windows of `browser`, then look at what they asked for."""
    visitors: list[Visitor] = []

    def arrive(
        language: str = "fr", *, scripts: bool = False, viewport: dict[str, int] = PHONE
    ) -> Visitor:
        context = browser.new_context(
            viewport=viewport,  # type: ignore[arg-type]  # a TypedDict of the library
            locale=LOCALES[language],
            java_script_enabled=scripts,
            reduced_motion="reduce",
        )
        context.set_default_timeout(15_000)
        visitors.append(Visitor.arrive(installation, context, language=language))
        return visitors[-1]

    yield arrive
    for visitor in visitors:
        visitor.context.close()
    assert [] == [request for visitor in visitors for request in visitor.foreign_requests]


@pytest.fixture
def email() -> str:
    """The address of a new person."""
    return f"personne-{secrets.token_hex(5)}@example.org"


@pytest.fixture
def photograph() -> Callable[..., None]:
    """Return a function that keeps a picture of a page, when BADGESERVICE_SCREENSHOTS=1 asks so."""
    folder = ROOT / "screenshots"

    def keep(page: Page, name: str, *, whole: bool = True) -> None:
        if os.environ.get("BADGESERVICE_SCREENSHOTS") == "1":
            page.screenshot(path=folder / f"{name}.png", full_page=whole)

    return keep


@pytest.fixture
def report() -> Callable[[str], None]:
    """Return a function that notes a figure for the end of the run."""
    return _figures.append


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Write down what the journeys measured."""
    if _figures:
        terminalreporter.section("journeys")
        for figure in _figures:
            terminalreporter.write_line(figure)
