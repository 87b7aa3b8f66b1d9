"""Ed25519 (RFC 8032)."""

from __future__ import annotations

import curves

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import der
from cryptography.hazmat.primitives.formats import Encoding, PublicFormat


class Ed25519PublicKey:
    """A public key of 32 bytes."""

    def __init__(self, material: bytes) -> None:
        self._material = material

    @classmethod
    def from_public_bytes(cls, data: bytes) -> Ed25519PublicKey:
        """Return the key that is written in `data`."""
        return cls(data)

    def public_bytes_raw(self) -> bytes:
        """Return the 32 bytes of the key."""
        return self._material

    def public_bytes(self, encoding: Encoding, format: PublicFormat) -> bytes:
        """Return the SubjectPublicKeyInfo in DER, the one form that the verifier asks for."""
        return der.ED25519 + self._material

    def verify(self, signature: bytes, data: bytes) -> None:
        """Return if `signature` is by this key over `data`; raises InvalidSignature."""
        if not curves.verify("Ed25519", signature.hex(), data.hex(), self._material.hex()):
            raise InvalidSignature
