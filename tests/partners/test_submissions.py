"""The same request gets the same answer, and nothing of its body is kept for that."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from badgeservice.errors import SubmissionConflict, SubmissionNotFound
from badgeservice.evidence.models import Evidence
from badgeservice.partners import submissions
from badgeservice.partners.models import Submission
from badgeservice.storage.chain import AuditEvent
from tests.partners.agreed import partner
from tests.partners.conftest import Reception

BAD = {"reference": "zz-2", "email": "zz-nobody@", "name": "Zz Nobody", "date": "zz-day"}


def test_the_same_request_has_one_answer(reception: Reception) -> None:
    """However often it is sent; a later version of the agreement changes nothing of it."""
    first = reception.submit({}, BAD)
    reception.clock.advance(days=20)

    again = reception.submit({}, BAD)

    assert again.is_repeated
    assert not first.is_repeated
    # What the offers are is not repeated: it is told of many rows together, once.
    rows = tuple(replace(row, offers=()) for row in first.rows)
    assert (again.submission_id, again.received_at, again.rows) == (
        first.submission_id, first.received_at, rows,
    )  # fmt: skip
    assert submissions.get(reception.session, reception.fim, first.submission_id) == again
    assert reception.session.scalar(select(func.count()).select_from(Evidence)) == 1
    [told] = reception.session.scalars(
        select(AuditEvent).where(AuditEvent.action == "submit-evidence")
    ).all()
    assert (told.actor, told.subject) == ("key_1", first.submission_id)
    assert (told.details["recorded"], told.details["refused"]) == (1, 1)


def test_another_body_under_the_same_key_is_a_conflict(reception: Reception) -> None:
    """Nobody can tell which of the two was meant."""
    reception.submit()

    with pytest.raises(SubmissionConflict):
        reception.submit({"reference": "2"}, body=b"{ }")
    assert reception.submit({"reference": "2"}, key="k2", body=b"{ }").rows[0].evidence_id


def test_keys_and_submissions_are_each_partners_own(reception: Reception) -> None:
    """The same word may name another list of another partner."""
    answer = reception.submit()
    iut = partner(reception.session, reception.clock(), slug="iut", name="IUT")

    with pytest.raises(SubmissionNotFound):
        submissions.get(reception.session, iut, answer.submission_id)
    with pytest.raises(SubmissionNotFound):
        submissions.get(reception.session, reception.fim, "sub_0")
    reception.fim = iut
    assert not reception.submit().is_repeated


def test_nothing_of_the_body_is_kept(reception: Reception) -> None:
    """Not even what was refused; references and idempotency keys may name somebody too."""
    reception.submit(BAD, {"reference": "zz-3", "email": "zz-a@example.org"}, key="zz-key")

    [row] = reception.session.scalars(select(Submission)).all()
    kept = json.dumps([str(getattr(row, c.name)) for c in Submission.__table__.columns])
    assert "zz" not in kept.lower()
    assert json.dumps(row.answer).count("expected") == 2


def test_answers_are_forgotten_after_a_month(reception: Reception) -> None:
    """From then on the references keep the same list harmless."""
    reception.submit()
    reception.clock.advance(days=29)
    assert submissions.purge(reception.session, reception.clock()) == 0
    reception.clock.advance(days=1)
    assert submissions.purge(reception.session, reception.clock()) == 1

    assert [str(row.fate) for row in reception.submit().rows] == ["known"]
