"""The commands of whoever runs the service: backup, restore, doctor, halt and resume."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import click

from badgeservice import fetching
from badgeservice.cli import opening
from badgeservice.core import create_core, utc_now
from badgeservice.errors import BackupFailed, BadgeserviceError
from badgeservice.extensions import db, services
from badgeservice.fetching import Guard
from badgeservice.issuing import halting, issue
from badgeservice.operations import backup as copying
from badgeservice.operations import doctor as examining
from badgeservice.operations import restore as putting_back
from badgeservice.operations.doctor import Finding, Health, Patient
from badgeservice.operations.restore import Newer, Restored
from badgeservice.settings import Settings
from badgeservice.storage import files

_OPERATOR = "operator"
_STANDARD_STREAM = Path("-")
_MARKS = {Health.OK: "ok", Health.ATTENTION: "ATTENTION", Health.WRONG: "WRONG"}


@click.command("halt")
@click.option("--reason", default="", metavar="TEXT", help="For the operators; nobody else.")
def halt(reason: str) -> None:
    """Sign no badge from now on, in any process; pages, verification and revocation go on."""
    with opening.installation() as (session, here):
        is_new = halting.halt(session, reason=reason[:300], actor=_OPERATOR, now=here.clock())
    click.echo("issuing is halted" if is_new else "issuing was halted already")


@click.command("resume")
def resume() -> None:
    """Let badges be signed again, and sign what was accepted meanwhile.

    Exits 1 when one of these could not be signed; run it again.
    """
    problems = done = 0
    with opening.installation() as (session, here):
        was_halted = halting.resume(session, actor=_OPERATOR, now=here.clock())
        click.echo("issuing goes on" if was_halted else "issuing was not halted")
        for award in issue.unfinished(session):
            award_id = award.id
            try:
                issue.finish(session, here.office, award, now=here.clock())
            except BadgeserviceError as error:
                session.rollback()
                problems += 1
                click.echo(f"{award_id}: {error.message}", err=True)
            else:
                done += 1
    click.echo(f"{done} accepted badge(s) signed, {problems} not")
    sys.exit(1 if problems else 0)


@click.command("backup")
@click.argument("target", metavar="FILE|DIR|-", type=click.Path(path_type=Path))
def backup(target: Path) -> None:
    """Write a consistent copy of everything but the secrets, while the service runs.

    Into FILE, which must not exist; into DIR under a name with the time, made if its name has no
    ending; or, with -, to standard output, to be encrypted or sent on.
    """
    with opening.installation() as (_, here):
        now = here.clock()
        if target == _STANDARD_STREAM:
            told = copying.make(db.engine, here, sys.stdout.buffer, now=now)
            sys.stdout.buffer.flush()
        else:
            if not target.suffix and not target.exists():
                target.mkdir(mode=0o700, parents=True)
            if target.is_dir():
                target = target / f"badgeservice-{now:%Y%m%dT%H%M%SZ}.tar"
            told = _write_whole(target, lambda file: copying.make(db.engine, here, file, now=now))
            click.echo(target)
        copying.remember(here.settings, now=now)
    click.echo(f"{told['badges']} badge(s); head of the chain: {told['chain_head']}", err=True)


@click.command("restore")
@click.argument("source", metavar="BACKUP|-", type=click.Path(path_type=Path))
@click.option(
    "--keys",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="A newer copy of the keys folder.",
)
@click.option("--erasures", type=Path, metavar="FILE", help="A newer erasures.jsonl.")
@click.option("--revocations", type=Path, metavar="FILE", help="A newer revocations.jsonl.")
@click.option(
    "--published",
    "copies",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    metavar="FILE|DIR",
    help="Status lists as the public had them last; default: ask their public addresses.",
)
@click.option("--without-published", is_flag=True, help="Nobody has a copy of a status list.")
def restore(
    source: Path,
    keys: Path | None,
    erasures: Path | None,
    revocations: Path | None,
    copies: tuple[Path, ...],
    without_published: bool,
) -> None:
    """Put a backup back where nothing is yet, and let nothing be served before it is sound.

    Exits 1 when it refuses, and 2 when the audit finds something: then nothing is served either.
    """
    if copies and without_published:
        raise click.UsageError("give either --published or --without-published")
    settings = Settings.from_environment(os.environ)
    newer = Newer(keys, erasures, revocations, copies, without_published)
    # Our own public address is asked like a stranger's: somebody else may be answering there.
    guard = Guard(
        user_agent=f"badgeservice (+{settings.base_url})",
        networks=fetching.private_networks(settings.private_networks),
    )
    if source == _STANDARD_STREAM:
        done = _put_back(settings, sys.stdin.buffer, newer, guard)
    else:
        with source.open("rb") as file:
            done = _put_back(settings, file, newer, guard)
    _tell(done, settings)
    sys.exit(2 if done.violations else 0)


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
def doctor(as_json: bool) -> None:
    """Look at everything an operator wants to know of; exit 0, 1 (attention) or 2 (wrong)."""
    try:
        app = create_core()
    except BadgeserviceError as error:
        findings = [Finding("start", Health.WRONG, error.message, "the service does not start")]
    else:
        with app.app_context():
            here = services()
            findings = list(examining.examine(Patient(db.session, here, here.clock())))
            db.engine.dispose()
    if as_json:
        click.echo(json.dumps([vars(finding) for finding in findings], indent=1))
    else:
        for finding in findings:
            what = f"{finding.what}\n{'':26}→ {finding.do}" if finding.do else finding.what
            click.echo(f"{_MARKS[finding.health]:10}{finding.question:14}  {what}")
    worst = max(list(Health).index(finding.health) for finding in findings)
    sys.exit(worst)


def _write_whole(target: Path, write: Callable[[BinaryIO], dict[str, Any]]) -> dict[str, Any]:
    """Let a file appear under its name once it is whole and on the disk; its owner alone reads it."""
    if target.exists():
        raise BackupFailed(f"{target}: exists; a backup is never written over")
    partial = target.with_name(f"{target.name}.part")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            told = write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)
    files.flush_folder(target.parent)
    return told


def _put_back(settings: Settings, file: BinaryIO, newer: Newer, guard: Guard) -> Restored:
    return putting_back.restore(settings, file, newer, fetch=guard.get, now=utc_now())


def _tell(done: Restored, settings: Settings) -> None:
    for violation in done.violations:
        click.echo(f"{violation.question}: {violation.subject}: {violation.problem}", err=True)
    click.echo(f"{done.badges} badge(s) put back")
    click.echo(f"{done.changed} brought into the state that the ledger tells")
    click.echo(f"{done.erased} person(s) erased again")
    for number, version in done.lists.items():
        click.echo(f"status list {number} published anew, version {version}")
    click.echo(f"{done.carried} bit(s) kept that the public has and the register cannot explain")
    click.echo(f"{len(done.violations)} violation(s) found by the audit")
    if done.violations:
        click.echo(
            f"nothing is served until these are explained; then remove {settings.restoring_file}",
            err=True,
        )
    click.echo(
        f"issuing is halted: look first at what was changed since {done.made_at} (API keys, partners, "
        "members), then `badgeservice resume`",
        err=True,
    )
