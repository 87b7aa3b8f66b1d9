"""Badge classes in the database: published once, then for ever the same.

Files in `badge_templates/` are seeds. Publishing copies everything that a badge will need, in both
languages, into one document; when a file changes afterwards, its version must change too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from badgeservice.catalogue import artwork, drawing
from badgeservice.catalogue.models import Artwork, BadgeClassVersion
from badgeservice.catalogue.strength import Strength
from badgeservice.catalogue.templates import Kind, State, Template
from badgeservice.catalogue.text import LANGUAGES, Text
from badgeservice.errors import BadgeClassNotFound, CatalogueError
from badgeservice.openbadges import Document

_DEMO_BAND = Text(fr="TEST — démonstration", en="TEST — demonstration")
# What an image says under the name, and the image in words.
_KINDS = {
    Kind.SKILL: (
        Text(fr="Niveau {level}", en="{level} level"),
        Text(
            fr="Badge {name}, niveau {level}, délivré par {issuer}.",
            en="Badge {name}, {level} level, issued by {issuer}.",
        ),
    ),
    Kind.PARTICIPATION: (
        Text(fr="Participation", en="Participation"),
        Text(
            fr="Badge de participation : {name}, délivré par {issuer}.",
            en="Participation badge: {name}, issued by {issuer}.",
        ),
    ),
    Kind.MILESTONE: (
        Text(fr="Badge-jalon", en="Milestone badge"),
        Text(
            fr="Badge-jalon : {name}, délivré par {issuer}.",
            en="Milestone badge: {name}, issued by {issuer}.",
        ),
    ),
}
_FROM_THE_FRAMEWORK = (
    "framework", "competences", "domain", "level", "minimum_strength", "alignments", "artwork",
)  # fmt: skip


class Issuer(Protocol):
    """What the artwork of a class says of its issuer."""

    @property
    def name(self) -> Mapping[str, str]:
        """The name by language."""

    @property
    def demo(self) -> bool:
        """Whether this is a demonstration, which every image then says."""


@dataclass(frozen=True)
class ClassArtwork:
    """The drawings of a class in one language: SVG of the badge and of its preview, and the alt."""

    badge: str
    social: str
    alt: str


def seed(
    session: Session, template: Template, issuer: Issuer, *, now: datetime
) -> tuple[BadgeClassVersion, bool]:
    """Return the class version that `template` describes, and whether it had to be made."""
    existing = session.get(BadgeClassVersion, (template.slug, template.version))
    version = publish(session, template, draw(template, issuer), now)
    return version, existing is None


def draw(template: Template, issuer: Issuer) -> dict[str, ClassArtwork]:
    """Return the drawings of a class by language, with the issuer on their band.

    Raises ArtworkError when a name does not fit on its badge.
    """
    drawings, face, level = template.drawings, template.face, template.level
    kind, alternative = _KINDS[template.kind]
    drawn = {}
    for language in LANGUAGES:
        said = {
            "name": template.skill[language],
            "level": level.name[language] if level else "",
            "issuer": issuer.name[language],
        }
        alt = alternative[language].format(**said)
        badge = drawing.fill(
            drawings.badge,
            title=alt,
            colour=face.colour,
            texts={
                "code": face.code,
                "label": drawings.label[language],
                "band": _DEMO_BAND[language] if issuer.demo else said["issuer"],
            },
            insets={"pictogram": drawings.pictogram},
        )
        social = drawing.fill(
            drawings.social,
            title=alt,
            colour=face.colour,
            texts={
                "name": said["name"],
                "level": kind[language].format(**said).capitalize(),
                "issuer": said["issuer"],
            },
            insets={"badge": badge},
        )
        drawn[language] = ClassArtwork(badge=badge, social=social, alt=alt)
    return drawn


def publish(
    session: Session, template: Template, drawn: Mapping[str, ClassArtwork], now: datetime
) -> BadgeClassVersion:
    """Store the class version that `template` describes, and return it; a draft stays a draft.

    Publishing the same thing again changes nothing. Raises CatalogueError naming what differs when
    this version was published with another content. Images are rendered only for what is new and
    published: nobody looks at a draft's.
    """
    version = session.get(BadgeClassVersion, (template.slug, template.version))
    if version is not None and version.state == State.PUBLISHED:
        if differing := differences(version, template, drawn):
            raise CatalogueError(
                f"{template.slug} version {template.version} is published and cannot change "
                f"({', '.join(differing)}); to change it, raise its version"
            )
        return version
    document = document_of(template, drawn)
    if template.state == State.PUBLISHED:
        for language, art in drawn.items():
            document["artwork"][language] |= _render(session, art)
    if version is None:
        version = BadgeClassVersion(slug=template.slug, version=template.version)
        session.add(version)
    version.document = document
    version.digest = digest(document)
    version.state = template.state
    version.published_at = now if template.state == State.PUBLISHED else None
    session.flush()
    return version


def differences(
    published: BadgeClassVersion, template: Template, drawn: Mapping[str, ClassArtwork]
) -> list[str]:
    """Return the dotted names of what `template` says otherwise than what was `published`.

    What a class takes from another edition of the framework is no difference: the published one
    keeps what the framework said then, and only a new version of the class takes up the new words.
    """
    document, kept = document_of(template, drawn), published.document
    if document["framework"]["version"] != kept["framework"]["version"]:
        for name in _FROM_THE_FRAMEWORK:
            del document[name]
    differing = sorted(_differences(document, kept))
    return differing if template.state == State.PUBLISHED else [*differing, "state"]


def document_of(template: Template, drawn: Mapping[str, ClassArtwork]) -> Document:
    """Return everything that a class version keeps, except the digests of its rendered images.

    A badge for a skill has no `kind`: the first classes were published before there were others.
    """
    level, domain = template.level, template.domain
    document: Document = {
        "slug": template.slug,
        "version": template.version,
        "achievement_type": template.achievement_type,
        "framework": {
            "slug": template.framework.slug,
            "version": template.framework.version,
            "title": template.framework.title.as_dict(),
            "english_provisional": template.framework.english_provisional,
            "digcomp_provisional": template.framework.digcomp_provisional,
        },
        "competences": [
            {
                "code": competence.code,
                "name": competence.name.as_dict(),
                "domain": competence.domain,
            }
            for competence in template.competences
        ],
        "domain": domain
        and {
            "code": domain.code,
            "name": domain.name.as_dict(),
            "colour": domain.colour,
        },
        "level": level
        and {
            "slug": level.slug,
            "name": level.name.as_dict(),
            "criterion": level.criterion.as_dict(),
            "crcn": list(level.crcn),
            "digcomp": list(level.digcomp),
        },
        "minimum_strength": int(template.minimum_strength),
        "strengths": [strength.words.as_dict() for strength in Strength],
        "name": template.name.as_dict(),
        "description": template.description.as_dict(),
        "criteria": template.criteria.as_dict(),
        "tags": {language: list(tags) for language, tags in template.tags.items()},
        "alignments": [
            {
                "framework": alignment.framework.as_dict(),
                "name": alignment.name.as_dict(),
                "url": alignment.url,
                "code": alignment.code,
                "description": alignment.description and alignment.description.as_dict(),
            }
            for alignment in template.alignments
        ],
        "rule": template.rule,
        "artwork": {
            language: {"alt": art.alt, "drawing": _sha256(art.badge.encode())}
            for language, art in drawn.items()
        },
    }
    if template.kind is not Kind.SKILL:
        document["kind"] = str(template.kind)
    if template.kind is Kind.MILESTONE:
        document["members"] = [
            {
                "slug": member.slug,
                "name": member.name.as_dict(),
                "level": member.level.slug,
                "required": member.is_required,
            }
            for member in template.members
        ]
    return document


def get(session: Session, slug: str, version: int) -> BadgeClassVersion | None:
    """Return a published class version, None when there is none."""
    found = session.get(BadgeClassVersion, (slug, version))
    return found if found is not None and found.state == State.PUBLISHED else None


def current(session: Session, slug: str) -> BadgeClassVersion:
    """Return the latest published version of a class; raise BadgeClassNotFound if there is none."""
    found = session.scalar(
        select(BadgeClassVersion)
        .where(BadgeClassVersion.slug == slug, BadgeClassVersion.state == State.PUBLISHED)
        .order_by(BadgeClassVersion.version.desc())
        .limit(1)
    )
    if found is None:
        raise BadgeClassNotFound(f"{slug}: no such badge class")
    return found


def all_current(session: Session) -> list[BadgeClassVersion]:
    """Return the latest published version of every class, sorted by slug."""
    latest = (
        select(BadgeClassVersion.slug, func.max(BadgeClassVersion.version).label("version"))
        .where(BadgeClassVersion.state == State.PUBLISHED)
        .group_by(BadgeClassVersion.slug)
        .subquery()
    )
    return list(
        session.scalars(
            select(BadgeClassVersion)
            .join(
                latest,
                (BadgeClassVersion.slug == latest.c.slug)
                & (BadgeClassVersion.version == latest.c.version),
            )
            .order_by(BadgeClassVersion.slug)
        )
    )


def digest(document: Document) -> str:
    """Return the SHA-256, in hex, of the canonical JSON of a class document (keys sorted, UTF-8)."""
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return _sha256(canonical.encode())


def is_intact(version: BadgeClassVersion) -> bool:
    """Say whether a stored version still is what was published, digest and all."""
    return digest(version.document) == version.digest


def _render(session: Session, art: ClassArtwork) -> dict[str, str]:
    """Render and store the images of a class in one language; return their digests by use."""
    image = artwork.render(art.badge)
    width, height = artwork.SOCIAL_SIZE
    stored = {
        # The drawing is kept too: other sizes and carriers are made from it, not from pixels.
        "drawing": ("image/svg+xml", art.badge.encode()),
        "image": ("image/png", image),
        "thumbnail": ("image/png", artwork.shrink(image, artwork.THUMBNAIL_SIZE)),
        "social": ("image/png", artwork.render(art.social, width=width, height=height)),
    }
    for media_type, data in stored.values():
        if session.get(Artwork, _sha256(data)) is None:
            session.add(Artwork(sha256=_sha256(data), media_type=media_type, data=data))
            session.flush()
    return {use: _sha256(data) for use, (_, data) in stored.items()}


def _differences(new: Any, published: Any, field: str = "") -> Iterator[str]:
    """Yield the dotted names of what `new` says otherwise than `published`.

    What is published alone (the digests of rendered images) is no difference.
    """
    if isinstance(new, dict) and isinstance(published, dict):
        for key, value in new.items():
            yield from _differences(value, published.get(key), f"{field}.{key}".lstrip("."))
    elif new != published:
        yield field


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
