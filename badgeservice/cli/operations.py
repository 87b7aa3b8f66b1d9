"""The commands of whoever runs the service: halt and resume issuing."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager

import click
from sqlalchemy.orm import Session

from badgeservice.cli import opening
from badgeservice.errors import BadgeserviceError
from badgeservice.extensions import Services
from badgeservice.issuing import halting, issue

OpenInstallation = Callable[[], AbstractContextManager[tuple[Session, Services]]]
"""Opens the running installation: a database session and its services."""

_OPERATOR = "operator"


def make_halt_command(open_installation: OpenInstallation) -> click.Command:
    """Return the command that stops issuing everywhere."""

    @click.command("halt")
    @click.option("--reason", default="", metavar="TEXT", help="For the operators; nobody else.")
    def command(reason: str) -> None:
        """Sign no badge from now on, in any process; pages, verification and revocation go on."""
        with open_installation() as (session, here):
            is_new = halting.halt(session, reason=reason[:300], actor=_OPERATOR, now=here.clock())
        click.echo("issuing is halted" if is_new else "issuing was halted already")

    return command


def make_resume_command(open_installation: OpenInstallation) -> click.Command:
    """Return the command that lets badges be signed again."""

    @click.command("resume")
    def command() -> None:
        """Let badges be signed again, and sign what was accepted meanwhile.

        Exits 1 when one of these could not be signed; run it again.
        """
        problems = done = 0
        with open_installation() as (session, here):
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

    return command


halt = make_halt_command(opening.installation)
resume = make_resume_command(opening.installation)
