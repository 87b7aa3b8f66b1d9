"""The addresses inside badges answer programs with documents and people with pages."""

from __future__ import annotations

import json

import pytest

from badgeservice import extensions
from badgeservice.issuing.models import StatusList

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
ACHIEVEMENT = "/achievements/crcn-4-1-beginner/1/fr"
WITH_PAGE = [ACHIEVEMENT, "/issuers/demo"]
DOCUMENTS = {
    ACHIEVEMENT: "application/ld+json",
    "/issuers/demo": "application/ld+json",
    "/issuers/demo/did.json": "application/did+ld+json",
    "/issuers/demo/jwks.json": "application/jwk-set+json",
}


@pytest.fixture
def status_list(app) -> str:
    """The path of a status list that has been published."""
    with app.app_context():
        number = extensions.db.session.query(StatusList.number).limit(1).scalar()
    return f"/status/{number}"


@pytest.mark.parametrize(("path", "media_type"), DOCUMENTS.items())
def test_a_program_that_states_no_preference_gets_the_document(client, path, media_type):
    """Unlike a badge's page, nobody shares these: who asks is software."""
    for headers in ({}, {"Accept": "*/*"}):
        answer = client.get(path, headers=headers)

        assert media_type == answer.mimetype
        assert answer.get_json(force=True)


@pytest.mark.parametrize("path", WITH_PAGE)
def test_a_browser_gets_a_page(client, path):
    """Someone clicked on what stands in a badge."""
    answer = client.get(path, headers={"Accept": BROWSER})

    assert "text/html" == answer.mimetype
    assert "Accept" in answer.headers["Vary"]


@pytest.mark.parametrize("path", DOCUMENTS)
def test_a_client_that_reads_plain_json_is_told_so(client, path):
    """OB 2.0 implementation guide: the same bytes, under the type that was asked for."""
    answer = client.get(path, headers={"Accept": "application/json"})

    assert "application/json" == answer.mimetype
    assert client.get(path).data == answer.data


@pytest.mark.parametrize("path", DOCUMENTS)
def test_any_site_may_read_a_document(client, path):
    """Verifiers run in browsers too."""
    answer = client.get(path, headers={"Origin": "https://verifier.example"})

    assert "*" == answer.headers["Access-Control-Allow-Origin"]
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", DOCUMENTS)
def test_a_fresh_copy_is_not_sent_again(client, path):
    """A strong validator of the bytes."""
    etag = client.get(path).headers["ETag"]

    assert 304 == client.get(path, headers={"If-None-Match": etag}).status_code


def test_the_status_list_is_served_as_it_was_signed(app, client, status_list):
    """Byte for byte; signing it anew on each read would let nobody cache it."""
    with app.app_context():
        number = int(status_list.rpartition("/")[2])
        published = extensions.db.session.get_one(StatusList, number).published

    answer = client.get(status_list)

    assert published == answer.data
    assert "BitstringStatusListCredential" in json.loads(answer.data)["type"]


def test_the_image_named_in_a_badge_is_there(client, public_id):
    """Its address is its digest, so it may be kept for ever."""
    document = client.get(f"/b/{public_id}.json").get_json(force=True)
    image = document["credentialSubject"]["achievement"]["image"]["id"]

    answer = client.get(image.removeprefix("http://localhost"))

    assert "image/png" == answer.mimetype
    assert "max-age=31536000" in answer.headers["Cache-Control"]


def test_every_address_inside_a_badge_answers(client, public_id):
    """Signed for ever, so it must stand."""
    badge = client.get(f"/b/{public_id}.json").text

    addresses = {
        part.split("#")[0]
        for part in badge.split('"')
        if part.startswith("http://localhost/") and "\\" not in part
    }
    assert len(addresses) >= 5
    for address in addresses:
        assert 200 == client.get(address.removeprefix("http://localhost")).status_code, address


@pytest.mark.parametrize(
    "path",
    [
        "/achievements/none/1/fr",
        "/achievements/crcn-4-1-beginner/2/fr",
        "/achievements/crcn-4-1-beginner/1/de",
        "/achievements/crcn-4-1-beginner/99999999999999999999/fr",
        "/issuers/other",
        "/issuers/other/did.json",
        "/issuers/demo/keys/none",
        "/status/0",
        "/status/99999999999999999999",
        "/artwork/" + "0" * 64 + ".png",
        "/artwork/..%2f..%2fsecret-key.png",
        "/frameworks/none",
        "/frameworks/none/4",
        "/frameworks/none/levels/beginner",
        "/frameworks/crcn/9",
        "/frameworks/crcn/04",
        "/frameworks/crcn/9.9",
        "/frameworks/crcn/levels",
        "/frameworks/crcn/levels/expert",
    ],
)
@pytest.mark.parametrize("accept", [BROWSER, "application/json"])
def test_what_does_not_exist_is_not_found(client, path, accept):
    """Neither an error of ours nor somebody else's document."""
    assert 404 == client.get(path, headers={"Accept": accept}).status_code
