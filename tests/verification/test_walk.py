"""The whole walk: genuine badges, and every way to change a letter of one."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from badgeservice.verification import CHECKS, Verdict, checks
from badgeservice.verification.codes import Check, Code
from badgeservice.verification.fetching import Fetched
from badgeservice.verification.report import Integrity, Issuer, Status

from .school import ISSUED, NOW, Key, School

Path = tuple[str | int, ...]

SIGNED = School().issue()
"""A genuine badge, for parametrizing over its parts."""


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the place of every value that is neither object nor list."""
    if isinstance(value, (dict, list)):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from leaves(item, (*path, key))
    else:
        yield path


def changed(document: Any, path: Path, edit: Any) -> Any:
    """Return a copy of `document` in which the value at `path` went through `edit`."""
    copied = copy.deepcopy(document)
    parent = copied
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = edit(parent[path[-1]])
    return copied


def named(path: Path) -> str:
    """Return a readable name for a place."""
    return ".".join(map(str, path))


def other(value: Any) -> Any:
    """Return another value of the same type."""
    return (not value) if isinstance(value, bool) else f"{value}x"


# These decide whom or what to ask, so a strange value there is unknown and not bad: the suite of
# the proof, and an issuer that does not answer. They have tests of their own.
WHOM_TO_ASK = [("proof", 0, "type"), ("proof", 0, "cryptosuite"), ("issuer", "id")]

# The creator is the issuer, whose description stands whole in the issuer's place: leaving some of
# it out here unsays nothing.
SAID_ELSEWHERE = ("credentialSubject", "achievement", "creator")


@pytest.fixture(scope="module")
def issuer() -> School:
    """The issuer of SIGNED; the keys are fixed, so it is the same badge."""
    school = School()
    school.issue()
    return school


def test_a_genuine_badge_is_green(school):
    """The control: all the attacks below are one edit away from this."""
    report = school.verify(school.issue())

    assert [] == list(report.problems)
    assert report.verdict is Verdict.GREEN
    assert report.checked_at == NOW


def test_a_genuine_token_is_green(school):
    """The same badge, signed as a token."""
    report = school.verify(school.issue_token())

    assert [] == list(report.problems)
    assert report.verdict is Verdict.GREEN


def test_the_questions_are_asked_in_the_order_of_the_standard():
    """Open Badges 3.0: conformance, proof, then dates and status; the register is our own."""
    for questions in (CHECKS, *checks.BY_STANDARD.values()):
        assert list(Check) == [question.check for question in questions]


@pytest.mark.parametrize(
    "path", [path for path in leaves(SIGNED) if path not in WHOM_TO_ASK], ids=named
)
def test_any_edit_of_a_signed_value_is_red(issuer, path):
    """Each value is covered: there is no letter of a badge that a forger may touch."""
    report = issuer.verify(changed(SIGNED, path, other))

    assert report.verdict is Verdict.RED
    assert report.integrity is Integrity.INVALID


@pytest.mark.parametrize("path", WHOM_TO_ASK, ids=named)
def test_an_edit_of_whom_to_ask_is_not_checked(issuer, path):
    """We know neither the suite nor the issuer that stands there now: unknown, never green."""
    report = issuer.verify(changed(SIGNED, path, other))

    assert report.find(Code.PROOF_UNSUPPORTED, Code.ISSUER_UNREACHABLE)
    assert report.verdict is Verdict.AMBER


@pytest.mark.parametrize(
    "path", [path for path in leaves(SIGNED) if path[:3] != SAID_ELSEWHERE], ids=named
)
def test_any_missing_value_is_not_green(issuer, path):
    """Leaving something out is an edit too."""

    def remove(document: Any) -> Any:
        copied = copy.deepcopy(document)
        parent = copied
        for step in path[:-1]:
            parent = parent[step]
        del parent[path[-1]]
        return copied

    assert issuer.verify(remove(SIGNED)).verdict is not Verdict.GREEN


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None
)
@given(data=st.data())
def test_a_random_edit_of_a_text_is_red(issuer, data):
    """Not only appended letters: any other text in any place."""
    path = data.draw(st.sampled_from([path for path in leaves(SIGNED) if path not in WHOM_TO_ASK]))
    text = data.draw(st.text(max_size=12))
    forged = changed(SIGNED, path, lambda value: text)

    if forged != SIGNED:
        assert issuer.verify(forged).verdict is Verdict.RED


def shuffled(value: Any, random: Any) -> Any:
    """Return an equal document whose keys stand in another order."""
    if isinstance(value, dict):
        keys = list(value)
        random.shuffle(keys)
        return {key: shuffled(value[key], random) for key in keys}
    return [shuffled(item, random) for item in value] if isinstance(value, list) else value


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10, deadline=None
)
@given(
    random=st.randoms(),
    indent=st.sampled_from([None, 0, 2, "\t"]),
    ascii_only=st.booleans(),
    spaces=st.sampled_from([b"", b" ", b"\n\n"]),
)
def test_spaces_and_the_order_of_keys_do_not_matter(issuer, random, indent, ascii_only, spaces):
    """A file that passed through another program is the same badge."""
    text = json.dumps(shuffled(SIGNED, random), indent=indent, ensure_ascii=ascii_only)

    assert issuer.verify(spaces + text.encode() + spaces).verdict is Verdict.GREEN


def test_a_bad_proof_makes_us_ask_only_for_the_issuer(school):
    """A stranger must not be able to aim us at an address of theirs (security F8, D13)."""
    forged = school.issue() | {"name": "Doctorat"}

    report = school.verify(forged)

    assert report.find(Code.BAD_SIGNATURE)
    assert school.asked == [school.id]


def test_a_document_that_breaks_the_profile_makes_us_ask_nothing(school):
    """What cannot be read with certainty leads nowhere."""
    school.verify(school.issue() | {"@type": "x"})

    assert school.asked == []


def test_a_good_badge_asks_for_issuer_and_list_once_each(school):
    """The list has the same issuer, who is not asked twice."""
    school.verify(school.issue())

    assert school.asked == [school.id, school.list_address]


def test_a_badge_of_an_unknown_issuer_is_amber(school):
    """Intact and well signed, by somebody we know nothing about."""
    stranger = School()
    badge = stranger.issue()
    stranger.owns = lambda issuer_id: False

    report = stranger.verify(badge)

    assert (report.verdict, report.integrity, report.status, report.issuer) == (
        Verdict.AMBER,
        Integrity.VALID,
        Status.ACTIVE,
        Issuer.UNKNOWN,
    )


def test_an_address_is_followed_to_the_badge(school):
    """What people share is the address."""
    badge = school.issue()
    school.put(badge["id"], badge)

    assert school.verify(badge["id"]).verdict is Verdict.GREEN


@pytest.mark.parametrize("status", [404, 410, 500])
def test_an_address_without_badge_is_not_judged(school, status):
    """Not to be had is not forged."""
    school.put("https://badges.example/b/9", {}, status=status)

    report = school.verify("https://badges.example/b/9")

    assert report.find(Code.ADDRESS_UNREACHABLE)
    assert report.verdict is Verdict.AMBER
    assert report.credential is None


def test_an_address_that_is_silent_is_not_judged(school):
    """Nor is a network that is down."""
    assert school.verify("https://badges.example/b/9").find(Code.ADDRESS_UNREACHABLE)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<!doctype html>", Code.FILE_TYPE_UNSUPPORTED),
        (b"https://badges.example/b/1", Code.NOT_A_BADGE),
        (b"{", Code.BAD_JSON),
    ],
)
def test_an_address_where_no_badge_stands_is_unreadable(school, body, code):
    """An address is followed once: what stands there must be a badge and no further address."""
    address = "https://badges.example/b/9"
    school.world[address] = Fetched(address, 200, "text/html", body)

    report = school.verify(address)

    assert report.find(code)
    assert report.verdict is Verdict.UNREADABLE


def test_the_report_is_as_of_the_given_time(school):
    """Time is an argument: yesterday's badge is judged by yesterday."""
    badge = school.issue()

    before = school.verify(badge, at=ISSUED - timedelta(minutes=10))

    assert before.checked_at == ISSUED - timedelta(minutes=10)
    assert before.verdict is Verdict.RED


def test_two_proofs_of_the_issuer_are_green(school):
    """A proof set: every proof of a known suite must hold, and these do."""
    badge = school.issue()
    badge["proof"] = [badge["proof"][0], badge["proof"][0]]

    assert school.verify(badge).verdict is Verdict.GREEN


def test_a_bad_proof_beside_a_good_one_is_red(school):
    """Otherwise the order of proofs would decide what is checked (security D8)."""
    badge = school.issue()
    unsigned = {key: value for key, value in badge.items() if key != "proof"}
    [forged] = school.sign(unsigned, key=Key(66))["proof"]
    for proofs in ([badge["proof"][0], forged], [forged, badge["proof"][0]]):
        report = school.verify(badge | {"proof": proofs})

        assert report.find(Code.BAD_SIGNATURE)
        assert report.verdict is Verdict.RED


def test_a_proof_of_a_strange_suite_beside_a_good_one_is_not_held_against_it(school):
    """It is not checked, which the report says; the good one was."""
    badge = school.issue()
    strange = {"type": "DataIntegrityProof", "cryptosuite": "bbs-2023"}

    for proofs in ([badge["proof"][0], strange], [strange, badge["proof"][0]]):
        report = school.verify(badge | {"proof": proofs})

        [found] = [f for f in report.findings if f.check is Check.PROOF]
        assert found.code is Code.PROVEN_BESIDE_UNKNOWN
        assert found.detail == f"{school.method}; not checked: DataIntegrityProof bbs-2023"
        assert report.verdict is Verdict.GREEN


def test_strange_suites_alone_are_not_checked(school):
    """Neither good nor bad, and each is named."""
    badge = school.issue()
    badge["proof"] = [{"type": "DataIntegrityProof", "cryptosuite": "bbs-2023"}, {"type": "Wax"}]

    report = school.verify(badge)

    [found] = [f for f in report.findings if f.check is Check.PROOF]
    assert (found.code, found.detail) == (
        Code.PROOF_UNSUPPORTED,
        "DataIntegrityProof bbs-2023, Wax",
    )
    assert report.verdict is Verdict.AMBER


def test_a_bad_proof_is_not_hidden_by_one_that_cannot_be_checked(school):
    """Whichever comes first: that one is certainly wrong says more (security D8)."""
    badge = school.issue()
    unsigned = {key: value for key, value in badge.items() if key != "proof"}
    [forged] = school.sign(unsigned, key=Key(66))["proof"]
    for_an_exchange = badge["proof"][0] | {"challenge": "x"}
    for proofs in ([forged, for_an_exchange], [for_an_exchange, forged]):
        report = school.verify(badge | {"proof": proofs})

        assert report.find(Code.BAD_SIGNATURE)
        assert report.verdict is Verdict.RED
