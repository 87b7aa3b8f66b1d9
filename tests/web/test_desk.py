"""The desk for whatever somebody brings: what is ours is answered from our own books."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from flask import Flask

from badgeservice import extensions, verification
from badgeservice.errors import FetchFailed
from badgeservice.extensions import services
from badgeservice.fetching import Guard
from badgeservice.issuing import short_codes
from badgeservice.issuing.models import Badge
from badgeservice.openbadges import strict_json, timestamps
from badgeservice.trust import shelf
from badgeservice.verification import Report, Verdict
from badgeservice.verification.codes import Code
from badgeservice.verification.recipient import Answer
from badgeservice.verification.report import Issuer
from badgeservice.verifier.desk import Desk
from tests.conftest import POOL
from tests.sites import Sites, answer
from tests.trust.publisher import ENTRY, Publisher
from tests.verification.school import School
from tests.verification.test_pdf import pdf_with
from tests.web.conftest import show_to


def verified(app: Flask, data: bytes | verification.Submission) -> Report:
    """What the desk says of something, now."""
    with app.app_context():
        return services().desk.verify(data, now=services().clock())


@pytest.fixture
def code(app: Flask, public_id: str) -> str:
    """The short code of Anaïs Lemoigne's badge, which carries her name and is public."""
    show_to(app, public_id, "public")
    with app.app_context():
        session = extensions.db.session
        code = short_codes.of(session, session.get_one(Badge, public_id))
    assert code is not None
    return code


def test_a_file_of_ours_is_green(app, client, public_id):
    """Our own addresses and our register answer in process."""
    report = verified(app, client.get(f"/b/{public_id}.json").data)

    assert Verdict.GREEN is report.verdict
    assert "Anaïs Lemoigne" == report.credential.recipient_name


def test_a_pdf_with_a_badge_of_ours_is_green(app, client, public_id):
    """A worker reads what is attached, with no file of a library left to open."""
    document = pdf_with(client.get(f"/b/{public_id}.json").data)

    assert Verdict.GREEN is verified(app, document).verdict


def test_an_address_of_ours_is_green(app, public_id):
    """What stands at the address is read, as anyone would read it."""
    assert Verdict.GREEN is verified(app, f"http://localhost/b/{public_id}".encode()).verdict


def test_what_was_recognised_before_is_verified_too(app, client, public_id):
    """Whoever has looked at it already hands in what they found."""
    found = verification.recognise(client.get(f"/b/{public_id}.png").data)

    assert Verdict.GREEN is verified(app, found).verdict


@pytest.mark.parametrize("data", [b"", b"hello", b"%PDF-1.7", b"{", bytes(range(256))])
def test_what_is_no_badge_is_a_report_all_the_same(app, data):
    """Nothing that can be submitted is an error of ours."""
    assert Verdict.UNREADABLE is verified(app, data).verdict


def test_an_address_of_another_site_is_amber(app):
    """What could not be asked is not known."""
    report = verified(app, b"https://school.example/badge.json")

    assert Verdict.AMBER is report.verdict
    assert Code.ADDRESS_UNREACHABLE is report.findings[0].code


@pytest.fixture
def stranger(sites: Sites) -> School:
    """An issuer elsewhere, whose documents stand at its addresses."""

    class Stranger(School):
        base = sites.address("")

    school = Stranger(f"{Stranger.base}/issuers/school")
    school.put(f"{school.base}/badge.json", school.issue())
    for address, fetched in school.world.items():
        sites.put(answer(fetched.body), address.removeprefix(school.base))
    return school


@pytest.fixture
def desk(app: Flask, way_out: Guard) -> Iterator[Desk]:
    """A desk for which the world is `sites`."""
    with app.app_context():
        session = extensions.db.session
        yield Desk(services().office, session=lambda: session, pool=POOL, guard=way_out)


def test_a_badge_of_another_site_is_proved_by_what_stands_there(desk, stranger, sites, clock):
    """Its address, its issuer's document and its list are asked for; that much and no more."""
    report = desk.verify(f"{stranger.base}/badge.json".encode(), now=clock())

    codes = {finding.code for finding in report.findings}
    assert {Code.PROVEN, Code.NOT_WITHDRAWN, Code.ISSUER_NOT_KNOWN} <= codes
    assert ["/badge.json", "/issuers/school", "/status/1"] == [
        asked.target for asked in sites.asked
    ]


def test_a_badge_of_another_site_is_forged_as_soon_as_it_was_changed(desk, stranger, sites, clock):
    """And then nothing more is asked for than the key."""
    forged = json.dumps(stranger.issue() | {"name": "Doctorat"}).encode()

    assert Verdict.RED is desk.verify(forged, now=clock()).verdict
    assert ["/issuers/school"] == [asked.target for asked in sites.asked]


def test_the_command_line_asks_as_the_desk_does(desk, stranger, sites, public_id):
    """Ours from our books, others through the guarded way out."""
    fetch = desk.sources().fetch

    assert (
        fetch(f"{stranger.base}/badge.json").body
        == stranger.fetch(f"{stranger.base}/badge.json").body
    )
    assert 200 == fetch(f"http://localhost/b/{public_id}.json").status
    for refused in ("http://school.example.org/", "https://localhost/", "http://127.0.0.1/"):
        with pytest.raises(FetchFailed):
            fetch(refused)
    assert 1 == sites.connections


@pytest.mark.parametrize("typed", ["{code}", " {code} ", "http://localhost/c/{code}"])
def test_a_short_code_is_resolved_to_its_badge(app, code, typed):
    """Whoever has only paper."""
    report = verified(app, typed.format(code=code).encode())

    assert Verdict.GREEN is report.verdict
    assert report.credential.name


def test_attack_a_short_code_leads_to_no_person(app, code, public_id):
    """A code can be guessed by someone with time: it shows a verdict and nothing of its holder."""
    said = str(verified(app, code.encode()).to_json())

    for word in ("Lemoigne", "Anaïs", public_id, "urn:uuid", "/b/"):
        assert word not in said


def test_a_code_of_a_badge_that_is_not_public_is_a_word_like_any_other(app, code, public_id):
    """Hiding holds at once, and nobody can tell it from a code that was never given."""
    show_to(app, public_id, "link")

    hidden, unknown = (verified(app, each).to_json() for each in (code.encode(), b"0000-0000"))
    assert unknown == hidden


class TestKnownIssuers:
    """What the walk asks of the followed lists is answered from the database, across the line."""

    def test_a_followed_list_makes_a_stranger_known(self, desk, stranger, clock):
        """Green with the entry; the key that signed is remembered, and nothing else."""
        network = Publisher()
        entry = ENTRY | {"identifier": stranger.id, "since": "2026-01-01T00:00:00Z"}
        follow(network, entry, clock())
        submitted = strict_json.dumps(stranger.issue())

        report = desk.verify(submitted, now=clock(), recipient="ada@example.org")

        assert (Verdict.GREEN, Issuer.REGISTERED) == (report.verdict, report.issuer)
        assert report.known_issuer.reason == ENTRY["reason"]
        assert report.recipient.answer is Answer.NOT_NAMED
        (seen,) = shelf.keys(extensions.db.session, stranger.id)
        assert seen.thumbprint == stranger.key.public.thumbprint
        assert (Verdict.GREEN,) == (desk.verify(submitted, now=clock()).verdict,)

    def test_who_looks_like_somebody_on_a_list(self, desk, stranger, clock):
        """The likeness is worked out by the worker, and looked up here."""
        entry = ENTRY | {"identifier": "https://port.example", "name": "\u00c9COLE D'EXEMPLE"}
        follow(Publisher(), entry, clock())

        report = desk.verify(strict_json.dumps(stranger.issue()), now=clock())

        assert Issuer.IMPERSONATION_SUSPECTED is report.issuer
        assert Verdict.AMBER is report.verdict


def follow(publisher, entry, now):
    """Let the operator take a list with one entry in."""
    data = publisher.sign(publisher.list(entry, issued=timestamps.write(now)))
    shelf.take_in(
        extensions.db.session, data, publisher=publisher.did, actor="administrator", now=now
    )
