"""RSASSA-PKCS1-v1_5 over SHA-256 (RFC 8017, section 8.2.2): checking it needs no secret."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import der
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.formats import Encoding, PublicFormat
from cryptography.hazmat.primitives.hashes import HashAlgorithm

_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")
"""The DigestInfo before a SHA-256 (RFC 8017, section 9.2, note 1)."""


@dataclass(frozen=True)
class RSAPublicNumbers:
    """Exponent and modulus."""

    e: int
    n: int

    def public_key(self) -> RSAPublicKey:
        """Return the key of these numbers."""
        return RSAPublicKey(self)


class RSAPublicKey:
    """A public key."""

    def __init__(self, numbers: RSAPublicNumbers) -> None:
        self._numbers = numbers

    def public_numbers(self) -> RSAPublicNumbers:
        """Return exponent and modulus."""
        return self._numbers

    def public_bytes(self, encoding: Encoding, format: PublicFormat) -> bytes:
        """Return the SubjectPublicKeyInfo in DER, the one form that the verifier asks for."""
        return der.write_rsa(self._numbers.n, self._numbers.e)

    def verify(
        self, signature: bytes, data: bytes, padding: PKCS1v15, algorithm: HashAlgorithm
    ) -> None:
        """Return if `signature` is by this key over `data`; raises InvalidSignature.

        The whole padding is built and compared, never parsed: what is parsed can be forged.
        """
        n, size = self._numbers.n, (self._numbers.n.bit_length() + 7) // 8
        number = int.from_bytes(signature, "big")
        digest = _SHA256 + hashlib.sha256(data).digest()
        expected = b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest
        signed = pow(number, self._numbers.e, n).to_bytes(size, "big")
        if len(signature) != size or number >= n or signed != expected:
            raise InvalidSignature
