"""Did everything that came in get on its way, and does somebody have it in hand? (I7)"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from badgeservice.awarding import considered
from badgeservice.catalogue import classes
from badgeservice.evidence.models import Evidence
from badgeservice.issuing.audit.books import Books, Findings
from badgeservice.jobs import queue
from badgeservice.jobs.models import Job, JobState

SILENT = timedelta(minutes=15)
"""How long whoever has a job may say nothing; a worker puts it back after a LEASE."""


def evidence(books: Books) -> Findings:
    """What meets the rule of a badge was considered; asked of the persons of the part."""
    # What a class that was changed asks for, nobody agreed to; another question says so.
    badges = [each for each in classes.all_current(books.session) if classes.is_intact(each)]
    for person_ids in books.ids(Evidence.person_id):
        some = [each for each in person_ids if books.part.holds(each)]
        for found in considered.overlooked(books.session, some, badges, now=books.now):
            yield found.evidence_id, f"meets the rule of {found.slug}, and was never considered"


def jobs(books: Books) -> Findings:
    """No job is in the hands of somebody who has said nothing for SILENT."""
    stuck = select(Job.id, Job.kind, Job.lease_until).where(
        Job.state == JobState.RUNNING, Job.lease_until < books.now - (SILENT - queue.LEASE)
    )
    for job_id, kind, lease_until in books.session.execute(stuck.order_by(Job.id)):
        assert lease_until is not None  # it was compared
        last = lease_until - queue.LEASE
        yield job_id, f"{kind}: begun, and nothing heard since {last:%Y-%m-%d %H:%M}"
