"""Erasure that is interrupted, repeated, raced, undone by a backup: in the end nobody is left."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import Table, insert, select
from sqlalchemy.orm import Session

from badgeservice.awarding import offers
from badgeservice.erasure import erase as erasing
from badgeservice.erasure import traces
from badgeservice.erasure.ledger import Choice
from badgeservice.errors import BadgeserviceError, HolderErased
from badgeservice.extensions import db
from badgeservice.issuing import audit, shelf, states
from badgeservice.issuing.issue import accept_and_issue
from badgeservice.issuing.models import BadgeState, CredentialBytes, Format, Intent
from badgeservice.learning import attempts
from badgeservice.people import accounts
from badgeservice.people.models import Person
from badgeservice.storage import chain
from badgeservice.storage.base import Base
from badgeservice.storage.chain import AuditEvent
from badgeservice.storage.vault import HolderKey
from tests.conftest import Clock
from tests.erasure.conftest import ADDRESS, House
from tests.issuing.conftest import CHOICES, Desk

BOTH = pytest.mark.parametrize("choice", list(Choice), ids=str)


class PowerCut(Exception):
    """The machine stops."""


@pytest.mark.parametrize(
    ("room", "step"),
    [
        (shelf, "destroy"),
        (attempts, "forget"),
        (offers, "forget"),
        (accounts, "forget"),
        (chain, "append"),
    ],
    ids=lambda each: getattr(each, "__name__", each),
)
@BOTH
def test_a_power_cut_is_finished_by_doing_it_again(
    house: House, choice: Choice, room: object, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger says already who is being erased; the audit asks for the rest."""

    def stop(*_: object, **__: object) -> None:
        raise PowerCut

    with monkeypatch.context() as power:
        power.setattr(room, step, stop)
        with pytest.raises(PowerCut):
            house.erase(choice)
    house.session.rollback()
    assert any(
        "run replay-erasures" in p for _, p in traces.findings(house.session, house.here.erasures)
    )

    house.erase(choice)

    assert traces.of(house.session, house.person_id) == []
    assert [each.choice for each in house.here.erasures.entries()] == [choice]
    assert agreed(house)


@BOTH
def test_a_restored_backup_does_not_bring_anybody_back(house: House, choice: Choice) -> None:
    """G8: the ledger stands beside the database; after a restore it is carried out again."""
    backup = [
        (table, [dict(row._mapping) for row in house.session.execute(select(table))])
        for table in Base.metadata.sorted_tables
    ]
    house.erase(choice)
    restore(house.session, backup)
    assert traces.of(house.session, house.person_id) != []
    assert not agreed(house)

    again = erasing.replay(
        house.session, house.here.office, house.here.erasures, house.here.mailer, now=house.clock()
    )

    assert again == [house.person_id]
    assert traces.of(house.session, house.person_id) == []
    withdrawn = choice is Choice.WITHDRAW_BADGES
    assert house.badge().state == (BadgeState.WITHDRAWN if withdrawn else BadgeState.ACTIVE)
    assert len(house.here.erasures.entries()) == 1
    assert agreed(house)


def test_a_ledger_without_work_changes_nothing(house: House) -> None:
    """Run after every restore, needed or not."""
    house.erase(Choice.KEEP_BADGES)
    links = house.session.scalars(select(AuditEvent.sequence)).all()

    again = erasing.replay(
        house.session, house.here.office, house.here.erasures, house.here.mailer, now=house.clock()
    )

    assert again == []
    assert house.session.scalars(select(AuditEvent.sequence)).all() == links


def test_nobody_is_erased_twice(house: House) -> None:
    """There is nothing left to erase, and that is said."""
    house.erase(Choice.KEEP_BADGES)

    with pytest.raises(HolderErased):
        house.erase(Choice.KEEP_BADGES)


def test_who_withdrew_everything_is_not_overruled(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Interrupted, and finished by someone who types the other choice."""
    with monkeypatch.context() as power:
        power.setattr(attempts, "forget", lambda *_: (_ for _ in ()).throw(PowerCut()))
        with pytest.raises(PowerCut):
            house.erase(Choice.WITHDRAW_BADGES)
    house.session.rollback()

    house.erase(Choice.KEEP_BADGES)

    assert house.badge().state == BadgeState.WITHDRAWN


def test_a_revoked_badge_stays_revoked(house: House) -> None:
    """Whoever leaves does not undo what the issuer had to say."""
    states.revoke(
        house.session,
        house.here.office,
        house.public_id,
        reason=states.Reason.EVIDENCE_WITHDRAWN,
        actor="administrator",
        now=house.clock(),
    )

    house.erase(Choice.WITHDRAW_BADGES)

    assert house.badge().state == BadgeState.REVOKED
    assert agreed(house)


def test_places_in_the_lists_are_not_given_again(house: House) -> None:
    """I3: the intents stay, and with them every index that was ever reserved."""
    before = house.session.scalars(select(Intent.status_index).order_by(Intent.status_index)).all()

    house.erase(Choice.WITHDRAW_BADGES)

    after = house.session.scalars(select(Intent.status_index).order_by(Intent.status_index)).all()
    assert len(before) == 2
    assert after == before


def test_who_comes_back_is_somebody_new(house: House) -> None:
    """The same address signs in again: a new identifier, which no ledger names."""
    house.erase(Choice.KEEP_BADGES)
    house.learner.sign_in()

    person = house.session.scalars(select(Person)).one()
    assert person.id != house.person_id
    assert erasing.replay(
        house.session, house.here.office, house.here.erasures, house.here.mailer, now=house.clock()
    ) == []  # fmt: skip


def plant_key(house: House) -> None:
    """Leave a key."""
    house.here.vault.create_holder(house.session, house.person_id)


def plant_person(house: House) -> None:
    """Leave the person."""
    person = accounts.find_or_create(
        house.session, house.here.vault, email=ADDRESS, language="fr", now=house.clock(),
        controller=accounts.organisation(house.session, house.here.office.issuer.slug),
    )  # fmt: skip
    house.session.flush()
    key = house.session.get_one(HolderKey, person.id)
    house.session.delete(key)
    person.id = house.person_id


def plant_bytes(house: House) -> None:
    """Leave bytes of the badge."""
    badge = house.badge()
    house.session.add(
        CredentialBytes(
            public_id=badge.public_id, edition=badge.edition, format=Format.JSON,
            holder_id="per_other", sealed=b"sealed",
        )
    )  # fmt: skip


def lose_the_ledger(house: House) -> None:
    """Lose the file."""
    (house.here.settings.data_dir / "erasures.jsonl").unlink()


def change_the_ledger(house: House) -> None:
    """Let the file name somebody else."""
    file = house.here.settings.data_dir / "erasures.jsonl"
    file.write_text(file.read_text().replace(house.person_id, "per_" + "0" * 32))


def decide_without_doing(house: House) -> None:
    """Write somebody into the ledger whom the chain does not know."""
    house.here.erasures.append("per_never", Choice.KEEP_BADGES, house.clock())


@pytest.mark.parametrize(
    ("planted", "problem"),
    [
        (plant_key, "still in holder_key"),
        (plant_person, "still in person"),
        (plant_bytes, "its bytes are kept"),
        (lose_the_ledger, "not in the ledger"),
        (change_the_ledger, "was changed, or moved"),
        (decide_without_doing, "the chain does not tell of it"),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_the_audit_finds(house: House, planted: Callable[[House], None], problem: str) -> None:
    """I11, one violation at a time."""
    house.erase(Choice.KEEP_BADGES)

    planted(house)
    house.session.flush()

    found = [p for _, p in traces.findings(house.session, house.here.erasures)]
    assert any(problem in each for each in found), found


def test_every_table_of_persons_is_known() -> None:
    """The search reads the tables: these lead to a person today."""
    assert {f"{c.table.name}.{c.name}" for c in traces.columns()} >= {
        "person.id", "holder_key.holder_id", "credential_bytes.holder_id", "award.person_id",
        "evidence.person_id", "attempt.person_id", "sign_in_request.person_id",
    }  # fmt: skip


def test_a_badge_that_is_being_issued_does_not_outlive_its_holder(
    house: House, clock: Clock
) -> None:
    """Race: acceptance and erasure at once, ten times; afterwards the rest is erased too."""
    desk = Desk(house.session, house.here.office, clock)
    start, failures = threading.Barrier(2), []
    for number in range(10):
        award = desk.offer(f"p{number}@example.org")
        award_id, person_id = award.id, award.person_id

        def accept(award_id: str = award_id, person_id: str = person_id) -> None:
            with house.app.app_context(), Session(db.engine) as own:
                start.wait()
                accept_and_issue(
                    own, house.here.office, award_id=award_id, person_id=person_id,
                    choices=CHOICES, actor=person_id, now=clock(),
                )  # fmt: skip

        def leave(person_id: str = person_id) -> None:
            with house.app.app_context(), Session(db.engine) as own:
                start.wait()
                erase_as(house, own, person_id)

        def run(act: Callable[[], None]) -> None:
            try:
                act()
            except BadgeserviceError:  # the slower of two is told so
                pass
            except Exception as error:
                failures.append(error)

        threads = [threading.Thread(target=run, args=[each]) for each in (accept, leave)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        house.session.rollback()
        if traces.of(house.session, person_id):
            erase_as(house, house.session, person_id)

        assert traces.of(house.session, person_id) == []
    assert failures == []
    assert agreed(house)


def restore(session: Session, backup: list[tuple[Table, list[dict[str, object]]]]) -> None:
    """Put every row back as it was."""
    session.rollback()
    session.expunge_all()
    for table, _ in reversed(backup):
        session.execute(table.delete())
    for table, rows in backup:
        if rows:
            session.execute(insert(table), rows)
    session.commit()


def erase_as(house: House, session: Session, person_id: str) -> None:
    """Erase somebody else, with everything."""
    erasing.erase(
        session, house.here.office, house.here.erasures, house.here.mailer,
        person_id=person_id, choice=Choice.WITHDRAW_BADGES, actor="administrator",
        now=house.clock(),
    )  # fmt: skip


def agreed(house: House) -> bool:
    """Say whether no audit finds anything."""
    return not [
        *audit.violations(house.session, house.here.office, now=house.clock()),
        *traces.findings(house.session, house.here.erasures),
    ]
