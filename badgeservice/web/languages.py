"""In which language a request is answered, and where the same page stands in the other one.

Pages stand at a French and an English address; `bilingual` declares both. Signed addresses (a
badge, an achievement, an issuer) have no language of their own: `?lang=`, else what the browser
asks for, else French.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import Blueprint, Flask, current_app, g, request, url_for

from badgeservice.verification.words import Language

LANGUAGES: tuple[Language, ...] = ("fr", "en")
DEFAULT: Language = "fr"
# Dates and numbers as they are written in the reader's country: "20 November 2026".
LOCALES = {"fr": "fr_FR", "en": "en_GB"}
OPEN_GRAPH_LOCALES = LOCALES
NAMES = {"fr": "Français", "en": "English"}

View = TypeVar("View", bound=Callable[..., Any])


def bilingual(
    blueprint: Blueprint, *, fr: str, en: str, methods: tuple[str, ...] = ("GET",)
) -> Callable[[View], View]:
    """Return a decorator that serves a view at a French and at an English address.

    The English address is given without its `/en` prefix. The view does not take the language: it
    reads `current()`.
    """

    def decorate(view: View) -> View:
        for language, rule in (("fr", fr), ("en", f"/en{en}")):
            blueprint.add_url_rule(
                rule, view_func=view, defaults={"language": language}, methods=list(methods)
            )
        return view

    return decorate


def current() -> Language:
    """Return the language of this request: "fr" or "en"."""
    language: Language = g.get("language", DEFAULT)
    return language


def locale() -> str:
    """Return the locale by which dates and numbers of this request are written."""
    return LOCALES[current()]


def address_in(language: str) -> str:
    """Return the path of the page that is being shown, in `language`."""
    endpoint = request.endpoint
    # For a page that is sent piece by piece, the address is matched anew, and has its language again.
    arguments = {k: v for k, v in (request.view_args or {}).items() if k != "language"}
    if endpoint is None:
        return url_for("pages.home", language=language)
    # The query is appended, never handed to `url_for`: there, a visitor's `_scheme` would count.
    query = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    if current_app.url_map.is_endpoint_expecting(endpoint, "language"):
        path = url_for(endpoint, **arguments, language=language)
    else:
        path = url_for(endpoint, **arguments)
        query.append(("lang", language))
    return f"{path}?{urlencode(query)}" if query else path


def init_app(app: Flask) -> None:
    """Choose the language before each view, and put it into each address that is built."""
    app.url_value_preprocessor(_choose)
    app.url_defaults(_carry)
    app.context_processor(
        lambda: {
            "language": current(),
            "languages": LANGUAGES,
            "language_names": NAMES,
            "address_in": address_in,
            "open_graph_locales": OPEN_GRAPH_LOCALES,
        }
    )


def _choose(endpoint: str | None, values: dict[str, Any] | None) -> None:
    if values is not None and "language" in values:
        g.language = values.pop("language")
    elif request.path.startswith("/en/") or request.path == "/en":
        g.language = "en"
    elif (asked := request.args.get("lang")) in LANGUAGES:
        g.language = asked
    else:
        g.language = _preferred()


def _preferred() -> Language:
    """Return the first language of the browser that we speak, whatever its region.

    Not `best_match`: for "fr-FR, en;q=0.5" it finds English, which is written exactly so.
    """
    for asked, _quality in request.accept_languages:
        for language in LANGUAGES:
            if asked.split("-")[0].lower() == language:
                return language
    return DEFAULT


def _carry(endpoint: str, values: dict[str, Any]) -> None:
    if "language" not in values and current_app.url_map.is_endpoint_expecting(endpoint, "language"):
        values["language"] = current()
