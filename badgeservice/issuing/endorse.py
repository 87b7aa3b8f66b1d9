"""Endorsements that we give: signed like a badge, hosted, and taken back through a status list.

Nothing is signed that was not written down first: a row with its address and its place in a list.
"""

from __future__ import annotations

import re
import secrets
from datetime import datetime

from sqlalchemy.orm import Session

from badgeservice.errors import CredentialNotFound, EndorsementRefused, SelfCheckFailed
from badgeservice.issuing import halting, status_lists
from badgeservice.issuing.hosting import Hosting, own_fetch
from badgeservice.issuing.models import GivenEndorsement
from badgeservice.issuing.office import Office
from badgeservice.issuing.register import DatabaseRegister
from badgeservice.issuing.signer import Purpose
from badgeservice.openbadges import multibase, strict_json, v3
from badgeservice.storage import chain
from badgeservice.verification import recognise, verify_endorsement
from badgeservice.verification.words import Language

_PUBLIC_ID_BYTES = 16


def give(
    session: Session,
    office: Office,
    *,
    endorsed: str,
    name: str,
    comment: str,
    language: Language,
    valid_until: datetime | None,
    actor: str,
    now: datetime,
) -> bytes:
    """Endorse what has the id `endorsed` somewhere else, and return the signed endorsement.

    `comment` is Markdown, `language` that of our own profile in it. Commits twice: the plan, then
    the signature. Raises EndorsementRefused for what cannot be signed, and IssuingHalted.
    """
    halting.refuse(session)
    if _is_ours(office, endorsed):
        raise EndorsementRefused(f"{endorsed} is our own: an endorsement is the word of another")
    if valid_until is not None and valid_until <= now:
        raise EndorsementRefused(f"it would end at {valid_until.isoformat()}, which has passed")
    [(number, index)] = status_lists.reserve(session, office, now=now)
    public_id = multibase.base58_encode(secrets.token_bytes(_PUBLIC_ID_BYTES))
    row = GivenEndorsement(
        public_id=public_id,
        address=f"{office.base_url}/endorsements/{public_id}",
        endorsed=endorsed,
        status_list=number,
        status_index=index,
        given_at=now,
        valid_until=valid_until,
    )
    unsigned = v3.endorsement(
        id=row.address,
        name=name,
        endorsed=endorsed,
        comment=comment,
        issuer=office.issuer.profile(language),
        valid_from=now,
        valid_until=valid_until,
        status=v3.status_entry(status_lists.address(office.base_url, number), index),
    )
    if problems := v3.lint_endorsement(unsigned):
        raise EndorsementRefused("; ".join(str(problem) for problem in problems))
    session.add(row)
    session.commit()
    row.content = strict_json.dumps(office.signer.secure(unsigned, Purpose.ENDORSEMENT, now=now))
    session.flush()
    _self_check(session, office, row, now=now)
    halting.refuse(session)
    chain.append(
        session,
        actor=actor,
        action="endorse",
        subject=public_id,
        details={"endorsed": endorsed},
        now=now,
    )
    session.commit()
    return row.content


def take_back(
    session: Session, office: Office, address: str, *, actor: str, now: datetime
) -> GivenEndorsement:
    """Take back the endorsement at `address`, or with that last part; return it.

    Once taken back it stays so. Raises CredentialNotFound.
    """
    row = session.get(GivenEndorsement, address.rsplit("/", 1)[-1])
    if row is None or row.content is None:
        raise CredentialNotFound(f"{address}: no endorsement of ours")
    if row.withdrawn_at is None:
        row.withdrawn_at = now
        status_lists.publish(session, office, row.status_list, ended=[row.status_index], now=now)
        chain.append(
            session,
            actor=actor,
            action="take back",
            subject=row.public_id,
            details={"endorsed": row.endorsed},
            now=now,
        )
        session.commit()
    return row


def _is_ours(office: Office, id: str) -> bool:
    return (
        id == office.issuer.id
        or re.match(re.escape(office.base_url) + r"(?:[/?#]|\Z)", id) is not None
    )


def _self_check(session: Session, office: Office, row: GivenEndorsement, *, now: datetime) -> None:
    """Refuse to release what our own verifier, asked like a stranger, would not call good."""
    assert row.content is not None, "it was just signed"
    found = verify_endorsement(
        recognise(row.content),
        fetch=own_fetch(Hosting(session, office)),
        register=DatabaseRegister(session, office),
        now=now,
    )
    if not found.is_good:
        reasons = ", ".join(str(finding.code) for finding in found.report.problems)
        raise SelfCheckFailed(f"the endorsement {row.address} is not good: {reasons}")
