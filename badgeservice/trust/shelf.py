"""The lists that an operator has chosen to follow: taken in, shown, removed; keys confirmed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from badgeservice.errors import IssuerListNotFound, IssuerListRefused
from badgeservice.openbadges import strict_json, timestamps
from badgeservice.storage import chain, locks
from badgeservice.storage.locks import Turn
from badgeservice.trust import lists
from badgeservice.trust.lists import ListOfIssuers
from badgeservice.trust.models import IssuerKey, IssuerList


def take_in(
    session: Session, data: bytes, *, publisher: str | None, actor: str, now: datetime
) -> ListOfIssuers:
    """Verify a list and follow it from now on, in place of the one before; return what it says.

    `publisher` is the did:key that signs it; None for the one by which it is known already. Commits.
    Raises `IssuerListRefused`: also for a list that is older than the one before, even removed
    since, for whoever can replay an old list could bring back whom it no longer names.
    """
    locks.serialise(session, Turn.AUDIT_CHAIN)
    row = session.get(IssuerList, _id_in(data))
    signer = publisher or (row.publisher if row else None)
    if signer is None:
        raise IssuerListRefused("not known yet: say whose did:key signs it, with --publisher")
    document, found = lists.verified(data, publisher=signer)
    content = strict_json.dumps(document)
    digest = hashlib.sha256(content).hexdigest()
    if found.issued > now:
        raise IssuerListRefused(f"issued in the future, at {timestamps.write(found.issued)}")
    if row is not None and (found.issued < row.issued or _is_rival(row, found.issued, digest)):
        raise IssuerListRefused(
            f"not newer than the list of {timestamps.write(row.issued)}, which is known already",
            code="issuer_list_older",
        )
    row = row or IssuerList(id=found.id)
    row.publisher, row.issued, row.valid_until = signer, found.issued, found.valid_until
    row.digest, row.content = digest, content
    row.imported_at, row.removed_at = now, None
    session.add(row)
    chain.append(
        session,
        actor=actor,
        action="issuer_list_imported",
        subject=found.id,
        details={"digest": digest, "publisher": signer, "issuers": len(found.issuers)},
        now=now,
    )
    session.commit()
    return found


def remove(session: Session, id: str, *, actor: str, now: datetime) -> None:
    """Follow a list no longer. Commits. Raises `IssuerListNotFound`."""
    locks.serialise(session, Turn.AUDIT_CHAIN)
    row = session.get(IssuerList, id)
    if row is None or row.removed_at is not None:
        raise IssuerListNotFound(f"{id[:300]}: no such list is followed")
    row.removed_at = now
    chain.append(
        session, actor=actor, action="issuer_list_removed", subject=id, details={}, now=now
    )
    session.commit()


def followed(session: Session) -> list[tuple[IssuerList, ListOfIssuers]]:
    """Return the lists that are followed, expired ones included, by their ids."""
    rows = select(IssuerList).where(IssuerList.removed_at.is_(None)).order_by(IssuerList.id)
    return [(row, lists.read(lists.loaded(row.content))) for row in session.scalars(rows)]


def keys(session: Session, identifier: str) -> Sequence[IssuerKey]:
    """Return the keys seen of an issuer, the first one first."""
    rows = select(IssuerKey).where(IssuerKey.issuer == identifier)
    return session.scalars(rows.order_by(IssuerKey.first_seen, IssuerKey.thumbprint)).all()


def confirm(
    session: Session, identifier: str, thumbprint: str, *, actor: str, now: datetime
) -> None:
    """Let a key that came later count for its issuer. Commits. Raises `IssuerListNotFound`."""
    locks.serialise(session, Turn.AUDIT_CHAIN)
    row = session.get(IssuerKey, (identifier, thumbprint))
    if row is None:
        raise IssuerListNotFound(f"{identifier[:300]}: no such key was seen")
    row.confirmed_at = now
    chain.append(
        session,
        actor=actor,
        action="issuer_key_confirmed",
        subject=identifier,
        details={"thumbprint": thumbprint},
        now=now,
    )
    session.commit()


def _id_in(data: bytes) -> str:
    """Return which list this says it is: only to find by whom it should be signed."""
    document = lists.loaded(data)
    return lists.read(document).id


def _is_rival(row: IssuerList, issued: datetime, digest: str) -> bool:
    """Tell whether a list has the time of another and is not the same."""
    return issued == row.issued and digest != row.digest
