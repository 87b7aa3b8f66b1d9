"""Decentralized identifiers: `did:key` and `did:jwk` are their own keys, `did:web` is an address.

Sources: W3C CCG "The did:key Method" and "did:web Method Specification"; "did:jwk Method".
"""

from __future__ import annotations

import re

from badgeservice.errors import BadEncoding, DIDRefused, KeyRefused, UnreadableJSON
from badgeservice.openbadges import Document, controller, multibase, strict_json
from badgeservice.openbadges.controller import Method
from badgeservice.openbadges.keys import KIND_UNKNOWN, PublicKey

_LONGEST_DID_JWK = 2048
"""Characters: an RSA key of the greatest length that we admit takes a thousand."""

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# A name of at least two labels, the last of which begins with a letter: no address of a machine.
_HOST = rf"(?=[A-Za-z0-9.-]{{1,253}}(?![A-Za-z0-9.-]))(?:{_LABEL}\.)+(?=[A-Za-z]){_LABEL}"
_PORT = r"[1-9][0-9]{0,4}"
_SEGMENT = r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*"
_DID_WEB = re.compile(rf"did:web:({_HOST})(?:%3[Aa]({_PORT}))?((?::{_SEGMENT})*)")
_HTTPS = re.compile(rf"https://({_HOST})(?::({_PORT}))?((?:/{_SEGMENT})*)")


def did_key(key: PublicKey) -> str:
    """Return the `did:key` that is this key."""
    return f"did:key:{key.to_multikey()}"


def resolve_did_key(did: str) -> Document:
    """Return the DID document of a `did:key`, which follows from its text alone.

    Its one method is `did:key:<key>#<key>`. Raises `DIDRefused` for other methods and for a key
    that must not be believed, with the code `KIND_UNKNOWN` for a kind that we do not verify with.
    """
    prefix, _, multikey = did.rpartition(":")
    if prefix != "did:key":
        raise DIDRefused(f"not a did:key: {did[:200]!a}")
    try:
        key = PublicKey.from_multikey(multikey)
    except KeyRefused as error:
        raise _refused(error) from None
    return controller.controller_document(did, [Method(f"{did}#{multikey}", key)])


def resolve_did_jwk(did: str) -> Document:
    """Return the DID document of a `did:jwk`, whose text is a JSON Web Key in base64url.

    Its one method is `did:jwk:<key>#0`. Raises like `resolve_did_key`, also for JSON that could be
    read in two ways and for a key that is not meant for signatures.
    """
    encoded = did.removeprefix("did:jwk:")
    if encoded == did or len(did) > _LONGEST_DID_JWK:
        raise DIDRefused(f"not a did:jwk: {did[:200]!a}")
    try:
        key = PublicKey.from_jwk(strict_json.load_object(multibase.base64url_decode(encoded)))
    except (BadEncoding, UnreadableJSON) as error:
        raise DIDRefused(f"did:jwk: {error.message}") from None
    except KeyRefused as error:
        raise _refused(error) from None
    return controller.controller_document(did, [Method(f"{did}#0", key)])


def _refused(error: KeyRefused) -> DIDRefused:
    code = KIND_UNKNOWN if error.code == KIND_UNKNOWN else None
    return DIDRefused(error.message, code=code)


def did_web_url(did: str) -> str:
    """Return the address of the document of a `did:web`.

    >>> did_web_url("did:web:badges.example")
    'https://badges.example/.well-known/did.json'
    >>> did_web_url("did:web:badges.example%3A8443:issuers:city")
    'https://badges.example:8443/issuers/city/did.json'

    Raises `DIDRefused` for everything that a browser could read in another way: other encodings,
    empty or dotted path segments, user names, addresses of machines instead of names.
    """
    match = _DID_WEB.fullmatch(did)
    if match is None:
        raise DIDRefused(f"not a did:web that names a host and a plain path: {did[:200]!a}")
    host, port, path = match.groups()
    origin = f"https://{host}:{port}" if port else f"https://{host}"
    return f"{origin}{path.replace(':', '/') or '/.well-known'}/did.json"


def did_web_for(url: str) -> str:
    """Return the `did:web` of an https address, such that `did_web_url` leads below it.

    >>> did_web_for("https://badges.example:8443/issuers/city")
    'did:web:badges.example%3A8443:issuers:city'

    Raises `DIDRefused` for addresses that no `did:web` can name, among them plain http.
    """
    match = _HTTPS.fullmatch(url)
    if match is None:
        raise DIDRefused(f"no did:web can name {url[:200]!a}")
    host, port, path = match.groups()
    return f"did:web:{host}{f'%3A{port}' if port else ''}{path.replace('/', ':')}"
