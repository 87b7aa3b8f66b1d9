"""Somebody who signs lists of known issuers, with a key that is the same every time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ed25519

from badgeservice.openbadges import Document, did, strict_json
from badgeservice.openbadges.keys import KeyKind, PublicKey
from badgeservice.trust import lists

ISSUED = datetime(2026, 11, 1, tzinfo=UTC)
ID = "https://network.example/issuers"
ENTRY = {
    "identifier": "https://school.example",
    "name": "Example School",
    "reason": "Signed our charter.",
}


class Publisher:
    """A network of schools."""

    def __init__(self, seed: int = 1) -> None:
        self.private = ed25519.Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.key = PublicKey(KeyKind.ED25519, self.private.public_key().public_bytes_raw())
        self.did = did.did_key(self.key)

    def list(self, *entries: Document, **changes: Any) -> Document:
        """Return a list without proof, with these changes, None for what is to be left out."""
        written: Document = {
            "type": "KnownIssuers",
            "id": ID,
            "name": "The network",
            "issued": "2026-11-01T00:00:00Z",
            "issuers": list(entries or [ENTRY]),
        }
        return {name: value for name, value in (written | changes).items() if value is not None}

    def sign(self, document: Document) -> bytes:
        """Return a list as it is sent to those who follow it."""
        return strict_json.dumps(
            lists.sign(document, sign=self.private.sign, key=self.key, now=ISSUED)
        )
