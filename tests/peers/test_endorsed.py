"""What strangers say of a badge with an endorsement inside, and why we embed JSON and no token."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PEERS = Path(__file__).resolve().parent.parent.parent / "scripts" / "peers"


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory, schemas: Path) -> list[dict[str, Any]]:
    """What every peer said of every form."""
    folder = tmp_path_factory.mktemp("peers") / "endorsed"
    subprocess.run([sys.executable, PEERS / "make_endorsed_samples.py", folder], check=True)
    # These samples are not those of expected.json, so the exit status says nothing.
    done = subprocess.run(
        [PEERS / "run", "--json", folder], capture_output=True, text=True, check=False
    )
    assert done.stdout, done.stderr
    parsed: list[dict[str, Any]] = json.loads(done.stdout)
    return parsed


def reasons(verdicts: list[dict[str, Any]], sample: str, form: str) -> dict[str, str]:
    """Return why each peer refuses a sample; nothing for one that accepts it."""
    return {
        v["peer"]: v["reason"] for v in verdicts if (v["sample"], v["format"]) == (sample, form)
    }


def test_the_endorsement_in_json_is_read_by_all_but_one(verdicts: list[dict[str, Any]]) -> None:
    """The one refuses any context that stands inside a document."""
    said = reasons(verdicts, "endorsement", "eddsa-rdfc-2022")

    refusing = {peer: reason for peer, reason in said.items() if reason}
    assert {"verifier-core", "digitalbazaar-vc", "openbadgeslib", "schema"} <= said.keys()
    assert refusing.keys() == {"openvc"}
    assert "endorsement/@context" in refusing["openvc"]


def test_images_and_tokens_with_an_endorsement_are_read(verdicts: list[dict[str, Any]]) -> None:
    """The same badge in its other forms; openvc reads no token of Open Badges 3.0 at all."""
    tokens = reasons(verdicts, "endorsement", "vc-jwt-es256")

    assert reasons(verdicts, "endorsement", "png")["openbadgeslib"] == ""
    assert {peer for peer, reason in tokens.items() if not reason} >= {
        "jose",
        "openbadgeslib",
        "schema",
    }


def test_the_endorsement_as_a_token_is_refused_by_two(verdicts: list[dict[str, Any]]) -> None:
    """They hold the older copy of the context, in which the word does not stand."""
    said = reasons(verdicts, "endorsementJwt", "eddsa-rdfc-2022")

    assert "Safe mode" in said["verifier-core"]
    assert "Safe mode" in said["digitalbazaar-vc"]
    assert {peer for peer, reason in said.items() if not reason} >= {"openbadgeslib", "openvc"}
