"""1EdTech's own strict schema accepts all that we can emit: every class, every enumerated value."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from flask import Flask

from badgeservice.catalogue import classes, templates
from badgeservice.catalogue.models import BadgeClassVersion
from badgeservice.catalogue.strength import Strength
from badgeservice.catalogue.templates import ACHIEVEMENT_TYPES
from badgeservice.extensions import services
from badgeservice.issuing import build
from badgeservice.issuing.build import Choices, Grounds, Place
from badgeservice.issuing.models import Visibility
from badgeservice.openbadges import Document, jsonld, v3
from badgeservice.openbadges.v3.vocabulary import CLASSES, ENUMERATIONS, Kind
from badgeservice.verification.words import Language
from tests.conftest import ROOT

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
LANGUAGES: tuple[Language, ...] = ("fr", "en")


@pytest.fixture(scope="module")
def schema(schemas: Path) -> jsonschema.Draft201909Validator:
    """The strict schema of an AchievementCredential, with its formats."""
    return jsonschema.Draft201909Validator(
        json.loads((schemas / "achievementcredential.json").read_bytes()),
        format_checker=jsonschema.Draft201909Validator.FORMAT_CHECKER,
    )


@pytest.fixture
def badges(app: Flask) -> dict[str, Document]:
    """A credential of each class in each language, built as issuing builds it."""
    with app.app_context():
        every = templates.load_all(ROOT / "badge_templates", services().framework)
        return {
            f"{template.slug}/{language}": credential(template, language)
            for template in every
            for language in LANGUAGES
        }


def credential(template: templates.Template, language: Language) -> Document:
    """Return the unsigned credential of a class, with everything that a badge may carry."""
    office = services().office
    document = classes.document_of(template, classes.draw(template, office.issuer))
    for art in document["artwork"].values():
        art["image"] = art["drawing"]  # not rendered here: its digest only names an address
    version = BadgeClassVersion(slug=template.slug, version=template.version, document=document)
    return build.credential(
        office,
        version,
        Grounds(Strength.WORK_REVIEWED, ["Un travail relu."], awarded_at=NOW, valid_until=NOW),
        Choices(language=language, name="Dominique Lefèvre", visibility=Visibility.PUBLIC),
        Place(f"{office.base_url}/b/8x7Zk2Wn4Vq1Rt5Yp3Lm9C", f"{office.base_url}/status/1", 7),
        subject_id=build.fresh_subject_id(),
        now=NOW,
    )


def test_strict_1edtech_schema_on_every_class_and_every_enumerated_value(
    schema: jsonschema.Draft201909Validator, badges: dict[str, Document]
) -> None:
    """13 classes in 2 languages, and the enumerations of the standard value by value.

    Each passes the schema, our own lint, and the safe mode: no term is left unsigned.
    """
    checked: set[tuple[str, str]] = set()

    for name, badge in badges.items():
        assert refusals(schema, badge) == [], name
    for kind, value, badge in enumerated(badges["crcn-4-1-beginner/fr"]):
        assert refusals(schema, badge) == [], f"{kind} {value}"
        checked.add((kind, value))

    assert len(badges) == 26
    assert checked == {(kind, each) for kind, values in ENUMERATIONS.items() for each in values}


def test_the_schema_refuses_what_is_in_no_enumeration(
    schema: jsonschema.Draft201909Validator, badges: dict[str, Document]
) -> None:
    """The silence above means something."""
    for kind, _, badge in enumerated(badges["crcn-4-1-beginner/fr"], values=("Invented",)):
        assert list(schema.iter_errors(badge)), kind
        assert v3.lint(badge), kind


def test_the_types_that_a_class_may_have_are_the_standards() -> None:
    """What a template may say is part of what was checked."""
    assert set(ACHIEVEMENT_TYPES) <= ENUMERATIONS[Kind.ACHIEVEMENT_TYPE]


def refusals(schema: jsonschema.Draft201909Validator, badge: Document) -> list[str]:
    """Return what the schema and our lint say against a badge; raises if a term is undefined."""
    jsonld.canonicalize(badge)
    said = [f"{error.json_path}: {error.message}" for error in schema.iter_errors(badge)]
    return said + [str(problem) for problem in v3.lint(badge)]


def enumerated(
    badge: Document, values: tuple[str, ...] | None = None
) -> Iterator[tuple[str, str, Document]]:
    """Yield each enumeration's values, each with the badge in which one place has it."""
    for kind, standard in ENUMERATIONS.items():
        for value in values or sorted(standard):
            changed = copy.deepcopy(badge)
            _put(changed["credentialSubject"], kind, value)
            yield kind, value, changed


def _put(subject: Any, kind: Kind, value: str) -> None:
    """Write a value of an enumeration where the standard has it."""
    match kind:
        case Kind.ACHIEVEMENT_TYPE:
            subject["achievement"]["achievementType"] = value
        case Kind.TARGET_TYPE:
            subject["achievement"]["alignment"][0]["targetType"] = value
        case Kind.IDENTIFIER_TYPE:
            subject["identifier"][0]["identityType"] = value
        case Kind.RESULT_TYPE:
            subject["achievement"]["resultDescription"][0]["resultType"] = value
            if value == "Status":  # then its result must have one
                subject["result"][0]["status"] = "Completed"
        case Kind.RESULT_STATUS:
            subject["result"][0]["status"] = value


def test_every_enumeration_has_a_place_in_some_class() -> None:
    """One that no class of the standard uses would be checked nowhere."""
    used = {member.kind for each in CLASSES.values() for member in each.members.values()}

    assert set(ENUMERATIONS) <= used
