"""The JSON-LD contexts that give the words of a credential their meaning, frozen.

A context decides what a signature covers, so none is ever fetched: each stands beside this file,
pinned by SHA-256. Where each came from is told in SOURCES.md.
"""

from __future__ import annotations

import functools
import hashlib
import json
from importlib import resources
from typing import NamedTuple

from badgeservice.errors import ContextChanged, UnknownContext
from badgeservice.openbadges import Document


class Pin(NamedTuple):
    """A vendored file and the SHA-256 of its bytes, in hexadecimal."""

    file: str
    sha256: str


CREDENTIALS_V2 = "https://www.w3.org/ns/credentials/v2"
CREDENTIALS_V1 = "https://www.w3.org/2018/credentials/v1"
OPEN_BADGES_V3 = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
OPEN_BADGES_V3_0 = "https://purl.imsglobal.org/spec/ob/v3p0/context.json"
OPEN_BADGES_V3_1 = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json"
OPEN_BADGES_V3_2 = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.2.json"
OPEN_BADGES_V2 = "https://w3id.org/openbadges/v2"
OPEN_BADGES_EXTENSIONS = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"
DATA_INTEGRITY_V2 = "https://w3id.org/security/data-integrity/v2"
ED25519_2020_V1 = "https://w3id.org/security/suites/ed25519-2020/v1"
STATUS_V1 = "https://www.w3.org/ns/credentials/status/v1"
STATUS_LIST_2021_V1 = "https://w3id.org/vc/status-list/2021/v1"
MULTIKEY_V1 = "https://w3id.org/security/multikey/v1"
DID_V1 = "https://www.w3.org/ns/did/v1"
CID_V1 = "https://www.w3.org/ns/cid/v1"

PINS = {
    CREDENTIALS_V2: Pin(
        "credentials-v2.jsonld",
        "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",
    ),
    OPEN_BADGES_V3: Pin(
        "ob-v3p0-3.0.3.jsonld",
        "3d34f4d4ef1bce691106e63798beb5e7b862ba841423f5ee1e53ab7ddf3bca84",
    ),
    CREDENTIALS_V1: Pin(
        "credentials-v1.jsonld",
        "00d7dd6d3ad8b920e3e550dd3a3d9090bffcac84cdbf943da6924b3e0a5c8bb8",
    ),
    OPEN_BADGES_V3_0: Pin(
        "ob-v3p0-3.0.0.jsonld",
        "9f1c8f9f361ba2994b9b50701f41149919542c50c7b7455b2846d87959295d72",
    ),
    OPEN_BADGES_V3_1: Pin(
        "ob-v3p0-3.0.1.jsonld",
        "af095468326d3449160509b26ca71576e6321d13c85b0369cfe3b654c9a48fba",
    ),
    OPEN_BADGES_V3_2: Pin(
        "ob-v3p0-3.0.2.jsonld",
        "00666ad080ba407687ed1846b7f5e7495f5019042b202a727de47c48a1755c53",
    ),
    STATUS_V1: Pin(
        "bitstring-status-list-v1.jsonld",
        "fd08cbf28ddd829ab2f1978c48f43ab07a112c1c90245a0cfac7ba721c65170c",
    ),
    STATUS_LIST_2021_V1: Pin(
        "status-list-2021-v1.jsonld",
        "634d71c159289f068c96012e4511c657fdf82ac4231900081bda3ba24e2e1160",
    ),
    OPEN_BADGES_EXTENSIONS: Pin(
        "ob-v3p0-extensions.jsonld",
        "87c06c81bc2317663bf288d740d94fddd2818c4342b186270ff6371dfaa63f93",
    ),
    OPEN_BADGES_V2: Pin(
        "ob-v2.jsonld",
        "3c0c25a0e581c64cbe632197377c4f334c6c0b95f0d90e3b74449781612b153d",
    ),
    DATA_INTEGRITY_V2: Pin(
        "data-integrity-v2.jsonld",
        "67f21e6e33a6c14e5ccfd2fc7865f7474fb71a04af7e94136cb399dfac8ae8f4",
    ),
    ED25519_2020_V1: Pin(
        "ed25519-signature-2020-v1.jsonld",
        "b9e1ab971fd8bf2c7553e0c4a9438e0b9450afde1ea1ca5b2492368b9f549588",
    ),
    MULTIKEY_V1: Pin(
        "multikey-v1.jsonld",
        "ba2c182de2d92f7e47184bcca8fcf0beaee6d3986c527bf664c195bbc7c58597",
    ),
    DID_V1: Pin(
        "did-v1.jsonld",
        "62c1054bf404d6dd3a4b26b64f830fd72095f6a26edc4469908c94351352ce5f",
    ),
    CID_V1: Pin(
        "cid-v1.jsonld",
        "7976d70067ef11ba9916e5ca49ec9706a66a2cb251130e93d42da69a0faead38",
    ),
}


def load(address: str) -> Document:
    """Return the context document pinned for `address`.

    Raises `UnknownContext` for an address without a pin, and `ContextChanged` if the vendored
    file is not the pinned one.
    """
    pin = PINS.get(address)
    if pin is None:
        raise UnknownContext(f"unknown JSON-LD context: {address[:200]}")
    return checked(_vendored(pin.file), pin)


@functools.cache
def _vendored(file: str) -> bytes:
    """Return a file that stands beside this one; read once, as a process may lose its files."""
    return resources.files(__name__).joinpath(file).read_bytes()


def checked(data: bytes, pin: Pin) -> Document:
    """Return the context written in `data`; raises `ContextChanged` unless it matches its pin."""
    digest = hashlib.sha256(data).hexdigest()
    if digest != pin.sha256:
        raise ContextChanged(f"{pin.file} has SHA-256 {digest}, expected {pin.sha256}")
    document: Document = json.loads(data)
    return document


def check_all() -> None:
    """Return if every vendored context matches its pin; called once when the service starts."""
    for address in PINS:
        load(address)
