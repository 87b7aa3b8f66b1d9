"""QR codes of badge addresses, for a screen (SVG) and for paper (PNG)."""

from __future__ import annotations

import io

from PIL import Image
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

# ISO/IEC 18004 §9.1: four light modules on each side, or scanners may not find the code.
QUIET_ZONE = 4


def matrix(text: str) -> list[list[bool]]:
    """Return the modules of the QR code of `text`, row by row, True where dark.

    Error correction M (15 %): a printed card may be worn. The quiet zone is included.
    """
    code = QRCode(error_correction=ERROR_CORRECT_M, border=QUIET_ZONE)
    code.add_data(text)
    code.make(fit=True)
    return [[bool(module) for module in row] for row in code.get_matrix()]


def svg_path(modules: list[list[bool]]) -> str:
    """Return the `d` of one SVG path that draws the dark modules, each one unit wide.

    Neighbours in a row are drawn as one bar, so that no hairline shows between them.

    >>> svg_path([[True, True, False], [False, False, True]])
    'M0 0h2v1h-2zM2 1h1v1h-1z'
    """
    bars = []
    for y, row in enumerate(modules):
        x = 0
        while x < len(row):
            if not row[x]:
                x += 1
                continue
            start = x
            while x < len(row) and row[x]:
                x += 1
            bars.append(f"M{start} {y}h{x - start}v1h-{x - start}z")
    return "".join(bars)


def png(text: str, *, pixels_per_module: int = 12) -> bytes:
    """Return the QR code of `text` as a black and white PNG.

    At 12 pixels a module the code of a badge address is about 500 pixels wide: 4 cm at 300 dpi.
    """
    modules = matrix(text)
    size = len(modules)
    image = Image.new("1", (size, size), 1)
    image.putdata([0 if dark else 1 for row in modules for dark in row])
    large = image.resize((size * pixels_per_module,) * 2, Image.Resampling.NEAREST)
    buffer = io.BytesIO()
    large.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()
