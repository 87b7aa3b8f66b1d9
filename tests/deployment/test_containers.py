"""The image and what runs beside it: linted, and without anything that should not be there.

That the commands of the Dockerfile work is shown by `scripts/drill image`, which runs them.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from badgeservice.settings import Settings

pytestmark = pytest.mark.any_database

ROOT = Path(__file__).resolve().parent.parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text()
OURS = ("setup", "web-1", "web-2", "worker")
NO_HEALTHCHECK = {"setup", "worker"}
PRODUCTION = {
    "BADGESERVICE_BASE_URL": "https://badges.example",
    "BADGESERVICE_CONTACT_EMAIL": "contact@badges.example",
    "BADGESERVICE_SMTP_HOST": "mail.example",
    "BADGESERVICE_MAIL_SENDER": "badges@badges.example",
}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """What compose.yaml says, anchors followed."""
    document: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return document


def services(compose: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return every service by its name."""
    return list(compose["services"].items())


def filled(text: str, variables: Mapping[str, str]) -> str:
    """Return a value of compose.yaml as compose would hand it on; refuse what must be set."""

    def value(found: re.Match[str]) -> str:
        name, how, otherwise = found[1], found[2], found[3]
        set_to = variables.get(name, "")
        if how == ":?" and not set_to:
            raise KeyError(f"{name}: {otherwise}")
        if how == ":+":
            return otherwise if set_to else ""
        return set_to or otherwise

    return re.sub(r"\$\{(\w+)(:[-?+])([^}]*)\}", value, text)


def test_the_dockerfile_has_no_finding() -> None:
    """As hadolint reads it, every rule of it."""
    hadolint = Path(sys.executable).with_name("hadolint")

    done = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True)

    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)


def test_what_the_dockerfile_copies_is_there_and_nothing_else_goes_to_the_builder() -> None:
    """The list of what is sent is the list of what is copied; keys and secrets are on neither."""
    copied = {
        source.rstrip("/")
        for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.M)
        for source in line.split()[:-1]
    }
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in ignore if line and not line.startswith("#")]

    assert all((ROOT / source).exists() for source in copied)
    assert "*" == rules[0]
    assert copied == {rule[1:] for rule in rules if rule.startswith("!")}


def test_the_image_runs_as_nobody_in_particular_and_installs_by_digest() -> None:
    """A user without a name; every package by its hash; no version that moves by itself."""
    assert re.search(r"^USER 10001:10001$", DOCKERFILE, re.M)
    installs = re.findall(r"pip install((?:[^&]|\\\n)+)", DOCKERFILE)
    assert len(installs) == 3
    assert all("--require-hashes" in each or "--no-index" in each for each in installs)
    assert not re.search(r"^FROM \S+(:latest)?$", DOCKERFILE, re.M) or ":latest" not in DOCKERFILE
    assert "ARG" not in DOCKERFILE


def test_every_container_has_little(compose: dict[str, Any]) -> None:
    """No root, nothing written outside of volumes, no capability, bounded memory, looked after."""
    for name, service in services(compose):
        assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"]), name
        assert service["read_only"] is True, name
        assert ["ALL"] == service["cap_drop"], name
        assert ["no-new-privileges:true"] == service["security_opt"], name
        assert service["mem_limit"], name
        is_looked_after = "test" in service.get("healthcheck", {}) or "HEALTHCHECK" in DOCKERFILE
        assert is_looked_after or name in NO_HEALTHCHECK, name
        assert (name in NO_HEALTHCHECK) is bool(service.get("healthcheck", {}).get("disable")), name
        assert not {"privileged", "network_mode", "pid", "cap_add", "devices"} & set(service), name
        assert ":latest" not in service["image"], name


def test_nobody_outside_reaches_rows_and_counters(compose: dict[str, Any]) -> None:
    """Only web processes have a port, on loopback; database and store are on a network of ours."""
    ports = {name: service.get("ports") for name, service in services(compose)}

    assert ports == {
        **dict.fromkeys(compose["services"]),
        "web-1": ["127.0.0.1:8001:8000"],
        "web-2": ["127.0.0.1:8002:8000"],
    }
    assert compose["networks"]["inside"] == {"internal": True}
    for name in ("database", "store"):
        assert ["inside"] == compose["services"][name]["networks"]


def test_secrets_are_files(compose: dict[str, Any], tmp_path: Path) -> None:
    """Each that is mounted is declared, and made by `make-secrets`; none is in the environment."""
    done = subprocess.run(
        [ROOT / "deploy" / "make-secrets", tmp_path / "secrets"],
        capture_output=True,
        text=True,
        check=True,
    )
    made = {path.name: path for path in (tmp_path / "secrets").iterdir()}
    again = subprocess.run(
        [ROOT / "deploy" / "make-secrets", tmp_path / "secrets"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert len(done.stdout.splitlines()) == len(made)
    assert "" == again.stdout
    assert set(compose["secrets"]) == set(made)
    assert all(each == {"file": f"secrets/{name}"} for name, each in compose["secrets"].items())
    assert all(path.stat().st_mode & 0o077 == 0 for path in made.values())
    for name, service in services(compose):
        assert set(service.get("secrets", ())) <= set(made), name
        for variable, value in service.get("environment", {}).items():
            if re.search("PASS|SECRET|KEY", variable):
                assert filled(str(value), PRODUCTION).startswith(("/run/secrets/", "")), name
            assert not any(
                path.read_text().strip() in str(value)
                for path in made.values()
                if path.stat().st_size
            )


def test_the_service_starts_with_what_compose_says(compose: dict[str, Any], tmp_path: Path) -> None:
    """The settings are accepted as those of production; what is missing is asked for by name."""
    environment = compose["services"]["web-1"]["environment"]
    image = dict(re.findall(r"(BADGESERVICE_\w+)=(\S+)", DOCKERFILE))
    variables = {**image, **{k: filled(str(v), PRODUCTION) for k, v in environment.items()}}

    settings = Settings.from_environment(variables)

    assert "production" == settings.environment
    assert settings.smtp_password_file is None
    assert "valkey://store:6379/0" == settings.limits_url
    for name in PRODUCTION:
        lacking = {k: v for k, v in PRODUCTION.items() if k != name}
        with pytest.raises(KeyError, match=name):
            [filled(str(value), lacking) for value in environment.values()]


def test_the_login_of_the_database_is_read_from_its_file(
    compose: dict[str, Any], tmp_path: Path
) -> None:
    """The line is as libpq wants it: for the host, the database and the user of the address."""
    subprocess.run(
        [ROOT / "deploy" / "make-secrets", tmp_path], stdout=subprocess.DEVNULL, check=True
    )
    address = compose["services"]["worker"]["environment"]["BADGESERVICE_DATABASE_URL"]
    host, port, database, user, password = (
        (tmp_path / "database-login").read_text().strip().split(":")
    )

    assert f"postgresql://{user}@{host}/{database}?passfile=/run/secrets/database-login" == address
    assert port == "5432"
    assert (tmp_path / "database-password").read_text().strip() == password


def test_ours_are_one_image_with_other_commands(compose: dict[str, Any]) -> None:
    """And each waits until tables and keys are there."""
    for name in OURS:
        assert "badgeservice" == compose["services"][name]["image"]
    for name in ("web-1", "web-2", "worker"):
        assert compose["services"][name]["depends_on"]["setup"] == {
            "condition": "service_completed_successfully"
        }
