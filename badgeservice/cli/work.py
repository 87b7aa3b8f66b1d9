"""The commands that do the jobs, and show them to the operator."""

from __future__ import annotations

import json

import click

from badgeservice import worker
from badgeservice.app import create_app
from badgeservice.cli import opening
from badgeservice.jobs import queue


@click.command("worker")
def work() -> None:
    """Do the jobs that wait, and those that come, until SIGTERM; run as many as there are cores."""
    worker.run_until_told(create_app())


@click.group()
def jobs() -> None:
    """The jobs that are not done: waiting, at work, failed."""


@jobs.command("list")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
def list_jobs(as_json: bool) -> None:
    """List the jobs that are not done, the oldest first."""
    with opening.installation() as (session, _):
        rows = [
            {
                "id": job.id,
                "kind": job.kind,
                "state": str(job.state),
                "done": job.done,
                "total": job.total,
                "attempts": job.attempts,
                "problem": job.problem,
                "created": job.created_at.isoformat(),
            }
            for job in queue.unfinished(session)
        ]
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        of = "" if row["total"] is None else f" of {row['total']}"
        problem = f", {row['problem']}" if row["problem"] else ""
        click.echo(f"{row['id']} {row['kind']}: {row['state']}, {row['done']}{of} done{problem}")
    click.echo(f"{len(rows)} job(s) not done")


@jobs.command()
@click.argument("job", metavar="ID")
def retry(job: str) -> None:
    """Have the failed job ID tried again, from where it was."""
    with opening.installation() as (session, _):
        revived = queue.retry(session, job)
        session.commit()
        click.echo(f"{revived.id} {revived.kind} waits again")
