"""Software that we did not write accepts our badges and refuses tampered copies of them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PEERS = ROOT / "scripts" / "peers"
MUST_ACCEPT = [
    ("verifier-core", "eddsa-rdfc-2022"),
    ("digitalbazaar-vc", "eddsa-rdfc-2022"),
    ("openvc", "eddsa-rdfc-2022"),
    ("openbadgeslib", "eddsa-rdfc-2022"),
    ("openbadgeslib", "vc-jwt-es256"),
    ("openbadgeslib", "vc-jwt-eddsa"),
    ("openbadgeslib", "vc-jwt-rs256"),
    ("openbadgeslib", "png"),
    ("openbadgeslib", "svg"),
    ("openbadgeslib", "ob2-json"),
    ("openbadgeslib", "ob2-jws"),
    ("openbadges", "ob2-json"),
    ("openbadges", "ob2-jws"),
    ("jose", "vc-jwt-es256"),
    ("jose", "vc-jwt-rs256"),
    ("jose", "vc-jwt-eddsa"),
    ("schema", "eddsa-rdfc-2022"),
    ("schema", "vc-jwt-es256"),
    ("schema", "vc-jwt-rs256"),
]
MUST_READ = [
    (peer, form)
    for peer in ("openbadgeslib", "openbadges", "openbadges-bakery", "openbadges-bakery-npm")
    for form in ("png-both", "svg-both")
]
"""Of an image with two badges, each of these reads the one of its version."""


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the peers and return what they printed."""
    command = [PEERS / "run", *arguments]
    return subprocess.run([str(a) for a in command], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def judged(samples: Path) -> subprocess.CompletedProcess[str]:
    """The peers, once they have judged every sample."""
    return run("--json", samples)


@pytest.fixture(scope="module")
def verdicts(judged: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """What every peer said of every sample."""
    assert judged.stdout, judged.stderr
    parsed: list[dict[str, Any]] = json.loads(judged.stdout)
    return parsed


@pytest.fixture(scope="module")
def table(samples: Path) -> str:
    """What they said as a table."""
    return run("--markdown", samples).stdout.strip()


def test_every_verdict_is_the_recorded_one(judged: subprocess.CompletedProcess[str]) -> None:
    """A peer that changes its mind, or a badge that changes, is noticed."""
    assert judged.stderr == ""
    assert judged.returncode == 0


@pytest.mark.parametrize(("peer", "form"), MUST_ACCEPT + MUST_READ)
def test_accepts_genuine_badges(verdicts: list[dict[str, Any]], peer: str, form: str) -> None:
    """Held apart from the recorded expectations, which a careless --record could change."""
    genuine = [
        v for v in verdicts if (v["peer"], v["format"], v["question"]) == (peer, form, "none")
    ]

    assert len(genuine) >= 2
    assert {v["reason"] for v in genuine} == {""}


@pytest.mark.parametrize(("peer", "form"), MUST_ACCEPT)
def test_refuses_at_least_six_tampered_copies(
    verdicts: list[dict[str, Any]], peer: str, form: str
) -> None:
    """A verifier that accepts everything would prove nothing about the genuine badge."""
    refused = {
        v["sample"]
        for v in verdicts
        if (v["peer"], v["format"]) == (peer, form) and not v["accepted"]
    }

    assert len(refused) >= 6


@pytest.mark.parametrize(
    ("peer", "question"), [("openbadgeslib", "newer"), ("openbadges", "older")]
)
@pytest.mark.parametrize("form", ["png-both", "svg-both"])
def test_each_verifier_refuses_the_bad_one_of_two_that_it_reads(
    verdicts: list[dict[str, Any]], peer: str, question: str, form: str
) -> None:
    """A forged badge beside a genuine one: whoever reads that one must notice."""
    found = [
        v for v in verdicts if (v["peer"], v["format"], v["question"]) == (peer, form, question)
    ]

    assert len(found) >= 2
    assert not any(v["accepted"] for v in found)


def test_a_genuine_badge_that_is_refused_makes_the_run_fail(samples: Path, tmp_path: Path) -> None:
    """The run can fail: a tampered badge in the place of a genuine one is noticed."""
    spoiled = tmp_path / "spoiled"
    shutil.copytree(samples, spoiled, ignore=shutil.ignore_patterns("installation"))
    listing = json.loads((spoiled / "samples.json").read_text())["samples"]
    in_json = [s for s in listing if s["format"] == "eddsa-rdfc-2022"]
    genuine = next(s for s in in_json if s["name"] == "genuine")
    edited = next(s for s in in_json if s["name"] == "edited claim")
    shutil.copy(spoiled / edited["file"], spoiled / genuine["file"])

    done = run(spoiled)

    assert done.returncode == 1
    assert (
        "verifier-core / eddsa-rdfc-2022 / genuine: expected accepted, found refused" in done.stderr
    )


@pytest.mark.parametrize("name", ["README.md", "docs/interoperability.md"])
def test_the_documentation_shows_the_table_that_was_found(table: str, name: str) -> None:
    """Figures in documentation are generated, and held true."""
    page = (ROOT / name).read_text()
    shown = re.search(r"<!-- table -->\n(.*)\n<!-- end of table -->", page, re.DOTALL)
    assert shown is not None

    assert shown[1].strip() == table


@pytest.mark.parametrize(
    "lock", sorted(PEERS.glob("*/*lock*")), ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_lock_files_hold_hashes_and_no_address(lock: Path) -> None:
    """What is installed is decided by the hash, wherever it is fetched from."""
    text = lock.read_text()

    assert re.search(r"https?://", text) is None
    assert "sha512-" in text or "sha256:" in text
