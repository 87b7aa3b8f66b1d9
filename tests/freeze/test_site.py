"""With the service and its database gone, every public address still answers, and nothing more."""

from __future__ import annotations

import hashlib
import io
import json
import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
import zxingcpp
from flask import Flask
from PIL import Image

from badgeservice.freeze import addresses
from badgeservice.freeze.addresses import FROZEN, LEFT_OUT, Way
from badgeservice.issuing.models import Format
from badgeservice.verification import recognise, verify
from badgeservice.verification.register import EmptyRegister
from badgeservice.verification.report import Integrity, Status
from badgeservice.web import public
from tests.freeze.conftest import BASE_URL, BEGAN, HIDDEN, STATES, Server, Site, day
from tests.web.test_addresses import forms

LATER = BEGAN + timedelta(days=200)


@pytest.mark.any_database
def test_every_public_view_is_frozen_or_said_to_be_left_out(app: Flask) -> None:
    """A new public view is named in `freeze.addresses`."""
    blueprints = {blueprint.name for blueprint in public.BLUEPRINTS}
    views = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.endpoint.partition(".")[0] in blueprints
    }

    assert views | {"static"} == FROZEN.keys() | LEFT_OUT.keys()


pytestmark = pytest.mark.any_database


def test_every_view_has_an_address_here(frozen_site: Site) -> None:
    """What is frozen is asked for by the tests below; endorsements that we gave stand elsewhere."""
    assert FROZEN.keys() - {"documents.endorsement"} == frozen_site.endpoints


def test_every_address_answers_a_server_of_files(frozen_site: Site, plain: Server) -> None:
    """Without telling the server anything: the page where there is one, else the document."""
    silent = [path for path in frozen_site.ways if plain.get(path).status != 200]

    # What was taken back, replaced or erased has no files, in life neither.
    erased = f"/ob2/assertions/{frozen_site.badges['erased-kept'].ob2_id}"
    usual = r"/b/\w+\.[a-z0-9.]+|/b/\w+/qr\.png|.*\.jws"
    assert [erased] == [path for path in silent if not re.fullmatch(usual, path)]
    over = {frozen_site.badges[state].public_id for state in ("withdrawn", "erased-kept")}
    assert {path.split("/")[2][:22].split(".")[0] for path in silent if path[:3] == "/b/"} == over
    assert len(frozen_site.ways) > 150


def test_every_form_of_address_that_was_ever_signed_is_there(frozen_site: Site) -> None:
    """The list of decision 16."""
    patterns = [re.sub(r"<[^>]+>", "[^/]+", form.replace(".", r"\.")) for form in forms()]

    for pattern in patterns:
        assert any(re.fullmatch(pattern, path) for path in frozen_site.ways), pattern


def test_signed_bytes_are_as_they_were_released(frozen_site: Site, plain: Server) -> None:
    """Under their own address, to the last byte."""
    held = frozen_site.badges["public"]
    places = {
        Format.JSON: f"/b/{held.public_id}.json",
        Format.JWT: f"/b/{held.public_id}.jwt",
        Format.JWT_RS256: f"/b/{held.public_id}.rs256.jwt",
        Format.PNG: f"/b/{held.public_id}.png",
        Format.SVG: f"/b/{held.public_id}.svg",
        Format.OB2_JSON: f"/ob2/assertions/{held.ob2_id}",
        Format.OB2_JWS: f"/ob2/assertions/{held.ob2_id}.jws",
    }

    for form, place in places.items():
        assert held.copies[form] == plain.get(place).body, form


def test_every_qr_code_leads_to_a_page(frozen_site: Site, plain: Server) -> None:
    """Read by a camera's eye, then followed; private badges have none."""
    for state in set(STATES) - {"withdrawn", *HIDDEN}:
        held = frozen_site.badges[state]
        image = Image.open(io.BytesIO(plain.get(f"/b/{held.public_id}/qr.png").body))
        (code,) = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)

        assert held.address == code.text
        assert 200 == plain.get(code.text.removeprefix(BASE_URL)).status


def test_each_page_says_as_of_when_in_its_language(frozen_site: Site) -> None:
    """No page speaks of now, and each was written on the day that it names."""
    said = {"fr": "telle que publiée le", "en": "as of"}
    revoked = frozen_site.badges["to-revoke"]
    own = (f"b/{revoked.public_id}/", f"c/{revoked.code}/")

    pages = [path for path in frozen_site.root.rglob("*.html") if path.parts[-2] != "verifier"]
    assert len(pages) > 100
    for path in pages:
        page = path.read_text().replace("\u00a0", " ")
        language = re.search(r'<html lang="(\w\w)">', page)[1]  # type: ignore[index]
        is_own = any(part in path.as_posix() for part in own)
        assert f"{said[language]} {day(31 if is_own else 1, language)}" in page, path
        assert "\ue000" not in page
        for live in ("à l'instant", "just now", "Vérifier à nouveau", "<form", "csrf_token"):
            assert live not in page, (path, live)


@pytest.mark.parametrize(
    ("state", "tone", "words"),
    [
        ("public", "grey", "Badge authentique et actif"),
        ("link", "grey", "Badge authentique et actif"),
        ("corrected", "grey", "Badge authentique et actif"),
        ("revoked", "red", f"Badge authentique, mais retiré par l'émetteur le {day(1, 'fr')}"),
        ("to-revoke", "red", f"Badge authentique, mais retiré par l'émetteur le {day(31, 'fr')}"),
        ("suspended", "red", "Badge suspendu par l'émetteur"),
        ("erased-kept", "grey", "Badge authentique, délivré par"),
    ],
)
def test_a_page_shows_the_state_of_its_day_and_never_green(
    frozen_site: Site, plain: Server, state: str, tone: str, words: str
) -> None:
    """What was good then is not shown as good; what was bad then still is."""
    held = frozen_site.badges[state]
    places = [f"/b/{held.public_id}"]
    places += [f"/c/{held.code}"] if state != "link" else []

    for place in places:
        page = plain.get(place).text.replace("\u00a0", " ").replace("&#39;", "'")
        verdict = page[page.index('<section class="verdict') :].partition("</section>")[0]
        assert f"verdict-{tone}" in verdict
        assert words in verdict
        assert "notre registre disait" in verdict
        assert "verdict-green" not in page


def test_nothing_private_is_in_it(frozen_site: Site, plain: Server) -> None:
    """No file holds its id, its code, its assertion or its holder; unknown and private are one."""
    whole = b"".join(
        path.name.encode() + path.read_bytes() for path in frozen_site.folder.rglob("*")
        if path.is_file()
    )  # fmt: skip
    names = "\n".join(path.as_posix() for path in frozen_site.folder.rglob("*")).encode()
    for state in HIDDEN:
        held = frozen_site.badges[state]
        for secret in (held.public_id, held.code, f"Canari {state}"):
            assert secret.encode() not in whole + names, (state, secret)
        assert held.ob2_id.encode() not in names
        for end in ("", ".json", ".png", "/qr.png"):
            hidden = plain.get(f"/b/{held.public_id}{end}")
            unknown = plain.get(f"/b/{'2' * 22}{end}")
            assert (404, unknown.body) == (hidden.status, hidden.body)
    for state in ("withdrawn", "erased-kept"):
        assert f"Canari {state}".encode() not in whole
    assert b"@example.org" not in re.sub(rb"(bonjour|badges)@example.org", b"", whole)
    # By its link alone: its code is unknown.
    assert 404 == plain.get(f"/c/{frozen_site.badges['link'].code}").status
    assert 404 == plain.get("/mon-espace").status


def test_no_folder_lists_the_badges_in_it(frozen_site: Site, plain: Server) -> None:
    """A server that shows folders would give away every link."""
    for folder in ("/b/", "/c/", "/ob2/", "/ob2/assertions/", "/endorsements/"):
        page = plain.get(folder).text
        assert "n&#39;est pas publique" in page
        assert not any(held.public_id in page for held in frozen_site.badges.values())


def test_every_link_of_every_page_leads_somewhere(frozen_site: Site, plain: Server) -> None:
    """Pages, images, files, in both languages; nothing that takes a service is offered."""
    missing = set()
    asked = set()
    for path in frozen_site.root.rglob("*.html"):
        found = _Links()
        found.feed(path.read_text())
        for link in found.links:
            own = link.removeprefix(BASE_URL).partition("#")[0].partition("?")[0]
            if own.startswith("/") and own not in asked:
                asked.add(own)
                if plain.get(own).status != 200:
                    missing.add(own)
    assert set() == missing
    assert len(asked) > 100


class _Links(HTMLParser):
    """Gathers what a page leads to."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            is_image = name == "content" and (value or "").startswith(BASE_URL)
            if value and (name in ("href", "src", "action") or is_image):
                self.links.append(value)


# --- verifiers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("state", STATES)
def test_copies_are_verified_with_what_the_site_serves(
    frozen_site: Site, plain: Server, state: str
) -> None:
    """Keys, lists and hosted assertions come from files; whoever kept a copy learns the same."""
    expected = {
        "revoked": Status.REVOKED, "to-revoke": Status.REVOKED, "hidden-revoked": Status.REVOKED,
        "withdrawn": Status.REVOKED, "corrected": Status.REVOKED,
    }  # fmt: skip
    for form in (Format.JSON, Format.JWT, Format.OB2_JWS):
        copy = frozen_site.badges[state].copies[form]
        report = verify(recognise(copy), fetch=plain.fetch, register=EmptyRegister(), now=LATER)
        assert report.integrity is Integrity.VALID, form
        assert report.status is expected.get(state, Status.ACTIVE), form


@pytest.mark.parametrize(
    ("state", "integrity", "status"),
    [
        ("public", Integrity.VALID, Status.ACTIVE),
        ("link", Integrity.VALID, Status.ACTIVE),
        ("revoked", None, Status.REVOKED),
        ("private", Integrity.INDETERMINATE, Status.UNKNOWN),
        ("erased-kept", Integrity.INDETERMINATE, Status.UNKNOWN),
    ],
)
def test_hosted_assertions_of_2_0_are_checked_where_they_stand(
    frozen_site: Site, plain: Server, state: str, integrity: Integrity | None, status: Status
) -> None:
    """By their address; what is private or erased is unknown, as it was in life."""
    report = verify(
        recognise(frozen_site.badges[state].copies[Format.OB2_JSON]),
        fetch=plain.fetch,
        register=EmptyRegister(),
        now=LATER,
    )

    assert status is report.status
    assert integrity is None or integrity is report.integrity


def test_a_revoked_assertion_says_so_whatever_the_server_makes_of_its_status(
    frozen_site: Site, plain: Server
) -> None:
    """A server of files answers 200; the body says what 410 would."""
    held = frozen_site.badges["revoked"]

    document = json.loads(plain.get(f"/ob2/assertions/{held.ob2_id}").body)

    assert document["revoked"] is True
    assert (frozen_site.folder / "gone/ob2/assertions" / f"{held.ob2_id}.gone").read_bytes() == b""


# --- a second freeze -----------------------------------------------------------------------------


def test_a_second_freeze_writes_what_changed_and_nothing_else(frozen_site: Site) -> None:
    """One badge was revoked: its pages, its assertion, the lists; a month later, at that."""
    held = frozen_site.badges["to-revoke"]
    first, second = frozen_site.first, frozen_site.second
    changed = {name for name in second if first.get(name) != second[name]}

    assert changed == {
        f"site/b/{held.public_id}/index.html",
        f"site/b/{held.public_id}/en.html",
        f"site/c/{held.code}/index.html",
        f"site/c/{held.code}/en.html",
        f"site/b/{held.public_id}.register.json",
        f"site/ob2/assertions/{held.ob2_id}",
        f"site/ob2/assertions/{held.ob2_id}.register.json",
        f"gone/ob2/assertions/{held.ob2_id}.gone",
        "site/ob2/rsa-1/revocations",
        "site/status/1",
        "site/as-of.json",
    }
    assert first.keys() - second.keys() == set()
    assert frozen_site.changes[1].written == len(changed)


def test_a_freeze_without_a_change_writes_nothing(frozen_site: Site) -> None:
    """Two months after the first."""
    third = frozen_site.changes[2]

    assert (0, 0) == (third.written, third.removed)
    assert third.kept == len(frozen_site.second)


def test_progress_is_told(frozen_site: Site) -> None:
    """Badge by badge, of those that others may see."""
    count = len(STATES) - len(HIDDEN)

    assert [(n, count) for n in range(1, count + 1)] == frozen_site.told[:count]


def test_the_digest_of_an_image_is_its_address(frozen_site: Site) -> None:
    """What a badge shows is what its class was published with."""
    images = list((frozen_site.root / "artwork").iterdir())

    assert images
    for image in images:
        assert hashlib.sha256(image.read_bytes()).hexdigest() == image.stem


def test_ways_are_as_the_table_of_addresses_has_them(frozen_site: Site) -> None:
    """Pages at pages, documents at documents."""
    held = frozen_site.badges["public"]

    assert frozen_site.ways[f"/b/{held.public_id}"] is Way.PAGES
    assert frozen_site.ways["/issuers/demo"] is Way.BOTH
    assert frozen_site.ways["/status/1"] is Way.DOCUMENT
    assert addresses.FROZEN["ob2.assertion"] is Way.LEADS
