"""An installation set up carelessly: what others on the machine, or on the network, then get."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from badgeservice import extensions, installation
from badgeservice.app import create_app
from badgeservice.errors import SettingsError
from badgeservice.issuing import issuer
from badgeservice.settings import Settings
from tests.conftest import Clock, copy_of, settings_in


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
    return create_app(copy_of(installed, folder, base_url=base_url), clock=clock)


@pytest.mark.parametrize(
    "base_url",
    [
        "http://[::1",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:x",
        "http://127.0.0.1:0080",
        "http://a b",
        "http://a<b>",
        "HTTPS://badges.example",
        "https://Badges.Example",
        "https://badges.example\\@evil.example",
        "https://bädges.example",
        "https://-.example",
    ],
)
def test_no_address_is_signed_that_others_may_read_in_another_way(base_url: str) -> None:
    """It stands in every badge for ever, and our own identifier is compared with it as text."""
    with pytest.raises(SettingsError) as refused:
        Settings.from_environment({"BADGESERVICE_BASE_URL": base_url})

    assert "BADGESERVICE_BASE_URL" in refused.value.message


@pytest.mark.parametrize(
    "base_url", ["http://127.0.0.1:8000", "http://[::1]:8000", "https://xn--bdges-gra.example"]
)
def test_ordinary_addresses_are_not_refused(base_url: str) -> None:
    """The check must not be the reason why nobody can try the service out."""
    assert Settings.from_environment({"BADGESERVICE_BASE_URL": base_url}).base_url == base_url


def test_a_session_secret_of_random_bytes_is_a_secret(tmp_path: Path) -> None:
    """An operator who writes bytes instead of digits is not answered with a stack trace."""
    secret = tmp_path / "secret-key"
    secret.write_bytes(bytes(range(128, 160)))
    secret.chmod(0o400)

    assert len(Settings(data_dir=tmp_path).secret_key()) == 32
