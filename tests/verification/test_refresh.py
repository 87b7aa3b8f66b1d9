"""The service that has newer editions: asked once, after the proof, and believed for one badge."""

from __future__ import annotations

from typing import Any

import pytest

from badgeservice.openbadges import Document, contexts, strict_json
from badgeservice.openbadges.bakery import Version, svg
from badgeservice.verification import Verdict
from badgeservice.verification.codes import Code
from badgeservice.verification.fetching import Fetched
from badgeservice.verification.report import Integrity, Status

from .school import Key, School

SERVICE = "https://school.example/refresh/1"
EXTENDED = [contexts.CREDENTIALS_V2, contexts.OPEN_BADGES_V3, contexts.OPEN_BADGES_EXTENSIONS]


@pytest.fixture
def stranger() -> School:
    """An issuer whom the register does not know."""
    school = School("https://school.example/issuers/1")
    school.owns = lambda issuer_id: False  # type: ignore[method-assign]
    school.put(school.id, school.issuer_document())
    return school


def badge(school: School, **changes: Any) -> Document:
    """Return a signed badge that names the service."""
    service = {"id": SERVICE, "type": "1EdTechCredentialRefresh"}
    return school.issue(**{"@context": EXTENDED, "refreshService": service} | changes)


EXPIRED = {"validUntil": "2026-11-21T00:00:00Z"}


def test_the_newest_edition_is_verified_instead(stranger):
    """An expired badge was renewed: the report is about the renewed one, and says so."""
    stranger.put(SERVICE, badge(stranger, name="Renewed"))

    report = stranger.verify(badge(stranger, **EXPIRED))

    assert (report.integrity, report.status) == (Integrity.VALID, Status.ACTIVE)
    assert report.find(Code.BADGE_REFRESHED).detail == SERVICE
    assert report.credential.valid_until.year == 2028


def test_a_newer_edition_may_bring_bad_news(stranger):
    """It counts for worse as for better."""
    stranger.put(SERVICE, badge(stranger, **EXPIRED))

    assert stranger.verify(badge(stranger)).status is Status.EXPIRED


def test_it_may_be_a_token(stranger):
    """As the standard has it."""
    document = stranger.credential() | {"@context": EXTENDED, "name": "Renewed"}
    body = stranger.token(document).encode()
    stranger.world[SERVICE] = Fetched(SERVICE, 200, "", body)

    assert stranger.verify(badge(stranger, **EXPIRED)).status is Status.ACTIVE


def test_it_is_asked_once(stranger):
    """The newer edition names another service, which nobody asks."""
    further = {"id": f"{SERVICE}/again", "type": "1EdTechCredentialRefresh"}
    stranger.put(SERVICE, badge(stranger, name="Renewed", refreshService=further))

    report = stranger.verify(badge(stranger))

    assert report.find(Code.BADGE_REFRESHED)
    assert stranger.asked.count(SERVICE) == 1
    assert further["id"] not in stranger.asked


def test_a_bad_proof_never_asks(stranger):
    """Who names the service is not known before (A16)."""
    stranger.put(SERVICE, badge(stranger))

    report = stranger.verify(badge(stranger) | {"name": "Doctorate"})

    assert report.verdict is Verdict.RED
    assert SERVICE not in stranger.asked


def test_our_own_badges_are_not_refreshed(school):
    """Our register knows what replaced them."""
    school.put(SERVICE, badge(school, name="Renewed"))

    report = school.verify(badge(school))

    assert report.find(Code.BADGE_REFRESHED) is None
    assert SERVICE not in school.asked


@pytest.mark.parametrize(
    "service",
    [
        {"id": "http://school.example/refresh/1", "type": "1EdTechCredentialRefresh"},
        {"id": "urn:x:y", "type": "1EdTechCredentialRefresh"},
        {"id": SERVICE, "type": "1EdTechJsonSchemaValidator2019"},
        [
            {"id": SERVICE, "type": "1EdTechCredentialRefresh"},
            {"id": f"{SERVICE}0", "type": "1EdTechCredentialRefresh"},
        ],
    ],
    ids=str,
)
def test_other_services_are_not_asked(stranger, service):
    """Plain http, no address, another kind, or more than one."""
    stranger.verify(badge(stranger, refreshService=service))

    assert not [address for address in stranger.asked if "refresh" in address]


OTHER_SUBJECT = {"id": "urn:uuid:00000000-96b5-4c5c-8c0e-0d7e1c1f4f5a"}


@pytest.mark.parametrize(
    "change",
    [
        {"id": "https://badges.example/b/2"},
        {"credentialSubject": OTHER_SUBJECT},
        {"credentialSubject": {"identifier": None}},
        {"validFrom": "2026-11-19T00:00:00Z"},
        {"issuer": "other"},
        {"validFrom": None},
        {},
    ],
    ids=str,
)
def test_only_a_newer_edition_of_this_badge_replaces_it(stranger, change):
    """Another badge, another person, another issuer, an older one or the same: the badge stays."""
    original = stranger.credential()
    changes = {"name": "Renewed"} | change if change else {}
    if "credentialSubject" in change:
        subject = original["credentialSubject"] | change["credentialSubject"]
        changes["credentialSubject"] = {k: v for k, v in subject.items() if v is not None}
    if "issuer" in change:
        changes["issuer"] = original["issuer"] | {"id": "https://school.example/issuers/2"}
    stranger.put(SERVICE, badge(stranger, **changes))

    report = stranger.verify(badge(stranger))

    assert report.find(Code.BADGE_REFRESHED) is None
    assert (report.integrity, report.status) == (Integrity.VALID, Status.ACTIVE)
    assert report.credential.name == original["credentialSubject"]["achievement"]["name"]


def test_a_forged_edition_does_not_replace_it(stranger):
    """Nor does it make the badge worse: whoever answers there is not the issuer."""
    document = stranger.credential() | {"@context": EXTENDED, "name": "Renewed"}
    stranger.put(SERVICE, stranger.sign(document, key=Key(66)))

    report = stranger.verify(badge(stranger))

    assert report.find(Code.BADGE_REFRESHED) is None
    assert report.status is Status.ACTIVE


@pytest.mark.parametrize(
    ("status", "body"),
    [(404, b"{}"), (200, b"<html>"), (200, b"https://school.example/b"), (503, None), (200, b"v2")],
)
def test_a_service_that_fails_changes_nothing(stranger, status, body):
    """The original stays (open-badges 3.9, step 3)."""
    if body is None:
        body = strict_json.dumps(badge(stranger, name="Renewed"))
    if body == b"v2":
        body = b'{"@context": "https://w3id.org/openbadges/v2", "id": "https://a.example/1"}'
    stranger.world[SERVICE] = Fetched(SERVICE, status, "application/json", body)

    report = stranger.verify(badge(stranger))

    assert report.find(Code.BADGE_REFRESHED) is None
    assert (report.integrity, report.status) == (Integrity.VALID, Status.ACTIVE)


def test_a_service_that_does_not_answer_changes_nothing(stranger):
    """No network is no reason to doubt what was signed."""
    report = stranger.verify(badge(stranger))

    assert SERVICE in stranger.asked
    assert (report.integrity, report.status) == (Integrity.VALID, Status.ACTIVE)


def test_the_other_badge_of_an_image_is_still_judged(stranger):
    """Other software shows that one."""
    stranger.put(SERVICE, badge(stranger, name="Renewed"))
    image = b'<svg xmlns="http://www.w3.org/2000/svg"><rect/></svg>'
    image = svg.bake(image, strict_json.dumps(badge(stranger)).decode())
    older = '{"@context":"https://w3id.org/openbadges/v2","id":"https://mallory.example/1"}'

    report = stranger.verify(svg.bake(image, older, version=Version.V2))

    assert report.find(Code.BADGE_REFRESHED)
    assert report.beside is not None
    assert report.verdict is Verdict.RED
