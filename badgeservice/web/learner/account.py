"""The account: taking a person out of everything we keep, with what becomes of their badges."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from badgeservice.erasure import erase as erasing
from badgeservice.erasure.ledger import Choice
from badgeservice.errors import ConflictingChange, HolderErased
from badgeservice.extensions import db, services
from badgeservice.sharing import holdings
from badgeservice.web import identity
from badgeservice.web.identity import only_signed_in
from badgeservice.web.languages import bilingual

bp = Blueprint("account", __name__)


@bilingual(
    bp,
    fr="/mon-espace/effacer-mes-donnees",
    en="/my-space/erase-my-data",
    methods=("GET", "POST"),
)
@only_signed_in
def erase() -> str | Response | tuple[str, int]:
    """Say what erasing does, and ask what becomes of the badges; a POST does it.

    Nothing is chosen in advance, and a box says that it is understood: there is no way back.
    """
    if request.method != "POST":
        return _page("", {})
    chosen, problems = request.form.get("badges", ""), {}
    if chosen not in list(Choice):
        problems["badges"] = gettext("Choisissez ce que deviennent vos badges.")
    if request.form.get("understood") != "yes":
        problems["understood"] = gettext("Cochez cette case si vous voulez tout effacer.")
    if problems:
        return _page(chosen, problems), 400
    person_id = identity.required().id
    try:
        erasing.erase(
            db.session,
            services().office,
            services().erasures,
            services().mailer,
            person_id=person_id,
            choice=Choice(chosen),
            actor=person_id,
            now=services().clock(),
        )
    except HolderErased:
        pass  # by another tap, at this very moment
    except ConflictingChange:
        problems["understood"] = gettext(
            "Quelque chose de vous était en train d'être enregistré. Réessayez dans un instant."
        )
        return _page(chosen, problems), 409
    identity.forget()
    return redirect(url_for("account.gone"), 303)


@bilingual(bp, fr="/donnees-effacees", en="/data-erased")
def gone() -> str:
    """Say that it is done, to somebody whom we no longer know."""
    return render_template("account/gone.html")


def _page(chosen: str, problems: dict[str, str]) -> str:
    return render_template(
        "account/erase.html",
        chosen=chosen,
        problems=problems,
        badge_count=len(holdings.of_holder(db.session, identity.required().id)),
    )
