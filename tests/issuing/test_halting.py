"""Issuing is halted for everybody who shares the database, and nothing that was accepted is lost."""

from __future__ import annotations

import ast
import threading
from pathlib import Path

import pytest

import badgeservice
from badgeservice.errors import ConflictingChange, IssuingHalted
from badgeservice.issuing import editions, endorse, halting, issue, reissue, states
from badgeservice.issuing.audit import violations
from badgeservice.issuing.models import Badge, Reason
from badgeservice.storage import chain, locks
from badgeservice.storage.locks import Turn
from tests.issuing.conftest import CHOICES


def halt(desk) -> bool:
    """Halt issuing, as the operator does."""
    return halting.halt(desk.session, reason="key?", actor="operator", now=desk.clock())


def test_what_is_accepted_during_a_halt_is_signed_afterwards(desk) -> None:
    """The acceptance is committed, nothing is signed, and `finish` signs the choices of then."""
    offer = desk.offer()
    assert halt(desk)

    with pytest.raises(IssuingHalted, match="what was accepted is kept"):
        desk.accept(offer)

    assert "credential" not in {entry.purpose for entry in desk.office.log.entries()}
    assert [award.id for award in issue.unfinished(desk.session)] == [offer.id]
    assert halting.resume(desk.session, actor="operator", now=desk.clock())
    (award,) = issue.unfinished(desk.session)
    badge = issue.finish(desk.session, desk.office, award, now=desk.clock())
    assert badge.award_id == offer.id
    assert issue.unfinished(desk.session) == []
    assert list(violations(desk.session, desk.office, now=desk.clock())) == []


def test_the_chain_says_who_and_when_once(desk) -> None:
    """Halting what is halted, or resuming what goes on, changes nothing."""
    assert (halt(desk), halt(desk)) == (True, False)
    again = [halting.resume(desk.session, actor="operator", now=desk.clock()) for _ in range(2)]

    assert again == [True, False]
    told = [
        (event.action, event.actor)
        for event in desk.session.query(chain.AuditEvent).order_by(chain.AuditEvent.sequence)
        if event.subject == "issuing"
    ]
    assert told == [("halt", "operator"), ("resume", "operator")]


def test_a_halt_stops_corrections_endorsements_and_reissue(desk, rotated) -> None:
    """Whoever asks for a signature on a badge or an endorsement."""
    badge = desk.badge()
    method = editions.method(desk.session, badge)
    rotated(desk)
    halt(desk)
    common = {"actor": "administrator", "now": desk.clock()}

    with pytest.raises(IssuingHalted):
        editions.correct(desk.session, desk.office, badge.public_id, choices=CHOICES, **common)
    desk.session.rollback()
    with pytest.raises(IssuingHalted):
        endorse.give(
            desk.session, desk.office, endorsed="https://school.example/a", name="Bien",
            comment="Bien", language="fr", valid_until=None, **common,
        )  # fmt: skip
    desk.session.rollback()
    with pytest.raises(IssuingHalted):
        list(
            reissue.reissue(
                desk.session, desk.office, method=method, actor="administrator", clock=desk.clock
            )
        )


def test_a_badge_is_revoked_during_a_halt(desk) -> None:
    """Status lists are signed all the same: that is what a halt is often followed by."""
    badge = desk.badge()
    halt(desk)

    revoked = states.revoke(
        desk.session, desk.office, badge.public_id,
        reason=Reason.ISSUED_IN_ERROR, actor="administrator", now=desk.clock(),
    )  # fmt: skip

    assert str(revoked.state) == "revoked"


def test_what_was_being_signed_when_the_halt_came_is_not_released_after_it(
    desk, another_desk, monkeypatch
) -> None:
    """Two processes: either the halt waits for the badge, or the badge is refused."""
    other, order = another_desk(), []
    offer_id = other.offer().id
    signing, halted = threading.Event(), threading.Event()
    make = issue.release.forms.make

    def slow(*arguments, **options):
        signing.set()
        halted.wait(1)  # in vain where the halt waits for us
        return make(*arguments, **options)

    monkeypatch.setattr(issue.release.forms, "make", slow)

    def accept() -> None:
        try:
            other.accept(other.session.get_one(issue.Award, offer_id))
            order.append("released")
        except IssuingHalted:
            order.append("refused")

    thread = threading.Thread(target=accept)
    thread.start()
    assert signing.wait(10)
    halt(desk)
    order.append("halted")
    halted.set()
    thread.join(10)
    other.session.close()

    assert sorted(order) in (["halted", "refused"], ["halted", "released"])
    if "released" in order:
        assert order[0] == "released"
    else:
        assert desk.session.query(Badge).count() == 0


def test_a_halt_that_somebody_keeps_waiting_says_whether_it_stands(
    desk, another_desk, database, monkeypatch
) -> None:
    """On PostgreSQL it stands before it waits; SQLite has one turn for everything, and it was not had."""
    other = another_desk()
    is_sqlite = database.name == "sqlite"
    if is_sqlite:
        locks.serialise(other.session, Turn.AUDIT_CHAIN)
        desk.session.connection().exec_driver_sql("PRAGMA busy_timeout=10")
        desk.session.rollback()
    else:
        halting.refuse(other.session)
    monkeypatch.setattr(halting, "_WAITS", 1)

    with pytest.raises(ConflictingChange, match="not halted" if is_sqlite else "still does"):
        halt(desk)

    other.session.close()
    assert (halting.standing(desk.session) is None) == is_sqlite


def test_whoever_makes_forms_asks_first() -> None:
    """A new way of signing badges cannot forget the halt."""
    issuing = Path(badgeservice.__file__).parent
    signing = [
        path
        for path in issuing.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        and ast.unparse(call.func) in ("forms.make", "office.signer.secure")
        and path.name != "status_lists.py"
    ]

    assert {path.name for path in signing} >= {"release.py", "endorse.py"}
    for path in set(signing):
        assert "halting.refuse(" in path.read_text(), path
