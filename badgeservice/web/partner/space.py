"""The space of a partner: its activities, the templates to fill in, the lists that it has sent."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from badgeservice.evidence import agreements
from badgeservice.evidence.sources import tables
from badgeservice.evidence.sources.results import Fate
from badgeservice.extensions import db, services
from badgeservice.partners.lists import sending, staging, template
from badgeservice.partners.lists.models import ListState, ResultList, RowState
from badgeservice.partners.lists.staging import Counts
from badgeservice.web import languages
from badgeservice.web.identity import only_signed_in
from badgeservice.web.languages import bilingual
from badgeservice.web.partner import access

bp = Blueprint("partner", __name__)

SHOWN_LISTS = 50
"""How many lists the space shows, the latest first."""

_MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@bilingual(bp, fr="/partenaire", en="/partner")
@only_signed_in
def home() -> str | AnyResponse:
    """Lead to the organisation for which a person acts, or let them choose one."""
    known = access.organisations()
    if len(known) == 1:
        return redirect(url_for("partner.overview", slug=known[0].slug), 303)
    return render_template("partner/choose.html", organisations=known)


@bilingual(bp, fr="/partenaire/<slug>", en="/partner/<slug>")
@only_signed_in
def overview(slug: str) -> str:
    """Show the space of one organisation."""
    return overview_page(slug)


@bilingual(bp, fr="/partenaire/<slug>/modele.csv", en="/partner/<slug>/template.csv")
@only_signed_in
def template_csv(slug: str) -> Response:
    """Give the titles of a list, to be filled in."""
    return _template(slug, "csv")


@bilingual(bp, fr="/partenaire/<slug>/modele.xlsx", en="/partner/<slug>/template.xlsx")
@only_signed_in
def template_xlsx(slug: str) -> Response:
    """Give a workbook to fill in, with the activities of the agreement."""
    return _template(slug, "xlsx")


def _template(slug: str, suffix: str) -> Response:
    partner, language = access.organisation(slug), languages.current()
    agreed = list(agreements.in_force(db.session, partner.id).values())
    write = template.as_xlsx if suffix == "xlsx" else template.as_csv
    response = make_response(write(agreed, language))
    response.content_type = _MEDIA_TYPES[suffix]
    name = {"fr": "modele-resultats", "en": "results-template"}[language]
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{suffix}"'
    return response


def _listed(found: ResultList) -> tuple[ResultList, str, Counts, int]:
    """Return a list, the name of its file, its lines, and how many of them were not recorded."""
    counts, fell = staging.counts(db.session, found), 0
    if found.state == ListState.DONE:
        refused = sending.fates(db.session, found).get(Fate.REFUSED, 0)
        fell = counts[RowState.LEFT_OUT] + refused
    return found, staging.file(db.session, services().vault, found).name, counts, fell


def overview_page(slug: str, *, problem: str = "", chosen: str = "") -> str:
    """Return the page of the space; `problem` says why an uploaded file cannot be used."""
    partner, session = access.organisation(slug), db.session
    lists = staging.of(session, partner, at_most=SHOWN_LISTS)
    return render_template(
        "partner/overview.html",
        partner=partner,
        agreed=list(agreements.in_force(session, partner.id).values()),
        lists=[_listed(each) for each in lists],
        problem=problem,
        chosen=chosen,
        most=tables.MAXIMUM_ROWS,
        megabytes=tables.MAXIMUM_BYTES // 1024 // 1024,
    )
