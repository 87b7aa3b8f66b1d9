"""The service that is crashed: processes that do the same work against one another, and its mutants."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable

from sqlalchemy import event
from sqlalchemy import select as query
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from badgeservice.awarding.models import Award, AwardState
from badgeservice.catalogue import classes
from badgeservice.catalogue.strength import Strength
from badgeservice.catalogue.text import Text
from badgeservice.core import create_core
from badgeservice.errors import BadgeserviceError
from badgeservice.evidence import record
from badgeservice.evidence.facts import Claim, Identity, ManualDetails, Outcome
from badgeservice.extensions import db, services
from badgeservice.issuing import issue
from badgeservice.issuing.models import Badge
from badgeservice.people import accounts
from badgeservice.people.models import Person
from badgeservice.storage import chain
from scripts.drills import people

TOLD, ALL_DONE = "told ", "all done"
"""What a racer says: the id of a badge behind the first, the second when nothing is left to do."""
DEED = "drill/"


def main() -> int:
    """Race until all is done."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("accept", "record"))
    parser.add_argument("--mutant", choices=sorted(MUTANTS))
    parser.add_argument("--deeds", type=int, default=0)
    asked = parser.parse_args()
    return accept_all(asked.mutant) if asked.what == "accept" else record_all(asked.deeds)


def record_all(deeds: int) -> int:
    """Record deeds of one person, each of them whoever else does so at the same time."""
    with create_core().app_context():
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


def accept_all(mutant: str | None) -> int:
    """Accept every offer, one after the other, and tell of each badge once it is issued."""
    with create_core().app_context():
        session, here = db.session, services()
        if mutant:
            MUTANTS[mutant](session)
        while waiting := _until_it_answers(session, _waiting):
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
