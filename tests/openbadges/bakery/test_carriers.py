"""Whatever kind of image it is, its users see one interface."""

from __future__ import annotations

import inspect
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from badgeservice.errors import ImageRefused, NotBaked
from badgeservice.openbadges import bakery
from badgeservice.openbadges.bakery import CARRIERS, Version, png, svg
from badgeservice.openbadges.bakery.carrier import Carrier


def picture() -> bytes:
    """A PNG as an encoder writes it."""
    output = io.BytesIO()
    Image.new("L", (3, 3)).save(output, "PNG")
    return output.getvalue()


DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><title>x</title><rect/></svg>'
IMAGES = {png: picture(), svg: DRAWING}
TOKEN = "eyJhbGciOiJFUzI1NiJ9.e30.AA"
CREDENTIAL = '{"name":"é"}'
ASSERTION = '{"id":"https://badges.example/1"}'


def test_no_carrier_is_forgotten():
    """A module that the table does not list would never be asked."""
    folder = Path(inspect.getfile(bakery)).parent
    others = {"__init__", "carrier"}

    assert sorted(path.stem for path in folder.glob("*.py") if path.stem not in others) == sorted(
        carrier.NAME.lower() for carrier in CARRIERS
    )


@pytest.mark.parametrize("carrier", CARRIERS, ids=lambda carrier: carrier.NAME)
@pytest.mark.parametrize(
    ("version", "text"),
    [
        (Version.V3, CREDENTIAL),
        (Version.V3, TOKEN),
        (Version.V2, ASSERTION),
        (Version.V2, TOKEN),
    ],
)
def test_every_carrier_takes_out_what_it_puts_in(carrier, version, text):
    """JSON and JWS, Open Badges 2.0 and 3.0 (A7)."""
    image = IMAGES[carrier]

    baked = carrier.bake(image, text, version=version)

    assert bakery.carrier_of(image) is carrier
    assert bakery.carrier_of(baked) is carrier
    assert {version: text} == bakery.badges(baked, carrier)
    with pytest.raises(NotBaked):
        bakery.badges(image, carrier)


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"{}", b"<html></html>", b"\xff\xd8\xff"])
def test_anything_else_has_no_carrier(data):
    """Other files are for others to name."""
    assert bakery.carrier_of(data) is None


def images() -> st.SearchStrategy[tuple[Carrier, bytes]]:
    """Images with badges of both versions."""
    return st.sampled_from(
        [
            (each, each.bake(each.bake(IMAGES[each], first), ASSERTION, version=Version.V2))
            for each in CARRIERS
            for first in (TOKEN, CREDENTIAL)
        ]
    )


_PIECES = st.sampled_from(
    [
        b"<!DOCTYPE svg>",
        b"<?a b?>",
        b"<!-- -->",
        b"]]>",
        b"<![CDATA[",
        b"&amp;",
        b"<openbadges:credential/>",
        b'<openbadges:assertion verify="x">',
        b"</openbadges:credential>",
        b"IDAT",
        b"IEND",
        b"tEXtopenbadges\0",
        b"\0\0\0\1",
    ]
)


@given(images(), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 9), st.binary() | _PIECES)))
def test_mutated_images_are_read_or_refused(image, edits):
    """Bytes replaced, inserted and cut out at random: never an error that is not ours."""
    carrier, data = image
    for place, length, piece in edits:
        start = int(place * len(data))
        data = data[:start] + piece + data[start + length :]

    try:
        found = bakery.badges(data, carrier)
    except ImageRefused:
        return
    assert found


@given(images(), st.floats(0, 1))
def test_truncated_images_are_refused(image, place):
    """Half a download is not half a badge."""
    carrier, data = image

    with pytest.raises(ImageRefused):
        bakery.badges(data[: int(place * (len(data) - 1))], carrier)


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_read_or_refused(data):
    """Whether they begin as an image or not."""
    for carrier in CARRIERS:
        with pytest.raises(ImageRefused):
            bakery.badges(data, carrier)


@given(images(), st.text(min_size=1, max_size=50), st.sampled_from(Version))
def test_what_can_be_baked_is_read_back(image, text, version):
    """For any text: it comes out as it went in, or does not go in."""
    carrier, data = image

    try:
        baked = carrier.bake(data, text, version=version)
    except ImageRefused:
        return
    assert text == carrier.unbake(baked, version=version)
