"""PNG: one badge in, the same badge out, and no second opinion about which one."""

from __future__ import annotations

import io
import json
import struct
import zlib

import pytest
from PIL import Image, PngImagePlugin

from badgeservice.errors import AmbiguousImage, ImageRefused, NotBaked
from badgeservice.openbadges import bakery
from badgeservice.openbadges.bakery import Version, png

CREDENTIAL = '{"name":"Réflexes de sécurité 🛡"}'
ASSERTION = '{"id":"https://badges.example/ob2/assertions/1"}'
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(kind, content, checksum=None):
    """Write a chunk, with its own checksum or another."""
    right = zlib.crc32(kind + content)
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", right if checksum is None else checksum)
    )


def text(content, keyword=b"openbadgecredential", compression=b"\0\0"):
    """Write an `iTXt` chunk."""
    return chunk(b"iTXt", keyword + b"\0" + compression + b"\0\0" + content)


def chunks(data):
    """Cut a PNG into its chunks, whole."""
    place, found = len(SIGNATURE), []
    while place < len(data):
        end = place + 12 + struct.unpack_from(">I", data, place)[0]
        found.append(data[place:end])
        place = end
    return found


HEADER = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
PIXELS = chunk(b"IDAT", zlib.compress(b"\0\0"))
END = chunk(b"IEND", b"")


def file(*middle, header=HEADER, tail=b""):
    """Write a PNG with the given chunks between header and pixels."""
    return SIGNATURE + header + b"".join(middle) + PIXELS + END + tail


@pytest.fixture
def picture():
    """A PNG as an encoder writes it, with a palette and a text of its own."""
    output = io.BytesIO()
    info = PngImagePlugin.PngInfo()
    info.add_text("Software", "tests")
    Image.new("RGB", (300, 300), (0, 80, 120)).quantize(8).save(output, "PNG", pnginfo=info)
    return output.getvalue()


def test_unbakes_what_it_bakes(picture):
    """Accents and symbols included."""
    assert png.unbake(png.bake(picture, CREDENTIAL)) == CREDENTIAL


def test_every_other_byte_stays(picture):
    """The pixels are not decoded, so they cannot change."""
    baked = png.bake(picture, CREDENTIAL)
    position = len(SIGNATURE) + len(HEADER)
    added = text(CREDENTIAL.encode())

    assert baked == picture[:position] + added + picture[position:]


def test_another_reader_finds_the_text_and_the_picture(picture):
    """Pillow knows nothing of us."""
    with Image.open(io.BytesIO(png.bake(picture, CREDENTIAL)), formats=("PNG",)) as image:
        image.load()
        assert image.text["openbadgecredential"] == CREDENTIAL
        assert image.text["Software"] == "tests"


def test_baking_again_replaces(picture):
    """At most one badge of each kind; an Open Badges 2.0 badge beside it is another kind."""
    once = png.bake(png.bake(picture, "old", version=Version.V2), "old")

    twice = png.bake(once, CREDENTIAL)

    assert png.unbake(twice) == CREDENTIAL
    assert png.unbake(twice, version=Version.V2) == "old"
    assert len(twice) == len(once) - len(b"old") + len(CREDENTIAL.encode())


def test_every_chunk_but_ours_stays_with_both_versions_in_one_image(picture):
    """The two badges stand side by side; pixels, palette and the encoder's own text as they were."""
    baked = png.bake(png.bake(picture, ASSERTION, version=Version.V2), CREDENTIAL)
    ours = {text(CREDENTIAL.encode()), text(ASSERTION.encode(), b"openbadges")}

    assert {Version.V2: ASSERTION, Version.V3: CREDENTIAL} == bakery.badges(baked, png)
    assert chunks(picture) == [each for each in chunks(baked) if each not in ours]
    assert len(chunks(baked)) == len(chunks(picture)) + 2
    assert b"IDAT" in {each[4:8] for each in chunks(baked)}


def test_baking_replaces_twins_of_other_kinds():
    """What another program left under our keyword would make the image ambiguous."""
    twins = chunk(b"tEXt", b"openbadgecredential\0other"), text(b"x", b" OpenBadgeCredential")

    assert png.unbake(png.bake(file(*twins, text(b"old")), CREDENTIAL)) == CREDENTIAL


def test_many_pixel_chunks_are_no_attack():
    """Common encoders cut the pixels into pieces of 8 kB."""
    pieces = b"".join(chunk(b"IDAT", b"x") for _ in range(500))

    assert png.unbake(file(text(b"badge"), pieces)) == "badge"


def test_reads_compressed_text():
    """Others compress it; the standard says not to, and readers should take it."""
    compressed = text(zlib.compress(CREDENTIAL.encode()), compression=b"\1\0")

    assert png.unbake(file(compressed)) == CREDENTIAL


@pytest.mark.parametrize(
    ("legacy", "expected"),
    [
        (
            chunk(b"tEXt", b"openbadges\0https://badges.example/1.json"),
            "https://badges.example/1.json",
        ),
        (chunk(b"tEXt", b"openbadges\0" + CREDENTIAL.encode()), CREDENTIAL),
        (chunk(b"tEXt", b"openbadges\0eyJ.e30.AA"), "eyJ.e30.AA"),
        (chunk(b"zTXt", b"openbadges\0\0" + zlib.compress(CREDENTIAL.encode())), CREDENTIAL),
        (text(zlib.compress(CREDENTIAL.encode()), b"openbadges", b"\1\0"), CREDENTIAL),
    ],
    ids=["address", "JSON", "JWS", "zTXt", "compressed iTXt"],
)
def test_reads_open_badges_2_as_it_was_baked_over_the_years(legacy, expected):
    """The first tools wrote an address into a `tEXt` chunk."""
    assert expected == png.unbake(file(legacy), version=Version.V2)

    with pytest.raises(NotBaked):
        png.unbake(file(legacy))


def test_recognises_only_png(picture):
    """By its first eight bytes."""
    assert png.recognises(picture)
    assert not png.recognises(b"GIF89a")
    assert not png.recognises(b"")


@pytest.mark.parametrize("middle", [[], [text(b"x", b"other")], [text(b"x", b"openbadges")]])
def test_no_badge(middle):
    """An ordinary picture is no error of the file."""
    with pytest.raises(NotBaked):
        png.unbake(file(*middle))


@pytest.mark.parametrize(
    "middle",
    [
        [text(b"a"), text(b"a")],
        [text(b"a"), text(b"b")],
        [text(b"a"), chunk(b"tEXt", b"openbadgecredential\0b")],
        [chunk(b"zTXt", b"openbadgecredential\0\0" + zlib.compress(b"b")), text(b"a")],
        [chunk(b"tEXt", b"openbadgecredential\0b")],
        [chunk(b"tEXt", b"openbadgecredential")],
        [chunk(b"zTXt", b"openbadgecredential\0\0" + zlib.compress(b"b"))],
        [text(b"a", b"OpenBadgeCredential")],
        [text(b"a", b" openbadgecredential")],
        [text(b"a"), text(b"b", b"OPENBADGECREDENTIAL")],
    ],
)
def test_p1_several_candidates(middle):
    """Pillow keeps the last, others the first: the one shown and the one checked could differ."""
    with pytest.raises(AmbiguousImage):
        png.unbake(file(*middle))


@pytest.mark.parametrize(
    "middle",
    [
        [text(b"a", b"openbadges")] * 2,
        [text(b"a", b"openbadges"), chunk(b"tEXt", b"openbadges\0a")],
        [chunk(b"tEXt", b"openbadges\0a"), chunk(b"zTXt", b"openbadges\0\0" + zlib.compress(b"a"))],
        [chunk(b"tEXt", b"OpenBadges\0a")],
    ],
)
def test_p1_several_candidates_of_open_badges_2(middle):
    """Each version has one text, whatever kind of chunk it is in; also when they say the same."""
    with pytest.raises(AmbiguousImage):
        png.unbake(file(*middle), version=Version.V2)

    with pytest.raises(AmbiguousImage):
        bakery.badges(file(*middle, text(b"badge")), png)


@pytest.mark.parametrize(
    "damaged",
    [
        text(b"\xff"),
        text(b""),
        text(b"x", compression=b"\2\0"),
        text(b"x", compression=b"\1\1"),
        text(b"not deflated", compression=b"\1\0"),
        text(zlib.compress(b"x")[:-1], compression=b"\1\0"),
        text(zlib.compress(b"x") + b"y", compression=b"\1\0"),
        text(b"x" * 262_145),
        text(b"x\0y"),
        text(zlib.compress(bytes(60_000_000)), compression=b"\1\0"),
        chunk(b"iTXt", b"openbadgecredential"),
        chunk(b"iTXt", b"openbadgecredential\0\0\0fr"),
    ],
    ids=range(12),
)
def test_p2_texts_that_are_damaged_or_bombs(damaged):
    """60 MB from 58 kB is inflated to the bound and no further."""
    with pytest.raises(ImageRefused) as refused:
        png.unbake(file(damaged))

    assert refused.value.code == "bad_text"


@pytest.mark.parametrize(
    "damaged",
    [
        chunk(b"tEXt", b"openbadges"),
        chunk(b"tEXt", b"openbadges\0"),
        chunk(b"tEXt", b"openbadges\0a\0b"),
        chunk(b"tEXt", b"openbadges\0\xe9"),
        chunk(b"tEXt", b"openbadges\0" + b"x" * 262_145),
        chunk(b"zTXt", b"openbadges\0"),
        chunk(b"zTXt", b"openbadges\0\1" + zlib.compress(b"x")),
        chunk(b"zTXt", b"openbadges\0\0" + zlib.compress(b"x")[:-1]),
        chunk(b"zTXt", b"openbadges\0\0" + zlib.compress(bytes(60_000_000))),
    ],
    ids=range(9),
)
def test_p2_older_texts_that_are_damaged_or_bombs(damaged):
    """The older kinds of chunk keep the same bounds."""
    with pytest.raises(ImageRefused) as refused:
        png.unbake(file(damaged), version=Version.V2)

    assert refused.value.code == "bad_text"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        SIGNATURE,
        SIGNATURE + HEADER,
        SIGNATURE + HEADER + END,
        SIGNATURE + PIXELS + END,
        SIGNATURE + HEADER + PIXELS,
        SIGNATURE + PIXELS + HEADER + END,
        SIGNATURE[:-1] + b"\0" + HEADER + PIXELS + END,
        file(tail=b"PK\x03\x04"),
        file(tail=b"<script>alert(1)</script>"),
        file(tail=text(b"badge")),
        file(tail=END),
        file(tail=file()),
        file(END),
        file(HEADER),
        file(chunk(b"tEXt", b"a\0b", checksum=0)),
        file(struct.pack(">I", 0xFFFFFFFF) + b"tEXt"),
        file(header=chunk(b"IHDR", struct.pack(">IIBBBBB", 0, 1, 8, 0, 0, 0, 0))),
        file(header=chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 0, 8, 0, 0, 0, 0))),
        file(header=chunk(b"IHDR", b"")),
        file(*[chunk(b"tEXt", b"a\0b")] * 63),
        file(chunk(b"tEXt", b"a\0" + b"b" * 2_097_152)),
        b"GIF89a" + bytes(40),
        b"II*\0" + bytes(40),
        b"8BPS" + bytes(40),
    ],
    ids=range(25),
)
def test_p3_p4_files_that_are_not_one_sound_png(data):
    """Truncated, glued, mislabelled, without extent, with a lying length."""
    for act in (png.unbake, lambda data: png.bake(data, CREDENTIAL)):
        with pytest.raises(ImageRefused) as refused:
            act(data)
        assert not isinstance(refused.value, NotBaked)


def test_p3_large_images_are_not_baked_into():
    """They are read, since nothing of their pixels is decoded."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 2049, 1, 8, 0, 0, 0, 0))

    with pytest.raises(ImageRefused) as refused:
        png.bake(file(header=header), CREDENTIAL)

    assert refused.value.code == "image_too_large"
    assert png.unbake(file(text(b"badge"), header=header)) == "badge"


@pytest.mark.parametrize("value", ["", "a\0b", "x" * 262_145])
def test_refuses_to_bake_what_cannot_be_read_back(picture, value):
    """The reader's limits hold for the writer too."""
    with pytest.raises(ImageRefused):
        png.bake(picture, value)


def test_reads_images_baked_by_others(vectors):
    """Baked with Mozilla's tools, for Open Badges 2.0; and the picture before that."""
    baked = (vectors / "baked/baked_heart.png").read_bytes()
    heart = (vectors / "baked/public_domain_heart.png").read_bytes()

    assert json.loads(png.unbake(baked, version=Version.V2))["uid"] == "123"

    with pytest.raises(NotBaked):
        png.unbake(heart, version=Version.V2)
    assert png.unbake(png.bake(heart, CREDENTIAL)) == CREDENTIAL
