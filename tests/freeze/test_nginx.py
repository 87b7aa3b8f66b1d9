"""A server that was told what stands beside the site answers as the service did."""

from __future__ import annotations

import json

import pytest

from badgeservice.issuing.models import Format
from badgeservice.verification import recognise, verify
from badgeservice.verification.register import EmptyRegister
from badgeservice.verification.report import Integrity, Status
from badgeservice.web import security
from tests.freeze.conftest import ACCEPT, Server, Site
from tests.freeze.test_site import LATER

pytestmark = pytest.mark.any_database

PERSON, PROGRAM, PLAIN_JSON, ANY = ACCEPT


def test_every_address_answers_under_each_accept_as_it_did(
    frozen_site: Site, nginx: Server
) -> None:
    """Status and type. What redirected leads on by a page; JSON keeps its own type; and what was
    an error of a program is a page.
    """
    different = {}
    for (path, accept), (status, media_type) in frozen_site.lived.items():
        answer = nginx.get(path, accept)
        expected = {303: 200}.get(status, status)
        if path.startswith("/ob2/assertions/") and answer.status == 410:
            expected = 410  # people are led to the page, and told that it is gone
        if accept in (PROGRAM, PLAIN_JSON) and media_type.endswith("json"):
            is_document = answer.status == 200 and media_type != "application/problem+json"
            media_type = answer.media_type
            assert media_type.endswith("json") or not is_document, path
        if (answer.status, answer.media_type) != (expected, media_type):
            different[path, accept] = (expected, media_type, answer.status, answer.media_type)

    assert {} == different
    assert len(frozen_site.lived) > 400


def test_negotiation_tells_people_from_programs(frozen_site: Site, nginx: Server) -> None:
    """One address, two readers, two languages."""
    held = frozen_site.badges["public"]
    place = f"/b/{held.public_id}"

    assert held.copies[Format.JSON] == nginx.get(place, PROGRAM).body
    assert "Badge authentique et actif" in nginx.get(place, PERSON).text
    english = "Genuine badge, active"
    assert english in nginx.get(f"{place}?lang=en", PERSON).text
    assert english in nginx.get(place, PERSON, **{"Accept-Language": "de, en-GB;q=0.8"}).text
    for french in ("fr-FR, en;q=0.5", "de", ""):
        page = nginx.get(place, PERSON, **{"Accept-Language": french}).text
        assert "Badge authentique et actif" in page, french
    french = nginx.get(f"{place}?lang=fr", PERSON, **{"Accept-Language": "en"}).text
    assert "Badge authentique et actif" in french
    assert json.loads(nginx.get("/issuers/demo").body)["type"] == ["Profile"]
    assert "<h1>" in nginx.get("/issuers/demo", PERSON).text


@pytest.mark.parametrize(
    ("state", "path", "status"),
    [
        ("withdrawn", "/b/{id}", 410),
        ("withdrawn", "/b/{id}.json", 410),
        ("withdrawn", "/c/{code}", 410),
        ("erased-kept", "/b/{id}", 200),
        ("erased-kept", "/b/{id}.png", 410),
        ("revoked", "/ob2/assertions/{ob2}", 410),
        ("corrected", "/ob2/assertions/{ob2}", 410),
        ("private", "/b/{id}", 404),
        ("private", "/c/{code}", 404),
        ("hidden-revoked", "/ob2/assertions/{ob2}", 404),
    ],
)
def test_gone_and_private_are_told_apart(
    frozen_site: Site, nginx: Server, state: str, path: str, status: int
) -> None:
    """As the table of addresses has it; the body of an assertion that is gone says why."""
    held = frozen_site.badges[state]

    answer = nginx.get(path.format(id=held.public_id, code=held.code, ob2=held.ob2_id))

    assert status == answer.status
    if "ob2" in path and status == 410:
        assert (True, "application/ld+json") == (
            json.loads(answer.body)["revoked"],
            answer.media_type,
        )
    if status == 404:
        assert answer.body == nginx.get("/b/2222222222222222222222").body


def test_headers_are_those_of_the_service(frozen_site: Site, nginx: Server) -> None:
    """Policy, caching, robots, and who may read."""
    held = frozen_site.badges["public"]
    page = nginx.get(f"/b/{held.public_id}", PERSON).headers
    file = nginx.get(f"/b/{held.public_id}.json").headers
    drawing = nginx.get(f"/b/{held.public_id}.svg").headers
    listed = nginx.get("/status/1").headers
    image = next((frozen_site.root / "artwork").iterdir()).name

    for name, value in security.HEADERS.items():
        assert value == page[name.lower()], name
    assert ("no-cache", "*") == (page["cache-control"], file["access-control-allow-origin"])
    assert "noindex" == file["x-robots-tag"]
    assert "x-robots-tag" not in page
    for place in ("/verifier", "/verifier/", "/verifier/index.html"):
        # It has its own policy in it, which this one would only narrow down to nothing.
        assert "frame-ancestors 'none'" == nginx.get(place).headers["content-security-policy"]
    assert "default-src 'none'; sandbox" == drawing["content-security-policy"]
    assert "public, max-age=60" == listed["cache-control"]
    assert "immutable" in nginx.get(f"/artwork/{image}").headers["cache-control"]
    assert "etag" in listed
    for folder in ("/b/", "/c/", "/ob2/assertions/"):
        assert 404 == nginx.get(folder).status
    assert 404 == nginx.get("/manifest.sqlite").status
    assert 404 == nginx.get(f"/gone/b/{held.public_id}").status


@pytest.mark.parametrize("state", ["public", "revoked"])
def test_hosted_assertions_are_verified_and_revoked(
    frozen_site: Site, nginx: Server, state: str
) -> None:
    """By 200 and by 410, as Open Badges 2.0 asks for."""
    report = verify(
        recognise(frozen_site.badges[state].copies[Format.OB2_JSON]),
        fetch=nginx.fetch,
        register=EmptyRegister(),
        now=LATER,
    )

    assert report.status is (Status.ACTIVE if state == "public" else Status.REVOKED)
    assert state != "public" or report.integrity is Integrity.VALID
