"""Images that show one badge to us and another to somebody else's software."""

from __future__ import annotations

import struct
import zlib

import pytest

from badgeservice import verification
from badgeservice.errors import Unreadable
from badgeservice.openbadges import strict_json
from badgeservice.openbadges.bakery import png
from badgeservice.verification.codes import Code
from tests.verification.school import School


def _chunk(kind: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )


_HEADER = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
_REST = _chunk(b"IDAT", zlib.compress(b"\0\0")) + _chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "keyword", [b"openbadges", b"OpenBadgeCredential", b" openbadgecredential", b"OPENBADGES "]
)
@pytest.mark.parametrize("kind", [b"iTXt", b"tEXt"])
def test_a_second_badge_under_another_keyword_is_not_overlooked(
    keyword: bytes, kind: bytes
) -> None:
    """Open Badges 2 software reads `openbadges`: a green verdict would cover what it shows."""
    baked = png.bake(_HEADER + _REST, strict_json.dumps(School().issue()).decode())
    assert verification.recognise(baked).document, "the image is good without the second badge"
    null = b"\0\0\0\0\0" if kind == b"iTXt" else b"\0"
    second = _chunk(kind, keyword + null + b'{"@context": "https://w3id.org/openbadges/v2"}')

    with pytest.raises(Unreadable) as refused:
        verification.recognise(baked[: len(_HEADER)] + second + baked[len(_HEADER) :])

    assert refused.value.code == Code.AMBIGUOUS_IMAGE
