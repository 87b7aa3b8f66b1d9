"""Status lists: a random place for each edition of a badge, and the published bytes.

A place is reserved at random and never used again, so that its number says nothing of order or
volume. The bits follow from the register; publishing sets those of what has just ended and writes
the signed list with a version and a date that only grow, in the transaction that changed the
register.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from badgeservice.errors import BadgeserviceError, ConflictingChange
from badgeservice.issuing.key_registry import KeyState
from badgeservice.issuing.models import (
    Badge,
    BadgeState,
    CarriedBit,
    Credential,
    GivenEndorsement,
    Intent,
    StatusList,
)
from badgeservice.issuing.office import Office
from badgeservice.issuing.signer import CLOCK_SKEW, Purpose
from badgeservice.openbadges import status_list, strict_json, v3
from badgeservice.openbadges.keys import PublicKey
from badgeservice.openbadges.proofs import eddsa_rdfc_2022
from badgeservice.storage import locks
from badgeservice.storage.locks import Turn

ENTRIES = 131_072
"""Entries of a list: the least that Bitstring Status List v1.0 §2.2 allows for herd privacy."""

TIME_TO_LIVE_MS = 300_000
"""How long others may keep a copy, in milliseconds (the list's `ttl`)."""


def address(base_url: str, number: int) -> str:
    """Return the public address of a list."""
    return f"{base_url}/status/{number}"


def number_of(base_url: str, address: str) -> int | None:
    """Return the number of the list at an address of ours, None for any other address."""
    number = address.removeprefix(f"{base_url}/status/")
    # A number that needs more than nine digits does not fit into its column.
    is_ours = number != address and number.isascii() and number.isdigit() and len(number) <= 9
    return int(number) if is_ours else None


def reserve(
    session: Session, office: Office, count: int = 1, *, now: datetime
) -> list[tuple[int, int]]:
    """Return `count` free places (list number, index), drawn at random.

    A list is opened when the last is half full. Reservations take turns; the unique constraint on
    intents would stop two of one place.
    """
    locks.serialise(session, Turn.STATUS_LISTS)
    newest = select(StatusList).order_by(StatusList.number.desc()).limit(1)
    current = session.scalar(newest.execution_options(populate_existing=True))
    places: list[tuple[int, int]] = []
    while len(places) < count:
        if current is None or current.reserved >= ENTRIES // 2:
            current = _open(session, office, number=current.number + 1 if current else 1, now=now)
        some = min(count - len(places), ENTRIES // 2 - current.reserved)
        current.reserved += some
        places += [(current.number, index) for index in _draw(session, current.number, some)]
    return places


def _draw(session: Session, number: int, count: int) -> list[int]:
    """Return `count` places of a list that nobody has."""
    drawn: dict[int, None] = {}
    while len(drawn) < count:
        # At most half of the places are taken, so a few rounds suffice.
        fresh = {secrets.randbelow(ENTRIES): None for _ in range(count - len(drawn))}
        for table in (Intent, GivenEndorsement):
            taken = session.scalars(
                select(table.status_index).where(
                    table.status_list == number, table.status_index.in_(fresh)
                )
            )
            for index in taken:
                fresh.pop(index)
        drawn |= fresh
    return list(drawn)


def publish(
    session: Session,
    office: Office,
    number: int,
    *,
    ended: Iterable[int],
    now: datetime,
    anew: bool = False,
) -> int:
    """Set the bits at `ended` in a list, sign it, replace its bytes, and return its new version.

    What was published is the beginning (with `anew`, what the register says), so that it costs the same whatever the register holds; the
    audit compares the two. Publishers take turns, and the version is compared and swapped, so that an older snapshot never
    replaces a newer one. Its date never goes back, or its readers would refuse it. Raises
    ConflictingChange when the list was changed all the same, or was last published so long after
    `now` that one of the clocks is wrong.
    """
    locks.serialise(session, Turn.STATUS_LISTS)
    session.flush()
    version, published_at, published = session.execute(
        select(StatusList.version, StatusList.published_at, StatusList.published).where(
            StatusList.number == number
        )
    ).one()
    # Whoever asked first may have waited for the turn, or have a clock that is a little behind.
    dated = max(now, published_at)
    if dated - now > CLOCK_SKEW:
        raise ConflictingChange(
            f"status list {number} was published at {published_at.isoformat()}, which is later "
            f"than {now.isoformat()}; check the clock of this machine"
        )
    before = None if anew else _bits(published)
    if before is None:
        before = status_list.setting(bytes(ENTRIES // 8), withdrawn(session, number))
    swapped = session.execute(
        update(StatusList)
        .where(StatusList.number == number, StatusList.version == version)
        .values(
            version=StatusList.version + 1,
            published_at=dated,
            published=_sign(office, number, status_list.setting(before, ended), now=dated),
        )
    )
    if swapped.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE has a row count
        raise ConflictingChange(f"status list {number} changed while it was being signed")
    return int(version) + 1


def last_published(session: Session, now: datetime) -> datetime:
    """Return `now`, or when a list was last published if that is later."""
    last = session.scalar(select(func.max(StatusList.published_at)))
    return max(now, last) if last else now


def publish_compromised(session: Session, office: Office, *, now: datetime) -> list[int]:
    """Publish anew every list that is damaged or that a compromised key has signed; return which.

    Strangers no longer believe such a key, and a list that nobody believes makes every badge in it
    unverifiable. Raises as `publish` does.
    """
    issuer = office.issuer
    doubtful = {
        issuer.method(kid)
        for kid, entry in office.keyring.entries.items()
        if entry.state is KeyState.COMPROMISED
    }
    numbers = [
        row.number
        for row in session.scalars(select(StatusList).order_by(StatusList.number))
        if signed_by(row) in doubtful or not is_whole(office, row)
    ]
    for number in numbers:
        # Whoever has the key may have changed the list: what the register says is set again.
        publish(session, office, number, ended=(), now=now, anew=True)
    return numbers


def is_whole(office: Office, row: StatusList) -> bool:
    """Tell whether a list as it is published is what a key of ours has signed.

    Of the same bytes it is found out once.
    """
    method = signed_by(row)
    keys = {office.issuer.method(kid): key for kid, key in office.keyring.entries.items()}
    return method in keys and _verifies(row.published, keys[method].public_key)


@lru_cache(maxsize=64)
def _verifies(published: bytes, key: PublicKey) -> bool:
    try:
        document = strict_json.loads(published)
        eddsa_rdfc_2022.verify(document, key)
        status_list.decode(document["credentialSubject"]["encodedList"])
    except (BadgeserviceError, KeyError, TypeError):
        return False
    return True


def signed_by(row: StatusList) -> str | None:
    """Return the address of the key that signed a list as it is published, None if it is damaged."""
    try:
        return str(strict_json.loads(row.published)["proof"][0]["verificationMethod"])
    except (BadgeserviceError, KeyError, IndexError, TypeError):
        return None


def withdrawn(session: Session, number: int) -> list[int]:
    """Return the indices of list `number` whose edition the register says is no longer in force.

    Revoked, withdrawn by its holder, or replaced by a newer edition. A suspension is not published.
    An endorsement that we gave and took back has its bit in the same lists, and so has what was
    withdrawn after the backup from which this register was restored.
    """
    carried = select(CarriedBit.status_index).where(CarriedBit.status_list == number)
    endorsements = select(GivenEndorsement.status_index).where(
        GivenEndorsement.status_list == number, GivenEndorsement.withdrawn_at.is_not(None)
    )
    return sorted(
        set(
            session.scalars(
                select(Intent.status_index)
                .join(
                    Credential,
                    (Credential.public_id == Intent.public_id)
                    & (Credential.edition == Intent.edition),
                )
                .join(Badge, Badge.public_id == Intent.public_id)
                .where(
                    Intent.status_list == number,
                    or_(
                        Badge.state.in_((BadgeState.REVOKED, BadgeState.WITHDRAWN)),
                        Credential.superseded_at.is_not(None),
                    ),
                )
                .union_all(endorsements, carried)
            )
        )
    )


def _open(session: Session, office: Office, *, number: int, now: datetime) -> StatusList:
    """Begin a list in which nothing is revoked."""
    opened = StatusList(
        number=number,
        version=1,
        reserved=0,
        published_at=now,
        published=_sign(office, number, bytes(ENTRIES // 8), now=now),
    )
    session.add(opened)
    session.flush()
    return opened


def _bits(published: bytes) -> bytes | None:
    """Return the bits of a list as it was published, None if it is damaged."""
    try:
        subject = strict_json.loads(published)["credentialSubject"]
        return status_list.decode(subject["encodedList"])
    except (BadgeserviceError, KeyError, TypeError):
        return None


def _sign(office: Office, number: int, bits: bytes, *, now: datetime) -> bytes:
    document = v3.status_list_credential(
        id=address(office.base_url, number),
        issuer=office.issuer.id,
        valid_from=now,
        encoded_list=status_list.pack(bits),
        ttl=TIME_TO_LIVE_MS,
    )
    return strict_json.dumps(office.signer.secure(document, Purpose.STATUS_LIST, now=now))
