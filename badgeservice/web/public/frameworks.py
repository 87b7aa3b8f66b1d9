"""Pages for the competences of the framework: badges point to them in their alignments.

The official framework has no addresses of its own, so these are signed into badges and never
change.
"""

from __future__ import annotations

from flask import Blueprint, abort, render_template

from badgeservice.catalogue.framework import Competence
from badgeservice.extensions import services

bp = Blueprint("frameworks", __name__)


@bp.get("/frameworks/<framework>")
def index(framework: str) -> str:
    """Show the whole framework."""
    _known(framework)
    return render_template("frameworks/index.html", framework=services().framework)


@bp.get("/frameworks/<framework>/<code>")
def competence(framework: str, code: str) -> str:
    """Show one competence, and what it corresponds to elsewhere."""
    _known(framework)
    found = _competence(code)
    return render_template(
        "frameworks/competence.html",
        framework=services().framework,
        competence=found,
        domain=services().framework.domain(found.domain),
    )


def _known(framework: str) -> None:
    if framework != services().framework.slug:
        abort(404)


def _competence(code: str) -> Competence:
    try:
        return services().framework.competence(code)
    except KeyError:
        abort(404)
