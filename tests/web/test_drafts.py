"""A draft is nobody's to see or to earn: it has no address, and no place in any list."""

from __future__ import annotations

import pytest

from badgeservice import extensions
from badgeservice.catalogue import classes
from badgeservice.catalogue.models import BadgeClassVersion
from badgeservice.catalogue.templates import State

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture
def drafts(app) -> list[str]:
    """The slugs of the drafts that the installation holds."""
    with app.app_context():
        rows = extensions.db.session.query(BadgeClassVersion).all()
        return [row.slug for row in rows if row.state == State.DRAFT]


@pytest.mark.parametrize("accept", [BROWSER, "application/ld+json", "*/*"])
def test_a_draft_has_no_public_page_and_no_document(client, drafts, accept):
    """Its words may change tomorrow, so nothing may cite them."""
    assert len(drafts) == 11
    for slug in drafts:
        for language in ("fr", "en"):
            answer = client.get(f"/achievements/{slug}/1/{language}", headers={"Accept": accept})
            assert 404 == answer.status_code, slug


def test_a_draft_is_in_no_list_of_what_can_be_earned(app, drafts):
    """Offers, the learner's space and the command line all ask this list."""
    with app.app_context():
        listed = [version.slug for version in classes.all_current(extensions.db.session)]

    assert "crcn-4-1-beginner" in listed
    assert set() == set(listed) & set(drafts)


def test_no_page_speaks_of_a_draft(client, drafts):
    """Neither the modules nor the framework promise what cannot be had yet."""
    for path in ("/", "/modules", "/frameworks/crcn", "/frameworks/crcn/4.2", "/entreprises"):
        page = client.get(path, headers={"Accept": BROWSER}).text
        assert [] == [slug for slug in drafts if slug in page]
