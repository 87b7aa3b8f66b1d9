"""Results in, offers out, and nobody is told twice."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from badgeservice.awarding import offers
from badgeservice.awarding.models import Award, AwardState, Origin
from badgeservice.errors import ConflictingChange, EvidenceNotFound, HolderErased
from badgeservice.evidence.models import Evidence
from badgeservice.evidence.sources import results
from badgeservice.evidence.sources.results import Checked, Corrections, Fate
from badgeservice.issuing.models import Badge
from badgeservice.partners import intake
from badgeservice.partners.models import Invitation
from badgeservice.people.models import Person
from tests.partners.agreed import partner, result
from tests.partners.conftest import Reception


def test_a_result_makes_an_offer_and_no_signature(reception: Reception) -> None:
    """A rule that asks for a partner's result is met; the person has still to accept."""
    [row] = reception.take()

    award = reception.session.get_one(Award, row.offers[0])
    assert (row.fate, award.state, award.origin) == (
        Fate.RECORDED, AwardState.OFFERED, Origin.RULE,
    )  # fmt: skip
    assert (award.strength, award.used) == (3, [row.evidence_id])
    assert reception.session.scalar(select(func.count()).select_from(Badge)) == 0
    assert offers.replay(reception.session, reception.here.vault) == []
    [told] = reception.session.scalars(select(Invitation)).all()
    assert (told.batch, told.is_offered, told.person_id) == ("b1", True, award.person_id)


def test_what_is_too_weak_or_below_the_level_makes_no_offer(reception: Reception) -> None:
    """It counts as what it is; somebody whom nobody knew is told all the same."""
    [row] = reception.take({"strength": "1"})

    assert (row.fate, row.offers) == (Fate.RECORDED, ())
    [told] = reception.session.scalars(select(Invitation)).all()
    assert not told.is_offered


def test_rows_keep_their_order_and_each_its_fate(reception: Reception) -> None:
    """Good and bad ones mixed, two of one person, one that stands twice."""
    rows = reception.take(
        {"reference": "1", "email": "zoe@example.org"},
        {"reference": "2", "activity": "unknown"},
        {"reference": "3", "email": "anais@example.org"},
        {"reference": "4", "email": "Zoe@example.org"},
        {"reference": "3", "email": "anais@example.org"},
        {"reference": "3", "email": "lea@example.org"},
        {"reference": "2", "date": ""},
        {"reference": "7", "outcome": "not_achieved"},
    )

    assert [row.number for row in rows] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [row.fate for row in rows] == [
        Fate.RECORDED, Fate.REFUSED, Fate.RECORDED, Fate.RECORDED,
        Fate.KNOWN, Fate.REFUSED, Fate.REFUSED, Fate.NOTED,
    ]  # fmt: skip
    assert [each.code for each in rows[5].problems] == ["reference_twice"]
    assert [each.code for each in rows[6].problems] == ["date_malformed", "reference_twice"]
    assert sum(len(row.offers) for row in rows) == 2
    assert reception.session.scalar(select(func.count()).select_from(Person)) == 2
    assert reception.session.scalar(select(func.count()).select_from(Invitation)) == 2


def test_a_list_in_portions_tells_each_person_once(reception: Reception) -> None:
    """The second portion may bring the offer that the first did not."""
    reception.take({"reference": "1", "strength": "1"})
    reception.take({"reference": "2"})
    reception.take({"reference": "2"}, {"reference": "1", "strength": "1"})

    [told] = reception.session.scalars(select(Invitation)).all()
    assert told.is_offered


def test_whoever_is_known_and_is_offered_nothing_gets_no_mail(reception: Reception) -> None:
    """News of no consequence is no news."""
    reception.take({"reference": "1"}, batch="b1")
    reception.take({"reference": "2"}, batch="b2")

    assert reception.session.scalars(select(Invitation.batch)).all() == ["b1"]


def test_to_see_beforehand_is_to_check_or_to_roll_back(reception: Reception) -> None:
    """A preview reads values, or takes everything in and undoes it."""
    good, bad = intake.check(
        reception.session, reception.sender, [result(), result(reference="2", date="x")],
        now=reception.clock(),
    )  # fmt: skip
    assert isinstance(good, Checked)
    assert isinstance(bad, tuple)

    rows = intake.take(
        reception.session, reception.here.vault, reception.sender, [result()],
        batch="b1", now=reception.clock(),
    )  # fmt: skip
    reception.session.rollback()

    assert len(rows[0].offers) == 1
    assert reception.session.scalar(select(func.count()).select_from(Person)) == 0


def test_what_is_taken_back_takes_its_offer_along(reception: Reception) -> None:
    """E9: a list of a partner can be undone; only its own, and all or nothing."""
    rows = reception.take({"reference": "1"}, {"reference": "2", "email": "lea@example.org"})
    evidence = [str(row.evidence_id) for row in rows]
    session, vault = reception.session, reception.here.vault
    other = partner(session, reception.clock(), slug="iut", name="IUT")
    with pytest.raises(EvidenceNotFound):
        intake.take_back(session, vault, other, evidence, now=reception.clock())

    intake.take_back(session, vault, reception.fim, evidence, now=reception.clock())

    assert {award.state for award in session.scalars(select(Award))} == {AwardState.WITHDRAWN}
    again = reception.take({"reference": "1"}, batch="b2", corrections=Corrections.APPLY)
    assert (again[0].fate, len(again[0].offers)) == (Fate.CORRECTED, 1)


@pytest.mark.parametrize(
    "raised", [HolderErased("gone"), IntegrityError("INSERT", {}, Exception("foreign key"))]
)
def test_someone_who_is_being_erased_stops_the_list_and_loses_nothing(
    reception: Reception, monkeypatch: pytest.MonkeyPatch, raised: Exception
) -> None:
    """The caller rolls back and asks again: the person is then somebody new."""

    def erased(*_: object, **__: object) -> None:
        raise raised

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(results, "take", erased)
        with pytest.raises(ConflictingChange):
            reception.take()
    reception.session.rollback()

    assert reception.session.scalar(select(func.count()).select_from(Evidence)) == 0
    assert reception.take()[0].fate is Fate.RECORDED
