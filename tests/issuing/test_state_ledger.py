"""What became of badges stands in a file too, so that a restored register can be told of it."""

from __future__ import annotations

import pytest

from badgeservice.errors import StateLedgerDamaged
from badgeservice.issuing import states
from badgeservice.issuing.models import Badge, BadgeState, Reason
from badgeservice.storage import chain


@pytest.fixture
def told(desk) -> list[Badge]:
    """Four badges: revoked, withdrawn, suspended, and suspended for a while."""
    badges = [desk.badge(f"{name}@example.org") for name in ("a", "b", "c", "d")]
    common = {"actor": "administrator", "now": desk.clock()}
    ids = [badge.public_id for badge in badges]
    states.revoke(desk.session, desk.office, ids[0], reason=Reason.ISSUED_IN_ERROR, **common)
    states.withdraw(desk.session, desk.office, ids[1], **common)
    states.suspend(desk.session, desk.office, ids[2], **common)
    states.suspend(desk.session, desk.office, ids[3], **common)
    states.reinstate(desk.session, desk.office, ids[3], **common)
    return badges


def test_every_change_is_written_down(desk, told) -> None:
    """In the order in which they were made, the revocation with its reason."""
    said = [(entry.badge, entry.state, entry.reason) for entry in desk.office.states.entries()]

    ids = [badge.public_id for badge in told]
    assert said == [
        (ids[0], "revoked", "issued_in_error"),
        (ids[1], "withdrawn", ""),
        (ids[2], "suspended", "under_review"),
        (ids[3], "suspended", "under_review"),
        (ids[3], "active", ""),
    ]


def test_a_register_that_forgot_is_told_again(desk, told) -> None:
    """Each badge comes into its last state, once; the chain says that the ledger said so."""
    entries = desk.office.states.entries()
    forgotten = [desk.badge(f"{name}@example.net") for name in ("a", "b", "c", "d")]
    of = dict(zip((badge.public_id for badge in told), forgotten, strict=True))
    states.suspend(
        desk.session, desk.office, forgotten[3].public_id, actor="operator", now=desk.clock()
    )
    same = [type(entry)(**{**vars(entry), "badge": of[entry.badge].public_id}) for entry in entries]
    unknown = type(same[0])(**{**vars(same[0]), "badge": "unknown"})

    changed = states.replay(desk.session, desk.office, [*same, unknown], now=desk.clock())
    again = states.replay(desk.session, desk.office, [*same, unknown], now=desk.clock())

    assert (4, 0) == (changed, again)
    assert [badge.state for badge in forgotten] == [
        BadgeState.REVOKED, BadgeState.WITHDRAWN, BadgeState.SUSPENDED, BadgeState.ACTIVE,
    ]  # fmt: skip
    assert forgotten[0].state_reason == "issued_in_error"
    last = desk.session.query(chain.AuditEvent).order_by(chain.AuditEvent.sequence).all()[-1]
    assert last.actor == "ledger"


def test_a_damaged_ledger_is_not_continued(desk) -> None:
    """Its last line decides what the next one carries; nothing is changed before it is right."""
    badge = desk.badge()
    desk.office.states.path.write_text('{"state": "revoked"}\n')

    with pytest.raises(StateLedgerDamaged, match="the last line"):
        states.suspend(
            desk.session, desk.office, badge.public_id, actor="operator", now=desk.clock()
        )
    desk.session.rollback()
    assert desk.session.get_one(Badge, badge.public_id).state == BadgeState.ACTIVE
