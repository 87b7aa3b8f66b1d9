"""Only our kind of drawing is rendered, always to the same pixels, and a crash stays outside."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from badgeservice.catalogue import artwork
from badgeservice.errors import ArtworkError

SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">{}</svg>'


def image(png: bytes) -> Image.Image:
    """Return the pixels of `png`."""
    return Image.open(io.BytesIO(png)).convert("RGBA")


def test_renders_what_the_drawing_says() -> None:
    """Red on the left, nothing on the right."""
    svg = SQUARE.format('<rect width="5" height="10" fill="#FF0000"/>')

    pixels = image(artwork.render(svg, width=20, height=20))

    assert pixels.size == (20, 20)
    assert pixels.getpixel((4, 10)) == (255, 0, 0, 255)
    assert pixels.getpixel((15, 10)) == (0, 0, 0, 0)


def test_renders_text_in_the_typeface_that_we_ship() -> None:
    """A machine without fonts must draw the same badge."""
    text = '<text x="1" y="8" font-family="Atkinson Hyperlegible Next" font-size="8">A</text>'

    pixels = image(artwork.render(SQUARE.format(text), width=100, height=100))

    assert pixels.getbbox() is not None


def test_the_same_drawing_gives_the_same_bytes() -> None:
    """Images are known by their digest."""
    svg = SQUARE.format('<circle cx="5" cy="5" r="4" fill="#10786C"/>')

    assert artwork.render(svg) == artwork.render(svg)


def test_shrinks_to_a_small_square() -> None:
    """Lists show badges at 96 pixels, twice as dense."""
    svg = SQUARE.format('<rect width="10" height="10" fill="#10786C"/>')

    small = artwork.shrink(artwork.render(svg), 192)

    assert image(small).size == (192, 192)
    assert image(small).getpixel((96, 96)) == (0x10, 0x78, 0x6C, 255)
    assert small == artwork.shrink(artwork.render(svg), 192)


ATTACKS = {
    "script": SQUARE.format("<script>alert(1)</script>"),
    "event handler": SQUARE.format('<rect width="1" height="1" onclick="alert(1)"/>'),
    "foreign object": SQUARE.format("<foreignObject><p/></foreignObject>"),
    "external image": SQUARE.format('<image href="https://mallory.example/a.png"/>'),
    "local file": SQUARE.format('<image href="file:///etc/passwd"/>'),
    "recursive use": SQUARE.format('<g id="a"><use href="#a"/></g>'),
    "huge blur": SQUARE.format('<filter id="f"><feGaussianBlur stdDeviation="9999"/></filter>'),
    "style sheet": SQUARE.format("<style>@import 'https://mallory.example'</style>"),
    "style attribute": SQUARE.format('<rect style="fill:url(https://mallory.example)"/>'),
    "far paint": SQUARE.format('<rect fill="url(https://mallory.example/a.svg#b)"/>'),
    "far clip": SQUARE.format('<g clip-path="url(//mallory.example#b)"/>'),
    "link in another namespace": (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink">'
        '<g x:href="file:///etc/passwd"/></svg>'
    ),
    "element in another namespace": SQUARE.format('<rect xmlns="http://www.w3.org/1999/xhtml"/>'),
    "dashes": SQUARE.format('<path d="M0 0H9" stroke-dasharray="0.000001"/>'),
    "huge width": SQUARE.format('<rect width="100000" height="1"/>'),
    "huge exponent": SQUARE.format('<rect width="1e300" height="1"/>'),
    "infinite number": SQUARE.format('<rect width="1e9999" height="1"/>'),
    "500 nested groups": SQUARE.format("<g>" * 500 + "</g>" * 500),
    "too many elements": SQUARE.format("<g/>" * 401),
    "too large": SQUARE.format(f'<path d="M0 0{"h1" * 40_000}"/>'),
    "billion laughs": (
        '<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>' + SQUARE.format("&b;")
    ),
    "external entity": (
        '<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + SQUARE.format("&a;")
    ),
    "style sheet instruction": '<?xml-stylesheet href="https://m.example"?>' + SQUARE.format(""),
    "not XML": "<svg",
    "control character": SQUARE.format("<title>\x01</title>"),
    "half a character": SQUARE.format("<title>\ud800</title>"),
    "empty": "",
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_refuses_a_hostile_drawing_before_it_is_rendered(attack: str) -> None:
    """The renderer crashes on some of these and never ends on others."""
    with pytest.raises(ArtworkError):
        artwork.check(attack)


def test_a_drawing_that_clips_itself_is_an_error_or_an_image_but_never_a_crash() -> None:
    """A circle of references is allowed by the list, so the renderer must survive it."""
    svg = SQUARE.format(
        '<defs><clipPath id="a"><rect clip-path="url(#a)" width="9" height="9"/></clipPath></defs>'
        '<rect clip-path="url(#a)" width="9" height="9"/>'
    )

    assert image(artwork.render(svg)).size == (600, 600)


def test_a_crash_of_the_renderer_is_an_error_with_its_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Deep nesting ends the renderer's process; ours goes on. The check is lifted to show it."""
    monkeypatch.setattr(artwork, "MAX_DEPTH", 10_000)
    monkeypatch.setattr(artwork, "MAX_ELEMENTS", 10_000)

    with pytest.raises(ArtworkError, match="the renderer stopped with status"):
        artwork.render(SQUARE.format("<g>" * 2_000 + "</g>" * 2_000))


def test_a_huge_image_is_an_error_within_the_memory_limit() -> None:
    """40,000 pixels square would be 6.4 GB."""
    with pytest.raises(ArtworkError, match="the renderer stopped"):
        artwork.render(SQUARE.format(""), width=40_000, height=40_000)


def test_a_rendering_that_never_ends_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page or a publication must not wait for ever."""
    monkeypatch.setattr(artwork, "_TIMEOUT_SECONDS", 0.001)

    with pytest.raises(ArtworkError, match="took more than"):
        artwork.render(SQUARE.format(""))


def test_every_shipped_drawing_may_be_drawn(folder: Path) -> None:
    """What ships passes the check that strangers' drawings would meet."""
    drawings = sorted((folder / "artwork").rglob("*.svg"))

    for path in drawings:
        artwork.check(path.read_text(encoding="utf-8"))
    assert len(drawings) >= 9
