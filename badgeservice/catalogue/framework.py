"""What can be learned, in the words of a public framework: domains, competences and levels.

The framework is data in `content/frameworks/`; this module reads it once and refuses it whole if
one code is missing. What a published badge class says about it is copied into the class, so that a
new edition of the framework never changes an old badge.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marshmallow import Schema, fields, validate

from badgeservice.catalogue import source
from badgeservice.catalogue.fields import COLOUR, COMPETENCE_CODE, SLUG, Words, text_field
from badgeservice.catalogue.strength import Strength
from badgeservice.catalogue.text import Text
from badgeservice.errors import CatalogueError

FOLDER = Path(__file__).resolve().parent.parent / "content" / "frameworks"
"""The frameworks that come with the service."""

ESCO_PREFIX = "http://data.europa.eu/esco/skill/"


@dataclass(frozen=True)
class EscoSkill:
    """A concept of ESCO 1.2.0: its address and its published English label."""

    uri: str
    label: str


@dataclass(frozen=True)
class Competence:
    """One of the 16 competences; `digcomp` holds codes that are the same in DigComp 2.2 and 3.0."""

    code: str
    domain: str
    school_code: str
    name: Text
    digcomp: tuple[str, ...]
    esco: tuple[EscoSkill, ...]


@dataclass(frozen=True)
class Domain:
    """One of the five domains, with the colour and the pictogram of its badges."""

    code: str
    name: Text
    colour: str
    pictogram: str
    competences: tuple[Competence, ...]


@dataclass(frozen=True)
class Level:
    """One of our three levels; `crcn` and `digcomp` are the first and last of 8 that it covers."""

    slug: str
    name: Text
    crcn: tuple[int, int]
    digcomp: tuple[int, int]
    minimum_strength: Strength
    criterion: Text


@dataclass(frozen=True)
class Across:
    """What a badge that spans several domains has instead of a domain's colour and pictogram."""

    colour: str
    pictogram: str


@dataclass(frozen=True)
class DigComp:
    """A version of DigComp: the official page, and its competences' English names by code."""

    version: str
    page: str
    names: dict[str, str]


@dataclass(frozen=True)
class Framework:
    """The framework with everything that badges need from it.

    `version` names this edition of the data: other words or codes need another version, so that
    what was published under the old one can keep it. `english_provisional` says that the English names are working translations, and
    `digcomp_provisional` that the correspondence with DigComp is ours; pages repeat both.
    """

    slug: str
    version: str
    title: Text
    english_provisional: bool
    digcomp_provisional: bool
    domains: tuple[Domain, ...]
    across: Across
    levels: tuple[Level, ...]
    digcomp: tuple[DigComp, ...]

    @property
    def competences(self) -> tuple[Competence, ...]:
        """Every competence, in the framework's order."""
        return tuple(competence for domain in self.domains for competence in domain.competences)

    def competence(self, code: str) -> Competence:
        """Return the competence `code`, such as 4.1; raise KeyError if there is none."""
        return {competence.code: competence for competence in self.competences}[code]

    def domain(self, code: str) -> Domain:
        """Return the domain `code`, 1 to 5; raise KeyError if there is none."""
        return {domain.code: domain for domain in self.domains}[code]

    def level(self, slug: str) -> Level:
        """Return the level `slug`, such as beginner; raise KeyError if there is none."""
        return {level.slug: level for level in self.levels}[slug]


def load(folder: Path = FOLDER) -> Framework:
    """Return the framework in `folder` (`crcn.yaml`, `digcomp.yaml`, `levels.yaml`).

    Raise CatalogueError naming file, line and field for anything missing, unknown or inconsistent.
    """
    framework = source.read(folder / "crcn.yaml")
    digcomp = source.read(folder / "digcomp.yaml")
    levels = source.read(folder / "levels.yaml")
    data = framework.load(_FrameworkSchema())
    loaded = Framework(
        slug=data["framework"],
        version=data["version"],
        title=data["title"],
        english_provisional=data["provisional"]["english_names"],
        digcomp_provisional=data["provisional"]["digcomp"],
        domains=tuple(_domain(domain) for domain in data["domains"]),
        across=Across(**data["across"]),
        levels=tuple(_level(level) for level in levels.load(_LevelsSchema())["levels"]),
        digcomp=_digcomp(digcomp.load(_DigCompSchema())),
    )
    problems = [*_code_problems(framework, loaded), *_level_problems(levels, loaded)]
    if problems:
        raise CatalogueError("\n".join(problems))
    return loaded


def _domain(data: dict[str, Any]) -> Domain:
    return Domain(
        code=data["code"],
        name=data["name"],
        colour=data["colour"],
        pictogram=data["pictogram"],
        competences=tuple(
            Competence(
                code=competence["code"],
                domain=data["code"],
                school_code=competence["school_code"],
                name=competence["name"],
                digcomp=tuple(competence["digcomp"]),
                esco=tuple(
                    EscoSkill(ESCO_PREFIX + skill["id"], skill["label"])
                    for skill in competence["esco"]
                ),
            )
            for competence in data["competences"]
        ),
    )


def _level(data: dict[str, Any]) -> Level:
    return Level(
        slug=data["slug"],
        name=data["name"],
        crcn=data["crcn"],
        digcomp=data["digcomp"],
        minimum_strength=Strength(data["minimum_strength"]),
        criterion=data["criterion"],
    )


def _digcomp(data: dict[str, Any]) -> tuple[DigComp, ...]:
    return tuple(
        DigComp(version["version"], data["page"], version["competences"])
        for version in data["versions"]
    )


def _code_problems(file: source.Source, framework: Framework) -> Iterator[str]:
    """Yield what is wrong with codes: given twice, in the wrong domain, unknown to DigComp."""
    seen: set[str] = set()
    for position, domain in enumerate(framework.domains):
        for index, competence in enumerate(domain.competences):
            field = ("domains", position, "competences", index)
            if competence.code in seen:
                yield file.problem((*field, "code"), f"{competence.code} is given twice")
            seen.add(competence.code)
            if not competence.code.startswith(f"{domain.code}."):
                yield file.problem((*field, "code"), f"{competence.code} is not of {domain.code}")
            for version in framework.digcomp:
                for code in competence.digcomp:
                    if code not in version.names:
                        yield file.problem(
                            (*field, "digcomp"), f"DigComp {version.version} has no {code}"
                        )


def _level_problems(file: source.Source, framework: Framework) -> Iterator[str]:
    """Yield a problem where a level does not begin above the one before, or is given twice."""
    below = 0
    seen: set[str] = set()
    for position, level in enumerate(framework.levels):
        first, last = level.crcn
        if not below < first <= last:
            yield file.problem(("levels", position, "crcn"), "levels must rise without overlap")
        below = last
        if level.slug in seen:
            yield file.problem(("levels", position, "slug"), f"{level.slug} is given twice")
        seen.add(level.slug)


class _EscoSchema(Schema):
    id = fields.String(
        required=True, validate=validate.Regexp(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
    )
    label = Words(required=True)


class _CompetenceSchema(Schema):
    code = fields.String(required=True, validate=COMPETENCE_CODE)
    school_code = fields.String(required=True, validate=validate.Regexp(r"CN(_[A-Z]{3}){2}\Z"))
    name = text_field()
    digcomp = fields.List(
        fields.String(validate=COMPETENCE_CODE), required=True, validate=validate.Length(min=1)
    )
    esco = fields.List(fields.Nested(_EscoSchema), required=True)


class _DomainSchema(Schema):
    code = fields.String(required=True, validate=validate.Regexp(r"[1-5]\Z"))
    name = text_field()
    colour = fields.String(required=True, validate=COLOUR)
    pictogram = fields.String(required=True, validate=SLUG)
    competences = fields.List(
        fields.Nested(_CompetenceSchema), required=True, validate=validate.Length(min=1)
    )


class _ProvisionalSchema(Schema):
    english_names = fields.Boolean(required=True)
    digcomp = fields.Boolean(required=True)


class _AcrossSchema(Schema):
    colour = fields.String(required=True, validate=COLOUR)
    pictogram = fields.String(required=True, validate=SLUG)


class _FrameworkSchema(Schema):
    framework = fields.String(required=True, validate=SLUG)
    version = Words(required=True)
    title = text_field()
    provisional = fields.Nested(_ProvisionalSchema, required=True)
    across = fields.Nested(_AcrossSchema, required=True)
    domains = fields.List(
        fields.Nested(_DomainSchema), required=True, validate=validate.Length(min=1)
    )


class _LevelSchema(Schema):
    slug = fields.String(required=True, validate=SLUG)
    name = text_field()
    crcn = fields.Tuple((fields.Integer(), fields.Integer()), required=True)
    digcomp = fields.Tuple((fields.Integer(), fields.Integer()), required=True)
    minimum_strength = fields.Integer(required=True, validate=validate.OneOf(list(Strength)))
    criterion = text_field()


class _LevelsSchema(Schema):
    levels = fields.List(
        fields.Nested(_LevelSchema), required=True, validate=validate.Length(min=1)
    )


class _DigCompVersionSchema(Schema):
    version = Words(required=True)
    competences = fields.Dict(
        keys=fields.String(validate=COMPETENCE_CODE), values=Words(), required=True
    )


class _DigCompSchema(Schema):
    page = fields.Url(required=True, schemes={"https"})
    versions = fields.List(
        fields.Nested(_DigCompVersionSchema), required=True, validate=validate.Length(min=1)
    )
