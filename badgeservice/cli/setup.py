"""The command that sets an installation up."""

from __future__ import annotations

import os

import click

from badgeservice.cli import opening
from badgeservice.core import utc_now
from badgeservice.installation import prepare_database, prepare_files
from badgeservice.settings import Settings


@click.command()
def setup() -> None:
    """Make secrets, keys, tables and seeds that are missing; keep what exists."""
    settings = Settings.from_environment(os.environ)
    now = utc_now()
    made = prepare_files(settings, now=now)
    with opening.installation(settings) as (session, here):
        made += prepare_database(session, here.office.issuer, settings, now=now)
    for thing in made:
        click.echo(f"made {thing}")
    if not made:
        click.echo("everything is there already")
