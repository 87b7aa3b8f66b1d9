"""Every class that we launch with, by shape: what is signed is what the general path would sign."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from badgeservice.catalogue import classes, templates
from badgeservice.catalogue.models import BadgeClassVersion
from badgeservice.catalogue.strength import Strength
from badgeservice.extensions import services
from badgeservice.issuing import build
from badgeservice.issuing.build import Choices, Grounds, Place
from badgeservice.issuing.models import Visibility
from badgeservice.issuing.office import Office
from badgeservice.openbadges import Document, jsonld
from badgeservice.openbadges.shapes import Shapes
from badgeservice.verification.words import Language
from tests.conftest import ROOT

pytestmark = pytest.mark.any_database

EACH = 200
NAMES = (None, "Anaïs Lemoigne", 'O"Brien \\ 100 %s', "名前")
NARRATIVES = ("4 sur 5", "Un travail relu.\n\nAvec *soin*.", "100 %, « vu »", "Un travail relu.")


def test_two_hundred_badges_of_every_class(app: Flask) -> None:
    """Byte for byte, nearly all of them by templates."""
    fast = Shapes("0123456789abcdef")
    with app.app_context():
        office = services().office
        every = [
            published(office, template)
            for template in templates.load_all(ROOT / "badge_templates", services().framework)
        ]

    for version in every:
        for badge in badges(office, version):
            assert fast.canonicalize(badge) == jsonld.canonicalize(badge), version.slug

    assert len(every) == 13
    assert fast.counts.differed == 0
    assert fast.counts.rendered > 0.9 * EACH * len(every)


def published(office: Office, template: templates.Template) -> BadgeClassVersion:
    """Return a class as it is once published; its images, not rendered here, only name addresses."""
    document = classes.document_of(template, classes.draw(template, office.issuer))
    for art in document["artwork"].values():
        art["image"] = art["drawing"]
    return BadgeClassVersion(slug=template.slug, version=template.version, document=document)


def badges(office: Office, version: BadgeClassVersion) -> Iterator[Document]:
    """Yield badges of a class as issuing builds them, for as many people."""
    draw = random.Random(version.slug)
    for number in range(EACH):
        now = datetime(2026, 11, 23, 9, tzinfo=UTC) + timedelta(seconds=draw.randrange(10**8))
        language: Language = "fr" if number % 2 else "en"
        name = draw.choice(NAMES) if number % 4 == 0 else None
        yield build.credential(
            office,
            version,
            Grounds(
                draw.choice(list(Strength)),
                draw.sample(NARRATIVES, 1 + (number % 8 == 0)),
                awarded_at=now - timedelta(days=1),
                valid_until=now + timedelta(days=730),
            ),
            Choices(language=language, name=name, visibility=Visibility.PUBLIC),
            Place(
                f"{office.base_url}/b/{draw.getrandbits(120)}",
                f"{office.base_url}/status/{draw.randrange(1, 9)}",
                draw.randrange(131_072),
            ),
            subject_id=build.fresh_subject_id(),
            now=now,
        )
