"""Private keys at rest: made once, proved at start, refused with words that say how to mend."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from badgeservice.errors import KeyFileError
from badgeservice.issuing import keystore
from badgeservice.issuing.keystore import RegisteredKey
from badgeservice.openbadges.keys import KeyKind

PASSPHRASE = b"a passphrase for tests"


@pytest.fixture(params=[KeyKind.ED25519, KeyKind.P256])
def entry(request: pytest.FixtureRequest, tmp_path: Path, now: datetime) -> RegisteredKey:
    """A key of each kind, freshly made."""
    return keystore.create(
        tmp_path, issuer="demo", kid="key-1", kind=request.param, passphrase=PASSPHRASE, now=now
    )


def test_a_key_signs_what_its_registered_public_key_verifies(
    tmp_path: Path, entry: RegisteredKey
) -> None:
    """The pair on disk is the pair in the registry."""
    key = keystore.load(tmp_path, keystore.registry(tmp_path)[0], PASSPHRASE)

    key.public_key.verify(key.sign(b"message"), b"message")
    assert entry == keystore.registry(tmp_path)[0]


def test_nothing_secret_is_readable(tmp_path: Path, entry: RegisteredKey) -> None:
    """The file is encrypted and only its owner may read it."""
    path = tmp_path / "demo" / "key-1.pem"

    assert path.stat().st_mode & 0o777 == 0o400
    assert b"ENCRYPTED PRIVATE KEY" in path.read_bytes()


def test_a_key_is_never_overwritten(tmp_path: Path, entry: RegisteredKey, now: datetime) -> None:
    """The second key of one name is refused, even when the file has gone."""
    (tmp_path / "demo" / "key-1.pem").unlink()

    with pytest.raises(KeyFileError, match="never overwritten"):
        keystore.create(
            tmp_path, issuer="demo", kid="key-1", kind=KeyKind.P256, passphrase=PASSPHRASE, now=now
        )


def _replace(path: Path, content: bytes, mode: int = 0o400) -> None:
    path.unlink()
    path.write_bytes(content)
    path.chmod(mode)


def missing(path: Path) -> None:
    """The file is gone."""
    path.unlink()


def empty(path: Path) -> None:
    """The file is empty."""
    _replace(path, b"")


def truncated(path: Path) -> None:
    """The file ends half-way."""
    _replace(path, path.read_bytes()[:100])


def one_bit(path: Path) -> None:
    """One character of the body is another."""
    lines = path.read_bytes().splitlines(keepends=True)
    middle = bytearray(lines[2])
    middle[10] = ord("A") if middle[10] != ord("A") else ord("B")
    lines[2] = bytes(middle)
    _replace(path, b"".join(lines))


def other_key(path: Path) -> None:
    """A sound key, but not the one in the registry."""
    key = Ed25519PrivateKey.generate()
    _replace(
        path,
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSPHRASE)),
    )


def not_encrypted(path: Path) -> None:
    """A key that anyone who copies the file can use."""
    key = Ed25519PrivateKey.generate()
    _replace(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def readable_by_others(path: Path) -> None:
    """The mode lets the group read."""
    path.chmod(0o640)


def symbolic_link(path: Path) -> None:
    """The file is a link to somewhere else."""
    elsewhere = path.with_name("elsewhere")
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


@pytest.mark.parametrize(
    "damage",
    [
        missing,
        empty,
        truncated,
        one_bit,
        other_key,
        not_encrypted,
        readable_by_others,
        symbolic_link,
    ],
)
def test_damage_is_refused_with_the_file_named(
    tmp_path: Path, entry: RegisteredKey, damage: Callable[[Path], None]
) -> None:
    """Eight damaged files: no signature is made, and the sentence names the file."""
    damage(tmp_path / "demo" / "key-1.pem")

    with pytest.raises(KeyFileError, match=r"key-1\.pem: ."):
        keystore.load(tmp_path, entry, PASSPHRASE)


def test_another_passphrase_is_refused(tmp_path: Path, entry: RegisteredKey) -> None:
    """The sentence says where to look."""
    with pytest.raises(KeyFileError, match="check the passphrase file"):
        keystore.load(tmp_path, entry, b"another passphrase")


@pytest.mark.parametrize("content", ["", "{}x", '[{"kid": "key-1"}]', '{"kid": 1}'])
def test_a_registry_that_is_not_one_is_refused(tmp_path: Path, content: str) -> None:
    """A damaged registry never reads as "no keys", which would make new ones."""
    (tmp_path / "registry.json").write_text(content)

    with pytest.raises(KeyFileError, match="not a key registry"):
        keystore.registry(tmp_path)


def test_the_registry_tells_nothing_secret(tmp_path: Path, entry: RegisteredKey) -> None:
    """It may be published as it is."""
    line = json.loads((tmp_path / "registry.json").read_text())[0]

    assert {"issuer", "kid", "public_key", "created"} == set(line)
