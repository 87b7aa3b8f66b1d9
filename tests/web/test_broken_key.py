"""A damaged key stops signing; whoever shows or checks a badge notices nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from badgeservice.extensions import services
from badgeservice.openbadges.keys import KeyKind
from badgeservice.settings import Settings
from tests.conftest import Clock, Letters, copy_of, running


@pytest.fixture
def broken(
    installed: Settings, tmp_path: Path, clock: Clock, letters: Letters
) -> Iterator[tuple[Flask, Path]]:
    """The service, started although others can read one of its keys; and that key's file."""
    keys_dir = tmp_path / "own-keys"
    shutil.copytree(installed.keys_dir, keys_dir)
    path = keys_dir / "demo" / "ed25519-1.pem"
    path.chmod(0o644)
    settings = replace(copy_of(installed, tmp_path / "copy"), keys_dir=keys_dir)
    yield from ((app, path) for app in running(settings, clock, letters))


def test_it_starts_for_reading_and_says_what_is_wrong(
    broken: tuple[Flask, Path],
) -> None:
    """Pages and documents answer; whoever watches is told, without the folder's name."""
    client = broken[0].test_client()

    assert 200 == client.get("/").status_code
    assert 200 == client.get("/issuers/demo/did.json").status_code
    assert 200 == client.get("/healthz").status_code
    ready = client.get("/readyz")
    assert 503 == ready.status_code
    assert ["a signing key is missing or damaged"] == ready.json["problems"]
    assert "pem" not in ready.text


def test_the_log_raises_the_alarm(
    installed: Settings, tmp_path: Path, clock: Clock, letters: Letters,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """One line at start, at the level that wakes somebody."""
    keys_dir = tmp_path / "own-keys"
    shutil.copytree(installed.keys_dir, keys_dir)
    (keys_dir / "demo" / "rsa-1.pem").unlink()

    for _ in running(
        replace(copy_of(installed, tmp_path / "copy"), keys_dir=keys_dir), clock, letters
    ):
        pass

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    (alert,) = [line for line in lines if line["event"] == "key_unusable"]
    assert "error" == alert["level"]
    assert "key_file" == alert["code"]


def test_once_mended_it_is_ready_without_a_restart(broken: tuple[Flask, Path]) -> None:
    """The next question finds it."""
    app, path = broken
    path.chmod(0o400)

    assert 200 == app.test_client().get("/readyz").status_code
    with app.app_context():
        assert "ed25519-1" == services().office.keyring.signing_key(KeyKind.ED25519).kid
