"""The desk for whatever somebody brings: what is ours is answered from our own books."""

from __future__ import annotations

import pytest
from flask import Flask

from badgeservice import extensions, verification
from badgeservice.extensions import services
from badgeservice.issuing import short_codes
from badgeservice.issuing.models import Badge
from badgeservice.verification import Report, Verdict
from badgeservice.verification.codes import Code
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
