"""Baking a credential into a PNG, and taking it out again, without touching a pixel.

The credential is the text of one `iTXt` chunk. The file is read chunk by chunk, and nothing is
decoded but that text: image libraries disagree on which of two texts counts, and have been
attacked through everything else that a PNG may hold.
Sources: Open Badges 3.0, section 5.3.1; Open Badges 2.0 Baking; PNG Specification, Third Edition.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from badgeservice.errors import AmbiguousImage, ImageRefused, NotBaked
from badgeservice.openbadges.bakery.carrier import MAXIMUM_TEXT_BYTES, Version

NAME = "PNG"

_KEYWORDS = {Version.V2: b"openbadges", Version.V3: b"openbadgecredential"}
"""The keyword under which the badge of each version stands."""

_READ_FROM = {Version.V2: (b"iTXt", b"tEXt", b"zTXt"), Version.V3: (b"iTXt",)}
"""The kinds of chunk that are read: images from before Open Badges 2.0 have the older two."""

MAXIMUM_BYTES = 2_097_152
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


def bake(image: bytes, text: str, *, version: Version = Version.V3) -> bytes:
    """Return `image` with `text` in one `iTXt` chunk after the header; all other bytes stay.

    `text` is a compact JWS, or JSON. Whatever a reader could take for another badge of `version`
    is replaced. Raises `ImageRefused`.
    """
    header, *others = _chunks(image)
    width, height = struct.unpack(">II", header.content[:8])
    if max(width, height) > MAXIMUM_SIDE:
        message = f"{width}×{height} pixels, more than {MAXIMUM_SIDE} a side"
        raise ImageRefused(message, code="image_too_large")
    encoded = text.encode()
    if not encoded or b"\0" in encoded or len(encoded) > MAXIMUM_TEXT_BYTES:
        raise ImageRefused(f"{len(encoded)} bytes of text that no reader would take out again")
    content = _KEYWORDS[version] + b"\0\0\0\0\0" + encoded
    kept = (image[c.start : c.end] for c in others if not _is_candidate(c, version))
    return image[: header.end] + _written(b"iTXt", content) + b"".join(kept)


def unbake(image: bytes, *, version: Version = Version.V3) -> str:
    """Return the text of the badge of `version` in `image`.

    Of Open Badges 3.0, the text of an `iTXt` chunk; of Open Badges 2.0, that of any kind of text
    chunk, and it may be the bare address of an assertion.
    Raises `NotBaked` if there is none; `AmbiguousImage` if there are several, or one of a kind or
    under a spelling that only some readers take for a badge; `ImageRefused` for a file that is not
    one sound PNG.
    """
    return reader(image)(version)


def reader(image: bytes) -> Callable[[Version], str]:
    """Return what takes a badge out of `image` as `unbake` does; the file is read once.

    Raises `ImageRefused` for a file that is not one sound PNG.
    """
    chunks = _chunks(image)
    return lambda version: _badge(chunks, version)


def _badge(chunks: Sequence[_Chunk], version: Version) -> str:
    """Return the text of the one badge of `version`; raises as `unbake` does."""
    candidates = [chunk for chunk in chunks if _is_candidate(chunk, version)]
    if not candidates:
        raise NotBaked("the image is sound and carries no badge")
    chunk = candidates[0]
    if len(candidates) > 1:
        raise AmbiguousImage("the image carries several texts that could be the badge")
    if chunk.kind not in _READ_FROM[version] or _keyword(chunk) != _KEYWORDS[version]:
        raise AmbiguousImage("the image carries a text that only some readers take for a badge")
    try:
        return _text(chunk).decode()
    except (ValueError, zlib.error):
        raise ImageRefused("the text in the image is damaged", code="bad_text") from None


def _is_candidate(chunk: _Chunk, version: Version) -> bool:
    """Say whether one software or another would take a chunk for the badge of `version`."""
    keyword = _keyword(chunk)
    return keyword is not None and keyword.strip().lower() == _KEYWORDS[version]


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


def _text(chunk: _Chunk) -> bytes:
    """Return the text of a chunk, inflated within bounds if it is compressed.

    A plain `tEXt` counts as UTF-8, as all software for badges reads it.
    """
    _, _, text = chunk.content.partition(b"\0")
    compression = b"\0\0"
    if chunk.kind == b"zTXt":
        compression, text = b"\1" + text[:1], text[1:]
    elif chunk.kind == b"iTXt":
        compression, text = text[:2], text[2:]
        _, _, text = text.partition(b"\0")  # the language
        _, _, text = text.partition(b"\0")  # the keyword, translated
    if compression == b"\1\0":
        text = _inflated(text)
    elif compression != b"\0\0":
        raise ValueError("neither plain nor deflated")
    if not text or b"\0" in text or len(text) > MAXIMUM_TEXT_BYTES:
        message = f"the text is empty, longer than {MAXIMUM_TEXT_BYTES} bytes, or holds a NUL"
        raise ImageRefused(message, code="bad_text")
    return text


def _inflated(stream: bytes) -> bytes:
    """Return what a zlib stream holds, or one byte more than is allowed of it."""
    inflater = zlib.decompressobj()
    text = inflater.decompress(stream, MAXIMUM_TEXT_BYTES + 1)
    if len(text) <= MAXIMUM_TEXT_BYTES and (not inflater.eof or inflater.unused_data):
        raise ValueError("not one whole stream")
    return text


def _written(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + _checksum(kind, content)


def _checksum(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(kind + content))
