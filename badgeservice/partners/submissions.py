"""The same request gets the same answer, however often and by how many at once it is sent.

The row of a submission is written first, in the transaction that takes its results in: of two that
come together one waits for the other, and then finds its answer. A crash leaves neither.

Functions flush; the caller commits.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from badgeservice.catalogue.text import Text
from badgeservice.errors import SubmissionConflict, SubmissionNotFound
from badgeservice.evidence.sources.results import Corrections, Fate, Problem, Result
from badgeservice.partners import intake
from badgeservice.partners.intake import Row, Sender
from badgeservice.partners.models import Submission
from badgeservice.people.models import Organisation
from badgeservice.storage import chain
from badgeservice.storage.vault import Vault

KEPT = timedelta(days=30)
"""How long an answer is kept; afterwards the partner's references keep a repetition harmless."""

MAXIMUM_ROWS = 100
"""In one transaction, of 10 ms a row: on SQLite nobody else writes meanwhile."""


@dataclass(frozen=True)
class Answer:
    """What became of a submission. `is_repeated`: it was answered before, and is answered alike."""

    submission_id: str
    received_at: datetime
    rows: tuple[Row, ...]
    is_repeated: bool


def submit(
    session: Session,
    vault: Vault,
    sender: Sender,
    sent: Sequence[Result],
    *,
    key: str,
    body: bytes,
    corrections: Corrections,
    now: datetime,
) -> Answer:
    """Take results in, once for each idempotency `key` of a partner.

    Raises SubmissionConflict when the key was used with another `body`; ConflictingChange as
    `intake.take` does, and then nothing was taken in.
    """
    row = Submission(
        id=f"sub_{secrets.token_hex(16)}",
        organisation_id=sender.partner.id,
        key_digest=_digest(vault, "key", key.encode()),
        body_digest=_digest(vault, "body", body),
        agent=sender.agent,
        received_at=now,
        answer=[],
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return _repeated(session, vault, sender.partner, key, body)
    rows = intake.take(session, vault, sender, sent, batch=row.id, corrections=corrections, now=now)
    row.answer = [_as_json(each) for each in rows]
    session.flush()
    chain.append(
        session,
        actor=sender.agent,
        action="submit-evidence",
        subject=row.id,
        details={"organisation": sender.partner.id, **counts(rows)},
        now=now,
    )
    return Answer(row.id, now, tuple(rows), is_repeated=False)


def get(session: Session, partner: Organisation, submission_id: str) -> Answer:
    """Return what became of a submission of this partner; raise SubmissionNotFound for any other."""
    row = session.get(Submission, submission_id)
    if row is None or row.organisation_id != partner.id:
        raise SubmissionNotFound(f"no submission {submission_id[:40]!a}")
    return _answer(row)


def counts(rows: Sequence[Row]) -> dict[str, int]:
    """Return how many rows met each fate."""
    return {str(fate): sum(row.fate is fate for row in rows) for fate in Fate}


def purge(session: Session, now: datetime) -> int:
    """Forget answers once KEPT is over; return how many. The caller commits."""
    removed = session.execute(
        delete(Submission).where(Submission.received_at <= now - KEPT).returning(Submission.id)
    )
    return len(removed.all())


def _repeated(
    session: Session, vault: Vault, partner: Organisation, key: str, body: bytes
) -> Answer:
    row = session.scalars(
        select(Submission).where(
            Submission.organisation_id == partner.id,
            Submission.key_digest == _digest(vault, "key", key.encode()),
        )
    ).one()
    if row.body_digest != _digest(vault, "body", body):
        raise SubmissionConflict("this Idempotency-Key was used before, with another body")
    return _answer(row)


def _answer(row: Submission) -> Answer:
    rows = tuple(_from_json(number, each) for number, each in enumerate(row.answer, start=1))
    return Answer(row.id, row.received_at, rows, is_repeated=True)


def _as_json(row: Row) -> dict[str, Any]:
    return {
        "fate": str(row.fate),
        "evidence": row.evidence_id,
        "problems": [
            {"field": each.field, "code": each.code, "expected": each.expected.as_dict()}
            for each in row.problems
        ],
    }


def _from_json(number: int, stored: dict[str, Any]) -> Row:
    return Row(
        number,
        Fate(stored["fate"]),
        stored["evidence"],
        tuple(
            Problem(each["field"], each["code"], Text(**each["expected"]))
            for each in stored["problems"]
        ),
    )


def _digest(vault: Vault, what: str, data: bytes) -> bytes:
    """Return the keyed digest kept of a key or a body: nobody can try who may have stood in it."""
    return vault.blind_index(f"submission.{what}", hashlib.sha256(data).hexdigest())
