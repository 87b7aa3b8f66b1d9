"""How values are written for people: dates in full, hours, marks, and what every page shows."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import nh3
from flask import Flask, get_flashed_messages, request
from flask_babel import format_date, format_decimal, gettext
from markupsafe import Markup

from badgeservice.extensions import services
from badgeservice.learning import markdown
from badgeservice.verification import words
from badgeservice.web import languages
from badgeservice.web.extensions import babel

_NUMBER = re.compile(r"^\d+\.\s+")
# What a number is never cut off from: its unit, or the month of its day.
_AFTER_NUMBERS = (
    "min|h|janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre"
)
_UNBREAKABLE = re.compile(
    rf" (?=[:;?!»%](?:\W|$))|(?<=«) |(?:(?<=\d)|(?<=\b1er)) (?=(?:{_AFTER_NUMBERS})\b)"
)
SITE_NAME = "Cotentin Digital"
LONGEST_TEXT = 4000
"""Characters of a stranger's text that a page shows."""
_NOTED_FOR = {"space", "quiz", "offers", "my_badges", "partner", "partner_lists"}
_STRESS = {"p", "em", "strong", "ul", "ol", "li", "br"}


def local(instant: datetime) -> datetime:
    """Return `instant` in the time of France; the signed instants are in UTC."""
    return words.local(instant)


def long_date(day: date | datetime) -> str:
    """Return a date in full: "20 novembre 2026"."""
    the_day = local(day).date() if isinstance(day, datetime) else day
    written: str = format_date(the_day, "long", rebase=False)
    if languages.current() == "fr" and the_day.day == 1:
        return written.replace("1", "1er", 1)
    return written


def long_time(instant: datetime) -> str:
    """Return a date and an hour in full: "20 novembre 2026 à 10 h 12"."""
    moment = local(instant)
    if languages.current() == "en":
        return f"{long_date(instant)} at {moment:%H:%M}"
    return f"{long_date(instant)} à {moment.hour} h {moment:%M}"


def minutes(duration: timedelta | int) -> str:
    """Return a short duration, or a count of minutes, with its unit."""
    count = duration // timedelta(minutes=1) if isinstance(duration, timedelta) else duration
    written: str = gettext("%(count)s min", count=count)
    return written


def sentence(words: str) -> str:
    """Return `words` with a capital first letter, the rest as it is."""
    return words[:1].upper() + words[1:]


def without_number(title: str) -> str:
    """Return the title of a passage without the number that a numbered list already shows.

    >>> without_number("3. Repérer un message frauduleux")
    'Repérer un message frauduleux'
    """
    return _NUMBER.sub("", title)


def typographic(text: str) -> str:
    """Return French text whose punctuation, units and months never begin a line (U+00A0 there).

    Authors type plain spaces; this is the one place that knows better.

    >>> typographic("Pas encore : 6 sur 10") == "Pas encore\u00a0: 6 sur 10"
    True
    >>> typographic("le 1er mars 2026") == "le 1er\u00a0mars 2026"
    True
    """
    return _UNBREAKABLE.sub("\u00a0", text)


class Verbatim(str):
    """Text that stays as it is, to the last space: what a person typed, what will be signed."""

    __slots__ = ()


def rich_text(markdown_source: str) -> Markup:
    """Return what our authors wrote in Markdown as safe HTML.

    The renderer lets nothing through but an allow-list; this is the one place that trusts it.
    """
    return Markup(markdown.render(markdown_source, media=""))


def strangers_text(markdown_source: str) -> Markup:
    """Return what somebody else wrote in Markdown: how it is stressed, and no way out of our page.

    Cut before it is read: nobody reads more than a screen of it, and a parser may be slow on what
    was made to be slow.
    """
    text = markdown_source[:LONGEST_TEXT]
    if len(markdown_source) > LONGEST_TEXT:
        text += "…"
    return Markup(nh3.clean(rich_text(text), tags=_STRESS, attributes={}))


def level_name(slug: str) -> str:
    """Return the name of a level in the reader's language."""
    return services().framework.level(slug).name[languages.current()]


def init_app(app: Flask) -> None:
    """Hand the templates their filters and what every page shows."""
    babel.init_app(
        app,
        default_locale="fr_FR",
        default_timezone="Europe/Paris",
        default_translation_directories=str(Path(__file__).parent / "translations"),
        locale_selector=languages.locale,
    )
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.finalize = _finalize
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        long_date=long_date,
        long_time=long_time,
        minutes=minutes,
        number=format_decimal,
        iso=_iso,
        sentence=sentence,
        without_number=without_number,
        verbatim=Verbatim,
    )
    app.context_processor(_everywhere)


def _everywhere() -> dict[str, Any]:
    settings, issuer = services().settings, services().office.issuer
    return {
        "site_name": SITE_NAME,
        "base_url": settings.base_url,
        "is_demo": issuer.demo,
        "issuer_slug": issuer.slug,
        "level_name": level_name,
        "messages_to_show": _messages,
        "issuer_name": issuer.name[languages.current()],
        "contact_email": settings.contact_email,
        "contact_phone": settings.contact_phone,
    }


def _messages() -> list[str]:
    """Return what was noted for the next page. Public addresses never look: they have no cookie."""
    if request.blueprint not in _NOTED_FOR:
        return []
    return [str(message) for message in get_flashed_messages()]


def _finalize(value: Any) -> Any:
    """Return what a template is about to write, with French spaces that do not break."""
    if isinstance(value, str) and languages.current() == "fr" and not isinstance(value, Verbatim):
        return type(value)(typographic(value))
    return value


def _iso(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds")
