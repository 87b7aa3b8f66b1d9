"""contexts: each is the one that is pinned, and the one that others use."""

from __future__ import annotations

import json
import re
from importlib import resources
from pathlib import Path

import pytest

from badgeservice.errors import ContextChanged, UnknownContext
from badgeservice.openbadges import contexts
from badgeservice.openbadges.contexts import PINS


def test_every_context_matches_its_pin():
    """What is checked once at the start of the service."""
    contexts.check_all()


@pytest.mark.parametrize("address", PINS)
def test_equals_the_independent_copy(vectors, address):
    """Equal as JSON to a copy that someone else collected elsewhere."""
    table = json.loads((vectors / "support/contexts.json").read_bytes())
    copy = json.loads((vectors / "support/contexts" / table[address]["file"]).read_bytes())

    assert copy == contexts.load(address)


@pytest.mark.parametrize("address", PINS)
def test_one_changed_byte_is_refused(address):
    """D4: a context poisoned on disk must not change what signatures mean."""
    pin = PINS[address]
    data = bytearray(resources.files(contexts).joinpath(pin.file).read_bytes())
    data[len(data) // 2] ^= 1

    with pytest.raises(ContextChanged, match=pin.file):
        contexts.checked(bytes(data), pin)


def test_other_addresses_are_unknown():
    """Nothing is fetched."""
    with pytest.raises(UnknownContext, match=r"https://evil\.example/v1"):
        contexts.load("https://evil.example/v1")


def test_sources_names_every_file_with_its_pin():
    """Origin, licence and digest of each vendored file are written down, and nothing else is."""
    folder = Path(str(resources.files(contexts)))
    rows = re.findall(
        r"^\| `(\S+)` \| `(\S+)` \|.+\| `([0-9a-f]{64})` \|$",
        (folder / "SOURCES.md").read_text(),
        re.MULTILINE,
    )

    assert {(file, address, sha256) for file, address, sha256 in rows} == {
        (pin.file, address, pin.sha256) for address, pin in PINS.items()
    }
    assert {path.name for path in folder.glob("*.jsonld")} == {pin.file for pin in PINS.values()}
