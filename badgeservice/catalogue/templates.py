"""Badge classes as people write them: one folder each, with `badge.yaml` and `rule.yaml`.

`badge_templates/README.md` says how to add one. A folder is read whole or refused with every
problem found, each with file, line and field.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from marshmallow import Schema, fields, post_load, validate

from badgeservice.catalogue import artwork, source, wording
from badgeservice.catalogue import framework as frameworks
from badgeservice.catalogue.fields import COMPETENCE_CODE, SLUG, Words, text_field
from badgeservice.catalogue.framework import Competence, Domain, Framework, Level
from badgeservice.catalogue.text import LANGUAGES, Text
from badgeservice.errors import ArtworkError, CatalogueError

ARTWORK = "artwork"
"""The folder beside the classes that holds the drawings."""

ACHIEVEMENT_TYPES = ("Competency", "Badge", "Award", "CommunityService", "Membership")
"""The OB 3.0 achievement types that a badge may be; the others claim a diploma or the like."""


class State(StrEnum):
    """A draft may still change and cannot be awarded; what is published never changes."""

    DRAFT = "draft"
    PUBLISHED = "published"


@dataclass(frozen=True)
class Alignment:
    """A node of a public framework that a class corresponds to (OB 3.0 Alignment).

    `url` is an address, or a path of this service when it begins with a slash.
    """

    framework: Text
    name: Text
    url: str
    code: str | None = None
    description: Text | None = None


@dataclass(frozen=True)
class Drawings:
    """The SVG sources of a class's image and of its preview, and the short words on it."""

    badge: str
    pictogram: str
    social: str
    label: Text


@dataclass(frozen=True)
class Template:
    """A badge class as its folder describes it, joined with what the framework says of it.

    `rule` is the content of `rule.yaml`; what it means is the business of awarding.
    """

    slug: str
    version: int
    state: State
    achievement_type: str
    framework: Framework
    competences: tuple[Competence, ...]
    level: Level
    name: Text
    description: Text
    criteria: Text
    tags: Mapping[str, tuple[str, ...]]
    alignments: tuple[Alignment, ...]
    drawings: Drawings
    rule: Mapping[str, Any]

    @property
    def domain(self) -> Domain:
        """The domain of the first competence: it gives the badge its colour and pictogram."""
        return self.framework.domain(self.competences[0].domain)

    @property
    def skill(self) -> Text:
        """What the badge recognises, without its level."""
        return self.competences[0].name if len(self.competences) == 1 else self.name


def load_all(folder: Path, framework: Framework | None = None) -> list[Template]:
    """Return every badge class in `folder`, sorted by slug.

    `framework` is the one shipped with the service unless given. Raises CatalogueError with the
    problems of all classes.
    """
    framework = framework or frameworks.load()
    loaded: list[Template] = []
    problems: list[str] = []
    for path in sorted(folder.glob("*/badge.yaml")):
        try:
            loaded.append(load(path.parent, framework))
        except CatalogueError as error:
            problems.append(error.message)
    if not loaded and not problems:
        problems.append(f"{folder}: no badge class")
    if problems:
        raise CatalogueError("\n".join(problems))
    return loaded


def load(folder: Path, framework: Framework) -> Template:
    """Return the badge class in `folder`; raise CatalogueError naming every problem."""
    badge, rule = source.read(folder / "badge.yaml"), source.read(folder / "rule.yaml")
    data, ruling = badge.load(_BadgeSchema()), rule.load(_RuleSchema())
    problems = [
        *_own_problems(badge, data, folder, framework),
        *_rule_problems(rule, ruling, data["slug"]),
        *_claim_problems(badge),
    ]
    if problems:
        raise CatalogueError("\n".join(problems))
    competences = tuple(framework.competence(code) for code in data["competences"])
    level = framework.level(data["level"])
    pictogram = framework.domain(competences[0].domain).pictogram
    drawings = folder.parent / ARTWORK
    return Template(
        slug=data["slug"],
        version=data["version"],
        state=State(data["state"]),
        achievement_type=data["achievement_type"],
        framework=framework,
        competences=competences,
        level=level,
        name=data["name"],
        description=data["description"],
        criteria=data["criteria"],
        tags={language: tuple(data["tags"][language]) for language in LANGUAGES},
        alignments=(*_alignments(framework, competences, level), *data["alignments"]),
        drawings=Drawings(
            badge=_drawing(drawings / f"{data['artwork']['template']}.svg"),
            pictogram=_drawing(drawings / "pictograms" / f"{pictogram}.svg"),
            social=_drawing(drawings / "social.svg"),
            label=data["artwork"]["label"],
        ),
        rule=ruling,
    )


def _alignments(
    framework: Framework, competences: Iterable[Competence], level: Level
) -> Iterator[Alignment]:
    """Yield what the competences correspond to: our page of each, ESCO, both DigComps."""
    crcn, digcomp = (f"{first}–{last}" for first, last in (level.crcn, level.digcomp))
    for competence in competences:
        yield Alignment(
            framework=framework.title,
            name=competence.name,
            url=f"/frameworks/{framework.slug}/{competence.code}",
            code=competence.code,
            description=Text(fr=f"Niveaux {crcn} sur 8.", en=f"Levels {crcn} of 8."),
        )
        for skill in competence.esco:
            yield Alignment(
                framework=Text(fr="ESCO 1.2.0", en="ESCO 1.2.0"),
                name=Text(fr=skill.label, en=skill.label),
                url=skill.uri,
            )
        for version in framework.digcomp:
            for code in competence.digcomp:
                label = f"DigComp {version.version}"
                yield Alignment(
                    framework=Text(fr=label, en=label),
                    name=Text(fr=version.names[code], en=version.names[code]),
                    url=version.page,
                    code=code,
                    description=_digcomp_description(digcomp, framework.digcomp_provisional),
                )


def _digcomp_description(levels: str, provisional: bool) -> Text:
    fr, en = f"Niveaux {levels} sur 8.", f"Levels {levels} of 8."
    if provisional:
        fr, en = f"{fr} Correspondance provisoire.", f"{en} Provisional correspondence."
    return Text(fr=fr, en=en)


def _own_problems(
    badge: source.Source, data: dict[str, Any], folder: Path, framework: Framework
) -> Iterator[str]:
    """Yield what in `badge.yaml` does not fit its folder, the framework or the drawings."""
    if data["slug"] != folder.name:
        yield badge.problem(("slug",), f"{data['slug']} stands in a folder named {folder.name}")
    known = {competence.code for competence in framework.competences}
    for position, code in enumerate(data["competences"]):
        if code not in known:
            yield badge.problem(("competences", position), f"the framework has no {code}")
    levels = {level.slug for level in framework.levels}
    if data["level"] not in levels:
        yield badge.problem(
            ("level",), f"{data['level']} is not one of {', '.join(sorted(levels))}"
        )
    drawing = data["artwork"]["template"]
    if drawing in levels and drawing != data["level"]:
        yield badge.problem(
            ("artwork", "template"), f"the shape {drawing} would show another level than the class"
        )
    if not (folder.parent / ARTWORK / f"{drawing}.svg").is_file():
        yield badge.problem(("artwork", "template"), f"there is no drawing {drawing}.svg")


def _rule_problems(rule: source.Source, ruling: dict[str, Any], slug: str) -> Iterator[str]:
    for field in ("rule", "badge"):
        if ruling[field] != slug:
            yield rule.problem((field,), f"{ruling[field]} is not the class {slug}")


def _claim_problems(badge: source.Source) -> Iterator[str]:
    """Yield a problem for each text that claims what a badge is not."""
    for field, text in badge.texts():
        for claim in wording.claims(text):
            yield badge.problem(
                field, f"« {claim} »: a badge is not a certification, a diploma or a register entry"
            )


def _drawing(path: Path) -> str:
    """Return the SVG source at `path`; raise CatalogueError unless it may be drawn."""
    try:
        svg = path.read_text(encoding="utf-8")
        artwork.check(svg)
    except OSError as error:
        raise CatalogueError(f"{path}: cannot be read ({error.strerror})") from error
    except (UnicodeDecodeError, ArtworkError) as error:
        raise CatalogueError(f"{path}: {error}") from error
    return svg


class _AlignmentSchema(Schema):
    framework = text_field()
    name = text_field()
    url = fields.Url(required=True, schemes={"http", "https"})
    code = Words(load_default=None)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Alignment:
        return Alignment(**data)


class _TagsSchema(Schema):
    fr = fields.List(Words(), required=True)
    en = fields.List(Words(), required=True)


class _ArtworkSchema(Schema):
    template = fields.String(required=True, validate=SLUG)
    label = text_field()


class _BadgeSchema(Schema):
    slug = fields.String(required=True, validate=SLUG)
    version = fields.Integer(required=True, strict=True, validate=validate.Range(min=1))
    state = fields.String(required=True, validate=validate.OneOf(list(State)))
    achievement_type = fields.String(required=True, validate=validate.OneOf(ACHIEVEMENT_TYPES))
    competences = fields.List(
        fields.String(validate=COMPETENCE_CODE), required=True, validate=validate.Length(min=1)
    )
    level = fields.String(required=True, validate=SLUG)
    name = text_field()
    description = text_field()
    criteria = text_field()
    tags = fields.Nested(_TagsSchema, required=True)
    alignments = fields.List(fields.Nested(_AlignmentSchema), load_default=list)
    artwork = fields.Nested(_ArtworkSchema, required=True)


class _RuleSchema(Schema):
    rule = fields.String(required=True, validate=SLUG)
    version = fields.Integer(required=True, strict=True, validate=validate.Range(min=1))
    badge = fields.String(required=True, validate=SLUG)
    when = fields.Dict(required=True, validate=validate.Length(min=1))
    validation = Words(required=True)
    validity = fields.String(
        required=True,
        validate=validate.Regexp(
            r"(P[1-9][0-9]{0,2}M|unlimited)\Z", error="Months such as P24M, or unlimited."
        ),
    )
