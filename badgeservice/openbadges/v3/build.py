"""Builds Open Badges 3.0 documents from plain values.

Every function returns a new document in which what is absent is left out. Nothing is signed here,
and nothing is judged: `lint` does that, on these documents as on a stranger's.
Source: Open Badges 3.0, appendix B; Bitstring Status List v1.0, section 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from badgeservice.openbadges import Document, contexts, timestamps
from badgeservice.openbadges import identity as identities
from badgeservice.openbadges.v3.vocabulary import CONTEXT


def profile(
    *,
    id: str,
    name: str,
    url: str | None = None,
    description: str | None = None,
    email: str | None = None,
    image: str | None = None,
    phone: str | None = None,
    official: str | None = None,
) -> Document:
    """Return a Profile: an issuer, or the creator of an achievement.

    `official` is the name of the person who signs for the organisation.
    """
    return _present(
        id=id,
        type=["Profile"],
        name=name,
        url=url,
        description=description,
        email=email,
        phone=phone,
        image=_image(image),
        official=official,
    )


def alignment(
    *,
    target_name: str,
    target_url: str,
    target_code: str | None = None,
    target_description: str | None = None,
    target_framework: str | None = None,
    target_type: str | None = None,
    id: str | None = None,
) -> Document:
    """Return an Alignment to an entry of a skills framework."""
    return _present(
        id=id,
        type=["Alignment"],
        targetName=target_name,
        targetUrl=target_url,
        targetCode=target_code,
        targetDescription=target_description,
        targetFramework=target_framework,
        targetType=target_type,
    )


def rubric_level(
    *,
    id: str,
    name: str,
    description: str | None = None,
    level: str | None = None,
    points: str | None = None,
) -> Document:
    """Return a RubricCriterionLevel; `points` is text, as the standard has it."""
    return _present(
        id=id,
        type=["RubricCriterionLevel"],
        name=name,
        description=description,
        level=level,
        points=points,
    )


def result_description(
    *,
    id: str,
    name: str,
    result_type: str,
    rubric_levels: Sequence[Document] = (),
    required_level: str | None = None,
    allowed_values: Sequence[str] = (),
    required_value: str | None = None,
    value_min: str | None = None,
    value_max: str | None = None,
    alignments: Sequence[Document] = (),
) -> Document:
    """Return a ResultDescription: what results an achievement may have.

    `rubric_levels` and `allowed_values` go from the lowest to the highest; `required_level` is
    the id of a level.
    """
    return _present(
        id=id,
        type=["ResultDescription"],
        name=name,
        resultType=result_type,
        rubricCriterionLevel=list(rubric_levels),
        requiredLevel=required_level,
        allowedValue=list(allowed_values),
        requiredValue=required_value,
        valueMin=value_min,
        valueMax=value_max,
        alignment=list(alignments),
    )


def related(*, id: str, in_language: str | None = None, version: str | None = None) -> Document:
    """Return a Related: the same achievement in another language or version."""
    return _present(id=id, type=["Related"], inLanguage=in_language, version=version)


def achievement(
    *,
    id: str,
    name: str,
    description: str,
    criteria: str,
    criteria_id: str | None = None,
    image: str | None = None,
    image_caption: str | None = None,
    creator: Document | None = None,
    achievement_type: str | None = None,
    alignments: Sequence[Document] = (),
    result_descriptions: Sequence[Document] = (),
    related: Sequence[Document] = (),
    tags: Sequence[str] = (),
    in_language: str | None = None,
    version: str | None = None,
    field_of_study: str | None = None,
    human_code: str | None = None,
    specialization: str | None = None,
    endorsements: Sequence[Document] = (),
) -> Document:
    """Return an Achievement, which the standard calls the badge class in one language.

    `criteria` is Markdown; `criteria_id` an address where they can be read too; `image` an address.
    `endorsements` are EndorsementCredentials with their own proofs, and stay as they are.
    """
    return _present(
        id=id,
        type=["Achievement"],
        name=name,
        description=description,
        criteria=_present(id=criteria_id, narrative=criteria),
        image=_image(image, image_caption),
        creator=creator,
        achievementType=achievement_type,
        alignment=list(alignments),
        resultDescription=list(result_descriptions),
        related=list(related),
        tag=list(tags),
        inLanguage=in_language,
        version=version,
        fieldOfStudy=field_of_study,
        humanCode=human_code,
        specialization=specialization,
        endorsement=list(endorsements),
    )


def identity(identity_type: str, value: str, *, salt: str | None = None) -> Document:
    """Return an IdentityObject: the plain `value`, or its salted SHA-256 if there is a `salt`.

    An e-mail address is trimmed and written in lower case first.

    >>> identity("emailAddress", "a@example.com", salt="Kosher")["identityHash"][:19]
    'sha256$b5809d8a92f8'
    """
    value = identities.normal(identity_type, value)
    return _present(
        type="IdentityObject",
        hashed=salt is not None,
        identityHash=value if salt is None else identities.digest(value, salt),
        identityType=identity_type,
        salt=salt,
    )


def result(
    *,
    id: str,
    result_description: str | None = None,
    achieved_level: str | None = None,
    value: str | None = None,
    status: str | None = None,
) -> Document:
    """Return a Result; `result_description` and `achieved_level` are ids in the achievement."""
    return _present(
        id=id,
        type=["Result"],
        resultDescription=result_description,
        achievedLevel=achieved_level,
        value=value,
        status=status,
    )


def evidence(
    *,
    id: str,
    name: str | None = None,
    narrative: str | None = None,
    description: str | None = None,
    genre: str | None = None,
    audience: str | None = None,
) -> Document:
    """Return an Evidence; `narrative` is Markdown."""
    return _present(
        id=id,
        type=["Evidence"],
        name=name,
        narrative=narrative,
        description=description,
        genre=genre,
        audience=audience,
    )


def subject(
    *,
    achievement: Document,
    id: str | None = None,
    name: str | None = None,
    identifiers: Sequence[Document] = (),
    results: Sequence[Document] = (),
    narrative: str | None = None,
) -> Document:
    """Return an AchievementSubject: who achieved it, and how well.

    `name` becomes a plain identifier of type `name`, beside the other `identifiers`.
    """
    named = [identity("name", name)] if name is not None else []
    return _present(
        id=id,
        type=["AchievementSubject"],
        identifier=[*named, *identifiers],
        achievement=achievement,
        result=list(results),
        narrative=narrative,
    )


def status_entry(
    status_list: str, index: int, *, purpose: str = "revocation", id: str | None = None
) -> Document:
    """Return a BitstringStatusListEntry: bit `index` of the list at the address `status_list`.

    Its `id` is that of the list with the index as fragment, unless another is given.
    """
    return {
        "id": id or f"{status_list}#{index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose,
        "statusListIndex": str(index),
        "statusListCredential": status_list,
    }


def credential(
    *,
    id: str,
    name: str,
    description: str,
    image: str,
    image_caption: str | None = None,
    issuer: Document,
    subject: Document,
    awarded_date: datetime,
    valid_from: datetime,
    valid_until: datetime | None = None,
    evidence: Sequence[Document] = (),
    status: Document | None = None,
) -> Document:
    """Return an OpenBadgeCredential without proof; `image` is an address."""
    return _present(
        **{"@context": list(CONTEXT)},
        id=id,
        type=["VerifiableCredential", "OpenBadgeCredential"],
        name=name,
        description=description,
        image=_image(image, image_caption),
        issuer=issuer,
        awardedDate=timestamps.write(awarded_date),
        validFrom=timestamps.write(valid_from),
        validUntil=timestamps.write(valid_until) if valid_until is not None else None,
        credentialSubject=subject,
        evidence=list(evidence),
        credentialStatus=status,
    )


def endorsement(
    *,
    id: str,
    name: str,
    endorsed: str,
    comment: str,
    issuer: Document,
    valid_from: datetime,
    valid_until: datetime | None = None,
    status: Document | None = None,
) -> Document:
    """Return an EndorsementCredential without proof.

    `endorsed` is the id of what is endorsed: an achievement, a profile or a credential; `comment`
    is Markdown.
    """
    return _present(
        **{"@context": list(CONTEXT)},
        id=id,
        type=["VerifiableCredential", "EndorsementCredential"],
        name=name,
        issuer=issuer,
        validFrom=timestamps.write(valid_from),
        validUntil=timestamps.write(valid_until) if valid_until is not None else None,
        credentialSubject={
            "id": endorsed,
            "type": ["EndorsementSubject"],
            "endorsementComment": comment,
        },
        credentialStatus=status,
    )


def status_list_credential(
    *,
    id: str,
    issuer: str,
    valid_from: datetime,
    encoded_list: str,
    ttl: int | None = None,
    purpose: str = "revocation",
) -> Document:
    """Return a BitstringStatusListCredential without proof.

    `issuer` is the issuer's id and `ttl` is in milliseconds. There is no `validUntil`: the list
    must still serve when the service is gone.
    """
    return {
        "@context": [contexts.CREDENTIALS_V2],
        "id": id,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer,
        "validFrom": timestamps.write(valid_from),
        "credentialSubject": _present(
            id=f"{id}#list",
            type="BitstringStatusList",
            statusPurpose=purpose,
            encodedList=encoded_list,
            ttl=ttl,
        ),
    }


def _image(address: str | None, caption: str | None = None) -> Document | None:
    if address is None:
        return None
    return _present(id=address, type="Image", caption=caption)


def _present(**members: Any) -> Document:
    """Return the members that say something: neither None nor an empty list."""
    return {name: value for name, value in members.items() if value is not None and value != []}
