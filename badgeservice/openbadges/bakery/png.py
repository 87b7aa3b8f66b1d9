"""Baking a credential into a PNG, and taking it out again, without touching a pixel.

The credential is the text of one `iTXt` chunk. The file is read chunk by chunk, and nothing is
decoded but that text: image libraries disagree on which of two texts counts, and have been
attacked through everything else that a PNG may hold.
Sources: Open Badges 3.0, section 5.3.1; PNG Specification, Third Edition.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from badgeservice.errors import AmbiguousImage, ImageRefused, NotBaked

KEYWORD = "openbadgecredential"
"""The keyword of Open Badges 3.0."""

_KEYWORDS = (KEYWORD.encode("latin-1"), b"openbadges")
"""Every keyword under which a badge is looked for; the second is that of Open Badges 2."""

MAXIMUM_BYTES = 2_097_152
MAXIMUM_TEXT_BYTES = 262_144
MAXIMUM_CHUNKS = 64
"""Chunks other than IDAT, of which encoders write hundreds."""
MAXIMUM_SIDE = 2048
"""Pixels, for images that we bake into."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TEXT_KINDS = (b"iTXt", b"tEXt", b"zTXt")
_PIXELS = b"IDAT"


class _Chunk(NamedTuple):
    """A chunk: its kind, its content, and where the whole chunk begins and ends in the file."""

    kind: bytes
    content: bytes
    start: int
    end: int


def recognises(data: bytes) -> bool:
    """Say whether `data` begins as a PNG does."""
    return data.startswith(_SIGNATURE)


def bake(png: bytes, text: str, *, keyword: str = KEYWORD) -> bytes:
    """Return `png` with `text` in one `iTXt` chunk after the header; all other bytes stay.

    `text` is a compact JWT, or the JSON of a credential with an embedded proof. Text that stands
    there already under `keyword` is replaced. Raises `ImageRefused`.
    """
    header, *others = _chunks(png)
    width, height = struct.unpack(">II", header.content[:8])
    if max(width, height) > MAXIMUM_SIDE:
        message = f"{width}×{height} pixels, more than {MAXIMUM_SIDE} a side"
        raise ImageRefused(message, code="image_too_large")
    encoded = text.encode()
    if not encoded or b"\0" in encoded or len(encoded) > MAXIMUM_TEXT_BYTES:
        raise ImageRefused(f"{len(encoded)} bytes of text that no reader would take out again")
    content = keyword.encode("latin-1") + b"\0\0\0\0\0" + encoded
    kept = (png[c.start : c.end] for c in others if _keyword(c) != keyword.encode("latin-1"))
    return png[: header.end] + _written(b"iTXt", content) + b"".join(kept)


def unbake(png: bytes, *, keyword: str = KEYWORD) -> str:
    """Return the text that is baked into `png` under `keyword`.

    Raises `NotBaked` if there is none; `AmbiguousImage` if there are several, or one in a kind of
    chunk other than `iTXt`; `ImageRefused` for a file that is not one sound PNG.
    """
    candidates = [chunk for chunk in _chunks(png) if _keyword(chunk) == keyword.encode("latin-1")]
    if not candidates:
        raise NotBaked("the image is sound and carries no badge")
    if len(candidates) > 1 or candidates[0].kind != b"iTXt":
        raise AmbiguousImage("the image carries several texts that could be the badge")
    try:
        return _international_text(candidates[0].content).decode()
    except (ValueError, zlib.error):
        raise ImageRefused("the text in the image is damaged", code="bad_text") from None


def count_badges(png: bytes) -> int:
    """Return how many texts in `png` one software or another would take for a badge.

    That is, under the keyword of any edition of Open Badges, whatever its capitals. Raises
    `ImageRefused` for a file that is not one sound PNG.
    """
    keywords = [(_keyword(chunk) or b"").strip().lower() for chunk in _chunks(png)]
    return sum(keyword in _KEYWORDS for keyword in keywords)


def _chunks(data: bytes) -> list[_Chunk]:
    """Return every chunk, from IHDR to IEND, of a file that is one sound PNG and nothing else."""
    if len(data) > MAXIMUM_BYTES:
        message = f"{len(data)} bytes, more than {MAXIMUM_BYTES}"
        raise ImageRefused(message, code="image_too_large")
    if not recognises(data):
        raise ImageRefused("not a PNG", code="not_png")
    chunks = list(_walk(data))
    kinds = [chunk.kind for chunk in chunks]
    others = [kind for kind in kinds if kind != _PIXELS]
    if len(others) > MAXIMUM_CHUNKS:
        raise ImageRefused(f"more than {MAXIMUM_CHUNKS} chunks beside the pixels")
    if kinds[:1] != [b"IHDR"] or kinds[-1:] != [b"IEND"] or _PIXELS not in kinds:
        raise ImageRefused("a PNG goes from IHDR over IDAT to IEND")
    if others.count(b"IHDR") > 1 or others.count(b"IEND") > 1:
        raise ImageRefused("several images in one file")
    if len(chunks[0].content) != 13 or 0 in struct.unpack(">II", chunks[0].content[:8]):
        raise ImageRefused("an image without extent")
    return chunks


def _walk(data: bytes) -> Iterator[_Chunk]:
    position = len(_SIGNATURE)
    while position < len(data):
        start = position
        if len(data) - start < 12:
            raise ImageRefused("bytes after the last chunk")
        (length,) = struct.unpack_from(">I", data, start)
        end = start + 12 + length
        if end > len(data):
            raise ImageRefused("a chunk that is longer than the file")
        kind, content = data[start + 4 : start + 8], data[start + 8 : end - 4]
        if data[end - 4 : end] != _checksum(kind, content):
            raise ImageRefused(f"a {kind!r} chunk with a wrong checksum")
        yield _Chunk(kind, content, start, end)
        position = end


def _keyword(chunk: _Chunk) -> bytes | None:
    return chunk.content.partition(b"\0")[0] if chunk.kind in _TEXT_KINDS else None


def _international_text(content: bytes) -> bytes:
    """Return the text of an `iTXt` chunk, inflated within bounds if it is compressed."""
    _, _, rest = content.partition(b"\0")
    compression, rest = rest[:2], rest[2:]
    _, _, rest = rest.partition(b"\0")  # the language
    _, _, text = rest.partition(b"\0")  # the keyword, translated
    if compression == b"\1\0":
        inflater = zlib.decompressobj()
        text = inflater.decompress(text, MAXIMUM_TEXT_BYTES + 1)
        if len(text) <= MAXIMUM_TEXT_BYTES and (not inflater.eof or inflater.unused_data):
            raise ValueError("not one whole stream")
    elif compression != b"\0\0":
        raise ValueError("neither plain nor deflated")
    if not text or len(text) > MAXIMUM_TEXT_BYTES:
        message = f"the text is empty, or longer than {MAXIMUM_TEXT_BYTES} bytes"
        raise ImageRefused(message, code="bad_text")
    return text


def _written(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + _checksum(kind, content)


def _checksum(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(kind + content))
