"""What programs send and receive: one marshmallow schema for each shape.

They read what is sent, write what is answered, and describe both in the OpenAPI document. The shape
of a report is the one that `badgeservice verify --json` prints; a test holds them against each other.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from dataclasses import fields as fields_of
from datetime import datetime
from enum import StrEnum
from typing import Any, get_args, get_origin, get_type_hints

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from badgeservice.errors import RequestRefused, UnreadableJSON
from badgeservice.openbadges import strict_json
from badgeservice.verification.codes import Check, Code, Outcome
from badgeservice.verification.recipient import Answer
from badgeservice.verification.report import Integrity, Issuer, Status, Verdict
from badgeservice.verification.summary import Endorsement, Summary
from badgeservice.verifier import batch
from badgeservice.web import languages

LONGEST_RECIPIENT = 320
"""Characters of a mail address (RFC 5321, section 4.5.3.1); a DID that names a person is shorter."""

# Written without `\s`, which is not the same in every dialect of regular expressions.
_PERSON = r"^(?:did:[!-~]+|[^\x00-\x20\x7f-\xa0@]+@[^\x00-\x20\x7f-\xa0@]+)$"
_ADDRESS = r"^https?://[^\x00-\x20\x7f-\xa0]{1,2040}$"
_CODE = r"^[- ]*(?:[0-9A-TV-Za-tv-z][- ]*){8}$"
"""A short code as people type it (`issuing.short_codes` reads it)."""

_DATE_TIME = {"format": "date-time"}


# --- what is asked -------------------------------------------------------------------------------


class _Badge(fields.Field[bytes]):
    """A badge inside a JSON document: the object that it is, or its JWT."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bytes:
        if isinstance(value, str):
            return value.encode()
        if not isinstance(value, dict):
            raise ValidationError("Neither an object nor a text.")
        return strict_json.dumps(value)


class QuerySchema(Schema):
    """What may stand in the address."""

    lang = fields.String(
        validate=validate.OneOf(languages.LANGUAGES),
        metadata={"description": "Language of the messages; else `Accept-Language`, else French."},
    )

    @post_load
    def _named_as_elsewhere(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"language": data["lang"]} if data else {}


class AskedSchema(Schema):
    """What belongs to a question beside the badge itself."""

    recipient = fields.String(
        validate=[
            validate.Length(3, LONGEST_RECIPIENT),
            validate.Regexp(_PERSON, error="Neither a mail address nor a DID."),
        ],
        metadata={"description": "A mail address or a DID: is it this person's badge?"},
    )
    language = fields.String(
        validate=validate.OneOf(languages.LANGUAGES),
        metadata={"description": "Language of the messages; else `lang`, else `Accept-Language`."},
    )


class VerifySchema(AskedSchema):
    """A badge to verify: exactly one of `url`, `code`, `text` and `credential`.

    Loads as `{"data": bytes, "recipient": …, "language": …}`.
    """

    url = fields.String(
        validate=validate.Regexp(_ADDRESS, error="Not an http(s) address."),
        metadata={"description": "Where a badge stands.", "format": "uri"},
    )
    code = fields.String(
        validate=[
            validate.Length(8, 40),
            validate.Regexp(_CODE, error="Not a short code."),
        ],
        metadata={"description": "The short code of one of our public badges: `K7QM-2XVD`."},
    )
    text = fields.String(
        validate=validate.Length(min=1),
        metadata={"description": "What was pasted or scanned: an address, a code, JSON or a JWT."},
    )
    credential = _Badge(
        metadata={
            "description": "A badge as a JSON object, or its JWT.",
            "oneOf": [{"type": "object"}, {"type": "string"}],
        }
    )

    @validates_schema(skip_on_field_errors=True)
    def _one_badge(self, data: dict[str, Any], **_: Any) -> None:
        if len(_BADGES & data.keys()) != 1:
            raise ValidationError(f"Exactly one of {', '.join(sorted(_BADGES))}.")

    @post_load
    def _as_data(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        (name,) = _BADGES & data.keys()
        value = data.pop(name)
        return {**data, "data": value if isinstance(value, bytes) else value.encode()}


_BADGES = {"url", "code", "text", "credential"}


class BatchSchema(Schema):
    """Badges to verify, each an address, a short code, JSON or a JWT."""

    items = fields.List(
        fields.String(),
        required=True,
        validate=validate.Length(1, batch.MAXIMUM_ROWS),
        metadata={"description": "What cannot be read is a row all the same, `unreadable`."},
    )
    language = AskedSchema().fields["language"]


VERIFY = {"allOf": [VerifySchema, {"oneOf": [{"required": [name]} for name in sorted(_BADGES)]}]}
"""The same, as the OpenAPI document says "exactly one"."""


class FormSchema(AskedSchema):
    """The fields of a form beside its file."""


class UploadSchema(FormSchema):
    """A form with a file, as the document describes it."""

    file = fields.Raw(required=True, metadata={"type": "string", "format": "binary"})


def read(schema: Schema, data: Any) -> dict[str, Any]:
    """Return what `schema` makes of `data`. Raises RequestRefused naming each field that is wrong."""
    try:
        loaded: dict[str, Any] = schema.load(data)
    except ValidationError as error:
        # Our schemas are nobody's inner part: their messages are by field.
        problems = error.messages_dict
        raise RequestRefused("; ".join(_sentences(problems))) from None
    except UnreadableJSON as error:
        raise RequestRefused(error.message, code=error.code) from None
    return loaded


_LONGEST_NAME = 40


def _sentences(problems: dict[Any, Any]) -> list[str]:
    """Return one sentence for each field; a name that a client made up is cut short."""
    return [f"{place!a}: {said}" if place else said for place, said in _places(problems)][:10]


def _places(problems: dict[Any, Any], within: str = "") -> Iterator[tuple[str, str]]:
    """Yield each field, `results[0].person.email`, with what is wrong there."""
    for name, said in problems.items():
        match name:
            case "_schema":
                place = within
            case int():
                place = f"{within}[{name}]"
            case _:
                place = f"{within}.{str(name)[:_LONGEST_NAME]}".removeprefix(".")
        if isinstance(said, dict):
            yield from _places(said, place)
        else:
            yield place, " ".join(map(str, said))


# --- what is answered ----------------------------------------------------------------------------


def _one_of(closed: type[StrEnum], **options: Any) -> fields.String:
    return fields.String(
        required=True, validate=validate.OneOf([str(each) for each in closed]), **options
    )


def _instant(**options: Any) -> fields.String:
    return fields.String(required=True, metadata=_DATE_TIME, **options)


class FindingSchema(Schema):
    """The answer to one question."""

    check = _one_of(Check, metadata={"description": "Which question was asked."})
    outcome = _one_of(Outcome, metadata={"description": "`unknown` is never a pass."})
    code = _one_of(Code, metadata={"description": "What was found; it decides the outcome."})
    message = fields.String(required=True, metadata={"description": "The code in words."})
    detail = fields.String(
        required=True, metadata={"description": "The fact behind it, in English or as it came."}
    )
    at = _instant(allow_none=True)


def _of(described: type) -> type[Schema]:
    """Return the schema of a frozen dataclass of ours whose values are written as they are."""
    hints = get_type_hints(described)
    made = {field.name: _field(hints[field.name]) for field in fields_of(described)}
    return Schema.from_dict(made, name=described.__name__)


def _field(hint: Any) -> fields.Field[Any]:
    if get_origin(hint) is types.UnionType:
        (present,) = (each for each in get_args(hint) if each is not types.NoneType)
        return _PLAIN[present](required=True, allow_none=True)
    if get_origin(hint) is tuple:
        item = get_args(hint)[0]
        inner = _PLAIN[item]() if item in _PLAIN else fields.Nested(_of(item))
        return fields.List(inner, required=True)
    return _PLAIN[hint](required=True)


_PLAIN: dict[type, Callable[..., fields.Field[Any]]] = {
    str: fields.String,
    bool: fields.Boolean,
    datetime: lambda **options: fields.String(metadata=_DATE_TIME, **options),
}


class AxesSchema(Schema):
    """The three questions that are never merged, and what each rests on."""

    integrity = _one_of(Integrity, metadata={"description": "Did the issuer write exactly this?"})
    status = _one_of(Status, metadata={"description": "Is it in force?"})
    issuer = _one_of(Issuer, metadata={"description": "Who is the issuer to us?"})
    findings = fields.List(fields.Nested(FindingSchema), required=True)


class EndorsementReportSchema(AxesSchema):
    """What was found of an endorsement; it makes no verdict better or worse."""

    place = fields.String(required=True)
    endorsement = fields.Nested(_of(Endorsement), required=True, allow_none=True)
    by_itself = fields.Boolean(required=True)


class KnownIssuerSchema(Schema):
    """The entry of our list of known issuers that the badge falls under."""

    identifier = fields.String(required=True)
    name = fields.String(required=True)
    reason = fields.String(required=True, metadata={"description": "Why it is known."})
    source = fields.String(required=True, metadata={"description": "Whose list says so."})
    since = _instant(allow_none=True)
    until = _instant(allow_none=True)
    achievements = fields.List(fields.String(), required=True)
    frameworks = fields.List(fields.String(), required=True)


class RecipientSchema(Schema):
    """Whether the badge is the named person's; it makes no verdict better or worse."""

    answer = _one_of(Answer)
    message = fields.String(required=True, metadata={"description": "The answer in words."})


class ReportSchema(AxesSchema):
    """What verification found. Only `green` means that everything is well."""

    verdict = _one_of(Verdict, metadata={"description": "The whole in one word."})
    credential = fields.Nested(
        _of(Summary),
        required=True,
        allow_none=True,
        metadata={"description": "What the badge says; as good as the verdict, and no better."},
    )
    keys = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "Thumbprints (RFC 7638) of the keys that signed, once proven."},
    )
    known_issuer = fields.Nested(KnownIssuerSchema, required=True, allow_none=True)
    recipient = fields.Nested(
        RecipientSchema,
        required=True,
        allow_none=True,
        metadata={
            "description": "Null unless it was asked, and always for a short code, which compares nobody."
        },
    )
    beside = fields.Nested(
        lambda: ReportSchema(),
        required=True,
        allow_none=True,
        metadata={"description": "The report on the second badge of an image that carries two."},
    )
    endorsements = fields.List(fields.Nested(EndorsementReportSchema), required=True)
    checked_at = _instant()


class BatchRowSchema(Schema):
    """One row of a list: its report, or why it was not verified."""

    row = fields.Integer(
        required=True, metadata={"description": "The place in `items`, or the line of the CSV."}
    )
    report = fields.Nested(ReportSchema, required=True, allow_none=True)
    problem = fields.String(
        required=True,
        allow_none=True,
        validate=validate.OneOf(list(batch.PROBLEMS)),
        metadata={"description": "Why there is no report; such a row is not verified."},
    )


class BatchReportSchema(Schema):
    """The rows of a list, in its order. A document that ends early is not JSON."""

    results = fields.List(fields.Nested(BatchRowSchema), required=True)


class ProblemSchema(Schema):
    """A problem document (RFC 9457)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True, metadata={"description": "A stable word for programs."})
    reference = fields.String(
        required=True, metadata={"description": "Names this answer when you write to us."}
    )
    detail = fields.String(metadata={"description": "What to mend."})
