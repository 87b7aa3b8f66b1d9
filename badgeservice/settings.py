"""Every knob: typed, read from the environment, checked once at start.

A setting is a field of `Settings`, annotated with what it means; the variable is its name in
capitals behind `BADGESERVICE_`.
Secrets have no default outside development: there, `scripts/quickstart` writes them to files.
"""

from __future__ import annotations

import dataclasses
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints
from urllib.parse import urlsplit

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from badgeservice import fetching
from badgeservice.errors import SettingsError
from badgeservice.storage.vault import MASTER_KEY_BYTES

PREFIX = "BADGESERVICE_"
_SECRET_CHARACTERS, _PIN_CHARACTERS = 16, 4
_SECRET_BYTES_AT_MOST = 4096
# The databases on which all tests run; `postgresql` alone takes the same driver.
_DRIVERS = frozenset({"sqlite", "postgresql", "postgresql+psycopg"})
# `memory` alone, or a store that redis-py can speak to: by TCP, by TLS, by a socket.
_COUNTERS = re.compile(r"memory://|(?:redis|valkey)(?:s|\+unix)?://\S+")
_CARRIERS = re.compile(r"(?:sqlite:///|postgresql://|(?:redis|valkey)(?:s|\+unix)?://)\S+")
_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent
# It is compared letter by letter for ever, so it has one form only; other alphabets as `xn--`.
_ORIGIN = re.compile(r"https?://(?:[a-z0-9]+(?:[.-]+[a-z0-9]+)*|\[[0-9a-f:]+\])(?::[1-9][0-9]*)?")


class Environment(StrEnum):
    """Where the service runs. Production refuses what development tolerates."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class Canonicalization(StrEnum):
    """How what we sign becomes the text that is hashed; the result is the same."""

    SHAPES = "shapes"
    GENERAL = "general"


@dataclass(frozen=True)
class Knob:
    """One setting as a reader of the documentation meets it."""

    name: str
    variable: str
    type: Any
    means: str
    default: Any


@dataclass(frozen=True)
class Settings:
    """The settings of one process. `from_environment` is the way to get one."""

    environment: Annotated[
        Environment, "`development` or `production`; production refuses weak settings"
    ] = Environment.DEVELOPMENT
    base_url: Annotated[
        str,
        "public address of the service; part of every signed badge, so never change it afterwards",
    ] = "http://127.0.0.1:8000"
    data_dir: Annotated[
        Path, "folder of the SQLite database, the signer's log, secrets and development mails"
    ] = Path("var")
    database_url: Annotated[
        str, "`postgresql://…` or `sqlite:///…`; empty: SQLite in the data folder"
    ] = ""
    keys_dir: Annotated[Path, "folder of the encrypted signing keys and their registry"] = Path(
        "keys"
    )
    key_passphrase_file: Annotated[
        Path | None,
        "file with the passphrase of the signing keys; empty: `key-passphrase` in the data folder",
    ] = None
    pkcs11_module: Annotated[
        Path | None,
        "shared library of the PKCS#11 module, where keys live in a token; empty: all are files",
    ] = None
    pkcs11_pin_file: Annotated[Path | None, "file with the PIN of the token"] = None
    secret_key_file: Annotated[
        Path | None,
        "file with the secret that signs sessions; empty: `secret-key` in the data folder",
    ] = None
    personal_data_key_file: Annotated[
        Path | None,
        "file with the key that wraps personal data; empty: `personal-data-key` in the data folder",
    ] = None
    badge_templates_dir: Annotated[
        Path | None, "folder of badge classes to seed; empty: the ones shipped with the service"
    ] = None
    issuer_file: Annotated[
        Path | None, "file that describes the issuer; empty: the demonstration issuer"
    ] = None
    smtp_host: Annotated[str, "mail server; empty in development: mails are shown on a page"] = ""
    smtp_port: Annotated[int, "port of the mail server"] = 587
    smtp_security: Annotated[str, "`starttls`, `tls`, or `none` (loopback only)"] = "starttls"
    smtp_username: Annotated[str, "user name at the mail server; empty: no log-in"] = ""
    smtp_password_file: Annotated[Path | None, "file with the password at the mail server"] = None
    mail_sender: Annotated[str, "sender of every mail"] = "badges@localhost"
    contact_email: Annotated[str, "where a person reaches a human, on every page"] = (
        "bonjour@example.org"
    )
    contact_phone: Annotated[str, "telephone of a human, on every page; empty: not shown"] = ""
    trusted_proxies: Annotated[
        int, "how many proxies of ours stand in front and name the visitor in `X-Forwarded-For`"
    ] = 0
    verification_workers: Annotated[
        int, "how many processes verify what visitors submit, about 70 MB each, from 1 to 16"
    ] = 2
    metrics_token_file: Annotated[
        Path | None,
        "file with the token that `/metrics` asks for; empty: nothing is measured (extra `metrics`)",
    ] = None
    sentry_dsn_file: Annotated[
        Path | None,
        "file with the DSN of Sentry, which is told of unforeseen errors; empty: nobody is "
        "(extra `observe`)",
    ] = None
    traces_url: Annotated[
        str,
        "where OpenTelemetry's spans go, as in `http://127.0.0.1:4318`; empty: none are made "
        "(extra `observe`)",
    ] = ""
    requests_at_once: Annotated[
        int,
        "how many requests a web process works on at a time, from 1 to 50; eight times as many "
        "may wait, the rest are answered 503",
    ] = 6
    limits_url: Annotated[
        str,
        "where limits are counted: `memory://`, each web process by itself, or `valkey://…` or "
        "`redis://…`, all together (extra `valkey`)",
    ] = "memory://"
    queue_url: Annotated[
        str,
        "what tells workers that a job waits: `sqlite:///…`, `postgresql://…`, or `valkey://…` or "
        "`redis://…` (extra `valkey`); empty: a file in the data folder, for one machine",
    ] = ""
    canonicalization: Annotated[
        Canonicalization,
        "`shapes`: our own documents are canonicalized by their shape, fifty times as fast; "
        "`general`: as those of strangers, should there be a doubt",
    ] = Canonicalization.SHAPES
    self_check_percent: Annotated[
        int, "of a hundred badges, how many are verified before release as strangers verify them"
    ] = 1
    private_networks: Annotated[
        str,
        "private networks in which issuers may be asked too, as in `10.20.0.0/16, fd12:3456::/32`; "
        "empty: public addresses only",
    ] = ""
    log_level: Annotated[str, "`debug`, `info`, `warning` or `error`"] = "info"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """Return the settings that `environ` asks for.

        Raises SettingsError naming every unknown variable, malformed value or unsafe combination.
        """
        knobs = {knob.name: knob for knob in cls.knobs()}
        problems: list[str] = []
        values: dict[str, Any] = {}
        for variable, text in environ.items():
            if not variable.startswith(PREFIX) or variable in NOT_SETTINGS:
                continue
            name = variable.removeprefix(PREFIX).lower()
            if name not in knobs:
                problems.append(f"{variable} is not a setting")
            elif text.strip():
                try:
                    values[name] = _convert(knobs[name].type, text.strip())
                except ValueError as error:
                    problems.append(f"{variable}: {error}")
        settings = cls(**values)
        problems += settings._problems()
        if problems:
            raise SettingsError("; ".join(problems))
        return settings

    @classmethod
    def knobs(cls) -> list[Knob]:
        """Return every setting with its variable, type, default and meaning."""
        hints = get_type_hints(cls, include_extras=True)
        knobs = []
        for field in dataclasses.fields(cls):
            wanted, means = get_args(hints[field.name])
            variable = PREFIX + field.name.upper()
            knobs.append(Knob(field.name, variable, wanted, means, field.default))
        return knobs

    def _problems(self) -> list[str]:
        problems = []
        try:
            url = urlsplit(self.base_url)
            _ = url.port
        except ValueError:
            return [f"{PREFIX}BASE_URL: not an address: {self.base_url!a}"]
        if url.scheme not in ("http", "https") or not url.hostname:
            problems.append(f"{PREFIX}BASE_URL: not an http(s) address: {self.base_url}")
        elif url.path not in ("", "/") or url.query or url.fragment or url.username:
            problems.append(f"{PREFIX}BASE_URL: only scheme, host and port: {self.base_url}")
        elif self.base_url.endswith("/"):
            problems.append(f"{PREFIX}BASE_URL: no slash at the end: {self.base_url}")
        elif not _ORIGIN.fullmatch(self.base_url):
            problems.append(f"{PREFIX}BASE_URL: not a host in small letters: {self.base_url!a}")
        if self.smtp_security not in ("starttls", "tls", "none"):
            problems.append(f"{PREFIX}SMTP_SECURITY: starttls, tls or none")
        try:
            driver = make_url(self.sqlalchemy_url).drivername
        except ArgumentError:
            problems.append(f"{PREFIX}DATABASE_URL: not an address of a database")
        else:
            if driver not in _DRIVERS:
                problems.append(f"{PREFIX}DATABASE_URL: begins with postgresql:// or sqlite:///")
        if not 0 <= self.trusted_proxies <= 5:
            problems.append(f"{PREFIX}TRUSTED_PROXIES: from 0 to 5")
        if not 1 <= self.verification_workers <= 16:
            problems.append(f"{PREFIX}VERIFICATION_WORKERS: from 1 to 16")
        if self.traces_url and not self.traces_url.startswith(("http://", "https://")):
            problems.append(f"{PREFIX}TRACES_URL: begins with http:// or https://")
        if not 1 <= self.requests_at_once <= 50:
            problems.append(f"{PREFIX}REQUESTS_AT_ONCE: from 1 to 50")
        if not _COUNTERS.fullmatch(self.limits_url):
            problems.append(f"{PREFIX}LIMITS_URL: memory://, or begins with valkey:// or redis://")
        if self.queue_url and not _CARRIERS.fullmatch(self.queue_url):
            problems.append(
                f"{PREFIX}QUEUE_URL: begins with sqlite:///, postgresql://, valkey:// or redis://"
            )
        if not 0 <= self.self_check_percent <= 100:
            problems.append(f"{PREFIX}SELF_CHECK_PERCENT: from 0 to 100")
        try:
            fetching.private_networks(self.private_networks)
        except ValueError as error:
            problems.append(f"{PREFIX}PRIVATE_NETWORKS: {error}")
        if self.log_level not in ("debug", "info", "warning", "error"):
            problems.append(f"{PREFIX}LOG_LEVEL: debug, info, warning or error")
        if self.environment is Environment.PRODUCTION:
            if url.scheme != "https":
                problems.append(f"{PREFIX}BASE_URL: production needs https")
            if not self.smtp_host:
                problems.append(f"{PREFIX}SMTP_HOST: production sends real mail")
            if self.contact_email.endswith("@example.org"):
                problems.append(f"{PREFIX}CONTACT_EMAIL: production needs a human's address")
            problems += [
                f"{PREFIX}{name.upper()}: production needs a file outside the data folder"
                for name in ("key_passphrase_file", "secret_key_file", "personal_data_key_file")
                if getattr(self, name) is None
            ]
        return problems

    # --- what follows from the settings -----------------------------------------------------------

    @property
    def sqlalchemy_url(self) -> str:
        """The address of the database."""
        return self.database_url or f"sqlite:///{self.database_file}"

    @property
    def database_file(self) -> Path:
        """The file of the SQLite database, unless `database_url` names another database."""
        return self.data_dir.resolve() / "badgeservice.sqlite3"

    @property
    def carrier_url(self) -> str:
        """The address of what tells workers that a job waits."""
        return self.queue_url or f"sqlite:///{self.data_dir.resolve() / 'queue.sqlite3'}"

    @property
    def workers_dir(self) -> Path:
        """The folder in which the workers of this machine show that they are alive."""
        return self.data_dir / "workers"

    @property
    def requests_waiting(self) -> int:
        """How many requests may wait in a web process until they are worked on."""
        return 8 * self.requests_at_once

    @property
    def restoring_file(self) -> Path:
        """The mark of a backup that is being put back: while it is there, nothing is served."""
        return self.data_dir / "restore-unfinished"

    @property
    def templates_dir(self) -> Path:
        """The folder of badge classes: as set, else of the checkout, else of the wheel."""
        if self.badge_templates_dir is not None:
            return self.badge_templates_dir
        checkout = _CHECKOUT / "badge_templates"
        return checkout if checkout.is_dir() else _PACKAGE / "_defaults" / "badge_templates"

    @property
    def content_dir(self) -> Path:
        """The folder of frameworks, modules and issuers shipped with the service."""
        return _PACKAGE / "content"

    @property
    def issuer_path(self) -> Path:
        """The file that describes the issuer."""
        return self.issuer_file or self.content_dir / "issuers" / "demo.yaml"

    @property
    def migrations_dir(self) -> Path:
        """The folder of database migrations."""
        return _PACKAGE / "storage" / "migrations"

    def key_passphrase(self) -> bytes:
        """Return the passphrase of the signing keys; raise SettingsError when there is none."""
        return self._secret("key_passphrase_file", "key-passphrase")

    def pkcs11_pin(self) -> str:
        """Return the PIN of the token; raise SettingsError when there is none."""
        if self.pkcs11_pin_file is None:
            raise SettingsError(f"{PREFIX}PKCS11_PIN_FILE: missing; keys live in a token")
        return self._secret("pkcs11_pin_file", "", least=_PIN_CHARACTERS).decode("latin-1")

    def secret_key(self) -> str:
        """Return the secret that signs sessions; raise SettingsError when there is none."""
        return self._secret("secret_key_file", "secret-key").decode("latin-1")

    def personal_data_key(self) -> bytes:
        """Return the 32 bytes that wrap personal data; raise SettingsError when there are none."""
        text = self._secret("personal_data_key_file", "personal-data-key")
        try:
            key = bytes.fromhex(text.decode("ascii"))
        except ValueError:
            key = b""
        if len(key) != MASTER_KEY_BYTES:
            raise SettingsError(f"the personal data key must be {MASTER_KEY_BYTES * 2} hex digits")
        return key

    def smtp_password(self) -> str:
        """Return the password at the mail server, empty when no file is set or nothing is in it.

        It is as long as whoever keeps the mail server made it.
        """
        if self.smtp_password_file is None:
            return ""
        return self._secret("smtp_password_file", "", least=0).decode()

    def metrics_token(self) -> bytes:
        """Return the token of `/metrics`, empty when no file is set."""
        if self.metrics_token_file is None:
            return b""
        return self._secret("metrics_token_file", "")

    def sentry_dsn(self) -> str:
        """Return the DSN of Sentry; raise SettingsError when its file cannot be read."""
        return self._secret("sentry_dsn_file", "").decode()

    def secret_file(self, name: str, default: str) -> Path:
        """Return the file of a secret: as set, else `default` in the data folder."""
        path: Path | None = getattr(self, name)
        return path if path is not None else self.data_dir / default

    def _secret(self, name: str, default: str, *, least: int = _SECRET_CHARACTERS) -> bytes:
        path = self.secret_file(name, default)
        try:
            with path.open("rb") as file:
                status = os.fstat(file.fileno())
                # Whoever reads this file opens what it protects. A link is followed: container
                # platforms hand their secrets over as links. A credential of systemd looks as if
                # root's group could read it: that stands for the one user who may.
                shown = status.st_uid, status.st_gid, status.st_mode & 0o777
                others = 0 if shown == (0, 0, 0o440) else status.st_mode & 0o077
                if not stat.S_ISREG(status.st_mode) or others:
                    raise SettingsError(
                        f"{PREFIX}{name.upper()}: {path}: must be a plain file that only its owner "
                        f"can read; chmod 0400 {path}"
                    )
                secret = file.read(_SECRET_BYTES_AT_MOST).strip()
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise SettingsError(f"{PREFIX}{name.upper()}: {path}: {reason}") from None
        if len(secret) < least:
            raise SettingsError(f"{PREFIX}{name.upper()}: {path}: shorter than {least} characters")
        return secret


# Variables with our prefix that belong to scripts and tests, not to the service.
NOT_SETTINGS = frozenset(
    {"BADGESERVICE_SCREENSHOTS", "BADGESERVICE_TEST_POSTGRESQL", "BADGESERVICE_VECTORS"}
)


def _convert(wanted: Any, text: str) -> Any:
    if wanted == Path | None:
        wanted = Path
    return wanted(text)
