"""Withdrawing a badge: register, published list and chain together, and never back."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from badgeservice.awarding.models import Award, AwardState
from badgeservice.errors import ConflictingChange, CredentialNotFound
from badgeservice.issuing import audit, editions, status_lists, verdict
from badgeservice.issuing.models import BadgeState, Intent, Reason, StatusList
from badgeservice.issuing.states import revoke
from badgeservice.openbadges import status_list
from badgeservice.storage.chain import AuditEvent
from badgeservice.verification import Verdict
from badgeservice.verification.report import Status

from .conftest import CHOICES, Desk


def bits(desk: Desk, number: int = 1) -> set[int]:
    """The indices that the published list revokes."""
    row = desk.session.get_one(StatusList, number, populate_existing=True)
    encoded = json.loads(row.published)["credentialSubject"]["encodedList"]
    decoded = status_list.decode(encoded)
    return {i for i in range(len(decoded) * 8) if status_list.is_set(decoded, i)}


def withdraw(desk: Desk, public_id: str) -> None:
    """Revoke a badge for the first reason."""
    revoke(
        desk.session,
        desk.office,
        public_id,
        reason=Reason.ISSUED_IN_ERROR,
        actor="administrator",
        now=desk.clock(),
    )


def test_the_published_list_has_exactly_the_revoked_bit(desk: Desk) -> None:
    """The bit of the badge is set, the bits of others are not."""
    one, other = desk.badge("a@example.org"), desk.badge("b@example.org")

    withdraw(desk, one.public_id)

    places = {
        intent.public_id: intent.status_index for intent in desk.session.scalars(select(Intent))
    }
    assert {places[one.public_id]} == bits(desk)
    assert (
        Verdict.GREEN
        is verdict.report_for(desk.session, desk.office, other, now=desk.clock()).verdict
    )


def test_a_revoked_badge_is_red_and_says_so(desk: Desk) -> None:
    """Our verifier reports it as genuine and withdrawn, with the date."""
    credential = desk.badge()
    desk.clock.advance(days=1)

    withdraw(desk, credential.public_id)
    report = verdict.report_for(desk.session, desk.office, credential, now=desk.clock())

    assert Verdict.RED is report.verdict
    assert Status.REVOKED is report.status
    assert desk.clock() == credential.state_since


def test_revoking_again_changes_nothing(desk: Desk) -> None:
    """Neither the date nor the list nor the chain."""
    credential = desk.badge()
    withdraw(desk, credential.public_id)
    version = desk.session.get_one(StatusList, 1).version
    links = len(desk.session.scalars(select(AuditEvent)).all())
    since = credential.state_since
    desk.clock.advance(days=1)

    withdraw(desk, credential.public_id)

    assert since == credential.state_since
    assert version == desk.session.get_one(StatusList, 1).version
    assert links == len(desk.session.scalars(select(AuditEvent)).all())


def test_no_rule_counts_on_a_revoked_badge(desk: Desk) -> None:
    """Its award is withdrawn with it."""
    credential = desk.badge()

    withdraw(desk, credential.public_id)

    assert AwardState.WITHDRAWN == desk.session.scalars(select(Award)).one().state


def test_an_unknown_badge_cannot_be_revoked(desk: Desk) -> None:
    """The administrator learns that there is none."""
    with pytest.raises(CredentialNotFound):
        withdraw(desk, "1111111111111111111111")


def test_the_list_is_newer_each_time(desk: Desk) -> None:
    """Version and validFrom only grow; there is no validUntil, so the list can outlive us."""
    one, other = desk.badge("a@example.org"), desk.badge("b@example.org")
    seen = []

    for credential in (one, other):
        desk.clock.advance(seconds=1)
        withdraw(desk, credential.public_id)
        row = desk.session.get_one(StatusList, 1, populate_existing=True)
        seen.append((row.version, json.loads(row.published)["validFrom"]))

    assert seen == sorted(set(seen))
    assert "validUntil" not in json.loads(row.published)


def test_two_publishers_never_lose_a_revocation(
    desk: Desk, another_desk: Callable[[], Desk]
) -> None:
    """Ten badges revoked by two people at once: afterwards the list revokes exactly these."""
    badges = [desk.badge(f"p{number}@example.org").public_id for number in range(10)]
    desk.session.commit()
    start = threading.Barrier(2)

    def publisher(own_badges: list[str]) -> None:
        own = another_desk()
        start.wait()
        for public_id in own_badges:
            while True:
                try:
                    withdraw(own, public_id)
                    break
                except ConflictingChange:
                    own.session.rollback()
        own.session.close()

    threads = [threading.Thread(target=publisher, args=(badges[n::2],)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    desk.session.expire_all()
    assert set(desk.session.scalars(select(Intent.status_index))) == bits(desk)
    assert set(status_lists.withdrawn(desk.session, 1)) == bits(desk)
    assert [] == list(audit.violations(desk.session, desk.office, now=desk.clock()))


def test_a_stale_snapshot_is_not_published(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Someone publishes while we sign: our older list is refused, and nothing is half done."""
    credential = desk.badge()
    public_id = credential.public_id
    signed = status_lists._sign

    def sign_slowly(*arguments: object, **options: object) -> bytes:
        row = desk.session.get_one(StatusList, 1)
        row.version += 1
        desk.session.flush()
        return signed(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(status_lists, "_sign", sign_slowly)

    with pytest.raises(ConflictingChange):
        withdraw(desk, public_id)
    desk.session.rollback()

    assert BadgeState.ACTIVE == desk.session.get_one(type(credential), public_id).state
    assert set() == bits(desk)


def test_a_badge_that_was_corrected_meanwhile_is_not_revoked_by_its_former_place(
    desk: Desk, another_desk: Callable[[], Desk]
) -> None:
    """Whoever revokes has seen the edition before: they are told, and the next time it holds."""
    seen = desk.badge()
    public_id = seen.public_id
    desk.session.refresh(seen)
    other = another_desk()
    editions.correct(
        other.session, other.office, public_id, choices=CHOICES, actor="holder", now=desk.clock()
    )

    with pytest.raises(ConflictingChange):
        withdraw(desk, public_id)
    withdraw(desk, public_id)

    assert set(status_lists.withdrawn(desk.session, 1)) == bits(desk)
    assert len(bits(desk)) == 2


def test_places_are_random_and_never_shared(desk: Desk) -> None:
    """Neither order nor volume can be read from the indices."""
    reserved = [
        place
        for _ in range(40)
        for place in status_lists.reserve(desk.session, desk.office, now=desk.clock())
    ]

    indices = [index for _, index in reserved]
    assert {1} == {number for number, _ in reserved}
    assert indices != sorted(indices)
    assert max(indices) > 10_000


def test_a_second_list_opens_at_half_fill(desk: Desk) -> None:
    """Half of the places stay free, so that drawing at random stays quick."""
    status_lists.reserve(desk.session, desk.office, now=desk.clock())
    desk.session.get_one(StatusList, 1).reserved = status_lists.ENTRIES // 2
    desk.session.flush()

    [(number, _)] = status_lists.reserve(desk.session, desk.office, now=desk.clock())

    assert 2 == number
    assert timedelta(0) == desk.clock() - desk.session.get_one(StatusList, 2).published_at
