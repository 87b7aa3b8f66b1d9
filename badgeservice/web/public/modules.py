"""What can be learned: the list of modules, and the fact sheet of each."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, Response, render_template, send_file, url_for
from markupsafe import Markup

from badgeservice.catalogue import classes
from badgeservice.catalogue.models import BadgeClassVersion
from badgeservice.extensions import db, services
from badgeservice.learning.content import Module
from badgeservice.web import identity, languages
from badgeservice.web.languages import bilingual

bp = Blueprint("modules", __name__)

_MEDIA_SECONDS = 24 * 3600


@bilingual(bp, fr="/modules", en="/modules")
def index() -> str:
    """List the modules."""
    modules = services().library.modules.values()
    return render_template("modules/index.html", modules=modules, badges=badges_of(modules))


@bilingual(bp, fr="/modules/<module_id>", en="/modules/<module_id>")
def sheet(module_id: str) -> str:
    """Show a fact sheet, and the two ways to go on from it."""
    module = services().library.module(module_id)
    in_language = module.sheets[languages.current()]
    media = url_for("modules.media", module_id=module_id, name="")
    return render_template(
        "modules/sheet.html",
        module=module,
        passages=in_language.outline.passages,
        # Safe HTML: it has passed the allow-list of `learning.markdown`.
        sheet=Markup(in_language.html(media=media)),
        badge=badges_of([module]).get(module_id),
        signed_in=identity.person() is not None,
        competences=[services().framework.competence(code) for code in module.competence_codes],
    )


def badges_of(modules: Iterable[Module]) -> dict[str, BadgeClassVersion]:
    """Return, by module id, the badge that passing its quiz counts for: same skill, same level."""
    current = classes.all_current(db.session)
    found = {}
    for module in modules:
        for version in current:
            codes = {competence["code"] for competence in version.document["competences"]}
            is_same_level = version.document["level"]["slug"] == module.level
            if is_same_level and codes.issubset(module.competence_codes):
                found[module.id] = version
    return found


@bp.get("/modules/<module_id>/media/")
@bp.get("/modules/<module_id>/media/<name>")
def media(module_id: str, name: str = "") -> Response:
    """Send a picture of a module."""
    path, media_type = services().library.media_file(module_id, name)
    response = send_file(path, mimetype=media_type, max_age=_MEDIA_SECONDS)
    # An SVG opened by itself is a document: it must not be able to do anything.
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    return response
