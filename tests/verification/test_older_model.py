"""Badges of the data model 1.1 (2019), and of the earlier editions of the Open Badges context."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from badgeservice.openbadges import Document, contexts
from badgeservice.openbadges.proofs import compact
from badgeservice.verification import Verdict
from badgeservice.verification.codes import Check, Code
from badgeservice.verification.report import Integrity, Status

from .school import School

EDITIONS = [
    contexts.OPEN_BADGES_V3_0,
    contexts.OPEN_BADGES_V3_1,
    contexts.OPEN_BADGES_V3_2,
    contexts.OPEN_BADGES_V3,
]
PROOFS = contexts.DATA_INTEGRITY_V2


@pytest.fixture
def stranger() -> School:
    """An issuer whom the register does not know."""
    school = School("https://school.example/issuers/1")
    school.owns = lambda issuer_id: False  # type: ignore[method-assign]
    school.put(school.id, school.issuer_document())
    return school


def older(school: School, *listed: str, **changes: Any) -> Document:
    """Return an unsigned badge of the older model, without status."""
    badge = {
        "@context": [contexts.CREDENTIALS_V1, *(listed or (EDITIONS[1], PROOFS))],
        "id": "https://school.example/b/1",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "Teamwork",
        "issuer": {"id": school.id, "type": "Profile", "name": "School"},
        "issuanceDate": "2023-01-01T00:00:00Z",
        "credentialSubject": {
            "id": "urn:uuid:6f0c0c0e-96b5-4c5c-8c0e-0d7e1c1f4f5a",
            "type": "AchievementSubject",
            "achievement": {
                "id": "https://school.example/achievements/1",
                "type": "Achievement",
                "name": "Teamwork",
                "description": "Works with others.",
                "criteria": {"type": "Criteria", "narrative": "Has done so."},
                "image": {"id": "https://school.example/1.png", "type": "Image"},
                "alignment": [
                    {"type": "Alignment", "targetName": "T", "targetUrl": "https://t.example"}
                ],
                "creator": {"id": "https://school.example/c", "type": "Profile", "name": "C"},
            },
        },
    }
    return badge | changes


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_edition_of_the_context_is_read(stranger, edition):
    """With classes and members that are one term there, each under its own name."""
    report = stranger.verify(stranger.sign(older(stranger, edition, PROOFS)))

    assert report.integrity is Integrity.VALID, report.problems
    assert report.status is Status.ACTIVE
    assert report.verdict is Verdict.AMBER
    assert report.find(Code.OLDER_PROFILE_KEPT)
    assert report.credential
    assert report.credential.valid_from is not None
    assert report.credential.criteria == "Has done so."
    assert report.credential.creator_id == "https://school.example/c"
    assert report.credential.image == "https://school.example/1.png"


@pytest.mark.parametrize("edition", EDITIONS[2:])
def test_the_later_editions_are_read_in_the_newer_model_too(stranger, edition):
    """The first two contradict it, so nobody can have signed with them."""
    badge = older(stranger)
    badge["validFrom"] = badge.pop("issuanceDate")
    badge["@context"] = [contexts.CREDENTIALS_V2, edition]

    report = stranger.verify(stranger.sign(badge))

    assert report.integrity is Integrity.VALID, report.problems
    assert report.find(Code.PROFILE_KEPT)


@pytest.mark.parametrize(
    "rest", [*itertools.permutations([PROOFS, contexts.STATUS_V1, contexts.ED25519_2020_V1])]
)
def test_what_follows_may_stand_in_any_order(stranger, rest):
    """Each issuer has its own."""
    report = stranger.verify(stranger.sign(older(stranger, EDITIONS[1], *rest)))

    assert report.integrity is Integrity.VALID, report.problems


@pytest.mark.parametrize(
    "listed",
    [
        [PROOFS, EDITIONS[1]],
        [EDITIONS[1], EDITIONS[2], PROOFS],
        [EDITIONS[1], PROOFS, PROOFS],
        [EDITIONS[1], PROOFS, contexts.CREDENTIALS_V2],
        [EDITIONS[1], PROOFS, contexts.CREDENTIALS_V1],
        [EDITIONS[1], PROOFS, contexts.MULTIKEY_V1],
    ],
)
def test_other_lists_of_contexts_are_refused(stranger, listed):
    """A word must not get its meaning from whoever wrote last."""
    report = stranger.verify(stranger.sign(older(stranger)) | {"@context": listed})

    assert report.find(Code.CONTEXT_NOT_ALLOWED)
    assert stranger.asked == []


@pytest.mark.parametrize("edition", EDITIONS[:2])
def test_a_member_by_the_name_of_its_class_is_refused(stranger, edition):
    """There `achievement` or `image` has a second name, under which no reader would look for it."""
    badge = stranger.sign(older(stranger, edition, PROOFS))
    subject = badge["credentialSubject"]
    if edition == EDITIONS[0]:
        subject["Achievement"] = subject.pop("achievement")
    else:
        subject["achievement"]["Image"] = subject["achievement"].pop("image")

    report = stranger.verify(badge)

    assert report.find(Code.UNSIGNED_DATA)
    assert report.verdict is Verdict.RED


def test_a_class_by_the_name_of_its_member_is_refused(stranger):
    """The other way round."""
    badge = stranger.sign(older(stranger))
    badge["credentialSubject"]["achievement"]["criteria"]["type"] = "criteria"

    assert stranger.verify(badge).find(Code.UNSIGNED_DATA)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"expirationDate": "2024-01-01T00:00:00Z"}, Status.EXPIRED),
        ({"validUntil": "2024-01-01T00:00:00Z"}, Status.EXPIRED),
        (
            {"expirationDate": "2024-01-01T00:00:00Z", "validUntil": "2030-01-01T00:00:00Z"},
            Status.EXPIRED,
        ),
        (
            {"expirationDate": "2030-01-01T00:00:00Z", "validUntil": "2024-01-01T00:00:00Z"},
            Status.EXPIRED,
        ),
        ({"issuanceDate": "2040-01-01T00:00:00Z"}, Status.NOT_YET_VALID),
        ({"validFrom": "2040-01-01T00:00:00Z"}, Status.NOT_YET_VALID),
        ({"expirationDate": "2030-01-01T00:00:00Z"}, Status.ACTIVE),
    ],
    ids=str,
)
def test_its_dates_count_under_both_names(stranger, changes, status):
    """A badge of 2.0 moved into the contexts of 1.1 must not lose its end on the way."""
    report = stranger.verify(stranger.sign(older(stranger, **changes)))

    assert report.integrity is Integrity.VALID, report.problems
    assert report.status is status


def test_a_badge_of_the_newer_model_in_older_contexts_stays_expired(stranger):
    """The same statements, and a reader of 1.1 would look for `expirationDate` alone."""
    badge = older(stranger, validUntil="2024-01-01T00:00:00Z")
    badge["validFrom"] = badge.pop("issuanceDate")
    badge["@context"] = [contexts.CREDENTIALS_V2, contexts.OPEN_BADGES_V3]
    moved = stranger.sign(badge) | {
        "@context": [contexts.CREDENTIALS_V1, contexts.OPEN_BADGES_V3, PROOFS]
    }

    assert stranger.verify(moved).verdict is Verdict.RED


@pytest.mark.parametrize("more", [{}, {"validUntil": "2030-01-01T00:00:00Z"}], ids=str)
def test_an_end_that_a_token_says_in_a_claim_alone_counts(stranger, more):
    """Also where the token does not wrap the badge, and whatever name the badge has for its end."""
    badge = older(stranger, **more) | {"exp": 1_704_067_200}
    header = {"typ": "JWT", "kid": stranger.jwt_method}
    es256 = compact.Algorithm.ES256

    report = stranger.verify(
        compact.write(header, badge, sign=stranger.key.sign_es256, algorithm=es256)
    )

    assert report.integrity is Integrity.VALID, report.problems
    assert report.status is Status.EXPIRED


def test_without_issuance_date_it_does_not_conform(stranger):
    """It is required there as `validFrom` is today."""
    badge = older(stranger)
    del badge["issuanceDate"]

    report = stranger.verify(stranger.sign(badge))

    assert report.find(Code.NOT_CONFORMANT)
    assert report.find(Code.PROVEN)


def test_an_altered_badge_is_refused(stranger):
    """What was signed is the older form; what is read is made of it, and of nothing else."""
    badge = stranger.sign(older(stranger)) | {"name": "Doctorate"}

    assert stranger.verify(badge).find(Code.BAD_SIGNATURE)


def test_a_badge_of_ours_in_the_older_model_is_forged(school):
    """We never wrote one."""
    report = school.verify(school.sign(older(school)))

    found = report.find(Code.NOT_IN_REGISTER)
    assert found
    assert found.check is Check.REGISTER
    assert report.verdict is Verdict.RED
