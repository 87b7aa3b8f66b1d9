"""Killed, again and again, as it issues.

1. An installation of its own, with offers to many people. 2. Two racers accept all of them, in the
same order and so against one another; each tells of a badge when `accept_and_issue` has returned.
What they tell is written down and flushed to disk here, outside of the service. 3. Both are killed at
a random moment, as a power cut would: SIGKILL. 4. Before anything is tried again, `badgeservice audit
--acknowledged` must find that all of it is there and agrees. 5. And so on; in the end everybody has
one badge. 6. The racers record the same evidence at the same time: each deed has one row. 7. Mutants
of the service, which break one promise each, must be caught by the same drill.

With PostgreSQL the server of the database crashes first (`immediate`), while the racers go on for a
moment, and is started once they are dead.
"""

from __future__ import annotations

import os
import random
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import func
from sqlalchemy import select as query

from badgeservice.evidence.models import Evidence
from scripts.drills import house
from scripts.drills.durability.outside import Outside, offer, opened
from scripts.drills.durability.postgresql import PostgresqlServer
from scripts.drills.durability.racing import ALL_DONE, DEED, MUTANTS, TOLD

RACERS = 2
RUNS_FOR = (0.2, 1.5)
"""Seconds from the first badge of a round to the kill, drawn anew each time."""


def kills(people: int, database: str, crashes: int, seed: int, deeds: int) -> list[str]:
    """Crash until all is done, then record the same deeds at once; return what did not hold."""
    with installation(people, database) as made:
        problems = made.crash_until_done(crashes, random.Random(seed))
        return problems + made.record_at_once(deeds)


def mutants(people: int, crashes: int, seed: int, deeds: int) -> list[str]:
    """Do the same to services that break a promise; return which of them were not caught."""
    caught: dict[str, list[str]] = {}
    for mutant in sorted(MUTANTS):
        with installation(people, "sqlite") as made:
            caught[mutant] = made.crash_until_done(crashes, random.Random(seed), mutant=mutant)
    with installation(1, "sqlite") as made:
        made.forget_that_deeds_are_unique()
        caught["no-unique-index"] = made.record_at_once(deeds)
    for mutant, found in caught.items():
        print(f"mutant {mutant}: {f'caught: {found[0]}' if found else 'NOT CAUGHT'}", flush=True)
    return [f"the mutant {mutant} was not caught" for mutant, found in caught.items() if not found]


@dataclass
class Crashed:
    """An installation that is crashed."""

    outside: Outside
    server: PostgresqlServer | None = None

    def crash_until_done(
        self, kills: int, chance: random.Random, *, mutant: str | None = None
    ) -> list[str]:
        """Return what did not hold; a mutant is left at the first such thing."""
        began, crashes, audits = time.monotonic(), 0, 0.0
        is_done = False
        while not is_done:
            is_done = self._round(mutant, chance if crashes < kills else None)
            crashes += not is_done
            before = time.monotonic()
            found = self.outside.audit()
            audits += time.monotonic() - before
            if found:
                return [f"after {crashes} crashes: {each}" for each in found]
        found = self.outside.everybody_has_one()
        if crashes < kills and not mutant:
            found.append(f"only {crashes} crashes before all was done; more --people are needed")
        print(
            f"{crashes} crashes, {len(self.outside.acknowledged)} acknowledged, "
            f"{time.monotonic() - began:.0f} s of which {audits:.0f} s of audits",
            flush=True,
        )
        return found

    def _round(self, mutant: str | None, chance: random.Random | None) -> bool:
        """Let the racers run and crash; return whether all was done before. None: without a crash."""
        racers = self._racers("accept", *(["--mutant", mutant] if mutant else []))
        ends_at: float | None = None
        crashed, lines = False, {racer.stdout.fileno(): b"" for racer in racers if racer.stdout}
        finished = 0
        while lines:
            patience = None if ends_at is None else max(0.0, ends_at - time.monotonic())
            ready, _, _ = select.select(list(lines), [], [], patience)
            if not ready:
                self._crash(racers)
                crashed, ends_at = True, None
            for descriptor in ready:
                data = os.read(descriptor, 65536)
                if not data:  # what was told before the end counts
                    del lines[descriptor]
                    continue
                *whole, lines[descriptor] = (lines[descriptor] + data).split(b"\n")
                for line in whole:
                    finished += line.decode() == ALL_DONE
                    if line.decode().startswith(TOLD):
                        self.outside.acknowledge(line.decode().removeprefix(TOLD))
                        if chance and ends_at is None and not crashed:
                            ends_at = time.monotonic() + chance.uniform(*RUNS_FOR)
        for racer in racers:
            racer.wait()
        return finished == RACERS

    def _racers(self, *words: str) -> list[subprocess.Popen[bytes]]:
        command = [sys.executable, "-m", "scripts.drills.durability.racing", *words]
        return [
            subprocess.Popen(command, env=self.outside.environment, stdout=subprocess.PIPE)
            for _ in range(RACERS)
        ]

    def _crash(self, racers: list[subprocess.Popen[bytes]]) -> None:
        if self.server:
            self.server.stop()
            time.sleep(0.3)  # whoever now tells of a badge tells of one that is lost
        for racer in racers:
            racer.send_signal(signal.SIGKILL)
        if self.server:
            self.server.start()

    def record_at_once(self, deeds: int) -> list[str]:
        """Let the racers record the same deeds; return which of them were written down twice."""
        for racer in self._racers("record", "--deeds", str(deeds)):
            racer.communicate()
        with opened(self.outside.environment) as (session, _here):
            rows = session.execute(
                query(Evidence.reference, func.count())
                .where(Evidence.reference.startswith(DEED))
                .group_by(Evidence.reference)
            ).all()
        twice = [reference for reference, count in rows if count > 1]
        print(f"{len(rows)} of {deeds} deeds recorded by {RACERS} at once, {len(twice)} twice")
        missing = [f"{deeds - len(rows)} deeds were not recorded"] if len(rows) != deeds else []
        return missing + ([f"{len(twice)} deeds were recorded twice"] if twice else [])

    def forget_that_deeds_are_unique(self) -> None:
        """Take the constraint out of the database."""
        with opened(self.outside.environment) as (session, _here):
            connection = session.connection()
            operations = Operations(MigrationContext.configure(connection))
            with operations.batch_alter_table("evidence") as table:
                table.drop_constraint(
                    "uq_evidence_source_organisation_reference_edition", type_="unique"
                )
            session.commit()


@contextmanager
def installation(people: int, database: str) -> Iterator[Crashed]:
    """Yield an installation in which so many people have an offer."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = PostgresqlServer(folder / "postgresql") if database == "postgresql" else None
        try:
            address = {"database_url": server.address} if server else {}
            environment = house.installed(folder, 8000, **address)
            offer(environment, range(people))
            yield Crashed(Outside(environment, folder / "acknowledged"), server)
        finally:
            if server:
                server.stop()
