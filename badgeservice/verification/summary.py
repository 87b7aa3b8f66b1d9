"""What a badge says, drawn from the re-compacted document for those who show it.

The summary believes nothing and judges nothing: it belongs to a report, and the report says how far
its words can be relied on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from badgeservice.errors import BadTimestamp
from badgeservice.openbadges import Document, timestamps
from badgeservice.verification import likeness, reading


@dataclass(frozen=True)
class Evidence:
    """What the person did, in the issuer's words."""

    id: str | None
    name: str | None
    narrative: str | None
    genre: str | None


@dataclass(frozen=True)
class Alignment:
    """A competence of a framework to which the badge refers."""

    name: str | None
    url: str | None
    framework: str | None
    code: str | None


@dataclass(frozen=True)
class AchievedLevel:
    """A level that was reached, of those that the badge describes.

    Our badges say in this way how the skill was verified: `result` then ends in `#verification`
    and `id` in `#strength-0` to `#strength-4`.
    """

    id: str
    name: str | None
    result: str | None
    result_name: str | None


@dataclass(frozen=True)
class Summary:
    """The words of a badge. None and empty mean: it does not say. Narratives are Markdown.

    Names stand without characters that hide or turn the writing around.

    `image` and `credential_image` are addresses or data: addresses; nobody has fetched them.
    """

    id: str | None
    language: str | None
    name: str | None
    description: str | None
    criteria: str | None
    criteria_url: str | None
    achievement_id: str | None
    achievement_type: str | None
    tags: tuple[str, ...]
    image: str | None
    credential_image: str | None
    issuer_id: str | None
    issuer_domain: str | None
    issuer_name: str | None
    issuer_url: str | None
    creator_id: str | None
    recipient_id: str | None
    recipient_name: str | None
    awarded: datetime | None
    valid_from: datetime | None
    valid_until: datetime | None
    achieved_levels: tuple[AchievedLevel, ...]
    evidence: tuple[Evidence, ...]
    alignments: tuple[Alignment, ...]


@dataclass(frozen=True)
class Endorsement:
    """The words of an endorsement. None means: it does not say. The comment is Markdown.

    `endorsed_id` is what it is about.
    """

    id: str | None
    name: str | None
    comment: str | None
    endorsed_id: str | None
    endorser_id: str | None
    endorser_domain: str | None
    endorser_name: str | None
    endorser_url: str | None
    valid_from: datetime | None
    valid_until: datetime | None


def of_endorsement(credential: Document) -> Endorsement:
    """Return the summary of an EndorsementCredential."""
    subject = reading.child(credential, "credentialSubject")
    issuer = reading.child(credential, "issuer")
    issuer_id = reading.reference(credential, "issuer")
    return Endorsement(
        id=reading.text(credential, "id"),
        name=_name(credential, "name"),
        comment=reading.text(subject, "endorsementComment"),
        endorsed_id=reading.text(subject, "id"),
        endorser_id=issuer_id,
        endorser_domain=reading.domain(issuer_id) if issuer_id else None,
        endorser_name=_name(issuer, "name"),
        endorser_url=reading.text(issuer, "url"),
        valid_from=reading.instant(credential, "validFrom"),
        valid_until=reading.instant(credential, "validUntil"),
    )


def of(credential: Document) -> Summary:
    """Return the summary of an Open Badges 3.0 credential."""
    subject = reading.child(credential, "credentialSubject")
    achievement = reading.child(subject, "achievement")
    criteria = reading.child(achievement, "criteria")
    issuer = reading.child(credential, "issuer")
    issuer_id = reading.reference(credential, "issuer")
    return Summary(
        id=reading.text(credential, "id"),
        language=reading.text(achievement, "inLanguage"),
        name=_name(achievement, "name") or _name(credential, "name"),
        description=reading.text(achievement, "description"),
        criteria=reading.text(criteria, "narrative"),
        criteria_url=reading.text(criteria, "id"),
        achievement_id=reading.text(achievement, "id"),
        achievement_type=reading.text(achievement, "achievementType"),
        tags=reading.texts(achievement, "tag"),
        image=reading.reference(achievement, "image"),
        credential_image=reading.reference(credential, "image"),
        issuer_id=issuer_id,
        issuer_domain=reading.domain(issuer_id) if issuer_id else None,
        issuer_name=_name(issuer, "name"),
        issuer_url=reading.text(issuer, "url"),
        creator_id=reading.reference(achievement, "creator"),
        recipient_id=reading.text(subject, "id"),
        recipient_name=_holder(subject),
        awarded=reading.instant(credential, "awardedDate"),
        valid_from=reading.instant(credential, "validFrom"),
        valid_until=reading.instant(credential, "validUntil"),
        achieved_levels=_achieved_levels(subject, achievement),
        evidence=tuple(
            Evidence(
                id=reading.text(item, "id"),
                name=_name(item, "name"),
                narrative=reading.text(item, "narrative"),
                genre=reading.text(item, "genre"),
            )
            for item in reading.objects(credential, "evidence")
        ),
        alignments=tuple(
            Alignment(
                name=_name(item, "targetName"),
                url=reading.text(item, "targetUrl"),
                framework=reading.text(item, "targetFramework"),
                code=reading.text(item, "targetCode"),
            )
            for item in reading.objects(achievement, "alignment")
        ),
    )


def of_assertion(assertion: Document) -> Summary:
    """Return the summary of an Open Badges 2.0 assertion that holds its badge class and issuer.

    The recipient is named by an e-mail address or its hash, of which nothing is shown.
    """
    badge_class = reading.child(assertion, "badge")
    criteria = reading.child(badge_class, "criteria")
    issuer = reading.child(badge_class, "issuer")
    issuer_id = reading.text(issuer, "id")
    issued = _instant_2(assertion, "issuedOn")
    return Summary(
        id=reading.text(assertion, "id"),
        language=reading.text(badge_class, "@language"),
        name=_name(badge_class, "name"),
        description=reading.text(badge_class, "description"),
        criteria=reading.text(criteria, "narrative"),
        criteria_url=reading.reference(badge_class, "criteria"),
        achievement_id=reading.text(badge_class, "id"),
        achievement_type=None,
        tags=reading.texts(badge_class, "tags"),
        image=reading.reference(badge_class, "image"),
        credential_image=reading.reference(assertion, "image"),
        issuer_id=issuer_id,
        issuer_domain=reading.domain(issuer_id) if issuer_id else None,
        issuer_name=_name(issuer, "name"),
        issuer_url=reading.text(issuer, "url"),
        creator_id=None,
        recipient_id=None,
        recipient_name=None,
        awarded=issued,
        valid_from=issued,
        valid_until=_instant_2(assertion, "expires"),
        achieved_levels=(),
        evidence=tuple(
            Evidence(
                id=reading.text(item, "id"),
                name=_name(item, "name"),
                narrative=reading.text(item, "narrative"),
                genre=reading.text(item, "genre"),
            )
            for item in (
                *({"narrative": text} for text in reading.texts(assertion, "narrative")),
                *({"id": address} for address in reading.texts(assertion, "evidence")),
                *reading.objects(assertion, "evidence"),
            )
        ),
        alignments=tuple(
            Alignment(
                name=_name(item, "targetName"),
                url=reading.text(item, "targetUrl"),
                framework=reading.text(item, "targetFramework"),
                code=reading.text(item, "targetCode"),
            )
            for item in reading.objects(badge_class, "alignment")
        ),
    )


def _instant_2(assertion: Document, key: str) -> datetime | None:
    try:
        return timestamps.read_iso_8601(reading.text(assertion, key))
    except BadTimestamp:
        return None


def _name(node: Document, key: str) -> str | None:
    """Return a name as it may be shown."""
    text = reading.text(node, key)
    return None if text is None else likeness.shown(text)


def _holder(subject: Document) -> str | None:
    """Return the name that stands in the open in the badge; a hashed one cannot be read."""
    for identifier in reading.objects(subject, "identifier"):
        if identifier.get("identityType") == "name" and identifier.get("hashed") is False:
            return _name(identifier, "identityHash")
    return None


def _achieved_levels(subject: Document, achievement: Document) -> tuple[AchievedLevel, ...]:
    """Join each result to the description it points to, and to the level it says was reached."""
    descriptions = {
        reading.text(description, "id"): description
        for description in reading.objects(achievement, "resultDescription")
    }
    achieved = []
    for result in reading.objects(subject, "result"):
        level_id = reading.reference(result, "achievedLevel")
        if level_id is None:
            continue
        described_by = reading.reference(result, "resultDescription")
        description = descriptions.get(described_by, {}) if described_by else {}
        levels = reading.objects(description, "rubricCriterionLevel")
        names = [_name(level, "name") for level in levels if level.get("id") == level_id]
        achieved.append(
            AchievedLevel(
                id=level_id,
                name=names[0] if names else None,
                result=described_by,
                result_name=_name(description, "name"),
            )
        )
    return tuple(achieved)
