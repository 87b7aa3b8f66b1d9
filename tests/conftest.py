"""What every test may ask for. Fakes stand at the outer edge only: a clock is an argument."""

from __future__ import annotations

import importlib
import ipaddress
import os
import pkgutil
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

import badgeservice
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
