"""The systemd units: read by systemd itself, and with secrets that the service accepts."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from badgeservice.errors import SettingsError
from badgeservice.settings import Settings
from tests.conftest import settings_in

pytestmark = pytest.mark.any_database

ROOT = Path(__file__).resolve().parent.parent.parent
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
EXPOSURE = 20
"""Tenths of what `systemd-analyze security` calls exposure; 100 is a service without any limit."""


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Ask systemd; nothing of it needs to run."""
    return subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, check=False
    )


def test_systemd_reads_the_units_without_a_word(tmp_path: Path) -> None:
    """Every option is known and has a value of its kind; programs stand elsewhere on this machine."""
    for unit in UNITS:
        text = re.sub(r"/opt/badgeservice/bin/\w+", "/bin/true", unit.read_text())
        (tmp_path / unit.name).write_text(text)

    done = analyze("verify", "--man=no", *(tmp_path / unit.name for unit in UNITS))

    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_the_service_is_given_little(unit: Path) -> None:
    """As systemd rates it, from 0 to 10; what is taken away by mistake is seen here."""
    done = analyze("security", "--offline=true", "--no-pager", f"--threshold={EXPOSURE}", unit)

    assert 0 == done.returncode, done.stdout.splitlines()[-1]


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_what_a_unit_sets_is_a_setting(unit: Path) -> None:
    """Production is accepted; each secret that is named is handed over, and made by the script."""
    text = unit.read_text()
    credentials = dict(re.findall(r"^LoadCredential=([\w-]+):(\S+)$", text, re.M))
    variables = dict(re.findall(r"^Environment=(BADGESERVICE_\w+)=(\S+)$", text, re.M))
    made = (ROOT / "deploy" / "make-secrets").read_text()

    settings = Settings.from_environment(
        variables
        | {
            "BADGESERVICE_BASE_URL": "https://badges.example",
            "BADGESERVICE_CONTACT_EMAIL": "contact@badges.example",
            "BADGESERVICE_SMTP_HOST": "mail.badges.example",
        }
    )

    assert "production" == settings.environment
    assert all(f"/etc/badgeservice/secrets/{name}" == path for name, path in credentials.items())
    assert all(name in made for name in credentials)
    named = {value.removeprefix("%d/") for value in variables.values() if value.startswith("%d/")}
    assert named <= set(credentials)


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_command_is_run_with_what_the_units_set(unit: Path) -> None:
    """Settings, folders, and the names of the secrets; each of them is copied and taken away."""
    command = (ROOT / "deploy" / "systemd" / "run").read_text()
    set_by_unit = re.findall(r"^Environment=(BADGESERVICE_\w+)=(\S+)$", unit.read_text(), re.M)

    set_by_command = re.findall(r"^(BADGESERVICE_\w+)=(\S+)$", command, re.M)

    assert [(name, value.replace("%d/", "$secrets/")) for name, value in set_by_unit] == (
        set_by_command
    )
    copied = command.partition("for name in ")[2].partition(";")[0].split()
    assert {v.removeprefix("$secrets/") for _, v in set_by_command if "$secrets" in v} == {*copied}
    subprocess.run(["sh", "-n", ROOT / "deploy" / "systemd" / "run"], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to root's group")
@pytest.mark.parametrize(
    ("mode", "group", "accepted"),
    [(0o400, 0, True), (0o440, 0, True), (0o440, 10001, False), (0o444, 0, False)],
)
def test_a_credential_of_systemd_is_accepted(
    tmp_path: Path, mode: int, group: int, accepted: bool
) -> None:
    """It is root's, with a reader by its access list, which looks like a right of root's group."""
    file = tmp_path / "session-key"
    file.write_text("0123456789abcdef0123456789abcdef")
    os.chown(file, 0, group)
    file.chmod(mode)
    settings = settings_in(tmp_path, secret_key_file=file)

    if accepted:
        assert settings.secret_key().startswith("0123")
    else:
        with pytest.raises(SettingsError, match="only its owner"):
            settings.secret_key()
