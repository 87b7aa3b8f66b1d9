"""Test data that others made, through our own entry point.

Where our verdict is not theirs, the case stands in INTENDED with its reason.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from badgeservice import verification
from badgeservice.errors import FetchFailed
from badgeservice.openbadges import strict_json
from badgeservice.verification import Verdict
from badgeservice.verification.codes import Code
from badgeservice.verification.fetching import Fetched
from badgeservice.verification.register import EmptyRegister
from badgeservice.verification.report import Integrity, Report

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

CASES = [
    "derived-di/added-undefined-term.json",
    "derived-di/cryptosuite-jcs.json",
    "derived-di/issuer-swapped.json",
    "derived-di/other-did-key.json",
    "derived-di/proof-created-added-expired.json",
    "derived-di/proofvalue-truncated.json",
    "derived-jwt/alg-None-case.txt",
    "derived-jwt/alg-none.txt",
    "derived-jwt/payload-swapped.txt",
    "ob3-ldp-guide/guide-signed.json",
]


class Difference(NamedTuple):
    """Our answer where it differs from the authors', and why."""

    integrity: Integrity
    code: Code
    reason: str


INTENDED = {
    "ob3-ldp-guide/guide-signed.json": Difference(
        Integrity.INDETERMINATE,
        Code.ISSUER_UNREACHABLE,
        "the guide takes the key from the fragment of an address; we ask the issuer for its keys",
    ),
    "derived-jwt/payload-swapped.txt": Difference(
        Integrity.INDETERMINATE,
        Code.CONTEXT_UNKNOWN,
        "a credential of another vocabulary (credentials/examples/v2), so it is not a badge to us",
    ),
}
"""Cases of which our integrity is not what the manifest expects. None of them is valid to us."""


def no_network(address: str) -> Fetched:
    """Answer nothing: none of these cases needs an answer."""
    raise FetchFailed("no network")


def report_on(data: bytes) -> Report:
    """Return the report as somebody who issues nothing gives it."""
    submission = verification.recognise(data)
    return verification.verify(submission, fetch=no_network, register=EmptyRegister(), now=AT)


def expected(vectors: Path, case: str) -> Integrity:
    """Return what the manifest expects."""
    manifest = json.loads((vectors / "manifest.json").read_text())
    [entry] = [entry for entry in manifest if entry["file"] == case]
    return Integrity(entry["expected"])


@pytest.mark.parametrize("case", CASES)
def test_the_verdict_is_theirs_or_differs_on_purpose(vectors, case):
    """Every case, or the reason why not; and a reason that is no more needed fails too."""
    report = report_on((vectors / case).read_bytes())

    if case in INTENDED:
        assert report.integrity is INTENDED[case].integrity
        assert report.find(INTENDED[case].code)
        assert report.integrity is not expected(vectors, case)
    else:
        assert report.integrity is expected(vectors, case)
    assert report.verdict is not Verdict.GREEN


def test_all_cases_of_these_categories_are_here(vectors):
    """A case that is added to the collection must not go unnoticed."""
    categories = {case.partition("/")[0] for case in CASES}
    manifest = json.loads((vectors / "manifest.json").read_text())

    listed = [
        entry["file"]
        for entry in manifest
        if entry["category"] in categories and entry["expected"] in ("valid", "invalid")
    ]

    assert sorted(CASES) == sorted(listed)


def test_the_guides_badge_is_well_signed_once_its_issuer_lists_the_key(vectors):
    """What we miss in it is provenance alone: given the issuer's document, it verifies."""
    data = (vectors / "ob3-ldp-guide/guide-signed.json").read_bytes()
    badge = strict_json.load_object(data)
    issuer, method = badge["issuer"]["id"], badge["proof"]["verificationMethod"]
    document = {
        "id": issuer,
        "verificationMethod": [
            {
                "id": method,
                "type": "Multikey",
                "controller": issuer,
                "publicKeyMultibase": method.partition("#")[2],
            }
        ],
        "assertionMethod": [method],
    }

    def fetch(address: str) -> Fetched:
        assert address == issuer
        return Fetched(address, 200, "application/json", strict_json.dumps(document))

    report = verification.verify(
        verification.recognise(data), fetch=fetch, register=EmptyRegister(), now=AT
    )

    assert report.integrity is Integrity.VALID
    assert report.verdict is Verdict.AMBER
