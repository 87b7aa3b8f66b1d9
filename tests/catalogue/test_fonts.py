"""The fonts are the files that SOURCES.md says they are."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import badgeservice

FONTS = Path(badgeservice.__file__).parent / "web" / "static" / "vendor" / "fonts"
ROW = re.compile(r"^\| `(?P<name>[^`]+)` \|.*\| `(?P<digest>[0-9a-f]{64})` \|$", re.MULTILINE)


def test_every_font_file_is_the_one_that_sources_names() -> None:
    """A vendored file that changes without its line is someone else's file."""
    stated = dict(ROW.findall((FONTS / "SOURCES.md").read_text(encoding="utf-8")))

    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in FONTS.iterdir()
        if path.name != "SOURCES.md"
    }

    assert stated == found
