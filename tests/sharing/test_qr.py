"""QR codes are read by zxing-cpp, as a telephone would, from what is printed and from the screen."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from badgeservice.catalogue import artwork
from badgeservice.sharing import qr

ADDRESS = "https://badges.example/b/7YWHMfk9JZe0LM0g1ZauHu"
SHORT = "http://127.0.0.1:8000/b/x"
LONG = f"{ADDRESS}?lang=fr#{'a' * 300}"


def scan(png: bytes) -> str:
    """Return the text of the one QR code in a picture."""
    with Image.open(io.BytesIO(png)) as image:
        (code,) = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)
    return str(code.text)


def test_the_scanner_reads_the_codes_of_others(vectors: Path) -> None:
    """36 codes of the Digital Credentials Consortium, with the addresses that they say.

    They were made by other software: what reads them right can judge ours.
    """
    entries = json.loads((vectors / "manifest.json").read_text())
    expected = {
        entry["file"]: entry["notes"].removeprefix("expected text: ")
        for entry in entries
        if entry["category"] == "qr-dcc"
    }
    assert len(expected) == 36

    assert expected == {name: scan((vectors / name).read_bytes()) for name in expected}


@pytest.mark.parametrize("address", [ADDRESS, SHORT, LONG], ids=["badge", "short", "long"])
@pytest.mark.parametrize("pixels", [3, 12])
def test_the_picture_to_print_says_the_address(address: str, pixels: int) -> None:
    """Someone scans a card years later: what is printed must be the address, exactly."""
    assert address == scan(qr.png(address, pixels_per_module=pixels))


@pytest.mark.parametrize("address", [ADDRESS, SHORT, LONG], ids=["badge", "short", "long"])
def test_the_drawing_on_the_screen_says_the_address(address: str) -> None:
    """The path of the page, drawn by a renderer of SVG."""
    modules = qr.matrix(address)
    size = len(modules)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}">'
        f'<rect width="{size}" height="{size}" fill="#fff"/>'
        f'<path d="{qr.svg_path(modules)}" fill="#000"/></svg>'
    )

    assert address == scan(artwork.render(svg, width=8 * size, height=8 * size))


def test_a_worn_card_can_still_be_read() -> None:
    """A stain of 4 by 4 modules in the middle is within the 15 % that correction M mends."""
    code = Image.open(io.BytesIO(qr.png(ADDRESS)))
    middle = code.width // 2
    code.paste(0, (middle - 24, middle - 24, middle + 24, middle + 24))
    worn = io.BytesIO()
    code.save(worn, "PNG")

    assert ADDRESS == scan(worn.getvalue())


def test_the_png_draws_the_same_modules():
    """The file that people print is the code that is on the screen."""
    image = Image.open(io.BytesIO(qr.png(ADDRESS, pixels_per_module=5)))
    size = image.width // 5

    drawn = [
        [image.getpixel((5 * x + 2, 5 * y + 2)) == 0 for x in range(size)] for y in range(size)
    ]

    assert qr.matrix(ADDRESS) == drawn


def test_the_svg_path_draws_the_same_modules():
    """The path is drawn again bar by bar and compared."""
    modules = qr.matrix(ADDRESS)
    drawn = [[False] * len(modules) for _ in modules]

    for bar in qr.svg_path(modules).split("M")[1:]:
        place, _, rest = bar.partition("h")
        x, y = map(int, place.split())
        for i in range(int(rest.partition("v")[0])):
            drawn[y][x + i] = True

    assert modules == drawn


def test_the_quiet_zone_is_kept():
    """Scanners need four light modules on each side."""
    modules = qr.matrix(ADDRESS)

    edge = [*modules[:4], *modules[-4:], *(row[:4] + row[-4:] for row in modules)]

    assert not any(module for row in edge for module in row)
