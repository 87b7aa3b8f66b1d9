"""What every test may ask for. Fakes stand at the outer edge only: a clock is an argument."""

from __future__ import annotations

import importlib
import ipaddress
import os
import pkgutil
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

import badgeservice
from badgeservice import extensions, installation
from badgeservice.app import create_app
from badgeservice.issuing import issuer
from badgeservice.mail import Message
from badgeservice.settings import Settings
from badgeservice.storage.base import Base
from badgeservice.storage.vault import Vault

_connect = socket.socket.connect


def _connect_on_this_machine(self: socket.socket, address: object) -> None:
    """Connect on loopback, or fail: no test of ours asks anything of the world."""
    if self.family in (socket.AF_INET, socket.AF_INET6):
        assert isinstance(address, tuple)
        host = str(address[0])
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            raise AssertionError(f"a test tried to connect to {address[0]}")
    _connect(self, address)  # type: ignore[arg-type]  # as the caller gave it


socket.socket.connect = _connect_on_this_machine  # type: ignore[method-assign]  # for every test

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


def shared(part: str) -> Path:
    """Return a folder of the independent test data that stands beside the clone.

    A test that needs it and does not find it fails, unless BADGESERVICE_VECTORS=absent says that
    the absence is known; then it is reported as skipped, with what was not proved.
    """
    folder = SHARED / part
    if not folder.is_dir():
        if os.environ.get("BADGESERVICE_VECTORS") == "absent":
            pytest.skip(f"not proved: no {part} beside the clone")
        pytest.fail(f"{folder} is missing; set BADGESERVICE_VECTORS=absent to go on without it")
    return folder


@pytest.fixture(scope="session")
def vectors() -> Path:
    """The folder of independent test vectors."""
    return shared("vectors")


@pytest.fixture(scope="session")
def schemas() -> Path:
    """The folder of the 1EdTech JSON Schemas, an oracle for what we emit."""
    return shared("schemas")


@pytest.fixture
def now() -> datetime:
    """The instant at which tests take place unless they say otherwise."""
    return datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def vault() -> Vault:
    """A vault under a fixed master key."""
    return Vault(bytes(range(32)))


@pytest.fixture
def session() -> Iterator[Session]:
    """A session on an empty database in memory, with every table of every room."""
    for module in pkgutil.walk_packages(badgeservice.__path__, "badgeservice."):
        if module.name.endswith(".models"):
            importlib.import_module(module.name)
    engine = create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
    )
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


@dataclass
class Clock:
    """A clock that a test sets; it stands still otherwise."""

    now: datetime = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the instant."""
        return self.now

    def advance(self, **duration: float) -> None:
        """Let time pass."""
        self.now += timedelta(**duration)


@dataclass
class Letters:
    """Keeps every mail that was sent."""

    sent: list[Message] = field(default_factory=list)

    def send(self, message: Message) -> None:
        """Take a mail."""
        self.sent.append(message)


def settings_in(folder: Path, **changes: object) -> Settings:
    """Return the settings of an installation that lives in `folder`."""
    return Settings(
        **{
            "base_url": "http://localhost",
            "data_dir": folder / "data",
            "keys_dir": folder / "keys",
            **changes,
        }  # type: ignore[arg-type]
    )


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An installation with its secrets, keys, tables and seeds; made once, copied by tests."""
    settings = settings_in(tmp_path_factory.mktemp("installation"))
    made_at = datetime(2026, 11, 1, tzinfo=UTC)
    installation.prepare_files(settings, now=made_at)
    described = issuer.load(settings.issuer_path, base_url=settings.base_url)
    app = create_app(settings, clock=lambda: made_at)
    with app.app_context():
        installation.prepare_database(extensions.db.session, described, settings, now=made_at)
        extensions.db.engine.dispose()
    return settings


@pytest.fixture
def clock() -> Clock:
    """The clock of the application under test."""
    return Clock()


@pytest.fixture
def letters() -> Letters:
    """The mails that the application under test sends."""
    return Letters()


@pytest.fixture
def app(installed: Settings, tmp_path: Path, clock: Clock, letters: Letters) -> Iterator[Flask]:
    """The application, on a fresh copy of the installation."""
    yield from running(copy_of(installed, tmp_path), clock, letters)


def copy_of(settings: Settings, folder: Path, **changes: object) -> Settings:
    """Return the settings of a copy of an installation, in `folder`; the keys are shared."""
    copy = settings_in(folder, keys_dir=settings.keys_dir, **changes)
    copy.data_dir.mkdir(parents=True)
    for file in settings.data_dir.iterdir():
        if file.is_file():
            shutil.copy2(file, copy.data_dir / file.name)  # secrets keep their mode
    return copy


def running(settings: Settings, clock: Clock, letters: Letters) -> Iterator[Flask]:
    """Yield the application of an installation, and close its database afterwards."""
    application = create_app(settings, clock=clock, mailer=letters)
    application.testing = True
    # A test that expects an answer must see the answer, not the exception behind it.
    application.config["PROPAGATE_EXCEPTIONS"] = False
    extensions.limiter.reset()
    yield application
    with application.app_context():
        extensions.db.engine.dispose()


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment(installed: Settings, tmp_path: Path) -> dict[str, str]:
    """The environment of a fresh copy of the installation."""
    data_dir = tmp_path / "data"
    shutil.copytree(installed.data_dir, data_dir)
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("BADGESERVICE_")}
    return {
        **inherited,
        "BADGESERVICE_BASE_URL": installed.base_url,
        "BADGESERVICE_DATA_DIR": str(data_dir),
        "BADGESERVICE_KEYS_DIR": str(installed.keys_dir),
        "LANG": "fr_FR.UTF-8",
    }


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    """Run `badgeservice` with some arguments, in a process of its own."""

    def badgeservice(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).with_name("badgeservice")), *map(str, arguments)]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    return badgeservice
