"""Every page, in both languages: axe finds nothing, it is light, and nothing is cut off.

axe-core sees about a third of what makes a page accessible; the keyboard journey and a pair of
eyes on the pictures (BADGESERVICE_SCREENSHOTS=1) look for the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.base import AXE_SCRIPT

from . import gallery
from .conftest import DESK, PHONE, Arrive
from .installation import ROOT, Installation
from .visitor import Visitor

pytestmark = pytest.mark.journey

TEMPLATES = ROOT / "badgeservice" / "web" / "templates"
# The budget of a page, in bytes, without compression and with an empty cache.
MAXIMUM_HTML, MAXIMUM_PAGE = 50_000, 150_000
# By night only the colours differ: the same elements stand on the page.
EVERYTHING: dict[str, object] = {}
COLOURS: dict[str, object] = {"runOnly": {"type": "tag", "values": ["cat.color"]}}
RUN_AXE = "options => axe.run(options).then(results => results.violations)"

Photograph = Callable[..., None]
Report = Callable[[str], None]


def test_the_gallery_shows_every_template() -> None:
    """A page that nobody puts into the gallery would be looked at by nobody."""
    parts = {"base.html", "frameworks/head.html", "frameworks/provisional.html"}
    parts.add("frozen/leads.html")  # stands on a site of files only: tests/freeze looks at it
    written = {
        path.relative_to(TEMPLATES).as_posix()
        for path in TEMPLATES.rglob("*.html")
        if path.parent.name != "parts"
    }

    assert written - parts == set(gallery.TEMPLATES.values())


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_page_is_accessible_light_and_whole(
    installation: Installation,
    arrive: Arrive,
    email: str,
    language: str,
    photograph: Photograph,
    report: Report,
) -> None:
    """No finding of axe, light and dark; within the budget; nothing to scroll sideways."""
    visitor = arrive(language, scripts=True)
    problems: list[str] = []
    runs: Counter[str] = Counter()
    weights: dict[str, tuple[int, int]] = {}

    for visitor_now, name in _all_pages(visitor, arrive, installation, email):
        runs[gallery.template_of(name)] += 1
        weights[name] = visitor_now.weight()
        problems += _look(visitor_now, f"{name}-{language}", photograph)

    report(f"axe ({language}): {len(weights)} pages × light and dark, {len(problems)} findings")
    for what, number in (("HTML", 0), ("page", 1)):
        name = max(weights, key=lambda each: weights[each][number])
        report(f"heaviest {what} ({language}): {name}, {weights[name][number]} bytes")
    assert set(runs) == set(gallery.TEMPLATES.values())
    problems += [
        f"{name}: {html} bytes of HTML, {page} with everything"
        for name, (html, page) in weights.items()
        if html > MAXIMUM_HTML or page > MAXIMUM_PAGE
    ]
    assert [] == problems


def test_the_look_finds_planted_faults(arrive: Arrive, photograph: Photograph) -> None:
    """The silence above means something: each kind of fault is found where there is one."""
    visitor = arrive("fr", scripts=True)
    visitor.page.set_content(
        """<!doctype html><html lang="en"><title>Planted</title><main><h1>Planted</h1>
        <img src="data:,"><p style="color: #ccc; background: #fff; width: 2000px">pale</p></main>"""
    )

    found = " ".join(_look(visitor, "planted", photograph))

    for fault in ("is in en", "scrolls sideways", "image-alt", "(dark): color-contrast"):
        assert fault in found


def _all_pages(
    visitor: Visitor, arrive: Arrive, installation: Installation, email: str
) -> Iterator[tuple[Visitor, str]]:
    language = visitor.language
    for name in gallery.pages(visitor, email):
        yield visitor, name
    second = arrive(language, scripts=True)
    for name in gallery.waiting(second, f"deux-{email}"):
        yield second, name
    third = arrive(language, scripts=True)
    for name in gallery.verdicts(third, installation, f"trois-{email}"):
        yield third, name
    fourth = arrive(language, scripts=True)
    for name in gallery.partner(fourth, installation, f"quatre-{email}"):
        yield fourth, name


def _look(visitor: Visitor, name: str, photograph: Photograph) -> Iterator[str]:
    """Yield what is wrong with the page as it is now, on a phone by day and a desk by night."""
    page = visitor.page
    shown = page.locator("html").get_attribute("lang")
    if shown != visitor.language:
        yield f"{name}: is in {shown}"
    page.evaluate(AXE_SCRIPT)
    for size, scheme, options in ((PHONE, "light", EVERYTHING), (DESK, "dark", COLOURS)):
        page.set_viewport_size(size)  # type: ignore[arg-type]  # a TypedDict of the library
        page.emulate_media(color_scheme="light")
        photograph(page, f"{name}-{size['width']}")
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its literals
        page.evaluate("document.querySelectorAll('details').forEach(e => { e.open = true })")
        photograph(page, f"{name}-{size['width']}-{scheme}-open")
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            yield f"{name}: scrolls sideways at {size['width']} px"
        for violation in page.evaluate(RUN_AXE, options):
            for node in violation["nodes"]:
                target = " ".join(map(str, node["target"]))
                yield f"{name} ({scheme}): {violation['id']}: {target}: {node['html'][:120]}"
        page.evaluate("document.querySelectorAll('details').forEach(e => { e.open = false })")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a TypedDict of the library
    page.emulate_media(color_scheme="light")
