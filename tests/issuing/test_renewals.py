"""A badge whose time ends is earned anew: a new badge, joined to the one before."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from badgeservice.awarding import offers
from badgeservice.awarding.models import Award, AwardState
from badgeservice.catalogue import classes
from badgeservice.errors import OfferClosed
from badgeservice.issuing import audit, issue, shelf, states, verdict
from badgeservice.issuing.models import Badge, Format
from badgeservice.sharing import holdings
from badgeservice.verification import Report, Verdict
from badgeservice.verification.report import Status

from .conftest import BADGE, CHOICES, Desk

# A badge of this class is valid for 24 months; two years after 2026-11-23 are 731 days.
VALID_DAYS = 731


def test_new_evidence_near_the_end_makes_an_offer_beside_the_badge_held(desk: Desk) -> None:
    """The person still holds the former badge, and is offered the next."""
    held = desk.badge()
    desk.clock.advance(days=VALID_DAYS - 30)

    offer = desk.offer()

    assert (AwardState.OFFERED, 1) == (offer.state, offer.renewal)
    assert offer.id != held.award_id
    assert Verdict.GREEN is _judge(desk, held).verdict


def test_a_renewed_badge_names_the_one_before_and_has_an_address_of_its_own(desk: Desk) -> None:
    """Expired is not revoked: the former stays readable, the new one is green."""
    former = desk.badge()
    desk.clock.advance(days=VALID_DAYS + 10)

    newer = desk.badge()

    assert former.public_id == newer.renews != newer.public_id
    assert newer.public_id == getattr(issue.renewal_of(desk.session, former), "public_id", None)
    assert issue.renewal_of(desk.session, newer) is None
    assert (Status.EXPIRED, Verdict.RED) == (
        _judge(desk, former).status,
        _judge(desk, former).verdict,
    )
    assert Verdict.GREEN is _judge(desk, newer).verdict
    document = json.loads(shelf.take(desk.session, desk.office.vault, newer, Format.JSON))
    assert "2028-12-03" == document["awardedDate"][:10]
    assert [] == list(audit.violations(desk.session, desk.office, now=desk.clock()))
    assert [] == offers.replay(desk.session, desk.office.vault)


def test_long_before_the_end_new_evidence_changes_nothing(desk: Desk) -> None:
    """One badge of a kind at a time."""
    held = desk.badge()
    desk.clock.advance(days=VALID_DAYS - 100)

    assert held.award_id == desk.offer().id
    assert 1 == desk.session.scalar(select(func.count()).select_from(Award))


def test_what_was_rewarded_once_is_no_ground_for_a_renewal(desk: Desk) -> None:
    """Time passes, and nothing new was done."""
    held = desk.badge()
    desk.clock.advance(days=VALID_DAYS + 1)

    open_offers = offers.decide(
        desk.session,
        desk.office.vault,
        person_id=desk.person().id,
        classes=[classes.current(desk.session, BADGE)],
        now=desk.clock(),
    )

    assert [] == open_offers
    assert AwardState.ACCEPTED == desk.session.get_one(Award, held.award_id).state


def test_a_badge_can_be_renewed_again_and_again(desk: Desk) -> None:
    """Each renews the one before it."""
    chain = [desk.badge()]
    for _ in range(3):
        desk.clock.advance(days=VALID_DAYS)
        chain.append(desk.badge())

    assert [None, *(badge.public_id for badge in chain[:-1])] == [each.renews for each in chain]
    assert [0, 1, 2, 3] == list(
        desk.session.scalars(select(Award.renewal).order_by(Award.decided_at))
    )


def test_a_renewal_can_be_declined_and_is_not_offered_again(desk: Desk) -> None:
    """The former badge is not touched by that."""
    held = desk.badge()
    desk.clock.advance(days=VALID_DAYS - 10)
    offer = desk.offer()
    offers.decline(desk.session, offer.id, now=desk.clock())
    desk.session.commit()

    award = offers.award_for(
        desk.session,
        desk.office.vault,
        person_id=offer.person_id,
        badge_class=classes.current(desk.session, BADGE),
        now=desk.clock(),
    )

    assert held.award_id == award.id
    with pytest.raises(OfferClosed):
        desk.accept(offer)


def test_a_revoked_badge_is_no_badge_to_renew(desk: Desk) -> None:
    """What is earned after a revocation begins anew."""
    former = desk.badge()
    states.revoke(
        desk.session,
        desk.office,
        former.public_id,
        reason=states.Reason.ISSUED_IN_ERROR,
        actor="administrator",
        now=desk.clock(),
    )
    desk.clock.advance(days=1)

    newer = desk.badge()

    assert newer.renews is None
    assert newer.public_id != former.public_id


def test_the_holder_s_badge_of_a_class_is_the_one_that_need_not_be_renewed(desk: Desk) -> None:
    """An administrator is not told that someone holds what is about to end."""
    held = desk.badge()
    person = desk.person().id

    assert held is holdings.of_class(desk.session, person, BADGE, desk.clock())
    desk.clock.advance(days=VALID_DAYS - 59)
    assert holdings.of_class(desk.session, person, BADGE, desk.clock()) is None


def test_two_that_decide_at_once_make_one_renewal(
    desk: Desk, another_desk: Callable[[], Desk]
) -> None:
    """The unique index counts renewals, so that two of them collide."""
    desk.badge()
    desk.clock.advance(days=VALID_DAYS)
    desk.offer()
    desk.session.execute(Award.__table__.delete().where(Award.renewal == 1))
    desk.session.commit()
    start, seen = threading.Barrier(2), []

    def decide() -> None:
        own = another_desk()
        start.wait()
        award = offers.award_for(
            own.session,
            own.office.vault,
            person_id=own.person().id,
            badge_class=classes.current(own.session, BADGE),
            now=own.clock(),
        )
        own.session.commit()
        seen.append(award.id)
        own.session.close()

    threads = [threading.Thread(target=decide) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 2 == len(seen)
    assert 1 == len(set(seen))


def test_a_renewal_keeps_its_own_choices(desk: Desk) -> None:
    """A name signed into one badge is not signed into the next unless it is chosen again."""
    former = desk.badge(choices=replace(CHOICES, name="Anaïs Lemoigne"))
    desk.clock.advance(days=VALID_DAYS)

    newer = desk.badge()

    report = _judge(desk, newer)
    assert report.credential is not None
    assert report.credential.recipient_name is None
    assert former.address != newer.address


def _judge(desk: Desk, badge: Badge) -> Report:
    return verdict.report_for(desk.session, desk.office, badge, now=desk.clock())
