"""The addresses that stand inside badges: achievements, issuer, keys, status lists, images.

Each answers machines with a document and people with a page, where a page makes sense.
"""

from __future__ import annotations

from flask import Blueprint, Response, abort, make_response, render_template, request

from badgeservice.catalogue import classes
from badgeservice.extensions import db, services
from badgeservice.issuing.hosting import Hosted, Hosting
from badgeservice.web import negotiation
from badgeservice.web.presentation import rich_text
from badgeservice.web.public import recognition

bp = Blueprint("documents", __name__)

DRAWING_POLICY = "default-src 'none'; sandbox"


@bp.get("/achievements/<slug>/<int(max=999999999):version>/<any(fr,en):tongue>")
def achievement(slug: str, version: int, tongue: str) -> Response:
    """Answer with a badge class version, as an OB 3.0 Achievement or as a page."""
    if not negotiation.prefers_page(request.accept_mimetypes, otherwise=False):
        return serve_own_path()
    found = classes.get(db.session, slug, version)
    if found is None:
        abort(404)
    document = found.document
    return page(
        "documents/achievement.html",
        achievement=found,
        document=document,
        tongue=tongue,
        criteria=rich_text(document["criteria"][tongue]),
        recognitions=recognition.of_class(found, tongue),
    )


@bp.get("/issuers/<slug>")
def issuer(slug: str) -> Response:
    """Answer with the issuer, as a Profile with its keys or as a page."""
    if not negotiation.prefers_page(request.accept_mimetypes, otherwise=False):
        return serve_own_path()
    office = services().office
    if slug != office.issuer.slug:
        abort(404)
    return page("documents/issuer.html", issuer=office.issuer, keys=office.public_keys)


@bp.get("/issuers/<slug>/did.json")
@bp.get("/issuers/<slug>/jwks.json")
@bp.get("/issuers/<slug>/keys/<kid>")
def issuer_document(slug: str, kid: str = "") -> Response:
    """Answer with a document about the issuer's keys."""
    return serve_own_path()


@bp.get("/status/<int:number>")
def status_list(number: int) -> Response:
    """Answer with a status list, as it was signed."""
    return serve_own_path()


@bp.get("/endorsements/<public_id>")
def endorsement(public_id: str) -> Response:
    """Answer with an endorsement that we gave, as it was signed."""
    return serve_own_path()


@bp.get("/artwork/<digest>.png")
def artwork(digest: str) -> Response:
    """Answer with an image of a badge class."""
    return serve_own_path()


def serve_own_path() -> Response:
    """Return what is hosted at the path of this request; 404 when nothing is."""
    hosted = Hosting(db.session, services().office).document(request.path)
    if hosted is None:
        abort(404)
    return serve(hosted)


def serve(hosted: Hosted) -> Response:
    """Return a public document: any site may read it, and its bytes have a strong validator."""
    response = make_response(hosted.body)
    response.content_type = hosted.media_type
    if hosted.media_type.endswith("json"):
        response.content_type = negotiation.media_type_of(
            request.accept_mimetypes, hosted.media_type
        )
        response.vary.add("Accept")
    if hosted.media_type == "image/svg+xml":
        # Opened by itself, a drawing is a document: it may do nothing at all.
        response.headers["Content-Security-Policy"] = DRAWING_POLICY
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    if not hosted.listed:
        response.headers["X-Robots-Tag"] = "noindex"
    response.cache_control.public = True
    response.cache_control.max_age = hosted.max_age
    response.set_etag(hosted.etag)
    response.status_code = hosted.status
    if hosted.status == 200:
        response.make_conditional(request)
    return response


def page(template: str, **context: object) -> Response:
    """Return the page of an address that also has a document."""
    response = make_response(render_template(template, **context))
    response.vary.add("Accept")
    response.vary.add("Accept-Language")
    response.headers["Cache-Control"] = "no-cache"
    return response
