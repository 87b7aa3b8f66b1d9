"""PostgreSQL's own programs for a dump and its return; an address never stands on a command line."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from psycopg import conninfo
from sqlalchemy import URL

from badgeservice.errors import BackupFailed

_DEBIAN = Path("/usr/lib/postgresql")


def dump(url: URL, snapshot: str, target: Path) -> None:
    """Write what `snapshot` sees of a database into a file of the custom format.

    Raises BackupFailed, in the words of `pg_dump`.
    """
    _run(
        "pg_dump", url, "--format=custom", "--no-owner", "--no-privileges",
        f"--snapshot={snapshot}", f"--file={target}", "--dbname",
    )  # fmt: skip


def load(url: URL, source: Path) -> None:
    """Put a dump into an empty database, all of it or nothing. Raises BackupFailed."""
    _run(
        "pg_restore", url, "--no-owner", "--no-privileges", "--single-transaction",
        "--exit-on-error", str(source), "--dbname",
    )  # fmt: skip


def _run(program: str, url: URL, *arguments: str) -> None:
    parts: dict[str, Any] = {
        "host": url.host,
        "port": url.port,
        "user": url.username,
        "dbname": url.database,
        # A folder with a socket, a file of passwords, how to secure the way.
        **{name: value for name, value in url.query.items() if isinstance(value, str)},
    }
    where = conninfo.make_conninfo("", **parts)
    environment = dict(os.environ)
    if url.password is not None:
        environment["PGPASSWORD"] = str(url.password)
    done = subprocess.run(
        [_find(program), *arguments, where],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BackupFailed(f"{program}: {done.stderr.strip() or done.returncode}")


def _find(program: str) -> str:
    """Return the newest of its kind: an older one refuses a newer server."""
    versions = sorted(
        _DEBIAN.glob(f"*/bin/{program}"), key=lambda path: path.parts[-3].zfill(4), reverse=True
    )
    found = str(versions[0]) if versions else shutil.which(program)
    if found is None:
        raise BackupFailed(f"{program} was not found; on Debian: apt-get install postgresql-client")
    return found
