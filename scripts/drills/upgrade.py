"""From the oldest tables to those of today, back, and again: no signed byte changes.

1. The installation that migration 0001 left, on SQLite: served, verified to the byte, taken back
(tests/storage/test_generations.py). 2. As many badges as a production has, taken back to migration
0002 and brought up to today, twice; everything that was signed is the same to the byte each time.
3. The audit finds nothing, which verifies every signature, and a sample is green to `verify`.

On PostgreSQL when run by `scripts/postgresql scripts/drill upgrade`.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

from sqlalchemy import LargeBinary, MetaData, make_url, select
from sqlalchemy.orm import Session

from badgeservice import migrating
from badgeservice.core import create_core
from badgeservice.extensions import db
from badgeservice.settings import Settings
from scripts.drills import reissue
from scripts.drills.reissue import judge, run, sample
from tests.conftest import ROOT
from tests.databases import SERVER, Postgresql

OLDEST = "0002"
# The oldest tables with room for every form of today; further back the migration refuses.


def main() -> int:
    """Run the drill; return 1 when something did not hold."""
    parser = argparse.ArgumentParser(prog="scripts/drill upgrade")
    parser.add_argument("--badges", type=int, default=10_000)
    count = parser.parse_args().badges
    wrong = []
    if subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "tests/storage/test_generations.py"], check=False
    ).returncode:
        wrong.append("the installation of migration 0001")
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(
            BADGESERVICE_BASE_URL="http://127.0.0.1:8000",
            BADGESERVICE_DATA_DIR=f"{folder}/data",
            BADGESERVICE_KEYS_DIR=f"{folder}/keys",
            BADGESERVICE_DATABASE_URL=_database(),
            BADGESERVICE_LOG_LEVEL="error",
            LANG="en",
        )
        print(f"{count} badges, {make_url(_address()).drivername}", flush=True)
        run("setup")
        reissue.issue_all(count)
        before = _digests()
        print(f"{before['credential_bytes'][0]} forms are kept", flush=True)
        for time_ in ("first", "second"):
            _timed(
                f"the {time_} time back to {OLDEST}", lambda: migrating.alembic.downgrade(OLDEST)
            )
            _timed(f"the {time_} time to today", migrating.upgrade)
            after = _digests()
            changed = [name for name in before if after.get(name) != before[name]]
            wrong += [f"{name} changed, the {time_} time" for name in changed]
        for name, (rows, digest) in before.items():
            if not rows:
                continue
            print(f"{name:24} {rows:7} rows  SHA-256 {digest[:16]}…")
        began = time.monotonic()
        audit = run("audit", check=False)
        print(f"audit in {time.monotonic() - began:.0f} s: {audit.stdout.splitlines()[-2]}")
        wrong += ["the audit"] if audit.returncode else []
        wrong += judge(sample(), 0, "a file")
    for problem in wrong:
        print(f"DOES NOT HOLD: {problem}")
    print("everything held" if not wrong else f"{len(wrong)} problem(s)")
    return 1 if wrong else 0


def _database() -> str:
    """Return the address of a database of its own on the server, empty for a file of SQLite."""
    if SERVER not in os.environ:
        return ""
    return Postgresql().new(ROOT)


def _address() -> str:
    return Settings.from_environment(os.environ).sqlalchemy_url


def _timed(what: str, work: Callable[[], object]) -> None:
    app = create_core()
    migrating.prepare(app)
    began = time.monotonic()
    with app.app_context():
        work()
        db.engine.dispose()
    print(f"{what}: {time.monotonic() - began:.1f} s", flush=True)


def _digests() -> dict[str, tuple[int, str]]:
    """Return, for each table with bytes or digests, how many rows there are and their SHA-256."""
    app = create_core()
    found = {}
    with app.app_context():
        tables = MetaData()
        tables.reflect(db.engine)
        for table in tables.sorted_tables:
            kept = [
                column
                for column in table.columns
                if isinstance(column.type, LargeBinary)
                or column.name in ("digest", "content_digest")
            ]
            if not kept:
                continue
            rows, digest = 0, hashlib.sha256()
            with Session(db.engine) as session:
                # A table that was made anew may name its columns, and its key, in another order.
                key = sorted(table.primary_key.columns, key=lambda column: column.name)
                ordered = select(*key, *sorted(kept, key=lambda c: c.name)).order_by(*key)
                for row in session.execute(ordered.execution_options(yield_per=500)):
                    rows += 1
                    digest.update(repr(tuple(row)).encode())
            found[table.name] = rows, digest.hexdigest()
        db.engine.dispose()
    return found


if __name__ == "__main__":
    sys.exit(main())
