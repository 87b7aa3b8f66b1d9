"""A class version becomes an Achievement that strangers accept."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from sqlalchemy.orm import Session

from badgeservice.catalogue import achievement, classes
from badgeservice.catalogue.models import BadgeClassVersion
from badgeservice.catalogue.strength import Strength
from badgeservice.catalogue.templates import Template
from badgeservice.openbadges import Document, jsonld, v3
from tests.catalogue.conftest import NamedIssuer

BASE = "https://badges.example"
FR = f"{BASE}/achievements/crcn-4-1-beginner/1/fr"
EN = f"{BASE}/achievements/crcn-4-1-beginner/1/en"


@pytest.fixture
def published(
    session: Session, template: Template, issuer: NamedIssuer, now: datetime
) -> BadgeClassVersion:
    """The first badge class, published."""
    return classes.seed(session, template, issuer, now=now)[0]


def document(published: BadgeClassVersion, language: str = "fr") -> Document:
    """Return the achievement of `published` in `language`."""
    creator = v3.profile(
        id=f"{BASE}/issuers/cotentin-digital",
        name="Cotentin Digital",
        url="https://cotentin.example",
    )
    return achievement.achievement_document(
        published, language=language, base_url=BASE, creator=creator
    )


def credential(achieved: Document) -> Document:
    """Return a credential that holds `achieved`, as issuing builds it."""
    return v3.credential(
        id=f"{BASE}/b/8x7Zk2Wn4Vq1Rt5Yp3Lm9C",
        name=achieved["name"],
        description=achieved["description"],
        image=achieved["image"]["id"],
        issuer=achieved["creator"],
        subject=v3.subject(
            id="urn:uuid:0b8f8a52-3f5e-4c0e-9d3c-0f8f4f7b6a11",
            achievement=achieved,
            results=[
                v3.result(
                    id=f"{BASE}/b/8x7Zk2Wn4Vq1Rt5Yp3Lm9C#verification",
                    result_description=achievement.verification_id(achieved["id"]),
                    achieved_level=achievement.strength_id(achieved["id"], Strength.ONLINE_QUIZ),
                )
            ],
        ),
        awarded_date=datetime(2026, 11, 20, tzinfo=UTC),
        valid_from=datetime(2026, 11, 23, tzinfo=UTC),
    )


def test_says_what_was_published(published: BadgeClassVersion) -> None:
    """Names, type and version as the class has them, in the language asked."""
    french, english = document(published), document(published, "en")

    assert (french["id"], english["id"]) == (FR, EN)
    assert (french["inLanguage"], english["inLanguage"]) == ("fr", "en")
    assert french["name"] == "Sécuriser l'environnement numérique — débutant"
    assert english["name"] == "Securing the digital environment — beginner"
    assert french["achievementType"] == "Competency"
    assert french["version"] == "1"
    assert french["criteria"]["narrative"] == published.document["criteria"]["fr"]
    assert english["tag"] == published.document["tags"]["en"]


def test_each_language_points_to_the_other(published: BadgeClassVersion) -> None:
    """OB 3.0 joins translations by `related`."""
    expected = [{"id": EN, "type": ["Related"], "inLanguage": "en", "version": "1"}]

    assert expected == document(published)["related"]
    assert document(published, "en")["related"][0]["id"] == FR


def test_the_image_is_named_by_its_digest(published: BadgeClassVersion) -> None:
    """Signed badges fix their image, byte for byte (security W14)."""
    image = document(published)["image"]

    assert image == {
        "id": f"{BASE}/artwork/{published.artwork_digest('fr')}.png",
        "type": "Image",
        "caption": published.document["artwork"]["fr"]["alt"],
    }


def test_alignments_point_to_pages_that_exist(published: BadgeClassVersion) -> None:
    """Ours is a page of this service; the others belong to ESCO and the European Commission."""
    alignments = document(published, "en")["alignment"]

    assert alignments[0] == {
        "id": f"{EN}#alignment-1",
        "type": ["Alignment"],
        "targetName": "Secure the digital environment",
        "targetUrl": f"{BASE}/frameworks/crcn/4.1",
        "targetCode": "4.1",
        "targetDescription": "Levels 1–2 of 8.",
        "targetFramework": "French Digital Competence Framework (CRCN)",
        "targetType": "ceasn:Competency",
    }
    assert [alignment["targetFramework"] for alignment in alignments[1:]] == [
        "ESCO 1.2.0",
        "DigComp 2.2",
        "DigComp 3.0",
    ]


def test_the_five_strengths_are_levels_and_the_least_is_required(
    published: BadgeClassVersion,
) -> None:
    """A machine reads from the badge how well its skill was verified."""
    [scale] = document(published)["resultDescription"]

    assert scale["id"] == f"{FR}#verification" == achievement.verification_id(FR)
    assert scale["resultType"] == "RubricCriterionLevel"
    assert scale["requiredLevel"] == f"{FR}#strength-1"
    assert [(level["id"], level["level"]) for level in scale["rubricCriterionLevel"]] == [
        (f"{FR}#strength-{number}", str(number)) for number in range(5)
    ]
    assert scale["rubricCriterionLevel"][3]["name"] == "travail relu ou gestes observés"


def test_every_node_has_its_own_id(published: BadgeClassVersion) -> None:
    """Nodes without names that look alike make canonicalization slow, or ambiguous."""
    found: list[str] = []

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            found.append(value["id"])
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(document(published))

    assert len(found) == len(set(found))


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_credential_with_it_passes_the_1edtech_schema(
    published: BadgeClassVersion, language: str, schemas: Path
) -> None:
    """The schema is written by others, from the same standard."""
    schema = json.loads((schemas / "achievementcredential.json").read_text())

    jsonschema.Draft201909Validator(schema).validate(credential(document(published, language)))


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_credential_with_it_passes_our_own_lint(
    published: BadgeClassVersion, language: str
) -> None:
    """The rules that a stranger's badge must pass."""
    assert v3.lint(credential(document(published, language))) == []


def test_every_term_is_signed(published: BadgeClassVersion) -> None:
    """A term that the contexts do not define would be dropped in silence, and not be signed."""
    canonical = jsonld.canonicalize(credential(document(published)))

    for text in ("#strength-4", "#alignment-4", "#criteria", "Correspondance provisoire"):
        assert text in canonical
    # Everything has a name of its own: nothing is left to label.
    assert "_:c14n" not in canonical


def test_the_document_does_not_depend_on_the_files(
    session: Session, published: BadgeClassVersion
) -> None:
    """What was published is served, whatever the code or the content says today."""
    before = document(published)
    session.commit()
    session.expire_all()

    stored = session.get_one(BadgeClassVersion, ("crcn-4-1-beginner", 1))

    assert document(stored) == before
