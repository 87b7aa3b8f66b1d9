"""A partner's rows: what fits becomes evidence, what does not is named, and nothing is guessed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from badgeservice.catalogue.strength import Strength
from badgeservice.errors import ConflictingChange, EvidenceNotFound
from badgeservice.evidence import agreements, record
from badgeservice.evidence.facts import Kind, PartnerDetails
from badgeservice.evidence.models import Evidence, State
from badgeservice.evidence.sources import results
from badgeservice.evidence.sources.results import Checked, Corrections, Fate, Taken
from badgeservice.people import accounts, email_address
from badgeservice.people.models import Organisation, Person, PersonState
from badgeservice.storage.vault import Vault
from tests.partners.agreed import TERMS, partner, result

Take = Callable[..., Taken]


@pytest.fixture
def fim(session: Session, now: datetime) -> Organisation:
    """A training partner with an agreement."""
    return partner(session, now)


@pytest.fixture
def take(
    session: Session, vault: Vault, centre: Organisation, fim: Organisation, now: datetime
) -> Take:
    """Take in the usual row with changes."""

    def taken(corrections: Corrections = Corrections.REFUSE, **changes: Any) -> Taken:
        row = results.check(result(**changes), agreements.in_force(session, fim.id), now=now)
        assert isinstance(row, Checked), row
        return results.take(
            session, vault, fim, row,
            controller=centre, agent="key_1", corrections=corrections, now=now,
        )  # fmt: skip

    return taken


def test_a_row_becomes_evidence_of_the_agreement(
    session: Session, vault: Vault, take: Take, fim: Organisation, centre: Organisation
) -> None:
    """Source, competences, level, strength: from the agreement; the person is invited."""
    taken = take()

    row = session.get_one(Evidence, taken.evidence_id)
    fact = record.fact(row)
    assert (taken.fate, taken.is_entered, taken.is_new) == (Fate.RECORDED, True, True)
    assert (fact.kind, fact.activity, fact.activity_version, fact.content_digest) == (
        Kind.PARTNER_RESULT, "cyber-1", "1", TERMS.digest,
    )  # fmt: skip
    assert (fact.competences, fact.level, fact.strength) == (
        ("4.1",), "beginner", Strength.WORK_REVIEWED,
    )  # fmt: skip
    assert (fact.source_organisation, fact.details) == (fim.id, PartnerDetails(TERMS.title, "FIM"))
    # A day in France begins the evening before in UTC.
    assert fact.occurred_at == datetime(2026, 11, 19, 23, tzinfo=UTC)
    person = session.get_one(Person, taken.person_id)
    assert (person.state, person.controller_id) == (PersonState.INVITED, centre.id)
    assert accounts.name_of(session, vault, person) == "Anaïs Lemoigne"


def test_a_score_is_kept_exactly(session: Session, take: Take) -> None:
    """With the threshold of the agreement beside it."""
    taken = take(activity="cyber-course", score="70.125", strength="1", name="")

    row = session.get_one(Evidence, taken.evidence_id)
    assert (row.score, row.threshold, row.strength) == (Fraction(561, 800), Fraction(7, 10), 1)


@pytest.mark.parametrize(
    ("changes", "field", "code", "expected"),
    [
        ({"activity": "cyber-2"}, "activity", "activity_not_allowed", "one of: cyber-1, cyber-course"),
        ({"activity": ""}, "activity", "activity_not_allowed", "one of: cyber-1, cyber-course"),
        ({"reference": "Anaïs 1"}, "reference", "reference_malformed", "name nobody"),
        ({"reference": "x" * 101}, "reference", "reference_malformed", "1 to 100"),
        ({"email": "anais@"}, "email", "email_domain", "after the @"),
        ({"email": ""}, "email", "email_missing", "Type your"),
        ({"name": "\x07"}, "name", "name_characters", "cannot show"),
        ({"language": "de"}, "language", "language_unknown", "one of: fr, en"),
        ({"outcome": "passed"}, "outcome", "outcome_unknown", "one of: achieved, not_achieved"),
        ({"date": "20/11/2026"}, "date", "date_malformed", "a day such as"),
        ({"date": "20261120"}, "date", "date_malformed", "a day such as"),
        ({"date": "2026-11-24"}, "date", "date_future", "today at the latest"),
        ({"date": "2026-08-31"}, "date", "date_outside_agreement", "from 2026-09-01 on and until 2027-08-31"),
        ({"activity": "cyber-course", "date": "2026-08-31", "score": "80"}, "date", "date_outside_agreement", "a day from 2026-09-01 on"),
        ({"strength": "4"}, "strength", "strength_not_allowed", "from 1 to 3"),
        ({"strength": "0"}, "strength", "strength_not_allowed", "from 1 to 3"),
        ({"strength": "٣"}, "strength", "strength_not_allowed", "from 1 to 3"),
        ({"score": "80"}, "score", "score_not_agreed", "nothing"),
        ({"activity": "cyber-course", "score": "69.9"}, "score", "score_below_threshold", "at least 70"),
        ({"activity": "cyber-course"}, "score", "score_missing", "at least 70"),
        ({"activity": "cyber-course", "score": "100.5"}, "score", "score_malformed", "0 to 100"),
        ({"activity": "cyber-course", "score": "8e1"}, "score", "score_malformed", "0 to 100"),
        ({"activity": "cyber-course", "score": "-1"}, "score", "score_malformed", "0 to 100"),
    ],
)  # fmt: skip
def test_a_row_that_does_not_fit_says_field_and_what_was_expected(
    session: Session, fim: Organisation, now: datetime,
    changes: dict[str, str], field: str, code: str, expected: str,
) -> None:  # fmt: skip
    """Each by itself; the French words are there too."""
    found = results.check(result(**changes), agreements.in_force(session, fim.id), now=now)

    assert isinstance(found, tuple)
    [problem] = found
    assert (problem.field, problem.code) == (field, code)
    assert expected in problem.expected.en
    assert problem.expected.fr


def test_everything_that_is_wrong_is_said_at_once(
    session: Session, fim: Organisation, now: datetime
) -> None:
    """Also where the activity is unknown, on which the rest depends."""
    bad = result(activity="x", email="a", outcome="", date="?", score="80", strength="9")

    found = results.check(bad, agreements.in_force(session, fim.id), now=now)

    assert isinstance(found, tuple)
    assert [each.field for each in found] == ["activity", "email", "outcome", "date"]


def test_a_partner_without_an_agreement_may_report_nothing(now: datetime) -> None:
    """And is told so."""
    found = results.check(result(), {}, now=now)

    assert isinstance(found, tuple)
    assert found[0].expected.en == "no activity is covered by the agreement"


def test_a_key_may_be_for_less_than_the_agreement(
    session: Session, fim: Organisation, now: datetime
) -> None:
    """What it is not for is as unknown as what does not exist."""
    agreement = agreements.in_force(session, fim.id)

    found = results.check(result(), agreement, now=now, only=["cyber-course"])

    assert isinstance(found, tuple)
    assert found[0].expected.en == "one of: cyber-course"
    assert isinstance(results.check(result(), agreement, now=now, only=["cyber-1"]), Checked)


def test_the_same_row_again_changes_nothing(
    session: Session,
    vault: Vault,
    take: Take,
    fim: Organisation,
    centre: Organisation,
    now: datetime,
) -> None:
    """By another key, under a newer agreement, with the address in capitals: it is the same deed."""
    first = take()
    row = results.check(
        result(email="ANAIS@example.org"), agreements.in_force(session, fim.id), now=now
    )
    assert isinstance(row, Checked)

    again = results.take(session, vault, fim, row, controller=centre, agent="key_2", now=now)

    assert (again.fate, again.evidence_id, again.is_new) == (Fate.KNOWN, first.evidence_id, False)
    assert session.scalar(select(func.count()).select_from(Evidence)) == 1


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"date": "2026-11-21"}, ["date"]),
        ({"strength": "2"}, ["strength"]),
        ({"activity": "cyber-course", "score": "90"}, ["activity", "score", "strength"]),
        ({"outcome": "not_achieved"}, ["outcome"]),
    ],
)
def test_a_changed_row_is_a_conflict_that_names_what_changed(
    session: Session, take: Take, changes: dict[str, str], fields: list[str]
) -> None:
    """Unless a correction is asked for; what was recorded stays as it was."""
    first = take()

    refused = take(**changes)

    assert refused.fate is Fate.REFUSED
    assert [(each.field, each.code) for each in refused.problems] == [
        (field, "changed") for field in fields
    ]
    assert session.get_one(Evidence, first.evidence_id).state is State.VALID


def test_a_correction_replaces_and_a_failure_withdraws(session: Session, take: Take) -> None:
    """And what was withdrawn can be reported anew: each a row of its own."""
    first = take()
    second = take(Corrections.APPLY, date="2026-11-21")
    third = take(Corrections.APPLY, outcome="not_achieved")
    fourth = take(outcome="not_achieved")
    refused = take(date="2026-11-21")
    fifth = take(Corrections.APPLY, date="2026-11-21")

    assert [each.fate for each in (second, third, fourth, refused, fifth)] == [
        Fate.CORRECTED, Fate.WITHDRAWN, Fate.KNOWN, Fate.REFUSED, Fate.CORRECTED,
    ]  # fmt: skip
    assert [each.code for each in refused.problems] == ["withdrawn_before"]
    rows = session.scalars(select(Evidence).order_by(Evidence.edition)).all()
    assert [(each.id, each.state) for each in rows] == [
        (first.evidence_id, State.REPLACED),
        (second.evidence_id, State.WITHDRAWN),
        (fifth.evidence_id, State.VALID),
    ]
    assert (third.evidence_id, rows[2].replaces) == (second.evidence_id, second.evidence_id)


def test_a_reference_belongs_to_one_person(session: Session, take: Take) -> None:
    """Not even a correction moves a result from one person to another; nobody is entered by it."""
    take()

    for corrections in Corrections:
        refused = take(corrections, email="lea@example.org")
        assert [each.code for each in refused.problems] == ["other_person"]
    take(reference="2", email="lea@example.org")
    assert take(email="lea@example.org").problems[0].field == "email"
    assert session.scalar(select(func.count()).select_from(Person)) == 2


def test_what_was_not_achieved_is_not_recorded(session: Session, take: Take) -> None:
    """Nor is the person: there is nothing to tell of them."""
    for score in ("10", ""):
        taken = take(outcome="not_achieved", activity="cyber-course", score=score)
        assert (taken.fate, taken.evidence_id, taken.is_new) == (Fate.NOTED, None, False)
    assert session.scalar(select(func.count()).select_from(Person)) == 0


def test_whoever_is_known_keeps_their_name(
    session: Session, vault: Vault, take: Take, centre: Organisation, now: datetime
) -> None:
    """A partner names only those whom nobody knew; someone unconfirmed is invited from now on."""
    known = accounts.find_or_create(
        session, vault, email="anais@example.org", language="en", controller=centre, now=now,
        state=PersonState.UNCONFIRMED,
    )  # fmt: skip

    taken = take(name="Somebody Else")

    assert (taken.person_id, taken.is_entered) == (known.id, False)
    assert accounts.name_of(session, vault, known) is None
    assert (known.state, known.language) == (PersonState.INVITED, "en")


def test_two_partners_enter_the_same_person_at_once(
    session: Session, take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one who comes second finds the person whom the first has made."""
    take()
    find = accounts.find
    monkeypatch.setattr(accounts, "find", _first_time_blind(find, 2))

    taken = take(reference="2")

    assert taken.fate is Fate.RECORDED
    assert session.scalar(select(func.count()).select_from(Person)) == 1


def test_someone_who_is_gone_again_is_said_to_be_in_motion(
    session: Session, take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made by another partner and erased at once: whoever asks again succeeds."""
    take()
    monkeypatch.setattr(accounts, "find", lambda *_: None)

    with pytest.raises(ConflictingChange):
        take(reference="2")


def test_a_partner_takes_back_its_own_results_only(
    session: Session, take: Take, fim: Organisation, centre: Organisation, now: datetime
) -> None:
    """That of another partner is not there; doing it again changes nothing."""
    taken = take()
    assert taken.evidence_id
    other = partner(session, now, slug="iut", name="IUT")

    with pytest.raises(EvidenceNotFound):
        results.withdraw(session, other, taken.evidence_id, now=now)
    with pytest.raises(EvidenceNotFound):
        results.withdraw(session, fim, "ev_0", now=now)
    for _ in range(2):
        row = results.withdraw(session, fim, taken.evidence_id, now=now)

    assert (row.state, row.state_reason) == (State.WITHDRAWN, "withdrawn_by_source")


def test_renewing_is_for_what_was_withdrawn_once(
    session: Session, vault: Vault, take: Take, fim: Organisation, now: datetime
) -> None:
    """Valid evidence is replaced; two renewals of the same do not both stand."""
    taken = take()
    assert taken.evidence_id and taken.person_id  # noqa: PT018
    row = results.check(result(), agreements.in_force(session, fim.id), now=now)
    assert isinstance(row, Checked)
    claim = results._claim(fim, row, taken.person_id, "key_1")

    with pytest.raises(ConflictingChange, match="is not withdrawn"):
        record.renew(session, vault, taken.evidence_id, claim, now=now)
    results.withdraw(session, fim, taken.evidence_id, now=now)
    record.renew(session, vault, taken.evidence_id, claim, now=now)
    with pytest.raises(ConflictingChange, match="was recorded anew"):
        record.renew(session, vault, taken.evidence_id, claim, now=now)


def _first_time_blind(find: Any, times: int) -> Any:
    """Return a `find` that sees nobody the first times: another transaction has not ended yet."""
    left = [times]

    def blind(session: Session, vault: Vault, address: email_address.EmailAddress) -> Person | None:
        left[0] -= 1
        return None if left[0] >= 0 else find(session, vault, address)

    return blind
