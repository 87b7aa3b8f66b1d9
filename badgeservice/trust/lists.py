"""A list of known issuers as a signed document: written, signed, verified, read.

    {"type": "KnownIssuers", "id": "https://network.example/issuers", "name": "The network",
     "issued": "2026-11-01T00:00:00Z", "validUntil": "2027-11-01T00:00:00Z",
     "issuers": [{"identifier": "https://school.example", "name": "Example School",
                  "reason": "Signed our charter on 3 October 2026.",
                  "since": "2026-10-03T00:00:00Z", "until": "2029-10-03T00:00:00Z",
                  "achievements": ["https://school.example/badges/"], "frameworks": ["CRCN"]}],
     "proof": {…}}

The proof is `eddsa-jcs-2022`, over the JSON itself, by the key that the publisher's did:key names.
Whose key that is, nobody can look up: the operator says so once, having asked the publisher.
Members that are not understood are refused, for a scope that is not read would be no scope.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from badgeservice.errors import (
    BadTimestamp,
    DIDRefused,
    IssuerListRefused,
    KeyRefused,
    ProofInvalid,
    UnreadableJSON,
)
from badgeservice.issuing.keystore import Sign
from badgeservice.openbadges import Document, did, multibase, strict_json, timestamps
from badgeservice.openbadges.keys import PublicKey
from badgeservice.openbadges.proofs import data_integrity, eddsa_jcs_2022
from badgeservice.verification import origins
from badgeservice.verification.issuers import KnownIssuer

MAXIMUM_BYTES = 2_000_000
MAXIMUM_ISSUERS = 5_000
_LONGEST = 300
_LONGEST_REASON = 1_000
_TYPE = "KnownIssuers"
_DID = re.compile(r"did:[a-z0-9]+:[!-~]+")


@dataclass(frozen=True)
class ListOfIssuers:
    """A list that somebody signed, as it was read."""

    id: str
    name: str
    issued: datetime
    valid_until: datetime | None
    issuers: tuple[KnownIssuer, ...]


def sign(document: Document, *, sign: Sign, key: PublicKey, now: datetime) -> Document:
    """Return the list `document`, given without proof, signed as of `now` by an Ed25519 key.

    Raises `IssuerListRefused` if nobody could read it.
    """
    read(document)
    publisher = did.did_key(key)
    proof = {
        "type": data_integrity.TYPE,
        "cryptosuite": eddsa_jcs_2022.CRYPTOSUITE,
        "created": timestamps.write(now),
        "verificationMethod": _method(publisher),
        "proofPurpose": data_integrity.PURPOSE,
    }
    unsecured = data_integrity.unsecured(document)
    signature = sign(eddsa_jcs_2022.hash_data(unsecured, proof).signed_bytes)
    value = multibase.encode(signature, multibase.BASE58BTC)
    return unsecured | {"proof": proof | {"proofValue": value}}


def verified(data: bytes, *, publisher: str) -> tuple[Document, ListOfIssuers]:
    """Return the document in `data` and what it says, if the did:key `publisher` signed it.

    Raises `IssuerListRefused`.
    """
    document = loaded(data)
    try:
        did.resolve_did_key(publisher)
        key = PublicKey.from_multikey(publisher.removeprefix("did:key:"))
    except (DIDRefused, KeyRefused) as error:
        raise IssuerListRefused(f"the publisher {publisher[:100]}: {error.message}") from None
    try:
        proof = data_integrity.single_proof(document)
        if proof.get("verificationMethod") != _method(publisher):
            raise IssuerListRefused(f"not signed by {publisher}", code="issuer_list_not_signed")
        eddsa_jcs_2022.verify(document, key)
    except ProofInvalid as error:
        raise IssuerListRefused(error.message, code="issuer_list_not_signed") from None
    return document, read(document)


def loaded(data: bytes) -> Document:
    """Return the document that is written in `data`; raises `IssuerListRefused`."""
    try:
        return strict_json.load_object(data, max_bytes=MAXIMUM_BYTES)
    except UnreadableJSON as error:
        raise IssuerListRefused(error.message) from None


def read(document: Document) -> ListOfIssuers:
    """Return what a list says, signed or not; raises `IssuerListRefused` naming the place."""
    _members(
        document, "the list", needed=("type", "id", "name", "issued", "issuers"),
        others=("validUntil", "proof"),
    )  # fmt: skip
    if document["type"] != _TYPE:
        raise IssuerListRefused(f"the list: its type is not {_TYPE}")
    id = _text(document, "id", "the list")
    entries = document["issuers"]
    if not isinstance(entries, list) or len(entries) > MAXIMUM_ISSUERS:
        raise IssuerListRefused(f"the list: issuers is no list of at most {MAXIMUM_ISSUERS}")
    issued = _instant(document, "issued", "the list")
    assert issued is not None
    return ListOfIssuers(
        id=id,
        name=_text(document, "name", "the list"),
        issued=issued,
        valid_until=_instant(document, "validUntil", "the list"),
        issuers=tuple(_entry(each, f"issuers[{n}]", id) for n, each in enumerate(entries)),
    )


def _entry(entry: object, place: str, source: str) -> KnownIssuer:
    if not isinstance(entry, dict):
        raise IssuerListRefused(f"{place}: not an object")
    _members(
        entry, place, needed=("identifier", "name", "reason"),
        others=("since", "until", "achievements", "frameworks"),
    )  # fmt: skip
    identifier = _text(entry, "identifier", place)
    found = origins.origin(identifier)
    is_https = found is not None and found.scheme == "https"
    if not is_https and not _DID.fullmatch(identifier):
        raise IssuerListRefused(f"{place}: identifier is neither a DID nor an https address")
    if identifier.endswith("/"):
        raise IssuerListRefused(f"{place}: identifier ends in a slash; a whole site has none")
    return KnownIssuer(
        identifier=identifier,
        name=_text(entry, "name", place),
        reason=_text(entry, "reason", place, longest=_LONGEST_REASON),
        source=source,
        since=_instant(entry, "since", place),
        until=_instant(entry, "until", place),
        achievements=_texts(entry, "achievements", place),
        frameworks=_texts(entry, "frameworks", place),
    )


def _members(
    node: Document, place: str, *, needed: tuple[str, ...], others: tuple[str, ...]
) -> None:
    missing = [name for name in needed if name not in node]
    unknown = [name[:80] for name in node if name not in needed + others]
    if missing or unknown:
        raise IssuerListRefused(f"{place}: missing: {missing}, not understood: {unknown}")


def _text(node: Document, name: str, place: str, *, longest: int = _LONGEST) -> str:
    return _checked(node[name], f"{place}: {name}", longest)


def _texts(node: Document, name: str, place: str) -> tuple[str, ...]:
    """Return a list of texts; an empty one would be a scope that means the opposite of it."""
    if name not in node:
        return ()
    value = node[name]
    if not isinstance(value, list) or not value:
        raise IssuerListRefused(f"{place}: {name} is no list of texts")
    return tuple(_checked(each, f"{place}: {name}", _LONGEST) for each in value)


def _checked(value: Any, place: str, longest: int) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= longest or not value.isprintable():
        raise IssuerListRefused(f"{place} is no line of at most {longest} characters")
    return value


def _instant(node: Document, name: str, place: str) -> datetime | None:
    if name not in node:
        return None
    try:
        return timestamps.read(node[name])
    except BadTimestamp as error:
        raise IssuerListRefused(f"{place}: {name}: {error.message}") from None


def _method(publisher: str) -> str:
    return f"{publisher}#{publisher.removeprefix('did:key:')}"
