"""The commands `badgeservice keys …`: the life of a signing key, from the operator's side."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click
from sqlalchemy import inspect

from badgeservice.cli import opening
from badgeservice.core import open_keyring, utc_now
from badgeservice.errors import BadTimestamp, KeyChangeRefused
from badgeservice.issuing import issuer, key_chain, key_documents, status_lists
from badgeservice.issuing.issuer import Issuer
from badgeservice.issuing.key_registry import KeyState, RegisteredKey
from badgeservice.issuing.keyring import Keyring
from badgeservice.openbadges import strict_json, timestamps
from badgeservice.openbadges.keys import SIGNING_KINDS
from badgeservice.settings import Settings
from badgeservice.storage import chain

OPERATOR = "operator"
_KINDS = {kind.name.lower(): kind for kind in SIGNING_KINDS}
_kind = click.argument("kind", type=click.Choice(list(_KINDS)))

_token = click.option(
    "--token", metavar="LABEL", help="Let it live in this PKCS#11 token; default: in a file."
)


@click.group()
def keys() -> None:
    """The signing keys: made, in use, retired, compromised."""


@keys.command()
@_kind
@_token
def new(kind: str, token: str | None) -> None:
    """Make a key of KIND; it signs from now on, and the present one stays able to."""
    with _changing() as (keyring, now):
        fresh = keyring.new(_KINDS[kind], token=token, now=now)
        click.echo(f"{fresh.kid} signs from now on")


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
def list_(as_json: bool) -> None:
    """List every key that ever was; exit 1 when one that signs does not prove itself."""
    _, keyring = _open()
    entries, problems = list(keyring.entries.values()), keyring.problems()
    if as_json:
        click.echo(json.dumps([_as_json(entry) for entry in entries]))
    else:
        for row in _table(entries):
            click.echo(row)
    for problem in problems:
        raise problem


@keys.command()
@_kind
@_token
def rotate(kind: str, token: str | None) -> None:
    """Make a key of KIND that takes over; the present ones sign no more and verify for ever."""
    with _changing() as (keyring, now):
        fresh = keyring.rotate(_KINDS[kind], token=token, now=now)
        click.echo(f"{fresh.kid} signs from now on; the former {kind} keys are retired")


@keys.command()
@click.argument("kid")
def retire(kid: str) -> None:
    """Let the key KID sign no more; its badges stay verifiable for ever."""
    with _changing() as (keyring, now):
        keyring.retire(kid, now=now)
        click.echo(f"{kid} is retired")


@keys.command()
@click.argument("kid")
@click.option(
    "--since",
    required=True,
    metavar="TIME",
    help="From when somebody else may have had it, for example 2026-11-23T09:00:00Z.",
)
def compromised(kid: str, since: str) -> None:
    """Say that somebody else may have signed with the key KID since TIME."""
    try:
        moment = timestamps.read(since)
    except BadTimestamp as error:
        raise KeyChangeRefused(f"--since: {error.message} (2026-11-23T09:00:00Z)") from None
    with _changing() as (keyring, now):
        key, successor = keyring.compromise(kid, since=moment, now=now)
        click.echo(f"{kid} is compromised since {timestamps.write(moment)} and signs no more")
        if successor:
            click.echo(f"{successor.kid} signs from now on")
    for line in _what_next(key):
        click.echo(line)


@keys.command("accept-clock")
def accept_clock() -> None:
    """Say that the clock is right now, after something was signed while it ran ahead."""
    now = utc_now()
    with opening.installation() as (session, here):
        here.office.log.accept_clock(now)
        chain.append(
            session, actor=OPERATOR, action="accept-clock", subject="clock", details={}, now=now
        )
        session.commit()
    click.echo(f"the signer takes {timestamps.write(now)} as the time")


@keys.command("export-did")
@click.argument(
    "folder", metavar="[DIR]", default=".", type=click.Path(file_okay=False, path_type=Path)
)
def export_did(folder: Path) -> None:
    """Write did.json, jwks.json and each key's document below DIR, as a static host serves them."""
    described, keyring = _open()
    for path, document in key_documents.all_of(described, keyring).items():
        target = folder / path.removeprefix("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(strict_json.dumps(document))
        click.echo(str(target))


def _open() -> tuple[Issuer, Keyring]:
    settings = Settings.from_environment(os.environ)
    described = issuer.load(settings.issuer_path, base_url=settings.base_url)
    return described, open_keyring(settings, described)


@contextmanager
def _changing() -> Iterator[tuple[Keyring, datetime]]:
    """Open the keys for a change, and tell the audit chain of it where there is a database.

    The registry is written first: it is what decides. If telling fails, `badgeservice setup` tells.
    """
    described, keyring = _open()
    now = utc_now()
    yield keyring, now
    settings = Settings.from_environment(os.environ)
    if not settings.database_url and not settings.database_file.exists():
        return
    with opening.installation(settings) as (session, here):
        if not inspect(session.get_bind()).has_table("audit_event"):
            return
        # What we publish is signed by a key that strangers believe, from the same moment on.
        status_lists.publish_compromised(session, here.office, now=now)
        key_chain.tell(session, described, here.office.keyring, actor=OPERATOR, now=now)
        session.commit()


def _what_next(key: RegisteredKey) -> list[str]:
    return [
        "What to do now:",
        f"  badgeservice reissue --key {key.kid}   signs its badges anew, so that they are good "
        "to strangers again",
        "  change the passphrase and the machine's access, if the key left by way of them",
        "  badgeservice audit   shows what was signed and is not in the register",
        "Our own pages go on telling the genuine from the forged: the register decides.",
    ]


def _as_json(entry: RegisteredKey) -> dict[str, str | None]:
    def instant(moment: datetime | None) -> str | None:
        return None if moment is None else timestamps.write(moment)

    return {
        "kid": entry.kid,
        "kind": str(entry.kind),
        "state": str(entry.state),
        "token": entry.token,
        "created": instant(entry.created),
        "retired": instant(entry.retired),
        "compromised": instant(entry.compromised),
        "reported": instant(entry.reported),
    }


def _table(entries: list[RegisteredKey]) -> Iterator[str]:
    """Yield a line a key: name, kind, state, and the interval in which it signed."""
    width = max([len("KEY"), *(len(entry.kid) for entry in entries)])
    yield f"{'KEY':{width}}  {'KIND':7}  {'STATE':11}  FROM                  UNTIL"
    for entry in entries:
        until = timestamps.write(entry.retired) if entry.retired else "-"
        since = ""
        if entry.state is KeyState.COMPROMISED and entry.compromised:
            since = f"  suspected since {timestamps.write(entry.compromised)}"
        yield (
            f"{entry.kid:{width}}  {entry.kind:7}  {entry.state:11}  "
            f"{timestamps.write(entry.created)}  {until}{since}"
        )
