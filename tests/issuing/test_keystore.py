"""Private keys at rest: made once, refused when damaged with words that say how to mend."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from badgeservice.errors import KeyFileError
from badgeservice.issuing import keystore
from badgeservice.openbadges.keys import SIGNING_KINDS, KeyKind

PASSPHRASE = b"a passphrase for tests"


@pytest.fixture(params=SIGNING_KINDS)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A key of each kind, freshly made."""
    path = keystore.path_of(tmp_path, "demo", "key-1")
    keystore.create(path, request.param, PASSPHRASE)
    return path


@pytest.mark.parametrize("kind", SIGNING_KINDS)
def test_what_the_file_signs_its_public_key_verifies(tmp_path: Path, kind: KeyKind) -> None:
    """The pair that was made is the pair that is read."""
    made = keystore.create(tmp_path / "key.pem", kind, PASSPHRASE)

    found, sign = keystore.load(tmp_path / "key.pem", PASSPHRASE)

    assert made == found
    assert kind is found.kind
    found.verify(sign(b"message"), b"message")


def test_an_rsa_key_is_long_enough_for_ten_years(tmp_path: Path) -> None:
    """2048 bits are recommended until 2030 only."""
    made = keystore.create(tmp_path / "key.pem", KeyKind.RSA, PASSPHRASE)

    assert 3072 == made.signature_bytes * 8


def test_no_key_is_made_that_we_only_verify_with(tmp_path: Path) -> None:
    """P-384 is for others' badges: nothing of ours reads a file with such a key."""
    with pytest.raises(KeyFileError, match="P-384"):
        keystore.create(tmp_path / "key.pem", KeyKind.P384, PASSPHRASE)

    assert not (tmp_path / "key.pem").exists()


def test_nothing_secret_is_readable(path: Path) -> None:
    """The file is encrypted and only its owner may read it."""
    assert path.stat().st_mode & 0o777 == 0o400
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert b"ENCRYPTED PRIVATE KEY" in path.read_bytes()


def test_a_key_is_never_overwritten(path: Path) -> None:
    """The second key of one name is refused, and the first is as it was."""
    before = path.read_bytes()

    with pytest.raises(KeyFileError, match="never overwritten"):
        keystore.create(path, KeyKind.P256, PASSPHRASE)

    assert before == path.read_bytes()


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


def holding(private: object) -> Callable[[Path], None]:
    """Another sound key, under the passphrase."""

    def damage(path: Path) -> None:
        encryption = BestAvailableEncryption(PASSPHRASE)
        _replace(path, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))  # type: ignore[attr-defined]

    return damage


def a_folder(path: Path) -> None:
    """Something else has the name."""
    path.unlink()
    path.mkdir()


def a_pipe(path: Path) -> None:
    """Reading it would wait for ever."""
    path.unlink()
    os.mkfifo(path, 0o400)


def readable_by_all(path: Path) -> None:
    """The mode is that of any file."""
    path.chmod(0o644)


@pytest.mark.parametrize(
    ("damage", "mend"),
    [
        (missing, "missing; restore the file from the backup of the keys folder, or replace"),
        (empty, "empty; restore the file"),
        (truncated, "damaged.*check the passphrase file, else restore the file"),
        (one_bit, "damaged.*check the passphrase file, else restore the file"),
        (not_encrypted, "not encrypted; put back the encrypted file"),
        (readable_by_others, "mode 0640 lets others read it; chmod 0400 .*key-1"),
        (readable_by_all, "mode 0644 lets others read it; chmod 0400 .*key-1"),
        (symbolic_link, "a link; .*put it here itself"),
        (a_folder, "not a plain file; restore"),
        (a_pipe, "not a plain file; restore"),
        (holding(ed448.Ed448PrivateKey.generate()), "neither an Ed25519"),
        (holding(ec.generate_private_key(ec.SECP384R1())), "neither an Ed25519"),
        (holding(rsa.generate_private_key(public_exponent=3, key_size=2048)), "exponent"),
        (
            holding(rsa.generate_private_key(public_exponent=65_537, key_size=1024)),
            "1024 bits",
        ),
    ],
)
def test_damage_is_refused_with_words_that_say_how_to_mend_it(
    path: Path, damage: Callable[[Path], None], mend: str
) -> None:
    """No signature is made, and the sentence names the file."""
    damage(path)

    with pytest.raises(KeyFileError, match=rf"key-1\.pem: .*{mend}"):
        keystore.load(path, PASSPHRASE)


def test_another_passphrase_is_refused(path: Path) -> None:
    """The sentence says where to look."""
    with pytest.raises(KeyFileError, match="check the passphrase file"):
        keystore.load(path, b"another passphrase")
