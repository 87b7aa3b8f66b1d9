"""API keys: how a program of an organisation proves itself.

    obk_live_ · 52 characters of base32 (256 random bits) · 7 characters of checksum (CRC-32)

The prefix and the checksum let secret scanners find a key that was published by mistake, and us
refuse a mistyped one without asking the database. Only the SHA-256 is kept: a key is shown once, when
it is made. It belongs to one organisation, may do what its `actions` say, and ends within a year. Two
may be active at once, so that the new one can be put in place before the old one is revoked.

Sources: GitHub's and PyPI's token formats; OWASP ASVS 5.0, V13.3. Functions flush; the caller commits.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import zlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from badgeservice.errors import ApiKeyLimit, ApiKeyRefused
from badgeservice.people.models import ApiKey, Organisation

PREFIX = "obk_live_"
LONGEST_LIFE = timedelta(days=365)
MOST_ACTIVE = 2
SHAPE = re.compile(rf"{PREFIX}([a-z2-7]{{52}})([a-z2-7]{{7}})", re.ASCII)

_SECRET_BYTES = 32
_HINT = 4


class Action(StrEnum):
    """What a key may do."""

    SEND = "evidence:send"
    READ = "evidence:read"


class Revoked(StrEnum):
    """Why a key is over before its time."""

    BY_OPERATOR = "operator"
    IN_ADDRESS = "in_address"
    """It stood in the address of a request, where logs and browsers keep it."""


def make(
    session: Session,
    organisation: Organisation,
    *,
    actions: Iterable[Action],
    activities: Iterable[str] | None = None,
    life: timedelta = LONGEST_LIFE,
    now: datetime,
) -> tuple[ApiKey, str]:
    """Make a key; return its row, and the key itself, which nobody can show again.

    Raises ApiKeyLimit for a third active one, or a life that is too long or none.
    """
    if not timedelta(0) < life <= LONGEST_LIFE:
        raise ApiKeyLimit(f"a key lives from 1 to {LONGEST_LIFE.days} days")
    # One after the other: two at once cannot both be the last one allowed.
    session.refresh(organisation, with_for_update=True)
    active = [key for key in of(session, organisation) if is_active(key, now)]
    if len(active) >= MOST_ACTIVE:
        raise ApiKeyLimit(
            f"{organisation.slug} has {MOST_ACTIVE} active keys already "
            f"({', '.join(key.id for key in active)}); revoke one of them first"
        )
    text = _draw()
    key = ApiKey(
        id=f"key_{secrets.token_hex(16)}",
        organisation_id=organisation.id,
        digest=_digest(text),
        hint=text[-_HINT:],
        actions=sorted(actions),
        activities=None if activities is None else sorted(activities),
        created_at=now,
        expires_at=now + life,
        revoked_at=None,
        revoked_reason=None,
        last_used_on=None,
    )
    session.add(key)
    session.flush()
    return key, text


def authenticate(session: Session, text: str, now: datetime) -> ApiKey:
    """Return the active key that `text` is. Raises ApiKeyRefused, whatever the reason.

    Asks the database each time, so that a revoked key opens nothing from that moment on.
    """
    key = _find(session, text)
    if key is None or not is_active(key, now):
        raise ApiKeyRefused("no active key")
    return key


def note_use(session: Session, key: ApiKey, now: datetime) -> bool:
    """Write down that a key was used today; tell whether that was news. A day, never an hour."""
    noted = session.scalar(
        update(ApiKey)
        .where(
            ApiKey.id == key.id,
            or_(ApiKey.last_used_on.is_(None), ApiKey.last_used_on < now.date()),
        )
        .values(last_used_on=now.date())
        .returning(ApiKey.id)
        .execution_options(synchronize_session=False)
    )
    return noted is not None


def revoke(session: Session, key: ApiKey, *, reason: Revoked, now: datetime) -> None:
    """End a key from this moment on; one that is over stays as it is."""
    session.execute(
        update(ApiKey)
        .where(ApiKey.id == key.id, ApiKey.revoked_at.is_(None))
        .values(revoked_at=now, revoked_reason=str(reason))
        .execution_options(synchronize_session=False)
    )
    session.refresh(key)


def found_in(session: Session, text: str) -> list[ApiKey]:
    """Return every key of ours that stands somewhere in `text`, revoked or not."""
    keys = [_find(session, match[0]) for match in SHAPE.finditer(text)]
    return [key for key in keys if key is not None]


def of(session: Session, organisation: Organisation) -> list[ApiKey]:
    """Return every key that an organisation ever had, the oldest first."""
    return list(
        session.scalars(
            select(ApiKey)
            .where(ApiKey.organisation_id == organisation.id)
            .order_by(ApiKey.created_at, ApiKey.id)
        )
    )


def is_active(key: ApiKey, now: datetime) -> bool:
    """Tell whether a key opens anything at this moment."""
    return key.revoked_at is None and now < key.expires_at


def _find(session: Session, text: str) -> ApiKey | None:
    shaped = SHAPE.fullmatch(text)
    if shaped is None or _checksum(shaped[1]) != shaped[2]:
        return None
    return session.scalar(select(ApiKey).where(ApiKey.digest == _digest(text)))


def _draw() -> str:
    body = _base32(secrets.token_bytes(_SECRET_BYTES))
    return f"{PREFIX}{body}{_checksum(body)}"


def _checksum(body: str) -> str:
    return _base32(zlib.crc32(f"{PREFIX}{body}".encode()).to_bytes(4))


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=").lower()


def _digest(text: str) -> bytes:
    """Return the digest kept of a key. 256 random bits need neither salt nor key."""
    return hashlib.sha256(text.encode()).digest()
