"""Is everything that was promised to partners and persons delivered, or on its way? (I8)

A list that was sent is taken in by a job, and a mail that waits is sent by one. A row that waits for
nobody would wait for ever.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Exists, and_, exists, or_, select
from sqlalchemy.orm import Session

from badgeservice.jobs.models import Job, JobState
from badgeservice.partners import invitations
from badgeservice.partners.lists.models import ListedRow, ListState, ResultList, RowState
from badgeservice.partners.models import Invitation, InvitationState

ASKED_AGAIN = invitations.LATE + timedelta(days=1)
"""After so long the nightly job has asked again for every mail that waits (`enqueue_late`)."""

_TO_BE_DONE = (JobState.QUEUED, JobState.RUNNING)


def findings(session: Session, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield what waits and nobody will do: (which list or batch, the problem)."""
    # A job that failed is known of, and can be tried again.
    takes_it_in = exists().where(Job.id == ResultList.job_id, Job.state != JobState.DONE)
    sent = select(ResultList.id).where(ResultList.state == ListState.SENT, ~takes_it_in)
    for list_id in session.scalars(sent.order_by(ResultList.id)):
        yield list_id, "sent, and no job takes it in"
    untaken = exists().where(
        ListedRow.list_id == ResultList.id,
        ListedRow.state.in_((RowState.READY, RowState.NOTHING)),
    )
    done = select(ResultList.id).where(ResultList.state == ListState.DONE, untaken)
    for list_id in session.scalars(done.order_by(ResultList.id)):
        yield list_id, "done, and lines of it were not taken in"
    waiting = select(Invitation.batch).where(
        Invitation.state == InvitationState.WAITING, Invitation.created_at < now - ASKED_AGAIN
    )
    for batch in session.scalars(waiting.distinct().order_by(Invitation.batch)).all():
        if not session.scalar(select(_will_be_sent(batch, now))):
            yield batch, "mails of it wait, and no job sends them"


def _will_be_sent(batch: str, now: datetime) -> Exists:
    """Say in SQL whether a job of the batch is to be done, or failed too recently to be missed."""
    return exists().where(
        Job.kind == invitations.TASK,
        or_(Job.key == batch, Job.key.startswith(f"{batch}/", autoescape=True)),
        or_(
            Job.state.in_(_TO_BE_DONE),
            and_(Job.state == JobState.FAILED, Job.finished_at > now - ASKED_AGAIN),
        ),
    )
