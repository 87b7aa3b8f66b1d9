"""The shapes of a module's files: what each field may hold, and the values that it becomes.

Unknown fields are refused, and every complaint says what is allowed. Rules that need more than one
field stand in `content`.
"""

from __future__ import annotations

import re
from datetime import timedelta
from fractions import Fraction
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from badgeservice.catalogue import source
from badgeservice.catalogue.fields import COMPETENCE_CODE, SLUG, TextSchema, Words, text_field
from badgeservice.learning.quiz import (
    Choice,
    ChoiceQuestion,
    Image,
    Kind,
    MatchingQuestion,
    NumberQuestion,
    OrderingQuestion,
    Pair,
    Question,
    Quiz,
    ShortTextQuestion,
    Step,
    Stimulus,
    Tolerance,
    Unit,
)
from badgeservice.learning.words import TRUE_FALSE

LEVELS = ("beginner", "intermediate", "advanced")
"""From the lowest to the highest, as the framework names them."""

_SITUATION = "situation"


def quiz(file: source.Source) -> Quiz:
    """Return the quiz that a `quiz.yaml` describes.

    Raises CatalogueError naming file, line, question and field for everything that has the wrong
    shape.
    """
    data = file.load(_QuizSchema())
    assessment = data["assessment"]
    return Quiz(
        draw=assessment["draw"],
        pass_mark=Fraction(assessment["pass_mark"], 100),
        delays=tuple(assessment["delays"]),
        units=tuple(_unit(each) for each in data["questions"]),
    )


def _unit(data: dict[str, Any]) -> Unit:
    if data["type"] != _SITUATION:
        return (_question(data, None),)
    image = data.get("image")
    stimulus = Stimulus(
        id=data["id"],
        title=data["title"],
        text=data["text"],
        image=Image(image["file"], image.get("alternative")) if image else None,
    )
    return tuple(_question(each, stimulus) for each in data["questions"])


def _question(data: dict[str, Any], stimulus: Stimulus | None) -> Question:
    kind = Kind(data["type"])
    shared: dict[str, Any] = {
        "id": data["id"],
        "kind": kind,
        "objective": data["objective"],
        "prompt": data["prompt"],
        "passage": data["passage"],
        "is_critical": data["critical"],
        "stimulus": stimulus,
    }
    if kind is Kind.TRUE_FALSE:
        choices = tuple(
            Choice(str(value).lower(), text, value is data["answer"], data["feedback"])
            for value, text in TRUE_FALSE.items()
        )
        return ChoiceQuestion(**shared, choices=choices)
    if kind in {Kind.SINGLE, Kind.MULTIPLE}:
        choices = tuple(
            Choice(each["id"], each["text"], each["correct"], each["feedback"])
            for each in data["choices"]
        )
        return ChoiceQuestion(**shared, choices=choices)
    explained = shared | {"feedback": data["feedback"], "hint": data["hint"]}
    if kind is Kind.ORDERING:
        return OrderingQuestion(**explained, steps=tuple(Step(**each) for each in data["steps"]))
    if kind is Kind.MATCHING:
        return MatchingQuestion(**explained, pairs=tuple(Pair(**each) for each in data["pairs"]))
    if kind is Kind.NUMBER:
        return NumberQuestion(
            **explained,
            value=data["answer"]["value"],
            tolerance=data["answer"]["tolerance"],
            unit=data.get("unit"),
            also_written=tuple(data["also_written"]),
        )
    return ShortTextQuestion(
        **explained,
        accepted=tuple(data["accepted"]),
        tolerances=frozenset(data["tolerances"]),
    )


class Strict(Schema):
    """A schema whose complaint about an unknown field names the known ones."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.error_messages = {
            **self.error_messages,
            "unknown": f"Unknown field, allowed: {', '.join(self.fields)}.",
        }


class _Duration(fields.Field[timedelta]):
    """An ISO 8601 duration in hours, minutes and seconds, such as PT1H30M."""

    _PATTERN = re.compile(r"PT(?=[0-9])(?:([0-9]{1,4})H)?(?:([0-9]{1,4})M)?(?:([0-9]{1,4})S)?")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> timedelta:
        match = self._PATTERN.fullmatch(str(value))
        if match is None:
            raise ValidationError("Not a duration such as PT10M or PT24H.")
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return timedelta(hours=hours, minutes=minutes, seconds=seconds)


class _Exact(fields.Field[Fraction]):
    """A decimal number, kept exactly."""

    _PATTERN = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Fraction:
        if isinstance(value, bool) or not self._PATTERN.fullmatch(str(value)):
            raise ValidationError("Not a number such as 3 or 3.75.")
        return Fraction(str(value))


class _Flag(fields.Field[bool]):
    """true or false, and nothing that resembles them."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("Must be true or false.")
        return value


class _ByType(fields.Field[dict[str, Any]]):
    """A question, read by the schema that its `type` names; problems name the question."""

    def __init__(self, *, in_situation: bool) -> None:
        super().__init__()
        self.in_situation = in_situation

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValidationError("Not a question.")
        schemas = dict(TYPES)
        if self.in_situation:
            del schemas[_SITUATION]
        name = f"question {value.get('id', 'without id')}"
        schema = schemas.get(str(value.get("type", "")))
        if schema is None:
            raise ValidationError({"type": [f"{name}: allowed: {', '.join(sorted(schemas))}."]})
        try:
            loaded: dict[str, Any] = schema().load(value)
        except ValidationError as error:
            raise ValidationError(_named(name, error.messages)) from None
        return loaded


def _named(name: str, messages: Any) -> Any:
    """Return marshmallow's nested `messages`, each beginning with `name` unless it has one."""
    if isinstance(messages, dict):
        return {key: _named(name, inner) for key, inner in messages.items()}
    return [each if each.startswith("question ") else f"{name}: {each}" for each in messages]


def _list(inner: Any, *, at_least: int) -> fields.List[Any]:
    return fields.List(inner, required=True, validate=validate.Length(min=at_least))


class _QuestionSchema(Strict):
    id = fields.String(required=True, validate=SLUG)
    type = fields.String(required=True)
    objective = fields.String(required=True)
    prompt = text_field()
    passage = fields.String(required=True)
    critical = _Flag(load_default=False)


class _ExplainedSchema(_QuestionSchema):
    feedback = text_field()
    hint = text_field()


class _ChoiceSchema(Strict):
    id = fields.String(required=True, validate=SLUG)
    text = text_field()
    correct = _Flag(load_default=False)
    feedback = text_field()


class _ChoicesSchema(_QuestionSchema):
    choices = _list(fields.Nested(_ChoiceSchema), at_least=2)


class _TrueFalseSchema(_QuestionSchema):
    answer = _Flag(required=True)
    feedback = text_field()


class _StepSchema(Strict):
    id = fields.String(required=True, validate=SLUG)
    text = text_field()


class _OrderingSchema(_ExplainedSchema):
    steps = _list(fields.Nested(_StepSchema), at_least=2)


class _PairSchema(Strict):
    id = fields.String(required=True, validate=SLUG)
    left = text_field()
    right = text_field()


class _MatchingSchema(_ExplainedSchema):
    pairs = _list(fields.Nested(_PairSchema), at_least=2)


class _NumberAnswerSchema(Strict):
    value = _Exact(required=True)
    tolerance = _Exact(required=True, validate=validate.Range(min=0))


class _NumberSchema(_ExplainedSchema):
    answer = fields.Nested(_NumberAnswerSchema, required=True)
    unit = fields.Nested(TextSchema)
    also_written = fields.List(Words(), load_default=list)


class _ShortTextSchema(_ExplainedSchema):
    accepted = _list(Words(), at_least=1)
    tolerances = fields.List(fields.Enum(Tolerance, by_value=True), required=True)


class _ImageSchema(Strict):
    file = fields.String(required=True)
    alternative = fields.Nested(TextSchema)
    decorative = _Flag(load_default=False)

    @validates_schema
    def _says_what_it_shows(self, data: dict[str, Any], **_: Any) -> None:
        if ("alternative" in data) == data["decorative"]:
            raise ValidationError("Either an alternative or decorative: true.", "alternative")


class _SituationSchema(Strict):
    id = fields.String(required=True, validate=SLUG)
    type = fields.String(required=True)
    title = text_field()
    text = text_field()
    image = fields.Nested(_ImageSchema)
    questions = _list(_ByType(in_situation=True), at_least=1)


TYPES: dict[str, type[Schema]] = {
    Kind.SINGLE: _ChoicesSchema,
    Kind.MULTIPLE: _ChoicesSchema,
    Kind.TRUE_FALSE: _TrueFalseSchema,
    Kind.ORDERING: _OrderingSchema,
    Kind.MATCHING: _MatchingSchema,
    Kind.NUMBER: _NumberSchema,
    Kind.SHORT_TEXT: _ShortTextSchema,
    _SITUATION: _SituationSchema,
}
"""Every type of question that a quiz file may hold."""


class _AssessmentSchema(Strict):
    draw = fields.Integer(required=True, strict=True, validate=validate.Range(min=1, max=100))
    balance = fields.String(required=True, validate=validate.Equal("objective"))
    pass_mark = fields.Integer(required=True, strict=True, validate=validate.Range(min=1, max=100))
    delays = _list(_Duration(), at_least=1)


class _QuizSchema(Strict):
    assessment = fields.Nested(_AssessmentSchema, required=True)
    questions = _list(_ByType(in_situation=False), at_least=1)


class _CompetenceSchema(Strict):
    code = fields.String(required=True, validate=COMPETENCE_CODE)
    role = fields.String(required=True, validate=validate.OneOf(["main", "related"]))


class _ObjectiveSchema(Strict):
    id = fields.String(required=True, validate=SLUG)
    text = text_field()


class ModuleSchema(Strict):
    """`module.yaml`."""

    id = fields.String(required=True, validate=SLUG)
    version = fields.String(
        required=True,
        validate=validate.Regexp(r"[0-9]+\.[0-9]+\.[0-9]+\Z", error="A version such as 1.0.0."),
    )
    title = text_field()
    summary = text_field()
    level = fields.String(required=True, validate=validate.OneOf(LEVELS))
    competences = _list(fields.Nested(_CompetenceSchema), at_least=1)
    objectives = _list(fields.Nested(_ObjectiveSchema), at_least=1)
    duration = _Duration(required=True)
    prerequisites = fields.List(fields.String(validate=SLUG), required=True)
    licence = Words(required=True)
    revised = fields.Date(required=True)
    review_before = fields.Date(required=True)
    sources = fields.List(text_field(), required=True)
