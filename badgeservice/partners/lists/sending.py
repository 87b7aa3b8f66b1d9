"""A list that its partner sends: a job takes it in, some lines at a time, each time committed.

    staged → send → job → take (evidence and offers, never a signature) → done

Killed at any moment, the job goes on with the first line that is not taken; a line that was taken in
and not yet marked is known by its reference and changes nothing. Memory holds one portion.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from badgeservice.errors import ResultListChanged, ResultListNotFound
from badgeservice.evidence.sources import results, tables
from badgeservice.evidence.sources.results import Corrections, Ending, Fate
from badgeservice.evidence.sources.tables import Result
from badgeservice.jobs import queue
from badgeservice.jobs.models import Job
from badgeservice.jobs.work import Work
from badgeservice.partners import intake, invitations
from badgeservice.partners.intake import Sender
from badgeservice.partners.lists import staging
from badgeservice.partners.lists.models import ListedRow, ListState, ResultList, RowState
from badgeservice.people.models import Organisation
from badgeservice.storage import chain
from badgeservice.storage.vault import Vault

TASK = "take-list"
"""The kind of the job; its argument is `list`."""

ROWS_AT_A_TIME = 100
_WAITING = (RowState.READY, RowState.NOTHING)
# These are kept sealed for a while: the partner may want to correct and send them again.
_NOT_RECORDED = (Fate.REFUSED,)


def send(
    session: Session,
    staged: ResultList,
    *,
    without: int,
    corrections: Corrections,
    actor: str,
    now: datetime,
) -> Job:
    """Send a list without the lines that are to be corrected, of which there are `without`.

    Sending it again returns the same job. Raises ResultListChanged when another number of lines is
    to be corrected by now, or none is left to send: the partner looks again.
    """
    if staged.state != ListState.STAGED:
        return _job(session, staged, now)
    moved = session.scalar(
        update(ResultList)
        .where(ResultList.id == staged.id, ResultList.state == ListState.STAGED)
        .values(state=ListState.SENT, sent_at=now, corrections=corrections)
        .returning(ResultList.id)
        .execution_options(synchronize_session=False)
    )
    session.refresh(staged)
    if moved is None:
        return _job(session, staged, now)
    counts = staging.counts(session, staged)
    ready = sum(counts[state] for state in _WAITING)
    if counts[RowState.TO_CORRECT] != without or not ready:
        raise ResultListChanged(f"{staged.id} is not what was looked at")
    session.execute(
        update(ListedRow)
        .where(ListedRow.list_id == staged.id, ListedRow.state == RowState.TO_CORRECT)
        .values(state=RowState.LEFT_OUT)
        .execution_options(synchronize_session=False)
    )
    chain.append(
        session,
        actor=actor,
        action="send-list",
        subject=staged.id,
        details={"organisation": staged.organisation_id, "lines": ready, "without": without},
        now=now,
    )
    return _job(session, staged, now)


def take(work: Work, vault: Vault, controller: Organisation) -> None:
    """Take a list in: the task of the job.

    `controller` answers for persons whom nobody knew before. Raises ConflictingChange when persons
    of the list are being changed by someone else: the job is tried again.
    """
    session = work.session
    list_id, total = str(work.arguments["list"]), None
    controller_id = controller.id
    while True:
        staged = session.get(ResultList, list_id)
        if staged is None or staged.state != ListState.SENT:
            return  # forgotten, or done by another worker
        total = total or _sent_count(session, staged)
        rows = _portion(session, list_id)
        if not rows:
            break
        partner = session.get_one(Organisation, staged.organisation_id)
        sender = Sender(
            partner,
            agent=staged.sent_by or partner.id,
            controller=session.get_one(Organisation, controller_id),
        )
        _take_rows(session, vault, sender, staged, rows, now=work.now())
        left = _left(session, list_id)
        work.progress(total - left, total)
        session.expunge_all()
    staged.state, staged.finished_at = ListState.DONE, work.now()
    partner = session.get_one(Organisation, staged.organisation_id)
    invitations.enqueue(session, partner, list_id, now=work.now())
    session.flush()


def _take_rows(
    session: Session,
    vault: Vault,
    sender: Sender,
    staged: ResultList,
    rows: Sequence[ListedRow],
    *,
    now: datetime,
) -> None:
    allowed = staging.rules(session, staged, now)
    read: list[tuple[ListedRow, results.Result]] = []
    for row in rows:
        given, _ = staging.cells(session, vault, row)
        found = tables.check(given, allowed)
        if isinstance(found, Result):
            read.append((row, as_sent(vault, found)))
        else:
            # The agreement has changed since, or the day is over until which lines are kept.
            row.fate = Fate.REFUSED
            row.problems = [str(problem.code) for problem in found]
    taken = intake.take(
        session,
        vault,
        sender,
        [result for _, result in read],
        batch=staged.id,
        corrections=staged.corrections,
        now=now,
    )
    for (row, _), became in zip(read, taken, strict=True):
        row.fate = became.fate
        row.problems = [each.code for each in became.problems] or None
        if became.fate not in _NOT_RECORDED:
            row.cells = row.person_index = row.deed_index = None
    session.flush()


def as_sent(vault: Vault, found: Result) -> results.Result:
    """Return a line as every way in hands it on.

    Its reference is what the line is about and not where it stands, so that the same line of another
    list is the same deed: a keyed digest, for a reference names nobody.
    """
    return results.Result(
        reference=f"list:{staging.deed_index(vault, found).hex()}",
        email=str(found.email),
        name=found.name,
        activity=found.activity,
        outcome=Ending.ACHIEVED if found.status.is_achieved else Ending.NOT_ACHIEVED,
        date=found.day.isoformat(),
        score="" if found.score is None else _percentage(found.score),
    )


def fates(session: Session, sent: ResultList) -> Mapping[Fate | None, int]:
    """Return how many lines met each fate; None counts those that wait or were left out."""
    found = session.execute(
        select(ListedRow.fate, func.count())
        .where(ListedRow.list_id == sent.id)
        .group_by(ListedRow.fate)
    )
    return dict(iter(found))


def rows(
    session: Session, sent: ResultList, *, only_problems: bool, after: int = 0, at_most: int | None
) -> Iterator[ListedRow]:
    """Yield lines of a list behind the line `after`: all, or those that were not recorded."""
    wanted = select(ListedRow).where(ListedRow.list_id == sent.id, ListedRow.number > after)
    if only_problems:
        wanted = wanted.where(
            (ListedRow.state == RowState.LEFT_OUT) | (ListedRow.fate == Fate.REFUSED)
        )
    yield from session.scalars(
        wanted.order_by(ListedRow.number).limit(at_most).execution_options(yield_per=200)
    )


def _percentage(share: Fraction) -> str:
    """Return a share of 1 as a percentage in digits.

    >>> _percentage(Fraction(33, 40)), _percentage(Fraction(1))
    ('82.5', '100')
    """
    hundredfold = share * 100
    exact = Decimal(hundredfold.numerator) / Decimal(hundredfold.denominator)
    return format(exact.quantize(Decimal("0.001")).normalize(), "f")


def _portion(session: Session, list_id: str) -> list[ListedRow]:
    numbers = (
        select(ListedRow.number)
        .where(ListedRow.list_id == list_id, ListedRow.state.in_(_WAITING))
        .order_by(ListedRow.number)
        .limit(ROWS_AT_A_TIME)
    )
    # Taken before they are read: whoever is being erased is in none of them, or waits for us.
    taken = session.scalars(
        update(ListedRow)
        .where(
            ListedRow.list_id == list_id,
            ListedRow.number.in_(session.scalars(numbers).all()),
            ListedRow.state.in_(_WAITING),
        )
        .values(state=RowState.TAKEN)
        .returning(ListedRow)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return sorted(taken, key=lambda row: row.number)


def _left(session: Session, list_id: str) -> int:
    waiting = select(func.count()).where(
        ListedRow.list_id == list_id, ListedRow.state.in_(_WAITING)
    )
    return session.scalar(waiting) or 0


def _sent_count(session: Session, staged: ResultList) -> int:
    counts = staging.counts(session, staged)
    return counts[RowState.TAKEN] + sum(counts[state] for state in _WAITING)


def _job(session: Session, staged: ResultList, now: datetime) -> Job:
    """Return the job that takes a list in."""
    if staged.job_id is not None and (known := session.get(Job, staged.job_id)) is not None:
        return known
    if staged.state == ListState.DONE:
        raise ResultListNotFound(f"{staged.id} is done, and its job forgotten")
    job = queue.enqueue(
        session,
        TASK,
        {"list": staged.id},
        key=staged.id,
        owner=staged.organisation_id,
        now=now,
    )
    staged.job_id = job.id
    session.flush()
    return job
