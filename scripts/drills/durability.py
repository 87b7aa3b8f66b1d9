"""Nothing that was acknowledged is ever lost: the service is killed, again and again, as it issues.

1. An installation of its own, with offers to many people. 2. Two racers accept all of them, in the
same order and so against one another; each tells of a badge when `accept_and_issue` has returned.
What they tell is written down and flushed to disk here, outside of the service. 3. Both are killed at
a random moment, as a power cut would: SIGKILL. 4. Before anything is tried again, `badgeservice audit
--acknowledged` must find that all of it is there and agrees. 5. And so on; in the end everybody has
one badge. 6. The racers record the same evidence at the same time: each deed has one row. 7. Mutants
of the service, which break one promise each, must be caught by the same drill.

With `--database=postgresql` the rows are in a server of PostgreSQL, which is restarted at once
(`immediate`, as a crash) while the racers run, in place of killing them.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import event, func
from sqlalchemy import select as query
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from badgeservice.awarding import offers
from badgeservice.awarding.models import Award, AwardState
from badgeservice.catalogue import classes
from badgeservice.catalogue.strength import Strength
from badgeservice.catalogue.text import Text
from badgeservice.core import create_core
from badgeservice.errors import BadgeserviceError
from badgeservice.evidence import record
from badgeservice.evidence.facts import Claim, Identity, ManualDetails, Outcome
from badgeservice.evidence.models import Evidence
from badgeservice.evidence.sources import manual
from badgeservice.extensions import Services, db, services
from badgeservice.issuing import issue
from badgeservice.issuing.build import Choices
from badgeservice.issuing.models import Badge, Visibility
from badgeservice.people import accounts
from badgeservice.people.models import Person
from badgeservice.storage import chain
from scripts.drills import house

RACERS = 2
RUNS_FOR = (0.2, 1.5)
"""Seconds from the first badge of a round to the kill, drawn anew each time."""
CHOICES = Choices(language="fr", name=None, visibility=Visibility.LINK)
TOLD, ALL_DONE = "told ", "all done"
DEED = "drill/"


def main() -> int:
    """Run the drill; return 1 when something did not hold."""
    parser = argparse.ArgumentParser(prog="scripts/drill durability")
    parser.add_argument("--kills", type=int, default=25)
    parser.add_argument("--people", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--deeds", type=int, default=500)
    parser.add_argument("--race", choices=("accept", "record"), help=argparse.SUPPRESS)
    parser.add_argument("--mutant", choices=sorted(MUTANTS), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.race:
        return accept_all(asked.mutant) if asked.race == "accept" else record_all(asked.deeds)
    with installation(asked.people, asked.database) as made:
        problems = made.crash_until_done(asked.kills, random.Random(asked.seed))
        problems += made.record_at_once(asked.deeds)
    caught: dict[str, list[str]] = {}
    for mutant in sorted(MUTANTS):
        with installation(asked.people, "sqlite") as made:
            caught[mutant] = made.crash_until_done(
                asked.kills, random.Random(asked.seed), mutant=mutant
            )
    with installation(1, "sqlite") as made:
        made.forget_that_deeds_are_unique()
        caught["no-unique-index"] = made.record_at_once(asked.deeds)
    for mutant, found in caught.items():
        print(f"mutant {mutant}: {f'caught: {found[0]}' if found else 'NOT CAUGHT'}", flush=True)
        if not found:
            problems.append(f"the mutant {mutant} was not caught")
    for problem in problems:
        print(f"DOES NOT HOLD: {problem}")
    print("everything held" if not problems else f"{len(problems)} problem(s)")
    return 1 if problems else 0


# --- outside of the service ------------------------------------------------------------------------


@dataclass
class Crashed:
    """An installation that is crashed, and the journal of what it has acknowledged."""

    environment: dict[str, str]
    journal: Path
    server: PostgresqlServer | None = None
    acknowledged: set[str] = field(default_factory=set)

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
            found = self._audit()
            audits += time.monotonic() - before
            if found:
                return [f"after {crashes} crashes: {each}" for each in found]
        found = self._everybody_has_one()
        if crashes < kills and not mutant:
            found.append(f"only {crashes} crashes before all was done; more --people are needed")
        print(
            f"{crashes} crashes, {len(self.acknowledged)} acknowledged, "
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
        with self.journal.open("a") as journal:
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
                            self._acknowledge(line.decode().removeprefix(TOLD), journal)
                            if chance and ends_at is None and not crashed:
                                ends_at = time.monotonic() + chance.uniform(*RUNS_FOR)
        for racer in racers:
            racer.wait()
        return finished == RACERS

    def _racers(self, what: str, *options: str) -> list[subprocess.Popen[bytes]]:
        command = [sys.executable, "-m", "scripts.drills.durability", "--race", what, *options]
        return [
            subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE)
            for _ in range(RACERS)
        ]

    def _crash(self, racers: list[subprocess.Popen[bytes]]) -> None:
        if self.server:
            self.server.crash()
        else:
            for racer in racers:
                racer.send_signal(signal.SIGKILL)

    def _acknowledge(self, public_id: str, journal: object) -> None:
        self.acknowledged.add(public_id)
        print(public_id, file=journal, flush=True)  # type: ignore[call-overload]  # a file
        os.fsync(journal.fileno())  # type: ignore[attr-defined]

    def _audit(self) -> list[str]:
        done = subprocess.run(
            [house.BIN / "badgeservice", "audit", "--json", "--acknowledged", self.journal],
            env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode == 0:
            return []
        try:
            found = json.loads(done.stdout)["violations"]
        except ValueError:
            return [f"the audit ends with {done.returncode}: {done.stderr:.300}"]
        return [f"{each['question']}: {each['problem']}" for each in found[:3]]

    def _everybody_has_one(self) -> list[str]:
        with opened(self.environment) as (session, _here):
            awards = session.scalar(query(func.count()).select_from(Award))
            badges = session.scalar(query(func.count()).select_from(Badge))
            several = session.scalars(
                query(Badge.award_id).group_by(Badge.award_id).having(func.count() > 1)
            ).all()
        problems = [] if awards == badges else [f"{awards} offers were accepted, {badges} badges"]
        return problems + ([f"{len(several)} offers led to several badges"] if several else [])

    def record_at_once(self, deeds: int) -> list[str]:
        """Let the racers record the same deeds; return which of them were written down twice."""
        for racer in self._racers("record", "--deeds", str(deeds)):
            racer.communicate()
        with opened(self.environment) as (session, _here):
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
        with opened(self.environment) as (session, _here):
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
            with opened(environment) as (session, here):
                _offer(session, here, people)
            yield Crashed(environment, folder / "acknowledged", server)
        finally:
            if server:
                server.stop()


@contextmanager
def opened(environment: dict[str, str]) -> Iterator[tuple[Session, Services]]:
    """Open an installation in this process."""
    os.environ.update(environment)
    with create_core().app_context():
        try:
            yield db.session, services()
        finally:
            db.engine.dispose()


def _offer(session: Session, here: Services, people: int) -> None:
    badge_class = classes.current(session, house.BADGE)
    controller = accounts.organisation(session, here.office.issuer.slug)
    for number in range(people):
        now = here.clock()
        person = accounts.find_or_create(
            session, here.vault, email=f"p{number}@example.org", language="fr",
            controller=controller, now=now,
        )  # fmt: skip
        manual.record_manual(
            session, here.vault, person_id=person.id, badge_class=badge_class,
            strength=Strength.WORK_REVIEWED, agent="drill", organisation=controller.slug,
            statement="", occurred_at=now, now=now,
        )  # fmt: skip
        offers.award_for(session, here.vault, person_id=person.id, badge_class=badge_class, now=now)
        if number % 100 == 99:
            session.commit()
    session.commit()


class PostgresqlServer:
    """A server of PostgreSQL that can crash."""

    def __init__(self, folder: Path) -> None:
        """Make and start it. What it acknowledges it has flushed: the settings are its own."""
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        if not found:
            raise SystemExit("PostgreSQL was not found; on Debian: apt-get install postgresql")
        self._bin, self._folder = found[-1], folder
        self._socket = Path(tempfile.mkdtemp(prefix="pg.", dir="/tmp"))
        folder.mkdir()
        if os.getuid() == 0:
            for path in (folder, self._socket):
                subprocess.run(["chown", "postgres", path], check=True)
            for parent in folder.parents[:1]:
                parent.chmod(0o711)
        self._call(
            "initdb", "-D", folder / "data", "-U", "badgeservice", "-A", "trust", "-E", "UTF8"
        )
        self.start()
        self.address = f"postgresql+psycopg://badgeservice@/postgres?host={self._socket}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = f"-k {self._socket} -c listen_addresses=''"
        self._call(
            "pg_ctl", "-D", self._folder / "data", "-s", "-w", "-l", self._folder / "log",
            "-o", options, "start",
        )  # fmt: skip

    def crash(self) -> None:
        """End it at once, without a checkpoint, and start it: it recovers from its journal."""
        self.stop()
        self.start()

    def stop(self) -> None:
        """End it at once."""
        self._call("pg_ctl", "-D", self._folder / "data", "-s", "-m", "immediate", "stop")

    def _call(self, program: str, *arguments: str | Path) -> None:
        as_owner = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
        subprocess.run(
            [*(as_owner if os.getuid() == 0 else []), self._bin / program, *arguments],
            check=True, cwd=self._folder, stdout=subprocess.DEVNULL,
        )  # fmt: skip


# --- the service, that is crashed --------------------------------------------------------------------


def record_all(deeds: int) -> int:
    """Record deeds of one person, each of them whoever else does so at the same time."""
    with create_core().app_context():
        session, here = db.session, services()
        person = session.scalars(query(Person).order_by(Person.created_at).limit(1)).one()
        badge_class = classes.current(session, house.BADGE)
        organisation = accounts.organisation(session, here.office.issuer.slug)
        at = person.created_at
        for number in range(deeds):
            claim = Claim(
                person_id=person.id, source_organisation=organisation.id,
                reference=f"{DEED}{number}", agent="drill", method="statement",
                activity=badge_class.slug, activity_version=str(badge_class.version),
                content_digest=badge_class.digest, competences=("4.1",), level="beginner",
                strength=Strength.WORK_REVIEWED, identity=Identity.UNKNOWN,
                outcome=Outcome.ACHIEVED, occurred_at=at, statement=None,
                details=ManualDetails(Text("Fait", "Deed"), organisation.name),
            )  # fmt: skip
            record.record(session, here.vault, claim, now=here.clock())
            session.commit()
    return 0


def accept_all(mutant: str | None) -> int:
    """Accept every offer, one after the other, and tell of each badge once it is issued."""
    with create_core().app_context():
        session, here = db.session, services()
        if mutant:
            MUTANTS[mutant](session)
        while waiting := _until_it_answers(session, _waiting):
            for award_id, person_id in waiting:
                try:
                    badge = issue.accept_and_issue(
                        session, here.office, award_id=award_id, person_id=person_id,
                        choices=CHOICES, actor="drill", now=here.clock(),
                    )  # fmt: skip
                    _tell(badge.public_id)
                except (SQLAlchemyError, BadgeserviceError) as error:
                    # The database has gone, or another racer is at the same award: once more, later.
                    print(type(error).__name__, file=sys.stderr, flush=True)
                    session.rollback()
                    time.sleep(0.2)
                session.expunge_all()
    print(ALL_DONE, flush=True)
    return 0


def _waiting(session: Session) -> list[tuple[str, str]]:
    rows = session.execute(
        query(Award.id, Award.person_id)
        .outerjoin(Badge, Badge.award_id == Award.id)
        .where(Award.state.in_((AwardState.OFFERED, AwardState.ACCEPTED)), Badge.award_id.is_(None))
        .order_by(Award.id)
        .limit(50)
    ).all()
    session.rollback()
    return [(award_id, person_id) for award_id, person_id in rows]


def _until_it_answers(
    session: Session, ask: Callable[[Session], list[tuple[str, str]]]
) -> list[tuple[str, str]]:
    while True:
        try:
            return ask(session)
        except SQLAlchemyError:
            session.rollback()
            time.sleep(0.2)


def _tell(public_id: str) -> None:
    os.write(1, f"{TOLD}{public_id}\n".encode())


def _acknowledge_before_commit(session: Session) -> None:
    """Tell of a badge that is about to be stored."""

    @event.listens_for(session, "before_commit")
    def tell_too_early(present: Session) -> None:
        for each in present.identity_map.values():
            if isinstance(each, Badge):
                _tell(each.public_id)
                time.sleep(0.05)  # a disk that takes its time


def _audit_in_a_second_transaction(session: Session) -> None:
    """Write down what was done once it is done."""
    later: list[dict[str, object]] = []
    append = chain.append

    def append_later(_session: Session, **event_: object) -> None:
        later.append(event_)

    @event.listens_for(session, "after_commit")
    def write_down(present: Session) -> None:
        time.sleep(0.05)
        with Session(present.get_bind()) as second:
            while later:
                append(second, **later.pop(0))  # type: ignore[arg-type]
            second.commit()

    issue.chain.append = append_later  # type: ignore[assignment]


MUTANTS: dict[str, Callable[[Session], None]] = {
    "acknowledges-before-commit": _acknowledge_before_commit,
    "audits-in-a-second-transaction": _audit_in_a_second_transaction,
}


if __name__ == "__main__":
    sys.exit(main())
