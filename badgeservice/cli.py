"""The `badgeservice` command: argument parsing around the rooms, nothing else."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click
from flask import Flask
from sqlalchemy.orm import Session

from badgeservice import worker
from badgeservice.app import create_app, utc_now
from badgeservice.awarding import offers
from badgeservice.catalogue import classes
from badgeservice.catalogue.strength import Strength
from badgeservice.cli_catalogue import make_catalogue_command
from badgeservice.cli_endorsements import make_endorse_command, make_endorsements_command
from badgeservice.cli_freeze import freeze
from badgeservice.cli_issuers import make_issuers_command
from badgeservice.cli_keys import keys
from badgeservice.cli_operations import make_halt_command, make_resume_command
from badgeservice.cli_verify import make_verify_command
from badgeservice.erasure import erase as erasing
from badgeservice.erasure import traces
from badgeservice.erasure.ledger import Choice
from badgeservice.errors import AlreadyHeld, BadgeserviceError, PersonNotFound
from badgeservice.evidence.sources import manual
from badgeservice.extensions import Services, db, services
from badgeservice.installation import prepare_database, prepare_files
from badgeservice.issuing import audit as auditing
from badgeservice.issuing import editions, shelf, states
from badgeservice.issuing.build import Choices
from badgeservice.issuing.issue import accept_and_issue
from badgeservice.issuing.models import Badge, Format, Visibility
from badgeservice.kit import pack
from badgeservice.people import accounts, email_address, names, retention
from badgeservice.settings import Settings
from badgeservice.sharing import holdings
from badgeservice.storage import chain
from badgeservice.verification.fetching import Fetch
from badgeservice.verification.issuers import Issuers
from badgeservice.verification.register import Register
from badgeservice.verification.words import Language

ADMINISTRATOR = "administrator"
_FILES = {
    Format.JSON: "credential.json",
    Format.JWT: "credential.jwt",
    Format.JWT_RS256: "credential.rs256.jwt",
    Format.PNG: "badge.png",
    Format.SVG: "badge.svg",
    Format.OB2_JSON: "assertion.json",
    Format.OB2_JWS: "assertion.jws",
    Format.PNG_BOTH: "badge-both.png",
    Format.SVG_BOTH: "badge-both.svg",
}


@click.group()
@click.version_option(package_name="badgeservice")
def cli() -> None:
    """Turn evidence of learning into Open Badges that anyone can check."""


def main() -> None:
    """Run the command; what went wrong is one sentence on standard error and exit status 1."""
    try:
        cli()
    except BadgeserviceError as error:
        sentence = error.message
    except UnicodeError:
        sentence = "an argument or a file is not text in UTF-8"
    except OSError as error:  # a folder that cannot be written, a disk that is full
        sentence = f"{error.filename or 'input or output'}: {error.strerror or error}"
    else:
        return
    click.echo(f"badgeservice: {sentence}", err=True)
    sys.exit(1)


@cli.command()
def setup() -> None:
    """Make secrets, keys, tables and seeds that are missing; keep what exists."""
    settings = Settings.from_environment(os.environ)
    now = utc_now()
    made = prepare_files(settings, now=now)
    app = create_app(settings)
    with app.app_context():
        made += prepare_database(db.session, services().office.issuer, settings, now=now)
    for thing in made:
        click.echo(f"made {thing}")
    if not made:
        click.echo("everything is there already")


@cli.command()
@click.option("--badge", "slug", required=True, metavar="SLUG", help="The badge class.")
@click.option("--to", "email", required=True, metavar="EMAIL", help="Who receives it.")
@click.option("--name", metavar="NAME", help="The name to sign into the badge; default: none.")
@click.option(
    "--lang", "language", type=click.Choice(["fr", "en"]), default="fr", show_default=True
)
@click.option(
    "--strength",
    type=click.IntRange(0, 4),
    default=int(Strength.WORK_REVIEWED),
    show_default=True,
    help="What you vouch for: 0 declared, 1 online quiz, 2 attendance verified, "
    "3 work reviewed or skills observed, 4 observed at work.",
)
@click.option("--ob2", is_flag=True, help="Make it a badge of Open Badges 2.0 as well.")
@click.option("--statement", default="", help="What was seen, in one sentence; kept, not signed.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Write the files here."
)
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
def issue(
    slug: str,
    email: str,
    name: str | None,
    language: Language,
    strength: int,
    ob2: bool,
    statement: str,
    out: Path | None,
    as_json: bool,
) -> None:
    """Issue a badge as an administrator, on the strength of what you vouch for."""
    if out:
        out.mkdir(parents=True, exist_ok=True)  # before anything is signed
    with _installation() as (session, here):
        now = here.clock()
        office = here.office
        badge_class = classes.current(session, slug)
        person = accounts.find_or_create(
            session,
            here.vault,
            email=email,
            language=language,
            controller=accounts.organisation(session, office.issuer.slug),
            now=now,
        )
        if held := holdings.of_class(session, person.id, slug, now):
            raise AlreadyHeld(
                f"{email} holds this badge already: {held.address}. To issue it anew, revoke it first"
            )
        manual.record_manual(
            session,
            here.vault,
            person_id=person.id,
            badge_class=badge_class,
            strength=Strength(strength),
            agent=ADMINISTRATOR,
            organisation=office.issuer.slug,
            statement=statement,
            occurred_at=now,
            now=now,
        )
        award = offers.award_for(
            session, here.vault, person_id=person.id, badge_class=badge_class, now=now
        )
        badge = accept_and_issue(
            session,
            office,
            award_id=award.id,
            person_id=person.id,
            choices=Choices(
                language=language,
                name=names.normalise(name) if name else None,
                visibility=Visibility.LINK,
                ob2=ob2,
            ),
            actor=ADMINISTRATOR,
            now=now,
        )
        address = badge.address
        written = _write(session, here, badge, out) if out else {}
    if as_json:
        click.echo(json.dumps({"id": address, "files": written}))
        return
    click.echo(address)
    for path in written.values():
        click.echo(path)


@cli.command()
@click.argument("badge", metavar="ID")
@click.option(
    "--reason",
    type=click.Choice([str(reason) for reason in states.REVOCATION_REASONS]),
    required=True,
)
def revoke(badge: str, reason: str) -> None:
    """Revoke the badge ID (its address, or the last part of it) for a public reason."""
    with _installation() as (session, here):
        revoked = states.revoke(
            session,
            here.office,
            _public_id(badge),
            reason=states.Reason(reason),
            actor=ADMINISTRATOR,
            now=here.clock(),
        )
        click.echo(f"{revoked.address} {revoked.state} on {revoked.state_since:%Y-%m-%d}")


@cli.command()
@click.argument("badge", metavar="ID")
def suspend(badge: str) -> None:
    """Say that the badge ID is not to be relied on until it is reinstated."""
    with _installation() as (session, here):
        suspended = states.suspend(
            session, _public_id(badge), actor=ADMINISTRATOR, now=here.clock()
        )
        click.echo(f"{suspended.address} suspended on {suspended.state_since:%Y-%m-%d}")


@cli.command()
@click.argument("badge", metavar="ID")
def reinstate(badge: str) -> None:
    """Put the suspended badge ID in force again."""
    with _installation() as (session, here):
        again = states.reinstate(session, _public_id(badge), actor=ADMINISTRATOR, now=here.clock())
        click.echo(f"{again.address} in force again since {again.state_since:%Y-%m-%d}")


@cli.command()
@click.argument("badge", metavar="ID")
@click.option("--name", metavar="NAME", help="The name to sign into the badge instead.")
@click.option("--no-name", is_flag=True, help="Sign no name into the badge.")
@click.option(
    "--lang", "language", type=click.Choice(["fr", "en"]), help="Default: as it was signed."
)
def correct(badge: str, name: str | None, no_name: bool, language: Language | None) -> None:
    """Replace the badge ID by a corrected edition: same address, same QR code, same award date."""
    if (name is None) != no_name:
        raise click.UsageError("give either --name or --no-name")
    with _installation() as (session, here):
        public_id = _public_id(badge)
        present = states.get(session, public_id)
        corrected = editions.correct(
            session,
            here.office,
            public_id,
            choices=Choices(
                language=language or editions.language(session, present),
                name=names.normalise(name) if name else None,
                visibility=present.visibility,
                ob2=editions.has_ob2(session, present),
            ),
            actor=ADMINISTRATOR,
            now=here.clock(),
        )
        click.echo(f"{corrected.address} edition {corrected.edition}")


@cli.command("kit")
@click.argument("badge", metavar="ID")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Default: kit-ID.zip, here.",
)
def make_kit(badge: str, out: Path | None) -> None:
    """Write the offline kit of the badge ID: all it takes to verify it when nobody answers."""
    with _installation() as (session, here):
        found = states.get(session, _public_id(badge))
        path = out or Path(f"kit-{found.public_id}.zip")
        path.write_bytes(pack.pack(session, here.office, found, now=here.clock()))
    click.echo(path)


@cli.command()
@click.option("--key", "kid", required=True, metavar="KID", help="The key that signed them.")
def supersede(kid: str) -> None:
    """Sign anew every badge in force that the key KID signed; run it again if it is interrupted."""
    with _installation() as (session, here):
        method = here.office.issuer.method(kid)
        total = editions.count_signed_by(session, method, here.clock())
        problems = 0
        for done, result in enumerate(
            editions.supersede(
                session, here.office, method=method, actor=ADMINISTRATOR, clock=here.clock
            ),
            start=1,
        ):
            if result.problem:
                problems += 1
                click.echo(f"{result.public_id}: {result.problem}", err=True)
            if done % 100 == 0 or done == total:
                click.echo(f"{done} of {total}")
        click.echo(f"{total - problems} badge(s) signed anew, {problems} not")
    sys.exit(1 if problems else 0)


@cli.command()
@click.option(
    "--acknowledged",
    type=click.File(),
    help="A file with an address or id on each line that somebody was told of: all must be there.",
)
@click.option(
    "--since",
    metavar="HEAD",
    help="The head of the chain that an earlier audit printed: the chain must still contain it.",
)
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
def audit(acknowledged: TextIO | None, since: str | None, as_json: bool) -> None:
    """Check that all we keep agrees; exit 1 when something does not.

    Prints the head of the audit chain; keep it elsewhere, and hand it to the next audit.
    """
    with _installation() as (session, here):
        found = list(auditing.violations(session, here.office, now=here.clock()))
        if acknowledged:
            told = [_public_id(line.strip()) for line in acknowledged if line.strip()]
            found += auditing.unstored(session, told)
        if since and not chain.contains(session, since):
            found.append(auditing.Violation("chain", since, "no longer in the chain"))
        head = chain.head(session)
        found += [
            auditing.Violation("erased", subject, problem)
            for subject, problem in traces.findings(session, here.erasures)
        ]
    if as_json:
        click.echo(json.dumps({"head": head, "violations": [vars(each) for each in found]}))
    else:
        for violation in found:
            click.echo(f"{violation.question}: {violation.subject}: {violation.problem}")
        click.echo(f"{len(found)} violation(s) of {', '.join([*auditing.QUESTIONS, 'erased'])}")
        click.echo(f"head of the chain: {head}")
    sys.exit(1 if found else 0)


@cli.command()
def replay() -> None:
    """Decide every award again from its dossier; exit 1 when a decision differs."""
    with _installation() as (session, here):
        differences = offers.replay(session, here.vault)
    for difference in differences:
        click.echo(str(difference))
    click.echo(f"{len(differences)} difference(s)")
    sys.exit(1 if differences else 0)


@cli.command()
@click.argument("email")
@click.option(
    "--keep-badges/--withdraw-badges",
    "keep",
    default=None,
    help="Leave the copies of their badges authentic, or take these out of force.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(email: str, keep: bool | None, yes: bool) -> None:
    """Erase the person with this mail address; it cannot be undone."""
    if keep is None:
        raise click.UsageError("say --keep-badges or --withdraw-badges")
    with _installation() as (session, here):
        person = accounts.find(session, here.vault, email_address.parse(email))
        if person is None:
            raise PersonNotFound("nobody is known by this mail address")
        held = len(holdings.of_holder(session, person.id))
        fate = "stay authentic, without a name" if keep else "will be withdrawn"
        if not yes:
            click.confirm(f"Erase this person? {held} badge(s) {fate}", abort=True, err=True)
        done = erasing.erase(
            session,
            here.office,
            here.erasures,
            here.mailer,
            person_id=person.id,
            choice=Choice.KEEP_BADGES if keep else Choice.WITHDRAW_BADGES,
            actor=ADMINISTRATOR,
            now=here.clock(),
        )
    click.echo(f"erased; {done.badges} badge(s) in the register, {done.withdrawn} withdrawn now")


@cli.command("replay-erasures")
def replay_erasures() -> None:
    """Erase again, after a backup was restored, whom the ledger says was erased."""
    with _installation() as (session, here):
        again = erasing.replay(session, here.office, here.erasures, here.mailer, now=here.clock())
    click.echo(f"{len(again)} person(s) erased again")


@cli.command()
def purge() -> None:
    """Forget sign-in requests that are over and accounts that nobody confirmed within a day."""
    with _installation() as (session, here):
        persons = retention.purge_unconfirmed(session, here.vault, here.clock())
        requests = retention.purge_requests(session, here.clock())
        session.commit()
    click.echo(f"{persons} account(s) and {requests} sign-in request(s) removed")


@cli.command("worker")
def work() -> None:
    """Do the jobs that wait, and those that come, until SIGTERM; run as many as there are cores."""
    worker.run(create_app())


@contextmanager
def _installation() -> Iterator[tuple[Session, Services]]:
    """Open this installation: a database session, and the services of the application."""
    app: Flask = create_app()
    with app.app_context():
        yield db.session, services()


def _verifying() -> tuple[Fetch, Register, Issuers]:
    """Open this installation for the rest of the process: who answers its verifier."""
    app = create_app()
    app.app_context().push()
    here = services()
    sources = here.desk.sources()
    return sources.fetch, sources.register, here.desk.issuers(here.clock())


def _public_id(badge: str) -> str:
    """Return the public id in what was given: an address of a badge, or the id itself."""
    return badge.rsplit("/", 1)[-1]


def _write(session: Session, here: Services, badge: Badge, out: Path) -> dict[str, str]:
    written = {}
    for form in shelf.kept(session, badge):
        path = out / _FILES[form]
        path.write_bytes(shelf.take(session, here.vault, badge, form))
        written[str(form)] = str(path)
    return written


cli.add_command(make_verify_command(_verifying))
cli.add_command(make_endorse_command(_installation))
cli.add_command(make_endorsements_command(_installation))
cli.add_command(make_issuers_command(_installation))
cli.add_command(keys)
cli.add_command(freeze)
cli.add_command(make_catalogue_command(_installation))
cli.add_command(make_halt_command(_installation))
cli.add_command(make_resume_command(_installation))
