"""An installation set up carelessly: what others on the machine, or on the network, then get."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from badgeservice import extensions, installation
from badgeservice.app import create_app
from badgeservice.issuing import issuer
from badgeservice.settings import Settings
from tests.conftest import Clock, settings_in


@pytest.fixture
def lax_umask() -> Iterator[None]:
    """The usual umask, under which files are readable by all unless their maker says otherwise."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("lax_umask")
def test_nobody_else_on_the_machine_can_read_what_setup_makes(tmp_path: Path, clock: Clock) -> None:
    """Also in a data folder that was there before and that others may enter."""
    settings = settings_in(tmp_path)
    settings.data_dir.mkdir(mode=0o755)
    installation.prepare_files(settings, now=clock())
    described = issuer.load(settings.issuer_path, base_url=settings.base_url)
    app = create_app(settings, clock=clock)
    with app.app_context():
        installation.prepare_database(extensions.db.session, described, settings, now=clock())
        files = [file for file in tmp_path.rglob("*") if file.is_file()]
        readable = {file.name for file in files if file.stat().st_mode & 0o077}
        extensions.db.engine.dispose()

    assert readable == {"registry.json"}, "the registry holds public keys"


def test_the_mails_are_not_shown_at_a_public_address(
    installed: Settings, tmp_path: Path, clock: Clock
) -> None:
    """Development is the default, and whoever reads a sign-in mail enters as its recipient."""
    local, public = (
        _app(installed, tmp_path / host, f"http://{host}", clock)
        for host in ("localhost", "badges.example")
    )

    for app, host, expected in ((local, "localhost", 200), (public, "badges.example", 404)):
        answer = app.test_client().get("/development/mail", base_url=f"http://{host}")
        assert answer.status_code == expected


def _app(installed: Settings, folder: Path, base_url: str, clock: Clock) -> Flask:
    """Return the application at another address, with the secrets and keys of `installed`."""
    settings = settings_in(folder, base_url=base_url, keys_dir=installed.keys_dir)
    settings.data_dir.mkdir(parents=True)
    for file in installed.data_dir.iterdir():
        if file.is_file():
            (settings.data_dir / file.name).write_bytes(file.read_bytes())
    return create_app(settings, clock=clock)
