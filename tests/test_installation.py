"""Setting an installation up: what is wrong is said before anything is published for ever."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from badgeservice.catalogue.models import BadgeClassVersion
from badgeservice.errors import CatalogueError, SettingsError
from badgeservice.extensions import db, services
from badgeservice.installation import prepare_database, prepare_files
from badgeservice.settings import Settings
from tests.conftest import ROOT, Clock


def test_a_class_with_an_unreadable_rule_is_not_published(
    app: Flask, clock: Clock, tmp_path: Path
) -> None:
    """The sentence names the file; afterwards nothing could be mended, so nothing is done."""
    folder = tmp_path / "badge_templates"
    shutil.copytree(ROOT / "badge_templates", folder)
    broken = folder / "crcn-4-1-beginner-copy"
    shutil.copytree(folder / "crcn-4-1-beginner", broken)
    for file in ("badge.yaml", "rule.yaml"):
        text = (broken / file).read_text().replace("crcn-4-1-beginner", broken.name)
        (broken / file).write_text(text.replace("min_score: 70", "min_score: most"))
    with app.app_context():
        settings = replace(services().settings, badge_templates_dir=folder)

        before = db.session.scalar(select(func.count()).select_from(BadgeClassVersion))
        with pytest.raises(
            CatalogueError, match=r"-copy/rule\.yaml, line 9, when\.any\.0\.quiz\.min_score: A perc"
        ):
            prepare_database(db.session, services().office.issuer, settings, now=clock())
        db.session.rollback()

        assert before == db.session.scalar(select(func.count()).select_from(BadgeClassVersion))


def test_a_key_left_over_by_a_cut_set_up_is_explained(
    installed: Settings, clock: Clock, tmp_path: Path
) -> None:
    """The power failed between key and registry: the next set-up says what to do."""
    settings = replace(installed, keys_dir=tmp_path / "keys")
    (settings.keys_dir / "demo").mkdir(parents=True)
    (settings.keys_dir / "demo" / "ed25519-1.pem").write_text("half a key")

    with pytest.raises(Exception, match=r"not in the registry.*move it away") as refusal:
        prepare_files(settings, now=clock())

    assert "key_file" == refusal.value.code  # type: ignore[attr-defined]


def test_secrets_and_keys_are_for_their_owner_alone(installed: Settings) -> None:
    """Nobody else on the machine reads them."""
    for path in [*installed.data_dir.iterdir(), *installed.keys_dir.rglob("*.pem")]:
        assert 0 == path.stat().st_mode & 0o077, path
    assert 0 == installed.data_dir.stat().st_mode & 0o077


def test_another_address_is_refused(app: Flask, clock: Clock) -> None:
    """The badges of a database carry its address for ever."""
    with app.app_context():
        here = services()
        moved = replace(here.office.issuer, base_url="https://elsewhere.example")

        with pytest.raises(SettingsError, match="belongs to did:web:localhost:issuers:demo"):
            prepare_database(db.session, moved, here.settings, now=clock())
