"""After the theft of a key: every badge in force is signed anew, in groups that can be done again."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from badgeservice.errors import IssuingRefused
from badgeservice.issuing import reissue, shelf, states, status_lists
from badgeservice.issuing.editions import Reason
from badgeservice.issuing.models import Badge, Credential, Intent, StatusList
from badgeservice.issuing.reissue import Reissued
from badgeservice.verification import Verdict
from badgeservice.verification.report import Status

from .conftest import Desk
from .test_editions import correct, judged, taken, violations
from .test_states import bits


def sign_anew(desk: Desk, method: str, group: int = 3) -> list[Reissued]:
    """Sign anew what a key signed."""
    return [
        each
        for done in reissue.reissue(
            desk.session,
            desk.office,
            method=method,
            actor="administrator",
            clock=desk.clock,
            group=group,
        )
        for each in done
    ]


def test_every_badge_in_force_is_signed_anew_with_the_new_key(
    desk: Desk, rotated: Callable[[Desk], Desk]
) -> None:
    """The same statements under another key; the old files are said to be replaced."""
    badges = [desk.badge(f"p{number}@example.org") for number in range(7)]
    old_method = desk.office.signer.verification_method
    files = [taken(desk, badge) for badge in badges]
    desk.clock.advance(days=1)
    desk = rotated(desk)

    done = sign_anew(desk, old_method)

    assert sorted(badge.public_id for badge in badges) == [each.public_id for each in done]
    assert {""} == {each.problem for each in done}
    for badge, file in zip(badges, files, strict=True):
        old, new = json.loads(file), json.loads(taken(desk, badge))
        assert new["proof"][0]["verificationMethod"] != old_method
        for moved in ("proof", "validFrom", "credentialStatus"):
            del old[moved], new[moved]
        assert old == new
        assert Status.SUPERSEDED is judged(desk, file).status
        assert Verdict.GREEN is judged(desk, taken(desk, badge)).verdict
    assert 0 == reissue.count(desk.session, old_method, now=desk.clock())
    assert [] == violations(desk)


def test_a_key_that_still_signs_is_refused(desk: Desk) -> None:
    """It would be used for the new editions too."""
    desk.badge()

    with pytest.raises(IssuingRefused, match="still signs"):
        sign_anew(desk, desk.office.signer.verification_method)


def test_what_cannot_be_signed_anew_is_named_and_stops_nobody(
    desk: Desk, rotated: Callable[[Desk], Desk]
) -> None:
    """One holder was erased: the register keeps the badge genuine, and the others go on."""
    badges = [desk.badge(f"p{number}@example.org") for number in range(4)]
    erased = shelf.holder(desk.session, badges[1])
    assert erased is not None
    desk.office.vault.shred_holder(desk.session, erased)
    desk.session.commit()
    method = desk.office.signer.verification_method
    desk = rotated(desk)

    done = sign_anew(desk, method)

    problems = {each.public_id: each.problem for each in done if each.problem}
    assert {badges[1].public_id} == problems.keys()
    assert 4 == len(done)
    assert [] == violations(desk)


def test_an_interruption_is_taken_up_where_it_came(
    desk: Desk, rotated: Callable[[Desk], Desk]
) -> None:
    """A group is done or not: what was done is not done twice."""
    badges = [desk.badge(f"p{number}@example.org") for number in range(5)]
    method = desk.office.signer.verification_method
    desk = rotated(desk)
    walk = reissue.reissue(
        desk.session, desk.office, method=method, actor="a", clock=desk.clock, group=2
    )
    next(walk)
    walk.close()

    sign_anew(desk, method)

    assert {2} == {desk.session.get_one(Badge, badge.public_id).edition for badge in badges}
    assert [] == violations(desk)


def test_expired_and_revoked_badges_are_left_as_they_are(
    desk: Desk, rotated: Callable[[Desk], Desk]
) -> None:
    """Nobody relies on them any longer."""
    desk.badge("expired@example.org")
    desk.clock.advance(days=800)
    revoked = desk.badge("revoked@example.org")
    states.revoke(
        desk.session,
        desk.office,
        revoked.public_id,
        reason=states.Reason.HOLDER_REQUEST,
        actor="administrator",
        now=desk.clock(),
    )
    method = desk.office.signer.verification_method
    desk = rotated(desk)

    assert [] == sign_anew(desk, method)


def test_the_register_remembers_why(desk: Desk, rotated: Callable[[Desk], Desk]) -> None:
    """A correction and a compromise are told apart, without a word about a person."""
    badge = desk.badge()
    correct(desk, badge, name="Anaïs")
    method = desk.office.signer.verification_method
    desk = rotated(desk)
    desk.clock.now += timedelta(seconds=1)
    sign_anew(desk, method)

    reasons = desk.session.scalars(
        select(Credential.superseded_reason).order_by(Credential.edition)
    ).all()

    assert [Reason.CORRECTED, Reason.KEY_COMPROMISED, None] == list(reasons)


def test_a_list_is_published_once_for_a_group(desk: Desk, rotated: Callable[[Desk], Desk]) -> None:
    """Five bits in two groups are two versions, and the places of the old editions are what is set."""
    badges = [desk.badge(f"p{number}@example.org") for number in range(5)]
    method = desk.office.signer.verification_method
    desk = rotated(desk)
    before = desk.session.get_one(StatusList, 1, populate_existing=True).version

    sign_anew(desk, method)

    assert before + 2 == desk.session.get_one(StatusList, 1, populate_existing=True).version
    former = select(Intent.status_index).where(Intent.edition == 1)
    assert set(desk.session.scalars(former)) == bits(desk)
    assert len(badges) == len(bits(desk))
    assert bits(desk) == set(status_lists.withdrawn(desk.session, 1))


def test_a_badge_revoked_while_it_is_signed_stays_revoked(
    desk: Desk, another_desk: Callable[[], Desk], rotated: Callable[[Desk], Desk]
) -> None:
    """The others of its group are signed anew; no bit of a newer edition is missing."""
    badges = [desk.badge(f"p{number}@example.org") for number in range(3)]
    method = desk.office.signer.verification_method
    desk = rotated(desk)
    clock, other = desk.clock, another_desk()

    def told(now: datetime) -> None:
        """Revoke one while the signer's log reaches the disk."""
        desk.office.log.append = genuine  # type: ignore[method-assign]
        states.revoke(
            other.session,
            other.office,
            badges[1].public_id,
            reason=states.Reason.ISSUED_IN_ERROR,
            actor="administrator",
            now=now,
        )

    genuine = desk.office.log.append

    def append(*entries: object) -> None:
        genuine(*entries)  # type: ignore[arg-type]
        told(clock())

    desk.office.log.append = append  # type: ignore[method-assign]
    public_ids = sorted(badge.public_id for badge in badges)

    done = sign_anew(desk, method)

    assert [Reissued(each) for each in public_ids] == done
    desk.session.expire_all()
    editions = {badge.public_id: badge.edition for badge in badges}
    assert {**dict.fromkeys(public_ids, 2), badges[1].public_id: 1} == editions
    assert [] == violations(desk)


def test_two_that_meet_on_the_same_badges_do_no_harm(
    desk: Desk, another_desk: Callable[[], Desk], rotated: Callable[[Desk], Desk]
) -> None:
    """Each badge gets one newer edition, and both say that it is done."""
    for number in range(6):
        desk.badge(f"p{number}@example.org")
    method = desk.office.signer.verification_method
    desk = rotated(desk)
    desk.session.commit()
    start, told = threading.Barrier(2), []

    def runner() -> None:
        own = another_desk()
        own.office = desk.office
        start.wait()
        told.append(sign_anew(own, method))
        own.session.close()

    threads = [threading.Thread(target=runner) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 2 == len(told)
    assert {""} == {each.problem for done in told for each in done}
    assert 12 == desk.session.scalar(select(func.count()).select_from(Credential))
    assert [] == violations(desk)
