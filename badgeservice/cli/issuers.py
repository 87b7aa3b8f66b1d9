"""The commands `badgeservice issuers …`: whose badges of others we believe, and on whose word."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from sqlalchemy.orm import Session

from badgeservice.cli import opening
from badgeservice.core import utc_now
from badgeservice.errors import IssuerListRefused
from badgeservice.extensions import Services
from badgeservice.openbadges import did, timestamps
from badgeservice.openbadges.keys import KeyKind, PublicKey
from badgeservice.trust import lists, shelf
from badgeservice.verification.issuers import KnownIssuer

OpenInstallation = Callable[[], AbstractContextManager[tuple[Session, Services]]]
"""Opens the running installation: a database session and its services."""

_ADMINISTRATOR = "administrator"
_file = click.Path(exists=True, dir_okay=False, path_type=Path)


def make_issuers_command(open_installation: OpenInstallation) -> click.Command:
    """Return the commands for the lists of known issuers."""

    @click.group("issuers")
    def group() -> None:
        """Follow signed lists of known issuers; everybody else's badges are amber at best."""

    @group.command("import")
    @click.argument("file", type=_file)
    @click.option(
        "--publisher",
        metavar="DID",
        help="The did:key that signs this list, as its publisher told you; once is enough.",
    )
    def import_(file: Path, publisher: str | None) -> None:
        """Verify the list in FILE and follow it, in place of the one with the same id."""
        with open_installation() as (session, here):
            found = shelf.take_in(
                session,
                _read(file),
                publisher=publisher,
                actor=_ADMINISTRATOR,
                now=here.clock(),
            )
            click.echo(f"{found.id} followed: {len(found.issuers)} issuer(s)")

    @group.command("show")
    def show() -> None:
        """Show every list, whom it names, for what and why, and the keys seen of them."""
        with open_installation() as (session, here):
            for row, found in shelf.followed(session):
                until = row.valid_until
                over = ", EXPIRED" if until and until < here.clock() else ""
                end = f", valid until {timestamps.write(until)}{over}" if until else ""
                click.echo(f"{found.id} · {found.name}\n  by {row.publisher}")
                click.echo(f"  issued {timestamps.write(found.issued)}{end}")
                for entry in found.issuers:
                    click.echo(f"  {entry.identifier} · {entry.name}")
                    click.echo(f"    because: {entry.reason}")
                    for line in _scope(entry):
                        click.echo(f"    {line}")
                    for number, key in enumerate(shelf.keys(session, entry.identifier)):
                        counts = number == 0 or key.confirmed_at is not None
                        state = "counts" if counts else "NOT CONFIRMED"
                        click.echo(
                            f"    key {key.thumbprint}, first seen "
                            f"{timestamps.write(key.first_seen)}: {state}"
                        )

    @group.command("remove")
    @click.argument("id")
    def remove(id: str) -> None:
        """Follow the list ID no longer; an older one of the same id stays refused."""
        with open_installation() as (session, here):
            shelf.remove(session, id, actor=_ADMINISTRATOR, now=here.clock())
            click.echo(f"{id} removed")

    @group.command("confirm")
    @click.argument("identifier")
    @click.argument("key")
    def confirm(identifier: str, key: str) -> None:
        """Let KEY, which `show` names, count for the issuer IDENTIFIER, once you have asked them."""
        with open_installation() as (session, here):
            shelf.confirm(session, identifier, key, actor=_ADMINISTRATOR, now=here.clock())
            click.echo(f"{key} counts for {identifier}")

    @group.command("sign")
    @click.argument("file", type=_file)
    @click.option(
        "--key",
        "key_file",
        required=True,
        type=_file,
        help="Your key: openssl genpkey -algorithm ed25519 -out FILE",
    )
    def sign(file: Path, key_file: Path) -> None:
        """Print the list in FILE, signed, and on standard error the DID to tell those who follow it."""
        private = _private_key(key_file)
        key = PublicKey(KeyKind.ED25519, private.public_key().public_bytes_raw())
        document = lists.loaded(_read(file))
        signed = lists.sign(document, sign=private.sign, key=key, now=utc_now())
        click.echo(json.dumps(signed, ensure_ascii=False, indent=2))
        click.echo(did.did_key(key), err=True)

    return group


def _read(file: Path) -> bytes:
    """Return a list's bytes, no more of them than what shows that it is too much."""
    with file.open("rb") as opened:
        return opened.read(lists.MAXIMUM_BYTES + 1)


def _private_key(file: Path) -> Ed25519PrivateKey:
    try:
        private = load_pem_private_key(file.read_bytes(), None)
    except (ValueError, TypeError):
        private = None
    if not isinstance(private, Ed25519PrivateKey):
        raise IssuerListRefused(f"{file}: no Ed25519 key in PEM, or one with a passphrase")
    return private


def _scope(entry: KnownIssuer) -> list[str]:
    """Return what an entry is bound to, a line each."""
    bounds = (("from", entry.since), ("until", entry.until))
    lines = [f"for badges {word} {timestamps.write(at)}" for word, at in bounds if at]
    lines += [f"for {each}" for each in entry.achievements]
    return lines + [f"for the framework {each}" for each in entry.frameworks]


issuers = make_issuers_command(opening.installation)
