"""Badge classes as people write them: one folder each, with `badge.yaml` and `rule.yaml`.

`badge_templates/README.md` says how to add one. A folder is read whole or refused with every
problem found, each with file, line and field. Whether a rule can be followed is the business of
awarding: here it is only there, or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from marshmallow import (
    Schema,
    ValidationError,
    fields,
    post_load,
    validate,
    validates_schema,
)

from badgeservice.catalogue import artwork, criteria, source, wording
from badgeservice.catalogue import framework as frameworks
from badgeservice.catalogue.fields import COMPETENCE_CODE, SLUG, Words, text_field
from badgeservice.catalogue.framework import Competence, Domain, Framework, Level
from badgeservice.catalogue.strength import Strength
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


class Kind(StrEnum):
    """What a badge says of its holder."""

    SKILL = "skill"
    """A competence, at one of our levels."""
    PARTICIPATION = "participation"
    """Was there; no skill is claimed, so there is no level."""
    MILESTONE = "milestone"
    """Holds several skill badges, which have a level each."""


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
class Member:
    """A skill badge that counts for a milestone; not every holder has one that is not required."""

    slug: str
    is_required: bool
    name: Text
    competences: tuple[Competence, ...]
    level: Level


@dataclass(frozen=True)
class Face:
    """What the drawing shows of the framework: a number, a colour, the name of a pictogram."""

    code: str
    colour: str
    pictogram: str


@dataclass(frozen=True)
class Template:
    """A badge class as its folder describes it, joined with what the framework says of it.

    `level` is None unless the badge is for a skill; `members` are those of a milestone, which claims
    the competences of the required ones and no others. `minimum_strength` is the weakest evidence that may earn the badge.
    `rule` is the content of `rule.yaml`, None in a draft that has none yet; what it means is the
    business of awarding. `badge_file` and `rule_file` know the line of each field.
    """

    slug: str
    version: int
    state: State
    kind: Kind
    achievement_type: str
    framework: Framework
    competences: tuple[Competence, ...]
    level: Level | None
    members: tuple[Member, ...]
    minimum_strength: Strength
    name: Text
    description: Text
    criteria: Text
    tags: Mapping[str, tuple[str, ...]]
    alignments: tuple[Alignment, ...]
    drawings: Drawings
    rule: Mapping[str, Any] | None
    badge_file: source.Source
    rule_file: source.Source | None

    @property
    def domain(self) -> Domain | None:
        """The domain that the badge belongs to; None when several share it."""
        return _domain(self.kind, self.framework, _themes(self.competences, self.members))

    @property
    def face(self) -> Face:
        """What the drawing shows: a skill's number, otherwise the numbers of the domains."""
        return _face(self.kind, self.framework, _themes(self.competences, self.members))

    @property
    def skill(self) -> Text:
        """What the badge recognises, without its level."""
        only_one = self.kind is Kind.SKILL and len(self.competences) == 1
        return self.competences[0].name if only_one else self.name


def load_all(folder: Path, framework: Framework | None = None) -> list[Template]:
    """Return every badge class in `folder`, sorted by slug.

    `framework` is the one shipped with the service unless given. Raises CatalogueError with the
    problems of all classes.
    """
    loaded, problems = survey(folder, framework or frameworks.load())
    if problems:
        raise CatalogueError("\n".join(problems))
    return loaded


def survey(folder: Path, framework: Framework) -> tuple[list[Template], list[str]]:
    """Return the badge classes in `folder` that can be read, and the problems of the others."""
    loaded: list[Template] = []
    problems: list[str] = []
    for path in sorted(folder.glob("*/badge.yaml")):
        try:
            loaded.append(load(path.parent, framework))
        except CatalogueError as error:
            problems += error.message.splitlines()
    if not loaded and not problems:
        problems.append(f"{folder}: no badge class")
    return loaded, problems


def load(folder: Path, framework: Framework) -> Template:
    """Return the badge class in `folder`; raise CatalogueError naming every problem."""
    badge, rule = source.read(folder / "badge.yaml"), None
    if (folder / "rule.yaml").exists():
        rule = source.read(folder / "rule.yaml")
    data, ruling, problems = _shaped(badge, rule)
    if data is None:
        raise CatalogueError("\n".join(problems))
    problems += [*_state_problems(badge, data, rule), *_claim_problems(badge)]
    if rule is not None:
        problems += _claim_problems(rule)
        if ruling is not None:
            problems += _rule_problems(rule, ruling, data["slug"])
    if unfit := list(_own_problems(badge, data, folder, framework)):
        raise CatalogueError("\n".join(unfit + problems))
    kind = data["kind"]
    level = framework.level(data["level"]) if kind is Kind.SKILL else None
    members = tuple(
        member
        for field in ("members", "options")
        for member in _members(badge, data, field, folder.parent, framework)
    )
    claims = _claims(framework, data["competences"], level, members)
    competences = tuple(dict.fromkeys(competence for competence, _ in claims))
    themes = _themes(competences, members)
    problems += _criteria_problems(badge, data, themes, level, ruling)
    if problems:
        raise CatalogueError("\n".join(problems))
    drawings = folder.parent / ARTWORK
    pictogram = _face(kind, framework, themes).pictogram
    return Template(
        slug=data["slug"],
        version=data["version"],
        state=State(data["state"]),
        kind=kind,
        achievement_type=data["achievement_type"],
        framework=framework,
        competences=competences,
        level=level,
        members=members,
        minimum_strength=level.minimum_strength if level else Strength(data["minimum_strength"]),
        name=data["name"],
        description=data["description"],
        criteria=data["criteria"],
        tags={language: tuple(data["tags"][language]) for language in LANGUAGES},
        alignments=(*_alignments(framework, claims), *data["alignments"]),
        drawings=Drawings(
            badge=_drawing(drawings / f"{data['artwork']['template']}.svg"),
            pictogram=_drawing(drawings / "pictograms" / f"{pictogram}.svg"),
            social=_drawing(drawings / "social.svg"),
            label=data["artwork"]["label"],
        ),
        rule=ruling,
        badge_file=badge,
        rule_file=rule,
    )


def _shaped(
    badge: source.Source, rule: source.Source | None
) -> tuple[dict[str, Any] | None, dict[str, Any] | None, list[str]]:
    """Return what the two files say, None for one that has not the right shape, and every problem."""
    found: list[dict[str, Any] | None] = []
    problems: list[str] = []
    for file, schema in ((badge, _BadgeSchema()), (rule, _RuleSchema())):
        try:
            found.append(None if file is None else file.load(schema))
        except CatalogueError as error:
            found.append(None)
            problems += error.message.splitlines()
    return found[0], found[1], problems


def _members(
    badge: source.Source, data: dict[str, Any], field: str, folder: Path, framework: Framework
) -> Iterator[Member]:
    """Yield the members that `field` names from the folders beside the class's own.

    Raises CatalogueError for one that is not there, or is no badge for a skill.
    """
    for position, slug in enumerate(data[field]):
        path = folder / slug / "badge.yaml"
        if not path.exists():
            raise CatalogueError(badge.problem((field, position), f"there is no class {slug}"))
        try:
            member = source.read(path).load(_BadgeSchema())
            skill = member["kind"] is Kind.SKILL
            competences = tuple(framework.competence(code) for code in member["competences"])
            level = framework.level(member["level"]) if skill else None
        except (CatalogueError, KeyError):
            # Its own problems are told where they are: this only says that it cannot be cited.
            raise CatalogueError(badge.problem((field, position), f"{slug} is not right")) from None
        if level is None:
            raise CatalogueError(
                badge.problem((field, position), f"{slug} is no badge for a skill")
            )
        yield Member(
            slug=slug,
            is_required=field == "members",
            name=member["name"],
            competences=competences,
            level=level,
        )


_Claim = tuple[Competence, Level | None]
"""A competence that a badge is about, at a level; without one, it is only what it was about."""


def _claims(
    framework: Framework, codes: Iterable[str], level: Level | None, members: Iterable[Member]
) -> list[_Claim]:
    own: list[_Claim] = [(framework.competence(code), level) for code in codes]
    of_members: list[_Claim] = [
        (competence, member.level)
        for member in members
        if member.is_required
        for competence in member.competences
    ]
    return own + of_members


def _themes(competences: Iterable[Competence], members: Iterable[Member]) -> tuple[Competence, ...]:
    """Return every competence that a badge has to do with, claimed by each holder or not."""
    of_members = (competence for member in members for competence in member.competences)
    return tuple(dict.fromkeys([*competences, *of_members]))


def _domain(kind: Kind, framework: Framework, themes: tuple[Competence, ...]) -> Domain | None:
    codes = {competence.domain for competence in themes}
    # A badge for skills of several domains goes by the first that it names.
    if kind is Kind.SKILL or len(codes) == 1:
        return framework.domain(themes[0].domain)
    return None


def _face(kind: Kind, framework: Framework, themes: tuple[Competence, ...]) -> Face:
    domain = _domain(kind, framework, themes)
    if domain is None:
        codes = sorted({competence.domain for competence in themes})
        return Face(" · ".join(codes), framework.across.colour, framework.across.pictogram)
    code = themes[0].code if kind is Kind.SKILL else domain.code
    return Face(code, domain.colour, domain.pictogram)


def _alignments(framework: Framework, claims: Iterable[_Claim]) -> Iterator[Alignment]:
    """Yield what the competences correspond to: our page of each, ESCO, both DigComps."""
    given: set[tuple[str, str | None, Text | None]] = set()
    for competence, level in claims:
        for alignment in _alignments_of(framework, competence, level):
            # Two competences of a milestone may share a code of DigComp, or a skill of ESCO.
            key = (alignment.url + alignment.framework.en, alignment.code, alignment.description)
            if key not in given:
                given.add(key)
                yield alignment


def _alignments_of(
    framework: Framework, competence: Competence, level: Level | None
) -> Iterator[Alignment]:
    yield Alignment(
        framework=framework.title,
        name=competence.name,
        url=f"/frameworks/{framework.slug}/{competence.code}",
        code=competence.code,
        description=_levels(level.crcn) if level else _THEME,
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
                description=_digcomp_description(level, framework.digcomp_provisional),
            )


_THEME = Text(fr="Thème abordé, sans niveau.", en="Theme covered, without a level.")


def _levels(span: tuple[int, int]) -> Text:
    first, last = span
    return Text(fr=f"Niveaux {first}–{last} sur 8.", en=f"Levels {first}–{last} of 8.")


def _digcomp_description(level: Level | None, provisional: bool) -> Text:
    said = _levels(level.digcomp) if level else _THEME
    if provisional:
        return Text(
            fr=f"{said.fr} Correspondance provisoire.", en=f"{said.en} Provisional correspondence."
        )
    return said


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
    is_skill = data["kind"] is Kind.SKILL
    if is_skill and data["level"] not in levels:
        yield badge.problem(
            ("level",), f"{data['level']} is not one of {', '.join(sorted(levels))}"
        )
    drawing = data["artwork"]["template"]
    told = {*levels, Kind.PARTICIPATION, Kind.MILESTONE}
    if drawing in told and drawing != (data["level"] if is_skill else data["kind"]):
        yield badge.problem(
            ("artwork", "template"),
            f"the shape {drawing} would show another {'level' if is_skill else 'kind'}"
            " than the class",
        )
    if not (folder.parent / ARTWORK / f"{drawing}.svg").is_file():
        yield badge.problem(("artwork", "template"), f"there is no drawing {drawing}.svg")


def _state_problems(
    badge: source.Source, data: dict[str, Any], rule: source.Source | None
) -> Iterator[str]:
    """Yield a problem when a class is published that nobody could earn."""
    if data["state"] == State.PUBLISHED and rule is None:
        yield badge.problem(
            ("state",), "published, but there is no rule.yaml beside it: nobody could earn it"
        )


def _criteria_problems(
    badge: source.Source,
    data: dict[str, Any],
    competences: tuple[Competence, ...],
    level: Level | None,
    ruling: dict[str, Any] | None,
) -> Iterator[str]:
    for language in LANGUAGES:
        for problem in criteria.problems(
            data["criteria"][language],
            language,
            competences=competences,
            level=level,
            validity=ruling["validity"] if ruling else None,
        ):
            yield badge.problem(("criteria", language), problem)


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
    kind = fields.Enum(Kind, by_value=True, load_default=Kind.SKILL)
    competences = fields.List(
        fields.String(validate=COMPETENCE_CODE), load_default=list, validate=validate.Length(min=1)
    )
    level = fields.String(validate=SLUG)
    members = fields.List(fields.String(validate=SLUG), load_default=list)
    options = fields.List(fields.String(validate=SLUG), load_default=list)
    minimum_strength = fields.Integer(strict=True, validate=validate.OneOf(list(Strength)))
    name = text_field()
    description = text_field()
    criteria = text_field()
    tags = fields.Nested(_TagsSchema, required=True)
    alignments = fields.List(fields.Nested(_AlignmentSchema), load_default=list)
    artwork = fields.Nested(_ArtworkSchema, required=True)

    @validates_schema(skip_on_field_errors=True)
    def _fits_its_kind(self, data: dict[str, Any], **_: Any) -> None:
        """Each kind has fields of its own; those of another would say what is not meant."""
        kind, wrong = data["kind"], {}
        for name in sorted({name for names in _FIELDS_OF.values() for name in names}):
            is_given = data.get(name) not in (None, [])
            if is_given and name not in _FIELDS_OF[kind]:
                wrong[name] = [f"A badge of kind {kind} does not have it."]
            elif not is_given and name in _FIELDS_OF[kind] - {"members", "options"}:
                wrong[name] = [f"Missing: a badge of kind {kind} has it."]
        count = len({*data["members"], *data["options"]})
        if kind is Kind.MILESTONE and count < 2:
            wrong["members"] = ["A milestone needs two badges or more, as members or options."]
        elif count < len(data["members"]) + len(data["options"]):
            wrong["members"] = ["A badge is named twice, here or among the options."]
        if wrong:
            raise ValidationError(wrong)


_FIELDS_OF = {
    Kind.SKILL: {"competences", "level"},
    Kind.PARTICIPATION: {"competences", "minimum_strength"},
    Kind.MILESTONE: {"members", "options", "minimum_strength"},
}


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
