"""The commands that make personal data go: erasure, its replay, and what is kept no longer."""

from __future__ import annotations

import click

from badgeservice import tasks
from badgeservice.cli import opening
from badgeservice.erasure import erase as erasing
from badgeservice.erasure.ledger import Choice
from badgeservice.errors import PersonNotFound
from badgeservice.people import accounts, email_address
from badgeservice.sharing import holdings


@click.command()
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
    with opening.installation() as (session, here):
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
            actor=opening.ADMINISTRATOR,
            now=here.clock(),
        )
    click.echo(f"erased; {done.badges} badge(s) in the register, {done.withdrawn} withdrawn now")


@click.command("replay-erasures")
def replay_erasures() -> None:
    """Erase again, after a backup was restored, whom the ledger says was erased."""
    with opening.installation() as (session, here):
        again = erasing.replay(session, here.office, here.erasures, here.mailer, now=here.clock())
    click.echo(f"{len(again)} person(s) erased again")


@click.command()
def purge() -> None:
    """Forget what nothing keeps any longer, as the worker does every night."""
    with opening.installation() as (session, here):
        forgotten = tasks.forget(session, here.vault, now=here.clock())
        session.commit()
    click.echo(", ".join(f"{count} {what}" for what, count in forgotten.items()) + " removed")
