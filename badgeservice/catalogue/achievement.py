"""A class version as an Open Badges 3.0 Achievement, one for each language.

The standard has one language per Achievement: French and English are two, joined by `related`.
Everything comes from the published document, so an address answers the same thing for ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from badgeservice.catalogue.models import BadgeClassVersion
from badgeservice.catalogue.strength import Strength
from badgeservice.catalogue.text import LANGUAGES, Text
from badgeservice.openbadges import Document, v3

_RESULT_NAME = Text(fr="Force de la vérification", en="Strength of verification")


def achievement_id(version: BadgeClassVersion, *, language: str, base_url: str) -> str:
    """Return the address of a class version in `language`; it is signed into every badge."""
    return f"{base_url}/achievements/{version.slug}/{version.version}/{language}"


def verification_id(achievement: str) -> str:
    """Return the id of the ResultDescription that says how strong the evidence is.

    `achievement` is an achievement's id.
    """
    return f"{achievement}#verification"


def strength_id(achievement: str, strength: Strength) -> str:
    """Return the id of the RubricCriterionLevel that stands for `strength`.

    `achievement` is an achievement's id.
    """
    return f"{achievement}#strength-{int(strength)}"


def achievement_document(
    version: BadgeClassVersion,
    *,
    language: str,
    base_url: str,
    creator: Document,
    endorsements: Sequence[Document] = (),
) -> Document:
    """Return the Achievement (OB 3.0 §B.1.2) of a class version in `language`.

    `base_url` is the public address of the service, without a slash at its end; `creator` is the
    Profile of whoever defined the class. The texts are those of the published document;
    `endorsements` of it by others are no part of that, and come and go.
    """
    document = version.document
    id = achievement_id(version, language=language, base_url=base_url)
    return v3.achievement(
        id=id,
        name=document["name"][language],
        description=document["description"][language],
        criteria=document["criteria"][language],
        criteria_id=f"{id}#criteria",
        image=f"{base_url}/artwork/{version.artwork_digest(language)}.png",
        image_caption=document["artwork"][language]["alt"],
        creator=creator,
        achievement_type=document["achievement_type"],
        alignments=list(_alignments(document, id, language, base_url)),
        result_descriptions=[_verification(document, id, language)],
        related=[
            v3.related(
                id=achievement_id(version, language=other, base_url=base_url),
                in_language=other,
                version=str(version.version),
            )
            for other in LANGUAGES
            if other != language
        ],
        tags=document["tags"][language],
        in_language=language,
        version=str(version.version),
        endorsements=endorsements,
    )


def _alignments(document: Document, id: str, language: str, base_url: str) -> Iterator[Document]:
    """Yield the alignments, each with an id: nodes that look alike are slow to canonicalize."""
    for number, alignment in enumerate(document["alignments"], start=1):
        url, description = alignment["url"], alignment["description"]
        yield v3.alignment(
            id=f"{id}#alignment-{number}",
            target_name=alignment["name"][language],
            target_url=f"{base_url}{url}" if url.startswith("/") else url,
            target_code=alignment["code"],
            target_description=description and description[language],
            target_framework=alignment["framework"][language],
            target_type="ceasn:Competency",
        )


def _verification(document: Document, id: str, language: str) -> Document:
    """Return the scale of evidence, and the least of it that this class asks for."""
    return v3.result_description(
        id=verification_id(id),
        name=_RESULT_NAME[language],
        result_type="RubricCriterionLevel",
        rubric_levels=[
            v3.rubric_level(
                id=strength_id(id, strength),
                name=document["strengths"][strength][language],
                level=str(int(strength)),
            )
            for strength in Strength
        ],
        required_level=strength_id(id, Strength(document["minimum_strength"])),
    )
