"""A badge as its holder sees it: who may see it, where to show it, the files to keep."""

from __future__ import annotations

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    make_response,
    render_template,
    request,
    url_for,
)
from flask import redirect as redirect_to
from flask_babel import gettext

from badgeservice.extensions import db, services
from badgeservice.issuing import shelf
from badgeservice.issuing.hosting import CREDENTIAL_MEDIA_TYPES
from badgeservice.issuing.models import Badge, Format, Visibility
from badgeservice.sharing import holdings, linkedin
from badgeservice.web import identity, languages
from badgeservice.web.identity import only_signed_in
from badgeservice.web.languages import bilingual
from badgeservice.web.presentation import local, long_date
from badgeservice.web.public import badges
from badgeservice.web.public.badges import Shown

bp = Blueprint("my_badges", __name__)


@bilingual(bp, fr="/mon-espace/badges/<public_id>", en="/my-space/badges/<public_id>")
@only_signed_in
def badge(public_id: str) -> str:
    """Show a badge to its holder, with all that can be done with it."""
    shown = badges.show(_own(public_id))
    return render_template(
        "my_badges/badge.html",
        badge=shown,
        linkedin=_linkedin(shown),
        share=linkedin.share(shown.address),
        cv=_cv_line(shown),
    )


@bilingual(
    bp,
    fr="/mon-espace/badges/<public_id>/visibilite",
    en="/my-space/badges/<public_id>/visibility",
    methods=("POST",),
)
@only_signed_in
def visibility(public_id: str) -> Response:
    """Change who may see the page of a badge, at once."""
    record = _own(public_id)
    try:
        chosen = Visibility(request.form.get("visibility", ""))
    except ValueError:
        abort(400)
    holdings.set_visibility(db.session, record, chosen)
    db.session.commit()
    flash(gettext("Votre choix est enregistré. Il vaut dès maintenant."))
    return make_response(redirect_to(url_for("my_badges.badge", public_id=public_id), 303))


@bilingual(
    bp,
    fr=f"/mon-espace/badges/<public_id>/badge.<any({badges.FILE_SUFFIXES}):suffix>",
    en=f"/my-space/badges/<public_id>/badge.<any({badges.FILE_SUFFIXES}):suffix>",
)
@only_signed_in
def file(public_id: str, suffix: str) -> Response:
    """Give the holder a file of the badge, whoever else may see it."""
    record = _own(public_id)
    form = next(form for form in Format if form.suffix == suffix)
    response = make_response(shelf.take(db.session, services().vault, record, form))
    response.content_type = CREDENTIAL_MEDIA_TYPES[form]
    name = f"{record.class_slug}-{record.public_id}.{suffix}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _own(public_id: str) -> Badge:
    """Return a badge of the person who is signed in; raise CredentialNotFound for any other."""
    return holdings.held(db.session, identity.required().id, public_id)


def _linkedin(shown: Shown) -> str:
    issuer, expires = services().office.issuer, shown.edition.valid_until
    return linkedin.add_to_profile(
        name=shown.text("name"),
        organization_name=issuer.name[languages.current()],
        organization_id=issuer.linkedin_organization_id or None,
        issued=local(shown.record.awarded_at).date(),
        expires=local(expires).date() if expires else None,
        url=shown.address,
        code=shown.record.public_id,
    )


def _cv_line(shown: Shown) -> str:
    """Return one line for a CV: facts, and where to check them."""
    line: str = gettext(
        "Badge numérique « %(name)s », délivré par %(issuer)s le %(day)s. Vérifiable : %(address)s",
        name=shown.text("name"),
        issuer=services().office.issuer.name[languages.current()],
        day=long_date(shown.record.awarded_at),
        address=shown.address,
    )
    return line
