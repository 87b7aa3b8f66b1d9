"""SVG: one badge in, the same badge out, and not a byte of the drawing changed."""

from __future__ import annotations

import json
import random
from xml.dom import minidom

import pytest

from badgeservice.errors import AmbiguousImage, ImageRefused, NotBaked
from badgeservice.openbadges import bakery
from badgeservice.openbadges.bakery import Version, svg

CREDENTIAL = '{"name":"Réflexes de sécurité 🛡 <&\'>","proof":[]}'
ASSERTION = '{"id":"https://badges.example/ob2/assertions/1?a=1&b=2","type":"Assertion"}'
TOKEN = "eyJhbGciOiJFUzI1NiJ9.e30.AA"
V2, V3 = Version.V2, Version.V3
OB2, OB3 = "http://openbadges.org", "https://purl.imsglobal.org/ob/v3p0"

DRAWING = b"""\xef\xbb\xbf<?xml version='1.0' encoding='utf-8'?>
<!-- <svg> drawn by hand -->
<svg xmlns='http://www.w3.org/2000/svg' data-odd='a > "b"'\r\n\tviewBox = "0 0 9 9" >
<title>&#x45;cole &lt;</title><style><![CDATA[ rect { fill : red } ]]></style>
<rect  width="9"   height='9'></rect ></svg>
<!-- end -->
"""
"""A drawing in which generic software would change many bytes."""


def drawing(*content: str, root: str = "") -> bytes:
    """Return a drawing with this content, and these attributes of its root."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {root}>{"".join(content)}<rect/></svg>'.encode()
    )


def baked(inside: str, *, namespace: str = OB3, name: str = "credential", verify: str = "") -> str:
    """Return an element as another program could write it."""
    return f'<openbadges:{name} xmlns:openbadges="{namespace}"{verify}>{inside}</openbadges:{name}>'


@pytest.mark.parametrize(
    ("text", "version"),
    [(CREDENTIAL, V3), (TOKEN, V3), (ASSERTION, V2), (TOKEN, V2), ("https://b.example/1", V2)],
)
def test_unbakes_what_it_bakes(text, version):
    """Accents, symbols and what XML would take for its own included."""
    assert text == svg.unbake(svg.bake(DRAWING, text, version=version), version=version)


@pytest.mark.parametrize(
    ("text", "version", "element"),
    [
        (
            CREDENTIAL,
            V3,
            f"<openbadges:credential><![CDATA[{CREDENTIAL}]]></openbadges:credential>",
        ),
        (TOKEN, V3, f'<openbadges:credential verify="{TOKEN}"/>'),
        (
            ASSERTION,
            V2,
            '<openbadges:assertion verify="https://badges.example/ob2/assertions/1?a=1&amp;b=2">'
            f"<![CDATA[{ASSERTION}]]></openbadges:assertion>",
        ),
        (TOKEN, V2, f'<openbadges:assertion verify="{TOKEN}"/>'),
    ],
    ids=["OB 3.0 JSON", "OB 3.0 JWT", "OB 2.0 hosted", "OB 2.0 signed"],
)
def test_writes_what_the_standards_show_and_nothing_else(text, version, element):
    """The prefix on `<svg>`, the element right after it, every other byte as it was."""
    namespace = {V2: OB2, V3: OB3}[version]
    opening = b'viewBox = "0 0 9 9" >'
    expected = DRAWING.replace(opening, opening + element.encode())
    expected = expected.replace(b"\n<svg ", f'\n<svg xmlns:openbadges="{namespace}" '.encode())

    assert expected == svg.bake(DRAWING, text, version=version)


def test_baking_again_replaces():
    """At most one badge of each version; also what others wrote elsewhere is taken away."""
    fresh = svg.bake(DRAWING, CREDENTIAL)

    assert fresh == svg.bake(svg.bake(DRAWING, TOKEN), CREDENTIAL)
    assert fresh == svg.bake(svg.bake(DRAWING, '{"old":1}'), CREDENTIAL)
    others = DRAWING.replace(
        b"</svg>", baked("{}").encode() + b"<g>" + baked("1").encode() + b"</g></svg>"
    )
    assert fresh == svg.bake(others, CREDENTIAL).replace(b"<g></g>", b"")


def test_baking_replaces_badges_inside_of_badges():
    """Elements of the kind within each other are one thing to take away."""
    nested = drawing(baked("{}" + baked("{}") + " "))

    assert svg.bake(drawing(), TOKEN) == svg.bake(nested, TOKEN)


@pytest.mark.parametrize("first", [V2, V3])
def test_both_versions_in_one_drawing(first):
    """Each under its namespace, and each under the prefix for which old software looks."""
    texts = {V2: ASSERTION, V3: CREDENTIAL}
    second = V3 if first is V2 else V2

    image = svg.bake(DRAWING, texts[first], version=first)
    image = svg.bake(image, "{}" if second is V3 else TOKEN, version=second)
    image = svg.bake(image, texts[second], version=second)
    image = svg.bake(image, texts[first], version=first)

    assert texts == bakery.badges(image, svg)
    document = minidom.parseString(image)
    names = {V2: (OB2, "assertion"), V3: (OB3, "credential")}
    for namespace, name in names.values():
        (element,) = document.getElementsByTagName(f"openbadges:{name}")
        assert (namespace, document.documentElement) == (element.namespaceURI, element.parentNode)


def test_the_badge_stays_in_one_section():
    """Of a section cut in two, the public validator reads the first half (trap 19)."""
    text = '{"name":"a]]>b","proof":[]}'

    image = svg.bake(DRAWING, text)

    assert image.count(b"<![CDATA[") == DRAWING.count(b"<![CDATA[") + 1
    assert json.loads(text) == json.loads(svg.unbake(image))


def test_a_root_with_another_prefix():
    """Namespaces count, prefixes do not."""
    image = b'<s:svg xmlns:s="http://www.w3.org/2000/svg"><s:rect/></s:svg>'

    assert svg.unbake(svg.bake(image, CREDENTIAL)) == CREDENTIAL
    assert svg.bake(image, CREDENTIAL).endswith(b"<s:rect/></s:svg>")


def test_reads_any_prefix():
    """Two prefixes for two versions, as others may have it."""
    image = drawing(
        f'<a:credential verify="{TOKEN}"/>',
        '<b:assertion verify="https://b.example/1"><![CDATA[{"id":"https://b.example/1"}]]></b:assertion>',
        root=f'xmlns:a="{OB3}" xmlns:b="{OB2}"',
    )

    assert {V2: '{"id":"https://b.example/1"}', V3: TOKEN} == bakery.badges(image, svg)


@pytest.mark.parametrize(
    ("element", "version", "expected"),
    [
        (baked("{&quot;a&quot;:1}"), V3, '{"a":1}'),
        (baked(' <![CDATA[ {"a":"]]]]><![CDATA[>"} ]]>\n'), V3, '{"a":"]]>"}'),
        (baked(f"<![CDATA[{TOKEN}]]>", verify=f' verify="{TOKEN}"'), V3, TOKEN),
        (baked("", verify=f' verify=" {TOKEN} " id="added-by-an-editor"'), V3, TOKEN),
        (
            baked(
                '{"verify":{"url":"https://b.example/1"}}',
                namespace=OB2,
                name="assertion",
                verify=' verify="https://b.example/1"',
            ),
            V2,
            '{"verify":{"url":"https://b.example/1"}}',
        ),
        (baked('{"id":"urn:x:1"}', namespace=OB2, name="assertion"), V2, '{"id":"urn:x:1"}'),
    ],
)
def test_reads_what_others_bake(element, version, expected):
    """Text with entities, a section cut where it must be, a token said twice, an old assertion."""
    assert expected == svg.unbake(drawing(element), version=version)


def test_reads_images_baked_by_others(vectors):
    """From the tools of Badgr, for Open Badges before 2.0; and the drawing before that."""
    image = (vectors / "baked/baked_example.svg").read_bytes()
    plain = (vectors / "baked/unbaked_example.svg").read_bytes()

    assertion = json.loads(svg.unbake(image, version=V2))

    assert assertion["verify"]["url"] == "https://example.org/assertion.json"
    assert assertion["uid"] == "abcdef12345"
    for version in Version:
        with pytest.raises(NotBaked):
            svg.unbake(plain, version=version)
    assert svg.unbake(svg.bake(plain, CREDENTIAL)) == CREDENTIAL


@pytest.mark.parametrize(
    "data",
    [
        DRAWING,
        b"<svg>",
        b"\n\t<svg/>",
        b"<s:svg x=''>",
        b"<!DOCTYPE svg PUBLIC 'a' 'b'><svg ",
        b"<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY a 'b'>] ><!-- x --><?a b?><svg>",
    ],
)
def test_recognises_drawings(data):
    """By their first element; what is refused is recognised all the same, to be named."""
    assert svg.recognises(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html><svg>",
        b"<!-- <svg> -->",
        b"<svgx>",
        b"\x89PNG <svg>",
        b"\xff\xfe<\0s\0v\0g\0>\0",
        b"<?xml <svg>",
        b"<!--" * 100_000,
        b"<!---->" * 100_000,
        b"<!DOCTYPE a [" * 30_000,
    ],
    ids=range(10),
)
def test_recognises_nothing_else(data):
    """Whatever is repeated, no place is read twice."""
    assert not svg.recognises(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg",
        b"<svg>",
        b'<svg xmlns="http://www.w3.org/2000/svg">',
        b"<svg/>",
        b'<html xmlns="http://www.w3.org/2000/svg"/>',
        b'<svg xmlns="http://www.w3.org/2000/SVG"/>',
        drawing("&nbsp;"),
        drawing("&#0;"),
        drawing("\x01"),
        drawing("<a:b/>"),
        drawing("<rect a='' a=''/>"),
        drawing() + drawing(),
        drawing() + b"tail",
    ],
    ids=range(14),
)
def test_files_that_are_not_one_sound_drawing(data):
    """Truncated, glued, without their namespace, with what XML cannot hold."""
    for act in (svg.unbake, lambda data: svg.bake(data, CREDENTIAL)):
        with pytest.raises(ImageRefused) as refused:
            act(data)
        assert not isinstance(refused.value, NotBaked | AmbiguousImage)


def test_a_drawing_of_nothing_is_not_baked_into():
    """There is no place after its only tag."""
    with pytest.raises(ImageRefused, match="nothing"):
        svg.bake(b'<svg xmlns="http://www.w3.org/2000/svg"/>', CREDENTIAL)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("", V3),
        (" {}", V3),
        ("a\nb", V3),
        ('{"a":1}\r\n', V3),
        ('{"a":\r\n1}', V3),
        ('{"a":"\x00"}', V3),
        ('{"a":"\ufffe"}', V3),
        ('{"a":"<openbadges:credential>"}', V3),
        ("{" + "x" * 262_144, V3),
        ("{" + "x" * 524_288, V3),
        ('{"id":"urn:uuid:1"}', V2),
        ("{not JSON", V2),
    ],
    ids=range(12),
)
def test_refuses_to_bake_what_cannot_be_read_back(text, version):
    """The reader's limits hold for the writer too; XML changes line ends and drops characters."""
    with pytest.raises(ImageRefused):
        svg.bake(DRAWING, text, version=version)


ON_THE_EDGE = "]]>", "]]", ">", "<", "&amp;", "é", "🛡", "\ufffd", "\\u003e", '"', " ", "openbadges:"
"""Parts of texts that XML, or our reader, could take for its own."""


def outcome(bake, *arguments):
    """What was baked, or the words of the refusal."""
    try:
        return bake(*arguments)
    except ImageRefused as error:
        return type(error), error.code, error.message


@pytest.mark.parametrize(
    "image",
    [
        DRAWING,
        drawing(),
        svg.bake(svg.bake(DRAWING, ASSERTION, version=V2), CREDENTIAL),
        drawing(root=f'xmlns:openbadges="{OB2}"'),
    ],
    ids=["ours", "plain", "baked before", "declared"],
)
def test_a_blank_is_baked_into_as_any_drawing(image):
    """To the byte, whatever the text; what XML would not give back is refused in the same words."""
    blank, chance = svg.Blank(image), random.Random(1)
    texts = [
        *(f'{{"a":"{"".join(chance.choices(ON_THE_EDGE, k=6))}"}}' for _ in range(300)),
        *(f'{{"a":"{character}"}}' for character in "\0\t\n\r\x1f\x7f\x85\u2028\ufffe\uffff"),
        '{"a":"<openbadges:credential>"}',
        '{"a":"<OpenBadges:Credential>"}',
        f'{{"a":"{"é" * 131_072}"}}',
        " {}",
        "{} ",
        "{",
        "",
        TOKEN,
    ]

    for text in texts:
        assert outcome(svg.bake, image, text) == outcome(blank.bake, text), ascii(text[:60])


def test_a_blank_as_large_as_may_be():
    """The limit is one of the file that comes out."""
    text = f'{{"a":"{"b" * 99}"}}'
    room = svg.MAXIMUM_BYTES - len(svg.bake(drawing("<!---->"), text))
    blank = svg.Blank(drawing(f"<!--{'x' * room}-->"))

    assert len(blank.bake(text)) == svg.MAXIMUM_BYTES
    with pytest.raises(ImageRefused):
        blank.bake(text.replace("a", "aa"))


def test_no_blank_of_what_cannot_be_baked_into():
    """It is said when the drawing is read, not with the first badge."""
    with pytest.raises(ImageRefused):
        svg.Blank(b'<svg xmlns="http://www.w3.org/2000/svg"/>')
