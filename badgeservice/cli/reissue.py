"""The command `badgeservice reissue`: what a key signed is signed anew, by several processes."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from multiprocessing import connection
from multiprocessing.connection import Connection

import click
from sqlalchemy.orm import Session

from badgeservice.cli import opening
from badgeservice.errors import IssuingRefused
from badgeservice.extensions import Services
from badgeservice.issuing import reissue
from badgeservice.issuing.reissue import Reissued
from badgeservice.jobs import queue

_SHOWN_EVERY = 500
_MOST_PROCESSES = 4
"""The database takes one transaction at a time; more would wait for it."""


@click.command("reissue")
@click.option("--key", "kid", required=True, metavar="KID", help="The key that signed them.")
@click.option(
    "--processes",
    type=click.IntRange(1, _MOST_PROCESSES),
    default=lambda: min(os.cpu_count() or 1, _MOST_PROCESSES),
    help="How many sign at once, 100 MB each; default: one for each core, at most 4.",
)
@click.option("--later", is_flag=True, help="Leave it to the worker, and return.")
def command(kid: str, processes: int, later: bool) -> None:
    """Sign anew every badge in force that the key KID signed; run it again if it is interrupted."""
    with opening.installation() as (session, here):
        if kid not in (known := here.office.keyring.entries):
            raise IssuingRefused(f"{kid!r}: no such key; there are: {', '.join(known)}")
        method = here.office.issuer.method(kid)
        now = here.clock()
        reissue.refuse_unless_over(here.office, method)
        total = reissue.count(session, method, now=now)
        if later:
            arguments = {"key": kid, "actor": opening.ADMINISTRATOR}
            job = queue.enqueue(session, "reissue", arguments, now=now)
            session.commit()
            click.echo(f"{job.id}: {total} badge(s) to sign anew")
            return
        groups = reissue.groups(session, here.office, method, now=now)
        finished: Iterator[list[Reissued]]
        if total <= reissue.GROUP or processes == 1:
            finished = (_signed_anew(session, here, group, method) for group in groups)
        else:
            finished = _shared(groups, method, processes)
        problems = _reported(finished, total)
    sys.exit(1 if problems else 0)


def _reported(finished: Iterable[list[Reissued]], total: int) -> int:
    """Say how far it is and what could not be signed anew; return how many could not."""
    done = problems = shown = 0
    for group in finished:
        done += len(group)
        for each in group:
            if each.problem:
                problems += 1
                click.echo(f"{each.public_id}: {each.problem}", err=True)
        if done - shown >= _SHOWN_EVERY or done == total:
            click.echo(f"{done} of {total}")
            shown = done
    click.echo(f"{done - problems} badge(s) signed anew, {problems} not")
    return problems


def _shared(groups: Iterator[list[str]], method: str, processes: int) -> Iterator[list[Reissued]]:
    """Yield what became of each group, of which every process has one at a time.

    When this process ends, however it ends, the others see the end of their pipe and end as well.
    """
    spawn = multiprocessing.get_context("spawn")
    waiting: list[Connection] = []
    for _ in range(processes):
        ours, theirs = spawn.Pipe()
        spawn.Process(target=_work, args=(theirs, method)).start()
        theirs.close()
        waiting.append(ours)
    everyone, idle = list(waiting), list(waiting)
    try:
        busy: set[Connection] = set()
        for group in groups:
            if not idle:
                for free, result in _next_of(busy):
                    idle.append(free)
                    yield result
            mine = idle.pop()
            try:
                mine.send(group)
            except OSError:
                raise _ended() from None
            busy.add(mine)
        while busy:
            for _, result in _next_of(busy):
                yield result
    finally:
        for each in everyone:
            each.close()


def _next_of(busy: set[Connection]) -> Iterator[tuple[Connection, list[Reissued]]]:
    """Wait for a result; take those that are there from `busy`, and yield them."""
    for ready in connection.wait(list(busy)):
        assert isinstance(ready, Connection)
        try:
            result = ready.recv()
        except (EOFError, OSError):
            raise _ended() from None
        busy.remove(ready)
        yield ready, result


def _ended() -> IssuingRefused:
    return IssuingRefused(
        "a process that signs has ended, see above; what was done is done, run it again"
    )


def _work(orders: Connection, method: str) -> None:
    """Sign groups anew as they are ordered, until nobody orders any more."""
    with opening.installation() as (session, here), closing(orders):
        while True:
            try:
                public_ids = orders.recv()
            except EOFError:
                return
            done = _signed_anew(session, here, public_ids, method)
            try:
                orders.send(done)
            except OSError:  # whoever ordered it was killed; it is done all the same
                return


def _signed_anew(
    session: Session, here: Services, public_ids: list[str], method: str
) -> list[Reissued]:
    actor, now = opening.ADMINISTRATOR, here.clock()
    return reissue.reissue_group(
        session, here.office, public_ids, method=method, actor=actor, now=now
    )
