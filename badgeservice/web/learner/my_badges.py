"""A badge as its holder sees it: who may see it, the files to keep, how to correct or withdraw it.

What cannot be undone has a page of its own that says so, and changes nothing until its button.
"""

from __future__ import annotations

import json
from datetime import datetime

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

from badgeservice.awarding import offers
from badgeservice.errors import ConflictingChange, CredentialNotFound, IssuingRefused
from badgeservice.extensions import db, services
from badgeservice.issuing import editions, issue, ob2, preview, shelf, states
from badgeservice.issuing.hosting import CREDENTIAL_MEDIA_TYPES
from badgeservice.issuing.models import Badge, Format, Visibility
from badgeservice.kit import pack
from badgeservice.people import accounts
from badgeservice.sharing import holdings, linkedin
from badgeservice.verification.report import Status
from badgeservice.web import errors, identity, languages
from badgeservice.web.extensions import limiter
from badgeservice.web.identity import only_signed_in
from badgeservice.web.languages import bilingual
from badgeservice.web.learner import choices
from badgeservice.web.learner.choices import ChoicesForm
from badgeservice.web.presentation import local, long_date
from badgeservice.web.public import badges
from badgeservice.web.public.badges import Shown

bp = Blueprint("my_badges", __name__)

# What most people need comes first: a picture to send, the data that wallets import.
_NEEDED = (Format.PNG, Format.JSON)
_OVER = (Status.REVOKED, Status.EXPIRED, Status.WITHDRAWN)

_KITS = "6/minute"
"""How many kits one visitor may have made; each keeps a processor busy for a second."""

_FILE_SUFFIXES = ", ".join(f"'{form.suffix}'" for form in Format)
"""The endings of all files of a badge: its holder may have them, whoever else may not."""


@bilingual(bp, fr="/mon-espace/badges/<public_id>", en="/my-space/badges/<public_id>")
@only_signed_in
def badge(public_id: str) -> str:
    """Show a badge to its holder, with all that can be done with it."""
    record = _own(public_id)
    shown, kept = badges.show(record), shelf.kept(db.session, record)
    return render_template(
        "my_badges/badge.html",
        badge=shown,
        linkedin=_linkedin(shown),
        share=linkedin.share(shown.address),
        cv=_cv_line(shown),
        needed=[form for form in _NEEDED if form in kept],
        others=[form for form in kept if form not in _NEEDED],
        form_words=_form_words(),
        ob2_address=_ob2_address(shown),
        is_in_force=_can_be_corrected(shown) and shown.report.status is not Status.SUSPENDED,
        can_be_corrected=_can_be_corrected(shown),
        newer=issue.renewal_of(db.session, record),
        older=holdings.renewed_by(db.session, identity.required().id, record),
        renewable_from=_renewable_from(shown),
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
    here = services()
    holdings.set_visibility(db.session, here.office, record, chosen, now=here.clock())
    db.session.commit()
    flash(gettext("Votre choix est enregistré. Il vaut dès maintenant."))
    return make_response(redirect_to(url_for("my_badges.badge", public_id=public_id), 303))


@bilingual(
    bp,
    fr=f"/mon-espace/badges/<public_id>/badge.<any({_FILE_SUFFIXES}):suffix>",
    en=f"/my-space/badges/<public_id>/badge.<any({_FILE_SUFFIXES}):suffix>",
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


@bilingual(
    bp, fr="/mon-espace/badges/<public_id>/dossier.zip", en="/my-space/badges/<public_id>/kit.zip"
)
@only_signed_in
@limiter.limit(_KITS)
def kit(public_id: str) -> Response:
    """Give the holder the offline kit of the badge, as of now."""
    record, here = _own(public_id), services()
    response = make_response(pack.pack(db.session, here.office, record, now=here.clock()))
    response.content_type = "application/zip"
    name = f"{record.class_slug}-{record.public_id}-kit.zip"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@bilingual(
    bp,
    fr="/mon-espace/badges/<public_id>/corriger",
    en="/my-space/badges/<public_id>/correct",
    methods=("GET", "POST"),
)
@only_signed_in
def correction(public_id: str) -> str | tuple[str, int]:
    """Show what a correction would sign; a POST shows the preview of other choices."""
    shown = badges.show(_own(public_id))
    if request.method != "POST":
        return _show_correction(shown, _present(shown))
    form = choices.read(request.form)
    return _show_correction(shown, form), (400 if form.problems else 200)


@bilingual(
    bp,
    fr="/mon-espace/badges/<public_id>/remplacer",
    en="/my-space/badges/<public_id>/replace",
    methods=("POST",),
)
@only_signed_in
def replace(public_id: str) -> Response | tuple[str, int]:
    """Replace a badge by an edition with these choices.

    The form names the edition that it corrects: a second tap finds another one, and does nothing.
    """
    record, person = _own(public_id), identity.required()
    if request.form.get("edition") != str(record.edition):
        flash(gettext("Ce badge a été remplacé entre-temps. Voici la version actuelle."))
        return _to(record)
    shown, form = badges.show(record), choices.read(request.form)
    if not form.problems and _is_present(shown, form):
        form.problems["name"] = gettext(
            "Ce sont les choix du badge actuel. Changez le nom, la langue ou l'ancienne version."
        )
    if form.problems:
        return _show_correction(shown, form), 400
    if form.choices.name is not None:
        accounts.rename(db.session, services().vault, person, form.choices.name)
    try:
        editions.correct(
            db.session,
            services().office,
            public_id,
            choices=form.choices,
            actor=person.id,
            now=services().clock(),
        )
    except ConflictingChange:
        flash(gettext("Ce badge était en train d'être remplacé. Voici la version actuelle."))
        return _to(record)
    except IssuingRefused:
        db.session.rollback()
        return _show_correction(badges.show(_own(public_id)), form), 409
    flash(gettext("Votre badge est corrigé. Téléchargez ses nouveaux fichiers."))
    return _to(record)


@bilingual(
    bp,
    fr="/mon-espace/badges/<public_id>/retirer",
    en="/my-space/badges/<public_id>/withdraw",
    methods=("GET", "POST"),
)
@only_signed_in
def withdrawal(public_id: str) -> str | Response:
    """Say what withdrawing a badge does; a POST does it."""
    record = _own(public_id)
    if request.method != "POST":
        return render_template("my_badges/withdraw.html", badge=badges.show(record))
    states.withdraw(
        db.session,
        services().office,
        public_id,
        actor=identity.required().id,
        now=services().clock(),
    )
    return _withdrawn()


@bp.errorhandler(CredentialNotFound)
def _not_found(error: CredentialNotFound) -> Response:
    """Lead whoever withdrew this badge back to their space; nobody else learns that it existed."""
    public_id = (request.view_args or {}).get("public_id", "")
    if holdings.was_withdrawn(db.session, identity.required().id, public_id):
        return _withdrawn()
    return errors.answer(404, code=error.code)


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


def _to(record: Badge) -> Response:
    return make_response(redirect_to(url_for("my_badges.badge", public_id=record.public_id), 303))


def _withdrawn() -> Response:
    flash(gettext("Ce badge est retiré : il n'est plus public."))
    return make_response(redirect_to(url_for("space.overview"), 303))


def _present(shown: Shown) -> ChoicesForm:
    """Return the choices that the present edition was signed with."""
    signed = shown.summary.recipient_name
    known = accounts.name_of(db.session, services().vault, identity.required())
    return ChoicesForm(
        language=editions.language(db.session, shown.record),
        with_name=signed is not None,
        name=signed or known or "",
        visibility=shown.record.visibility,
        ob2=editions.has_ob2(db.session, shown.record),
        problems={},
    )


def _is_present(shown: Shown, form: ChoicesForm) -> bool:
    present, asked = _present(shown).choices, form.choices
    return (present.name, present.language, present.ob2) == (asked.name, asked.language, asked.ob2)


def _can_be_corrected(shown: Shown) -> bool:
    return shown.report.status not in _OVER


def _show_correction(shown: Shown, form: ChoicesForm) -> str:
    """Return the page of a correction; for a badge that is over, why there is none."""
    if not _can_be_corrected(shown):
        return render_template("my_badges/correct.html", badge=shown, preview=None)
    previewed = preview.correction(
        db.session, services().office, shown.record, form.choices, now=services().clock()
    )
    return render_template(
        "my_badges/correct.html",
        badge=shown,
        form=form,
        preview=previewed,
        ob2_is_possible=ob2.is_possible(services().office.issuer),
        exact=json.dumps(previewed.document, indent=2, ensure_ascii=False),
    )


def _renewable_from(shown: Shown) -> datetime | None:
    """Return from when a badge can be earned anew, None for one that does not end."""
    ends = shown.edition.valid_until
    return ends - offers.RENEWAL_WINDOW if ends else None


def _ob2_address(shown: Shown) -> str:
    """Return where the assertion of Open Badges 2.0 stands; empty when there is none."""
    ob2_id = shown.edition.ob2_id
    return ob2.hosted_id(services().office.base_url, ob2_id) if ob2_id else ""


def _form_words() -> dict[Format, str]:
    """Return what each file is good for, in the reader's language."""
    return {
        Format.PNG: gettext("Image du badge, à envoyer ou à déposer en ligne (PNG)"),
        Format.JSON: gettext("Données du badge, pour un portefeuille numérique (JSON)"),
        Format.SVG: gettext("Image du badge, nette à toute taille, pour l'impression (SVG)"),
        Format.JWT: gettext("Données du badge, forme compacte (JWT)"),
        Format.JWT_RS256: gettext(
            "Données du badge, forme compacte pour les logiciels qui demandent RS256 (JWT)"
        ),
        Format.OB2_JSON: gettext("Données du badge, pour les anciens logiciels (Open Badges 2.0)"),
        Format.OB2_JWS: gettext(
            "Données du badge signées, pour les anciens logiciels (Open Badges 2.0, JWS)"
        ),
        Format.PNG_BOTH: gettext("Image du badge, pour anciens et nouveaux logiciels (PNG)"),
        Format.SVG_BOTH: gettext("Image du badge, pour anciens et nouveaux logiciels (SVG)"),
    }
