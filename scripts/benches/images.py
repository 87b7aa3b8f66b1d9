"""P7: a credential goes into a PNG, and comes out, without a pixel being touched."""

from __future__ import annotations

import io

from PIL import Image, ImageChops

from badgeservice.openbadges.bakery import png
from scripts.benches.measured import Measured, in_turns

CREDENTIAL_BYTES = 3_900
SIZE = 400


def measure() -> list[Measured]:
    """Bake and unbake, beside Pillow that decodes and encodes the same picture."""
    picture = _picture()
    credential = '{"id":"' + "x" * (CREDENTIAL_BYTES - 9) + '"}'
    baked = png.bake(picture, credential)

    def encode() -> None:
        with Image.open(io.BytesIO(picture)) as image:
            image.save(io.BytesIO(), "PNG")

    bake, unbake, pillow = in_turns(
        10,
        [
            (lambda: png.bake(picture, credential), 200),
            (lambda: png.unbake(baked), 200),
            (encode, 3),
        ],
    )
    details: dict[str, float | str] = {
        "bake ms": bake, "unbake ms": unbake, "Pillow ms": pillow, "picture kB": len(picture) / 1000,
    }  # fmt: skip
    return [
        Measured("P7", "bake, beside Pillow's encoding", pillow / bake, "times", "≥", 500, details),
        Measured("P7", "unbake, beside Pillow's encoding", pillow / unbake, "times", "≥", 500),
    ]


def _picture() -> bytes:
    """Return a drawing in colour as issuers have them: shaded, so that it is not compressed away."""
    shade = Image.radial_gradient("L").resize((SIZE, SIZE))
    turned = ImageChops.offset(shade, SIZE // 3)
    written = io.BytesIO()
    Image.merge("RGB", (shade, turned, shade)).save(written, "PNG")
    return written.getvalue()
