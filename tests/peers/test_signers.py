"""What the cryptosuites of others sign today, our verifier finds whole."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from badgeservice import verification
from badgeservice.errors import FetchFailed
from badgeservice.verification.codes import Code
from badgeservice.verification.fetching import Fetched
from badgeservice.verification.register import EmptyRegister
from badgeservice.verification.report import Integrity, Report

PEERS = Path(__file__).resolve().parent.parent.parent / "scripts" / "peers"
RECORDED = Path(__file__).resolve().parent.parent / "recorded"
NAMES = sorted(path.stem for path in RECORDED.glob("*.json"))
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of badges that were signed for this run, under fresh keys."""
    folder = tmp_path_factory.mktemp("signers")
    subprocess.run([sys.executable, PEERS / "signers.py", folder], check=True)
    return folder


def verify(data: bytes) -> Report:
    """Return the report of somebody who issues nothing and has no network."""

    def nowhere(address: str) -> Fetched:
        raise FetchFailed("no network")

    submission = verification.recognise(data)
    return verification.verify(submission, fetch=nowhere, register=EmptyRegister(), now=NOW)


@pytest.mark.parametrize("name", NAMES)
def test_is_whole_and_not_once_changed(signed: Path, name: str) -> None:
    """Each suite; the original that its holder must keep is not checked."""
    data = (signed / f"{name}.json").read_bytes()
    document = json.loads(data)
    document["credentialSubject"]["achievement"]["criteria"]["narrative"] += "!"

    report, changed = verify(data), verify(json.dumps(document).encode())

    if name.endswith("-base"):
        assert report.find(Code.BASE_PROOF)
        assert report.integrity is Integrity.INDETERMINATE
    else:
        assert report.integrity is Integrity.VALID
        assert changed.find(Code.BAD_SIGNATURE)


def test_all_that_is_recorded_is_signed_anew(signed: Path) -> None:
    """And nothing else: a new suite gets its recorded badge too."""
    assert NAMES == sorted(path.stem for path in signed.glob("*.json"))
