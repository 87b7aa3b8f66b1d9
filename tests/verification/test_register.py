"""The register outranks the signature: it knows what we released (security K10)."""

from __future__ import annotations

import pytest

from badgeservice.verification import Verdict
from badgeservice.verification.codes import Check, Code
from badgeservice.verification.register import EmptyRegister, RegisterState, content_digest
from badgeservice.verification.report import Finding, Integrity, Issuer, Report, Status

from .school import ISSUED, NOW, School


def finding_of(report: Report) -> Finding:
    """Return what the register check found."""
    return next(finding for finding in report.findings if finding.check is Check.REGISTER)


def test_what_we_signed_and_never_released_is_forged(school):
    """Whoever steals the key can sign, and cannot write into the register."""
    report = school.verify(school.sign(school.credential()))

    assert finding_of(report).code is Code.NOT_IN_REGISTER
    assert (report.verdict, report.integrity) == (Verdict.RED, Integrity.INVALID)
    assert report.issuer is Issuer.UNKNOWN


def test_the_id_of_a_genuine_badge_is_not_enough(school):
    """Signed anew by the stolen key, under an id that exists."""
    school.issue()
    richer = school.credential() | {"name": "Doctorat"}

    report = school.verify(school.sign(richer))

    assert finding_of(report).code is Code.DIFFERS_FROM_REGISTER
    assert report.verdict is Verdict.RED


def test_what_is_too_complex_to_compare_is_not_what_we_released(school):
    """We release nothing that we could not canonicalize."""
    school.issue()
    alignment = {"type": ["Alignment"], "targetName": "a", "targetUrl": "https://a.example/"}
    subject = school.credential()["credentialSubject"]
    subject |= {"result": [{"type": ["Result"], "alignment": [alignment] * 7}] * 7}
    poison = school.credential() | {"credentialSubject": subject, "proof": {"type": "Other"}}

    report = school.verify(poison)

    assert finding_of(report).code is Code.DIFFERS_FROM_REGISTER
    assert report.verdict is Verdict.RED


def test_a_badge_without_id_is_in_no_register(school):
    """There is nothing to look up."""
    unnamed = {key: value for key, value in school.credential().items() if key != "id"}

    assert finding_of(school.verify(school.sign(unnamed))).code is Code.NOT_IN_REGISTER


@pytest.mark.parametrize(
    ("state", "code", "status", "verdict"),
    [
        (RegisterState.REVOKED, Code.REVOKED, Status.REVOKED, Verdict.RED),
        (RegisterState.SUSPENDED, Code.SUSPENDED, Status.SUSPENDED, Verdict.RED),
        (RegisterState.WITHDRAWN, Code.WITHDRAWN, Status.WITHDRAWN, Verdict.RED),
    ],
)
def test_the_register_says_what_became_of_a_badge(school, state, code, status, verdict):
    """Before the published list says it, and more exactly; the badge stays genuine and ours."""
    badge = school.issue()
    school.enter(school.credential(), state=state, since=NOW, reason="fraude")

    report = school.verify(badge)

    assert finding_of(report) == Finding(Check.REGISTER, code, "fraude", NOW)
    assert (report.status, report.verdict) == (status, verdict)
    assert (report.integrity, report.issuer) == (Integrity.VALID, Issuer.OURS)


def test_a_trial_is_never_green(school):
    """A badge of a demonstration proves nothing outside of its own site, however well it is signed."""
    badge = school.issue()
    school.enter(school.credential(), state=RegisterState.TRIAL, since=NOW)

    report = school.verify(badge)

    assert finding_of(report) == Finding(Check.REGISTER, Code.TRIAL, "", NOW)
    assert (report.integrity, report.status) == (Integrity.VALID, Status.ACTIVE)
    assert (report.verdict, report.issuer) == (Verdict.AMBER, Issuer.UNKNOWN)


def test_a_replaced_edition_leads_to_the_one_that_stands(school):
    """The old edition's bit is set in the list as well; replaced is what people should read."""
    badge = school.issue()
    school.publish_list([1])
    school.enter(school.credential(), superseded_at=NOW)

    report = school.verify(badge)

    assert finding_of(report) == Finding(Check.REGISTER, Code.SUPERSEDED, badge["id"], NOW)
    assert (report.status, report.verdict) == (Status.SUPERSEDED, Verdict.AMBER)
    assert (report.integrity, report.issuer) == (Integrity.VALID, Issuer.OURS)


@pytest.mark.parametrize(
    ("state", "status", "verdict"),
    [
        (RegisterState.SUSPENDED, Status.SUPERSEDED, Verdict.AMBER),
        (RegisterState.REVOKED, Status.REVOKED, Verdict.RED),
        (RegisterState.WITHDRAWN, Status.WITHDRAWN, Verdict.RED),
    ],
)
def test_a_replaced_edition_of_a_badge_that_is_over(school, state, status, verdict):
    """Revoked is revoked in every edition; whether it is suspended, the present one says."""
    badge = school.issue()
    school.publish_list([1])
    school.enter(school.credential(), state=state, superseded_at=NOW)

    report = school.verify(badge)

    assert (report.status, report.verdict) == (status, verdict)


def test_the_published_list_counts_for_our_own_badges_too(school):
    """Register and list can only differ by a mistake, and a mistake is never green."""
    badge = school.issue()
    school.publish_list([1])

    assert finding_of(school.verify(badge)).code is Code.IN_REGISTER
    assert school.verify(badge).status is Status.REVOKED


def test_a_registered_badge_whose_issuer_is_silent_is_not_green(school):
    """The register says that the content is ours; the copy's proof was not checked."""
    badge = school.issue()
    del school.world[school.id]

    report = school.verify(badge)

    assert finding_of(report).code is Code.IN_REGISTER
    assert report.verdict is Verdict.AMBER


def test_a_strangers_badge_is_not_looked_up(school):
    """Its id may be anything."""
    badge = school.issue()
    school.owns = lambda issuer_id: False

    assert finding_of(school.verify(badge)).code is Code.NOT_OURS


def test_a_strangers_broken_badge_is_not_called_ours(school):
    """The plain JSON names another issuer."""
    school.owns = lambda issuer_id: False

    assert finding_of(school.verify(school.issue() | {"@x": 1})).code is Code.NOT_OURS


def test_the_digest_is_of_what_is_said():
    """Order and spaces, and the proof, are not part of it; each statement is."""
    school = School()
    credential = school.credential()
    backwards = dict(reversed(credential.items()))

    assert content_digest(credential) == content_digest(backwards)
    assert content_digest(credential) == content_digest(school.sign(credential))
    assert content_digest(credential) != content_digest(credential | {"name": "Doctorat"})


def test_somebody_who_issues_nothing_owns_nothing():
    """The register of the command line with `--documents`."""
    register = EmptyRegister()

    assert not register.owns("https://badges.example/issuers/school")
    assert register.entry("https://badges.example/b/1") is None


def test_the_finding_says_since_when(school):
    """A badge in the register is in it since a day."""
    assert finding_of(school.verify(school.issue())).at == ISSUED
