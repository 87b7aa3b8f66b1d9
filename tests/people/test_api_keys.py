"""Keys of programs: found by scanners, kept as digests, two at a time, over when they are over."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from badgeservice.errors import ApiKeyLimit, ApiKeyRefused
from badgeservice.people import api_keys
from badgeservice.people.api_keys import SHAPE, Action, Revoked
from badgeservice.people.models import ApiKey, Organisation


@pytest.fixture
def fim(session: Session) -> Organisation:
    """A training partner."""
    organisation = Organisation(slug="fim", name="FIM")
    session.add(organisation)
    session.flush()
    return organisation


def test_a_key_is_256_random_bits_that_a_scanner_finds(
    session: Session, fim: Organisation, now: datetime
) -> None:
    """Prefix and checksum; what is kept is its SHA-256 and its last four characters."""
    key, text = api_keys.make(session, fim, actions=Action, now=now)

    assert re.fullmatch(r"obk_live_[a-z2-7]{59}", text)
    assert len(SHAPE.fullmatch(text)[1]) * 5 >= 256  # type: ignore[index]
    assert (key.digest, key.hint) == (hashlib.sha256(text.encode()).digest(), text[-4:])
    kept = [getattr(key, column.name) for column in ApiKey.__table__.columns]
    assert not any(text[9:-4] in str(each) for each in kept)
    assert key.expires_at == now + timedelta(days=365)


def test_only_the_key_itself_opens(session: Session, fim: Organisation, now: datetime) -> None:
    """Mistyped, cut off, another checksum, none: all alike, and most of them without the database."""
    key, text = api_keys.make(session, fim, actions=[Action.SEND], now=now)
    other = "a" if text[20] != "a" else "b"

    assert api_keys.authenticate(session, text, now) is key
    for wrong in (text[:20] + other + text[21:], text[:-1], f"{text}a", text.upper(), "", key.id):
        with pytest.raises(ApiKeyRefused):
            api_keys.authenticate(session, wrong, now)


def test_a_well_formed_key_of_nobody_opens_nothing(session: Session, now: datetime) -> None:
    """The checksum proves no right."""
    with pytest.raises(ApiKeyRefused):
        api_keys.authenticate(session, api_keys._draw(), now)


def test_a_revoked_key_and_an_expired_one_are_over_at_once(
    session: Session, fim: Organisation, now: datetime
) -> None:
    """And revoking again changes neither the time nor the reason."""
    key, text = api_keys.make(session, fim, actions=Action, now=now)
    short, brief = api_keys.make(session, fim, actions=Action, life=timedelta(days=1), now=now)

    api_keys.revoke(session, key, reason=Revoked.BY_OPERATOR, now=now)
    api_keys.revoke(session, key, reason=Revoked.IN_ADDRESS, now=now + timedelta(hours=1))

    assert (key.revoked_at, key.revoked_reason) == (now, "operator")
    with pytest.raises(ApiKeyRefused):
        api_keys.authenticate(session, text, now)
    assert api_keys.authenticate(session, brief, now) is short
    with pytest.raises(ApiKeyRefused):
        api_keys.authenticate(session, brief, now + timedelta(days=1))


def test_two_are_active_at_once_and_a_third_is_refused(
    session: Session, fim: Organisation, now: datetime
) -> None:
    """Enough to put the next one in place; a revoked or expired one makes room."""
    first, _ = api_keys.make(session, fim, actions=Action, now=now)
    api_keys.make(session, fim, actions=Action, life=timedelta(days=2), now=now)

    with pytest.raises(ApiKeyLimit, match="fim has 2 active keys"):
        api_keys.make(session, fim, actions=Action, now=now)
    api_keys.revoke(session, first, reason=Revoked.BY_OPERATOR, now=now)
    api_keys.make(session, fim, actions=Action, now=now)
    api_keys.make(session, fim, actions=Action, now=now + timedelta(days=3))

    assert len(api_keys.of(session, fim)) == 4


@pytest.mark.parametrize("days", [0, -1, 366])
def test_no_key_lives_longer_than_a_year(
    session: Session, fim: Organisation, now: datetime, days: int
) -> None:
    """Nor not at all."""
    with pytest.raises(ApiKeyLimit):
        api_keys.make(session, fim, actions=Action, life=timedelta(days=days), now=now)


def test_the_day_of_the_last_use_is_kept_and_nothing_finer(
    session: Session, fim: Organisation, now: datetime
) -> None:
    """One write a day."""
    key, _ = api_keys.make(session, fim, actions=Action, now=now)

    noted = [
        api_keys.note_use(session, key, now + timedelta(hours=hours)) for hours in (0, 5, 24, 20)
    ]
    session.refresh(key)

    assert noted == [True, False, True, False]
    assert key.last_used_on == (now + timedelta(days=1)).date()


def test_keys_are_found_in_any_text(session: Session, fim: Organisation, now: datetime) -> None:
    """Where one was pasted by mistake; what only looks like one is not taken for one."""
    key, text = api_keys.make(session, fim, actions=Action, now=now)

    assert api_keys.found_in(session, f"/x?a=1&k={text}&b=obk_live_{'a' * 59}") == [key]
    assert api_keys.found_in(session, "obk_live_") == []
