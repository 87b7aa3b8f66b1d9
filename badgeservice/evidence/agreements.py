"""What a partner may report: the activities of its agreement, and what each is evidence of.

A training partner is an organisation with at least one activity here. Each activity is agreed in
versions that never change; the highest is in force, and its dates say which deeds count. Whoever
allows one is named in the audit chain.

    partner may cite   activity   → competences, at most this level, at most this strength,
                                    score needed, from … until …

Functions flush; the caller commits.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema
from sqlalchemy import select
from sqlalchemy.orm import Session

from badgeservice.catalogue import source
from badgeservice.catalogue.fields import COMPETENCE_CODE, SLUG, text_field
from badgeservice.catalogue.framework import Framework
from badgeservice.catalogue.strength import Strength
from badgeservice.catalogue.text import Text
from badgeservice.errors import AgreementRefused, CatalogueError
from badgeservice.evidence.facts import Kind
from badgeservice.evidence.models import AllowedActivity
from badgeservice.people.models import Organisation
from badgeservice.storage import chain

MAX_ACTIVITIES = 200
"""In one file."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What is agreed of one activity; `models.AllowedActivity` says what each means."""

    activity: str
    title: Text
    competences: tuple[str, ...]
    level: str
    strength: Strength
    valid_from: date
    valid_until: date | None = None
    threshold: Fraction | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the terms as JSON values, without any float."""
        return {
            "activity": self.activity,
            "title": self.title.as_dict(),
            "competences": list(self.competences),
            "level": self.level,
            "strength": int(self.strength),
            "threshold": None if self.threshold is None else str(self.threshold),
            "from": self.valid_from.isoformat(),
            "until": None if self.valid_until is None else self.valid_until.isoformat(),
        }

    @property
    def digest(self) -> str:
        """The SHA-256, in hex, of the terms."""
        canonical = json.dumps(self.as_json(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


def allow(
    session: Session,
    partner: Organisation,
    agreed: Sequence[Terms],
    *,
    actor: str,
    now: datetime,
) -> list[AllowedActivity]:
    """Let a partner cite these activities, on these terms from now on; return what is new.

    Terms that are in force already make no new version.
    """
    former = in_force(session, partner.id)
    made = []
    for terms in agreed:
        before = former.get(terms.activity)
        if before is not None and before.digest == terms.digest:
            continue
        row = AllowedActivity(
            organisation_id=partner.id,
            activity=terms.activity,
            version=before.version + 1 if before else 1,
            kind=Kind.PARTNER_RESULT,
            title=terms.title.as_dict(),
            competences=list(terms.competences),
            level=terms.level,
            strength=int(terms.strength),
            threshold=terms.threshold,
            valid_from=terms.valid_from,
            valid_until=terms.valid_until,
            allowed_at=now,
            digest=terms.digest,
        )
        session.add(row)
        made.append(row)
    session.flush()
    for row in made:
        chain.append(
            session,
            actor=actor,
            action="allow-activity",
            subject=f"{partner.id}/{row.activity}",
            details={"version": row.version, "digest": row.digest},
            now=now,
        )
    return made


def in_force(session: Session, organisation_id: str) -> dict[str, AllowedActivity]:
    """Return what an organisation may cite, by activity; empty for one without an agreement.

    The dates are those of the deeds, not of the day on which they are reported.
    """
    rows = session.scalars(
        select(AllowedActivity)
        .where(AllowedActivity.organisation_id == organisation_id)
        .order_by(AllowedActivity.activity, AllowedActivity.version)
    )
    return {row.activity: row for row in rows}


def partners(session: Session) -> list[Organisation]:
    """Return every organisation that has an agreement, by its short name."""
    return list(
        session.scalars(
            select(Organisation)
            .where(Organisation.id.in_(select(AllowedActivity.organisation_id)))
            .order_by(Organisation.slug)
        )
    )


def is_word(text: str) -> bool:
    """Tell whether a text can be the short name of a partner or of an activity."""
    return re.fullmatch(r"(?=.{1,100}\Z)[a-z0-9]+(?:-[a-z0-9]+)*", text) is not None


def read(path: Path, framework: Framework) -> tuple[Terms, ...]:
    """Return the terms in the YAML file at `path`: a list `activities`, see docs/partners.md.

    Raises AgreementRefused naming file, line and field of everything that is wrong.
    """
    try:
        file = source.read(path)
        terms: tuple[Terms, ...] = file.load(_FileSchema())
    except CatalogueError as error:
        raise AgreementRefused(error.message) from None
    codes = {competence.code for competence in framework.competences}
    levels = {level.slug for level in framework.levels}
    problems = []
    for position, each in enumerate(terms):
        place = ("activities", position)
        if each.activity in {other.activity for other in terms[:position]}:
            problems.append(file.problem((*place, "activity"), f"{each.activity} stands twice"))
        if unknown := sorted(set(each.competences) - codes):
            problems.append(
                file.problem(
                    (*place, "competences"), f"{framework.slug} has no {', '.join(unknown)}"
                )
            )
        if each.level not in levels:
            problems.append(file.problem((*place, "level"), f"one of {', '.join(sorted(levels))}"))
    if problems:
        raise AgreementRefused("\n".join(problems))
    return terms


class _Day(fields.Field[date]):
    """A day written 2026-11-27."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        try:
            day = date.fromisoformat(value)
            if day.isoformat() == value:
                return day
        except (TypeError, ValueError):
            pass
        raise ValidationError("A day such as 2026-11-27.")


class _TermsSchema(Schema):
    activity = fields.String(required=True, validate=[SLUG, validate.Length(max=100)])
    title = text_field()
    competences = fields.List(
        fields.String(validate=COMPETENCE_CODE), required=True, validate=validate.Length(min=1)
    )
    level = fields.String(required=True)
    strength = fields.Integer(
        required=True, strict=True, validate=validate.Range(Strength.ONLINE_QUIZ, max(Strength))
    )
    threshold = fields.Integer(load_default=None, strict=True, validate=validate.Range(1, 100))
    valid_from = _Day(required=True, data_key="from")
    valid_until = _Day(load_default=None, data_key="until")

    @validates_schema(skip_on_field_errors=True)
    def _in_order(self, data: Mapping[str, Any], **_: Any) -> None:
        if data["valid_until"] is not None and data["valid_until"] < data["valid_from"]:
            raise ValidationError({"until": ["Not before `from`."]})

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Terms:
        threshold = data["threshold"]
        return Terms(
            activity=data["activity"],
            title=data["title"],
            competences=tuple(dict.fromkeys(data["competences"])),
            level=data["level"],
            strength=Strength(data["strength"]),
            threshold=None if threshold is None else Fraction(threshold, 100),
            valid_from=data["valid_from"],
            valid_until=data["valid_until"],
        )


class _FileSchema(Schema):
    activities = fields.List(
        fields.Nested(_TermsSchema),
        required=True,
        validate=validate.Length(1, MAX_ACTIVITIES),
    )

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> tuple[Terms, ...]:
        return tuple(data["activities"])
