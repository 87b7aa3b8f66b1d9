"""What holds of every badge, not only of those somebody thought of."""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from badgeservice import verification
from badgeservice.errors import FetchFailed, Unreadable
from badgeservice.openbadges import timestamps
from badgeservice.verification.codes import Check, Code, Outcome
from badgeservice.verification.fetching import Fetched
from badgeservice.verification.register import EmptyRegister
from badgeservice.verification.report import Finding, Integrity, Report, Verdict
from tests.attacks.making import issuers
from tests.attacks.making.cases import COMMON
from tests.attacks.making.genuine import contents

EXAMPLES = settings(max_examples=150, deadline=None, derandomize=True, database=None)
RANK = [Verdict.RED, Verdict.AMBER, Verdict.GREEN]
"""From worst to best; what is unreadable is no better than red."""

BADGES = {
    name: issuers.secured(document)
    for name, document in contents().items()
    if name in ("plain", "levels", "person-hashed", "alignment")
}


def verify(data: bytes) -> Report:
    """Return the report on what was submitted, in the common world of the corpus."""
    now = timestamps.read(issuers.NOW)
    try:
        submission = verification.recognise(data)
    except Unreadable as error:
        return verification.unreadable(error, now=now)
    return verification.verify(submission, fetch=_fetch, register=EmptyRegister(), now=now)


def _fetch(address: str) -> Fetched:
    if address not in COMMON.answers:
        raise FetchFailed("nobody answers")
    return Fetched(address, 200, "application/json", COMMON.answers[address]["body"])


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path to everything in a document that holds nothing else."""
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for name, member in members:
        if isinstance(member, (dict, list)):
            yield from leaves(member, (*path, name))
        else:
            yield (*path, name)


LEAVES = [(name, path) for name, document in BADGES.items() for path in leaves(document)]
VALUES = st.one_of(
    st.text(max_size=20),
    st.integers(-100, 100),
    st.booleans(),
    st.none(),
    st.sampled_from(["2099-01-01T00:00:00Z", "urn:uuid:1", issuers.MALLORY, "Profile", "0", "1"]),
)


@EXAMPLES
@given(where=st.sampled_from(LEAVES), value=VALUES)
def test_whoever_edits_anything_that_is_signed_has_no_good_badge(
    where: tuple[str, tuple[Any, ...]], value: Any
) -> None:
    """Every leaf is signed, but for two names of one class."""
    name, path = where
    document = copy.deepcopy(BADGES[name])
    *parents, last = path
    node = document
    for step in parents:
        node = node[step]
    if type(node[last]) is type(value) and node[last] == value:
        return
    node[last] = value

    report = verify(issuers.dumps(document))

    assert report.integrity is not Integrity.VALID
    assert report.verdict is not Verdict.GREEN


def shuffled(value: Any, draw: st.DataObject) -> Any:
    """Return a document with its members in another order."""
    if isinstance(value, dict):
        names = draw.draw(st.permutations(sorted(value)))
        return {name: shuffled(value[name], draw) for name in names}
    if isinstance(value, list):
        return [shuffled(item, draw) for item in value]
    return value


@EXAMPLES
@given(
    name=st.sampled_from(sorted(BADGES)),
    draw=st.data(),
    indent=st.sampled_from([None, 0, 1, 4, "\t"]),
    escaped=st.booleans(),
    around=st.text(" \t\r\n", max_size=4),
)
def test_spaces_and_the_order_of_keys_change_nothing(
    name: str, draw: st.DataObject, indent: int | str | None, escaped: bool, around: str
) -> None:
    """Nobody can make a genuine badge look bad by storing it."""
    document = shuffled(BADGES[name], draw)
    written = json.dumps(document, indent=indent, ensure_ascii=escaped)

    report = verify(f"{around}{written}{around}".encode())

    assert [f.code for f in report.findings] == _codes(name)
    assert report.verdict is Verdict.AMBER


@functools.cache
def _codes(name: str) -> list[Code]:
    return [finding.code for finding in verify(_plain(name)).findings]


def _plain(name: str) -> bytes:
    return issuers.dumps(BADGES[name])


GOOD = st.sampled_from([code for code in Code if code.outcome is Outcome.PASSED])


@EXAMPLES
@given(
    codes=st.lists(GOOD | GOOD | st.sampled_from(list(Code)), min_size=8, max_size=8),
    removed=st.integers(0, 7),
)
def test_taking_a_finding_away_never_makes_a_verdict_better(
    codes: list[Code], removed: int
) -> None:
    """A walk that forgets a question is broken, and nothing it says counts."""
    findings = tuple(Finding(*pair) for pair in zip(Check, codes, strict=True))
    whole = Report(findings=findings, credential=None, checked_at=timestamps.read(issuers.NOW))
    part = replace(whole, findings=findings[:removed] + findings[removed + 1 :])

    assert _rank(part) <= _rank(whole)


def _rank(report: Report) -> int:
    return RANK.index(report.verdict) if report.verdict in RANK else 0


@pytest.mark.parametrize("name", sorted(BADGES))
def test_the_badges_of_these_properties_are_sound(name: str) -> None:
    """Else nothing above could fail."""
    report = verify(_plain(name))

    assert [f.code for f in report.problems] == [Code.ISSUER_NOT_KNOWN]
