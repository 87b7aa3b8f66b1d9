"""Pages for a site that is frozen: what they say of the day, and what they leave out.

Whoever freezes the site asks the application as a visitor does, and marks the request inside the
process, where no visitor can. Such a page says as of when it holds instead of a verdict of now, and
leads nowhere that needs a service. The day itself is filled in when the page is written: a page that
says nothing new keeps the day on which it was written.

All pages about one badge are made from one report: they say the same, and the walk is walked once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Flask, has_request_context, request

from badgeservice.kit.words import instant
from badgeservice.openbadges import timestamps
from badgeservice.verification import Report
from badgeservice.verification.words import Language
from badgeservice.web import languages
from badgeservice.web.extensions import limiter
from badgeservice.web.presentation import typographic

MARK = "badgeservice.frozen"
"""The key of a WSGI environment; those that a client can set begin with `HTTP_`.

Its value is a dict that holds the last report: whoever asks hands in the same one each time.
"""

# Of the private use area: nobody types it.
TOKENS: dict[Language, str] = {
    language: f"\ue000{language}\ue001" for language in languages.LANGUAGES
}

INSTANT = "\ue000instant\ue001"
"""The token of the instant itself, for programs."""


def is_frozen() -> bool:
    """Tell whether the page is made for a frozen site."""
    return has_request_context() and MARK in request.environ


def report_on(public_id: str, make: Callable[[], Report]) -> Report:
    """Return the report on a badge: of now, or the one that its other frozen pages were made from."""
    if not is_frozen():
        return make()
    held: dict[str, Report] = request.environ[MARK]
    if public_id not in held:
        held.clear()
        held[public_id] = make()
    return held[public_id]


# Whoever freezes the site asks for everything in a row.
limiter.request_filter(is_frozen)


def dated(page: bytes, as_of: datetime) -> bytes:
    """Return a page with the instant in the place of its tokens.

    >>> from datetime import UTC
    >>> dated(TOKENS["en"].encode(), datetime(2026, 11, 25, 13, 5, tzinfo=UTC)).decode()
    '25 November 2026 at 14:05 (Paris time)'
    """
    for language, token in TOKENS.items():
        words = instant(as_of, language)
        if language == "fr":
            words = typographic(words).replace("\u00a0h ", "\u00a0h\u00a0")
        page = page.replace(token.encode(), words.encode())
    return page.replace(INSTANT.encode(), timestamps.write(as_of).encode())


def init_app(app: Flask) -> None:
    """Tell the templates whether they write for a frozen site."""
    app.context_processor(lambda: {"frozen": is_frozen(), "as_of": TOKENS[languages.current()]})
