"""The framework, its domains, competences and levels: badges point to them in their alignments.

The official framework has no addresses of its own, so these are signed into badges and never
change. People get a page, and programs that ask for JSON a SKOS concept.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, abort, request

from badgeservice.catalogue import classes, concepts
from badgeservice.catalogue.framework import Framework
from badgeservice.catalogue.models import BadgeClassVersion
from badgeservice.extensions import db, services
from badgeservice.issuing.hosting import JSON_LD, Hosted
from badgeservice.openbadges import Document, strict_json
from badgeservice.web import negotiation
from badgeservice.web.public import documents

bp = Blueprint("frameworks", __name__)

_SECONDS = 3600
"""How long a copy may be kept: an edition of the framework lasts for years."""


@bp.get("/frameworks/<framework>")
def index(framework: str) -> Response:
    """Answer with the whole framework."""
    known = _known(framework)
    return _answer(
        lambda base_url: concepts.scheme(known, base_url), "frameworks/index.html", framework=known
    )


@bp.get("/frameworks/<framework>/<int(fixed_digits=1):number>")
def domain(framework: str, number: int) -> Response:
    """Answer with one domain and its competences."""
    known = _known(framework)
    try:
        found = known.domain(str(number))
    except KeyError:
        abort(404)
    return _answer(
        lambda base_url: concepts.domain_concept(known, found, base_url),
        "frameworks/domain.html",
        framework=known,
        domain=found,
    )


@bp.get("/frameworks/<framework>/<code>")
def competence(framework: str, code: str) -> Response:
    """Answer with one competence, and what it corresponds to elsewhere."""
    known = _known(framework)
    try:
        found = known.competence(code)
    except KeyError:
        abort(404)
    return _answer(
        lambda base_url: concepts.competence_concept(known, found, base_url),
        "frameworks/competence.html",
        framework=known,
        competence=found,
        domain=known.domain(found.domain),
        badges=_badges_for(code),
    )


@bp.get("/frameworks/<framework>/levels/<slug>")
def level(framework: str, slug: str) -> Response:
    """Answer with one of our levels."""
    known = _known(framework)
    try:
        found = known.level(slug)
    except KeyError:
        abort(404)
    return _answer(
        lambda base_url: concepts.level_concept(known, found, base_url),
        "frameworks/level.html",
        framework=known,
        level=found,
    )


def _known(slug: str) -> Framework:
    framework = services().framework
    if slug != framework.slug:
        abort(404)
    return framework


def _badges_for(code: str) -> list[BadgeClassVersion]:
    """Return the badges for a competence that can be earned now."""
    return [
        version
        for version in classes.all_current(db.session)
        if code in {each["code"] for each in version.document["competences"]}
    ]


def _answer(document: Callable[[str], Document], template: str, **context: object) -> Response:
    """Return the page, or the document to those who ask for JSON.

    Whoever states no preference has followed a link from a badge: they get the page.
    """
    if negotiation.prefers_page(request.accept_mimetypes, otherwise=True):
        return documents.page(template, **context)
    body = strict_json.dumps(document(services().settings.base_url))
    return documents.serve(Hosted(body, JSON_LD, _SECONDS))
