from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from badgeservice.openbadges.keys import KeyKind, PublicKey


@dataclass(frozen=True)
class Signer:
    """A key pair of the tests: what signs, and what verifies."""

    sign: Callable[[bytes], bytes]
    public_key: PublicKey


def ed25519_signer(seed: bytes) -> Signer:
    """Return the signer of a 32-byte seed."""
    private = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
    return Signer(private.sign, PublicKey(KeyKind.ED25519, private.public_key().public_bytes_raw()))


def p256_signer(secret: int) -> Signer:
    """Return the signer of a secret number; its signatures are R followed by S."""
    private = ec.derive_private_key(secret, ec.SECP256R1())
    point = private.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)

    def sign(message: bytes) -> bytes:
        r, s = decode_dss_signature(private.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    return Signer(sign, PublicKey(KeyKind.P256, point))


@pytest.fixture(scope="session")
def ed25519_key() -> Signer:
    """An Ed25519 key pair."""
    return ed25519_signer(bytes(range(32)))


@pytest.fixture(scope="session")
def other_ed25519_key() -> Signer:
    """Somebody else's Ed25519 key pair."""
    return ed25519_signer(bytes(range(1, 33)))


@pytest.fixture(scope="session")
def p256_key() -> Signer:
    """A P-256 key pair."""
    return p256_signer(0xBAD6E)


@pytest.fixture(scope="session")
def rsa_key() -> Signer:
    """An RSA key pair, as short as we admit."""
    private = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    modulus = private.public_key().public_numbers().n.to_bytes(256, "big")
    return Signer(
        lambda message: private.sign(message, padding.PKCS1v15(), hashes.SHA256()),
        PublicKey(KeyKind.RSA, modulus),
    )


@pytest.fixture
def credential() -> dict:
    """A small, complete credential without a proof."""
    return {
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
        ],
        "id": "https://badges.example/b/1",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": "https://badges.example/issuers/a", "type": ["Profile"], "name": "A"},
        "validFrom": "2026-11-23T09:00:00Z",
        "validUntil": "2028-11-23T09:00:00Z",
        "name": "First badge",
        "credentialSubject": {
            "id": "urn:uuid:0a40bd31-9b0f-4a2a-a4f2-3f0a4a0a4a0a",
            "type": ["AchievementSubject"],
            "achievement": {
                "id": "https://badges.example/achievements/first/1/en",
                "type": ["Achievement"],
                "name": "First",
                "description": "The first one.",
                "criteria": {"narrative": "Be first."},
            },
        },
    }
