"""What others wrote and browsers load is the files that each SOURCES.md says they are."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

import badgeservice

VENDOR = Path(badgeservice.__file__).parent / "web" / "static" / "vendor"
ROW = re.compile(r"^\| `(?P<name>[^`]+)` \|.*\| `(?P<digest>[0-9a-f]{64})` \|$", re.MULTILINE)


@pytest.mark.parametrize("folder", sorted(VENDOR.iterdir()), ids=lambda folder: folder.name)
def test_every_vendored_file_is_the_one_that_sources_names(folder: Path) -> None:
    """A vendored file that changes without its line is someone else's file."""
    stated = dict(ROW.findall((folder / "SOURCES.md").read_text(encoding="utf-8")))

    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.name != "SOURCES.md"
    }

    assert stated
    assert stated == found
