"""Bake with openbadges-bakery: bake.py IMAGE TEXT_FILE OUTPUT."""

import sys
from pathlib import Path

from openbadges_bakery import bake

image, text, output = map(Path, sys.argv[1:])
with image.open("rb") as file:
    baked = bake(file, text.read_text())
baked.seek(0)
output.write_bytes(baked.read())
