"""The command `badgeservice freeze`: the public site as files."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import click

from badgeservice.app import create_app
from badgeservice.extensions import services
from badgeservice.freeze import site
from badgeservice.settings import Settings

_EVERY = 100


@click.command("freeze")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def freeze(folder: Path) -> None:
    """Write everything public below DIR, for a server of files; run it again to bring it up to date.

    DIR/site is what the server shows, DIR/servers what it is to be told (docs/afterlife.md).
    """
    settings = Settings.from_environment(os.environ)
    # Each page is a request; a line for each would say nothing.
    app = create_app(replace(settings, log_level=_quiet(settings.log_level)))
    with app.app_context():
        now = services().clock()
    changes = site.freeze(app, folder, now=now, progress=_tell)
    click.echo(
        f"{changes.written} file(s) written, {changes.kept} as before, {changes.removed} removed"
    )


def _tell(done: int, total: int) -> None:
    if done % _EVERY == 0 or done == total:
        click.echo(f"{done} of {total} badge(s)", err=True)


def _quiet(level: str) -> str:
    return level if level in ("warning", "error") else "warning"
