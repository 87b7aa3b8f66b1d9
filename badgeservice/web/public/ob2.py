"""The addresses of Open Badges 2.0: the assertions, and what hangs off the key that signs them.

Programs get documents; a person who follows one of these addresses is led to the page that says the
same in words, where there is one.
"""

from __future__ import annotations

from flask import Blueprint, Response, abort, make_response, redirect, request

from badgeservice.extensions import db, services
from badgeservice.issuing.hosting import Hosting
from badgeservice.issuing.models import Visibility
from badgeservice.web import negotiation
from badgeservice.web.extensions import limiter
from badgeservice.web.public import badges, documents

bp = Blueprint("ob2", __name__)


@bp.get("/ob2/assertions/<ob2_id>")
@limiter.limit(badges.MISSES, deduct_when=lambda response: response.status_code == 404)
def assertion(ob2_id: str) -> Response:
    """Answer with a hosted assertion; 410 once it is no longer in force."""
    hosting = _hosting()
    badge, hosted = hosting.badge_of_assertion(ob2_id), hosting.document(request.path)
    if badge is None or hosted is None:
        abort(404)
    if hosted.status != 200 and badge.visibility != Visibility.PUBLIC:
        # Its id stands in the list of what is revoked, for everybody: it leads to nobody.
        return _out_of_search_engines(documents.serve(hosted))
    return _out_of_search_engines(_document_or_page(hosting, badge.address))


@bp.get("/ob2/assertions/<ob2_id>.jws")
@limiter.limit(badges.MISSES, deduct_when=lambda response: response.status_code == 404)
def signed_assertion(ob2_id: str) -> Response:
    """Answer with a signed assertion, byte for byte as it was released."""
    return _out_of_search_engines(documents.serve_own_path())


@bp.get("/ob2/<kid>/issuer")
def issuer(kid: str) -> Response:
    """Answer with the issuer, as the Profile of one key."""
    return _document_or_page(_hosting(), services().office.issuer.address)


@bp.get("/ob2/<kid>/badge-classes/<slug>/<int(max=999999999):version>/<any(fr,en):tongue>")
def badge_class(kid: str, slug: str, version: int, tongue: str) -> Response:
    """Answer with a badge class version, as a BadgeClass of the Profile of one key."""
    page = f"{services().office.base_url}/achievements/{slug}/{version}/{tongue}"
    return _document_or_page(_hosting(), page)


@bp.get("/ob2/<kid>/key")
@bp.get("/ob2/<kid>/revocations")
def key_document(kid: str) -> Response:
    """Answer with a key, or with the list of what it signed and no longer holds."""
    return documents.serve_own_path()


def _out_of_search_engines(response: Response) -> Response:
    """Keep an assertion from being searched for: it holds the hash of a person's address."""
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _hosting() -> Hosting:
    return Hosting(db.session, services().office)


def _document_or_page(hosting: Hosting, page: str) -> Response:
    """Return the document at the path of this request, or lead a person to `page`; 404 for neither."""
    hosted = hosting.document(request.path)
    if hosted is None:
        abort(404)
    if not negotiation.prefers_page(request.accept_mimetypes, otherwise=False):
        return documents.serve(hosted)
    response = make_response(redirect(page, 303))
    response.vary.add("Accept")
    return response
