"""The addresses that alignments point to: a page for people, a concept for programs."""

from __future__ import annotations

import pytest

from badgeservice.extensions import services

pytestmark = pytest.mark.any_database

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
NODES = [
    "/frameworks/crcn",
    "/frameworks/crcn/4",
    "/frameworks/crcn/4.1",
    "/frameworks/crcn/levels/intermediate",
]


@pytest.mark.parametrize("path", NODES)
@pytest.mark.parametrize("accept", [BROWSER, "*/*", None])
def test_whoever_states_no_preference_gets_the_page(client, path, accept):
    """They followed a link from a badge."""
    answer = client.get(path, headers={"Accept": accept} if accept else {})

    assert "text/html" == answer.mimetype
    assert {"Accept", "Accept-Language"} <= set(answer.headers["Vary"].split(", "))


@pytest.mark.parametrize("path", NODES)
@pytest.mark.parametrize("accept", ["application/ld+json", "application/json"])
def test_a_program_gets_the_concept_of_this_address(client, path, accept):
    """Under the type that was asked for; any site may read it, and nobody is followed."""
    answer = client.get(path, headers={"Accept": accept})

    assert accept == answer.mimetype
    assert f"http://localhost{path}" == answer.get_json(force=True)["id"]
    assert "2019-08-30" == answer.get_json(force=True)["version"]
    assert "*" == answer.headers["Access-Control-Allow-Origin"]
    assert "Accept" in answer.headers["Vary"]
    assert "public" in answer.headers["Cache-Control"]
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", NODES)
def test_a_fresh_copy_is_not_sent_again(client, path):
    """A strong validator of the bytes."""
    headers = {"Accept": "application/ld+json"}
    etag = client.get(path, headers=headers).headers["ETag"]

    again = client.get(path, headers={**headers, "If-None-Match": etag})

    assert (304, b"") == (again.status_code, again.data)


def test_every_node_has_its_page_in_both_languages(app, client):
    """Sixteen competences, five domains and three levels, each under its name."""
    with app.app_context():
        framework = services().framework
    nodes = [
        *((f"/frameworks/crcn/{each.code}", each.name) for each in framework.competences),
        *((f"/frameworks/crcn/{each.code}", each.name) for each in framework.domains),
        *((f"/frameworks/crcn/levels/{each.slug}", each.criterion) for each in framework.levels),
    ]

    assert 24 == len(nodes)
    for path, name in nodes:
        for language in ("fr", "en"):
            page = client.get(f"{path}?lang={language}", headers={"Accept": BROWSER})
            assert 200 == page.status_code
            # Apostrophes are escaped, spaces may be unbreakable: plain words are enough.
            assert name[language].split("'")[-1].split()[-1] in page.text, path


def test_every_alignment_of_ours_leads_to_a_page(app, client):
    """What a badge class points to stands."""
    document = client.get("/achievements/crcn-4-1-beginner/1/fr").get_json(force=True)
    ours = [
        each["targetUrl"].removeprefix("http://localhost")
        for each in document["alignment"]
        if each["targetUrl"].startswith("http://localhost")
    ]

    assert ["/frameworks/crcn/4.1"] == ours
    assert 200 == client.get(ours[0]).status_code


def test_a_competence_names_the_badges_that_can_be_earned(client):
    """An employer who came from one badge finds the others; drafts are not among them."""
    secure = client.get("/frameworks/crcn/4.1?lang=en", headers={"Accept": BROWSER}).text
    manage = client.get("/frameworks/crcn/1.2?lang=en", headers={"Accept": BROWSER}).text

    assert "/achievements/crcn-4-1-beginner/1/en" in secure
    assert "The badges for this competence" not in manage


def test_what_is_provisional_is_said_on_every_page(client):
    """The correspondence in both languages, the English names where they are read."""
    for path in NODES:
        french = client.get(f"{path}?lang=fr", headers={"Accept": BROWSER}).text
        english = client.get(f"{path}?lang=en", headers={"Accept": BROWSER}).text
        assert "La correspondance avec DigComp est une proposition" in french
        assert "The correspondence with DigComp is our proposal" in english
        assert "The English names are working translations" in english
