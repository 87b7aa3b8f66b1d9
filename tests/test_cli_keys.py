"""`badgeservice keys …`, as an operator types it; and an installation whose key files are damaged."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)

from badgeservice.openbadges.keys import PublicKey
from tests.conftest import Run

BADGE = ("issue", "--badge", "crcn-4-1-beginner", "--to")


@pytest.fixture
def keys_dir(environment: dict[str, str], tmp_path: Path) -> Path:
    """The installation has keys of its own; those of the other tests stay as they are."""
    folder = tmp_path / "own-keys"
    shutil.copytree(environment["BADGESERVICE_KEYS_DIR"], folder)
    environment["BADGESERVICE_KEYS_DIR"] = str(folder)
    return folder


def listed(run: Run) -> dict[str, str]:
    """Every key with its state."""
    return {key["kid"]: key["state"] for key in json.loads(run("keys", "list", "--json").stdout)}


@pytest.mark.usefixtures("keys_dir")
def test_the_life_of_a_key(run: Run, tmp_path: Path) -> None:
    """New, rotated, retired, compromised; badges in between; the audit finds nothing."""
    steps: list[tuple[str, ...]] = [
        ("keys", "rotate", "p256"),
        (*BADGE, "a@example.org", "--out", str(tmp_path / "a")),
        ("keys", "new", "rsa"),
        ("keys", "retire", "rsa-1"),
        (*BADGE, "b@example.org", "--out", str(tmp_path / "b")),
    ]
    for step in steps:
        answer = run(*step)
        assert 0 == answer.returncode, answer.stderr
    since = next(
        key["created"]
        for key in json.loads(run("keys", "list", "--json").stdout)
        if key["kid"] == "ed25519-1"
    )

    stolen = run("keys", "compromised", "ed25519-1", "--since", since)

    assert 0 == stolen.returncode, stolen.stderr
    assert "ed25519-2 signs from now on" in stolen.stdout
    assert "badgeservice reissue --key ed25519-1" in stolen.stdout
    assert {
        "ed25519-1": "compromised", "p256-1": "retired", "rsa-1": "retired",
        "p256-2": "active", "rsa-2": "active", "ed25519-2": "active",
    } == listed(run)  # fmt: skip
    for badge in ("a", "b"):
        for name in ("credential.json", "credential.jwt"):
            verdict = run("verify", tmp_path / badge / name)
            assert 0 == verdict.returncode, verdict.stdout
    audit = run("audit")
    assert 0 == audit.returncode, audit.stdout
    again = run("reissue", "--key", "ed25519-1")
    assert "2 badge(s) signed anew, 0 not" in again.stdout
    audit = run("audit")
    assert 0 == audit.returncode, audit.stdout
    assert "everything is there already\n" == run("setup").stdout


@pytest.mark.usefixtures("keys_dir")
def test_list_shows_a_table(run: Run) -> None:
    """Name, kind, state, and the interval in which it signed."""
    answer = run("keys", "list")

    lines = answer.stdout.splitlines()
    assert ["KEY", "KIND", "STATE", "FROM", "UNTIL"] == lines[0].split()
    assert ["rsa-1", "RSA", "active", "2026-11-01T00:00:00Z", "-"] == lines[3].split()


@pytest.mark.usefixtures("keys_dir")
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("retire", "p256-1"), "p256-1 is the only P-256 key that signs"),
        (("retire", "p256-9"), "no such key of demo; there are: ed25519-1, p256-1, rsa-1"),
        (("compromised", "rsa-1", "--since", "2999-01-01T00:00:00Z"), "is in the future"),
        (("compromised", "rsa-1", "--since", "2026-10-01T00:00:00Z"), "was made later"),
        (("compromised", "rsa-9", "--since", "2026-11-02T00:00:00Z"), "no such key"),
        (("compromised", "rsa-1", "--since", "yesterday"), "not a date, a time and a zone"),
    ],
)
def test_what_cannot_be_is_refused(
    run: Run, keys_dir: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    """One sentence, exit 1, and nothing changed."""
    before = (keys_dir / "registry.json").read_bytes()

    answer = run("keys", *arguments)

    assert 1 == answer.returncode
    assert sentence in answer.stderr
    assert 1 == len(answer.stderr.splitlines())
    assert before == (keys_dir / "registry.json").read_bytes()


@pytest.mark.usefixtures("keys_dir")
def test_documents_for_a_static_host(run: Run, tmp_path: Path) -> None:
    """Where their addresses say, with the same content as the service gives."""
    answer = run("keys", "export-did", tmp_path / "site")

    assert 0 == answer.returncode, answer.stderr
    folder = tmp_path / "site" / "issuers" / "demo"
    document = json.loads((folder / "did.json").read_text())
    assert "did:web:localhost:issuers:demo" == document["id"]
    assert 3 == len(document["assertionMethod"])
    keys = json.loads((folder / "jwks.json").read_text())["keys"]
    assert {"EdDSA", "ES256", "RS256"} == {key["alg"] for key in keys}
    described = json.loads((folder / "keys" / "rsa-1").read_text())
    assert PublicKey.from_jwk(described["publicKeyJwk"]) == PublicKey.from_jwk(keys[2])


def test_keys_before_there_is_a_database(
    run: Run, environment: dict[str, str], tmp_path: Path
) -> None:
    """A key can be made first, for instance at a ceremony; set-up finds it and tells the chain."""
    data = Path(environment["BADGESERVICE_DATA_DIR"])
    environment |= {
        "BADGESERVICE_DATA_DIR": str(tmp_path / "empty"),
        "BADGESERVICE_DATABASE_URL": "",
        "BADGESERVICE_KEYS_DIR": str(tmp_path / "no-keys"),
        "BADGESERVICE_KEY_PASSPHRASE_FILE": str(data / "key-passphrase"),
    }

    made = run("keys", "new", "rsa")
    setup = run("setup")

    assert "rsa-1 signs from now on\n" == made.stdout, made.stderr
    assert 0 == setup.returncode, setup.stderr
    assert "made key demo/p256-1" in setup.stdout
    assert "made key demo/rsa-1" not in setup.stdout
    assert "made note in the audit chain of the key rsa-1" in setup.stdout
    assert 0 == run("audit").returncode


@pytest.mark.usefixtures("keys_dir")
def test_a_clock_that_ran_ahead(run: Run, environment: dict[str, str]) -> None:
    """Nothing is signed before the last signature, until the operator says which time is right."""
    log = Path(environment["BADGESERVICE_DATA_DIR"]) / "signer-log.jsonl"
    line = {"at": "2999-01-01T00:00:00+00:00", "purpose": "status_list", "subject": "urn:x"}
    kid = "did:web:localhost:issuers:demo#ed25519-1"
    with log.open("a") as file:
        file.write(json.dumps(line | {"method": kid, "digest": "0" * 64}) + "\n")

    refused = run(*BADGE, "a@example.org")
    accepted = run("keys", "accept-clock")
    issued = run(*BADGE, "a@example.org")

    assert 1 == refused.returncode
    assert "`badgeservice keys accept-clock`" in refused.stderr
    assert 0 == accepted.returncode, accepted.stderr
    assert 0 == issued.returncode, issued.stderr
    assert 0 == run("audit").returncode


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
    """One bit of the encrypted key is another."""
    lines = path.read_bytes().splitlines(keepends=True)
    line = bytearray(lines[-2])
    line[3] ^= 1
    _replace(path, b"".join([*lines[:-2], bytes(line), lines[-1]]))


def wrong_key(path: Path) -> None:
    """A sound key, under a passphrase of its own."""
    key = Ed25519PrivateKey.generate()
    _replace(
        path,
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"other")),
    )


def readable_by_all(path: Path) -> None:
    """The mode is 0644."""
    path.chmod(0o644)


def symbolic_link(path: Path) -> None:
    """The file is a link to somewhere else."""
    elsewhere = path.with_name("elsewhere")
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def wrong_passphrase(path: Path) -> None:
    """The passphrase file was mixed up with another."""
    secret = path.parents[2] / "data" / "key-passphrase"
    secret.chmod(0o600)
    secret.write_text("not the passphrase of these keys")


@pytest.mark.parametrize(
    ("damage", "mend"),
    [
        (missing, "restore the file from the backup of the keys folder, or replace the key"),
        (empty, "empty; restore the file"),
        (truncated, "check the passphrase file, else restore the file"),
        (one_bit, "check the passphrase file, else restore the file"),
        (wrong_key, "check the passphrase file, else restore the file"),
        (wrong_passphrase, "check the passphrase file"),
        (readable_by_all, "chmod 0400 "),
        (symbolic_link, "put it here itself"),
    ],
)
def test_a_damaged_key_stops_signing_and_not_reading(
    run: Run,
    keys_dir: Path,
    environment: dict[str, str],
    tmp_path: Path,
    damage: Callable[[Path], None],
    mend: str,
) -> None:
    """Eight cases: nothing signed, exit 1, words that say how to mend it; verification goes on."""
    made = run(*BADGE, "a@example.org", "--out", tmp_path / "badge")
    assert 0 == made.returncode, made.stderr
    log = Path(environment["BADGESERVICE_DATA_DIR"]) / "signer-log.jsonl"
    before = log.read_bytes()

    damage(keys_dir / "demo" / "ed25519-1.pem")

    for command in (("keys", "list"), ("setup",), (*BADGE, "b@example.org")):
        answer = run(*command)
        assert 1 == answer.returncode, command
        assert mend in answer.stderr.splitlines()[-1], command
    assert before == log.read_bytes()
    verdict = run("verify", tmp_path / "badge" / "credential.json")
    assert 0 == verdict.returncode, verdict.stdout + verdict.stderr
