"""The verdict on one of our own badges, asked anew each time someone looks."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from badgeservice.issuing import shelf
from badgeservice.issuing.hosting import Hosting, own_fetch
from badgeservice.issuing.models import Badge, Format
from badgeservice.issuing.office import Office
from badgeservice.issuing.register import DatabaseRegister
from badgeservice.verification import Report, recognise, verify
from badgeservice.verification.issuers import NOBODY_KNOWN, Issuers


def report_for(
    session: Session,
    office: Office,
    badge: Badge,
    *,
    now: datetime,
    issuers: Issuers = NOBODY_KNOWN,
) -> Report:
    """Return what our verifier says of a badge's stored bytes, as of `now`.

    `issuers` are those we know, among whom its endorsers may be.

    Raises CredentialNotFound or HolderErased when the bytes are no longer there.
    """
    return verify(
        recognise(shelf.take(session, office.vault, badge, Format.JSON)),
        fetch=own_fetch(Hosting(session, office)),
        register=DatabaseRegister(session, office),
        now=now,
        issuers=issuers,
    )
