"""A newer edition takes the place of one: same address, same award date, its own place in a list."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from badgeservice.erasure import erase
from badgeservice.erasure.ledger import Choice
from badgeservice.errors import ConflictingChange, HolderErased, IssuingRefused
from badgeservice.extensions import db, services
from badgeservice.issuing import audit, editions, hosting, shelf, states, status_lists, verdict
from badgeservice.issuing.models import (
    Badge,
    Credential,
    CredentialBytes,
    Format,
    Intent,
    IntentState,
    Visibility,
)
from badgeservice.issuing.register import DatabaseRegister
from badgeservice.issuing.signer import Purpose, Signed, Signer
from badgeservice.sharing import holdings
from badgeservice.verification import Report, Verdict, recognise, verify
from badgeservice.verification.report import Issuer, Status
from tests.conftest import Letters

from .conftest import CHOICES, Desk

NAMED = replace(CHOICES, name="Anaïs Lemoigne")


def correct(desk: Desk, badge: Badge, **changes: object) -> Badge:
    """Correct a badge as its holder would."""
    return editions.correct(
        desk.session,
        desk.office,
        badge.public_id,
        choices=replace(CHOICES, **changes),  # type: ignore[arg-type]
        actor="per_x",
        now=desk.clock(),
    )


def taken(desk: Desk, badge: Badge, form: Format = Format.JSON) -> bytes:
    """The bytes of a badge as they stand at its address."""
    return shelf.take(desk.session, desk.office.vault, badge, form)


def judged(desk: Desk, content: bytes) -> Report:
    """What our verifier says of a file that somebody kept."""
    return verify(
        recognise(content),
        fetch=hosting.own_fetch(hosting.Hosting(desk.session, desk.office)),
        register=DatabaseRegister(desk.session, desk.office),
        now=desk.clock(),
    )


def violations(desk: Desk) -> list[audit.Violation]:
    """What the audit finds."""
    return list(audit.violations(desk.session, desk.office, now=desk.clock()))


def test_a_correction_keeps_the_address_and_the_award_date(desk: Desk) -> None:
    """The same credential id for hosts that replace by it, a newer `validFrom`, the same subject."""
    badge = desk.badge(choices=replace(CHOICES, name="Anaïs Lemoine"))
    former = json.loads(taken(desk, badge))
    desk.clock.advance(days=40)

    corrected = correct(desk, badge, name="Anaïs Lemoigne")

    newer = json.loads(taken(desk, corrected))
    assert 2 == corrected.edition
    for kept in ("id", "awardedDate", "validUntil"):
        assert former[kept] == newer[kept]
    assert former["credentialSubject"]["id"] == newer["credentialSubject"]["id"]
    assert former["validFrom"] < newer["validFrom"] == "2027-01-02T09:00:00Z"
    assert former["credentialStatus"] != newer["credentialStatus"]
    assert "Anaïs Lemoigne" == newer["credentialSubject"]["identifier"][0]["identityHash"]
    assert [] == violations(desk)


@pytest.mark.parametrize("form", hosting.PUBLIC_FORMATS)
def test_the_old_file_is_said_to_be_replaced(desk: Desk, form: Format) -> None:
    """Not forged, not revoked: genuine, ours, and no longer what stands there."""
    badge = desk.badge(choices=NAMED)
    kept = taken(desk, badge, form)
    desk.clock.advance(days=1)

    corrected = correct(desk, badge, name=None)

    old, new = judged(desk, kept), judged(desk, taken(desk, corrected, form))
    assert (Status.SUPERSEDED, Verdict.AMBER, Issuer.OURS) == (old.status, old.verdict, old.issuer)
    assert Verdict.GREEN is new.verdict


def test_strangers_read_the_old_edition_as_revoked(desk: Desk) -> None:
    """They know the published list alone, and there exactly the old edition's bit is set."""
    badge = desk.badge(choices=NAMED)

    correct(desk, badge, name=None)

    first = desk.session.get_one(Intent, (badge.public_id, 1))
    assert [first.status_index] == status_lists.withdrawn(desk.session, first.status_list)


def test_what_was_replaced_is_not_kept(desk: Desk) -> None:
    """A name that its holder takes back is in no stored byte; its digest is in the register."""
    badge = desk.badge(choices=NAMED)

    correct(desk, badge, name=None)

    rows = desk.session.scalars(select(CredentialBytes.edition).distinct()).all()
    assert [2] == list(rows)
    assert b"Lemoigne" not in taken(desk, badge)


def test_corrected_many_times_it_still_is_one_badge(desk: Desk) -> None:
    """Every former file is recognised, and exactly one edition stands."""
    badge = desk.badge()
    files = [taken(desk, badge)]
    for number in range(1, 4):
        desk.clock.advance(hours=1)
        files.append(taken(desk, correct(desk, badge, name=f"Anaïs {number}")))

    reports = [judged(desk, file) for file in files]

    assert [Verdict.AMBER] * 3 + [Verdict.GREEN] == [report.verdict for report in reports]
    assert 4 == desk.session.scalar(select(func.count()).select_from(Credential))
    assert [] == violations(desk)


def test_who_may_see_the_page_is_no_part_of_a_correction(desk: Desk) -> None:
    """The language is what was asked; the page is shown to those to whom it was shown before."""
    badge = desk.badge()

    corrected = correct(desk, badge, visibility=Visibility.PUBLIC, language="en")

    assert CHOICES.visibility == corrected.visibility != Visibility.PUBLIC
    assert "en" == editions.language(desk.session, corrected)
    assert "beginner" in json.loads(taken(desk, corrected))["name"]


def test_a_badge_that_is_hidden_while_it_is_corrected_stays_hidden(
    desk: Desk, another_desk: Callable[[], Desk]
) -> None:
    """What its holder decided last counts, not what the request read when it began."""
    badge = desk.badge(choices=replace(CHOICES, visibility=Visibility.PUBLIC))
    desk.session.commit()

    def hide() -> None:
        own = another_desk()
        found = own.session.get_one(Badge, badge.public_id)
        holdings.set_visibility(own.session, own.office, found, Visibility.PRIVATE, now=own.clock())
        own.session.commit()
        own.session.close()

    desk.office = replace(desk.office, signer=_Meanwhile(desk.office.signer, hide))
    corrected = correct(desk, badge, name="Anaïs", visibility=Visibility.PUBLIC)

    desk.session.expire_all()
    assert (2, Visibility.PRIVATE) == (corrected.edition, corrected.visibility)
    assert [] == violations(desk)


def test_a_suspended_badge_can_be_corrected_and_stays_suspended(desk: Desk) -> None:
    """A wrong name is wrong while someone looks into the badge, too."""
    badge = desk.badge(choices=NAMED)
    old = taken(desk, badge)
    states.suspend(
        desk.session, desk.office, badge.public_id, actor="administrator", now=desk.clock()
    )

    corrected = correct(desk, badge, name=None)

    assert Status.SUSPENDED is judged(desk, taken(desk, corrected)).status
    assert Status.SUPERSEDED is judged(desk, old).status
    assert [] == violations(desk)


def test_a_revoked_badge_is_not_corrected(desk: Desk) -> None:
    """What is over is not signed again."""
    badge = desk.badge()
    states.revoke(
        desk.session,
        desk.office,
        badge.public_id,
        reason=states.Reason.ISSUED_IN_ERROR,
        actor="administrator",
        now=desk.clock(),
    )

    with pytest.raises(IssuingRefused, match="is revoked"):
        correct(desk, badge, name="Anaïs")


def test_an_expired_badge_is_not_corrected(desk: Desk) -> None:
    """A new edition would begin after its own end."""
    badge = desk.badge()
    desk.clock.advance(days=800)

    with pytest.raises(IssuingRefused, match="has expired"):
        correct(desk, badge, name="Anaïs")


def test_a_name_that_cannot_be_signed_leaves_everything_as_it_was(desk: Desk) -> None:
    """The edition that stands goes on standing."""
    badge = desk.badge()

    with pytest.raises(IssuingRefused, match="control characters"):
        correct(desk, badge, name="a\x07b")

    assert 1 == badge.edition
    assert Verdict.GREEN is judged(desk, taken(desk, badge)).verdict
    assert [] == violations(desk)


def test_nothing_is_corrected_for_someone_who_was_erased(desk: Desk) -> None:
    """There is nothing left to build the edition from."""
    badge = desk.badge()
    holder = shelf.holder(desk.session, badge)
    assert holder is not None
    desk.office.vault.shred_holder(desk.session, holder)
    desk.session.commit()

    with pytest.raises(HolderErased):
        correct(desk, badge, name="Anaïs")


def test_a_crash_before_the_release_is_taken_up_by_the_next_correction(desk: Desk) -> None:
    """The place that was reserved is used; nothing of the failed attempt was released."""
    badge = desk.badge()
    working = desk.office
    desk.office = replace(working, signer=_Dying(working.signer))
    with pytest.raises(_PowerCut):
        correct(desk, badge, name="Anaïs")
    desk.session.rollback()
    planned = desk.session.get_one(Intent, (badge.public_id, 2))
    place = (planned.status_list, planned.status_index)
    assert IntentState.PLANNED == planned.state
    assert 1 == desk.session.get_one(Badge, badge.public_id).edition

    desk.office = working
    corrected = correct(desk, badge, name="Anaïs")

    intent = desk.session.get_one(Intent, (badge.public_id, 2))
    assert (2, place) == (corrected.edition, (intent.status_list, intent.status_index))
    assert [] == violations(desk)


def test_two_corrections_at_once_never_make_two_second_editions(
    desk: Desk, another_desk: Callable[[], Desk]
) -> None:
    """One of them wins; the other is told, or comes after and makes the third."""
    public_id = desk.badge().public_id
    desk.session.commit()
    start, told = threading.Barrier(2), []

    def holder(name: str) -> None:
        own = another_desk()
        start.wait()
        try:
            told.append(correct(own, own.session.get_one(Badge, public_id), name=name))
        except ConflictingChange:
            own.session.rollback()
        own.session.close()

    threads = [threading.Thread(target=holder, args=[name]) for name in ("Anaïs", "Élodie")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    desk.session.expire_all()
    assert len(told) == desk.session.get_one(Badge, public_id).edition - 1 >= 1
    assert [] == violations(desk)


def test_a_holder_who_withdraws_takes_every_edition_along(desk: Desk) -> None:
    """No byte is kept, both bits are set, and the page of nobody's fault is what is left."""
    badge = desk.badge(choices=NAMED)
    old = taken(desk, badge)
    corrected = taken(desk, correct(desk, badge, name=None))

    states.withdraw(desk.session, desk.office, badge.public_id, actor="per_x", now=desk.clock())

    assert 0 == desk.session.scalar(select(func.count()).select_from(CredentialBytes))
    assert {Status.WITHDRAWN} == {judged(desk, old).status, judged(desk, corrected).status}
    assert 2 == len(status_lists.withdrawn(desk.session, 1))
    assert [] == violations(desk)


def test_the_verdict_of_a_page_is_that_of_the_newest_edition(desk: Desk) -> None:
    """The address and its QR code go on working."""
    badge = desk.badge(choices=NAMED)
    corrected = correct(desk, badge, name=None)

    report = verdict.report_for(desk.session, desk.office, corrected, now=desk.clock())

    assert Verdict.GREEN is report.verdict
    assert report.credential is not None
    assert report.credential.recipient_name is None


class _PowerCut(Exception):
    """The machine stops."""


class _Dying(Signer):
    """A signer that dies after its first signature."""

    def __init__(self, working: Signer) -> None:
        self.__dict__ = dict(working.__dict__)

    def credential(self, unsigned: dict, *, now: datetime) -> Signed:
        """Never return."""
        self.secure(unsigned, Purpose.CREDENTIAL, now=now)
        raise _PowerCut


class _Meanwhile(Signer):
    """A signer beside which something else happens, once, before it signs."""

    def __init__(self, working: Signer, happens: Callable[[], None]) -> None:
        self.__dict__ = dict(working.__dict__)
        self._happens = [happens]

    @contextmanager
    def together(self) -> Iterator[Any]:
        """Let it happen, and sign."""
        while self._happens:
            self._happens.pop()()
        with super().together() as signer:
            yield signer


def test_a_replacement_and_the_erasure_of_its_holder_wait_for_each_other_in_one_order(
    app: Flask, desk: Desk, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys of holders before rows of badges: the other way round, each would wait for the other."""
    public_id = desk.badge().public_id
    holder = shelf.holder(desk.session, desk.session.get_one(Badge, public_id))
    desk.session.commit()
    here, put, replacing = services(), shelf.put, threading.Event()

    def erased() -> None:
        with app.app_context():
            replacing.wait()
            erase.erase(
                db.session, here.office, here.erasures, letters,
                person_id=str(holder), choice=Choice.KEEP_BADGES, actor=str(holder), now=desk.clock(),
            )  # fmt: skip

    def put_slowly(*given: Any) -> None:
        replacing.set()
        time.sleep(0.3)
        put(*given)

    monkeypatch.setattr(shelf, "put", put_slowly)
    with ThreadPoolExecutor(1) as pool:
        erasure = pool.submit(erased)
        editions.correct(
            desk.session, desk.office, public_id, choices=CHOICES, actor="a", now=desk.clock()
        )
        erasure.result()
