"""Status lists: random places that are never used again, and bytes that only go forward."""

from __future__ import annotations

import hashlib
import itertools
import json
import multiprocessing
import re
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from badgeservice.app import create_app
from badgeservice.erasure.erase import erase
from badgeservice.erasure.ledger import Choice
from badgeservice.errors import ConflictingChange
from badgeservice.extensions import db, services
from badgeservice.issuing import shelf, states, status_lists, verdict
from badgeservice.issuing.hosting import Hosting, own_fetch
from badgeservice.issuing.models import (
    Badge,
    BadgeState,
    Credential,
    Format,
    Intent,
    IntentState,
    Reason,
    StatusList,
    Visibility,
)
from badgeservice.issuing.office import Office
from badgeservice.issuing.register import DatabaseRegister
from badgeservice.openbadges import status_list
from badgeservice.settings import Settings
from badgeservice.verification import Report, Verdict, recognise, verify
from badgeservice.verification.codes import Code
from badgeservice.verification.fetching import Fetched
from badgeservice.verification.report import Status

from .conftest import BADGE, Desk
from .test_states import bits

HALF = 65_536
DRAWS, BINS = 10_000, 64
PUBLISHERS, EACH = 2, 150


def plan(desk: Desk, places: Sequence[tuple[int, int]], *, prefix: str) -> list[str]:
    """Write intents for these (list, index), as issuing would; return their public ids."""
    rows = [
        {
            "public_id": f"{prefix}{number}", "edition": 1, "award_id": f"{prefix}{number}",
            "status_list": listed, "status_index": index, "state": IntentState.ISSUED,
            "reserved_at": desk.clock(),
        }
        for number, (listed, index) in enumerate(places)
    ]  # fmt: skip
    desk.session.execute(insert(Intent), rows)
    return [str(row["public_id"]) for row in rows]


def remembered(desk: Desk, count: int) -> list[str]:
    """Return the public ids of badges of which the register alone is left."""
    places = status_lists.reserve(desk.session, desk.office, count, now=desk.clock())
    ids = plan(desk, places, prefix="r")
    now = desk.clock()
    desk.session.execute(
        insert(Badge),
        [
            {
                "public_id": each, "award_id": each, "address": f"http://localhost/b/{each}",
                "class_slug": BADGE, "awarded_at": now, "edition": 1, "state": BadgeState.ACTIVE,
                "state_since": now, "visibility": Visibility.PUBLIC, "holder_erased_at": now,
            }
            for each in ids
        ],
    )  # fmt: skip
    desk.session.execute(
        insert(Credential),
        [
            {
                "public_id": each, "edition": 1, "class_version": 1, "language": "fr",
                "issued_at": now, "content_digest": f"{number:064x}",
            }
            for number, each in enumerate(ids)
        ],
    )  # fmt: skip
    desk.session.commit()
    return ids


def index_of(desk: Desk, badge: Badge) -> int:
    """Return the place of a badge in its list."""
    return desk.session.get_one(Intent, (badge.public_id, badge.edition)).status_index


def published(desk: Desk, number: int = 1) -> bytes:
    """Return the stored bytes of a list."""
    return desk.session.get_one(StatusList, number, populate_existing=True).published


# --- places --------------------------------------------------------------------------------------


def test_ten_thousand_places_are_spread_evenly_and_in_no_order(desk: Desk) -> None:
    """S8: χ² of 64 bins, and as many steps up as down; a fair draw fails once in 10⁹ runs."""
    places = status_lists.reserve(desk.session, desk.office, DRAWS, now=desk.clock())
    drawn = [index for _, index in places]

    counts = Counter(index * BINS // status_lists.ENTRIES for index in drawn)
    expected = DRAWS / BINS
    chi_squared = sum((counts[each] - expected) ** 2 / expected for each in range(BINS))
    assert chi_squared < 156  # 63 degrees of freedom, p = 10⁻⁹
    steps_up = sum(after > before for before, after in itertools.pairwise(drawn))
    assert abs(steps_up - DRAWS / 2) < 6 * (DRAWS / 12) ** 0.5


@pytest.mark.parametrize("end", ["withdrawn", "erased"])
def test_a_place_is_never_used_again(desk: Desk, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    """S8: not even when nothing else is left of the badge; else a copy would change its owner."""
    badge = desk.badge()
    taken, holder = index_of(desk, badge), shelf.holder(desk.session, badge)
    assert holder is not None
    if end == "withdrawn":
        states.withdraw(desk.session, desk.office, badge.public_id, actor=holder, now=desk.clock())
    else:
        here = services()
        erase(
            desk.session, desk.office, here.erasures, here.mailer,
            person_id=holder, choice=Choice.KEEP_BADGES, actor=holder, now=desk.clock(),
        )  # fmt: skip
    draws = iter([taken, taken, 7 if taken != 7 else 8])
    monkeypatch.setattr(status_lists.secrets, "randbelow", lambda _: next(draws))

    [(_, index)] = status_lists.reserve(desk.session, desk.office, now=desk.clock())

    assert index in (7, 8)
    with pytest.raises(IntegrityError):
        plan(desk, [(1, taken)], prefix="x")


def test_places_for_many_are_taken_from_two_lists_where_one_ends(desk: Desk) -> None:
    """Each list gives what it has left, no place twice, and counts what it gave."""
    status_lists.reserve(desk.session, desk.office, now=desk.clock())
    desk.session.execute(update(StatusList).values(reserved=HALF - 3))

    places = status_lists.reserve(desk.session, desk.office, 5, now=desk.clock())

    assert [1, 1, 1, 2, 2] == [number for number, _ in places]
    assert 5 == len(set(places))
    counted = desk.session.scalars(select(StatusList.reserved).order_by(StatusList.number))
    assert [HALF, 2] == list(counted)


def test_half_of_a_list_opens_the_next_and_badges_of_both_verify(desk: Desk) -> None:
    """65,536 places with their rows; the badge on either side of the border lives and dies alone."""
    status_lists.reserve(desk.session, desk.office, now=desk.clock())
    plan(desk, [(1, index * 2) for index in range(HALF - 1)], prefix="f")
    desk.session.execute(update(StatusList).values(reserved=HALF - 1))
    desk.session.commit()

    last, first = desk.badge("a@example.org"), desk.badge("b@example.org")

    assert index_of(desk, last) % 2 == 1
    lists = [
        desk.session.get_one(Intent, (badge.public_id, 1)).status_list for badge in (last, first)
    ]
    assert lists == [1, 2]
    assert [desk.session.get_one(StatusList, n).reserved for n in (1, 2)] == [HALF, 1]
    for badge in (last, first):
        report = verdict.report_for(desk.session, desk.office, badge, now=desk.clock())
        assert report.verdict is Verdict.GREEN
    revoke(desk.session, desk.office, last.public_id, desk.clock())
    assert (bits(desk, 1), bits(desk, 2)) == ({index_of(desk, last)}, set())
    report = verdict.report_for(desk.session, desk.office, first, now=desk.clock())
    assert report.verdict is Verdict.GREEN
    revoke(desk.session, desk.office, first.public_id, desk.clock())
    assert bits(desk, 2) == {index_of(desk, first)}


# --- publishing ----------------------------------------------------------------------------------


def revoke(session: Session, office: Office, public_id: str, now: datetime) -> None:
    """Revoke a badge."""
    states.revoke(
        session, office, public_id, reason=Reason.ISSUED_IN_ERROR, actor="administrator", now=now
    )


def in_a_thread(app: Flask, public_ids: list[str], now: datetime) -> list[int]:
    """Revoke badges on a connection of its own; return the version of the list after each."""
    versions = []
    with app.app_context(), Session(db.engine) as session:
        for public_id in public_ids:
            while session.get_one(Badge, public_id).state != BadgeState.REVOKED:
                try:
                    revoke(session, services().office, public_id, now)
                except ConflictingChange:
                    session.rollback()
            versions.append(
                session.scalars(select(StatusList.version).where(StatusList.number == 1)).one()
            )
            session.commit()
    return versions


def in_a_process(settings: Settings, public_ids: list[str], now: datetime) -> list[int]:
    """Do the same in an installation that this process opens for itself."""
    app = create_app(settings, clock=lambda: now)
    versions = in_a_thread(app, public_ids, now)
    with app.app_context():
        db.engine.dispose()
    return versions


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_s7_two_publishers_lose_no_revocation(app: Flask, desk: Desk, kind: str) -> None:
    """300 revocations by two at once: the list is the register, and its version never went back."""
    ids = remembered(desk, PUBLISHERS * EACH)
    spared = desk.badge()
    before = desk.session.get_one(StatusList, 1, populate_existing=True).version
    desk.session.commit()
    settings, now = services().settings, desk.clock()
    shares = [ids[number::PUBLISHERS] for number in range(PUBLISHERS)]
    executor: Executor = ThreadPoolExecutor(PUBLISHERS)
    if kind == "processes":
        spawn = multiprocessing.get_context("spawn")
        executor = ProcessPoolExecutor(PUBLISHERS, mp_context=spawn)

    with executor:
        running = [
            executor.submit(in_a_process, settings, share, now)
            if kind == "processes"
            else executor.submit(in_a_thread, app, share, now)
            for share in shares
        ]
        seen = [each.result() for each in running]

    for versions in seen:
        assert versions == sorted(set(versions))
    after = desk.session.get_one(StatusList, 1, populate_existing=True).version
    assert after == before + len(ids)
    revoked = select(Intent.status_index).where(Intent.public_id.in_(ids))
    assert bits(desk) == set(desk.session.scalars(revoked))
    assert bits(desk) == set(status_lists.withdrawn(desk.session, 1))
    report = verdict.report_for(desk.session, desk.office, spared, now=now)
    assert report.verdict is Verdict.GREEN


def test_a_clock_that_went_back_publishes_nothing(desk: Desk) -> None:
    """Readers would refuse such a list; whoever revokes is told to look at the clock."""
    badge = desk.badge()
    public_id, kept = badge.public_id, published(desk)

    with pytest.raises(ConflictingChange, match="check the clock"):
        revoke(desk.session, desk.office, public_id, desk.clock() - timedelta(minutes=6))
    desk.session.rollback()

    assert published(desk) == kept
    assert desk.session.get_one(Badge, public_id, populate_existing=True).state == "active"


def test_whoever_waited_for_the_turn_publishes_with_the_date_of_who_was_first(desk: Desk) -> None:
    """Two at once read the clock and wait; neither is refused, and the list never goes back."""
    first, second = desk.badge("a@example.org"), desk.badge("b@example.org")
    earlier = desk.clock()
    desk.clock.advance(seconds=20)
    revoke(desk.session, desk.office, first.public_id, desk.clock())

    revoke(desk.session, desk.office, second.public_id, earlier)

    row = desk.session.get_one(StatusList, 1, populate_existing=True)
    assert bits(desk) == {index_of(desk, first), index_of(desk, second)}
    assert desk.clock() == row.published_at


def test_publishing_one_list_leaves_the_others_as_they_are(desk: Desk) -> None:
    """P8: what is written is the list of the badge, whatever else the register holds."""
    badge = desk.badge()
    desk.session.execute(update(StatusList).values(reserved=HALF))
    desk.badge("b@example.org")
    other = published(desk, 2)
    desk.clock.advance(seconds=1)

    revoke(desk.session, desk.office, badge.public_id, desk.clock())

    assert (bits(desk, 1), published(desk, 2)) == ({index_of(desk, badge)}, other)


def test_a_damaged_list_is_written_anew_from_the_register(desk: Desk) -> None:
    """What cannot be read is no beginning: every bit that the register knows of is set again."""
    badges = [desk.badge(f"p{number}@example.org") for number in range(2)]
    revoke(desk.session, desk.office, badges[0].public_id, desk.clock())
    desk.session.execute(update(StatusList).values(published=b"{}"))

    revoke(desk.session, desk.office, badges[1].public_id, desk.clock())

    assert bits(desk) == {index_of(desk, badge) for badge in badges}


@pytest.mark.parametrize("torn", ["empty", "cut", "zeros", "half old"])
def test_a_torn_list_is_not_shown_and_set_right_by_setup(desk: Desk, app: Flask, torn: str) -> None:
    """503 until then: to strangers it is unknown what holds, and nothing is said to be good."""
    badge = desk.badge()
    old = published(desk)
    revoke(desk.session, desk.office, badge.public_id, desk.clock())
    new = published(desk)
    half = len(new) // 2
    made = {
        "empty": b"",
        "cut": new[:half],
        "zeros": bytes(len(new)),
        "half old": new.replace(
            re.findall(b'"encodedList":"([^"]+)"', new)[0],
            re.findall(b'"encodedList":"([^"]+)"', old)[0],
        ),
    }
    desk.session.execute(update(StatusList).values(published=made[torn]))
    desk.session.commit()
    client = app.test_client()

    shown = client.get("/status/1", headers={"Accept": "application/json"})
    mended = status_lists.publish_compromised(desk.session, desk.office, now=desk.clock())
    desk.session.commit()

    assert (503, "publication_damaged") == (shown.status_code, json.loads(shown.data)["code"])
    assert "600" == shown.headers["Retry-After"]
    assert [1] == mended
    assert {index_of(desk, badge)} == bits(desk)
    assert published(desk) == client.get("/status/1").data


def test_the_bytes_served_are_the_bytes_stored(desk: Desk, app: Flask) -> None:
    """A strong validator of them, 304 for who has them, and new bytes after a revocation."""
    badge = desk.badge()
    client = app.test_client()

    first = client.get("/status/1")
    etag = first.headers["ETag"]
    again = client.get("/status/1", headers={"If-None-Match": etag})
    desk.clock.advance(seconds=1)
    revoke(desk.session, desk.office, badge.public_id, desk.clock())
    after = client.get("/status/1", headers={"If-None-Match": etag})

    assert etag == f'"{hashlib.sha256(first.data).hexdigest()}"'
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)
    assert (after.status_code, after.data) == (200, published(desk))
    assert after.headers["ETag"] != etag
    assert (
        len(status_list.decode(json.loads(after.data)["credentialSubject"]["encodedList"])) * 8
        == 131_072
    )


# --- reading -------------------------------------------------------------------------------------


def judged(desk: Desk, content: bytes, listed: bytes) -> Report:
    """What our verifier says of a badge while somebody answers with `listed` for its list."""
    fetch = own_fetch(Hosting(desk.session, desk.office))

    def rolled_back(address: str) -> Fetched:
        answer = fetch(address)
        return replace(answer, body=listed) if address.endswith("/status/1") else answer

    return verify(
        recognise(content),
        fetch=rolled_back,
        register=DatabaseRegister(desk.session, desk.office),
        now=desk.clock(),
    )


def test_attack_s6_a_list_from_before_the_revocation_is_refused(desk: Desk) -> None:
    """Genuine, signed by us, and old: it frees nobody, and makes nobody green."""
    revoked, other = desk.badge("a@example.org"), desk.badge("b@example.org")
    contents = [
        shelf.take(desk.session, desk.office.vault, each, Format.JSON) for each in (revoked, other)
    ]
    old = published(desk)
    assert judged(desk, contents[0], old).verdict is Verdict.GREEN
    desk.clock.advance(seconds=1)
    revoke(desk.session, desk.office, revoked.public_id, desk.clock())

    reports = [judged(desk, content, old) for content in contents]

    assert [report.verdict for report in reports] == [Verdict.RED, Verdict.AMBER]
    assert reports[1].status is Status.UNKNOWN
    for report in reports:
        assert report.find(Code.STATUS_LIST_OUTDATED)
    assert judged(desk, contents[1], published(desk)).verdict is Verdict.GREEN
