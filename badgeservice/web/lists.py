"""Lists of badges over HTTP: answered row by row, so that nothing is kept and progress is seen."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from flask import Response, stream_with_context

from badgeservice.extensions import db, services
from badgeservice.verifier import batch
from badgeservice.verifier.batch import Answer, Row
from badgeservice.web import languages, limits
from badgeservice.web.limits import Budget

Write = Callable[[Iterable[Answer]], Iterable[str]]
"""Writes answers as text, piece by piece."""


def streamed(rows: tuple[Row, ...], write: Write, media_type: str) -> Response:
    """Return the answer to a list, verified while it is sent.

    Raises TooManyRequests or VerifierBusy before anything is sent. A visitor who goes away ends
    the work with the connection.
    """
    limits.spend(Budget.BATCH)
    leave = batch.enter()
    answers = batch.verify(services().desk, rows, clock=services().clock, wait=time.sleep)
    pieces = stream_with_context(iter(write(_in_turns(answers, leave))))
    response = Response(pieces, mimetype=media_type)
    response.call_on_close(leave)  # whoever goes away before the first row gives the place back too
    # A proxy that collects the answer before it passes it on would hide the progress.
    response.headers["X-Accel-Buffering"] = "no"
    return response


def table(rows: tuple[Row, ...]) -> Response:
    """Return the answer to a list as a CSV file."""
    language = languages.current()
    response = streamed(rows, lambda answers: batch.as_csv(answers, language), "text/csv")

    response.headers["Content-Disposition"] = 'attachment; filename="verification.csv"'
    return response


def _in_turns(answers: Iterable[Answer], leave: Callable[[], None]) -> Iterator[Answer]:
    """Yield each answer; no transaction stays open while the next row waits for other sites."""
    try:
        for answer in answers:
            db.session.rollback()
            yield answer
    finally:
        leave()
