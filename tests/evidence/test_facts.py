"""A fact survives its way through a dossier."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badgeservice.catalogue.strength import Strength
from badgeservice.catalogue.text import Text
from badgeservice.evidence import facts
from badgeservice.evidence.facts import (
    BadgeDetails,
    Details,
    Fact,
    Identity,
    Kind,
    ManualDetails,
    Outcome,
    PartnerDetails,
    QuizDetails,
)

texts = st.builds(Text, fr=st.text(max_size=9), en=st.text(max_size=9))
details = st.one_of(
    st.builds(QuizDetails, texts, st.integers(1, 30), st.lists(texts, max_size=3).map(tuple)),
    st.builds(ManualDetails, texts, st.text(max_size=9)),
    st.builds(PartnerDetails, texts, st.text(max_size=9)),
    st.builds(BadgeDetails, texts),
)
times = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))
shares = st.none() | st.fractions(0, 1, max_denominator=360)
any_fact = st.builds(
    Fact,
    id=st.text(max_size=9),
    activity=st.text(max_size=9),
    activity_version=st.text(max_size=9),
    content_digest=st.just("c0" * 32),
    competences=st.lists(st.sampled_from(["1.3", "4.1"]), min_size=1).map(tuple),
    level=st.sampled_from(["beginner", "advanced"]),
    strength=st.sampled_from(Strength),
    identity=st.sampled_from(Identity),
    outcome=st.sampled_from(Outcome),
    source_organisation=st.text(max_size=9),
    method=st.text(max_size=9),
    occurred_at=times,
    details=details,
    score=shares,
    threshold=shares,
    critical_passed=st.none() | st.booleans(),
    valid_until=st.none() | times,
)


@given(any_fact)
def test_a_fact_reads_back_from_its_json_exactly(fact: Fact) -> None:
    """A dossier is decided again years later: nothing may be rounded or lost on the way."""
    stored = json.loads(json.dumps(facts.as_json(fact)))

    assert fact == facts.from_json(stored)


@given(any_fact)
def test_the_json_of_a_fact_holds_no_float(fact: Fact) -> None:
    """Floats have no single text; a digest over them would not last."""
    json.loads(
        json.dumps(facts.as_json(fact)),
        parse_float=lambda text: pytest.fail(f"a float: {text}"),
    )


@given(any_fact)
def test_a_fact_names_nobody(fact: Fact) -> None:
    """Who the person is, and who reported, stay in the row; the fact goes into narratives."""
    assert not {"person_id", "agent", "statement", "name", "email"} & facts.as_json(fact).keys()


@pytest.mark.parametrize(
    ("details", "kind"),
    [
        (QuizDetails(Text("a", "b"), 1, ()), Kind.QUIZ),
        (ManualDetails(Text("a", "b"), "o"), Kind.MANUAL),
        (PartnerDetails(Text("a", "b"), "o"), Kind.PARTNER_RESULT),
        (BadgeDetails(Text("a", "b")), Kind.BADGE),
    ],
)
def test_the_details_of_a_deed_say_its_kind(details: Details, kind: Kind) -> None:
    """A quiz with the details of a badge cannot even be written down."""
    assert kind == details.kind


def test_a_dossier_says_a_score_as_a_fraction() -> None:
    """The golden form: 43/60, as a person could read it."""
    fact = Fact(
        id="ev_1",
        activity="m",
        activity_version="1.0.0",
        content_digest="c0" * 32,
        competences=("4.1",),
        level="beginner",
        strength=Strength.ONLINE_QUIZ,
        identity=Identity.CONTACT_VERIFIED,
        outcome=Outcome.ACHIEVED,
        source_organisation="org_1",
        method="online-quiz",
        occurred_at=datetime(2026, 11, 20, 17, 4, tzinfo=UTC),
        details=QuizDetails(Text("Titre", "Title"), 10, (Text("o", "p"),)),
        score=Fraction(43, 60),
        threshold=Fraction(70, 100),
        critical_passed=True,
    )

    assert {
        "id": "ev_1",
        "kind": "quiz",
        "activity": "m",
        "activity_version": "1.0.0",
        "content_digest": "c0" * 32,
        "competences": ["4.1"],
        "level": "beginner",
        "strength": 1,
        "identity": 1,
        "outcome": "achieved",
        "score": "43/60",
        "threshold": "7/10",
        "critical_passed": True,
        "source_organisation": "org_1",
        "method": "online-quiz",
        "occurred_at": "2026-11-20T17:04:00+00:00",
        "valid_until": None,
        "details": {
            "title": {"fr": "Titre", "en": "Title"},
            "questions": 10,
            "objectives": [{"fr": "o", "en": "p"}],
        },
    } == facts.as_json(fact)
