"""Evidence is written once; sources may repeat themselves, correct themselves and take it back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from fractions import Fraction

import pytest
from sqlalchemy import delete, event, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, SessionTransaction

from badgeservice.catalogue.strength import Strength
from badgeservice.catalogue.text import Text
from badgeservice.errors import (
    ConflictingChange,
    EvidenceConflict,
    EvidenceNotFound,
    EvidenceRefused,
    HolderErased,
)
from badgeservice.evidence import record
from badgeservice.evidence.facts import BadgeDetails, Claim, ManualDetails, Outcome
from badgeservice.evidence.models import Evidence, State
from badgeservice.people.models import Organisation, Person
from badgeservice.storage.vault import Vault

Quiz = Callable[..., Claim]


def count(session: Session) -> int:
    """How many rows of evidence there are, whatever their state."""
    return session.scalar(select(func.count()).select_from(Evidence)) or 0


def test_what_is_recorded_reads_back_as_it_was_claimed(
    session: Session, vault: Vault, quiz: Quiz, now: datetime
) -> None:
    """Scores are exact fractions: a rounded one could fall on the other side of a threshold."""
    claim = quiz(score=Fraction(43, 60), threshold=Fraction(7, 10))

    row = record.record(session, vault, claim, now=now)
    session.expire_all()

    fact = record.fact(session.get_one(Evidence, row.id))
    for name in [
        "kind",
        "activity",
        "activity_version",
        "content_digest",
        "competences",
        "level",
        "strength",
        "identity",
        "outcome",
        "score",
        "threshold",
        "critical_passed",
        "source_organisation",
        "method",
        "occurred_at",
        "details",
    ]:
        assert getattr(claim, name) == getattr(fact, name), name
    assert (row.recorded_at, row.state, row.edition) == (now, State.VALID, 1)


def test_the_same_claim_is_recorded_once(
    session: Session, vault: Vault, quiz: Quiz, now: datetime
) -> None:
    """A list that is sent twice changes nothing, however late the second time is."""
    first = record.record(session, vault, quiz(statement="vu"), now=now)

    again = record.record(session, vault, quiz(statement="vu"), now=now + timedelta(days=9))

    assert (first.id, 1) == (again.id, count(session))
    assert now == again.recorded_at


@pytest.mark.parametrize(
    "change",
    [
        {"score": Fraction(1)},
        {"outcome": Outcome.PENDING},
        {"competences": ("4.1", "4.2")},
        {"statement": "autre chose"},
        {"critical_passed": False},
    ],
    ids=lambda change: next(iter(change)),
)
def test_refuses_another_claim_under_the_same_reference(
    session: Session, vault: Vault, quiz: Quiz, now: datetime, change: dict[str, object]
) -> None:
    """What a source has said stays; it must say that it corrects itself."""
    record.record(session, vault, quiz(), now=now)

    with pytest.raises(EvidenceConflict, match=next(iter(change))):
        record.record(session, vault, quiz(**change), now=now)


def test_the_same_reference_of_another_source_is_another_deed(
    session: Session, vault: Vault, quiz: Quiz, now: datetime
) -> None:
    """Each source numbers its own books."""
    other = Organisation(slug="fim", name="FIM")
    session.add(other)
    session.flush()
    record.record(session, vault, quiz(), now=now)

    record.record(session, vault, quiz(source_organisation=other.id), now=now)

    assert 2 == count(session)


def test_two_writers_of_the_same_claim_leave_one_row(
    session: Session, vault: Vault, quiz: Quiz, now: datetime
) -> None:
    """A rival writes between our look and our insert; the unique constraint decides, not luck."""
    record.record(session, vault, quiz(), now=now)
    theirs = dict(session.execute(select(Evidence.__table__)).mappings().one()) | {"id": "ev_rival"}
    session.execute(delete(Evidence))
    session.expunge_all()
    connection = session.connection()

    @event.listens_for(session, "after_transaction_create")
    def write_first(_session: Session, transaction: SessionTransaction) -> None:
        if transaction.nested:
            connection.execute(insert(Evidence).values(theirs))

    row = record.record(session, vault, quiz(), now=now)

    assert ("ev_rival", 1) == (row.id, count(session))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"strength": Strength.ATTENDANCE_VERIFIED}, "at most “unsupervised online quiz”"),
        ({"score": None, "threshold": None}, "without a score"),
        ({"threshold": None}, "without the other"),
        ({"score": Fraction(11, 10)}, "not a share of 1"),
        ({"score": Fraction(69, 100)}, "below its threshold"),
        ({"competences": ()}, "no competence"),
        ({"details": BadgeDetails(name=Text(fr="b", en="b"))}, "not recorded as evidence"),
    ],
    ids=lambda case: str(case) if isinstance(case, str) else "",
)
def test_refuses_a_claim_that_cannot_be_true(
    session: Session,
    vault: Vault,
    quiz: Quiz,
    now: datetime,
    change: dict[str, object],
    sentence: str,
) -> None:
    """Above all, an unsupervised quiz never passes for observed work, whoever asks."""
    with pytest.raises(EvidenceRefused, match=sentence):
        record.record(session, vault, quiz(**change), now=now)

    assert 0 == count(session)


def test_refuses_what_has_not_happened_yet(
    session: Session, vault: Vault, quiz: Quiz, now: datetime
) -> None:
    """A wrong clock at the source must not make evidence that outlives its age limit."""
    claim = quiz(occurred_at=now + timedelta(seconds=1))

    with pytest.raises(EvidenceRefused) as refused:
        record.record(session, vault, claim, now=now)

    assert "evidence_future" == refused.value.code


def test_a_score_at_the_threshold_is_achieved(
    session: Session, vault: Vault, quiz: Quiz, now: datetime
) -> None:
    """Exactly 70 % is 70 %, in thirds of points too."""
    claim = quiz(score=Fraction(21, 30), threshold=Fraction(70, 100))

    row = record.record(session, vault, claim, now=now)

    assert Fraction(7, 10) == row.score


# --- append-only ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("strength", 4),
        ("score", Fraction(1)),
        ("person_id", "per_other"),
        ("occurred_at", datetime.fromisoformat("2020-01-01T00:00:00+00:00")),
        ("statement", None),
    ],
)
def test_nothing_recorded_can_be_written_over(
    session: Session, vault: Vault, quiz: Quiz, now: datetime, column: str, value: object
) -> None:
    """The dossier of an award cites this row; it must say to-morrow what it said to-day."""
    row = record.record(session, vault, quiz(statement="vu"), now=now)

    setattr(row, column, value)

    with pytest.raises(EvidenceRefused, match=column):
        session.flush()


def test_withdrawn_evidence_counts_no_more_and_stays_so(
    session: Session, vault: Vault, quiz: Quiz, learner: Person, now: datetime
) -> None:
    """It stays readable: a badge may have rested on it."""
    row = record.record(session, vault, quiz(), now=now)

    record.withdraw(session, row.id, reason="entered_in_error", now=now)

    assert [] == record.for_person(session, learner.id)
    assert (State.WITHDRAWN, "entered_in_error") == (row.state, row.state_reason)
    row.state = State.VALID
    with pytest.raises(EvidenceRefused, match="no longer valid"):
        session.flush()


def test_withdrawing_twice_keeps_the_first_reason_and_time(
    session: Session, vault: Vault, quiz: Quiz, now: datetime
) -> None:
    """A second tap is not a second decision."""
    row = record.record(session, vault, quiz(), now=now)
    record.withdraw(session, row.id, reason="entered_in_error", now=now)

    record.withdraw(session, row.id, reason="other", now=now + timedelta(days=1))

    assert ("entered_in_error", now) == (row.state_reason, row.state_since)


def test_sending_a_withdrawn_claim_again_does_not_revive_it(
    session: Session, vault: Vault, quiz: Quiz, learner: Person, now: datetime
) -> None:
    """An old list, uploaded once more, must not undo a withdrawal."""
    row = record.record(session, vault, quiz(), now=now)
    record.withdraw(session, row.id, reason="entered_in_error", now=now)

    again = record.record(session, vault, quiz(), now=now)

    assert (row.id, State.WITHDRAWN) == (again.id, again.state)
    assert [] == record.for_person(session, learner.id)


def test_a_correction_is_a_new_edition_and_keeps_the_former(
    session: Session, vault: Vault, quiz: Quiz, learner: Person, now: datetime
) -> None:
    """What was believed, and from when to when, can be read for ever."""
    former = record.record(session, vault, quiz(), now=now)
    later = now + timedelta(days=1)

    corrected = record.replace(session, vault, former.id, quiz(score=Fraction(8, 10)), now=later)

    assert [corrected.id] == [row.id for row in record.for_person(session, learner.id)]
    assert (2, former.id, Fraction(4, 5)) == (
        corrected.edition,
        corrected.replaces,
        corrected.score,
    )
    assert (State.REPLACED, later, Fraction(9, 10)) == (
        former.state,
        former.state_since,
        former.score,
    )


def test_after_a_correction_the_corrected_claim_is_the_same_claim(
    session: Session, vault: Vault, quiz: Quiz, now: datetime
) -> None:
    """The corrected list may be sent again; the former one is refused, not silently believed."""
    former = record.record(session, vault, quiz(), now=now)
    corrected = record.replace(session, vault, former.id, quiz(score=Fraction(8, 10)), now=now)

    again = record.record(session, vault, quiz(score=Fraction(8, 10)), now=now)

    assert corrected.id == again.id
    with pytest.raises(EvidenceConflict, match="score"):
        record.record(session, vault, quiz(), now=now)


def test_of_two_corrections_of_the_same_edition_one_wins(
    session: Session, vault: Vault, quiz: Quiz, now: datetime
) -> None:
    """The second has not seen the first: it must look again."""
    former = record.record(session, vault, quiz(), now=now)
    record.replace(session, vault, former.id, quiz(score=Fraction(8, 10)), now=now)

    with pytest.raises(ConflictingChange):
        record.replace(session, vault, former.id, quiz(score=Fraction(1)), now=now)

    assert 2 == count(session)


@pytest.mark.parametrize("name", ["person_id", "reference", "source_organisation"])
def test_a_correction_stays_with_its_person_and_deed(
    session: Session, vault: Vault, quiz: Quiz, now: datetime, name: str
) -> None:
    """Evidence never moves from one person to another under the name of a correction."""
    former = record.record(session, vault, quiz(), now=now)

    with pytest.raises(EvidenceRefused, match=name):
        record.replace(session, vault, former.id, quiz(**{name: "other"}), now=now)

    assert State.VALID == former.state


def test_evidence_about_nobody_is_not_recorded(
    session: Session, vault: Vault, quiz: Quiz, now: datetime
) -> None:
    """A person who is not there is no repetition of a claim: the database's refusal comes through."""
    with pytest.raises(IntegrityError):
        record.record(session, vault, quiz(person_id="per_none"), now=now)


def test_what_does_not_exist_cannot_be_withdrawn(session: Session, now: datetime) -> None:
    """A wrong id is an error of the caller, not a success."""
    with pytest.raises(EvidenceNotFound, match="ev_none"):
        record.withdraw(session, "ev_none", reason="other", now=now)


# --- what was written about the person -----------------------------------------------------------


def test_a_statement_is_sealed_and_opens_for_its_person_only(
    session: Session, vault: Vault, quiz: Quiz, learner: Person, now: datetime
) -> None:
    """It is the one part of evidence that somebody wrote; erasing the person erases it."""
    row = record.record(session, vault, quiz(statement="a su réagir"), now=now)

    assert row.statement is not None
    assert b"agir" not in row.statement
    assert "a su réagir" == record.statement(session, vault, row)
    vault.shred_holder(session, learner.id)
    with pytest.raises(HolderErased):
        record.statement(session, vault, row)


def test_the_facts_of_an_erased_person_still_read(
    session: Session, vault: Vault, quiz: Quiz, learner: Person, now: datetime
) -> None:
    """Counting and auditing need no key: the columns name nobody."""
    row = record.record(session, vault, quiz(statement="vu"), now=now)

    vault.shred_holder(session, learner.id)

    assert Fraction(9, 10) == record.fact(row).score


def test_evidence_comes_oldest_deed_first(
    session: Session, vault: Vault, quiz: Quiz, learner: Person, centre: Organisation, now: datetime
) -> None:
    """The order is that of the deeds, not of their arrival."""
    late = record.record(session, vault, quiz(occurred_at=now), now=now)
    early = record.record(
        session,
        vault,
        quiz(
            reference="m_1",
            occurred_at=now - timedelta(days=400),
            strength=Strength.OBSERVED_AT_WORK,
            score=None,
            threshold=None,
            critical_passed=None,
            details=ManualDetails(badge=Text(fr="b", en="b"), organisation=centre.name),
        ),
        now=now,
    )

    assert [early.id, late.id] == [row.id for row in record.for_person(session, learner.id)]
