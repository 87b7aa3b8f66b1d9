"""What others wrote and the page contains is what its table says, and no request leaves it."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "badgeservice/kit/vendor"
TABLE = re.findall(
    r"^\| `([^`]+)` \| .*`([0-9a-f]{64})` \|$", (VENDOR / "ORIGIN.md").read_text(), re.M
)
LOCK = json.loads((ROOT / "scripts/kit/package-lock.json").read_text())["packages"]


@pytest.mark.parametrize(("name", "digest"), TABLE)
def test_every_file_is_the_one_in_the_table(name, digest):
    """By its digest; a compressed one by that of what is inside, as the package has it."""
    content = (VENDOR / name).read_bytes()
    if name.endswith(".gz"):
        content = gzip.decompress(content)

    assert digest == hashlib.sha256(content).hexdigest()


def test_the_table_is_about_every_file():
    """Nothing lies there that nobody accounts for."""
    assert {name for name, _ in TABLE} | {"ORIGIN.md"} == {file.name for file in VENDOR.iterdir()}


@pytest.mark.parametrize("package", ["pyodide", "@noble/curves", "@noble/hashes", "esbuild"])
def test_the_table_names_the_versions_that_the_lock_pins(package):
    """Whoever builds again gets these."""
    assert LOCK[f"node_modules/{package}"]["version"] in (VENDOR / "ORIGIN.md").read_text()


def test_the_lock_names_no_host():
    """It is hashes, and says nothing of where a package was had."""
    assert "://" not in (ROOT / "scripts/kit/package-lock.json").read_text()
    assert all("integrity" in entry for name, entry in LOCK.items() if name)
