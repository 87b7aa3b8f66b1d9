"""A partner's list of 10,000 rows: uploaded, sent, taken in by a worker that is killed in the middle.

1. An installation of its own, with a partner and its agreement. 2. The list, as an XLSX, is staged:
time and memory. 3. It is sent; `badgeservice worker` takes it in while its progress is watched from
outside, and is killed (SIGKILL) once 40 % are done. 4. Another worker goes on. 5. Every row is
recorded once; nothing is signed; the memory of the worker is as flat at the end as at the beginning.
6. The same file is the same list; the same rows as a CSV, in another order, are known, every one.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from sqlalchemy import func, select

from badgeservice.app import create_app
from badgeservice.catalogue.strength import Strength
from badgeservice.catalogue.text import Text
from badgeservice.evidence import agreements
from badgeservice.evidence.agreements import Terms
from badgeservice.evidence.models import Evidence
from badgeservice.evidence.sources import xlsx
from badgeservice.evidence.sources.results import Corrections
from badgeservice.extensions import db, services
from badgeservice.issuing.models import Badge
from badgeservice.jobs.models import Job
from badgeservice.partners.lists import sending, staging
from badgeservice.people.models import Organisation, Person

COMMAND = Path(sys.executable).with_name("badgeservice")
TITLES = ("nom", "prénom", "e-mail", "activité", "statut", "date")
KILLED_AT = 0.4
GROWTH_MB = 25
"""What a worker may hold more at the end than once it has warmed up, at a tenth of the way."""

_LOOK_EVERY_SECONDS = 0.5


@dataclass
class Watched:
    """What was seen of a job from outside: how far it was, and what its worker held, in MB."""

    steps: list[tuple[int, float]] = field(default_factory=list)

    def memory_at(self, share: float, total: int) -> float:
        """Return what the worker held once this share was done."""
        return next((mb for done, mb in self.steps if done >= share * total), 0.0)


def main() -> int:
    """Run the drill; return 1 when something did not hold."""
    parser = argparse.ArgumentParser(prog="scripts/drill bulk")
    parser.add_argument("--rows", type=int, default=10_000)
    count = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(
            BADGESERVICE_BASE_URL="http://127.0.0.1:8000",
            BADGESERVICE_DATA_DIR=f"{folder}/data",
            BADGESERVICE_KEYS_DIR=f"{folder}/keys",
            BADGESERVICE_LOG_LEVEL="error",
        )
        print(f"{count} rows, {os.cpu_count()} cores", flush=True)
        subprocess.run([COMMAND, "setup"], check=True, stdout=subprocess.DEVNULL)
        with create_app().app_context():
            wrong = list(_drill(count))
    for problem in wrong:
        print(f"DOES NOT HOLD: {problem}")
    return 1 if wrong else 0


def _drill(count: int) -> Iterator[str]:
    partner = _partner()
    lines = [
        (f"Nom{n}", "Prénom", f"p{n}@example.org", "cyber-1", "réussi", "20/11/2026")
        for n in range(count)
    ]
    book = xlsx.write([xlsx.Sheet("Liste", (TITLES, *lines))])
    before, begun = _own_mb(), time.monotonic()
    list_id = _stage(partner, book)
    print(
        f"staged from {len(book) / 1e6:.1f} MB of XLSX in {time.monotonic() - begun:.1f} s, "
        f"{_own_mb() - before:.0f} MB more than before"
    )
    begun = time.monotonic()
    watched = _taken(list_id, killed_at=int(KILLED_AT * count))
    kept = _recorded(partner)
    at_the_kill = watched.steps[-1][0]
    print(f"killed at {at_the_kill} of {count}; {kept} results recorded by then")
    yield from _expect("results recorded are what the progress said", kept, at_the_kill)
    rest = _taken(list_id)
    took = time.monotonic() - begun
    print(f"taken in in {took:.0f} s, {count / took:.0f} rows a second, killed once in between")
    print(f"progress seen at {len({done for done, _ in watched.steps + rest.steps})} instants")
    early, late = watched.memory_at(0.1, count), rest.steps[-1][1]
    print(f"worker: {early:.0f} MB at a tenth, {late:.0f} MB at the end")
    if late - early > GROWTH_MB:
        yield f"the worker grew by {late - early:.0f} MB"
    yield from _expect("results", _recorded(partner), count)
    yield from _expect("persons", db.session.scalar(select(func.count(Person.id))), count)
    yield from _expect("badges", db.session.scalar(select(func.count(Badge.public_id))), 0)
    yield from _expect("fates", _fates(list_id), {"recorded": count})
    yield from _expect("the same file", _stage(partner, book), list_id)

    random.Random(7).shuffle(lines)
    table = "\n".join(";".join(line) for line in (TITLES, *lines)).encode()
    again = _stage(partner, table)
    begun = time.monotonic()
    _taken(again)
    print(f"the same rows again, as a CSV: {time.monotonic() - begun:.0f} s")
    yield from _expect("fates of the same rows", _fates(again), {"known": count})
    yield from _expect("results after that", _recorded(partner), count)


def _partner() -> Organisation:
    now = services().clock()
    partner = Organisation(slug="fim", name="FIM")
    db.session.add(partner)
    db.session.flush()
    terms = Terms(
        activity="cyber-1",
        title=Text(fr="Cyber 1", en="Cyber 1"),
        competences=("4.1",),
        level="beginner",
        strength=Strength.ATTENDANCE_VERIFIED,
        valid_from=date(2026, 9, 1),
    )
    agreements.allow(db.session, partner, [terms], actor="drill", now=now)
    db.session.commit()
    return partner


def _stage(partner: Organisation, data: bytes) -> str:
    staged = staging.stage(
        db.session,
        services().vault,
        partner,
        sent_by="drill",
        file_name="list",
        data=data,
        activity="",
        now=services().clock(),
    )
    db.session.commit()
    return staged.list.id


def _taken(list_id: str, *, killed_at: int | None = None) -> Watched:
    """Send a list, let a worker take it in, and return what was seen; kill it at so many rows."""
    found = db.session.get_one(staging.ResultList, list_id)
    job_id = sending.send(
        db.session,
        found,
        without=0,
        corrections=Corrections.REFUSE,
        actor="drill",
        now=services().clock(),
    ).id
    db.session.commit()
    watched = Watched()
    with _worker() as process:
        while process.poll() is None:
            time.sleep(_LOOK_EVERY_SECONDS)
            db.session.rollback()
            job = db.session.get_one(Job, job_id, populate_existing=True)
            watched.steps.append((job.done, _mb_of(process.pid)))
            if job.finished_at is not None:
                break
            if killed_at is not None and job.done >= killed_at:
                process.send_signal(signal.SIGKILL)
                process.wait()
                db.session.rollback()
                job = db.session.get_one(Job, job_id, populate_existing=True)
                watched.steps.append((job.done, 0.0))
    db.session.expire_all()
    return watched


@contextmanager
def _worker() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([COMMAND, "worker"])
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(60)


def _recorded(partner: Organisation) -> int:
    db.session.rollback()
    counted = select(func.count(Evidence.id)).where(Evidence.source_organisation == partner.id)
    return db.session.scalar(counted) or 0


def _fates(list_id: str) -> dict[str, int]:
    found = sending.fates(db.session, db.session.get_one(staging.ResultList, list_id))
    return {str(fate): count for fate, count in found.items()}


def _own_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _mb_of(pid: int) -> float:
    """Return the memory that a process holds, 0 once it is gone."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * resource.getpagesize() / 1024 / 1024


def _expect(what: str, found: object, expected: object) -> Iterator[str]:
    if found != expected:
        yield f"{what}: {found}, not {expected}"


if __name__ == "__main__":
    sys.exit(main())
