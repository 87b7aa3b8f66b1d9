"""Public keys: what they look like in Multikey and JWK, which are admitted, what they verify.

Private keys never come here. Whoever signs hands in a function from message to signature.
Sources: Controlled Identifiers 1.0, section 2.2.2 (Multikey); RFC 7517, RFC 8037 (JWK); RFC 8032.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from badgeservice.errors import BadEncoding, BadSignature, KeyRefused
from badgeservice.openbadges import Document, multibase


class KeyKind(StrEnum):
    """The kinds of key we understand, by the name of their curve in JWK."""

    ED25519 = "Ed25519"
    P256 = "P-256"


_MULTICODEC = {KeyKind.ED25519: b"\xed\x01", KeyKind.P256: b"\x80\x24"}
_JWK_TYPE = {KeyKind.ED25519: "OKP", KeyKind.P256: "EC"}
_JWK_ALGORITHMS = {KeyKind.ED25519: ("EdDSA", "Ed25519"), KeyKind.P256: ("ES256",)}
_POINT_BYTES = {KeyKind.ED25519: 32, KeyKind.P256: 33}

_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P
_SMALL_ORDER_Y = {
    int.from_bytes(bytes.fromhex(encoded), "little")
    for encoded in (
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    )
}
"""The y of the eight points whose order divides 8, which verify signatures nobody made."""


@dataclass(frozen=True)
class PublicKey:
    """A public key that has passed admission.

    `point` is the 32-byte encoding of RFC 8032 for Ed25519, and the 33-byte compressed point of
    SEC 1 for P-256. Raises `KeyRefused` for a point that must not be believed.
    """

    kind: KeyKind
    point: bytes

    def __post_init__(self) -> None:
        if len(self.point) != _POINT_BYTES[self.kind]:
            expected = _POINT_BYTES[self.kind]
            raise KeyRefused(f"{len(self.point)} bytes for {self.kind}, expected {expected}")
        if self.kind is KeyKind.ED25519:
            _admit_ed25519(self.point)
        else:
            _p256(self.point)

    @classmethod
    def from_multikey(cls, text: str) -> PublicKey:
        """Return the key of a `publicKeyMultibase`; raises `KeyRefused`.

        >>> PublicKey.from_multikey("z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2").kind
        <KeyKind.ED25519: 'Ed25519'>
        """
        try:
            data = multibase.decode(text, multibase.BASE58BTC)
        except BadEncoding as error:
            raise KeyRefused(f"Multikey: {error.message}") from None
        for kind, prefix in _MULTICODEC.items():
            if data.startswith(prefix):
                return cls(kind, data[len(prefix) :])
        raise KeyRefused(f"Multikey: unknown multicodec prefix {data[:2].hex()}")

    def to_multikey(self) -> str:
        """Return the key as a `publicKeyMultibase`."""
        return multibase.encode(_MULTICODEC[self.kind] + self.point, multibase.BASE58BTC)

    @classmethod
    def from_jwk(cls, jwk: Document) -> PublicKey:
        """Return the key of a JSON Web Key; raises `KeyRefused`.

        A key that carries its private part, or that is declared for something else than
        signatures, is refused.
        """
        if not isinstance(jwk, dict):
            raise KeyRefused("JWK: not an object")
        if "d" in jwk:
            raise KeyRefused("JWK: carries a private key", code="private_key")
        kind = next((k for k in KeyKind if k == jwk.get("crv")), None)
        if kind is None or jwk.get("kty") != _JWK_TYPE[kind]:
            raise KeyRefused("JWK: neither OKP with Ed25519 nor EC with P-256")
        if jwk.get("use", "sig") != "sig" or "verify" not in jwk.get("key_ops", ["verify"]):
            raise KeyRefused("JWK: not meant for verifying signatures")
        if jwk.get("alg", _JWK_ALGORITHMS[kind][0]) not in _JWK_ALGORITHMS[kind]:
            raise KeyRefused(f"JWK: alg does not fit {kind}")
        x = _coordinate(jwk, "x")
        if kind is KeyKind.ED25519:
            return cls(kind, x)
        y = _coordinate(jwk, "y")
        key = cls(kind, bytes([2 + y[31] % 2]) + x)
        if key.to_jwk()["y"] != jwk["y"]:
            raise KeyRefused("JWK: the point is not on P-256")
        return key

    def to_jwk(self) -> Document:
        """Return the key as a JSON Web Key: required members only, no `kid`, no `alg`."""
        jwk: Document = {"kty": _JWK_TYPE[self.kind], "crv": str(self.kind)}
        if self.kind is KeyKind.ED25519:
            return jwk | {"x": multibase.base64url_encode(self.point)}
        point = _p256(self.point).public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return jwk | {
            "x": multibase.base64url_encode(point[1:33]),
            "y": multibase.base64url_encode(point[33:]),
        }

    def verify(self, signature: bytes, message: bytes) -> None:
        """Return if `signature` is by this key over `message`; raises `BadSignature`.

        `signature` is 64 bytes: RFC 8032 for Ed25519; R followed by S, over SHA-256, for P-256.
        """
        if len(signature) != 64:
            raise BadSignature(f"a signature of {len(signature)} bytes, expected 64")
        try:
            if self.kind is KeyKind.ED25519:
                ed25519.Ed25519PublicKey.from_public_bytes(self.point).verify(signature, message)
            else:
                r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
                algorithm = ec.ECDSA(hashes.SHA256())
                _p256(self.point).verify(encode_dss_signature(r, s), message, algorithm)
        except InvalidSignature:
            raise BadSignature("the signature is not by this key over these bytes") from None


def _admit_ed25519(point: bytes) -> None:
    """Refuse points that are non-canonical, of small order, or not on the curve.

    The library accepts all eight points of small order; under the neutral one, a constant
    signature verifies every message.
    """
    y = int.from_bytes(point, "little") & (2**255 - 1)
    if y >= _P or y in _SMALL_ORDER_Y:
        raise KeyRefused("Ed25519: a point of small order, or not canonical")
    # x² = (y² - 1) / (d·y² + 1) has a root exactly if the right side is a square (Euler).
    x_squared = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    if pow(x_squared, (_P - 1) // 2, _P) != 1:
        raise KeyRefused("Ed25519: the point is not on the curve")


def _p256(point: bytes) -> ec.EllipticCurvePublicKey:
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        raise KeyRefused("P-256: the point is not on the curve") from None


def _coordinate(jwk: Document, name: str) -> bytes:
    value = jwk.get(name)
    try:
        data = multibase.base64url_decode(value) if isinstance(value, str) else b""
    except BadEncoding as error:
        raise KeyRefused(f"JWK: {name}: {error.message}") from None
    if len(data) != 32:
        raise KeyRefused(f"JWK: {name} is not 32 bytes of base64url")
    return data
