"""What will be signed: an award and its holder's choices become one OpenBadgeCredential.

The preview and the signature use the same function, so that a person signs for what they saw.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from badgeservice.catalogue import achievement
from badgeservice.catalogue.models import BadgeClassVersion
from badgeservice.catalogue.strength import Strength
from badgeservice.issuing.models import Visibility
from badgeservice.issuing.office import Office
from badgeservice.openbadges import Document, v3
from badgeservice.verification.words import Language


@dataclass(frozen=True)
class Choices:
    """What the holder decided before accepting.

    `language` of the signed texts, `name` to be signed (None: no name), who may see the page, and
    whether it is to be a badge of Open Badges 2.0 as well, which names its holder by the hash of
    their e-mail address. Only the visibility can change later: the rest is inside the signature.
    """

    language: Language
    name: str | None
    visibility: Visibility
    ob2: bool = False


@dataclass(frozen=True)
class Grounds:
    """Why the badge is deserved: the narratives of the evidence used, and how strong it is."""

    strength: Strength
    narratives: Sequence[str]
    awarded_at: datetime
    valid_until: datetime | None


@dataclass(frozen=True)
class Place:
    """Where the credential will stand: its public address and its bit in a status list."""

    address: str
    status_list: str
    status_index: int


def address(base_url: str, public_id: str) -> str:
    """Return the one address of a badge: its id, its page, its QR code."""
    return f"{base_url}/b/{public_id}"


def credential(
    office: Office,
    version: BadgeClassVersion,
    grounds: Grounds,
    choices: Choices,
    place: Place,
    *,
    subject_id: str,
    endorsements: Sequence[Document] = (),
    now: datetime,
) -> Document:
    """Return the unsigned credential (OB 3.0 §B.1.1).

    `endorsements` are credentials by others about its achievement; each stays what its signer wrote.

    The subject is a fresh `urn:uuid`, one per badge, so that two badges of a person cannot be
    joined; a name is there only when the holder chose so.
    """
    language = choices.language
    profile = office.issuer.profile(language)
    achieved = achievement.achievement_document(
        version,
        language=language,
        base_url=office.base_url,
        creator=profile,
        endorsements=endorsements,
    )
    return v3.credential(
        id=place.address,
        name=achieved["name"],
        description=achieved["description"],
        # The same image, described in the same words: one id says one thing (verification refuses
        # documents that say more of it elsewhere).
        image=achieved["image"]["id"],
        image_caption=achieved["image"]["caption"],
        issuer=profile,
        subject=v3.subject(
            id=subject_id,
            achievement=achieved,
            name=choices.name,
            results=[
                v3.result(
                    id=f"{place.address}#verification",
                    result_description=achievement.verification_id(achieved["id"]),
                    achieved_level=achievement.strength_id(achieved["id"], grounds.strength),
                )
            ],
        ),
        evidence=[
            v3.evidence(
                id=f"{place.address}#evidence-{number}",
                name=_EVIDENCE_NAME[language],
                narrative=narrative,
            )
            for number, narrative in enumerate(grounds.narratives, start=1)
        ],
        awarded_date=grounds.awarded_at,
        valid_from=now,
        valid_until=grounds.valid_until,
        status=v3.status_entry(place.status_list, place.status_index),
    )


def fresh_subject_id() -> str:
    """Return an identifier for one credential's subject, linked to nothing else."""
    return uuid.uuid4().urn


_EVIDENCE_NAME = {
    "fr": "Comment cette compétence a été vérifiée",
    "en": "How this skill was verified",
}
