"""ECDSA over the curves P-256 and P-384 (FIPS 186-5)."""

from __future__ import annotations

import curves

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import der
from cryptography.hazmat.primitives.formats import Encoding, PublicFormat
from cryptography.hazmat.primitives.hashes import HashAlgorithm


class EllipticCurve:
    """A curve; `name` is that of JSON Web Keys."""

    name = ""


class SECP256R1(EllipticCurve):
    """P-256."""

    name = "P-256"


class SECP384R1(EllipticCurve):
    """P-384."""

    name = "P-384"


class ECDSA:
    """The scheme, with the hash under it: for each curve the one that goes with it."""

    def __init__(self, algorithm: HashAlgorithm) -> None:
        self.algorithm = algorithm


class EllipticCurvePublicKey:
    """A point of a curve; `point` is uncompressed, in hex."""

    def __init__(self, curve: EllipticCurve, point: str) -> None:
        self.curve, self._point = curve, point

    @classmethod
    def from_encoded_point(cls, curve: EllipticCurve, data: bytes) -> EllipticCurvePublicKey:
        """Return the key at a point in the form of SEC 1; raises ValueError if there is none."""
        point = curves.point(curve.name, data.hex())
        if not point:
            raise ValueError("not a point of the curve")
        return cls(curve, point)

    def public_bytes(self, encoding: Encoding, format: PublicFormat) -> bytes:
        """Return the point, uncompressed or compressed, or the key of P-256 in DER."""
        point = bytes.fromhex(self._point)
        if encoding is Encoding.DER:
            return der.P256 + point
        if format is PublicFormat.UncompressedPoint:
            return point
        return bytes([2 + point[-1] % 2]) + point[1 : (len(point) + 1) // 2]

    def verify(self, signature: bytes, data: bytes, signature_algorithm: ECDSA) -> None:
        """Return if `signature`, as `utils` writes it, is by this key; raises InvalidSignature."""
        if not curves.verify(self.curve.name, signature.hex(), data.hex(), self._point):
            raise InvalidSignature
