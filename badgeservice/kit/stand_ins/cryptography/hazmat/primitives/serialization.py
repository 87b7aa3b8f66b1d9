"""How keys are written down, as the documents of Open Badges 2.0 have them."""

from __future__ import annotations

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import der
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.formats import Encoding, PublicFormat

__all__ = ["Encoding", "PublicFormat", "load_der_public_key"]


def load_der_public_key(data: bytes) -> Ed25519PublicKey | EllipticCurvePublicKey | RSAPublicKey:
    """Return the key of a SubjectPublicKeyInfo.

    Raises UnsupportedAlgorithm or ValueError for one that the verifier would not admit either.
    """
    if data.startswith(der.ED25519) and len(data) == len(der.ED25519) + 32:
        return Ed25519PublicKey.from_public_bytes(data.removeprefix(der.ED25519))
    if data.startswith(der.P256):
        point = data.removeprefix(der.P256)
        return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
    try:
        n, e = der.read_rsa(data)
    except ValueError as error:
        raise UnsupportedAlgorithm(str(error)) from None
    return RSAPublicNumbers(e, n).public_key()
