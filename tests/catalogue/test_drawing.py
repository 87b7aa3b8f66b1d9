"""Words and pictograms take their places in a drawing, and nothing else gets in."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import pytest
from PIL import Image

from badgeservice.catalogue import artwork, drawing
from badgeservice.catalogue.framework import Framework
from badgeservice.errors import ArtworkError
from tests.catalogue.conftest import SHIPPED

ART = SHIPPED / "artwork"
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '"/><script>alert(1)</script><text a="'


def fill(
    template: str = "beginner",
    *,
    label: str = "Sécurité",
    band: str = "Cotentin Digital",
    pictogram: str = "padlock",
    colour: str = "#560318",
    title: str = "Badge",
) -> str:
    """Return a drawing of a badge, by default the first one."""
    return drawing.fill(
        (ART / f"{template}.svg").read_text(encoding="utf-8"),
        title=title,
        colour=colour,
        texts={"code": "4.1", "label": label, "band": band},
        insets={"pictogram": (ART / "pictograms" / f"{pictogram}.svg").read_text(encoding="utf-8")},
    )


def text_of(svg: str, name: str) -> list[str | None]:
    """Return the lines that stand in the `<text>` called `name`."""
    place = ElementTree.fromstring(svg).find(f".//{SVG}text[@id='{name}']")
    assert place is not None
    return [line.text for line in place]


def size_of(svg: str, name: str) -> int:
    """Return the font size, in pixels, of the `<text>` called `name`."""
    place = ElementTree.fromstring(svg).find(f".//{SVG}text[@id='{name}']")
    assert place is not None
    return int(place.get("font-size", "0"))


def test_every_value_takes_its_place() -> None:
    """The art shows competence, short label and issuer, in the colour of the domain."""
    drawn = fill(title="Badge de test")

    assert text_of(drawn, "code") == ["4.1"]
    assert text_of(drawn, "label") == ["Sécurité"]
    assert text_of(drawn, "band") == ["Cotentin Digital"]
    assert 'color="#560318"' in drawn
    assert '<title id="title">Badge de test</title>' in drawn


@pytest.mark.parametrize("place", ["label", "band"])
def test_a_value_stays_text_whatever_it_holds(place: str) -> None:
    """Markup in a name must be shown, or refused, and never become part of the drawing."""
    hostile = '<a b="c">&amp;'

    drawn = fill(**{place: hostile})

    assert text_of(drawn, place) == [hostile]
    assert "<a" not in drawn


@pytest.mark.parametrize("value", [HOSTILE, "]]>", "&#0;", "<!DOCTYPE svg>", "${code}"])
def test_a_hostile_title_stays_text(value: str) -> None:
    """The title is read by screen readers and holds the issuer's name."""
    drawn = fill(title=value)

    title = ElementTree.fromstring(drawn).find(f"{SVG}title")
    assert title is not None
    assert title.text == value
    assert "<script" not in drawn


@pytest.mark.parametrize(
    "name", ["Łódź", "東京", "a\u202eb", "tab\tbed", "nul\x00", "narrow\u202fspace"]
)
def test_refuses_a_character_that_the_typeface_lacks(name: str) -> None:
    """An empty box on a badge is worse than a refusal that names the character."""
    with pytest.raises(ArtworkError, match="has a character that cannot be drawn"):
        fill(band=name)


def test_refuses_a_title_that_xml_cannot_hold() -> None:
    """XML has no control characters, escaped or not."""
    with pytest.raises(ArtworkError, match="not XML"):
        fill(title="nul\x00")


SHAPES = ["beginner", "intermediate", "advanced", "participation", "milestone"]


@pytest.mark.parametrize("template", SHAPES)
def test_text_is_never_smaller_than_can_be_read(template: str) -> None:
    """28 pixels of 600 is the least that the badge scheme allows."""
    drawn = fill(template, label="Textile & numérique", band="Maison de l'emploi du Cotentin")

    assert size_of(drawn, "label") >= drawing.SMALLEST_TEXT
    assert size_of(drawn, "band") >= drawing.SMALLEST_TEXT
    with pytest.raises(ArtworkError, match="too long for its place"):
        fill(template, label="Un intitulé qui n'en finit pas du tout")


def test_a_long_issuer_is_set_in_two_lines() -> None:
    """Breaking is better than shrinking below what can be read."""
    drawn = fill(band="Maison de l'emploi du Cotentin")

    assert text_of(drawn, "band") == ["Maison de l'emploi", "du Cotentin"]


def test_a_long_word_is_made_smaller_and_stays_within_its_room() -> None:
    """The measure that decides must agree with what is drawn."""
    drawn = fill(label="Confidentialité")

    # The strip where the label stands, inside the ring.
    strip = Image.open(io.BytesIO(artwork.render(drawn))).convert("L").crop((60, 320, 540, 400))
    white = strip.point(lambda value: 255 if value > 200 else 0).getbbox()
    assert white is not None
    assert white[2] - white[0] <= 470
    assert abs((white[0] + white[2]) / 2 - 240) < 4
    assert size_of(drawn, "label") < 72


def test_refuses_a_drawing_without_a_place() -> None:
    """A template that forgot the issuer's band would hide who issued the badge."""
    template = (ART / "beginner.svg").read_text(encoding="utf-8").replace('id="band"', 'id="bnd"')

    with pytest.raises(ArtworkError, match='exactly one <text id="band">'):
        drawing.fill(template, title="", colour="#000000", texts={"band": "x"}, insets={})


def test_refuses_a_hostile_template_and_a_hostile_inset() -> None:
    """Templates are files that people exchange."""
    hostile = '<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'
    sound = (ART / "beginner.svg").read_text(encoding="utf-8")

    with pytest.raises(ArtworkError, match="not allowed: script"):
        drawing.fill(hostile, title="", colour="#000000", texts={}, insets={})
    with pytest.raises(ArtworkError, match="not allowed: script"):
        drawing.fill(sound, title="", colour="#000000", texts={}, insets={"pictogram": hostile})


def test_levels_and_kinds_are_told_apart_without_colour() -> None:
    """Shape and number of bars carry them: badges are printed in black and white."""
    outlines = set()
    bars = []
    for template in SHAPES:
        png = artwork.render(fill(template))
        alpha = Image.open(io.BytesIO(png)).getchannel("A").point(lambda value: value > 127)
        outlines.add(alpha.resize((30, 30)).tobytes())
        bars.append(fill(template).count('rx="11"'))

    assert len(outlines) == 5
    assert bars == [1, 2, 3, 0, 0]


def test_every_domain_has_a_pictogram_that_draws(framework: Framework) -> None:
    """Colour alone says nothing."""
    drawn = {
        domain.code: artwork.render(fill(pictogram=domain.pictogram, colour="#000000"))
        for domain in framework.domains
    }

    assert len(set(drawn.values())) == 5
