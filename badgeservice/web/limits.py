"""How much of the verifier one visitor may use: one table for pages and programs.

Whoever verifies makes us work and, with an address, ask other sites. The budgets are shared between
the page and the API, so that nobody has them twice. What is counted is the visitor (`visitors`), or a
digest that names a badge (`docs/decisions/0022-api-and-batch.md`); where, `counters` knows.
"""

from __future__ import annotations

import hashlib
import time
from enum import StrEnum
from math import ceil

from limits import parse_many
from werkzeug.exceptions import TooManyRequests

from badgeservice.verification import Report
from badgeservice.verification.recipient import Answer
from badgeservice.web import visitors
from badgeservice.web.extensions import limiter


class Budget(StrEnum):
    """What a visitor spends, or a badge whoever asks; each has its limit in `LIMITS`."""

    ADDRESS = "verify an address"
    CONTENT = "verify a text or a file"
    RECIPIENT = "ask whose badge it is"
    BADGE = "be asked whose it is"
    BATCH = "verify a list"
    LIST = "upload a list of results"
    EVIDENCE = "send results"
    REFUSED_KEY = "try an API key"


LIMITS = {
    Budget.ADDRESS: "10/minute",
    Budget.CONTENT: "30/minute",
    # Enough to try the addresses that somebody has, too few to find out whose badge it is.
    Budget.RECIPIENT: "5/minute; 30/hour",
    # Of one badge, for all visitors together: many who each ask a little would ask a lot.
    Budget.BADGE: "20/hour; 60/day",
    Budget.BATCH: "3/minute; 12/hour",
    # Of one member, wherever they are: a training centre shares one address.
    Budget.LIST: "10/minute; 60/hour",
    # Of one API key: 100 rows each time.
    Budget.EVIDENCE: "60/minute; 1000/hour",
    # Of one visitor. A key cannot be guessed; whoever tries many has found a list of something.
    Budget.REFUSED_KEY: "20/minute; 100/hour",
}


_SAYS_NOTHING = (Answer.NOT_NAMED, Answer.NOT_PROVEN)


def of_submission(data: bytes) -> Budget:
    """Return what it costs to verify `data`: an address makes us ask elsewhere, the rest less.

    >>> of_submission(b" https://school.example/badge ").name, of_submission(b"K7QM-2XVD").name
    ('ADDRESS', 'CONTENT')
    """
    is_address = data.lstrip()[:8].lower().startswith((b"http://", b"https://"))
    return Budget.ADDRESS if is_address else Budget.CONTENT


def spend_on_answer(report: Report) -> None:
    """Count that it was answered whose badge this is, for the badge; raises like `spend`.

    Asked once the badge is read: by its id, which is proven by then, and not by the bytes that were
    submitted, of which a space more makes others.
    """
    if report.recipient is None or report.recipient.answer in _SAYS_NOTHING:
        return
    said = report.credential
    badge = f"{said.issuer_id} {said.id or said!r}" if said else ""
    spend(Budget.BADGE, by=hashlib.sha256(badge.encode(errors="replace")).hexdigest())


def spend(budget: Budget, *, by: str | None = None) -> None:
    """Count one use by the visitor of this request, or `by` somebody else.

    Raises TooManyRequests when there is none left; uncaught, it is answered with 429 and
    `Retry-After`. (As a context manager, flask-limiter knows a limit by its line of code, so that
    threads would take one budget for another.)
    """
    if not limiter.enabled:
        return
    spender = by or visitors.counted()
    for limit in parse_many(LIMITS[budget]):
        if not limiter.limiter.hit(limit, budget, spender):
            free_at = limiter.limiter.get_window_stats(limit, budget, spender).reset_time
            raise TooManyRequests(retry_after=max(1, ceil(free_at - time.time())))
