"""Endorsements that others gave to our badge classes: verified, kept, embedded while they stand.

What is kept was found good by the public walk, by the endorser's own key. Badges that are issued
afterwards carry it inside, with its own proof; the class itself never changes for it.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from badgeservice.catalogue import achievement, classes
from badgeservice.catalogue.models import BadgeClassVersion
from badgeservice.catalogue.strength import Strength
from badgeservice.errors import EndorsementRefused, Unreadable
from badgeservice.issuing import build
from badgeservice.issuing.build import Choices, Grounds, Place
from badgeservice.issuing.models import ReceivedEndorsement, Visibility
from badgeservice.issuing.office import Office
from badgeservice.openbadges import Document, strict_json, v3
from badgeservice.storage import chain
from badgeservice.verification import (
    EndorsementReport,
    Submission,
    reading,
    recognise,
    verify,
    verify_endorsement,
    words,
)
from badgeservice.verification.checks.profile import MAXIMUM_ENDORSEMENTS
from badgeservice.verification.codes import Check, Outcome
from badgeservice.verification.fetching import Fetch, Fetched, FetchFailed
from badgeservice.verification.register import EmptyRegister
from badgeservice.verification.submission import Kind
from badgeservice.verification.words import Language

MAXIMUM_BYTES = 8_192
"""Five of these and a badge still fit into an image and a token that others read."""


class Kept(NamedTuple):
    """What adding an endorsement did: the row, and the address of the one it takes the place of."""

    row: ReceivedEndorsement
    replaces: str | None


def add(
    session: Session, office: Office, data: bytes, *, fetch: Fetch, actor: str, now: datetime
) -> Kept:
    """Verify an endorsement of a class of ours and keep it; commit.

    Adding what is kept already verifies it anew. The newest of an endorser takes the place of its
    former one. Raises EndorsementRefused saying why; what was kept and is certainly no longer good
    is removed then.
    """
    submission = _read(data)
    if reading.reference(submission.document or {}, "issuer") == office.issuer.id:
        raise EndorsementRefused("it is by ourselves; an endorsement is the word of another")
    found = verify_endorsement(submission, fetch=fetch, register=EmptyRegister(), now=now)
    content = strict_json.dumps(submission.document or {})
    digest = hashlib.sha256(content).hexdigest()
    row = session.get(ReceivedEndorsement, digest)
    if not found.is_good:
        reason = _why_not(found)
        if row is not None and row.removed_at is None and found.is_bad:
            _remove(session, row, actor=actor, now=now)
            reason += "; it was kept, and has been removed"
        raise EndorsementRefused(reason)
    if row is None:
        row = _checked(session, office, submission, found, content, digest, now=now)
    former = session.scalar(
        select(ReceivedEndorsement).where(
            ReceivedEndorsement.achievement == row.achievement,
            ReceivedEndorsement.endorser == row.endorser,
            ReceivedEndorsement.digest != digest,
            ReceivedEndorsement.removed_at.is_(None),
        )
    )
    _refuse_crowd(session, office, row, former, now=now)
    if former is not None:
        former.removed_at = now
    row.verified_at, row.removed_at = now, None
    session.add(row)
    chain.append(
        session,
        actor=actor,
        action="keep endorsement",
        subject=row.digest,
        details={"achievement": row.achievement, "replaces": former.digest if former else None},
        now=now,
    )
    session.commit()
    return Kept(row, former.address if former else None)


def remove(
    session: Session, address: str, *, actor: str, now: datetime
) -> list[ReceivedEndorsement]:
    """Stop embedding and showing the endorsements with this id; commit, and return them.

    Badges that carry them keep them. Raises EndorsementRefused when none is kept.
    """
    rows = list(
        session.scalars(
            select(ReceivedEndorsement).where(
                ReceivedEndorsement.address == address, ReceivedEndorsement.removed_at.is_(None)
            )
        )
    )
    if not rows:
        raise EndorsementRefused(f"{address}: no endorsement with this id is kept")
    for row in rows:
        _remove(session, row, actor=actor, now=now)
    return rows


def everything(session: Session) -> list[ReceivedEndorsement]:
    """Return every endorsement that is kept, by class and then by age."""
    return list(
        session.scalars(
            select(ReceivedEndorsement)
            .where(ReceivedEndorsement.removed_at.is_(None))
            .order_by(ReceivedEndorsement.achievement, ReceivedEndorsement.received_at)
        )
    )


def kept(
    session: Session, office: Office, version: BadgeClassVersion, *, language: str
) -> list[Document]:
    """Return the endorsements of a class in one language, oldest first, whatever their dates."""
    return [
        strict_json.load_object(row.content)
        for row in _rows(session, office, version, language=language)
    ]


def standing(
    session: Session, office: Office, version: BadgeClassVersion, *, language: str, now: datetime
) -> list[Document]:
    """Return those of the endorsements of a class that are within their time: what badges embed."""
    return [
        strict_json.load_object(row.content)
        for row in _rows(session, office, version, language=language)
        if row.valid_from <= now and (row.valid_until is None or now <= row.valid_until)
    ]


def verified_at(session: Session, address: str | None) -> datetime | None:
    """Return when we last found an endorsement with this id good, None for one we never kept."""
    return session.scalar(
        select(ReceivedEndorsement.verified_at)
        .where(ReceivedEndorsement.address == address)
        .order_by(ReceivedEndorsement.verified_at.desc())
        .limit(1)
    )


def _rows(
    session: Session, office: Office, version: BadgeClassVersion, *, language: str
) -> list[ReceivedEndorsement]:
    id = achievement.achievement_id(version, language=language, base_url=office.base_url)
    return [row for row in everything(session) if row.achievement == id]


def _read(data: bytes) -> Submission:
    if len(data) > MAXIMUM_BYTES:
        raise EndorsementRefused(f"{len(data)} bytes, more than {MAXIMUM_BYTES}")
    try:
        submission = recognise(data)
    except Unreadable as error:
        raise EndorsementRefused(f"not an endorsement: {error.message}") from None
    if submission.kind is not Kind.JSON:
        raise EndorsementRefused(
            f"{submission.kind}: only JSON with a proof inside can stand in a badge of ours; "
            "ask the endorser for that form"
        )
    return submission


def _why_not(found: EndorsementReport) -> str:
    codes = dict.fromkeys(str(f.code) for f in found.report.problems if f.code != "not_asked")
    details = "; ".join(f.detail for f in found.report.problems if f.detail)
    sentence = words.endorsement_sentence(found, "en")
    return f"{sentence} ({', '.join(codes)}{': ' if details else ''}{details})"


def _checked(
    session: Session,
    office: Office,
    submission: Submission,
    found: EndorsementReport,
    content: bytes,
    digest: str,
    *,
    now: datetime,
) -> ReceivedEndorsement:
    """Return the row of a good endorsement, if it is one that a badge of ours can carry."""
    said, document = found.endorsement, submission.document
    assert said is not None, "it is good, so it was read"
    assert document is not None, "it is JSON"
    if _class_of(session, office, said.endorsed_id) is None:
        raise EndorsementRefused(f"{said.endorsed_id} is no published badge class of ours")
    if problems := v3.lint_embedded_endorsement(document):
        reasons = "; ".join(str(problem) for problem in problems)
        raise EndorsementRefused(f"not in the strict form of the standard: {reasons}")
    proven = next(f for f in found.report.findings if f.check is Check.PROOF)
    return ReceivedEndorsement(
        digest=digest,
        address=said.id,
        achievement=said.endorsed_id,
        endorser=said.endorser_id,
        method=proven.detail,
        received_at=now,
        verified_at=now,
        valid_from=said.valid_from,
        valid_until=said.valid_until,
        content=content,
    )


def _class_of(
    session: Session, office: Office, id: str | None
) -> tuple[BadgeClassVersion, Language] | None:
    """Return the published class version and the language whose achievement has this id."""
    pattern = re.escape(office.base_url) + r"/achievements/([a-z0-9-]+)/([1-9][0-9]{0,8})/(fr|en)"
    match = re.fullmatch(pattern, id or "")
    version = classes.get(session, match[1], int(match[2])) if match else None
    return (version, "en" if match[3] == "en" else "fr") if match and version else None


def _refuse_crowd(
    session: Session,
    office: Office,
    added: ReceivedEndorsement,
    former: ReceivedEndorsement | None,
    *,
    now: datetime,
) -> None:
    """Refuse one more if badges with all of them would not be what verifiers read.

    Tried on a badge that is never signed: a learner must not meet the fault of an endorsement.
    """
    found = _class_of(session, office, added.achievement)
    assert found is not None, "published classes stay"
    version, language = found
    rows = _rows(session, office, version, language=language)
    together = [*(row for row in rows if row not in (added, former)), added]
    if len(together) > MAXIMUM_ENDORSEMENTS:
        raise EndorsementRefused(f"{added.achievement} has {MAXIMUM_ENDORSEMENTS} already")
    trial = build.credential(
        office,
        version,
        Grounds(Strength.DECLARED, [f"Narrative {n}." for n in range(10)], now, now + _A_WHILE),
        Choices(language=language, name="A learner", visibility=Visibility.LINK),
        Place(build.address(office.base_url, "1"), f"{office.base_url}/status/1", 0),
        subject_id=build.fresh_subject_id(),
        endorsements=[strict_json.load_object(row.content) for row in together],
        now=now,
    )
    problems = [str(problem) for problem in v3.lint(trial)]
    report = verify(
        recognise(strict_json.dumps(trial)), fetch=_nowhere, register=EmptyRegister(), now=now
    )
    problems += [
        f"{finding.code} {finding.detail}"
        for finding in report.problems
        if finding.check in (Check.PROFILE, Check.STRUCTURE)
        and finding.outcome is not Outcome.PASSED
    ]
    if problems:
        raise EndorsementRefused(f"a badge could not carry it: {'; '.join(problems)}")


_A_WHILE = timedelta(days=365)


def _nowhere(address: str) -> Fetched:
    raise FetchFailed("a trial asks nobody")


def _remove(session: Session, row: ReceivedEndorsement, *, actor: str, now: datetime) -> None:
    row.removed_at = now
    chain.append(
        session,
        actor=actor,
        action="remove endorsement",
        subject=row.digest,
        details={"achievement": row.achievement},
        now=now,
    )
    session.commit()
