"""Where rows about a person could be: read from the tables themselves, so that a new one is seen.

A column leads to a person when it is called `person_id` or `holder_id`, or refers to `person.id`; the
owner of a job may be a person.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Column, select
from sqlalchemy.orm import Session

from badgeservice.erasure.ledger import ErasureLedger
from badgeservice.errors import ErasureLedgerDamaged
from badgeservice.issuing.models import Badge, CredentialBytes
from badgeservice.storage.base import Base
from badgeservice.storage.chain import AuditEvent

_NAMES = {"person_id", "holder_id"}
_MAY_BE_A_PERSON = {("person", "id"), ("job", "owner")}


def of(session: Session, person_id: str) -> list[str]:
    """Return the tables that hold a row of this person."""
    return sorted(
        column.table.name
        for column in columns()
        if session.execute(select(column).where(column == person_id).limit(1)).first()
    )


def columns() -> Iterator[Column[str]]:
    """Yield every column that leads to a person, one for each table."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            refers = any(key.target_fullname == "person.id" for key in column.foreign_keys)
            may_be = (table.name, column.name) in _MAY_BE_A_PERSON
            if may_be or refers or column.name in _NAMES:
                yield column


def findings(session: Session, ledger: ErasureLedger) -> Iterator[tuple[str, str]]:
    """Yield what an audit finds of those who were erased: (who or what, the problem)."""
    try:
        erased = {entry.holder for entry in ledger.entries()}
    except ErasureLedgerDamaged as error:
        yield "erasure ledger", error.message
        return
    told = set(session.scalars(select(AuditEvent.subject).where(AuditEvent.action == "erase")))
    for holder in sorted(erased | told):
        if holder not in erased:
            yield holder, "erased according to the chain, and not in the ledger"
        if tables := of(session, holder):
            yield holder, f"erased, and still in {', '.join(tables)}; run replay-erasures"
        elif holder not in told:
            yield holder, "in the ledger, and the chain does not tell of it"
    kept = (
        select(Badge.public_id)
        .join(CredentialBytes, CredentialBytes.public_id == Badge.public_id)
        .where(Badge.holder_erased_at.is_not(None))
        .distinct()
    )
    for public_id in session.scalars(kept):
        yield public_id, "its holder was erased, and its bytes are kept"
