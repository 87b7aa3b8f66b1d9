"""What every test may ask for. Fakes stand at the outer edge only: a clock is an argument."""

from __future__ import annotations

import functools
import importlib
import ipaddress
import os
import pkgutil
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

import badgeservice
from badgeservice import extensions, installation
from badgeservice.app import create_app
from badgeservice.cli import main
from badgeservice.core import Stock, open_keyring
from badgeservice.errors import MailDeferred
from badgeservice.fetching import Guard
from badgeservice.issuing import issuer, keystore
from badgeservice.mail import Message
from badgeservice.settings import Settings
from badgeservice.storage.base import Base
from badgeservice.storage.vault import Vault
from badgeservice.verifier.pool import Limits, Pool
from badgeservice.web.extensions import limiter
from tests import journal as journals
from tests.databases import DATABASES, Database
from tests.journal import Journal
from tests.sites import OTHER, SCHOOL, Sites, guard, make_authority, serving

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

# What a file of a key holds is worked out once: to open an RSA key takes longer than most tests.
keystore._decrypted = functools.cache(keystore._decrypted)

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


@pytest.fixture
def journal() -> Iterator[Journal]:
    """What this process logs during a test, from `info` on."""
    with journals.kept() as journal:
        yield journal


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


# --- databases -----------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the databases be named on which the tests run."""
    parser.addoption(
        "--database",
        action="append",
        choices=list(DATABASES),
        help="where tests keep their rows; may be given twice; default: sqlite",
    )
    parser.addoption(
        "--write-golden", action="store_true", help="write the golden files instead of comparing"
    )


@pytest.fixture
def write_golden(request: pytest.FixtureRequest) -> bool:
    """Whether the golden files are written anew on purpose."""
    return bool(request.config.getoption("--write-golden"))


ON_ONE_DATABASE = (
    "tests/web/", "tests/freeze/", "tests/attacks/", "tests/test_cli", "tests/catalogue/",
    "tests/awarding/test_replay.py", "tests/issuing/test_ob2.py",
    "tests/issuing/test_endorsements.py", "tests/operations/test_doctor.py",
)  # fmt: skip
"""Where tests look at pages, commands, documents and words: what asks for the rows below them is
tested on each database. `scripts/test --database=postgresql tests` runs these there, too."""
ON_EACH = (
    "tests/attacks/test_partners.py", "tests/attacks/test_quiz.py", "tests/test_cli_operations.py",
    "tests/test_cli_reissue.py", "tests/web/test_offers.py", "tests/web/test_query_plans.py",
    "tests/web/test_several.py", "tests/web/test_sign_in.py", "tests/web/test_storage_away.py",
)  # fmt: skip
"""Those among them that look at what a database does: races, locks, plans, what is lost."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what runs on one database only, before tests are chosen by their marks."""
    for item in items:
        if item.nodeid.startswith(ON_ONE_DATABASE) and not item.nodeid.startswith(ON_EACH):
            item.add_marker(pytest.mark.any_database)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every test that has rows, whichever fixture they come through, on each database."""
    if "database" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--database") or ["sqlite"]
        metafunc.parametrize("database", chosen, indirect=True, scope="session")


@pytest.fixture(scope="session")
def database(request: pytest.FixtureRequest) -> Database:
    """The kind of database that a test runs on."""
    return DATABASES[request.param]


@pytest.fixture(scope="session")
def with_tables(database: Database, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with every table of every room, to be copied."""
    for module in pkgutil.walk_packages(badgeservice.__path__, "badgeservice."):
        if module.name.endswith(".models"):
            importlib.import_module(module.name)
    url = database.new(tmp_path_factory.mktemp("tables"))
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    engine.dispose()
    return url


@contextmanager
def copied(database: Database, address: str, folder: Path) -> Iterator[Engine]:
    """Open a copy of a database, and remove it afterwards."""
    folder.mkdir()
    own = database.copy(address, folder)
    engine = create_engine(own)
    try:
        yield engine
    finally:
        engine.dispose()
        database.drop(own)


@pytest.fixture
def engine(database: Database, with_tables: str, tmp_path: Path) -> Iterator[Engine]:
    """A database without rows for several connections at a time, as processes have them."""
    with copied(database, with_tables, tmp_path / "engine") as engine:
        yield engine


@pytest.fixture
def session(database: Database, with_tables: str, tmp_path: Path) -> Iterator[Session]:
    """A session on a database without rows, which nobody else is connected to."""
    with copied(database, with_tables, tmp_path / "session") as own, Session(own) as session:
        yield session


# --- installations -------------------------------------------------------------------------------


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
    """Keeps every mail that was sent; those to some addresses are deferred."""

    sent: list[Message] = field(default_factory=list)
    deferred: set[str] = field(default_factory=set)
    tried: int = 0

    def send(self, message: Message) -> None:
        """Take a mail, or say that it may come again."""
        if message.to in self.deferred:
            self.tried += 1
            raise MailDeferred("the mail server refused the recipient (450)")
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
def installed(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An installation with its secrets, keys, tables and seeds; made once, copied by tests."""
    folder = tmp_path_factory.mktemp("installation")
    # On SQLite the default: a file in the data folder, which is copied with it.
    address = "" if database.name == "sqlite" else database.new(folder)
    settings = settings_in(folder, database_url=address)
    made_at = datetime(2026, 11, 1, tzinfo=UTC)
    installation.prepare_files(settings, now=made_at)
    described = issuer.load(settings.issuer_path, base_url=settings.base_url)
    app = create_app(settings, clock=lambda: made_at)
    with app.app_context():
        installation.prepare_database(extensions.db.session, described, settings, now=made_at)
        extensions.db.engine.dispose()
    return settings


@pytest.fixture(scope="session")
def stock(installed: Settings) -> Stock:
    """What every copy of the installation would read from the same files; read once."""
    stock = Stock(installed)
    stock.check()
    return stock


@pytest.fixture
def clock() -> Clock:
    """The clock of the application under test."""
    return Clock()


@pytest.fixture
def letters() -> Letters:
    """The mails that the application under test sends."""
    return Letters()


@pytest.fixture
def app(
    installed: Settings, stock: Stock, tmp_path: Path, clock: Clock, letters: Letters
) -> Iterator[Flask]:
    """The application, on a fresh copy of the installation."""
    yield from running(copy_of(installed, tmp_path), clock, letters, stock)


def copy_of(settings: Settings, folder: Path, **changes: object) -> Settings:
    """Return the settings of a copy of an installation, in `folder`; the keys are shared."""
    if settings.database_url:
        address = DATABASES["postgresql"].copy(settings.database_url, folder)
        changes = {"database_url": address, **changes}
    copy = settings_in(folder, keys_dir=settings.keys_dir, **changes)
    copy.data_dir.mkdir(parents=True)
    for file in settings.data_dir.iterdir():
        if file.is_file():
            shutil.copy2(file, copy.data_dir / file.name)  # secrets keep their mode
    return copy


POOL = Pool(Limits(workers=1))
"""One worker for all applications of a test process: a walk does not know whose it is."""


class Compiled(BytecodeCache):
    """Templates as this process has compiled them: every test has an application of its own."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill in what was compiled before."""
        if code := self._code.get(bucket.key):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled now."""
        self._code[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


def running(
    settings: Settings, clock: Clock, letters: Letters, stock: Stock | None = None
) -> Iterator[Flask]:
    """Yield the application of an installation, and close its database afterwards.

    Each has a keyring of its own, for a test may damage its keys.
    """
    if stock is not None:
        described = issuer.load(settings.issuer_path, base_url=settings.base_url)
        stock = stock.with_keyring(open_keyring(settings, described))
    application = create_app(settings, clock=clock, mailer=letters, stock=stock, pool=POOL)
    application.testing = True
    application.jinja_env.bytecode_cache = COMPILED
    # A test that expects an answer must see the answer, not the exception behind it.
    application.config["PROPAGATE_EXCEPTIONS"] = False
    limiter.reset()
    yield application
    with application.app_context():
        extensions.db.engine.dispose()
    if settings.database_url:
        DATABASES["postgresql"].drop(settings.database_url)


# --- sites of others -----------------------------------------------------------------------------


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Vouches for the hosts of `sites`."""
    return make_authority(tmp_path_factory.mktemp("authority"), SCHOOL, OTHER)


@pytest.fixture
def sites(authority: Path) -> Iterator[Sites]:
    """The sites of the world, on loopback; nothing stands there yet."""
    with serving(authority) as sites:
        yield sites


@pytest.fixture
def way_out(sites: Sites, authority: Path) -> Guard:
    """A way out into `sites`."""
    return guard(sites, authority)


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment(
    installed: Settings, database: Database, tmp_path: Path
) -> Iterator[dict[str, str]]:
    """The environment of a fresh copy of the installation."""
    settings = copy_of(installed, tmp_path)
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("BADGESERVICE_")}
    yield {
        **inherited,
        "BADGESERVICE_BASE_URL": settings.base_url,
        "BADGESERVICE_DATA_DIR": str(settings.data_dir),
        "BADGESERVICE_DATABASE_URL": settings.database_url,
        "BADGESERVICE_KEYS_DIR": str(settings.keys_dir),
        "LANG": "fr_FR.UTF-8",
    }
    if settings.database_url:
        database.drop(settings.database_url)


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    """Run `badgeservice` with some arguments, in this process: a new one would start for seconds."""

    def badgeservice(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [*map(str, arguments)]
        with pytest.MonkeyPatch.context() as patch:
            for variable in {*os.environ} - {*environment}:
                patch.delenv(variable)
            for variable, value in environment.items():
                patch.setenv(variable, value)
            ended = CliRunner().invoke(main, command)
        if ended.exception and not isinstance(ended.exception, SystemExit):
            raise ended.exception
        return subprocess.CompletedProcess(command, ended.exit_code, ended.stdout, ended.stderr)

    return badgeservice


@pytest.fixture
def run_apart(environment: dict[str, str]) -> Run:
    """Run `badgeservice` with some arguments in a process of its own, which remembers nothing."""

    def badgeservice(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).with_name("badgeservice")), *map(str, arguments)]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    return badgeservice
