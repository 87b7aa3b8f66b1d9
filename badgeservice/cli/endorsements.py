"""The commands `badgeservice endorse` and `badgeservice endorsements`: given, and received."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, time
from pathlib import Path

import click
from sqlalchemy.orm import Session

from badgeservice import documents
from badgeservice.cli import opening
from badgeservice.extensions import Services
from badgeservice.issuing import endorse, endorsements
from badgeservice.verification.words import Language

OpenInstallation = Callable[[], AbstractContextManager[tuple[Session, Services]]]
"""Opens the running installation: a database session and its services."""

_ADMINISTRATOR = "administrator"


def make_endorse_command(open_installation: OpenInstallation) -> click.Command:
    """Return the command that gives an endorsement."""

    @click.command("endorse")
    @click.argument("endorsed", metavar="ACHIEVEMENT-ADDRESS")
    @click.option("--name", required=True, metavar="NAME", help="The title of the endorsement.")
    @click.option("--comment", required=True, metavar="TEXT", help="What is said, in Markdown.")
    @click.option(
        "--lang", "language", type=click.Choice(["fr", "en"]), default="fr", show_default=True
    )
    @click.option(
        "--valid-until", "day", type=click.DateTime(["%Y-%m-%d"]), help="Its last day (UTC)."
    )
    @click.option(
        "--out",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Write the signed endorsement here instead of printing it.",
    )
    def give(
        endorsed: str,
        name: str,
        comment: str,
        language: Language,
        day: datetime | None,
        out: Path | None,
    ) -> None:
        """Endorse a badge class of another organisation, by the address that is its id."""
        with open_installation() as (session, here):
            content = endorse.give(
                session,
                here.office,
                endorsed=endorsed,
                name=name,
                comment=comment,
                language=language,
                valid_until=datetime.combine(day, time(23, 59, 59), UTC) if day else None,
                actor=_ADMINISTRATOR,
                now=here.clock(),
            )
        if out:
            out.write_bytes(content)
            click.echo(out)
        else:
            click.echo(content.decode())

    return give


def make_endorsements_command(open_installation: OpenInstallation) -> click.Command:
    """Return the commands for the endorsements that others gave us, and for taking ours back."""

    @click.group("endorsements")
    def group() -> None:
        """Keep endorsements of our badge classes by others; take back those that we gave."""

    @group.command("add")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option(
        "--documents",
        "folder",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        metavar="DIR",
        help="Answer every address from DIR/index.json: the endorser's keys and status list.",
    )
    def add(file: Path, folder: Path | None) -> None:
        """Verify the endorsement in FILE and, if it is good, embed it in badges from now on.

        Adding it again verifies it anew.
        """
        with file.open("rb") as opened:
            data = opened.read(endorsements.MAXIMUM_BYTES + 1)
        with open_installation() as (session, here):
            fetch = documents.directory_fetch(folder) if folder else here.desk.sources().fetch
            kept = endorsements.add(
                session, here.office, data, fetch=fetch, actor=_ADMINISTRATOR, now=here.clock()
            )
            click.echo(f"{kept.row.address} verified and kept, for {kept.row.achievement}")
            if kept.replaces:
                click.echo(f"it takes the place of {kept.replaces}")

    @group.command("list")
    def list_() -> None:
        """Show what is kept: which endorsement, of which class, by whom, until when."""
        with open_installation() as (session, _):
            for row in endorsements.everything(session):
                until = f", valid until {row.valid_until:%Y-%m-%d}" if row.valid_until else ""
                click.echo(
                    f"{row.address}\n  of {row.achievement}\n  by {row.endorser}"
                    f", verified on {row.verified_at:%Y-%m-%d}{until}"
                )

    @group.command("remove")
    @click.argument("address")
    def remove(address: str) -> None:
        """Embed the endorsement with the id ADDRESS no longer; badges that carry it keep it."""
        with open_installation() as (session, here):
            for row in endorsements.remove(
                session, address, actor=_ADMINISTRATOR, now=here.clock()
            ):
                click.echo(f"{row.address} removed from {row.achievement}")

    @group.command("take-back")
    @click.argument("address")
    def take_back(address: str) -> None:
        """Take back the endorsement ADDRESS that we gave: its place in our list then says so."""
        with open_installation() as (session, here):
            row = endorse.take_back(
                session, here.office, address, actor=_ADMINISTRATOR, now=here.clock()
            )
            click.echo(f"{row.address} taken back on {row.withdrawn_at:%Y-%m-%d}")

    return group


endorse_command = make_endorse_command(opening.installation)
endorsements_command = make_endorsements_command(opening.installation)
