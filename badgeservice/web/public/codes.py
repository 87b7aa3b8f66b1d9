"""The short code of a badge: what people type from paper, and the verdict that it shows."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request
from flask_babel import gettext

from badgeservice.errors import CredentialNotFound, HolderErased
from badgeservice.extensions import db
from badgeservice.issuing import short_codes
from badgeservice.issuing.models import BadgeState
from badgeservice.web import errors, negotiation
from badgeservice.web.errors import Words
from badgeservice.web.extensions import limiter
from badgeservice.web.public import badges, verifier

bp = Blueprint("codes", __name__)


@bp.get("/c/<typed>")
@limiter.limit(badges.MISSES, deduct_when=lambda response: response.status_code == 404)
def verdict(typed: str) -> Response:
    """Show the verdict on the public badge with this code, and nothing that leads to its holder.

    Whoever guesses codes learns no name and no address. A code that was never given, one of a
    private badge and one of a badge shown by its link get the same answer, byte for byte.
    """
    code = short_codes.read(typed)
    badge = short_codes.find(db.session, code) if code else None
    if badge is None:
        return _unknown(typed)
    if badge.state == BadgeState.WITHDRAWN:
        return badges.erased()
    try:
        shown = badges.show(badge)
    except (CredentialNotFound, HolderErased):
        return badges.without_holder(badge)
    response = make_response(render_template("badges/code.html", badge=shown))
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _unknown(typed: str) -> Response:
    """Return the form with what was typed, so that one letter can be mended; it has no reference."""
    if not negotiation.prefers_page(request.accept_mimetypes, otherwise=True):
        words = Words(gettext("Aucun badge public n'a ce code"), "")
        return errors.answer(404, code="short_code_unknown", words=words)
    response = make_response(verifier.form(asked=typed, problem="code"), 404)
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Vary"] = "Accept"
    return response
