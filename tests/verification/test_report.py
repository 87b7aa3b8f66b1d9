"""The report computes its verdict from its findings, and fails closed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badgeservice.errors import Unreadable
from badgeservice.verification import report
from badgeservice.verification.codes import Check, Code, Outcome
from badgeservice.verification.report import Finding, Integrity, Issuer, Report, Status, Verdict

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

GENUINE = {
    Check.SUBMISSION: Code.BADGE_READ,
    Check.PROFILE: Code.PROFILE_KEPT,
    Check.STRUCTURE: Code.CONFORMS,
    Check.PROOF: Code.PROVEN,
    Check.DATES: Code.CURRENT,
    Check.STATUS: Code.NOT_WITHDRAWN,
    Check.REGISTER: Code.IN_REGISTER,
    Check.ISSUER: Code.ISSUER_IS_OURS,
}
"""The findings on a genuine badge of ours."""

STRANGER = {Check.REGISTER: Code.NOT_OURS, Check.ISSUER: Code.ISSUER_NOT_KNOWN}
"""The answers on a genuine badge of somebody we do not know."""

_RANK = {Verdict.GREEN: 2, Verdict.AMBER: 1, Verdict.RED: 0, Verdict.UNREADABLE: 0}

findings = st.builds(Finding, check=st.sampled_from(Check), code=st.sampled_from(Code))
"""Any answer to any question, sensible or not."""


def reported(answers: dict[Check, Code]) -> Report:
    """Return the report with these answers."""
    return Report(tuple(Finding(*answer) for answer in answers.items()), None, NOW)


def of(found: list[Finding]) -> Report:
    """Return the report with these findings."""
    return Report(tuple(found), None, NOW)


def test_a_genuine_badge_is_green():
    """The control of this module: all else is one step away from this."""
    genuine = reported(GENUINE)

    assert genuine.verdict is Verdict.GREEN
    assert (genuine.integrity, genuine.status, genuine.issuer) == (
        Integrity.VALID,
        Status.ACTIVE,
        Issuer.OURS,
    )


def test_no_finding_at_all_is_not_green():
    """A walk that asked nothing has established nothing."""
    assert of([]).verdict is Verdict.RED


@pytest.mark.parametrize("check", Check)
def test_a_question_without_an_answer_is_red(check):
    """If a check falls out of CHECKS, every badge shows it at once."""
    answers = {key: code for key, code in GENUINE.items() if key is not check}

    assert reported(answers).verdict is Verdict.RED


@pytest.mark.parametrize("check", Check)
def test_a_question_that_was_not_asked_is_amber(check):
    """What was not checked is never a pass."""
    assert reported(GENUINE | {check: Code.NOT_ASKED}).verdict is Verdict.AMBER


@pytest.mark.parametrize("check", Check)
def test_two_answers_to_one_question_are_red(check):
    """With two answers, the worse one could get lost on the way."""
    twice = [Finding(*answer) for answer in GENUINE.items()] + [Finding(check, GENUINE[check])]

    assert of(twice).verdict is Verdict.RED


@pytest.mark.parametrize(
    ("check", "code", "verdict", "status"),
    [
        (Check.STATUS, Code.REVOKED, Verdict.RED, Status.REVOKED),
        (Check.REGISTER, Code.REVOKED, Verdict.RED, Status.REVOKED),
        (Check.STATUS, Code.SUSPENDED, Verdict.RED, Status.SUSPENDED),
        (Check.REGISTER, Code.WITHDRAWN, Verdict.RED, Status.WITHDRAWN),
        (Check.REGISTER, Code.SUPERSEDED, Verdict.AMBER, Status.SUPERSEDED),
        (Check.DATES, Code.EXPIRED, Verdict.RED, Status.EXPIRED),
        (Check.DATES, Code.NOT_YET_VALID, Verdict.RED, Status.NOT_YET_VALID),
        (Check.STATUS, Code.STATUS_UNREACHABLE, Verdict.AMBER, Status.UNKNOWN),
        (Check.STATUS, Code.NO_STATUS, Verdict.GREEN, Status.ACTIVE),
    ],
)
def test_status_leaves_integrity_alone(check, code, verdict, status):
    """A revoked badge is a genuine badge: the axes are never merged."""
    found = reported(GENUINE | {check: code})

    assert (found.verdict, found.integrity, found.status) == (verdict, Integrity.VALID, status)


def test_the_register_explains_the_bit_that_it_sets():
    """A superseded edition has its bit set in the published list; replaced is what it is."""
    found = reported(GENUINE | {Check.STATUS: Code.REVOKED, Check.REGISTER: Code.SUPERSEDED})

    assert (found.verdict, found.status) == (Verdict.AMBER, Status.SUPERSEDED)


@pytest.mark.parametrize(
    ("check", "code"),
    [
        (Check.PROFILE, Code.UNSIGNED_DATA),
        (Check.STRUCTURE, Code.NOT_CONFORMANT),
        (Check.PROOF, Code.BAD_SIGNATURE),
        (Check.DATES, Code.DATES_WRONG),
        (Check.REGISTER, Code.NOT_IN_REGISTER),
    ],
)
def test_what_fails_beyond_the_status_is_invalid(check, code):
    """Every failure that is not a status says that the issuer did not write this."""
    found = reported(GENUINE | {check: code})

    assert (found.verdict, found.integrity) == (Verdict.RED, Integrity.INVALID)


def test_a_revoked_answer_of_the_list_does_not_make_the_issuer_ours():
    """Only the register can say that a badge is ours."""
    found = reported(GENUINE | {Check.STATUS: Code.REVOKED, Check.REGISTER: Code.NOT_OURS})

    assert found.issuer is Issuer.UNKNOWN


def test_an_unknown_issuer_is_amber():
    """A good signature by somebody unknown says who signed, and not that they may be believed."""
    assert reported(GENUINE | STRANGER).verdict is Verdict.AMBER


@given(st.lists(findings, min_size=1, max_size=9), st.data())
def test_removing_a_finding_never_improves_the_verdict(found, data):
    """Whatever gets lost between a check and the page, nothing looks better for it."""
    left = data.draw(st.integers(0, len(found) - 1))

    without = of(found[:left] + found[left + 1 :])

    assert _RANK[without.verdict] <= _RANK[of(found).verdict]


@given(st.dictionaries(st.sampled_from(Check), st.sampled_from(Code)), st.data())
def test_removing_an_answer_of_a_walk_never_improves_the_verdict(changes, data):
    """The same, near genuine reports, where there is something to lose."""
    answers = GENUINE | changes
    lost = data.draw(st.sampled_from(Check))

    without = reported({check: code for check, code in answers.items() if check is not lost})

    assert _RANK[without.verdict] <= _RANK[reported(answers).verdict]


@given(st.lists(findings, max_size=9))
def test_green_is_only_ever_made_of_passes(found):
    """Unknown and failed answers, or missing ones, leave no report green."""
    if of(found).verdict is Verdict.GREEN:
        assert [finding.outcome for finding in found] == [Outcome.PASSED] * len(Check)
        assert {finding.check for finding in found} == set(Check)


@given(st.dictionaries(st.sampled_from(Check), st.sampled_from(Code)), st.sampled_from(Check))
def test_learning_less_never_turns_a_report_green(changes, check):
    """Turning any answer into "not asked" can calm a red report, and never make it green."""
    answers = GENUINE | changes

    assert reported(answers | {check: Code.NOT_ASKED}).verdict is not Verdict.GREEN


def test_nothing_readable_is_unreadable():
    """A file without a badge is neither genuine nor forged."""
    found = report.unreadable(Unreadable("PDF", code=Code.FILE_TYPE_UNSUPPORTED), now=NOW)

    assert found.verdict is Verdict.UNREADABLE
    assert found.to_json() == {
        "verdict": "unreadable",
        "integrity": "invalid",
        "status": "unknown",
        "issuer": "unknown",
        "findings": [
            {
                "check": "submission",
                "outcome": "failed",
                "code": "file_type_unsupported",
                "message": "This type of file is not accepted.",
                "detail": "PDF",
                "at": None,
            }
        ],
        "credential": None,
        "keys": [],
        "known_issuer": None,
        "recipient": None,
        "beside": None,
        "endorsements": [],
        "checked_at": "2026-11-23T09:00:00Z",
    }


def test_find_prefers_the_earlier_code():
    """So that words can ask for the more important finding first."""
    found = reported(GENUINE)

    assert found.find(Code.REVOKED, Code.CURRENT, Code.PROVEN) == Finding(Check.DATES, Code.CURRENT)
    assert found.find(Code.REVOKED) is None


def test_problems_are_what_is_not_a_pass():
    """Unknown answers are problems too."""
    found = reported(GENUINE | {Check.STATUS: Code.NOT_ASKED})

    assert found.problems == (Finding(Check.STATUS, Code.NOT_ASKED),)


@pytest.mark.parametrize(
    "answers", [{Check.PROOF: Code.BAD_SIGNATURE}, {}, {Check.STATUS: Code.REVOKED}]
)
def test_a_bad_second_badge_spoils_the_image(answers):
    """Other software shows that one; the axes stay those of the first."""
    second = reported(GENUINE | answers) if answers else of([])

    both = replace(reported(GENUINE), beside=second)

    assert Verdict.RED is both.verdict
    assert (both.integrity, both.status, both.issuer) == (
        Integrity.VALID,
        Status.ACTIVE,
        Issuer.OURS,
    )


@given(st.lists(findings, max_size=8), st.lists(findings, max_size=8))
def test_an_image_is_as_good_as_the_worse_of_its_badges(first, second):
    """Green only with two green badges; never better than either."""
    alone, beside = of(first), of(second)

    both = replace(alone, beside=beside)

    assert _RANK[both.verdict] == min(_RANK[alone.verdict], _RANK[beside.verdict])
    assert both.to_json()["beside"] == beside.to_json()
