"""Our own badges of Open Badges 2.0: the register outranks signature and host."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from badgeservice.openbadges import strict_json, v2
from badgeservice.verification import Verdict, words
from badgeservice.verification.codes import Check, Code
from badgeservice.verification.register import RegisterState
from badgeservice.verification.report import Issuer, Status

from .academy import key
from .test_hosted import code_of

LATER = datetime(2026, 11, 22, tzinfo=UTC)


def hosted(ours, **facts):
    """Host and register a badge; return it."""
    assertion = ours.host()
    ours.enter(ours.hosted_id, strict_json.dumps(assertion), **facts)
    return assertion


def signed(ours, **facts):
    """Sign and register a badge; return it."""
    text = ours.sign()
    ours.enter(ours.signed_id, text.encode(), **facts)
    return text


@pytest.mark.parametrize("make", [hosted, signed])
def test_what_we_released_is_green(ours, make):
    """Every question passes."""
    report = ours.verify(make(ours))

    assert [] == list(report.problems)
    assert report.verdict is Verdict.GREEN
    assert report.issuer is Issuer.OURS
    assert words.sentence(report, "en") == "Genuine badge, active"


def test_signed_by_our_key_and_not_in_the_register_is_forged(ours):
    """K10: a stolen key."""
    report = ours.verify(ours.sign())

    assert code_of(report, Check.PROOF) is Code.PROVEN
    assert code_of(report, Check.REGISTER) is Code.NOT_IN_REGISTER
    assert report.verdict is Verdict.RED


def test_hosted_at_an_address_of_ours_and_not_in_the_register_is_forged(ours):
    """Whether or not anything stands there."""
    for submitted in (ours.hosted(), ours.host()):
        report = ours.verify(submitted)
        assert code_of(report, Check.REGISTER) is Code.NOT_IN_REGISTER
        assert report.verdict is Verdict.RED


def test_other_bytes_under_a_registered_id(ours):
    """Signed by our key, another content."""
    signed(ours)
    report = ours.verify(ours.sign(ours.signed(narrative="Avec les félicitations.")))

    assert code_of(report, Check.REGISTER) is Code.DIFFERS_FROM_REGISTER


def test_what_stands_at_our_address_must_be_what_we_released(ours):
    """Somebody changed our database or our site."""
    hosted(ours)
    changed = ours.host(narrative="Avec les félicitations.")

    report = ours.verify(changed)

    assert code_of(report, Check.REGISTER) is Code.DIFFERS_FROM_REGISTER


@pytest.mark.parametrize("make", [hosted, signed])
@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ({"state": RegisterState.REVOKED}, Status.REVOKED),
        ({"state": RegisterState.SUSPENDED}, Status.SUSPENDED),
        ({"state": RegisterState.WITHDRAWN}, Status.WITHDRAWN),
        ({"superseded_at": LATER}, Status.SUPERSEDED),
    ],
    ids=str,
)
def test_what_became_of_it(ours, make, facts, status):
    """The register knows before any list is published."""
    report = ours.verify(make(ours, **facts))

    assert report.status is status
    assert report.issuer is Issuer.OURS
    assert report.verdict is not Verdict.GREEN


@pytest.mark.parametrize("submitted", ["address", "copy", "spaced copy"])
def test_a_revoked_badge_that_is_gone_from_its_address(ours, submitted):
    """Whoever has a copy of what we released is told that it is genuine, and revoked."""
    assertion = hosted(ours, state=RegisterState.REVOKED)
    ours.put(v2.revoked_assertion(id=ours.hosted_id), status=410)
    forms = {
        "address": ours.hosted_id,
        "copy": assertion,
        "spaced copy": json.dumps(assertion, indent=1),
    }

    report = ours.verify(forms[submitted])

    assert report.status is Status.REVOKED
    assert report.issuer is Issuer.OURS
    assert words.sentence(report, "en") == (
        "Genuine badge, withdrawn by its issuer on 20 November 2026"
    )


def test_an_edited_copy_of_a_revoked_badge(ours):
    """It is not the one that we released and then revoked."""
    assertion = hosted(ours, state=RegisterState.REVOKED)
    ours.put(v2.revoked_assertion(id=ours.hosted_id), status=410)

    report = ours.verify(assertion | {"narrative": "Avec les félicitations."})

    assert code_of(report, Check.REGISTER) is Code.DIFFERS_FROM_REGISTER
    assert report.verdict is Verdict.RED


def test_a_replaced_edition_that_is_gone_from_its_address(ours):
    """Its own address says revoked, for 2.0 has no word for replaced; our register has one."""
    hosted(ours, superseded_at=LATER)
    ours.put(v2.revoked_assertion(id=ours.hosted_id), status=410)

    report = ours.verify(ours.hosted_id)

    assert report.status is Status.SUPERSEDED


def test_a_private_badge_cannot_be_verified_at_its_address(ours):
    """It answers like an unknown one; what we released is still recognised."""
    assertion = hosted(ours)
    del ours.world[ours.hosted_id]

    report = ours.verify(assertion)

    assert code_of(report, Check.PROFILE) is Code.DOCUMENT_UNREACHABLE
    assert report.verdict is Verdict.AMBER


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"badge": None, "id": "urn:uuid:1"}, Code.NOT_OURS),
        ({"badge": None, "id": None}, Code.NOT_ASKED),
    ],
)
def test_what_names_nobody_is_not_ours(ours, changes, code):
    """Nothing is claimed."""
    report = ours.verify(ours.sign(ours.signed(**changes)))

    assert code_of(report, Check.REGISTER) is code


def test_a_token_that_cannot_be_read_names_nobody(ours):
    """Its algorithm is refused before anything else is read."""
    text = ours.sign(key=key("mallory")).split(".")
    text[0] = "eyJhbGciOiJub25lIn0"  # {"alg":"none"}

    report = ours.verify(".".join(text))

    assert code_of(report, Check.REGISTER) is Code.NOT_ASKED
    assert report.verdict is Verdict.RED
