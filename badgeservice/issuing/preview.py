"""What will be signed, shown before anything is: made by the code that makes the badge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from badgeservice.awarding.models import Award
from badgeservice.catalogue.models import BadgeClassVersion
from badgeservice.catalogue.strength import Strength
from badgeservice.issuing import build, editions, endorsements, grounds, shelf, status_lists
from badgeservice.issuing.build import Choices, Grounds, Place
from badgeservice.issuing.models import Badge, Format
from badgeservice.issuing.office import Office
from badgeservice.openbadges import Document, strict_json
from badgeservice.verification.words import Language

# The public id and the place in the status list are drawn at acceptance. These stand for them, and
# no badge ever has them: an id that short is never made.
_PUBLIC_ID, _STATUS_LIST, _STATUS_INDEX = "1", 1, 0
_SUBJECT = "urn:uuid:00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Preview:
    """A badge as it would be under some choices: one that is offered, or one to be corrected.

    `document` is the credential without its proof; its id, status entry and dates are those of this
    moment, and drawn anew at acceptance.
    """

    document: Document
    narratives: Sequence[str]
    strength: Strength
    valid_until: datetime | None
    image_digest: str
    image_alternative: str


def preview(
    session: Session, office: Office, award: Award, choices: Choices, *, now: datetime
) -> Preview:
    """Return what accepting `award` with `choices` would sign. Nothing is reserved or stored."""
    version = grounds.class_version(session, award)
    reasons = grounds.of_award(session, office.vault, award, language=choices.language)
    document = build.credential(
        office,
        version,
        reasons,
        choices,
        Place(
            build.address(office.base_url, _PUBLIC_ID),
            status_lists.address(office.base_url, _STATUS_LIST),
            _STATUS_INDEX,
        ),
        subject_id=_SUBJECT,
        endorsements=endorsements.standing(
            session, office, version, language=choices.language, now=now
        ),
        now=now,
    )
    return _shown(document, version, reasons, reasons.valid_until, choices.language)


def correction(
    session: Session, office: Office, badge: Badge, choices: Choices, *, now: datetime
) -> Preview:
    """Return what correcting `badge` with `choices` would sign. Nothing is reserved or stored.

    Raises CredentialNotFound or HolderErased when there is nothing left to correct.
    """
    former = strict_json.loads(shelf.take(session, office.vault, badge, Format.JSON))
    place = Place(badge.address, status_lists.address(office.base_url, _STATUS_LIST), _STATUS_INDEX)
    newer = editions.corrected(session, office, badge, former, choices, place, now=now)
    award = session.get_one(Award, badge.award_id)
    reasons = grounds.of_award(session, office.vault, award, language=choices.language)
    return _shown(
        newer.unsigned,
        newer.version,
        reasons,
        editions.current(session, badge).valid_until,
        choices.language,
    )


def _shown(
    document: Document,
    version: BadgeClassVersion,
    reasons: Grounds,
    valid_until: datetime | None,
    language: Language,
) -> Preview:
    return Preview(
        document=document,
        narratives=reasons.narratives,
        strength=reasons.strength,
        valid_until=valid_until,
        image_digest=version.artwork_digest(language),
        image_alternative=version.document["artwork"][language]["alt"],
    )
