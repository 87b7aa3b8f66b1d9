"""The commands that check what we keep: the audit, and every decision taken again."""

from __future__ import annotations

import json
import re
import sys
from typing import TextIO

import click

from badgeservice.awarding import offers
from badgeservice.cli import opening
from badgeservice.issuing.audit import Violation, unstored
from badgeservice.issuing.audit.books import Part
from badgeservice.operations import audit as auditing
from badgeservice.storage import chain


def _part(_context: click.Context, _option: click.Parameter, typed: str) -> Part:
    """Return the part of several that was typed, as in `3/30`."""
    match = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", typed)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise click.BadParameter(f"{typed!a}: expected K/N as in 3/30")
    return Part(int(match[1]), int(match[2]))


@click.command()
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
@click.option(
    "--part",
    default="1/1",
    callback=_part,
    metavar="K/N",
    help="Verify the signatures of every N-th badge only, from the K-th on; default: of all.",
)
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
def audit(acknowledged: TextIO | None, since: str | None, part: Part, as_json: bool) -> None:
    """Check that all we keep agrees; exit 1 when something does not.

    Prints the head of the audit chain; keep it elsewhere, and hand it to the next audit.
    """
    with opening.installation() as (session, here):
        found = list(auditing.violations(session, here, part=part, now=here.clock()))
        if acknowledged:
            told = [opening.public_id(line.strip()) for line in acknowledged if line.strip()]
            found += unstored(session, told)
        if since and not chain.contains(session, since):
            found.append(Violation("chain", since, "no longer in the chain"))
        head = chain.head(session)
    if as_json:
        click.echo(json.dumps({"head": head, "violations": [vars(each) for each in found]}))
    else:
        for violation in found:
            click.echo(f"{violation.question}: {violation.subject}: {violation.problem}")
        click.echo(f"{len(found)} violation(s) of {', '.join(auditing.QUESTIONS)}")
        click.echo(f"head of the chain: {head}")
    sys.exit(1 if found else 0)


@click.command()
def replay() -> None:
    """Decide every award again from its dossier; exit 1 when a decision differs."""
    with opening.installation() as (session, here):
        differences = offers.replay(session, here.vault)
    for difference in differences:
        click.echo(str(difference))
    click.echo(f"{len(differences)} difference(s)")
    sys.exit(1 if differences else 0)
