"""Filling in a drawing: the words, colour and pictogram of one badge, in one language.

A template is a whole SVG drawing with places marked by their `id`. Values become text nodes of the
tree, never pieces of source, so no value can add to the drawing. A text is set as large as its
place allows, and never smaller than can be read.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import combinations, pairwise
from xml.etree import ElementTree

from PIL import ImageFont

from badgeservice.catalogue import artwork
from badgeservice.errors import ArtworkError

SMALLEST_TEXT = 28
"""Pixels: below this, text on a 600 px image cannot be read where badges are shown."""

_SVG = "{http://www.w3.org/2000/svg}"
_MEASURE = 1000
_LEADING = 1.12
_MOST_LINES = 3
_HALF_CAPITAL = 0.34
"""Half the height of a capital letter of our typeface, in multiples of the font size."""


def fill(
    template: str,
    *,
    title: str,
    colour: str,
    texts: Mapping[str, str],
    insets: Mapping[str, str],
) -> str:
    """Return `template` as the drawing of one badge.

    `title` is what a screen reader says; `colour` becomes `currentColor`; `texts` go into the
    `<text>` elements with these ids; `insets` are whole drawings, put inside the `<g>` with these
    ids. Raises ArtworkError when a place is missing or a text does not fit or has a character that
    our typeface lacks.
    """
    artwork.check(template)
    root = ElementTree.fromstring(template)
    root.set("color", colour)
    _place(root, "title", "title").text = title
    for name, text in texts.items():
        _write(_place(root, "text", name), text)
    for name, inset in insets.items():
        artwork.check(inset)
        inner, group = ElementTree.fromstring(inset), _place(root, "g", name)
        if "color" in inner.attrib:
            group.set("color", inner.attrib["color"])
        group.extend(child for child in inner if child.tag != f"{_SVG}title")
    ElementTree.register_namespace("", _SVG.strip("{}"))
    drawn = ElementTree.tostring(root, encoding="unicode")
    artwork.check(drawn)
    return drawn


def with_common_fonts(drawing: bytes) -> bytes:
    """Return a drawing that names typefaces to fall back to, for those who do not have ours.

    Our own renderer has it, and writes the text within its places; elsewhere a sans serif of about
    the same width stands in.
    """
    ours = b'font-family="Atkinson Hyperlegible Next"'
    return drawing.replace(ours, ours[:-1] + b', Helvetica, Arial, sans-serif"')


def _place(root: ElementTree.Element, tag: str, name: str) -> ElementTree.Element:
    """Return the only element `tag` of the drawing whose id is `name`."""
    places = [element for element in root.iter(f"{_SVG}{tag}") if element.get("id") == name]
    if len(places) != 1:
        raise ArtworkError(f'the drawing must have exactly one <{tag} id="{name}">')
    return places[0]


def _write(place: ElementTree.Element, text: str) -> None:
    """Write `text` into a `<text>` as large as its place allows.

    The template's own `font-size` is the largest; `data-width` (pixels) is the room there is, and
    `data-height` allows several lines. However large, the text stays centred where a line of the
    largest size would stand.
    """
    weight, largest = place.get("font-weight", "400"), int(place.get("font-size", "0"))
    width = int(place.attrib.pop("data-width", "0"))
    height = int(place.attrib.pop("data-height", "0"))
    for character in text:
        if not _has_glyph(character, weight):
            raise ArtworkError(f"« {text} » has a character that cannot be drawn: {character!r}")
    size, lines = 0, [text]
    for layout in _layouts(text, _MOST_LINES if height else 1, weight):
        room = height / (1 + (len(layout) - 1) * _LEADING) if height else largest
        fitting = math.floor(min(largest, room, width / _ems(layout, weight)))
        if fitting > size:
            size, lines = fitting, layout
    if size < SMALLEST_TEXT:
        raise ArtworkError(f"« {text} » is too long for its place in the drawing")
    place.set("font-size", str(size))
    place.text = None
    first = float(place.get("y", "0")) - _HALF_CAPITAL * (largest - size)
    first -= (len(lines) - 1) * _LEADING * size / 2
    for position, line in enumerate(lines):
        span = ElementTree.SubElement(place, f"{_SVG}tspan")
        span.set("x", place.get("x", "0"))
        span.set("y", f"{first + position * _LEADING * size:.1f}")
        span.text = line


def _layouts(text: str, most_lines: int, weight: str) -> Iterator[list[str]]:
    """Yield, for each number of lines, the way to break `text` whose longest line is shortest."""
    words = text.split()
    for count in range(1, min(most_lines, len(words)) + 1):
        yield min(
            (
                [" ".join(words[start:stop]) for start, stop in pairwise((0, *breaks, len(words)))]
                for breaks in combinations(range(1, len(words)), count - 1)
            ),
            key=lambda lines: _ems(lines, weight),
        )


def _ems(lines: Iterable[str], weight: str) -> float:
    """Return the width of the longest line, in multiples of the font size."""
    return max(_font(weight).getlength(line) for line in lines) / _MEASURE


@lru_cache
def _has_glyph(character: str, weight: str) -> bool:
    """Say whether the typeface can draw `character`, rather than an empty box."""
    if character == " ":
        return True
    return bytes(_font(weight).getmask(character)) != bytes(_font(weight).getmask("\uffff"))


@lru_cache
def _font(weight: str) -> ImageFont.FreeTypeFont:
    """Return the face of `weight` (400 or 700) at the size at which we measure."""
    # Without the optional shaping library, the measure is the same on every machine.
    path = artwork.FONTS[weight == "700"]
    return ImageFont.truetype(path, _MEASURE, layout_engine=ImageFont.Layout.BASIC)
