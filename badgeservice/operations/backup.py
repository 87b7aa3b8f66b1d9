"""A consistent copy of an installation, made while it serves.

1. The database at one moment, and the signer's log as long as it was at that moment. 2. The ledgers
of states and of erasures, afterwards: they may tell of more than the database, never of less. 3. The
registry of keys and the encrypted keys; issuer and badge classes where they are the operator's own.
4. The manifest.

The passphrase and the other secrets are in no backup.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Engine, create_engine, func, make_url, select, text
from sqlalchemy.orm import Session

from badgeservice.extensions import Services
from badgeservice.issuing import key_registry
from badgeservice.issuing.models import Badge, StatusList
from badgeservice.operations import postgresql_tools
from badgeservice.operations.archive import Writer
from badgeservice.settings import Settings
from badgeservice.storage import chain, files

LAST_BACKUP = "last-backup.json"
"""In the data folder: when the last backup was finished, for `doctor`."""
_TRIES = 20


def make(engine: Engine, here: Services, stream: BinaryIO, *, now: datetime) -> dict[str, Any]:
    """Write a backup into `stream` and return what its manifest tells. Raises BackupFailed.

    The copy of the database stands in the data folder until it is written, readable by its owner;
    one that a kill left there is named by the audit.
    """
    settings, office = here.settings, here.office
    with tempfile.TemporaryDirectory(
        dir=settings.data_dir, prefix="backup-", suffix=".tmp"
    ) as folder:
        database, log = Path(folder, "database"), Path(folder, "signer-log.jsonl")
        with _snapshot(engine, office.log.path, database, log) as session:
            told = _told(session, here, engine.dialect.name, now)
        with Writer(stream) as archive:
            archive.add(DATABASES[engine.dialect.name], database)
            archive.add(log.name, log)
            for ledger in (office.states.path, here.erasures.path):
                if ledger.exists():
                    archive.add(ledger.name, ledger)
            for name, path in _settled_files(settings):
                archive.add(name, path)
            archive.finish(told)
    return told


DATABASES = {"sqlite": "database.sqlite3", "postgresql": "database.pgdump"}
"""The name of the copied database in an archive, by its kind."""
ISSUER, TEMPLATES = "issuer.yaml", "templates"
"""The names of what the operator wrote, in an archive."""


def remember(settings: Settings, *, now: datetime) -> None:
    """Write down that a backup was finished."""
    content = json.dumps({"made_at": now.isoformat(timespec="seconds")})
    files.replace(settings.data_dir / LAST_BACKUP, content.encode(), mode=0o600)


@contextmanager
def _snapshot(engine: Engine, log: Path, database: Path, cut: Path) -> Iterator[Session]:
    """Copy the database as it is at one moment, and the log up to there; yield a session on that."""
    if engine.dialect.name == "postgresql":
        repeatable = engine.execution_options(isolation_level="REPEATABLE READ")
        with repeatable.connect() as connection:
            export = text("SELECT pg_export_snapshot()")
            size = _begin_at_rest(log, lambda: connection.scalar(export), connection.rollback)
            # It stands idle while the dump is made, however long that takes.
            connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
            _copy_beginning(log, size, cut)
            postgresql_tools.dump(engine.url, str(connection.scalar(export)), database)
            with Session(connection) as session:
                yield session
        return
    database.touch(0o600)
    with (
        closing(sqlite3.connect(str(engine.url.database), isolation_level=None)) as source,
        closing(sqlite3.connect(database)) as copy,
    ):

        def begin() -> None:
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()

        size = _begin_at_rest(log, begin, source.rollback)
        _copy_beginning(log, size, cut)
        source.backup(copy)
    own = create_engine(f"sqlite:///{database}")
    try:
        with Session(own) as session:
            yield session
    finally:
        own.dispose()


def _begin_at_rest(log: Path, begin: Callable[[], Any], undo: Callable[[], Any]) -> int:
    """Begin to read the database while nothing is being signed; return the size of the log then.

    What the copy holds is in the log, and what the log holds is in the copy or was planned there.
    """
    for _ in range(_TRIES):
        before = _size(log)
        begin()
        if _size(log) == before:
            return before
        undo()
    begin()  # something is signed all the time: rather a line too many
    return _size(log)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _copy_beginning(source: Path, size: int, target: Path) -> None:
    """Copy the first `size` bytes of a file, none where there is no file."""
    target.touch(0o600)
    if size:
        with source.open("rb") as whole, target.open("wb") as beginning:
            while size and (block := whole.read(min(size, 1 << 20))):
                beginning.write(block)
                size -= len(block)


def _told(session: Session, here: Services, kind: str, now: datetime) -> dict[str, Any]:
    """Return what the manifest says of the copied database."""
    issuer = here.office.issuer
    return {
        "made_at": now.isoformat(timespec="seconds"),
        "version": importlib.metadata.version("badgeservice"),
        "base_url": issuer.base_url,
        "issuer": issuer.id,
        "database": kind,
        "migrations": sorted(session.scalars(text("SELECT version_num FROM alembic_version"))),
        "chain_head": chain.head(session),
        "badges": session.scalar(select(func.count()).select_from(Badge)),
        "status_lists": {
            str(row.number): {
                "version": row.version,
                "published_at": row.published_at.isoformat(),
                "sha256": hashlib.sha256(row.published).hexdigest(),
            }
            for row in session.scalars(select(StatusList).order_by(StatusList.number))
        },
        "settings": _plain_settings(here.settings),
    }


_MAY_HOLD_A_PASSWORD = {"queue_url", "limits_url"}


def _plain_settings(settings: Settings) -> dict[str, str]:
    """Return the settings that are not the default, by variable; an address without its password."""
    plain = {}
    for knob in Settings.knobs():
        value = getattr(settings, knob.name)
        if value == knob.default or knob.name in _MAY_HOLD_A_PASSWORD:
            continue
        if knob.name == "database_url":
            value = make_url(value).render_as_string(hide_password=True)
        plain[knob.variable] = str(value)
    return plain


def _settled_files(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Yield the files that are not made anew: keys, and what the operator wrote."""
    yield f"keys/{key_registry.REGISTRY}", settings.keys_dir / key_registry.REGISTRY
    for path in sorted(settings.keys_dir.glob("*/*.pem")):
        yield f"keys/{path.parent.name}/{path.name}", path
    if settings.issuer_file is not None:
        yield ISSUER, settings.issuer_file
    if settings.badge_templates_dir is not None:
        for path in sorted(settings.badge_templates_dir.rglob("*")):
            if path.is_file():
                inside = path.relative_to(settings.badge_templates_dir)
                yield f"{TEMPLATES}/{inside.as_posix()}", path
