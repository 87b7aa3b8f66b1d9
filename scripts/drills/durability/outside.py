"""What stands outside of the service: the journal of what it acknowledged, and what is asked of it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import func
from sqlalchemy import select as query
from sqlalchemy.orm import Session

from badgeservice.awarding.models import Award
from badgeservice.core import create_core, utc_now
from badgeservice.extensions import Services, db, services
from badgeservice.issuing.models import Badge
from scripts.drills import house, people


@dataclass
class Outside:
    """An installation, and the journal of the badges that it has acknowledged."""

    environment: dict[str, str]
    journal: Path
    acknowledged: set[str] = field(default_factory=set)

    def acknowledge(self, public_id: str) -> None:
        """Write down that somebody was told of a badge; it is on the disk when this returns."""
        self.acknowledged.add(public_id)
        with self.journal.open("a") as journal:
            print(public_id, file=journal, flush=True)
            os.fsync(journal.fileno())

    def command(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command of the service, however it ends."""
        return subprocess.run(
            [house.BIN / "badgeservice", *words],
            env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def audit(self) -> list[str]:
        """Return what the audit finds, and what was acknowledged and is not there."""
        self.journal.touch()
        done = self.command("audit", "--json", "--acknowledged", self.journal)
        if done.returncode == 0:
            return []
        try:
            found = json.loads(done.stdout)["violations"]
        except ValueError:
            return [f"the audit ends with {done.returncode}: {done.stderr:.300}"]
        return [f"{each['question']}: {each['subject']}: {each['problem']}" for each in found[:3]]

    def doctor(self) -> dict[str, tuple[str, str]]:
        """Return how things stand with each question of the doctor, and what was found."""
        found = json.loads(self.command("doctor", "--json").stdout)
        return {each["question"]: (each["health"], each["what"]) for each in found}

    def everybody_has_one(self) -> list[str]:
        """Return whether an offer led to no badge, or to several."""
        with opened(self.environment) as (session, _here):
            awards = session.scalar(query(func.count()).select_from(Award))
            badges = session.scalar(query(func.count()).select_from(Badge))
            several = session.scalars(
                query(Badge.award_id).group_by(Badge.award_id).having(func.count() > 1)
            ).all()
        problems = [] if awards == badges else [f"{awards} offers were accepted, {badges} badges"]
        return problems + ([f"{len(several)} offers led to several badges"] if several else [])


@contextmanager
def opened(
    environment: dict[str, str], clock: Callable[[], datetime] = utc_now
) -> Iterator[tuple[Session, Services]]:
    """Open an installation in this process."""
    os.environ.update(environment)
    with create_core(clock=clock).app_context():
        try:
            yield db.session, services()
        finally:
            db.engine.dispose()


def issue(environment: dict[str, str], emails: Iterable[str]) -> list[str]:
    """Issue a badge to each of these addresses; return their public ids."""
    with opened(environment) as (session, here):
        ids = []
        for email in emails:
            award = people.offered(session, here, email, now=here.clock())
            badge = people.accepted(session, here, award.id, award.person_id, now=here.clock())
            ids.append(badge.public_id)
        return ids


def offer(environment: dict[str, str], numbers: range) -> None:
    """Let so many people have an offer each: p0@example.org, and so on."""
    with opened(environment) as (session, here):
        for number in numbers:
            people.offered(session, here, f"p{number}@example.org", now=here.clock())
            if number % 100 == 99:
                session.commit()
        session.commit()
