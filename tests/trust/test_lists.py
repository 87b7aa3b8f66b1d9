"""A list counts if its publisher signed every letter of it, and if every letter is understood."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from badgeservice.errors import IssuerListRefused
from badgeservice.openbadges import strict_json
from badgeservice.trust import lists
from badgeservice.verification.issuers import KnownIssuer

from .publisher import ENTRY, ID, ISSUED, Publisher

NETWORK = Publisher()


def test_a_signed_list_is_read() -> None:
    """The control of this module: every member, each where it belongs."""
    entry = ENTRY | {
        "identifier": "did:web:school.example:a",
        "since": "2026-10-03T00:00:00Z",
        "until": "2029-10-03T00:00:00Z",
        "achievements": ["https://school.example/badges/"],
        "frameworks": ["CRCN"],
    }
    data = NETWORK.sign(NETWORK.list(ENTRY, entry, validUntil="2027-11-01T00:00:00Z"))

    _, found = lists.verified(data, publisher=NETWORK.did)

    assert (ID, "The network", ISSUED) == (found.id, found.name, found.issued)
    assert datetime(2027, 11, 1, tzinfo=UTC) == found.valid_until
    assert found.issuers == (
        KnownIssuer(ENTRY["identifier"], ENTRY["name"], ENTRY["reason"], ID),
        KnownIssuer(
            identifier="did:web:school.example:a",
            name=ENTRY["name"],
            reason=ENTRY["reason"],
            source=ID,
            since=datetime(2026, 10, 3, tzinfo=UTC),
            until=datetime(2029, 10, 3, tzinfo=UTC),
            achievements=("https://school.example/badges/",),
            frameworks=("CRCN",),
        ),
    )


def test_every_letter_is_signed() -> None:
    """A name, an added issuer, another date, another signer: each breaks the signature."""
    signed = strict_json.load_object(NETWORK.sign(NETWORK.list()))
    for change in (
        {"name": "Another"},
        {"issued": "2026-11-02T00:00:00Z"},
        {"issuers": [*signed["issuers"], ENTRY | {"identifier": "https://mallory.example"}]},
        {"issuers": [ENTRY | {"name": "Mallory"}]},
        {"validUntil": "2099-01-01T00:00:00Z"},
    ):
        with pytest.raises(IssuerListRefused) as refused:
            lists.verified(strict_json.dumps(signed | change), publisher=NETWORK.did)
        assert "issuer_list_not_signed" == refused.value.code, change


@pytest.mark.parametrize("other", [Publisher(2).did, f"{NETWORK.did}#x", "did:web:a.example", ""])
def test_only_the_publisher_counts(other: str) -> None:
    """A list that somebody signed is not one that those signed whom the operator trusts."""
    with pytest.raises(IssuerListRefused):
        lists.verified(NETWORK.sign(NETWORK.list()), publisher=other)


def test_a_proof_cannot_name_one_key_and_be_of_another() -> None:
    """The name in the proof is ours to expect, and the signature is by what it names."""
    mallory = Publisher(2)
    signed = strict_json.load_object(mallory.sign(mallory.list()))
    signed["proof"]["verificationMethod"] = f"{NETWORK.did}#{NETWORK.did.removeprefix('did:key:')}"

    with pytest.raises(IssuerListRefused, match="signature"):
        lists.verified(strict_json.dumps(signed), publisher=NETWORK.did)


def test_a_list_without_proof_is_refused() -> None:
    """However right it looks."""
    with pytest.raises(IssuerListRefused, match="no proof"):
        lists.verified(strict_json.dumps(NETWORK.list()), publisher=NETWORK.did)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"type": "KnownFriends"}, "type"),
        ({"id": None}, r"missing: \['id'\]"),
        ({"scope": "all"}, r"not understood: \['scope'\]"),
        ({"issued": "yesterday"}, "issued"),
        ({"validUntil": "2027"}, "validUntil"),
        ({"name": "a\nb"}, "name"),
        ({"name": 7}, "name"),
        ({"issuers": {}}, "issuers"),
        ({"issuers": [ENTRY] * 5001}, "at most 5000"),
        ({"issuers": ["https://school.example"]}, r"issuers\[0\]: not an object"),
    ],
)
def test_what_is_not_a_list_is_refused_by_name(changes: dict[str, Any], problem: str) -> None:
    """The sentence says where to look."""
    with pytest.raises(IssuerListRefused, match=problem):
        lists.read(NETWORK.list(**changes))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"identifier": "http://school.example"}, "neither a DID nor an https address"),
        ({"identifier": "school.example"}, "neither a DID"),
        ({"identifier": "https://schöol.example"}, "neither a DID"),
        ({"identifier": "https://school.example/"}, "ends in a slash"),
        ({"identifier": "x" * 301}, "at most 300"),
        ({"name": ""}, "name"),
        ({"reason": "x" * 1001}, "at most 1000"),
        ({"achievements": []}, "achievements is no list of texts"),
        ({"achievements": "https://school.example/"}, "achievements is no list"),
        ({"frameworks": [7]}, "frameworks"),
        ({"since": "2026-02-30T00:00:00Z"}, "since"),
        ({"scope": ["all"]}, "not understood"),
    ],
)
def test_what_is_not_an_entry_is_refused_by_name(changes: dict[str, Any], problem: str) -> None:
    """A scope that is not understood would be no scope, and an empty one the opposite of it."""
    with pytest.raises(IssuerListRefused, match=rf"issuers\[1\].*{problem}"):
        lists.read(NETWORK.list(ENTRY, ENTRY | changes))


@pytest.mark.parametrize("data", [b"", b"[]", b'{"id": 1, "id": 2}', b'{"x": "' + b"x" * 2_000_001])
def test_what_is_no_document_is_refused(data: bytes) -> None:
    """Twice the same member, too long, nothing at all."""
    with pytest.raises(IssuerListRefused):
        lists.loaded(data)


def test_nothing_is_signed_that_nobody_could_read() -> None:
    """Whoever makes a mistake learns it before those who follow the list."""
    with pytest.raises(IssuerListRefused):
        NETWORK.sign(NETWORK.list(issued=None))
