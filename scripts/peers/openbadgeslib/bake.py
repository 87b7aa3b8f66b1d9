"""Bake an Open Badges 3.0 badge as openbadgeslib does: bake.py IMAGE TEXT_FILE OUTPUT."""

import sys
from pathlib import Path

from openbadgeslib import baking

image, text_file, output = map(Path, sys.argv[1:])
content, text = image.read_bytes(), text_file.read_text()
if image.suffix == ".svg":
    baked = baking.bake_svg(
        content,
        text,
        element=baking.SVG_ELEMENT_OB3,
        namespace=baking.SVG_NS_OB3,
        as_text=text.startswith("{"),
    )
else:
    baked = baking.bake_png(content, text, keyword=baking.ITXT_KEYWORD_OB3)
output.write_bytes(baked)
