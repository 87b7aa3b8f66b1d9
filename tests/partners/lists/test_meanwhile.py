"""What two do at the same moment with one list: nothing is lost, and nobody comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from badgeservice import worker
from badgeservice.erasure import erase
from badgeservice.erasure.ledger import Choice
from badgeservice.errors import ResultListChanged
from badgeservice.evidence.models import Evidence
from badgeservice.evidence.sources.results import Corrections
from badgeservice.evidence.sources.tables import Column
from badgeservice.extensions import db, services
from badgeservice.partners import outbox
from badgeservice.partners.lists import correcting, report, sending, staging
from badgeservice.partners.lists.models import ListedRow, ResultList, RowState
from badgeservice.people import accounts
from badgeservice.people.models import Person
from tests.partners.lists.conftest import TITLES, House, line


@contextmanager
def once_after(house: House, words: tuple[str, ...], then: Callable[[], None]) -> Iterator[None]:
    """Do something, elsewhere, as soon as a statement with these words has been executed."""
    done: list[bool] = []

    def look(_c: Any, _k: Any, statement: str, *_: Any) -> None:
        if not done and all(word in statement for word in words):
            done.append(True)
            with house.app.app_context():
                then()
                db.session.close()

    event.listen(db.engine, "after_cursor_execute", look)
    try:
        yield
    finally:
        event.remove(db.engine, "after_cursor_execute", look)
    assert done


def send_elsewhere(house: House, list_id: str, without: int) -> None:
    """Send a list, as another member does."""
    found = db.session.get_one(ResultList, list_id)
    sending.send(
        db.session, found, without=without, corrections=Corrections.REFUSE,
        actor="per_other", now=house.clock(),
    )  # fmt: skip
    db.session.commit()


def test_a_list_that_is_sent_is_corrected_no_more(house: House) -> None:
    """Between the look at the list and the change of its line another member sends it."""
    list_id = house.stage(TITLES + line(1) + line(2, day="hier")).id

    found = house.session.get_one(ResultList, list_id)
    seen = house.session.get_one(ListedRow, (list_id, 3))
    with house.app.app_context():
        send_elsewhere(house, list_id, 1)
        worker.run_waiting(house.app)
        db.session.close()

    with pytest.raises(ResultListChanged):
        correcting.correct(
            house.session, services().vault, found, 3, {Column.DATE: "20/11/2026"},
            now=house.clock(),
        )  # fmt: skip
    house.session.rollback()
    assert seen.state == RowState.LEFT_OUT

    assert [] == list(outbox.findings(house.session, house.clock()))


def test_a_list_that_is_sent_is_not_purged(house: House) -> None:
    """Sent at the moment at which it was found to be abandoned: it is taken in."""
    list_id = house.stage(TITLES + line(1)).id
    house.clock.now += timedelta(days=1)

    with once_after(
        house, ("SELECT result_list.id", "created_at"), lambda: send_elsewhere(house, list_id, 0)
    ):
        staging.purge(house.session, services().vault, house.clock())
    house.session.commit()
    house.work()

    assert {"recorded": 1} == house.fates(house.session.get_one(ResultList, list_id))


def test_whoever_is_erased_while_a_list_is_taken_in_stays_away(house: House) -> None:
    """Erased between the search for the next lines and their reading."""
    here, session = services(), house.session
    list_id = house.stage(TITLES + line(1)).id
    given, _ = staging.cells(session, here.vault, session.get_one(ListedRow, (list_id, 2)))
    person_id = accounts.find_or_create(
        session, here.vault, email=given[Column.EMAIL], language="fr",
        controller=accounts.organisation(session, here.office.issuer.slug), now=house.clock(),
    ).id  # fmt: skip
    session.commit()

    def leave() -> None:
        erase.erase(
            db.session, here.office, here.erasures, here.mailer,
            person_id=person_id, choice=Choice.WITHDRAW_BADGES, actor=person_id, now=house.clock(),
        )  # fmt: skip

    with once_after(
        house, ("FROM result_list_row", "ORDER BY result_list_row.number", "LIMIT"), leave
    ):
        house.send(session.get_one(ResultList, list_id))

    assert [] == session.scalars(select(Person)).all()
    assert [] == session.scalars(select(Evidence)).all()


def test_a_table_to_correct_comes_back_with_the_same_addresses(house: House) -> None:
    """The mark that keeps a cell from being a formula is no part of an address."""
    vault = services().vault
    text = TITLES + "".join(
        f"Le Gall;Zoé;{sign}lea@example.org;cyber-1;présent;hier;\n" for sign in "-+="
    )
    table = "".join(
        report.of_problems(house.session, vault, house.stage(text), "fr", now=house.clock())
    )

    house.send(house.stage(table.replace("hier", "20/11/2026")))

    persons = house.session.scalars(select(Person)).all()
    assert ["+lea@example.org", "-lea@example.org", "=lea@example.org"] == sorted(
        accounts.email_of(house.session, vault, person) for person in persons
    )
