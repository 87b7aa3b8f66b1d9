"""Someone with the right to do so vouches for a person's skill."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy.orm import Session

from badgeservice.catalogue.models import BadgeClassVersion
from badgeservice.catalogue.strength import Strength
from badgeservice.catalogue.text import Text
from badgeservice.evidence import record
from badgeservice.evidence.facts import Claim, Identity, ManualDetails, Outcome
from badgeservice.evidence.models import Evidence
from badgeservice.people import accounts
from badgeservice.storage.vault import Vault

_REFERENCE_BYTES = 16


def record_manual(
    session: Session,
    vault: Vault,
    *,
    person_id: str,
    badge_class: BadgeClassVersion,
    strength: Strength,
    agent: str,
    organisation: str,
    statement: str,
    occurred_at: datetime,
    now: datetime,
    identity: Identity = Identity.UNKNOWN,
) -> Evidence:
    """Record that `agent`, for the organisation with this slug, vouches for a person's skill.

    The skill is the one that `badge_class` recognises, and the word counts for that class only.
    `strength` is what the agent says it rests on; `statement` is kept sealed and may be empty. Each
    call is a new act: there is no reference by which two could be the same.
    Raises OrganisationNotFound, and EvidenceRefused when it has not happened yet.
    """
    vouching = accounts.organisation(session, organisation)
    document = badge_class.document
    return record.record(
        session,
        vault,
        Claim(
            person_id=person_id,
            source_organisation=vouching.id,
            reference=f"manual/{secrets.token_hex(_REFERENCE_BYTES)}",
            agent=agent,
            method="statement",
            activity=badge_class.slug,
            activity_version=str(badge_class.version),
            content_digest=badge_class.digest,
            competences=tuple(each["code"] for each in document["competences"]),
            level=document["level"]["slug"],
            strength=strength,
            identity=identity,
            outcome=Outcome.ACHIEVED,
            occurred_at=occurred_at,
            statement=statement or None,
            details=ManualDetails(badge=Text(**document["name"]), organisation=vouching.name),
        ),
        now=now,
    )
