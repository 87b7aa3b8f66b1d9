"""Controller documents: which keys may speak for whom, and for what.

Trust runs one way, from the issuer to the key: the document found at the issuer's own address
lists its methods. What a key, or a signature, says of its own controller proves nothing.
Sources: Controlled Identifiers 1.0, sections 2 and 3.3; RFC 7517.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from badgeservice.errors import (
    BadTimestamp,
    KeyRefused,
    MethodNotListed,
    MethodRefused,
)
from badgeservice.openbadges import Document, contexts, timestamps
from badgeservice.openbadges.keys import KeyKind, PublicKey

ASSERTION = "assertionMethod"

MAXIMUM_KEYS = 100
"""How many keys of a set are looked at."""

_MULTIBASE_TYPES = ("Multikey", "Ed25519VerificationKey2020")
_JWK_TYPES = ("JsonWebKey", "JsonWebKey2020")
_SECRETS = ("secretKeyMultibase", "secretKeyJwk", "privateKeyMultibase", "privateKeyJwk")
# The address of the second is only named for others to read, so it is not among the pinned ones.
_JWK_V1 = "https://w3id.org/security/jwk/v1"
_CONTEXTS = {
    KeyKind.ED25519: contexts.MULTIKEY_V1,
    KeyKind.P256: _JWK_V1,
    KeyKind.P384: _JWK_V1,
    KeyKind.RSA: _JWK_V1,
}
_JOSE_ALGORITHM = {
    KeyKind.ED25519: "EdDSA",
    KeyKind.P256: "ES256",
    KeyKind.P384: "ES384",
    KeyKind.RSA: "RS256",
}


@dataclass(frozen=True)
class Method:
    """A verification method of ours: a public key at an address.

    From `expires` and from `revoked` on it no longer verifies anything, so a key that merely
    signs no more badges has neither.
    """

    id: str
    key: PublicKey
    expires: datetime | None = None
    revoked: datetime | None = None


def find_method(
    document: Document,
    method_id: str,
    *,
    controller: str,
    now: datetime,
    purpose: str = ASSERTION,
    even_revoked: bool = False,
) -> PublicKey:
    """Return the key at `method_id` that `document` lets speak for `controller`.

    `document` is what stands at the controller's own address. A method may be embedded under the
    purpose, or referenced there and described under `verificationMethod`. With `even_revoked`, a
    date of revocation does not count: for whoever knows in another way what the key signed before.

    Raises `MethodNotListed` if the document does not name the method under the purpose;
    `MethodRefused` with a code: `controller_mismatch`, `method_ambiguous`, `method_type_unknown`,
    `key_expired`, `key_revoked`; `KeyRefused` if the key itself must not be believed.
    """
    method = _listed(document, method_id, controller, purpose)
    _refuse_over(method, now, even_revoked)
    return _key_of(method)


def find_method_of(
    document: Document,
    key: PublicKey,
    *,
    controller: str,
    now: datetime,
    even_revoked: bool = False,
) -> str:
    """Return the id under which `document` lets `key` make assertions for `controller`.

    For a signature that shows its key instead of naming it. Raises `MethodNotListed` if the key is
    not there, and `MethodRefused` as `find_method` does if its time is over.
    """
    listed = (_id(entry, controller) for entry in _array(document, ASSERTION))
    for method_id in dict.fromkeys(filter(None, listed)):
        try:
            method = _listed(document, method_id, controller, ASSERTION)
            found = _key_of(method)
        except (MethodRefused, KeyRefused):
            continue  # whatever it is, it is not this key
        if found == key:
            _refuse_over(method, now, even_revoked)
            return method_id
    raise MethodNotListed(f"the key is not listed under {ASSERTION}")


def is_only_named(document: Document, method_id: str, *, controller: str) -> bool:
    """Tell whether `document` lists a method for making assertions and says no more of it."""
    entries = [
        (name, entry)
        for name in (ASSERTION, "verificationMethod")
        for entry in _array(document, name)
        if _id(entry, controller) == method_id
    ]
    return any(name == ASSERTION for name, _ in entries) and not any(
        isinstance(entry, dict) for _, entry in entries
    )


def from_jwks(key_set: Document, *, address: str, controller: str, has_to_name: bool) -> Document:
    """Return a JSON Web Key Set as the controller document that says the same.

    `address` is where it stands. Each key becomes a method whose id is its `kid`, alone and as
    fragment of that address: tokens name keys in both ways. A key whose `iss` is somebody else is left out,
    and with `has_to_name` also one without `iss`: a set for a whole site speaks for each issuer on
    it by name only. Raises `MethodRefused` (`issuer_document_unreadable`) for what is no key set.
    """
    keys = key_set.get("keys")
    if not isinstance(keys, list) or len(keys) > MAXIMUM_KEYS:
        message = f"not a set of at most {MAXIMUM_KEYS} keys"
        raise MethodRefused(message, code="issuer_document_unreadable")
    methods = [
        {"id": name, "type": "JsonWebKey", "controller": controller, "publicKeyJwk": jwk}
        for jwk in keys
        if isinstance(jwk, dict)
        and isinstance(jwk.get("kid"), str)
        and jwk.get("iss", None if has_to_name else controller) == controller
        for name in (jwk["kid"], f"{address}#{jwk['kid']}")
    ]
    return {"id": controller, ASSERTION: methods}


def method_document(method: Method, *, controller: str) -> Document:
    """Return the document that stands at the address of a key."""
    return {"@context": _CONTEXTS[method.key.kind], **_description(method, controller)}


def controller_document(
    controller: str, methods: Sequence[Method], *, also_known_as: Sequence[str] = ()
) -> Document:
    """Return the controller document of an https address, or the DID document of a DID.

    Every method may make assertions, which is the only purpose we have.
    """
    context: str | list[str] = contexts.CID_V1
    if controller.startswith("did:"):
        kinds = dict.fromkeys(_CONTEXTS[method.key.kind] for method in methods)
        context = [contexts.DID_V1, *kinds]
    document: Document = {"@context": context, "id": controller}
    if also_known_as:
        document["alsoKnownAs"] = list(also_known_as)
    return document | {
        "verificationMethod": [_description(method, controller) for method in methods],
        ASSERTION: [method.id for method in methods],
    }


def jwks(methods: Iterable[Method], *, controller: str) -> Document:
    """Return the JSON Web Key Set of the methods; each key names its `kid` and its issuer."""
    return {"keys": [jwk_document(method, controller=controller) for method in methods]}


def jwk_document(method: Method, *, controller: str) -> Document:
    """Return the key as a JSON Web Key for verifying signatures, as JOSE software fetches it."""
    return method.key.to_jwk() | {
        "kid": method.id,
        "use": "sig",
        "alg": _JOSE_ALGORITHM[method.key.kind],
        "iss": controller,
    }


def _description(method: Method, controller: str) -> Document:
    """Return a method as its readers expect it.

    Verifiers of embedded proofs look for an Ed25519 `publicKeyMultibase`, those of JOSE for the
    `publicKeyJwk` of a P-256 or RSA key; a key in the other form is not found (docs/decisions/0005).
    """
    description: Document = {"id": method.id, "type": "", "controller": controller}
    if method.key.kind is KeyKind.ED25519:
        description |= {"type": "Multikey", "publicKeyMultibase": method.key.to_multikey()}
    else:
        description |= {"type": "JsonWebKey", "publicKeyJwk": method.key.to_jwk()}
    if method.expires is not None:
        description["expires"] = timestamps.write(method.expires)
    if method.revoked is not None:
        description["revoked"] = timestamps.write(method.revoked)
    return description


def _array(document: Document, name: str) -> list[Any]:
    value = document.get(name, [])
    return value if isinstance(value, list) else [value]


def _id(entry: Any, controller: str) -> str | None:
    """Return the absolute id of a method or of a reference to one; `#key` is below the document."""
    address = entry.get("id") if isinstance(entry, dict) else entry
    if not isinstance(address, str):
        return None
    return controller + address if address.startswith("#") else address


def _listed(document: Document, method_id: str, controller: str, purpose: str) -> Document:
    """Return the one description of a method that is listed under a purpose."""
    if document.get("id") != controller:
        message = f"the document is about {str(document.get('id'))[:200]}, not {controller[:200]}"
        raise MethodRefused(message, code="controller_mismatch")
    listed = [entry for entry in _array(document, purpose) if _id(entry, controller) == method_id]
    if not listed:
        raise MethodNotListed(f"{method_id[:200]} is not listed under {purpose}")
    described = [entry for entry in listed if isinstance(entry, dict)] + [
        entry
        for entry in _array(document, "verificationMethod")
        if isinstance(entry, dict) and _id(entry, controller) == method_id
    ]
    if not described:
        raise MethodNotListed(f"{method_id[:200]} is listed and not described")
    if any(entry != described[0] for entry in described):
        message = f"{method_id[:200]} is described in several ways"
        raise MethodRefused(message, code="method_ambiguous")
    method: Document = described[0]
    if method.get("controller") != controller:
        message = f"the controller of {method_id[:200]} is not {controller[:200]}"
        raise MethodRefused(message, code="controller_mismatch")
    return method


def _refuse_over(method: Document, now: datetime, even_revoked: bool) -> None:
    if not even_revoked:
        _refuse_past(method, "revoked", "key_revoked", now)
    _refuse_past(method, "expires", "key_expired", now)


def _refuse_past(method: Document, name: str, code: str, now: datetime) -> None:
    if name in method:
        try:
            moment = timestamps.read(method[name])
        except BadTimestamp as error:
            raise MethodRefused(f"{name}: {error.message}", code=code) from None
        if moment <= now:
            raise MethodRefused(f"the key is {name} since {method[name]}", code=code)


def _key_of(method: Document) -> PublicKey:
    if any(name in method for name in _SECRETS):
        raise KeyRefused("the method publishes its secret key", code="private_key")
    multikey, jwk = method.get("publicKeyMultibase"), method.get("publicKeyJwk")
    if method.get("type") in _MULTIBASE_TYPES and jwk is None and isinstance(multikey, str):
        return PublicKey.from_multikey(multikey)
    if method.get("type") in _JWK_TYPES and multikey is None and isinstance(jwk, dict):
        return PublicKey.from_jwk(jwk)
    kind = str(method.get("type"))[:80]
    raise MethodRefused(f"no key of type {kind!a} to read", code="method_type_unknown")
