"""A damaged key stops signing; whoever shows or checks a badge notices nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from badgeservice import extensions
from badgeservice.extensions import services
from badgeservice.issuing.models import CredentialBytes
from badgeservice.issuing.signer import LogEntry
from badgeservice.openbadges.keys import KeyKind
from badgeservice.settings import Settings
from tests.conftest import Clock, Letters, copy_of, running
from tests.web.conftest import Learner


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


@pytest.fixture
def own_keys(app: Flask, tmp_path: Path) -> Path:
    """The keys of the running service, as if it had not used them yet."""
    folder = tmp_path / "own-keys"
    with app.app_context():
        keyring = services().office.keyring
        shutil.copytree(keyring.keys_dir, folder)
        keyring.keys_dir = folder
        keyring._loaded.clear()
    return folder


def damaged(_app: Flask, keys: Path) -> None:
    """A key cannot be used."""
    (keys / "demo" / "rsa-1.pem").chmod(0o644)


def without_passphrase(app: Flask, _keys: Path) -> None:
    """The file with the passphrase has gone."""
    (app.extensions["badgeservice"].settings.data_dir / "key-passphrase").unlink()


def clock_went_back(app: Flask, _keys: Path) -> None:
    """Something was signed later than now."""
    log = app.extensions["badgeservice"].office.log
    log.append(LogEntry("2999-01-01T00:00:00+00:00", "credential", "urn:x", "urn:y", "0" * 64))


@pytest.mark.parametrize("trouble", [damaged, without_passphrase, clock_went_back])
def test_whoever_accepts_a_badge_is_told_to_come_back(
    app: Flask, learner: Learner, own_keys: Path, trouble: Callable[[Flask, Path], None]
) -> None:
    """Nothing is lost: the offer waits, and nothing was signed."""
    learner.pass_quiz()
    offer = learner.offer()
    choices = {"with_name": "no", "name": "", "signed_language": "fr", "visibility": "link"}
    trouble(app, own_keys)

    answer = learner.post(f"{offer}/recevoir", offer, **choices)

    assert 503 == answer.status_code
    assert "Rien n&#39;a été perdu" in answer.text or "Rien n'a été perdu" in answer.text
    assert 200 == learner.get(offer).status_code
    with app.app_context():
        session = extensions.db.session
        held = {row.holder_id for row in session.scalars(select(CredentialBytes))}
        assert 1 == len(held), "only the badge that was there before"


def test_once_mended_it_is_ready_without_a_restart(broken: tuple[Flask, Path]) -> None:
    """The next question finds it."""
    app, path = broken
    path.chmod(0o400)

    assert 200 == app.test_client().get("/readyz").status_code
    with app.app_context():
        assert "ed25519-1" == services().office.keyring.signing_key(KeyKind.ED25519).kid
