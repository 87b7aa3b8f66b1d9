"""The home page and the pages that say who we are and how to reach us."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from badgeservice.catalogue.strength import Strength
from badgeservice.extensions import services
from badgeservice.web.languages import bilingual
from badgeservice.web.public import modules
from badgeservice.web.public.personal_data import held

bp = Blueprint("pages", __name__)

_PUBLIC_ID = re.compile(r"[1-9A-HJ-NP-Za-km-z]{16,22}")


@bilingual(bp, fr="/", en="/")
def home() -> str:
    """Show the one sentence, the two doors and the quiet line."""
    found = services().library.modules.values()
    return render_template("pages/home.html", modules=found, badges=modules.badges_of(found))


@bilingual(bp, fr="/entreprises", en="/employers")
def employers() -> str:
    """Say what a badge tells an employer, and how to train a team."""
    return render_template("pages/employers.html", strengths=list(Strength))


@bilingual(bp, fr="/aide", en="/help")
def help_page() -> str:
    """Answer the usual questions and say how to reach a person."""
    return render_template("pages/help.html")


@bilingual(bp, fr="/accessibilite", en="/accessibility")
def accessibility() -> str:
    """Publish the accessibility statement."""
    return render_template("pages/accessibility.html")


@bilingual(bp, fr="/donnees-personnelles", en="/personal-data")
def personal_data() -> str:
    """Say what we hold about people, why, and for how long."""
    return render_template("pages/personal_data.html", held=list(held().values()))


@bilingual(bp, fr="/mentions-legales", en="/legal-notice")
def legal() -> str:
    """Publish the legal notice."""
    return render_template("pages/legal.html")


@bp.get("/robots.txt")
def robots() -> Response:
    """Let robots read what is public; what is not carries `noindex` or needs signing in."""
    rules = "User-agent: *\nDisallow: /mon-espace\nDisallow: /en/my-space\nDisallow: /quiz/\n"
    return Response(rules, content_type="text/plain; charset=utf-8")


def public_id_in(text: str, base_url: str) -> str | None:
    """Return the public id of a badge of ours in what a person typed, None if there is none.

    Takes the address of a badge page, with or without its scheme, or the bare identifier. The
    address of another site is not ours, whatever its path looks like.
    """
    if _PUBLIC_ID.fullmatch(text):
        return text
    with_scheme = text if "://" in text else f"//{text}"
    try:
        host, path = urlsplit(with_scheme).netloc, urlsplit(with_scheme).path
    except ValueError:
        return None
    if host != urlsplit(base_url).netloc:
        return None
    match = re.fullmatch(r"/b/([1-9A-HJ-NP-Za-km-z]{16,22})(\.[a-z0-9.]{3,10})?/?", path)
    return match[1] if match else None
