"""What a rule says: conditions as data, and how their file is read.

    condition := all: [condition+] | any: [condition+] | at_least: {n, of: [condition+]} | predicate
    predicate := quiz: {module, min_score, critical?, within?} | manual: {min_strength}
               | partner: {min_strength} | badge: {slug, state?}

There is no negation, no arithmetic and no code: `decision.evaluate` relies on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from badgeservice.catalogue.fields import SLUG
from badgeservice.catalogue.source import Source
from badgeservice.catalogue.strength import Strength
from badgeservice.errors import RuleRefused

MAX_DEPTH = 4
"""Operators inside operators; deeper, no sentence could say what is missing."""


class HeldState(StrEnum):
    """What is asked of a badge that a rule requires."""

    VALID = "valid"
    """Accepted by the person, not withdrawn, not expired."""
    HELD = "held"
    """Accepted by the person and not withdrawn; it may have expired."""


@dataclass(frozen=True)
class Quiz:
    """The assessment of a module was achieved with at least `min_score`, an exact share of 1.

    `critical`: every critical question was answered rightly. `within`: at most so long ago, in
    calendar months such as `P24M`; None for any time.
    """

    module: str
    min_score: Fraction
    critical: bool
    within: str | None


@dataclass(frozen=True)
class Manual:
    """Someone vouches for the skill of the very badge that the rule awards."""

    min_strength: Strength


@dataclass(frozen=True)
class Partner:
    """A training partner asserts a result on a competence of the badge, at its level or above.

    Which activities of which partners these are, the agreements say, not the rule.
    """

    min_strength: Strength


@dataclass(frozen=True)
class Badge:
    """The person holds another badge."""

    slug: str
    state: HeldState


@dataclass(frozen=True)
class All:
    """Every part is met."""

    of: tuple[Condition, ...]

    @property
    def needed(self) -> int:
        """How many parts must be met."""
        return len(self.of)


@dataclass(frozen=True)
class AnyOf:
    """One part is met."""

    of: tuple[Condition, ...]

    @property
    def needed(self) -> int:
        """How many parts must be met."""
        return 1


@dataclass(frozen=True)
class AtLeast:
    """`n` parts are met."""

    n: int
    of: tuple[Condition, ...]

    @property
    def needed(self) -> int:
        """How many parts must be met."""
        return self.n


Predicate = Quiz | Manual | Partner | Badge
Operator = All | AnyOf | AtLeast
Condition = Predicate | Operator


@dataclass(frozen=True)
class Rule:
    """A rule as its file says it. `validity` is `P24M` or `unlimited`, counted from the decision."""

    name: str
    version: int
    badge: str
    when: Condition
    validity: str

    @property
    def predicates(self) -> tuple[Predicate, ...]:
        """Every predicate, in the order of the file."""
        return tuple(_predicates(self.when))


def parse(data: Mapping[str, Any], *, origin: str = "rule") -> Rule:
    """Return the rule that `data`, the content of a rule file, describes.

    Scalars may be text, as the simplest reading of YAML leaves them, or numbers and booleans.
    Raises RuleRefused with a line for each problem: `origin` (the path of the file), field, reason.
    """
    try:
        rule: Rule = _RuleSchema().load(data)
    except ValidationError as error:
        lines = (f"{origin}, {field}: {message}" for field, message in _flatten(error.messages))
        raise RuleRefused("\n".join(sorted(lines))) from None
    return rule


def read(file: Source) -> Rule:
    """Return the rule that `file` describes; raise CatalogueError with file, line and field."""
    rule: Rule = file.load(_RuleSchema())
    return rule


def _predicates(condition: Condition) -> Iterator[Predicate]:
    if isinstance(condition, Operator):
        for part in condition.of:
            yield from _predicates(part)
    else:
        yield condition


def _depth(condition: Condition) -> int:
    if isinstance(condition, Operator):
        return 1 + max(_depth(part) for part in condition.of)
    return 0


def _flatten(messages: Any, field: str = "") -> Iterator[tuple[str, str]]:
    """Yield each of marshmallow's nested messages with its field, "when.any[0].quiz.module"."""
    if isinstance(messages, dict):
        for key, inner in messages.items():
            match key:
                case "_schema":  # where marshmallow puts what concerns a whole object
                    yield from _flatten(inner, field)
                case int():
                    yield from _flatten(inner, f"{field}[{key}]")
                case _:
                    yield from _flatten(inner, f"{field}.{key}".lstrip("."))
    else:
        for message in messages:
            yield field or "the rule", str(message)


class _Whole(fields.Field[int]):
    """A whole number, as text or as a number; 70.5 is not cut to 70, nor `true` read as 1."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if isinstance(value, str) and re.fullmatch(r"0|[1-9][0-9]{0,8}", value, re.ASCII):
            return int(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        raise ValidationError("A whole number.")


class _Percent(fields.Field[Fraction]):
    """A percentage above 0 as an exact share of 1: "72.5" is 29/40. Binary floats are refused."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Fraction:
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if isinstance(text, str) and re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,3})?", text, re.ASCII):
            share = Fraction(text) / 100
            if 0 < share <= 1:
                return share
        raise ValidationError("A percentage, above 0 and at most 100.")


class _Condition(fields.Field[Any]):
    """A mapping with one key, which says what kind of condition its value describes."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Condition:
        if not isinstance(value, Mapping) or len(value) != 1:
            raise ValidationError(f"One of {', '.join(_CONDITIONS)}, and nothing beside it.")
        ((key, content),) = value.items()
        if key not in _CONDITIONS:
            raise ValidationError({key: [f"Unknown; one of {', '.join(_CONDITIONS)}."]})
        try:
            # `all` and `any` hold a bare list; the schema of each calls it `of`.
            data = {"of": content} if key in ("all", "any") else content
            condition: Condition = _CONDITIONS[key]().load(data)
        except ValidationError as error:
            messages: Any = error.messages
            bare = key in ("all", "any") and isinstance(messages, dict)
            raise ValidationError({key: messages["of"] if bare else messages}) from None
        return condition


def _boolean(**options: Any) -> fields.Boolean:
    return fields.Boolean(truthy={"true", True}, falsy={"false", False}, **options)


def _months(pattern: str, error: str, **options: Any) -> fields.String:
    return fields.String(validate=validate.Regexp(rf"(?:{pattern})\Z", error=error), **options)


class _QuizSchema(Schema):
    module = fields.String(required=True, validate=SLUG)
    min_score = _Percent(required=True)
    critical = _boolean(load_default=False)
    within = _months("P[1-9][0-9]{0,2}M", "Months, such as P24M.", load_default=None)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Quiz:
        return Quiz(**data)


class _ManualSchema(Schema):
    min_strength = _Whole(required=True, validate=validate.Range(min(Strength), max(Strength)))

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Manual:
        return Manual(Strength(data["min_strength"]))


class _PartnerSchema(Schema):
    min_strength = _Whole(
        required=True, validate=validate.Range(Strength.ONLINE_QUIZ, max(Strength))
    )

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Partner:
        return Partner(Strength(data["min_strength"]))


class _BadgeSchema(Schema):
    slug = fields.String(required=True, validate=SLUG)
    state = fields.Enum(HeldState, by_value=True, load_default=HeldState.VALID)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Badge:
        return Badge(**data)


class _OperatorSchema(Schema):
    of = fields.List(_Condition(), required=True, validate=validate.Length(min=1))


class _AllSchema(_OperatorSchema):
    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> All:
        return All(tuple(data["of"]))


class _AnySchema(_OperatorSchema):
    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> AnyOf:
        return AnyOf(tuple(data["of"]))


class _AtLeastSchema(_OperatorSchema):
    n = _Whole(required=True, validate=validate.Range(min=1))

    @validates_schema
    def _reachable(self, data: dict[str, Any], **_: Any) -> None:
        if data["n"] > len(data["of"]):
            raise ValidationError({"n": [f"{data['n']} of {len(data['of'])} can never be met."]})

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> AtLeast:
        return AtLeast(data["n"], tuple(data["of"]))


_CONDITIONS: dict[str, type[Schema]] = {
    "all": _AllSchema,
    "any": _AnySchema,
    "at_least": _AtLeastSchema,
    "quiz": _QuizSchema,
    "manual": _ManualSchema,
    "partner": _PartnerSchema,
    "badge": _BadgeSchema,
}


class _RuleSchema(Schema):
    rule = fields.String(required=True, validate=SLUG)
    version = _Whole(required=True, validate=validate.Range(min=1))
    badge = fields.String(required=True, validate=SLUG)
    when = _Condition(required=True)
    # The other ways to decide (a sample, a facilitator) come with the people who decide.
    validation = fields.String(required=True, validate=validate.OneOf(["automatic"]))
    validity = _months(
        "P[1-9][0-9]{0,2}M|unlimited", "Months, such as P24M, or unlimited.", required=True
    )

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Rule:
        rule = Rule(
            name=data["rule"],
            version=data["version"],
            badge=data["badge"],
            when=data["when"],
            validity=data["validity"],
        )
        if _depth(rule.when) > MAX_DEPTH:
            raise ValidationError({"when": [f"Nested deeper than {MAX_DEPTH}."]})
        if any(isinstance(each, Badge) and each.slug == rule.badge for each in rule.predicates):
            raise ValidationError({"when": [f"{rule.badge} cannot ask for itself."]})
        return rule
