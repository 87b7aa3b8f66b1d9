"""`badgeservice issuers`: from a list that somebody writes to one that is followed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from sqlalchemy.orm import Session

from badgeservice.cli.issuers import make_issuers_command
from badgeservice.errors import IssuerListNotFound, IssuerListRefused
from badgeservice.extensions import Services, db, services
from badgeservice.openbadges import timestamps
from badgeservice.trust.models import IssuerKey
from tests.trust.publisher import ENTRY, ID, Publisher

NETWORK = Publisher()

Ask = Callable[..., Result]


@pytest.fixture
def ask(app: Flask) -> Iterator[Ask]:
    """Run a command against one installation, in this process."""

    @contextmanager
    def opened() -> Iterator[tuple[Session, Services]]:
        yield db.session, services()

    with app.app_context():
        command = make_issuers_command(opened)
        yield lambda *arguments: CliRunner().invoke(command, [str(each) for each in arguments])


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """The publisher's key, as OpenSSL writes it."""
    path = tmp_path / "key.pem"
    path.write_bytes(in_pem(NETWORK.private))
    return path


def in_pem(private) -> bytes:
    """Return a private key as OpenSSL writes it."""
    return private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def test_the_life_of_a_list(ask: Ask, key_file: Path, tmp_path: Path) -> None:
    """Written, signed, followed, shown, a key confirmed, removed."""
    now = services().clock()
    entry = ENTRY | {"since": "2026-10-03T00:00:00Z", "frameworks": ["CRCN"]}
    until = timestamps.write(now - timedelta(seconds=1))
    written, signed = tmp_path / "list.json", tmp_path / "signed.json"
    written.write_text(
        json.dumps(NETWORK.list(entry, issued=timestamps.write(now), validUntil=until))
    )

    answer = ask("sign", written, "--key", key_file)
    assert (0, f"{NETWORK.did}\n") == (answer.exit_code, answer.stderr)
    signed.write_text(answer.stdout)

    assert isinstance(ask("import", signed).exception, IssuerListRefused)
    answer = ask("import", signed, "--publisher", NETWORK.did)
    assert f"{ID} followed: 1 issuer(s)\n" == answer.stdout

    school = "https://school.example"
    for number, thumbprint in enumerate(("first", "second")):
        seen = now + timedelta(seconds=number)
        db.session.add(IssuerKey(issuer=school, thumbprint=thumbprint, first_seen=seen))
    db.session.commit()
    shown = ask("show").stdout
    assert f"{ID} · The network\n  by {NETWORK.did}\n" in shown
    assert f"valid until {until}, EXPIRED" in shown
    assert f"{school} · Example School\n    because: Signed our charter." in shown
    assert "for badges from 2026-10-03T00:00:00Z" in shown
    assert "for the framework CRCN" in shown
    assert f"key first, first seen {timestamps.write(now)}: counts" in shown
    assert shown.endswith("NOT CONFIRMED\n")

    assert isinstance(ask("confirm", school, "third").exception, IssuerListNotFound)
    assert f"second counts for {school}\n" == ask("confirm", school, "second").stdout
    assert "NOT CONFIRMED" not in ask("show").stdout

    assert f"{ID} removed\n" == ask("remove", ID).stdout
    assert "" == ask("show").stdout


@pytest.mark.parametrize(
    "written", [b"no key", in_pem(ec.derive_private_key(7, ec.SECP256R1()))], ids=["text", "P-256"]
)
def test_a_key_of_another_kind_does_not_sign(
    ask: Ask, tmp_path: Path, key_file: Path, written: bytes
) -> None:
    """A sentence, and no trace of the program."""
    key_file.write_bytes(written)
    document = tmp_path / "list.json"
    document.write_text(json.dumps(NETWORK.list()))

    refused = ask("sign", document, "--key", key_file).exception

    assert isinstance(refused, IssuerListRefused)
    assert f"{key_file}: no Ed25519 key in PEM, or one with a passphrase" == refused.message
