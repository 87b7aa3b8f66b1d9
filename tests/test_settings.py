"""Settings are typed, checked once, and never guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from badgeservice.errors import SettingsError
from badgeservice.settings import Environment, Settings
from tests.conftest import settings_in

ROOT = Path(__file__).resolve().parent.parent
PRODUCTION = {
    "BADGESERVICE_ENVIRONMENT": "production",
    "BADGESERVICE_BASE_URL": "https://badges.example",
    "BADGESERVICE_SMTP_HOST": "mail.example",
    "BADGESERVICE_CONTACT_EMAIL": "contact@badges.example",
    "BADGESERVICE_KEY_PASSPHRASE_FILE": "/run/secrets/passphrase",
    "BADGESERVICE_SECRET_KEY_FILE": "/run/secrets/session",
    "BADGESERVICE_PERSONAL_DATA_KEY_FILE": "/run/secrets/personal",
}


def test_reads_each_variable_into_its_type() -> None:
    """Text from the environment becomes what the field says."""
    settings = Settings.from_environment(
        {
            "BADGESERVICE_ENVIRONMENT": "development",
            "BADGESERVICE_DATA_DIR": "/srv/badges",
            "BADGESERVICE_SMTP_PORT": "2525",
        }
    )

    assert Environment.DEVELOPMENT is settings.environment
    assert Path("/srv/badges") == settings.data_dir
    assert settings.smtp_port == 2525


def test_accepts_a_whole_production_environment() -> None:
    """What the documentation asks of production is enough."""
    settings = Settings.from_environment(PRODUCTION)

    assert settings.base_url == "https://badges.example"


@pytest.mark.parametrize("missing", sorted(set(PRODUCTION) - {"BADGESERVICE_ENVIRONMENT"}))
def test_production_has_no_default_for(missing: str) -> None:
    """Each of these is the operator's to decide; production does not start without it."""
    environment = {name: value for name, value in PRODUCTION.items() if name != missing}

    with pytest.raises(SettingsError, match=missing):
        Settings.from_environment(environment)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("BADGESERVICE_BASE_URL", "https://badges.example/"),
        ("BADGESERVICE_BASE_URL", "https://badges.example/path"),
        ("BADGESERVICE_BASE_URL", "https://user@badges.example"),
        ("BADGESERVICE_BASE_URL", "ftp://badges.example"),
        ("BADGESERVICE_BASE_URL", "badges.example"),
        ("BADGESERVICE_DATABASE_URL", "not a database"),
        ("BADGESERVICE_DATABASE_URL", "mysql://badges@localhost/badges"),
        ("BADGESERVICE_DATABASE_URL", "postgres://badges@localhost/badges"),
        ("BADGESERVICE_DATABASE_URL", "postgresql+asyncpg://badges@localhost/badges"),
        ("BADGESERVICE_TRUSTED_PROXIES", "6"),
        ("BADGESERVICE_VERIFICATION_WORKERS", "0"),
        ("BADGESERVICE_VERIFICATION_WORKERS", "17"),
        ("BADGESERVICE_CANONICALIZATION", "fast"),
        ("BADGESERVICE_SELF_CHECK_PERCENT", "101"),
        ("BADGESERVICE_PRIVATE_NETWORKS", "10.20.0.0/16, 127.0.0.0/8"),
        ("BADGESERVICE_PRIVATE_NETWORKS", "everything"),
        ("BADGESERVICE_TRACES_URL", "127.0.0.1:4318"),
        ("BADGESERVICE_REQUESTS_AT_ONCE", "0"),
        ("BADGESERVICE_REQUESTS_AT_ONCE", "51"),
        ("BADGESERVICE_LIMITS_URL", "memory://elsewhere"),
        ("BADGESERVICE_LIMITS_URL", "memcached://localhost"),
        ("BADGESERVICE_LIMITS_URL", "valkey://"),
        ("BADGESERVICE_SMTP_PORT", "smtp"),
        ("BADGESERVICE_SMTP_SECURITY", "maybe"),
        ("BADGESERVICE_LOG_LEVEL", "loud"),
        ("BADGESERVICE_ENVIRONMENT", "staging"),
        ("BADGESERVICE_BASEURL", "https://badges.example"),
    ],
)
def test_refuses_and_names(variable: str, value: str) -> None:
    """A typing error in a variable or a value stops the start and is named."""
    with pytest.raises(SettingsError, match=variable):
        Settings.from_environment({variable: value})


def test_names_every_problem_at_once() -> None:
    """An operator mends all of them in one go."""
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environment({"BADGESERVICE_X": "1", "BADGESERVICE_SMTP_PORT": "x"})

    assert "BADGESERVICE_X" in refusal.value.message
    assert "BADGESERVICE_SMTP_PORT" in refusal.value.message


@pytest.mark.parametrize("content", ["", "short", "not hex " * 4, "ab" * 31])
def test_refuses_a_personal_data_key_that_is_not_one(tmp_path: Path, content: str) -> None:
    """A wrong key would seal data that nobody can open again."""
    key = tmp_path / "personal-data-key"
    key.write_text(content)
    key.chmod(0o400)

    with pytest.raises(SettingsError):
        Settings(data_dir=tmp_path).personal_data_key()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_refuses_a_secret_that_others_can_read(tmp_path: Path, mode: int) -> None:
    """The sentence says how to mend it."""
    secret = tmp_path / "secret-key"
    secret.write_text("a" * 64)
    secret.chmod(mode)

    with pytest.raises(SettingsError, match="chmod 0400"):
        Settings(data_dir=tmp_path).secret_key()


@pytest.mark.parametrize("password", ["", "abc"])
def test_a_mail_password_is_as_others_made_it(tmp_path: Path, password: str) -> None:
    """Short, or none at all: systemd hands an empty file over until there is one."""
    path = tmp_path / "smtp-password"
    path.write_text(password)
    path.chmod(0o400)

    settings = settings_in(tmp_path, smtp_password_file=path)

    assert password == settings.smtp_password()


def test_refuses_a_secret_that_never_ends(tmp_path: Path) -> None:
    """A device is no secret, and is not read to its end."""
    (tmp_path / "secret-key").symlink_to("/dev/zero")

    with pytest.raises(SettingsError, match="plain file"):
        Settings(data_dir=tmp_path).secret_key()


def test_a_missing_secret_is_named(tmp_path: Path) -> None:
    """The sentence names the variable and the file."""
    with pytest.raises(SettingsError, match=r"BADGESERVICE_SECRET_KEY_FILE.*secret-key"):
        Settings(data_dir=tmp_path).secret_key()


def test_the_readme_lists_every_setting() -> None:
    """README's table is the documentation of the settings, so it holds exactly the fields."""
    listed = {
        line.split("`")[1]
        for line in (ROOT / "README.md").read_text().splitlines()
        if line.startswith("| `BADGESERVICE_")
    }

    assert {knob.variable for knob in Settings.knobs()} == listed


def test_nothing_is_written_beside_the_code() -> None:
    """Installed from a wheel, the code stands in site-packages: no place for private keys."""
    settings = Settings()

    assert (Path("var"), Path("keys")) == (settings.data_dir, settings.keys_dir)
