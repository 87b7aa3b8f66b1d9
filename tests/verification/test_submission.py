"""What was submitted, and what people submit instead of a badge."""

from __future__ import annotations

import contextlib
import json
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badgeservice.errors import Unreadable
from badgeservice.openbadges.bakery import Version, png, svg
from badgeservice.verification.codes import Code
from badgeservice.verification.submission import (
    MAXIMUM_BYTES,
    Kind,
    Standard,
    Submission,
    recognise,
)

BADGE = b'{"@context": [], "id": "urn:x:y"}'
DOCUMENT = {"@context": [], "id": "urn:x:y"}
TOKEN = "eyJhbGciOiJFUzI1NiJ9.e30.AA"
ADDRESS = "https://badges.example/ob2/assertions/1"
OLDER = {"@context": "https://w3id.org/openbadges/v2", "id": ADDRESS}
ASSERTION = json.dumps(OLDER)
DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg"><rect/></svg>'


def chunk(kind: bytes, content: bytes) -> bytes:
    """Return a PNG chunk."""
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum


IMAGE = b"".join(
    (
        b"\x89PNG\r\n\x1a\n",
        chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        chunk(b"IDAT", zlib.compress(b"\0\0")),
        chunk(b"IEND", b""),
    )
)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (BADGE, Submission(Kind.JSON, BADGE.decode(), DOCUMENT)),
        (b"\n " + BADGE + b"\r\n", Submission(Kind.JSON, BADGE.decode(), DOCUMENT)),
        (TOKEN.encode(), Submission(Kind.JWT, TOKEN)),
        (f" {TOKEN}\n".encode(), Submission(Kind.JWT, TOKEN)),
        (png.bake(IMAGE, BADGE.decode()), Submission(Kind.PNG, BADGE.decode(), DOCUMENT)),
        (png.bake(IMAGE, TOKEN), Submission(Kind.PNG, TOKEN)),
        (svg.bake(DRAWING, BADGE.decode()), Submission(Kind.SVG, BADGE.decode(), DOCUMENT)),
        (svg.bake(DRAWING, TOKEN), Submission(Kind.SVG, TOKEN)),
        (png.bake(IMAGE, ASSERTION, version=Version.V2), Submission(Kind.PNG, ASSERTION, OLDER)),
        (svg.bake(DRAWING, TOKEN, version=Version.V2), Submission(Kind.SVG, TOKEN)),
        (png.bake(IMAGE, ADDRESS, version=Version.V2), Submission(Kind.URL, ADDRESS)),
        (svg.bake(DRAWING, ADDRESS, version=Version.V2), Submission(Kind.URL, ADDRESS)),
        (
            png.bake(png.bake(IMAGE, ASSERTION, version=Version.V2), TOKEN),
            Submission(Kind.PNG, TOKEN, beside=Submission(Kind.PNG, ASSERTION, OLDER)),
        ),
        (
            svg.bake(svg.bake(DRAWING, TOKEN, version=Version.V2), BADGE.decode()),
            Submission(Kind.SVG, BADGE.decode(), DOCUMENT, beside=Submission(Kind.SVG, TOKEN)),
        ),
        (b"https://badges.example/b/1\n", Submission(Kind.URL, "https://badges.example/b/1")),
        (b"http://127.0.0.1:8000/b/1", Submission(Kind.URL, "http://127.0.0.1:8000/b/1")),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_badge_is_recognised_however_it_came(data, expected):
    """File, paste, scan: what counts is what it holds. A QR code holds an address or a token."""
    assert expected == recognise(data)


@pytest.mark.parametrize(
    ("data", "code", "found"),
    [
        (b"", Code.EMPTY, "nothing"),
        (b" \n", Code.EMPTY, "nothing"),
        (b" " * (MAXIMUM_BYTES + 1), Code.TOO_LARGE, "bytes"),
        (b"%PDF-1.7", Code.BAD_PDF, "PDF"),
        (b"\xff\xd8\xff\xe0", Code.FILE_TYPE_UNSUPPORTED, "JPEG"),
        (b"PK\x03\x04", Code.FILE_TYPE_UNSUPPORTED, "ZIP"),
        (b"\n<html>", Code.FILE_TYPE_UNSUPPORTED, "HTML"),
        (b"\xff\xfe{", Code.BAD_ENCODING, "UTF-8"),
        (b"hello", Code.NOT_A_BADGE, "text"),
        (b"[]", Code.NOT_A_BADGE, "text"),
        (b"javascript:alert(1)", Code.NOT_A_BADGE, "text"),
        (b"https://badges.example/b/1 and more", Code.NOT_A_BADGE, "text"),
        (b"https://badges.example/" + b"a" * 3000, Code.NOT_A_BADGE, "text"),
        (b"{}", Code.NOT_A_BADGE, "something else"),
        (b'{"jwt": "ey"}', Code.NOT_A_BADGE, "something else"),
        (b"{", Code.BAD_JSON, "line 1"),
        (b'{"proof": 1, "proof": 2}', Code.DUPLICATE_KEY, "proof"),
        (b'{"proof": 1e400}', Code.BAD_NUMBER, "1e400"),
        (b'{"proof": ' + b"[" * 5000, Code.TOO_DEEP, "deeper"),
        (b'{"proof": "' + b"a" * 300_000 + b'"}', Code.TOO_LARGE, "bytes"),
        (b'{"proof": "\\ud800"}', Code.BAD_ENCODING, "surrogate"),
        (IMAGE, Code.NOT_BAKED, "PNG"),
        (IMAGE[:-4], Code.BAD_IMAGE, "PNG"),
        (IMAGE + b"tail", Code.BAD_IMAGE, "PNG"),
        (DRAWING, Code.NOT_BAKED, "SVG"),
        (DRAWING[:-4], Code.BAD_IMAGE, "SVG"),
        (b"<!DOCTYPE svg>" + DRAWING, Code.UNSAFE_IMAGE, "SVG"),
        (DRAWING + b" " * 524_288, Code.TOO_LARGE, "SVG"),
        (png.bake(IMAGE, "hello"), Code.NOT_A_BADGE, "text"),
        (png.bake(IMAGE, "https://badges.example/b/1"), Code.NOT_A_BADGE, "text"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_not_a_badge_is_unreadable_and_named(data, code, found):
    """The message says what was found, so that a person can find the right file."""
    with pytest.raises(Unreadable, match=found) as raised:
        recognise(data)

    assert raised.value.code == code


def test_images_that_others_baked(vectors):
    """Every file of the bakery's and Salava's samples, held against what the manifest expects.

    One difference is intended: the assertion in the sample drawing names nobody (`identity` stands
    where `recipient` should), so that what was taken out of it well is no badge.
    """
    entries = json.loads((vectors / "manifest.json").read_text())
    expected = {e["file"]: e["expected"] for e in entries if e["category"] == "baked"}
    found = {}
    for name in expected:
        try:
            found[name] = recognise((vectors / name).read_bytes()).standard
        except Unreadable as error:
            found[name] = error.code

    assert found == {
        "baked/baked_heart.png": Standard.OB2_HOSTED,
        "baked/baked_example.svg": Code.NOT_A_BADGE,
        "baked/public_domain_heart.png": Code.NOT_BAKED,
        "baked/unbaked_example.svg": Code.NOT_BAKED,
        "baked/invalid-filetype.bmp": Code.BAD_ENCODING,
        "baked/not-an-image.txt": Code.NOT_A_BADGE,
    }
    agreed = {name for name in expected if (expected[name] == "valid") == (found[name] in Standard)}
    assert expected.keys() - agreed == {"baked/baked_example.svg"}


def test_two_badges_in_one_image_are_ambiguous():
    """Which one would be shown, and which one checked? (P1)"""
    content = b"openbadgecredential\0\0\0\0\0" + BADGE
    both = IMAGE.replace(chunk(b"IEND", b""), chunk(b"iTXt", content) * 2 + chunk(b"IEND", b""))

    with pytest.raises(Unreadable) as raised:
        recognise(both)

    assert raised.value.code == Code.AMBIGUOUS_IMAGE


@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_nothing_else_than_unreadable_is_raised(data):
    """Whatever somebody drops on the page, there is an answer, with a code that has words."""
    with contextlib.suppress(Unreadable):
        assert recognise(data).kind in Kind


@given(
    st.dictionaries(
        st.sampled_from(["@context", "proof", "issuer", "a"]),
        st.none() | st.booleans() | st.text(max_size=5) | st.integers(0, 9),
        max_size=3,
    )
)
def test_json_is_taken_as_it_is(document):
    """Recognising changes nothing."""
    try:
        found = recognise(json.dumps(document).encode())
    except Unreadable:
        assert not document.keys() & {"@context", "proof"}
    else:
        assert found.document == document
