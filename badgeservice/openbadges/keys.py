"""Public keys: what they look like in Multikey, JWK and PEM, which are admitted, what they verify.

Private keys never come here. Whoever signs hands in a function from message to signature.
Sources: Controlled Identifiers 1.0, section 2.2.2 (Multikey); RFC 7517, RFC 7518, RFC 8037 (JWK);
RFC 5280 (PEM holds a SubjectPublicKeyInfo); RFC 8032; RFC 8017; NIST SP 800-89, section 5.3.3.
"""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import math
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from badgeservice.errors import BadEncoding, BadSignature, KeyRefused
from badgeservice.openbadges import Document, multibase, strict_json


class KeyKind(StrEnum):
    """The kinds of key we understand, by the name of their curve in JWK; RSA has none."""

    ED25519 = "Ed25519"
    P256 = "P-256"
    RSA = "RSA"
    P384 = "P-384"


SIGNING_KINDS = (KeyKind.ED25519, KeyKind.P256, KeyKind.RSA)
"""The kinds that we sign with ourselves; the others are for verifying what others signed."""


RSA_EXPONENT = 65_537
RSA_BITS = range(2048, 4097)
"""How long a modulus may be: shorter is breakable, longer is a way to keep a verifier busy."""

JWK_SECRETS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
"""The members of a JSON Web Key that nobody publishes (RFC 7518, section 6)."""

_MULTICODEC = {
    KeyKind.ED25519: b"\xed\x01",
    KeyKind.P256: b"\x80\x24",
    KeyKind.P384: b"\x81\x24",
}
KIND_UNKNOWN = "method_type_unknown"
"""The code of a `KeyRefused` that says nothing against the key: we cannot verify with its kind."""

_OTHER_MULTICODECS = {
    b"\xe7\x01": "secp256k1",
    b"\x82\x24": "P-521",
    b"\x83\x24": "Ed448",
    b"\x85\x24": "RSA",
    b"\xeb\x01": "BLS12-381",
}
_OTHER_CURVES = ("secp256k1", "P-521", "Ed448")
"""Kinds of key that sign as well as ours, and that we do not verify with: unknown, not refused."""

_JWK_TYPE = {
    KeyKind.ED25519: "OKP",
    KeyKind.P256: "EC",
    KeyKind.P384: "EC",
    KeyKind.RSA: "RSA",
}
_JWK_ALGORITHMS = {
    KeyKind.ED25519: ("EdDSA", "Ed25519"),
    KeyKind.P256: ("ES256",),
    KeyKind.P384: ("ES384",),
    KeyKind.RSA: ("RS256",),
}
_COORDINATE_BYTES = {KeyKind.ED25519: 32, KeyKind.P256: 32, KeyKind.P384: 48}
_POINT_BYTES = {KeyKind.ED25519: 32, KeyKind.P256: 33, KeyKind.P384: 49}
_CURVES: dict[KeyKind, ec.EllipticCurve] = {
    KeyKind.P256: ec.SECP256R1(),
    KeyKind.P384: ec.SECP384R1(),
}
_ECDSA_HASHES: dict[KeyKind, hashes.HashAlgorithm] = {
    KeyKind.P256: hashes.SHA256(),
    KeyKind.P384: hashes.SHA384(),
}

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

_SMALL_PRIMES = [n for n in range(2, 752) if all(n % d for d in range(2, math.isqrt(n) + 1))]
_SMALL_PRIMES_PRODUCT = math.prod(_SMALL_PRIMES)

_MAXIMUM_PEM_CHARACTERS = 4096
_PEM = re.compile(
    r"\s*-----BEGIN PUBLIC KEY-----\s*([A-Za-z0-9+/=\s]+?)\s*-----END PUBLIC KEY-----\s*"
)


@dataclass(frozen=True)
class PublicKey:
    """A public key that has passed admission.

    `material` is the 32-byte encoding of RFC 8032 for Ed25519, the compressed point of SEC 1 for
    P-256 (33 bytes) and P-384 (49 bytes), and for RSA the modulus, big-endian without leading zeros; the exponent is
    always 65537. Raises `KeyRefused` for a key that must not be believed.
    """

    kind: KeyKind
    material: bytes

    def __post_init__(self) -> None:
        if self.kind is KeyKind.RSA:
            _admit_rsa(self.material)
            return
        if len(self.material) != _POINT_BYTES[self.kind]:
            expected = _POINT_BYTES[self.kind]
            raise KeyRefused(f"{len(self.material)} bytes for {self.kind}, expected {expected}")
        if self.kind is KeyKind.ED25519:
            _admit_ed25519(self.material)
        else:
            _point(self.kind, self.material)

    @property
    def signature_bytes(self) -> int:
        """How many bytes every signature of this key has: two coordinates, or the RSA modulus."""
        return len(self.material) if self.kind is KeyKind.RSA else 2 * _COORDINATE_BYTES[self.kind]

    @property
    def thumbprint(self) -> str:
        """The SHA-256 thumbprint of RFC 7638: one name for the key, in whatever form it stands."""
        members = strict_json.dumps(dict(sorted(self.to_jwk().items())))
        return multibase.base64url_encode(hashlib.sha256(members).digest())

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
        if name := _OTHER_MULTICODECS.get(data[:2]):
            raise KeyRefused(f"Multikey: a key of the kind {name}", code=KIND_UNKNOWN)
        raise KeyRefused(f"Multikey: unknown multicodec prefix {data[:2].hex()}")

    def to_multikey(self) -> str:
        """Return the key as a `publicKeyMultibase`; raises `KeyRefused` for RSA, which has none."""
        if self.kind not in _MULTICODEC:
            raise KeyRefused(f"Multikey: no form for {self.kind}")
        return multibase.encode(_MULTICODEC[self.kind] + self.material, multibase.BASE58BTC)

    @classmethod
    def from_jwk(cls, jwk: Document) -> PublicKey:
        """Return the key of a JSON Web Key; raises `KeyRefused`.

        A key that carries its private part, or that is declared for something else than
        signatures, is refused.
        """
        if not isinstance(jwk, dict):
            raise KeyRefused("JWK: not an object")
        if jwk.keys() & JWK_SECRETS:
            raise KeyRefused("JWK: carries a private key", code="private_key")
        name = KeyKind.RSA if jwk.get("kty") == "RSA" else jwk.get("crv")
        kind = next((k for k in KeyKind if k == name), None)
        if kind is None and jwk.get("kty") in ("EC", "OKP") and name in _OTHER_CURVES:
            raise KeyRefused(f"JWK: a key of the kind {name}", code=KIND_UNKNOWN)
        if kind is None or jwk.get("kty") != _JWK_TYPE[kind]:
            raise KeyRefused("JWK: neither OKP with Ed25519, nor EC with P-256 or P-384, nor RSA")
        if jwk.get("use", "sig") != "sig" or "verify" not in jwk.get("key_ops", ["verify"]):
            raise KeyRefused("JWK: not meant for verifying signatures")
        if jwk.get("alg", _JWK_ALGORITHMS[kind][0]) not in _JWK_ALGORITHMS[kind]:
            raise KeyRefused(f"JWK: alg does not fit {kind}")
        if kind is KeyKind.RSA:
            if _octets(jwk, "e") != RSA_EXPONENT.to_bytes(3, "big"):
                raise KeyRefused(f"RSA: the exponent is not {RSA_EXPONENT}")
            return cls(kind, _octets(jwk, "n"))
        x = _coordinate(jwk, "x", kind)
        if kind is KeyKind.ED25519:
            return cls(kind, x)
        y = _coordinate(jwk, "y", kind)
        key = cls(kind, bytes([2 + y[-1] % 2]) + x)
        if key.to_jwk()["y"] != jwk["y"]:
            raise KeyRefused(f"JWK: the point is not on {kind}")
        return key

    def to_jwk(self) -> Document:
        """Return the key as a JSON Web Key: required members only, no `kid`, no `alg`."""
        if self.kind is KeyKind.RSA:
            exponent = multibase.base64url_encode(RSA_EXPONENT.to_bytes(3, "big"))
            return {"kty": "RSA", "n": multibase.base64url_encode(self.material), "e": exponent}
        jwk: Document = {"kty": _JWK_TYPE[self.kind], "crv": str(self.kind)}
        if self.kind is KeyKind.ED25519:
            return jwk | {"x": multibase.base64url_encode(self.material)}
        key = _point(self.kind, self.material)
        point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        middle = 1 + _COORDINATE_BYTES[self.kind]
        return jwk | {
            "x": multibase.base64url_encode(point[1:middle]),
            "y": multibase.base64url_encode(point[middle:]),
        }

    @classmethod
    def from_pem(cls, text: str) -> PublicKey:
        """Return the key of a PEM block that holds a SubjectPublicKeyInfo; raises `KeyRefused`.

        Of the kinds in `SIGNING_KINDS`: the files of our own keys are read so too. The block may be surrounded by white space and by nothing else.
        """
        if not isinstance(text, str) or len(text) > _MAXIMUM_PEM_CHARACTERS:
            raise KeyRefused(f"PEM: not a text of at most {_MAXIMUM_PEM_CHARACTERS} characters")
        if "PRIVATE KEY" in text:
            raise KeyRefused("PEM: carries a private key", code="private_key")
        match = _PEM.fullmatch(text)
        if match is None:
            raise KeyRefused("PEM: not one block of a PUBLIC KEY")
        try:
            der = base64.b64decode("".join(match[1].split()), validate=True)
            key = load_der_public_key(der)
        except (binascii.Error, ValueError, UnsupportedAlgorithm):
            raise KeyRefused("PEM: not a public key") from None
        admitted = cls._from_cryptography(key)
        if admitted._spki() != der:
            raise KeyRefused("PEM: not the one way to write this key")
        return admitted

    @classmethod
    def _from_cryptography(cls, key: Any) -> PublicKey:
        if isinstance(key, ed25519.Ed25519PublicKey):
            return cls(KeyKind.ED25519, key.public_bytes_raw())
        if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
            point = key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
            return cls(KeyKind.P256, point)
        if isinstance(key, rsa.RSAPublicKey):
            numbers = key.public_numbers()
            if numbers.e != RSA_EXPONENT:
                raise KeyRefused(f"RSA: the exponent is not {RSA_EXPONENT}")
            return cls(KeyKind.RSA, numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big"))
        raise KeyRefused("PEM: neither an Ed25519, nor a P-256, nor an RSA key")

    def to_pem(self) -> str:
        """Return the key as the PEM block of its SubjectPublicKeyInfo."""
        body = base64.b64encode(self._spki()).decode()
        lines = [body[start : start + 64] for start in range(0, len(body), 64)]
        return "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""])

    def _spki(self) -> bytes:
        return _loaded(self).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def verify(self, signature: bytes, message: bytes) -> None:
        """Return if `signature` is by this key over `message`; raises `BadSignature`.

        `signature` is RFC 8032 for Ed25519; R followed by S, over SHA-256, for P-256, over SHA-384
        for P-384, where S may be either of its two values; RSASSA-PKCS1-v1_5 over SHA-256 for RSA. Its length is `signature_bytes`.
        """
        if len(signature) != self.signature_bytes:
            expected = self.signature_bytes
            raise BadSignature(f"a signature of {len(signature)} bytes, expected {expected}")
        key = _loaded(self)
        try:
            if isinstance(key, ed25519.Ed25519PublicKey):
                key.verify(signature, message)
            elif isinstance(key, rsa.RSAPublicKey):
                key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
            else:
                half = len(signature) // 2
                r, s = (
                    int.from_bytes(part, "big") for part in (signature[:half], signature[half:])
                )
                algorithm = ec.ECDSA(_ECDSA_HASHES[self.kind])
                key.verify(encode_dss_signature(r, s), message, algorithm)
        except InvalidSignature:
            raise BadSignature("the signature is not by this key over these bytes") from None


@functools.lru_cache(maxsize=64)
def _loaded(
    key: PublicKey,
) -> ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey:
    if key.kind is KeyKind.ED25519:
        return ed25519.Ed25519PublicKey.from_public_bytes(key.material)
    if key.kind in _CURVES:
        return _point(key.kind, key.material)
    modulus = int.from_bytes(key.material, "big")
    return rsa.RSAPublicNumbers(RSA_EXPONENT, modulus).public_key()


def _admit_rsa(material: bytes) -> None:
    """Refuse a modulus of another length, written with leading zeros, or easily factored."""
    modulus = int.from_bytes(material, "big")
    if modulus.bit_length() not in RSA_BITS:
        bits = f"{RSA_BITS.start} to {RSA_BITS.stop - 1}"
        raise KeyRefused(f"RSA: a modulus of {modulus.bit_length()} bits, expected {bits}")
    if material[0] == 0:
        raise KeyRefused("RSA: the modulus begins with a zero")
    if math.gcd(modulus, _SMALL_PRIMES_PRODUCT) != 1:
        raise KeyRefused("RSA: the modulus has a small factor")


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


def _point(kind: KeyKind, point: bytes) -> ec.EllipticCurvePublicKey:
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(_CURVES[kind], point)
    except ValueError:
        raise KeyRefused(f"{kind}: the point is not on the curve") from None


def _octets(jwk: Document, name: str) -> bytes:
    value = jwk.get(name)
    try:
        return multibase.base64url_decode(value) if isinstance(value, str) else b""
    except BadEncoding as error:
        raise KeyRefused(f"JWK: {name}: {error.message}") from None


def _coordinate(jwk: Document, name: str, kind: KeyKind) -> bytes:
    data, expected = _octets(jwk, name), _COORDINATE_BYTES[kind]
    if len(data) != expected:
        raise KeyRefused(f"JWK: {name} is not {expected} bytes of base64url")
    return data
