"""What the world reads of our keys: DID document, key set, and a document for each key.

All say the same. A retired key stays without a date, because an end would take its badges with it.
A compromised key stays in the DID document with the date from which strangers refuse it.
"""

from __future__ import annotations

from badgeservice.issuing.issuer import Issuer
from badgeservice.issuing.keyring import Keyring
from badgeservice.openbadges import Document, controller
from badgeservice.openbadges.controller import Method


def methods(issuer: Issuer, keyring: Keyring) -> dict[str, Method]:
    """Return every key that ever signed, by kid, oldest first, as the world may use it."""
    return {
        kid: Method(issuer.method(kid), entry.public_key, revoked=entry.compromised)
        for kid, entry in keyring.entries.items()
    }


def did_document(issuer: Issuer, keyring: Keyring) -> Document:
    """Return the DID document: which keys may sign in the issuer's name."""
    listed = list(methods(issuer, keyring).values())
    return controller.controller_document(issuer.id, listed, also_known_as=[issuer.address])


def jwks(issuer: Issuer, keyring: Keyring) -> Document:
    """Return the keys as a JWK set (RFC 7517).

    Without the compromised ones: a key set has no word for them, and whoever reads any of our
    documents must come to the same answer.
    """
    believed = [m for m in methods(issuer, keyring).values() if m.revoked is None]
    return controller.jwks(believed, controller=issuer.id)


def key_document(issuer: Issuer, keyring: Keyring, kid: str) -> Document | None:
    """Return the document of one key, None when there is no such key."""
    method = methods(issuer, keyring).get(kid)
    return controller.method_document(method, controller=issuer.id) if method else None


def all_of(issuer: Issuer, keyring: Keyring) -> dict[str, Document]:
    """Return all of these documents by their path."""
    documents: dict[str, Document | None] = {
        f"/issuers/{issuer.slug}/did.json": did_document(issuer, keyring),
        f"/issuers/{issuer.slug}/jwks.json": jwks(issuer, keyring),
    }
    for kid in keyring.entries:
        path = f"/issuers/{issuer.slug}/keys/{kid}"
        documents[path] = key_document(issuer, keyring, kid)
    return {path: document for path, document in documents.items() if document}
