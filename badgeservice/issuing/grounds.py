"""What an award gives to its badge: the words of the evidence, its strength, the dates.

Everything is read from the dossier, which is all that the decision was made from.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from badgeservice.awarding import dossier
from badgeservice.awarding.models import Award
from badgeservice.catalogue.models import BadgeClassVersion
from badgeservice.evidence import narrative
from badgeservice.issuing.build import Grounds
from badgeservice.storage.vault import Vault
from badgeservice.verification.words import Language


def class_version(session: Session, award: Award) -> BadgeClassVersion:
    """Return the version of the badge class that was awarded; a foreign key says it is there."""
    return session.get_one(BadgeClassVersion, (award.slug, award.class_version))


def of_award(session: Session, vault: Vault, award: Award, *, language: Language) -> Grounds:
    """Return why a badge is deserved, in words of `language`.

    Raises HolderErased when its person has been erased.
    """
    kept = dossier.of(session, vault, award)
    return Grounds(
        strength=kept.strength,
        narratives=[narrative.narrative(fact, language) for fact in kept.used_facts],
        awarded_at=kept.decided_at,
        valid_until=award.valid_until,
    )
