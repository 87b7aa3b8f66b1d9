"""QR codes are read back by a small decoder of our own, which shares nothing with the encoder."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from PIL import Image

from badgeservice.sharing import qr

ADDRESS = "https://badges.example/b/7YWHMfk9JZe0LM0g1ZauHu"

# ISO/IEC 18004 table 10: which modules each of the eight masks turns over.
MASKS: list[Callable[[int, int], bool]] = [
    lambda y, x: (y + x) % 2 == 0,
    lambda y, x: y % 2 == 0,
    lambda y, x: x % 3 == 0,
    lambda y, x: (y + x) % 3 == 0,
    lambda y, x: (y // 2 + x // 3) % 2 == 0,
    lambda y, x: y * x % 2 + y * x % 3 == 0,
    lambda y, x: (y * x % 2 + y * x % 3) % 2 == 0,
    lambda y, x: ((y + x) % 2 + y * x % 3) % 2 == 0,
]


def decode(modules: list[list[bool]]) -> str:
    """Return the text of a clean QR code of version 2, 3 or 4, byte mode, correction M.

    Reads by the standard's own steps: format bits, mask, zigzag, blocks, mode and length. Error
    correction is not used: our picture has no damage.
    """
    grid = [row[qr.QUIET_ZONE : -qr.QUIET_ZONE] for row in modules[qr.QUIET_ZONE : -qr.QUIET_ZONE]]
    size = len(grid)
    version = (size - 17) // 4
    assert version in (2, 3, 4), "one block of data, or two equal ones; one alignment pattern"
    reserved = [[False] * size for _ in range(size)]

    def reserve(top: int, left: int, height: int, width: int) -> None:
        for y in range(top, top + height):
            for x in range(left, left + width):
                reserved[y][x] = True

    reserve(0, 0, 9, 9)
    reserve(0, size - 8, 9, 8)
    reserve(size - 8, 0, 8, 9)
    reserve(size - 9, size - 9, 5, 5)
    for i in range(size):
        reserved[6][i] = reserved[i][6] = True
    # Format information: two bits of correction level, three of mask, then masked by 0b10101….
    bits = [grid[8][x] for x in range(5)]
    information = sum(bit << (4 - i) for i, bit in enumerate(bits)) ^ 0b10101
    assert information >> 3 == 0b00, "level M"
    mask = MASKS[information & 0b111]
    stream: list[bool] = []
    upwards = True
    right = size - 1
    while right > 0:
        right -= right == 6
        for y in range(size - 1, -1, -1) if upwards else range(size):
            for x in (right, right - 1):
                if not reserved[y][x]:
                    stream.append(grid[y][x] != mask(y, x))
        upwards, right = not upwards, right - 2
    codewords = bytes(
        sum(bit << (7 - i) for i, bit in enumerate(stream[start : start + 8]))
        for start in range(0, len(stream) - 7, 8)
    )
    data = {2: codewords[:28], 3: codewords[:44], 4: codewords[:64:2] + codewords[1:64:2]}[version]
    number = int.from_bytes(data)
    bit_count = len(data) * 8
    assert number >> (bit_count - 4) == 0b0100, "byte mode"
    length = (number >> (bit_count - 12)) & 0xFF
    text = (number >> (bit_count - 12 - 8 * length)) & ((1 << 8 * length) - 1)
    return text.to_bytes(length).decode()


@pytest.mark.parametrize("address", [ADDRESS, "https://b.example/b/1", "http://127.0.0.1:8000/b/x"])
def test_the_code_says_the_address(address):
    """Someone scans a card years later: what is printed must be the address, exactly."""
    assert address == decode(qr.matrix(address))


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
