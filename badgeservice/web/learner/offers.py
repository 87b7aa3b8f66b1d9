"""An offer: what was done, the badge as others will see it, three choices, and one tap to accept.

Nothing is signed before that tap. The preview is made by the code that makes the badge.
"""

from __future__ import annotations

import json

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from badgeservice.awarding import offers
from badgeservice.awarding.models import Award
from badgeservice.errors import OfferClosed
from badgeservice.extensions import db, services
from badgeservice.issuing import issue, ob2, preview
from badgeservice.people import accounts
from badgeservice.web import identity, languages
from badgeservice.web.identity import only_signed_in
from badgeservice.web.languages import bilingual
from badgeservice.web.learner import choices
from badgeservice.web.learner.choices import ChoicesForm

bp = Blueprint("offers", __name__)


@bilingual(
    bp,
    fr="/mon-espace/propositions/<award_id>",
    en="/my-space/offers/<award_id>",
    methods=("GET", "POST"),
)
@only_signed_in
def offer(award_id: str) -> str | Response | tuple[str, int]:
    """Show an offer with its preview; a POST shows the preview of other choices."""
    award = _own(award_id)
    if badge := issue.of_award(db.session, award.id):
        return redirect(url_for("my_badges.badge", public_id=badge.public_id), 303)
    if request.method != "POST":
        return _show(award, _blank())
    form = choices.read(request.form)
    return _show(award, form), (400 if form.problems else 200)


@bilingual(
    bp,
    fr="/mon-espace/propositions/<award_id>/recevoir",
    en="/my-space/offers/<award_id>/accept",
    methods=("POST",),
)
@only_signed_in
def accept(award_id: str) -> str | Response | tuple[str, int]:
    """Accept an offer with these choices, and issue the badge. A second tap finds the first."""
    award, person = _own(award_id), identity.required()
    form = choices.read(request.form)
    if not form.visibility:
        form.problems["visibility"] = gettext("Choisissez qui peut voir la page de ce badge.")
    if form.problems:
        return _show(award, form), 400
    if form.choices.name is not None:
        accounts.rename(db.session, services().vault, person, form.choices.name)
    badge = issue.accept_and_issue(
        db.session,
        services().office,
        award_id=award.id,
        person_id=person.id,
        choices=form.choices,
        actor=person.id,
        now=services().clock(),
    )
    flash(gettext("Votre badge est signé. Il est à vous."))
    return redirect(url_for("my_badges.badge", public_id=badge.public_id), 303)


@bilingual(
    bp,
    fr="/mon-espace/propositions/<award_id>/refuser",
    en="/my-space/offers/<award_id>/decline",
    methods=("POST",),
)
@only_signed_in
def decline(award_id: str) -> Response:
    """Decline an offer. Nothing is signed; what was learned stays."""
    award = _own(award_id)
    offers.decline(db.session, award.id, now=services().clock())
    db.session.commit()
    flash(gettext("C'est noté : ce badge n'a pas été signé. Ce que vous avez appris reste."))
    return redirect(url_for("space.overview"), 303)


@bilingual(
    bp,
    fr="/mon-espace/propositions/<award_id>/reprendre",
    en="/my-space/offers/<award_id>/reconsider",
    methods=("POST",),
)
@only_signed_in
def reconsider(award_id: str) -> Response:
    """Open an offer again that was declined, perhaps by mistake."""
    award = _own(award_id)
    offers.reconsider(db.session, award.id, now=services().clock())
    db.session.commit()
    return redirect(url_for("offers.offer", award_id=award.id), 303)


def _own(award_id: str) -> Award:
    """Return an offer to the person who is signed in; 404 for any other."""
    award = db.session.get(Award, award_id)
    if award is None or award.person_id != identity.required().id:
        abort(404)
    return award


def _blank() -> ChoicesForm:
    name = accounts.name_of(db.session, services().vault, identity.required()) or ""
    return ChoicesForm(languages.current(), False, name, "", False, {})


def _show(award: Award, form: ChoicesForm) -> str:
    shown = preview.preview(
        db.session, services().office, award, form.choices, now=services().clock()
    )
    return render_template(
        "offers/offer.html",
        award=award,
        form=form,
        preview=shown,
        ob2_is_possible=ob2.is_possible(services().office.issuer),
        exact=json.dumps(shown.document, indent=2, ensure_ascii=False),
    )


@bp.errorhandler(OfferClosed)
def _closed(_error: OfferClosed) -> Response:
    """Lead back to the dashboard, which shows what holds now."""
    db.session.rollback()
    flash(gettext("Cette proposition n'est plus ouverte. Voici où vous en êtes."))
    return redirect(url_for("space.overview"), 303)
