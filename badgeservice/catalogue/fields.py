"""The marshmallow fields that framework and class files share."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from badgeservice.catalogue.text import Text

SLUG = validate.Regexp(r"[a-z0-9]+(-[a-z0-9]+)*\Z", error="Lower-case words and hyphens only.")
COMPETENCE_CODE = validate.Regexp(r"[1-5]\.[1-9]\Z", error="A code such as 4.1.")
COLOUR = validate.Regexp(r"#[0-9A-F]{6}\Z", error="A colour such as #063060.")


class Words(fields.String):
    """Text that a person reads: never empty, no space around it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        assert text is not None
        text = text.strip()
        if not text:
            raise self.make_error("required")
        return str(text)


class TextSchema(Schema):
    """The same thing said in each language."""

    fr = Words(required=True)
    en = Words(required=True)

    @post_load
    def _make(self, data: dict[str, str], **_: Any) -> Text:
        return Text(**data)


def text_field() -> fields.Nested:
    """Return a required field that becomes a `Text`."""
    return fields.Nested(TextSchema, required=True)
