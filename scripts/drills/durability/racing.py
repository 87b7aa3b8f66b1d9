"""The service that is crashed: processes that do the same work against one another, and its mutants."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import event
from sqlalchemy import select as query
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from badgeservice import worker
from badgeservice.awarding.models import Award, AwardState
from badgeservice.catalogue import classes
from badgeservice.catalogue.strength import Strength
from badgeservice.catalogue.text import Text
from badgeservice.core import create_core, utc_now
from badgeservice.errors import BadgeserviceError
from badgeservice.evidence import record
from badgeservice.evidence.facts import Claim, Identity, ManualDetails, Outcome
from badgeservice.extensions import db, services
from badgeservice.issuing import issue
from badgeservice.issuing.models import Badge
from badgeservice.jobs.schedule import Scheduled
from badgeservice.jobs.work import Work
from badgeservice.people import accounts
from badgeservice.people.models import Person
from badgeservice.storage import chain
from scripts.drills import people

TOLD, ALL_DONE = "told ", "all done"
"""What a racer says: the id of a badge behind the first, the second when nothing is left to do."""
DEED = "drill/"


def main() -> int:
    """Race until all is done, or until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("accept", "record", "offer", "work"))
    parser.add_argument("--mutant", choices=sorted(MUTANTS))
    parser.add_argument("--deeds", type=int, default=0)
    parser.add_argument("--clock", type=Path, help="a file with the seconds that the clock is off")
    parser.add_argument("--journal", type=Path, help="where each step of each job is written down")
    asked = parser.parse_args()
    app = create_core(clock=Shifted(asked.clock) if asked.clock else utc_now)
    if asked.what == "work":
        return work(app, asked.journal)
    with app.app_context():
        if asked.what == "offer":
            return offer_all(asked.deeds)
        if asked.what == "record":
            return record_all(asked.deeds)
        return accept_all(asked.mutant, until_told=asked.clock is not None)


class Shifted:
    """A clock that is wrong by as many seconds as a file says; whoever writes there lets it jump."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __call__(self) -> datetime:
        """Return the instant that this clock shows."""
        return utc_now() + timedelta(seconds=float(self._file.read_text()))

    def jump(self, seconds: float) -> None:
        """Let the clock be wrong by so many seconds from now on, for everybody who has it."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(str(seconds))
        fresh.replace(self._file)


def offer_all(count: int) -> int:
    """Let so many people have an offer each, one after the other."""
    session, here = db.session, services()
    for number in range(count):
        try:
            people.offered(session, here, f"late{number}@example.org", now=here.clock())
            session.commit()
        except OperationalError:  # somebody else wrote for long
            session.rollback()
        session.expunge_all()
        time.sleep(0.1)
    return 0


STEPS, STEP_SECONDS = 2, 1.5
"""Of a job. A step is so long that the clock jumps in the middle of one."""


def work(app: Flask, journal: Path) -> int:
    """Do jobs in steps, and what is due each hour, until told to stop; write down who did what when."""
    me = os.getpid()
    descriptor = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def note(job: str, step: int, began: float) -> None:
        line = f"{job} {step} {me} {began} {time.monotonic()}\n"
        os.write(descriptor, line.encode())

    def steps(work: Work) -> None:
        for step in range(work.done, STEPS):
            began = time.monotonic()
            time.sleep(STEP_SECONDS)
            note(work.job_id, step, began)
            work.progress(step + 1, STEPS)

    def hourly(work: Work) -> None:
        note(str(work.key), 0, time.monotonic())

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    schedule = (Scheduled("hourly", timedelta(hours=1)),)
    worker.run(app, stop, {"steps": steps, "hourly": hourly}, schedule, look_every=0.5)
    return 0


def record_all(deeds: int) -> int:
    """Record deeds of one person, each of them whoever else does so at the same time."""
    session, here = db.session, services()
    person = session.scalars(query(Person).order_by(Person.created_at).limit(1)).one()
    badge_class = classes.current(session, people.BADGE)
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


def accept_all(mutant: str | None, *, until_told: bool) -> int:
    """Accept every offer, one after the other, and tell of each badge once it is issued.

    End when none is left; or wait for more, until somebody ends this process.
    """
    session, here = db.session, services()
    if mutant:
        MUTANTS[mutant](session)
    while (waiting := _until_it_answers(session, _waiting)) or until_told:
        if not waiting:
            time.sleep(0.05)
        for award_id, person_id in waiting:
            try:
                badge = people.accepted(session, here, award_id, person_id, now=here.clock())
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
