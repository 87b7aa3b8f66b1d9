"""Private keys at rest: encrypted PKCS#8 files and a public registry beside them.

    keys/registry.json              what the world may know of each key
    keys/<issuer>/<kid>.pem         mode 0400, encrypted under the passphrase

A key proves at start that it is the one in the registry, by signing and verifying, before it signs
anything else. A retired key stays in the registry for ever: old badges still name it.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from badgeservice.errors import BadgeserviceError, KeyFileError
from badgeservice.openbadges.keys import KeyKind, PublicKey

REGISTRY = "registry.json"
_COORDINATE_BYTES = 32
_SELF_TEST = b"badgeservice key self-test"

_PrivateKey = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class RegisteredKey:
    """One line of the registry. `created` is RFC 3339; `public_key` is a Multikey."""

    issuer: str
    kid: str
    public_key: str
    created: str

    def decoded(self) -> PublicKey:
        """Return the public key itself."""
        return PublicKey.from_multikey(self.public_key)


@dataclass(frozen=True)
class SigningKey:
    """A loaded key. `sign` takes the message and returns the raw signature of its kind."""

    kid: str
    public_key: PublicKey
    sign: Callable[[bytes], bytes]


def create(
    keys_dir: Path, *, issuer: str, kid: str, kind: KeyKind, passphrase: bytes, now: datetime
) -> RegisteredKey:
    """Make a key pair, write it encrypted, and enter it in the registry.

    Raises KeyFileError when the key exists: a key is never overwritten.
    """
    path = _private_path(keys_dir, issuer, kid)
    if any(known.issuer == issuer and known.kid == kid for known in registry(keys_dir)):
        raise KeyFileError(f"{path}: this key exists; keys are never overwritten")
    if path.exists():
        raise KeyFileError(
            f"{path}: not in the registry. If {REGISTRY} was lost, restore it: keys are never "
            "overwritten. If this key was never used (a set-up that was cut short), move it away"
        )
    private = _generate(kind)
    entry = RegisteredKey(
        issuer=issuer,
        kid=kid,
        public_key=_public_key(private).to_multikey(),
        created=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase),
    )
    keys_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    _write_once(path, pem, mode=0o400)
    _replace(keys_dir / REGISTRY, [*registry(keys_dir), entry])
    return entry


def registry(keys_dir: Path) -> list[RegisteredKey]:
    """Return every key that was ever made, oldest first; empty when there is no registry yet.

    Raises KeyFileError when the file is not a registry.
    """
    path = keys_dir / REGISTRY
    try:
        text = path.read_text()
    except FileNotFoundError:
        return []
    try:
        return [RegisteredKey(**entry) for entry in json.loads(text)]
    except (ValueError, TypeError):
        raise KeyFileError(
            f"{path}: not a key registry; restore it from the backup of the keys folder"
        ) from None


def load(keys_dir: Path, entry: RegisteredKey, passphrase: bytes) -> SigningKey:
    """Return the signing key of a registry entry, proved by a signature.

    Raises KeyFileError, saying how to mend it, for a file that is missing, a symbolic link, readable
    by others, damaged, under another passphrase, or not the key in the registry.
    """
    path = _private_path(keys_dir, entry.issuer, entry.kid)
    pem = _read_guarded(path)
    try:
        private = serialization.load_pem_private_key(pem, password=passphrase)
    except TypeError:
        raise KeyFileError(
            f"{path}: the key is not encrypted; put back the encrypted file"
        ) from None
    except ValueError:
        raise KeyFileError(
            f"{path}: damaged, or encrypted under another passphrase; check the passphrase file, "
            "else restore the key from the backup"
        ) from None
    if not isinstance(private, ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey):
        raise KeyFileError(f"{path}: neither an Ed25519 nor a P-256 key")
    key = SigningKey(entry.kid, entry.decoded(), _signing(private))
    try:
        key.public_key.verify(key.sign(_SELF_TEST), _SELF_TEST)
    except BadgeserviceError:
        raise KeyFileError(
            f"{path}: not the key that the registry names {entry.kid}; restore both from one backup"
        ) from None
    return key


def _private_path(keys_dir: Path, issuer: str, kid: str) -> Path:
    return keys_dir / issuer / f"{kid}.pem"


def _generate(kind: KeyKind) -> _PrivateKey:
    if kind is KeyKind.ED25519:
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key(ec.SECP256R1())


def _public_key(private: _PrivateKey) -> PublicKey:
    public = private.public_key()
    if isinstance(public, ed25519.Ed25519PublicKey):
        return PublicKey(KeyKind.ED25519, public.public_bytes_raw())
    point = public.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
    )
    return PublicKey(KeyKind.P256, point)


def _signing(private: _PrivateKey) -> Callable[[bytes], bytes]:
    """Return the signing function: Ed25519 (RFC 8032), or ECDSA P-256 as R‖S (RFC 7518 §3.4)."""
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return private.sign

    def sign(message: bytes) -> bytes:
        r, s = decode_dss_signature(private.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(_COORDINATE_BYTES, "big") + s.to_bytes(_COORDINATE_BYTES, "big")

    return sign


def _read_guarded(path: Path) -> bytes:
    """Return the content of a private file; refuse links and files that others can read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError as error:
        raise KeyFileError(
            f"{path}: {error.strerror}; a key is a plain file of its own, never a link"
        ) from None
    with os.fdopen(descriptor, "rb") as file:
        mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
        if mode & 0o077:
            raise KeyFileError(f"{path}: mode {mode:04o} lets others read it; chmod 0400 {path}")
        return file.read()


def _write_once(path: Path, content: bytes, *, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _replace(path: Path, entries: list[RegisteredKey]) -> None:
    """Write the registry so that a reader sees the old one or the new one, never a part."""
    temporary = path.with_suffix(".tmp")
    with temporary.open("w") as file:
        json.dump([asdict(entry) for entry in entries], file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
