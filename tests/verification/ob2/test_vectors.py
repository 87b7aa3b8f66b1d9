"""Badges of 1EdTech and of its old validator in a world that is mended, to show one thing each.

As they stand, all of them are asked in `tests/verification/test_vectors.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from badgeservice import verification
from badgeservice.errors import FetchFailed
from badgeservice.openbadges import Document, strict_json
from badgeservice.verification.codes import Code
from badgeservice.verification.fetching import Fetch, Fetched
from badgeservice.verification.register import EmptyRegister
from badgeservice.verification.report import Report

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

SITES = ("https://example.org/", "https://www.example.org/")


def world(vectors: Path, case: str, *, mend: Callable[[str, Document], Document]) -> Fetch:
    """Return a world in which the case stands at its own id, beside the assets of 1EdTech.

    It answers at https only, so it shows also that nothing is asked at plain http. `mend` changes
    what stands at an address.
    """
    own: dict[str, bytes] = {}
    submission = verification.recognise((vectors / case).read_bytes())
    if submission.document is not None:
        document = submission.document
        identifier = document.get("id") or document.get("verify", {}).get("url", "")
        own[identifier.replace("http://", "https://")] = submission.text.encode()

    def body(address: str) -> bytes | None:
        if address in own:
            return own[address]
        for site in SITES:
            for name in (address.removeprefix(site), f"{address.removeprefix(site)}.json"):
                path = vectors / "support/ob20-assets" / name
                if address.startswith(site) and path.is_file():
                    return path.read_bytes()
        return None

    def fetch(address: str) -> Fetched:
        found = body(address)
        if found is None:
            raise FetchFailed("nothing there")
        mended = mend(address, strict_json.load_object(found))
        return Fetched(address, 200, "application/json", strict_json.dumps(mended))

    return fetch


def as_it_is(address: str, document: Document) -> Document:
    """Leave a document as it stands."""
    return document


def report_on(vectors: Path, case: str, *, mend: Callable[[str, Document], Document]) -> Report:
    """Return the report as somebody who issues nothing gives it."""
    return verification.verify(
        verification.recognise((vectors / case).read_bytes()),
        fetch=world(vectors, case, mend=mend),
        register=EmptyRegister(),
        now=AT,
    )


@pytest.mark.parametrize("kind", ["valid", "valid-multiple", "invalid", "invalid-multiple"])
def test_the_scopes_of_the_samples_with_sound_ids(vectors, kind):
    """`startsWith` as 1EdTech's samples have it, once class and issuer say where they stand."""
    case = "ob2-1edtech/basic-assertion-with-allowed-origins-valid-starts-with.json"
    name = f"badgeclass-with-verification-{kind}-starts-with.json"

    def mend(address: str, document: Document) -> Document:
        if document["type"] == "Assertion":
            return document | {"badge": f"https://example.org/{name}"}
        # Asked at https, each is named at plain http.
        plain = address.replace("https://", "http://")
        return document | {"id": address if document["type"] == "BadgeClass" else plain}

    report = report_on(vectors, case, mend=mend)

    is_in_scope = kind.startswith("valid")
    assert (report.find(Code.HOSTED_OUT_OF_SCOPE) is None) is is_in_scope
    assert report.find(Code.DOCUMENTS_READ)


def test_the_signed_sample_as_its_summary_reads(vectors):
    """What a person is shown of it."""
    report = report_on(vectors, "ob2-1edtech/simple.jwt", mend=as_it_is)

    assert report.credential
    assert report.credential.name == "Awesome Robotics Badge"
    assert report.credential.issuer_name == "An Example Badge Issuer"
    assert report.credential.issuer_domain == "example.org"
    assert report.credential.awarded == datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("organization", "revoked"),
    [
        ("organization-with-empty-revocation-list", False),
        ("organization-with-revocation-list", True),
    ],
)
def test_the_revocation_lists_of_the_samples(vectors, organization, revoked):
    """Their lists, read for an issuer whose key signed the sample."""

    def mend(address: str, document: Document) -> Document:
        if address == "https://example.org/organization.json":
            theirs = vectors / f"support/ob20-assets/{organization}.json"
            listed = json.loads(theirs.read_bytes())["revocationList"]
            return document | {"revocationList": listed}
        if "revokedAssertions" in document and revoked:
            renamed = [
                {"id": "https://example.org/beths-robotics-badge.json"}
                if isinstance(entry, dict) and entry["id"].endswith("revoked.json")
                else entry
                for entry in document["revokedAssertions"]
            ]
            return document | {"revokedAssertions": renamed}
        return document

    report = report_on(vectors, "ob2-1edtech/simple.jwt", mend=mend)

    assert (report.find(Code.REVOKED) is not None) is revoked
    assert (report.find(Code.NOT_WITHDRAWN) is not None) is not revoked
