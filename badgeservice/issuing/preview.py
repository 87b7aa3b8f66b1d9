"""What will be signed, shown before anything is: made by the code that makes the badge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from badgeservice.awarding.models import Award
from badgeservice.catalogue.strength import Strength
from badgeservice.issuing import build, endorsements, grounds, status_lists
from badgeservice.issuing.build import Choices, Place
from badgeservice.issuing.office import Office
from badgeservice.openbadges import Document

# The public id and the place in the status list are drawn at acceptance. These stand for them, and
# no badge ever has them: an id that short is never made.
_PUBLIC_ID, _STATUS_LIST, _STATUS_INDEX = "1", 1, 0
_SUBJECT = "urn:uuid:00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Preview:
    """An offer as its badge would be under some choices.

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
    return Preview(
        document=document,
        narratives=reasons.narratives,
        strength=reasons.strength,
        valid_until=reasons.valid_until,
        image_digest=version.artwork_digest(choices.language),
        image_alternative=version.document["artwork"][choices.language]["alt"],
    )
