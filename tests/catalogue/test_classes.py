"""Published badge classes never change; their images are what was drawn."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import update
from sqlalchemy.orm import Session

from badgeservice.catalogue import artwork, classes, templates
from badgeservice.catalogue.framework import Framework
from badgeservice.catalogue.models import Artwork, BadgeClassVersion
from badgeservice.catalogue.strength import Strength
from badgeservice.catalogue.templates import State, Template
from badgeservice.catalogue.text import Text
from badgeservice.errors import ArtworkError, BadgeClassNotFound, CatalogueError
from tests.catalogue.conftest import SHIPPED, SLUG, NamedIssuer


@pytest.fixture
def published(
    session: Session, template: Template, issuer: NamedIssuer, now: datetime
) -> BadgeClassVersion:
    """The first badge class, published."""
    version, _ = classes.seed(session, template, issuer, now=now)
    session.commit()
    return version


def image(session: Session, digest: str) -> Image.Image:
    """Return the stored image whose SHA-256 is `digest`."""
    row = session.get_one(Artwork, digest)
    assert hashlib.sha256(row.data).hexdigest() == digest
    assert row.media_type == "image/png"
    return Image.open(io.BytesIO(row.data))


def test_a_published_class_holds_all_that_its_badges_need(published: BadgeClassVersion) -> None:
    """The files may go: badges are issued, explained and replayed from this document alone."""
    document = published.document

    assert (published.state, published.version) == (State.PUBLISHED, 1)
    assert document["name"]["fr"] == "Sécuriser l'environnement numérique — débutant"
    assert document["criteria"]["en"].startswith("**The holder of this badge** carries out")
    assert document["level"]["name"] == {"fr": "débutant", "en": "beginner"}
    assert document["competences"][0]["code"] == "4.1"
    assert document["minimum_strength"] == Strength.ONLINE_QUIZ
    assert document["strengths"][4] == {
        "fr": "observé en situation de travail",
        "en": "observed at work",
    }
    assert document["rule"]["badge"] == SLUG
    assert document["framework"]["english_provisional"] is True
    assert document["artwork"]["fr"]["alt"] == (
        "Badge Sécuriser l'environnement numérique, niveau débutant, délivré par Cotentin Digital."
    )


def test_the_document_holds_no_float(published: BadgeClassVersion) -> None:
    """Two programs may write a float in two ways; a digest must not depend on it."""

    def values(value: Any) -> Iterator[Any]:
        if isinstance(value, dict):
            for inner in value.values():
                yield from values(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from values(inner)
        else:
            yield value

    assert not [value for value in values(published.document) if isinstance(value, float)]


def test_the_digest_is_of_the_canonical_json(published: BadgeClassVersion) -> None:
    """The order of keys says nothing, so it must not change the digest."""
    reordered = dict(reversed(published.document.items()))

    assert classes.digest(reordered) == published.digest
    assert classes.is_intact(published)
    assert (
        classes.digest({"b": 1, "a": "é"}) == hashlib.sha256('{"a":"é","b":1}'.encode()).hexdigest()
    )


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_image_has_the_size_that_its_place_asks_for(
    session: Session, published: BadgeClassVersion, language: str
) -> None:
    """600 for badges, 192 for lists, 1200 x 627 for previews of shared pages."""
    assert image(session, published.artwork_digest(language)).size == (600, 600)
    assert image(session, published.thumbnail_digest(language)).size == (192, 192)
    assert image(session, published.social_digest(language)).size == (1200, 627)


def test_the_drawing_is_kept_beside_its_image(
    session: Session, published: BadgeClassVersion
) -> None:
    """Pixels cannot be drawn larger; the drawing can, and renders to the image again."""
    drawing = session.get_one(Artwork, published.document["artwork"]["fr"]["drawing"])

    again = artwork.render(drawing.data.decode())

    assert drawing.media_type == "image/svg+xml"
    assert hashlib.sha256(again).hexdigest() == published.artwork_digest("fr")


def test_languages_have_their_own_image(published: BadgeClassVersion) -> None:
    """The short label is a word."""
    assert published.artwork_digest("fr") != published.artwork_digest("en")


def test_a_demonstration_says_so_on_the_image(template: Template, issuer: NamedIssuer) -> None:
    """A demo badge that looks real is a forgery kit."""
    demo = classes.draw(template, replace(issuer, demo=True))

    assert "TEST — démonstration" in demo["fr"].badge
    assert "TEST — demonstration" in demo["en"].badge
    assert "TEST" not in classes.draw(template, issuer)["fr"].badge


def test_an_issuer_with_a_hostile_name_adds_nothing_to_the_drawing(
    template: Template, issuer: NamedIssuer
) -> None:
    """The issuer's name is typed by a person, and stands in three places of the artwork."""
    name = '<a b="&">'
    drawn = classes.draw(template, replace(issuer, name={"fr": name, "en": name}))

    for svg in (drawn["fr"].badge, drawn["fr"].social):
        assert "&lt;a b=" in svg
        artwork.check(svg)


def test_an_issuer_whose_name_does_not_fit_is_refused(
    template: Template, issuer: NamedIssuer
) -> None:
    """Text that nobody can read is not an issuer's name."""
    name = "Une organisation dont le nom est vraiment beaucoup trop long pour un badge"

    with pytest.raises(ArtworkError, match="too long for its place"):
        classes.draw(template, replace(issuer, name={"fr": name, "en": name}))


def test_publishing_again_changes_nothing(
    session: Session,
    template: Template,
    issuer: NamedIssuer,
    published: BadgeClassVersion,
    now: datetime,
) -> None:
    """The service publishes its seeds at every start."""
    digest, stored = published.digest, session.query(Artwork).count()

    again, is_new = classes.seed(session, template, issuer, now=now + timedelta(days=1))

    assert (is_new, again.digest, again.published_at) == (False, digest, now)
    assert session.query(Artwork).count() == stored


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (
            {"criteria": Text(fr="Autre chose.", en="Something else.")},
            r"criteria\.en, criteria\.fr",
        ),
        ({"tags": {"fr": (), "en": ("x",)}}, r"tags\.en, tags\.fr"),
        ({"rule": {"badge": SLUG, "validity": "P60M"}}, "rule"),
        ({"achievement_type": "Badge"}, "achievement_type"),
        ({"state": State.DRAFT}, "state"),
    ],
    ids=["criteria", "tags", "rule", "type", "state"],
)
@pytest.mark.usefixtures("published")
def test_refuses_another_content_under_a_published_version(
    session: Session,
    template: Template,
    issuer: NamedIssuer,
    now: datetime,
    change: dict[str, Any],
    named: str,
) -> None:
    """Criteria that change after the fact change what people earned (security W14)."""
    edited = replace(template, **change)

    with pytest.raises(CatalogueError, match=named):
        classes.seed(session, edited, issuer, now=now)


@pytest.mark.usefixtures("published")
def test_refuses_another_artwork_under_a_published_version(
    session: Session, template: Template, issuer: NamedIssuer, now: datetime
) -> None:
    """The image is part of what was published, and of what a demonstration must not become."""
    with pytest.raises(CatalogueError, match=r"artwork\.en\.drawing, artwork\.fr\.drawing"):
        classes.seed(session, template, replace(issuer, demo=True), now=now)


def with_other_words(template: Template, *, version: str) -> Template:
    """Return the class as it would be read with another edition of the framework."""
    competence = replace(template.competences[0], name=Text(fr="Nouveau nom", en="New name"))
    return replace(
        template,
        framework=replace(template.framework, version=version),
        competences=(competence,),
        alignments=(replace(template.alignments[0], name=competence.name),),
    )


@pytest.mark.usefixtures("published")
def test_refuses_other_words_under_the_same_edition_of_the_framework(
    session: Session, template: Template, issuer: NamedIssuer, now: datetime
) -> None:
    """Words of the framework that change without a new edition are a mistake."""
    changed = with_other_words(template, version=template.framework.version)

    with pytest.raises(CatalogueError, match=r"alignments, artwork.*competences"):
        classes.seed(session, changed, issuer, now=now)


def test_a_published_class_keeps_the_edition_of_the_framework(
    session: Session,
    template: Template,
    issuer: NamedIssuer,
    published: BadgeClassVersion,
    now: datetime,
) -> None:
    """An old badge says what the framework said when its class was published."""
    before = dict(published.document)
    later = with_other_words(template, version="2030-01-01")

    kept, is_new = classes.seed(session, later, issuer, now=now)
    renewed, _ = classes.seed(session, replace(later, version=2), issuer, now=now)

    assert (is_new, kept.document) == (False, before)
    assert kept.document["framework"]["version"] == "2019-08-30"
    assert renewed.document["framework"]["version"] == "2030-01-01"
    assert renewed.document["competences"][0]["name"]["en"] == "New name"
    # Its own words are still its own.
    with pytest.raises(CatalogueError, match=r"\(tags\.en, tags\.fr\)"):
        classes.seed(session, replace(later, tags={"fr": (), "en": ("x",)}), issuer, now=now)


def test_a_new_version_stands_beside_the_old_one(
    session: Session,
    template: Template,
    issuer: NamedIssuer,
    published: BadgeClassVersion,
    now: datetime,
) -> None:
    """Old badges keep their old class."""
    later, is_new = classes.seed(session, replace(template, version=2), issuer, now=now)

    assert is_new
    assert classes.current(session, SLUG) is later
    assert classes.all_current(session) == [later]
    assert classes.get(session, SLUG, 1) is published


def test_a_draft_cannot_be_earned_and_may_change(
    session: Session, template: Template, issuer: NamedIssuer, now: datetime
) -> None:
    """Classes are written in drafts; publication is a decision."""
    draft = replace(template, state=State.DRAFT)
    classes.seed(session, draft, issuer, now=now)
    changed, is_new = classes.seed(
        session, replace(draft, name=Text(fr="Autre", en="Other")), issuer, now=now
    )

    assert (is_new, changed.document["name"]["fr"], changed.published_at) == (False, "Autre", None)
    # Nobody looks at its images, so none is rendered.
    assert session.query(Artwork).count() == 0
    assert classes.get(session, SLUG, 1) is None
    assert classes.all_current(session) == []
    with pytest.raises(BadgeClassNotFound):
        classes.current(session, SLUG)

    final, _ = classes.seed(session, template, issuer, now=now)

    assert final.published_at == now
    assert classes.current(session, SLUG) is final


def test_a_milestone_keeps_its_members(
    session: Session, framework: Framework, issuer: NamedIssuer, now: datetime
) -> None:
    """The document says what it brings together, and that it has no level of its own."""
    milestone = templates.load(SHIPPED / "double-textile-digital-1", framework)

    document = classes.seed(session, milestone, issuer, now=now)[0].document

    assert (document["kind"], document["level"], document["domain"]) == ("milestone", None, None)
    assert [(each["slug"], each["level"], each["required"]) for each in document["members"]] == [
        ("crcn-1-3-intermediate", "intermediate", True),
        ("crcn-4-1-beginner", "beginner", False),
        ("crcn-4-2-beginner", "beginner", False),
        ("crcn-5-2-intermediate", "intermediate", False),
    ]
    assert document["artwork"]["en"]["alt"] == (
        "Milestone badge: Double competence in textiles & digital 1, issued by Cotentin Digital."
    )


def test_there_is_no_class_that_nobody_published(session: Session) -> None:
    """A name in a request is not a class."""
    assert classes.get(session, "no-such-class", 1) is None
    with pytest.raises(BadgeClassNotFound, match="no-such-class"):
        classes.current(session, "no-such-class")


@pytest.mark.parametrize(
    "change",
    [
        {"document": {"name": {"fr": "Doctorat"}}},
        {"state": State.DRAFT},
        {"digest": "0" * 64},
        {"published_at": datetime(2020, 1, 1, tzinfo=UTC)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_database_layer_refuses_to_write_over_a_published_version(
    session: Session, published: BadgeClassVersion, change: dict[str, Any]
) -> None:
    """An insider, or a mistake in another room, must not edit what badges cite."""
    for name, value in change.items():
        setattr(published, name, value)

    with pytest.raises(CatalogueError, match="is published: it stays"):
        session.flush()


def test_the_database_layer_refuses_to_delete_a_published_version(
    session: Session, published: BadgeClassVersion
) -> None:
    """A badge whose class is gone explains nothing."""
    session.delete(published)

    with pytest.raises(CatalogueError, match="is published: it stays"):
        session.flush()


def test_a_draft_can_be_deleted(
    session: Session, template: Template, issuer: NamedIssuer, now: datetime
) -> None:
    """Nothing cites a draft."""
    draft, _ = classes.seed(session, replace(template, state=State.DRAFT), issuer, now=now)

    session.delete(draft)
    session.flush()

    assert session.get(BadgeClassVersion, (SLUG, 1)) is None


def test_a_change_behind_our_back_shows(session: Session, published: BadgeClassVersion) -> None:
    """Plain SQL goes around every guard; the digest does not."""
    forged = published.document | {"name": {"fr": "Doctorat", "en": "Doctorate"}}
    session.execute(update(BadgeClassVersion).values(document=forged))
    session.expire_all()

    assert not classes.is_intact(classes.current(session, SLUG))
