"""The addresses of Open Badges 2.0: what each answers, to whom, in which words of HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from badgeservice.extensions import db, services
from badgeservice.issuing import editions, shelf, states
from badgeservice.issuing.models import OB2_FORMATS, Badge, Format
from tests.conftest import Clock
from tests.issuing.conftest import CHOICES, Desk
from tests.web.conftest import show_to

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
OLD_VALIDATOR = "application/ld+json, application/json, image/png, image/svg+xml"
LD_JSON, PLAIN_JSON = "application/ld+json", "application/json"
CLASS = "badge-classes/crcn-4-1-beginner/1/fr"
UNKNOWN = "/ob2/assertions/6f0c0c0e-96b5-4c5c-8c0e-0d7e1c1f4f5a"

# What is asked for, and the media type of the answer; None for a person, who is led to the page.
NEGOTIATION = [
    (None, LD_JSON),
    ("*/*", LD_JSON),
    (LD_JSON, LD_JSON),
    ("application/json, application/ld+json;q=0.1", LD_JSON),
    (OLD_VALIDATOR, LD_JSON),
    (PLAIN_JSON, PLAIN_JSON),
    ("image/png", LD_JSON),
    ("text/html", None),
    (BROWSER, None),
]


@dataclass(frozen=True)
class Held:
    """A badge of 2.0 and where its assertions stand."""

    public_id: str
    path: str

    @property
    def paths(self) -> list[str]:
        """All that hangs off the assertion, with pages for people first."""
        documents = (CLASS, "issuer", "key", "revocations")
        return [self.path, *(f"/ob2/rsa-1/{name}" for name in documents)]


@pytest.fixture
def held(app: Flask, clock: Clock) -> Held:
    """A badge whose holder chose Open Badges 2.0; whoever has the link may see it."""
    with app.app_context():
        desk = Desk(db.session, services().office, clock)
        badge = desk.badge("zz-canary@example.org", replace(CHOICES, ob2=True))
        ob2_id = editions.current(db.session, badge).ob2_id
        return Held(badge.public_id, f"/ob2/assertions/{ob2_id}")


@pytest.fixture
def change(app: Flask, clock: Clock, held: Held) -> Callable[[str], None]:
    """Let something become of the badge."""

    def changed(how: str) -> None:
        with app.app_context():
            session, office, now = db.session, services().office, clock()
            common = {"actor": "administrator", "now": now}
            if how == "revoked":
                reason = states.Reason.ISSUED_IN_ERROR
                states.revoke(session, office, held.public_id, reason=reason, **common)
            elif how == "withdrawn":
                states.withdraw(session, office, held.public_id, **common)
            elif how == "suspended":
                states.suspend(session, office, held.public_id, **common)
            elif how == "corrected":
                choices = replace(CHOICES, ob2=True, name="Anaïs")
                editions.correct(session, office, held.public_id, choices=choices, **common)

    return changed


@pytest.mark.parametrize(("accept", "media_type"), NEGOTIATION)
def test_each_client_gets_what_it_reads(
    client: FlaskClient, held: Held, accept: str | None, media_type: str | None
) -> None:
    """JSON-LD unless plain JSON alone is asked for; a person is led to the page."""
    pages = {
        held.path: f"http://localhost/b/{held.public_id}",
        f"/ob2/rsa-1/{CLASS}": "http://localhost/achievements/crcn-4-1-beginner/1/fr",
        "/ob2/rsa-1/issuer": "http://localhost/issuers/demo",
    }
    for path in held.paths:
        answer = client.get(path, headers={"Accept": accept} if accept else {})

        assert "Accept" in answer.headers["Vary"], path
        if media_type is None and path in pages:
            assert (303, pages[path]) == (answer.status_code, answer.headers["Location"])
        else:
            assert 200 == answer.status_code, path
            assert answer.mimetype == (media_type or LD_JSON), path
            assert answer.get_json(force=True)["@context"] == "https://w3id.org/openbadges/v2"


def test_any_site_may_read_them_and_none_sets_a_cookie(client: FlaskClient, held: Held) -> None:
    """Verifiers run in browsers too."""
    for path in [*held.paths, f"{held.path}.jws"]:
        answer = client.get(path, headers={"Origin": "https://verifier.example"})

        assert "*" == answer.headers["Access-Control-Allow-Origin"], path
        assert "Set-Cookie" not in answer.headers


def test_the_assertions_are_served_as_they_were_released(
    app: Flask, client: FlaskClient, held: Held
) -> None:
    """Byte for byte, and asked anew each time: its holder may hide it."""
    for path, form, media_type in (
        (held.path, Format.OB2_JSON, LD_JSON),
        (f"{held.path}.jws", Format.OB2_JWS, "application/jose"),
    ):
        answer = client.get(path)
        with app.app_context():
            badge = db.session.get_one(Badge, held.public_id)
            assert shelf.take(db.session, services().vault, badge, form) == answer.data
        assert media_type == answer.mimetype
        assert "max-age=0" in answer.headers["Cache-Control"]
        again = client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert 304 == again.status_code


@pytest.mark.parametrize(
    ("how", "status"),
    [("revoked", 410), ("withdrawn", 410), ("corrected", 410), ("suspended", 200)],
)
def test_its_address_says_what_holds(
    client: FlaskClient, held: Held, change: Callable[[str], None], how: str, status: int
) -> None:
    """Gone for good, or still there: a 410 stays in caches, and a suspension may end."""
    change(how)

    for accept in (LD_JSON, PLAIN_JSON, OLD_VALIDATOR):
        answer = client.get(held.path, headers={"Accept": accept})

        assert status == answer.status_code
        assert (answer.json or {}).get("revoked", False) is (status == 410)
        assert ("recipient" in (answer.json or {})) is (status == 200)
        assert ("revocationReason" in (answer.json or {})) is (how in ("revoked", "corrected"))


def test_what_is_gone_is_said_in_full_to_who_asks_again(
    client: FlaskClient, held: Held, change: Callable[[str], None]
) -> None:
    """No `304` on top of a `410`: it would say that what was there is still good."""
    change("revoked")
    etag = client.get(held.path).headers["ETag"]

    assert 410 == client.get(held.path, headers={"If-None-Match": etag}).status_code


@pytest.mark.parametrize("how", ["nothing", "revoked", "withdrawn", "corrected", "suspended"])
@pytest.mark.parametrize("accept", [LD_JSON, PLAIN_JSON, "text/html", "*/*"])
def test_a_private_assertion_answers_like_an_unknown_one(
    app: Flask,
    client: FlaskClient,
    held: Held,
    change: Callable[[str], None],
    accept: str,
    how: str,
) -> None:
    """Byte for byte, whatever became of it: else trying an id would tell that it exists."""
    change(how)
    show_to(app, held.public_id, "private")
    reference = re.compile(r"[0-9A-F]{4}-[0-9A-F]{4}")

    for suffix in ("", ".jws"):
        answers = {
            path: client.get(f"{path}{suffix}", headers={"Accept": accept})
            for path in (held.path, UNKNOWN)
        }
        assert [404, 404] == [answer.status_code for answer in answers.values()]
        private, unknown = (
            # The path first: a part of it may look like a reference.
            reference.sub("", answer.text.replace(path, "PATH"))
            for path, answer in answers.items()
        )
        assert private == unknown
        assert 1 == len({frozenset(answer.headers.keys()) for answer in answers.values()})


def test_the_email_address_stands_in_no_answer(client: FlaskClient, held: Held) -> None:
    """Nor its owner's name; of a person there is the salted hash, and that at one address."""
    for path in [*held.paths, f"{held.path}.jws", f"/b/{held.public_id}.json"]:
        answer = client.get(path)

        assert b"canary" not in answer.data, path
        assert (b"sha256$" in answer.data) is (path == held.path), path


def test_the_page_of_the_badge_does_not_lead_to_the_assertion(
    client: FlaskClient, held: Held
) -> None:
    """Who has the link of a badge has no hash to try addresses on."""
    page = client.get(f"/b/{held.public_id}", headers={"Accept": BROWSER})

    assert 200 == page.status_code
    assert held.path not in page.text
    for form in OB2_FORMATS:
        assert 404 == client.get(f"/b/{held.public_id}.{form.suffix}").status_code


@pytest.mark.parametrize(
    "path",
    [
        UNKNOWN,
        f"{UNKNOWN}.jws",
        "/ob2/assertions/1",
        "/ob2/assertions/%00",
        UNKNOWN.upper().replace("/OB2/ASSERTIONS", "/ob2/assertions"),
        "/ob2/assertions/issuer",
        "/ob2/rsa-2/issuer",
        "/ob2/rsa-2/key",
        "/ob2/rsa-2/revocations",
        f"/ob2/rsa-2/{CLASS}",
        "/ob2/p256-1/issuer",
        "/ob2/ed25519-1/key",
        "/ob2/rsa-1/badge-classes/none/1/fr",
        "/ob2/rsa-1/badge-classes/crcn-4-1-beginner/2/fr",
        "/ob2/rsa-1/badge-classes/crcn-4-1-beginner/1/de",
        "/ob2/rsa-1",
    ],
)
@pytest.mark.parametrize("accept", [BROWSER, PLAIN_JSON])
def test_what_does_not_exist_is_not_found(client: FlaskClient, path: str, accept: str) -> None:
    """Only RSA keys sign in 2.0, and only ours have documents."""
    assert 404 == client.get(path, headers={"Accept": accept}).status_code


@pytest.mark.parametrize("how", ["corrected", "revoked"])
def test_attack_the_list_of_what_is_revoked_leads_to_nobody(
    client: FlaskClient, held: Held, change: Callable[[str], None], how: str
) -> None:
    """It is public, and a badge shown by its link is found by its link alone."""
    change(how)
    listed = client.get("/ob2/rsa-1/revocations").get_json(force=True)["revokedAssertions"]
    path = f"/ob2/assertions/{listed[0]['id'].removeprefix('urn:uuid:')}"

    for address in (path, f"{path}.jws"):
        answer = client.get(address, headers={"Accept": BROWSER})

        assert answer.status_code in (404, 410)
        assert held.public_id not in answer.text + str(answer.headers)
