"""A thousand badges stored, then a million: what does a request cost? (P9: 1.3 times at most.)

1. Two installations of their own. In each, as many badges as are measured are issued by the code
   that serves the pages. 2. The large one gets the rest as copies of one of them: each has rows of
   its own in every table, under ids of its own, with its place in a list and its link in the chain.
   What a copy does not have are bytes that open: of the sealed bytes it keeps what SQLite keeps in
   the row, the rest of which would lie on pages that nothing here reads.
3. The same requests to both, in turns, in one process; compared is the CPU time of each.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import secrets
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask
from sqlalchemy import update

from badgeservice import installation
from badgeservice.app import create_app, utc_now
from badgeservice.awarding.models import Award
from badgeservice.extensions import db, services
from badgeservice.issuing import states, status_lists, verdict
from badgeservice.issuing.models import Badge, StatusList
from badgeservice.settings import Settings
from badgeservice.storage import chain
from badgeservice.verification import Verdict
from scripts.drills import people
from tests.conftest import Letters
from tests.web.conftest import Learner

ALLOWED = 1.3
LOCAL_BYTES = 489
"""How much of a large value SQLite keeps in its row, with pages of 4 kB: the rest lies elsewhere."""
AT_A_TIME = 50_000


def main() -> int:
    """Run the drill; return 1 when something costs more than ALLOWED times as much."""
    parser = argparse.ArgumentParser(prog="scripts/drill growth")
    parser.add_argument("--badges", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=40)
    asked = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    grown = measure(asked.badges, asked.rounds)
    wrong = sum(ratio > ALLOWED for ratio in grown.values())
    print("everything held" if not wrong else f"{wrong} grew more than {ALLOWED} times")
    return 1 if wrong else 0


def measure(badges: int, rounds: int) -> dict[str, float]:
    """Return how many times as much each request costs with so many badges as with a thousand."""
    with tempfile.TemporaryDirectory() as folder:
        visits = [
            Visits(*_installation(Path(folder) / str(size), size, rounds))
            for size in (1_000, badges)
        ]
        return compare(visits, badges, rounds)


# --- what is stored ------------------------------------------------------------------------------


def _installation(folder: Path, size: int, genuine: int) -> tuple[Flask, list[str]]:
    """Return an installation with `size` badges, and the public ids of those that were signed."""
    began = time.monotonic()
    settings = Settings(
        base_url="http://localhost",
        data_dir=folder / "data",
        keys_dir=folder / "keys",
        log_level="error",
    )
    installation.prepare_files(settings, now=utc_now())
    app = create_app(settings, mailer=Letters())
    app.config["PROPAGATE_EXCEPTIONS"] = True
    with app.app_context():
        here = services()
        installation.prepare_database(db.session, here.office.issuer, settings, now=utc_now())
        signed = [_issue(f"genuine{number}@example.org").public_id for number in range(genuine)]
        path = Path(str(db.engine.url.database))
        db.session.close()
        db.engine.dispose()
    lists = _fill(path, size - genuine)
    with app.app_context():
        _publish(lists)
    megabytes = path.stat().st_size / 1e6
    seconds = time.monotonic() - began
    print(f"{size} badges stored in {seconds:.0f} s, {megabytes:.0f} MB", flush=True)
    return app, signed


def _offer(email: str) -> Award:
    """Return an offer to somebody new, on somebody's word."""
    award = people.offered(db.session, services(), email, now=utc_now())
    db.session.commit()
    return award


def _accept(award: Award) -> Badge:
    return people.accepted(db.session, services(), award.id, award.person_id, now=utc_now())


def _issue(email: str) -> Badge:
    return _accept(_offer(email))


_COPIES = {
    "holder_key": {"holder_id": "person"},
    "person": {"id": "person", "email_index": "randomblob(32)"},
    "evidence": {"id": "evidence", "person_id": "person", "reference": "evidence"},
    "award": {"id": "award", "person_id": "person", "used": "json_array(evidence)"},
    "intent": {
        "public_id": "copy.public_id",
        "award_id": "award",
        "status_list": "list",
        "status_index": "place",
    },
    "badge": {
        "public_id": "copy.public_id",
        "award_id": "award",
        "address": "'http://localhost/b/' || copy.public_id",
    },
    "credential": {
        "public_id": "copy.public_id",
        "content_digest": "lower(hex(randomblob(32)))",
    },
    "released_form": {
        "public_id": "copy.public_id",
        "digest": "lower(hex(randomblob(32)))",
    },
    "credential_bytes": {
        "public_id": "copy.public_id",
        "holder_id": "person",
        "sealed": f"substr(sealed, 1, {LOCAL_BYTES})",
    },
}
"""The tables that a badge has rows in, and what is not the same in each copy."""

_OF_THE_ORIGINAL = {
    "holder_key": "holder_id = (SELECT person_id FROM award WHERE id = :award)",
    "person": "id = (SELECT person_id FROM award WHERE id = :award)",
    "evidence": "person_id = (SELECT person_id FROM award WHERE id = :award)",
    "award": "id = :award",
}


def _fill(path: Path, count: int) -> int:
    """Copy one badge `count` times; return how many status lists their places are in."""
    connection = sqlite3.connect(path)
    for pragma in ("journal_mode=MEMORY", "synchronous=OFF", "cache_size=-2000000"):
        connection.execute(f"PRAGMA {pragma}")
    original = dict(
        zip(
            ("public_id", "award"),
            connection.execute("SELECT public_id, award_id FROM badge LIMIT 1").fetchone(),
            strict=True,
        )
    )
    connection.execute(
        "CREATE TEMP TABLE copy (public_id PRIMARY KEY, person, evidence, award, list, place)"
    )
    places = _places(set(connection.execute("SELECT status_index FROM intent")))
    # In order, so that the tables grow at their end; that is the quickest, and makes no difference.
    names = sorted(secrets.token_hex(11) for _ in range(count))
    lists = 1
    for start in range(0, count, AT_A_TIME):
        connection.execute("DELETE FROM copy")
        rows = []
        for name in names[start : start + AT_A_TIME]:
            lists, place = next(places)
            rows.append((name, f"per_{name}", f"evi_{name}", f"awa_{name}", lists, place))
        connection.executemany("INSERT INTO copy VALUES (?, ?, ?, ?, ?, ?)", rows)
        _open_lists(connection, lists)
        for table, changes in _COPIES.items():
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            values = ", ".join(changes.get(column, f"original.{column}") for column in columns)
            values = values.replace("substr(sealed", "substr(original.sealed")
            where = _OF_THE_ORIGINAL.get(table, "public_id = :public_id")
            connection.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values}"
                f" FROM copy, (SELECT * FROM {table} WHERE {where}) AS original"
                " ORDER BY copy.rowid",
                original,
            )
        _continue_chain(connection, [row[0] for row in rows])
        connection.commit()
    connection.close()
    return lists


def _places(taken: set[tuple[int]]) -> Iterator[tuple[int, int]]:
    """Yield places in the first list, then in the second, each half full as `reserve` leaves it."""
    number = 1
    while True:
        free = [i for i in range(status_lists.ENTRIES) if number > 1 or (i,) not in taken]
        for place in random.sample(
            free, status_lists.ENTRIES // 2 - (len(taken) if number == 1 else 0)
        ):
            yield number, place
        number += 1


def _open_lists(connection: sqlite3.Connection, last: int) -> None:
    """Let there be as many lists, like the first and to be published later."""
    (there,) = connection.execute("SELECT max(number) FROM status_list").fetchone()
    for number in range(there + 1, last + 1):
        connection.execute(
            "INSERT INTO status_list SELECT ?, version, ?, published_at, published"
            " FROM status_list WHERE number = 1",
            (number, status_lists.ENTRIES // 2),
        )


def _continue_chain(connection: sqlite3.Connection, subjects: list[str]) -> None:
    """Tell of as many badges as if they had been issued."""
    sequence, previous = connection.execute(
        "SELECT sequence, digest FROM audit_event ORDER BY sequence DESC LIMIT 1"
    ).fetchone()
    at, links = datetime.now(UTC), []
    for subject in subjects:
        sequence += 1
        digest = chain._digest(sequence, at, "drill", "issue", subject, {}, previous)
        links.append((sequence, f"{at:%Y-%m-%d %H:%M:%S.%f}", subject, previous, digest))
        previous = digest
    connection.executemany(
        "INSERT INTO audit_event (sequence, at, actor, action, subject, details, previous, digest)"
        " VALUES (?, ?, 'drill', 'issue', ?, '{}', ?, ?)",
        links,
    )


def _publish(lists: int) -> None:
    """Publish every list as its own."""
    here, session = services(), db.session
    session.execute(
        update(StatusList)
        .where(StatusList.number == 1)
        .values(reserved=status_lists.ENTRIES // 2 if lists > 1 else StatusList.reserved)
    )
    for number in range(1, lists + 1):
        status_lists.publish(session, here.office, number, ended=(), now=utc_now())
    session.commit()


# --- what is asked -------------------------------------------------------------------------------


class Visits:
    """What is measured in one installation; each takes the number of the round."""

    def __init__(self, app: Flask, ids: list[str]) -> None:
        self.app, self.ids, self.client = app, ids, app.test_client()
        with app.app_context():
            letters = services().mailer
            assert isinstance(letters, Letters)
        self.learner = Learner(app.test_client(), letters, "genuine0@example.org")
        self.learner.sign_in()
        self.all: dict[str, Callable[[int], None]] = {
            "hosted JSON": self.hosted,
            "badge page": self.page,
            "status list": self.status_list,
            "verify": self.verify,
            "a person's badges": self.own_badges,
            "issue": self.issue,
            "revoke": self.revoke,
        }

    def hosted(self, n: int) -> None:
        """A program fetches a badge."""
        assert self.client.get(f"/b/{self.ids[n]}.json").status_code == 200

    def page(self, n: int) -> None:
        """A visitor opens the page of a badge."""
        assert self.client.get(f"/b/{self.ids[n]}").status_code == 200

    def status_list(self, _n: int) -> None:
        """A verifier fetches a list."""
        assert self.client.get("/status/1").status_code == 200

    def verify(self, n: int) -> None:
        """Our verifier judges a badge of ours."""
        with self.app.app_context():
            here = services()
            badge = db.session.get_one(Badge, self.ids[n])
            report = verdict.report_for(db.session, here.office, badge, now=utc_now())
            assert report.verdict is Verdict.GREEN

    def own_badges(self, _n: int) -> None:
        """A person opens their space."""
        assert self.learner.get("/mon-espace").status_code == 200

    def issue(self, n: int) -> None:
        """A person earns a badge and accepts it."""
        with self.app.app_context():
            _issue(f"new{n}-{secrets.token_hex(4)}@example.org")

    def revoke(self, n: int) -> None:
        """An administrator revokes a badge."""
        with self.app.app_context():
            here = services()
            states.revoke(
                db.session,
                here.office,
                self.ids[n],
                reason=states.Reason.ISSUED_IN_ERROR,
                actor="drill",
                now=utc_now(),
            )


def compare(visits: list[Visits], large: int, rounds: int) -> dict[str, float]:
    """Measure both in turns and print the medians; return how many times as much each costs."""
    grown = {}
    print(f"{'CPU ms':18s} {1_000:>9d} {large:>9d}  ratio")
    for name in visits[0].all:
        taken: list[list[float]] = [[], []]
        for n in range(rounds):
            for which, each in enumerate(visits):
                began = time.process_time()
                each.all[name](n)
                taken[which].append(time.process_time() - began)
        small, big = (statistics.median(times) * 1000 for times in taken)
        grown[name] = big / small
        print(f"{name:18s} {small:9.2f} {big:9.2f}  {grown[name]:.2f}", flush=True)
    return grown


if __name__ == "__main__":
    sys.exit(main())
