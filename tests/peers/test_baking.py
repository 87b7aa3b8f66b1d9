"""Images that strangers bake are read by us, and ours by them, whatever they know of namespaces."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from badgeservice.openbadges import bakery
from badgeservice.openbadges.bakery import Version, svg

PEERS = Path(__file__).resolve().parent.parent.parent / "scripts" / "peers"
sys.path.insert(0, str(PEERS))

import judge  # noqa: E402  # the scripts are no package

ADDRESS = "https://badges.example/ob2/assertions/1"
ASSERTION = json.dumps({"id": ADDRESS, "type": "Assertion", "narrative": "é"}, ensure_ascii=False)
TOKEN = "eyJhbGciOiJSUzI1NiJ9.e30.AAAA"
CREDENTIAL = '{"name":"é <&>","proof":[]}'
PNG, SVG = "public_domain_heart.png", "unbaked_example.svg"
BAKERIES = [
    ("openbadges-bakery", PNG, Version.V2),
    ("openbadges-bakery", SVG, Version.V2),
    ("openbadges-bakery-npm", SVG, Version.V2),
    ("openbadgeslib", PNG, Version.V3),
    ("openbadgeslib", SVG, Version.V3),
]
Bake = Callable[[str, Path, str], bytes]


@pytest.fixture
def bake(tmp_path: Path) -> Bake:
    """Bake a text into an image with the software of others."""

    def run(peer: str, image: Path, text: str) -> bytes:
        source, output = tmp_path / "text", tmp_path / f"baked{image.suffix}"
        source.write_text(text)
        command = judge.command(next(p for p in judge.PEERS if p.name == peer), "bake")
        task = tmp_path / "task.json"
        task.write_text(json.dumps({"documents": {}, "samples": []}))
        done = subprocess.run(
            [*command, str(image), str(source), str(output)],
            env={**os.environ, "PEER_TASK": str(task)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return output.read_bytes()

    return run


@pytest.mark.parametrize(("peer", "name", "version"), BAKERIES)
@pytest.mark.parametrize("kind", ["JSON", "token"])
def test_we_read_and_replace_what_they_bake(
    bake: Bake, vectors: Path, peer: str, name: str, version: Version, kind: str
) -> None:
    """Both versions, JSON and tokens, into images that are not ours either."""
    text = {Version.V2: ASSERTION, Version.V3: CREDENTIAL}[version] if kind == "JSON" else TOKEN

    image = bake(peer, vectors / "baked" / name, text)

    carrier = bakery.carrier_of(image)
    assert carrier is not None
    found = bakery.badges(image, carrier)
    assert [version] == list(found)
    assert _said(text) == _said(found[version])
    again = carrier.bake(image, "eyJ.e30.AA", version=version)
    assert {version: "eyJ.e30.AA"} == bakery.badges(again, carrier)


@pytest.mark.parametrize("peer", ["openbadges-bakery", "openbadges-bakery-npm"])
def test_strangers_look_for_the_prefix_and_not_for_the_namespace(
    vectors: Path, tmp_path: Path, peer: str
) -> None:
    """Why both versions have one prefix in our drawings: with two, the older badge is lost."""
    drawing = (vectors / "baked" / SVG).read_bytes()
    ours = svg.bake(svg.bake(drawing, CREDENTIAL), TOKEN, version=Version.V2)
    declared = b'xmlns:openbadges="http://openbadges.org"'
    assert declared in ours
    two = ours.replace(declared, b'xmlns:ob2="http://openbadges.org"')
    two = two.replace(b"<openbadges:assertion", b"<ob2:assertion")
    assert bakery.badges(two, svg) == bakery.badges(ours, svg)

    assert [True, False] == [_finds(peer, image, tmp_path) for image in (ours, two)]


def _finds(peer: str, image: bytes, folder: Path) -> bool:
    """Tell whether a peer takes the token out of a drawing."""
    drawing, task = folder / "image.svg", folder / "task.json"
    drawing.write_bytes(image)
    sample = {"name": "", "format": "svg-both", "path": str(drawing), "carried": TOKEN}
    task.write_text(json.dumps({"documents": {}, "samples": [sample]}))
    done = subprocess.run(
        judge.command(next(p for p in judge.PEERS if p.name == peer), "check"),
        env={**os.environ, "PEER_TASK": str(task), "PYTHONPATH": str(PEERS)},
        capture_output=True,
        text=True,
        check=True,
    )
    return bool(json.loads(done.stdout)["accepted"])


def _said(text: str) -> object:
    """Return what a text says, whatever its white space."""
    return json.loads(text) if text.startswith("{") else text
