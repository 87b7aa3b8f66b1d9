"""Every question that an audit asks: those about badges, and those of the rooms above issuing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from badgeservice.erasure import traces
from badgeservice.extensions import Services
from badgeservice.issuing import audit
from badgeservice.issuing.audit import Violation
from badgeservice.issuing.audit.books import WHOLE, Part
from badgeservice.partners import outbox

QUESTIONS = (*audit.QUESTIONS, "outbox", "erased")


def violations(
    session: Session, here: Services, *, part: Part = WHOLE, now: datetime
) -> Iterator[Violation]:
    """Yield every violation of every question, in the order of QUESTIONS.

    `part` is as in `issuing.audit.violations`.
    """
    yield from audit.violations(session, here.office, part=part, now=now)
    for subject, problem in outbox.findings(session, now):
        yield Violation("outbox", subject, problem)
    for subject, problem in traces.findings(session, here.erasures):
        yield Violation("erased", subject, problem)
