"""The samples are made once, by the application, for all who judge them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PEERS = Path(__file__).resolve().parent.parent.parent / "scripts" / "peers"


@pytest.fixture(scope="package")
def samples(tmp_path_factory: pytest.TempPathFactory, schemas: Path) -> Path:
    """Badges made by the application at https://badges.example, and their tampered copies."""
    folder = tmp_path_factory.mktemp("peers") / "samples"
    done = subprocess.run(
        [sys.executable, str(PEERS / "make_samples.py"), str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder
