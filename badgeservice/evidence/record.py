"""Evidence is written down here, and only here; nothing is ever written over.

Functions flush; the caller commits.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from badgeservice.catalogue.strength import Strength
from badgeservice.errors import (
    ConflictingChange,
    EvidenceConflict,
    EvidenceNotFound,
    EvidenceRefused,
)
from badgeservice.evidence import facts
from badgeservice.evidence.facts import Claim, Fact, Identity, Kind, Outcome
from badgeservice.evidence.models import Evidence, State
from badgeservice.storage.vault import Vault

_ID_BYTES = 16
_STATEMENT = "evidence.statement"

CEILINGS = {
    Kind.QUIZ: Strength.ONLINE_QUIZ,
    Kind.MANUAL: Strength.OBSERVED_AT_WORK,
    Kind.PARTNER_RESULT: Strength.OBSERVED_AT_WORK,  # the agreement says how much of it
}
"""The most that each kind of evidence can ever support. What has no ceiling cannot be recorded."""


def record(session: Session, vault: Vault, claim: Claim, *, now: datetime) -> Evidence:
    """Write a claim down as evidence, and return the row.

    A claim that was recorded before (same source, same reference) is not recorded again: the row
    is returned as it is, even if it was withdrawn since. Raises EvidenceConflict when the source
    now says something else: that is a correction, see `replace`. Raises EvidenceRefused for a claim
    that contradicts itself, comes from the future, or is stronger than its kind can be.
    """
    _check(claim, now)
    if known := latest(session, claim.source_organisation, claim.reference):
        return _same(session, vault, known, claim)
    row = _row(session, vault, claim, edition=1, replaces=None, now=now)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        # The same claim was being recorded beside us, or its person or source does not exist.
        known = latest(session, claim.source_organisation, claim.reference)
        if known is None:
            raise
        return _same(session, vault, known, claim)
    return row


def replace(
    session: Session, vault: Vault, evidence_id: str, claim: Claim, *, now: datetime
) -> Evidence:
    """Record what a source now says of a deed that it reported before, and return the new row.

    The former edition stays, as replaced. Raises EvidenceRefused when the claim is about another
    person or another deed, ConflictingChange when the former no longer is valid.
    """
    _check(claim, now)
    former = _get(session, evidence_id)
    _same_deed(former, claim)
    _close(session, former, State.REPLACED, reason=None, now=now)
    row = _row(session, vault, claim, edition=former.edition + 1, replaces=evidence_id, now=now)
    session.add(row)
    session.flush()
    return row


def renew(
    session: Session, vault: Vault, evidence_id: str, claim: Claim, *, now: datetime
) -> Evidence:
    """Record a deed anew that its source had withdrawn, and return the new row.

    What was withdrawn stays withdrawn. Raises EvidenceRefused for another deed, ConflictingChange
    when the former is not withdrawn, or was renewed already.
    """
    _check(claim, now)
    former = _get(session, evidence_id)
    _same_deed(former, claim)
    if former.state != State.WITHDRAWN:
        raise ConflictingChange(f"evidence {evidence_id} is not withdrawn")
    row = _row(session, vault, claim, edition=former.edition + 1, replaces=evidence_id, now=now)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise ConflictingChange(f"evidence {evidence_id} was recorded anew") from None
    return row


def withdraw(session: Session, evidence_id: str, *, reason: str, now: datetime) -> Evidence:
    """Mark evidence that its source no longer stands by, and return it.

    `reason` is a code, never a sentence about the person. Withdrawing twice changes nothing.
    Raises ConflictingChange when the evidence was replaced meanwhile.
    """
    row = _get(session, evidence_id)
    if row.state != State.WITHDRAWN:
        _close(session, row, State.WITHDRAWN, reason=reason, now=now)
    return row


def forget(session: Session, person_id: str) -> None:
    """Delete every piece of evidence about a person who is being erased, whatever its edition."""
    session.execute(delete(Evidence).where(Evidence.person_id == person_id))


def for_person(session: Session, person_id: str) -> list[Evidence]:
    """Return the evidence about a person that counts, the oldest deed first."""
    return list(
        session.scalars(
            select(Evidence)
            .where(Evidence.person_id == person_id, Evidence.state == State.VALID)
            .order_by(Evidence.occurred_at, Evidence.id)
        )
    )


def latest(session: Session, organisation_id: str, reference: str) -> Evidence | None:
    """Return the last that a source said of a deed, whatever its state; None for an unknown one."""
    return session.scalar(
        select(Evidence)
        .where(Evidence.source_organisation == organisation_id, Evidence.reference == reference)
        .order_by(Evidence.edition.desc())
        .limit(1)
    )


def fact(row: Evidence) -> Fact:
    """Return what a row says, as a value."""
    return Fact(
        id=row.id,
        activity=row.activity,
        activity_version=row.activity_version,
        content_digest=row.content_digest,
        competences=tuple(row.competences),
        level=row.level,
        strength=Strength(row.strength),
        identity=Identity(row.identity),
        outcome=Outcome(row.outcome),
        score=row.score,
        threshold=row.threshold,
        critical_passed=row.critical_passed,
        source_organisation=row.source_organisation,
        method=row.method,
        occurred_at=row.occurred_at,
        details=facts.details_from_json(Kind(row.kind), row.details),
    )


def statement(session: Session, vault: Vault, row: Evidence) -> str | None:
    """Return what was written about the person, None when nothing was.

    Raises HolderErased when the person has been erased.
    """
    if row.statement is None:
        return None
    return vault.unseal_text(session, row.person_id, _STATEMENT, row.statement)


def _check(claim: Claim, now: datetime) -> None:
    """Raise EvidenceRefused unless the claim could be true."""
    if claim.occurred_at > now:
        raise EvidenceRefused(f"{claim.reference} has not happened yet", code="evidence_future")
    if claim.kind not in CEILINGS:
        raise EvidenceRefused(f"a {claim.kind} is not recorded as evidence")
    if claim.strength > CEILINGS[claim.kind]:
        raise EvidenceRefused(
            f"a {claim.kind} supports at most “{CEILINGS[claim.kind].words.en}”",
            code="evidence_too_strong",
        )
    if claim.kind == Kind.QUIZ and claim.score is None:
        raise EvidenceRefused(f"{claim.reference} is a quiz without a score")
    if (claim.score is None) != (claim.threshold is None):
        raise EvidenceRefused(f"{claim.reference} has a score or a threshold without the other")
    if claim.score is not None and claim.threshold is not None:
        if not (0 <= claim.score <= 1 and 0 <= claim.threshold <= 1):
            raise EvidenceRefused(f"{claim.reference} has a score that is not a share of 1")
        if claim.outcome == Outcome.ACHIEVED and claim.score < claim.threshold:
            raise EvidenceRefused(f"{claim.reference} is achieved, but below its threshold")
    if not claim.competences:
        raise EvidenceRefused(f"{claim.reference} is evidence of no competence")


def _row(
    session: Session,
    vault: Vault,
    claim: Claim,
    *,
    edition: int,
    replaces: str | None,
    now: datetime,
) -> Evidence:
    return Evidence(
        id=f"ev_{secrets.token_hex(_ID_BYTES)}",
        **_columns(claim),
        edition=edition,
        replaces=replaces,
        statement=None
        if claim.statement is None
        else vault.seal(session, claim.person_id, _STATEMENT, claim.statement),
        recorded_at=now,
        state=State.VALID,
        state_since=now,
    )


def _columns(claim: Claim) -> dict[str, Any]:
    """Return what a row says of a claim in the open."""
    return {
        "person_id": claim.person_id,
        "kind": claim.kind,
        "activity": claim.activity,
        "activity_version": claim.activity_version,
        "content_digest": claim.content_digest,
        "competences": list(claim.competences),
        "level": claim.level,
        "strength": claim.strength,
        "identity": claim.identity,
        "outcome": claim.outcome,
        "score": claim.score,
        "threshold": claim.threshold,
        "critical_passed": claim.critical_passed,
        "source_organisation": claim.source_organisation,
        "reference": claim.reference,
        "agent": claim.agent,
        "method": claim.method,
        "details": facts.details_as_json(claim.details),
        "occurred_at": claim.occurred_at,
    }


def _same_deed(former: Evidence, claim: Claim) -> None:
    for name in ("person_id", "source_organisation", "reference"):
        if getattr(former, name) != getattr(claim, name):
            raise EvidenceRefused(f"a correction of {former.id} cannot change its {name}")


def _same(session: Session, vault: Vault, row: Evidence, claim: Claim) -> Evidence:
    """Return `row` if it says what `claim` says; raise EvidenceConflict naming what differs."""
    differences = [name for name, value in _columns(claim).items() if getattr(row, name) != value]
    if statement(session, vault, row) != claim.statement:
        differences.append("statement")
    if differences:
        raise EvidenceConflict(
            f"{claim.reference} was reported before with another {', '.join(differences)}"
        )
    return row


def _get(session: Session, evidence_id: str) -> Evidence:
    row = session.get(Evidence, evidence_id)
    if row is None:
        raise EvidenceNotFound(f"no evidence {evidence_id}")
    return row


def _close(
    session: Session, row: Evidence, state: State, *, reason: str | None, now: datetime
) -> None:
    """End the validity of a row; raise ConflictingChange when someone else has ended it first."""
    changed = session.execute(
        update(Evidence)
        .where(Evidence.id == row.id, Evidence.state == State.VALID)
        .values(state=state, state_since=now, state_reason=reason)
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE has a row count
        raise ConflictingChange(f"evidence {row.id} is no longer valid")
    session.refresh(row)
