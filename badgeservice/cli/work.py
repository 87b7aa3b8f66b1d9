"""The command that does the jobs."""

from __future__ import annotations

import click

from badgeservice import worker
from badgeservice.app import create_app


@click.command("worker")
def work() -> None:
    """Do the jobs that wait, and those that come, until SIGTERM; run as many as there are cores."""
    worker.run(create_app())
