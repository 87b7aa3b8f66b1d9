"""Every award follows from its dossier, and one that does not is found."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from badgeservice.awarding import dossier, offers
from badgeservice.awarding.models import Award, AwardState
from badgeservice.catalogue.models import BadgeClassVersion
from badgeservice.evidence import record
from badgeservice.evidence.models import Evidence
from badgeservice.people.models import Person
from badgeservice.storage.vault import Vault

CHOICES = {"language": "fr", "name": "Anaïs", "visibility": "link"}


@pytest.fixture
def award(
    session: Session,
    vault: Vault,
    learner: Person,
    badge_class: BadgeClassVersion,
    pass_quiz: Callable[..., Evidence],
    vouch: Callable[..., Evidence],
    now: datetime,
) -> Award:
    """An accepted award that rests on a word, with a quiz in its dossier."""
    pass_quiz()
    vouch(badge_class)
    (offer,) = offers.decide(session, vault, person_id=learner.id, classes=[badge_class], now=now)
    return offers.accept(
        session, vault, offer.id, choices=CHOICES, actor=learner.id, now=now + timedelta(minutes=1)
    )


@pytest.fixture
def plant(session: Session, vault: Vault, award: Award) -> Callable[..., None]:
    """Change the dossier of the award as someone with the keys could, digest and all."""

    def tamper(change: Callable[[dict[str, Any]], None], *, digest: bool = True) -> None:
        content = json.loads(dossier.unseal(session, vault, award))
        change(content)
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        values: dict[str, Any] = {
            "dossier": vault.seal(session, award.person_id, "award.dossier", text)
        }
        if digest:
            values["dossier_digest"] = dossier.digest(text)
        session.execute(update(Award).where(Award.id == award.id).values(values))
        session.expire_all()

    return tamper


def problems(session: Session, vault: Vault) -> list[str]:
    """Return what replay finds, without the id of the award."""
    return [difference.problem for difference in offers.replay(session, vault)]


def test_nothing_differs(session: Session, vault: Vault, award: Award) -> None:
    """For offers, acceptances and what became of them."""
    assert [] == offers.replay(session, vault)
    offers.withdraw(session, award.id, now=award.decided_at)
    assert [] == offers.replay(session, vault)


def test_replay_needs_nothing_but_the_dossier(
    session: Session, vault: Vault, award: Award, badge_class: BadgeClassVersion, now: datetime
) -> None:
    """Years later the evidence is gone, and the class has another rule."""
    for evidence in record.for_person(session, award.person_id):
        record.withdraw(session, evidence.id, reason="retention", now=now)
    session.execute(delete(Evidence))
    session.execute(update(BadgeClassVersion).values(document={}, digest="0" * 64))

    assert [] == offers.replay(session, vault)


def test_an_erased_person_leaves_nothing_to_replay(
    session: Session, vault: Vault, award: Award
) -> None:
    """That is what erasing means; it is no difference."""
    vault.shred_holder(session, award.person_id)

    assert [] == offers.replay(session, vault)


def _weaker(content: dict[str, Any]) -> None:
    for fact in content["facts"]:
        if fact["kind"] == "manual":
            fact["strength"] = 2


def _stronger(content: dict[str, Any]) -> None:
    for fact in content["facts"]:
        if fact["kind"] == "manual":
            fact["strength"] = 4


def _no_evidence(content: dict[str, Any]) -> None:
    for fact in content["facts"]:
        fact["activity"] = "another"


def _another_rule(content: dict[str, Any]) -> None:
    content["rule"]["when"] = content["rule"]["when"]["any"][0]


def _unreadable_rule(content: dict[str, Any]) -> None:
    content["rule"]["when"] = {"unless": {}}


def _another_time(content: dict[str, Any]) -> None:
    content["decided_at"] = "2020-01-01T00:00:00+00:00"


def _another_person(content: dict[str, Any]) -> None:
    content["person"] = "per_other"


def _another_skill(content: dict[str, Any]) -> None:
    content["skill"]["competences"] = ["1.3"]


def _longer_validity(content: dict[str, Any]) -> None:
    content["rule"]["validity"] = "unlimited"


def _not_accepted(content: dict[str, Any]) -> None:
    content["acceptance"] = None


def _unknown_fact(content: dict[str, Any]) -> None:
    content["used"] = ["ev_unknown"]


def _missing_part(content: dict[str, Any]) -> None:
    del content["facts"]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (_weaker, "its rule is met by other evidence"),
        (_stronger, "its evidence supports strength 4, not 3"),
        (_no_evidence, "its evidence does not meet its rule"),
        (_another_rule, "its rule is met by other evidence"),
        (_unreadable_rule, "the dossier cannot be read: award awd_"),
        (_another_time, "decided_at is 2026"),
        (_another_person, "person_id is per_"),
        (_another_skill, "its evidence does not meet its rule"),
        (_longer_validity, "valid_until is 2028"),
        (_not_accepted, "it is accepted, and the dossier says otherwise"),
        (_unknown_fact, "the dossier cannot be read: it uses evidence that it does not hold"),
        (_missing_part, "the dossier cannot be read: 'facts'"),
    ],
    ids=lambda case: case.__name__ if callable(case) else "",
)
def test_a_planted_difference_is_found(
    session: Session,
    vault: Vault,
    plant: Callable[..., None],
    change: Callable[[dict[str, Any]], None],
    found: str,
) -> None:
    """Whoever can write the database and open the vault still cannot make the sums agree."""
    plant(change)

    assert any(problem.startswith(found) for problem in problems(session, vault))


def test_a_dossier_changed_under_its_digest_is_found(
    session: Session, vault: Vault, plant: Callable[..., None]
) -> None:
    """Even where the change alters no decision: here, the name that was chosen."""
    plant(lambda content: content["acceptance"]["choices"].update(name="Zoé"), digest=False)

    assert ["the dossier is not the one whose digest was kept"] == problems(session, vault)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("strength", 4),
        ("used", ["ev_other"]),
        ("origin", "rule"),
        ("valid_until", None),
        ("rule_version", 2),
        ("state", AwardState.OFFERED),
    ],
)
def test_a_changed_column_is_found(
    session: Session, vault: Vault, award: Award, column: str, value: object
) -> None:
    """What issuing reads is what was decided."""
    session.execute(update(Award).where(Award.id == award.id).values({column: value}))
    session.expire_all()

    assert 1 == len(problems(session, vault))


def test_dossiers_swapped_between_awards_are_found(
    session: Session, vault: Vault, award: Award
) -> None:
    """A seal is bound to the person, not to the row; the dossier itself says whose it is."""
    session.expunge(award)
    copy = {column.key: getattr(award, column.key) for column in Award.__table__.columns}
    copy |= {"id": "awd_copy", "state": AwardState.DECLINED}
    session.add(Award(**copy))
    session.flush()

    (difference,) = offers.replay(session, vault)

    assert f"awd_copy: id is awd_copy, {award.id} in the dossier" == str(difference)


def test_a_broken_seal_is_found(session: Session, vault: Vault, award: Award) -> None:
    """Bytes that were damaged, or sealed for another field."""
    session.execute(update(Award).values(dossier=b"\x01" + b"0" * 40))
    session.expire_all()

    assert ["the dossier does not open: award.dossier: the seal does not open"] == problems(
        session, vault
    )
