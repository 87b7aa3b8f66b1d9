"""What a partner may report: agreed in versions that stay, by somebody whom the chain names."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from badgeservice.catalogue import framework
from badgeservice.catalogue.strength import Strength
from badgeservice.errors import AgreementRefused
from badgeservice.evidence import agreements
from badgeservice.evidence.agreements import Terms
from badgeservice.evidence.models import AllowedActivity
from badgeservice.people.models import Organisation
from badgeservice.storage.chain import AuditEvent
from tests.partners.agreed import SCORED, TERMS, partner

FILE = """\
activities:
  - activity: cyber-1
    title: {fr: "Cyber 1 : les bons réflexes", en: "Cyber 1: the right reflexes"}
    competences: ["4.1"]
    level: beginner
    strength: 3
    from: 2026-09-01
    until: 2027-08-31
  - activity: cyber-course
    title: {fr: "Cyber : le cours", en: "Cyber: the course"}
    competences: ["4.1"]
    level: intermediate
    strength: 2
    threshold: 70
    from: 2026-09-01
"""


def test_the_highest_version_is_in_force_and_the_former_ones_stay(
    session: Session, now: datetime
) -> None:
    """Terms that are in force already are no new version; the chain says who allowed each."""
    fim = partner(session, now)
    weaker = replace(TERMS, strength=Strength.ATTENDANCE_VERIFIED)

    assert agreements.allow(session, fim, [TERMS, SCORED], actor="administrator", now=now) == []
    [made] = agreements.allow(session, fim, [weaker, SCORED], actor="administrator", now=now)

    assert (made.activity, made.version, made.strength) == ("cyber-1", 2, 2)
    assert agreements.in_force(session, fim.id)["cyber-1"] is made
    assert len(session.scalars(select(AllowedActivity)).all()) == 3
    told = session.scalars(select(AuditEvent).where(AuditEvent.action == "allow-activity")).all()
    assert [(each.actor, each.subject, each.details["version"]) for each in told] == [
        ("administrator", f"{fim.id}/cyber-1", 1),
        ("administrator", f"{fim.id}/cyber-course", 1),
        ("administrator", f"{fim.id}/cyber-1", 2),
    ]
    assert told[2].details["digest"] == weaker.digest != TERMS.digest


def test_what_was_agreed_cannot_be_changed(session: Session, now: datetime) -> None:
    """Evidence cites it."""
    fim = partner(session, now)
    row = agreements.in_force(session, fim.id)["cyber-1"]

    row.strength = 4
    with pytest.raises(AgreementRefused, match="cyber-1 version 1 was agreed"):
        session.flush()


def test_a_partner_is_who_has_an_agreement(session: Session, now: datetime) -> None:
    """Each sees its own activities only."""
    fim, other = partner(session, now), Organisation(slug="a", name="A")
    session.add(other)
    session.flush()

    assert agreements.partners(session) == [fim]
    assert agreements.in_force(session, other.id) == {}


def test_a_file_says_what_is_agreed(tmp_path: Path) -> None:
    """As the documentation has it."""
    path = tmp_path / "fim.yaml"
    path.write_text(FILE)

    assert agreements.read(path, framework.load()) == (TERMS, SCORED)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ('competences: ["4.1"]', 'competences: ["4.9"]', "line 4, activities.0.competences: crcn has no 4.9"),
        ("level: beginner", "level: expert", "activities.0.level: one of advanced, beginner"),
        ("activity: cyber-course", "activity: cyber-1", "activities.1.activity: cyber-1 stands twice"),
        ("strength: 3", "strength: 5", "line 6, activities.0.strength"),
        ("strength: 3", "strength: 0", "line 6, activities.0.strength"),
        ("from: 2026-09-01", "from: 1/9/2026", "A day such as 2026-11-27."),
        ("from: 2026-09-01", "from: 7", "A day such as 2026-11-27."),
        ("from: 2026-09-01", "from: 20260901", "A day such as 2026-11-27."),
        ("until: 2027-08-31", "until: 2025-08-31", "Not before `from`."),
        ("threshold: 70", "threshold: 170", "activities.1.threshold"),
        ("activity: cyber-1", "activity: Cyber 1", "Lower-case words"),
        ("    level: beginner\n", "", "activities.0.level: Missing"),
        ("activities:", "activity:", "activities: Missing"),
    ],
)  # fmt: skip
def test_a_file_that_is_wrong_is_refused_with_line_and_field(
    tmp_path: Path, before: str, after: str, says: str
) -> None:
    """Nothing is guessed, and nothing half allowed."""
    path = tmp_path / "fim.yaml"
    path.write_text(FILE.replace(before, after, 1))

    with pytest.raises(AgreementRefused) as refused:
        agreements.read(path, framework.load())

    assert says in refused.value.message


def test_the_digest_of_terms_sees_every_field() -> None:
    """Two agreements that differ in anything have two digests."""
    changed = [
        replace(TERMS, **{field: value})
        for field, value in {
            "activity": "cyber-2",
            "title": SCORED.title,
            "competences": ("4.2",),
            "level": "advanced",
            "strength": Strength.ONLINE_QUIZ,
            "valid_from": date(2026, 9, 2),
            "valid_until": None,
            "threshold": Fraction(1, 2),
        }.items()
    ]

    assert len({each.digest for each in changed} | {TERMS.digest}) == len(Terms.__annotations__) + 1


@pytest.mark.parametrize(
    ("text", "good"),
    [("fim", True), ("fim-50", True), ("", False), ("FIM", False), ("a" * 101, False)],
)
def test_short_names_are_words(text: str, good: bool) -> None:
    """They stand in commands and files."""
    assert agreements.is_word(text) is good
