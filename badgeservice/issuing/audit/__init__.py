"""Does everything that we keep still agree? Read-only; run nightly and after every crash.

Each question goes over everything and yields what does not hold. Which invariant each answers to
stands in docs/decisions/0006-issuing.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from badgeservice.issuing.audit import content, files, history, lists, pending, records
from badgeservice.issuing.audit.books import ROWS_AT_A_TIME, WHOLE, Books, Findings, Part
from badgeservice.issuing.models import Badge
from badgeservice.issuing.office import Office

QUESTIONS: dict[str, Callable[[Books], Findings]] = {
    "classes": content.badge_classes,
    "artwork": content.artwork,
    "evidence": pending.evidence,
    "awards": records.awards,
    "intents": records.intents,
    "editions": records.replaced,
    "places": records.places,
    "bytes": content.released_bytes,
    "status": lists.status,
    "endorsements": lists.endorsements,
    "chain": history.audit_chain,
    "signer-log": history.signer_log,
    "keys": history.keys,
    "files": files.leftovers,
    "jobs": pending.jobs,
}


NIGHTS = 30
"""In how many nights the signatures of a large installation are verified, each once."""
WHOLE_UP_TO = 10_000
"""Badges of which all signatures are verified in one night."""


@dataclass(frozen=True)
class Violation:
    """Something that does not hold: which question found it, about what, and how."""

    question: str
    subject: str
    problem: str


def violations(
    session: Session, office: Office, *, part: Part = WHOLE, now: datetime
) -> Iterator[Violation]:
    """Yield every violation of every question, in the order of QUESTIONS.

    `part` is where signatures are verified anew, by the general path; everything else is asked of
    all, and what is remembered of it meanwhile does not grow with it.
    """
    books = Books(session, office, now, part)
    for name, question in QUESTIONS.items():
        for subject, problem in question(books):
            yield Violation(name, subject, problem)


def tonight(session: Session, now: datetime) -> Part:
    """Return the part whose signatures are verified in this night: all, unless there are many."""
    badges = session.scalar(select(func.count()).select_from(Badge)) or 0
    return WHOLE if badges <= WHOLE_UP_TO else Part(now.toordinal() % NIGHTS + 1, NIGHTS)


def unstored(session: Session, acknowledged: Iterable[str]) -> Iterator[Violation]:
    """Yield each public id that somebody was told of and that the register does not know.

    What was acknowledged is written down outside of the service, by whoever asked for it.
    """
    waiting = iter(acknowledged)
    while some := list(islice(waiting, ROWS_AT_A_TIME)):
        known = set(session.scalars(select(Badge.public_id).where(Badge.public_id.in_(some))))
        for public_id in some:
            if public_id not in known:
                yield Violation("acknowledged", public_id, "acknowledged, but not in the register")
