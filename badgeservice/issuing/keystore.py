"""Private keys at rest: encrypted PKCS#8 files, one a key, never overwritten.

keys/<issuer>/<kid>.pem         mode 0400, encrypted under the passphrase
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from badgeservice.errors import KeyFileError, KeyRefused
from badgeservice.issuing import key_registry
from badgeservice.openbadges.keys import RSA_EXPONENT, KeyKind, PublicKey
from badgeservice.storage import files

RSA_BITS = 3072
"""What is recommended for keys that must be believed beyond 2030; a badge is for ten years."""

Sign = Callable[[bytes], bytes]
"""From a message to the raw signature of a kind of key, as `PublicKey.verify` takes it."""

_COORDINATE_BYTES = 32
_MOST_BYTES = 16_384
_RESTORE = "restore the file from the backup of the keys folder"
_OR_REPLACE = "or replace the key: `badgeservice keys rotate`"

_PrivateKey = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def path_of(keys_dir: Path, issuer: str, kid: str) -> Path:
    """Return where the private key of this name stands."""
    return keys_dir / issuer / f"{kid}.pem"


def create(path: Path, kind: KeyKind, passphrase: bytes) -> PublicKey:
    """Make a key pair, write its private key encrypted, and return its public key.

    Raises KeyFileError when the file exists: a key is never overwritten.
    """
    private = _generate(kind)
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase),
    )
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        files.create(path, pem, mode=0o400)
    except FileExistsError:
        raise KeyFileError(
            f"{path}: not in the registry. If {key_registry.REGISTRY} was lost, restore it: keys "
            "are never overwritten. If this key was never used (a command that was cut short), "
            "move it away"
        ) from None
    return _public_key(private)


def load(path: Path, passphrase: bytes) -> tuple[PublicKey, Sign]:
    """Return the public key of a file, and the function that signs with its private key.

    Raises KeyFileError, saying how to mend it, for a file that is missing, empty, a symbolic link,
    readable by others, damaged, under another passphrase, or of a kind that we do not sign with.
    """
    pem = _read_guarded(path)
    try:
        private = _decrypted(pem, passphrase)
    except TypeError:
        raise KeyFileError(
            f"{path}: the key is not encrypted; put back the encrypted file"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise KeyFileError(
            f"{path}: damaged, or encrypted under another passphrase; check the passphrase file, "
            f"else {_RESTORE}, {_OR_REPLACE}"
        ) from None
    if not isinstance(
        private, ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    ):
        raise KeyFileError(f"{path}: neither an Ed25519, nor a P-256, nor an RSA key; {_RESTORE}")
    try:
        return _public_key(private), _signing(private)
    except KeyRefused as error:
        raise KeyFileError(f"{path}: {error.message}; {_RESTORE}") from None


def _decrypted(pem: bytes, passphrase: bytes) -> object:
    return serialization.load_pem_private_key(pem, password=passphrase)


def _generate(kind: KeyKind) -> _PrivateKey:
    if kind is KeyKind.ED25519:
        return ed25519.Ed25519PrivateKey.generate()
    if kind is KeyKind.P256:
        return ec.generate_private_key(ec.SECP256R1())
    if kind is KeyKind.RSA:
        return rsa.generate_private_key(public_exponent=RSA_EXPONENT, key_size=RSA_BITS)
    raise KeyFileError(f"no key of the kind {kind} is made here")


def _public_key(private: _PrivateKey) -> PublicKey:
    """Return the public half; raises KeyRefused for a curve or size that nobody would believe."""
    pem = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return PublicKey.from_pem(pem.decode())


def _signing(private: _PrivateKey) -> Sign:
    """Return the signing function: Ed25519 (RFC 8032), ECDSA P-256 as R‖S, or RS256 (RFC 7518 §3)."""
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return private.sign
    if isinstance(private, rsa.RSAPrivateKey):
        rsa_key = private
        return lambda message: rsa_key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    ec_key = private

    def sign(message: bytes) -> bytes:
        r, s = decode_dss_signature(ec_key.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(_COORDINATE_BYTES, "big") + s.to_bytes(_COORDINATE_BYTES, "big")

    return sign


def _read_guarded(path: Path) -> bytes:
    """Return the content of a private file; refuse links and files that others can read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise KeyFileError(f"{path}: the key is missing; {_RESTORE}, {_OR_REPLACE}") from None
    except OSError as error:
        if path.is_symlink():
            raise KeyFileError(
                f"{path}: a link; a key is a file of its own: put it here itself"
            ) from None
        raise KeyFileError(
            f"{path}: {error.strerror}; let the user of the service read it, else {_RESTORE}"
        ) from None
    try:
        kind = os.fstat(descriptor).st_mode
        mode = stat.S_IMODE(kind)
        if not stat.S_ISREG(kind):
            raise KeyFileError(f"{path}: not a plain file; {_RESTORE}")
        if mode & 0o077:
            raise KeyFileError(f"{path}: mode {mode:04o} lets others read it; chmod 0400 {path}")
        content = os.read(descriptor, _MOST_BYTES)
    finally:
        os.close(descriptor)
    if not content:
        raise KeyFileError(f"{path}: empty; {_RESTORE}, {_OR_REPLACE}")
    return content
