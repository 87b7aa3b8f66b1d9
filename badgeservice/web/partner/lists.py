"""An uploaded list: looked at, corrected, sent, and what became of each of its lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask_babel import gettext
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from badgeservice.errors import ResultListChanged, TableRefused
from badgeservice.evidence import agreements
from badgeservice.evidence.sources import table_words, tables
from badgeservice.evidence.sources.results import Corrections, Fate
from badgeservice.evidence.sources.tables import Code, Column
from badgeservice.extensions import db, services
from badgeservice.jobs.models import Job
from badgeservice.partners.lists import correcting, report, sending, staging, template
from badgeservice.partners.lists.models import ListState, ResultList, RowState
from badgeservice.people.models import Organisation
from badgeservice.web import errors, identity, languages, limits, progress
from badgeservice.web.identity import only_signed_in
from badgeservice.web.languages import bilingual
from badgeservice.web.limits import Budget
from badgeservice.web.partner import access, space

bp = Blueprint("partner_lists", __name__)

CORRECTED_AT_ONCE = 10
"""Lines that one page lets correct: a form has at most a hundred fields."""

SHOWN_AT_ONCE = 100
_AMBIGUOUS_SHOWN = 5
_FORM_BYTES = 64 * 1024
_FIELD = re.compile(r"r([0-9]{1,7})-([a-z]+)", re.ASCII)


@bp.url_value_preprocessor
def _make_room(endpoint: str | None, _: dict[str, Any] | None) -> None:
    """Let a file in that is larger than what any other page takes, before the form is read."""
    if endpoint == f"{bp.name}.upload":
        request.max_content_length = tables.MAXIMUM_BYTES + _FORM_BYTES


@bilingual(bp, fr="/partenaire/<slug>/listes", en="/partner/<slug>/lists", methods=("GET", "POST"))
@only_signed_in
def upload(slug: str) -> str | AnyResponse | tuple[str, int]:
    """Take a file in and lead to what stands in it; nothing of an unreadable one is kept."""
    if request.method != "POST":
        return redirect(url_for("partner.overview", slug=slug), 303)
    partner = access.organisation(slug)
    limits.spend(Budget.LIST, by=identity.required().id)
    chosen = request.form.get("activity", "")
    if chosen not in agreements.in_force(db.session, partner.id):
        chosen = ""
    file = request.files.get("file")
    data = file.read() if file else b""
    if not data:
        problem = gettext("Choisissez un fichier : un tableau .xlsx ou .csv.")
        return space.overview_page(slug, problem=problem, chosen=chosen), 400
    try:
        staged = staging.stage(
            db.session,
            services().vault,
            partner,
            sent_by=identity.required().id,
            file_name=(file.filename or "") if file else "",
            data=data,
            activity=chosen,
            now=services().clock(),
        )
    except TableRefused as error:
        db.session.rollback()
        status = 413 if error.code in ("too_large", "too_large_unpacked") else 400
        problem = table_words.refusal(error, languages.current())
        return space.overview_page(slug, problem=problem, chosen=chosen), status
    if not staged.is_new:
        flash(gettext("Ce fichier est déjà là : voici sa liste. Rien n'a été ajouté."))
    db.session.commit()
    return _to(partner, staged.list)


@bp.errorhandler(RequestEntityTooLarge)
def _too_large(_: RequestEntityTooLarge) -> Response | tuple[str, int]:
    """Say in the page that the file is too large; it was refused before its view was asked."""
    slug = (request.view_args or {}).get("slug")
    own = slug in {each.slug for each in access.organisations()}
    if not own or request.endpoint != f"{bp.name}.upload":
        return errors.answer(413, code="http_413")
    error = TableRefused("the request", code="too_large")
    problem = table_words.refusal(error, languages.current())
    return space.overview_page(str(slug), problem=problem), 413


@bilingual(bp, fr="/partenaire/<slug>/listes/<list_id>", en="/partner/<slug>/lists/<list_id>")
@only_signed_in
def page(slug: str, list_id: str) -> str | Response:
    """Show a list: to be corrected and sent, on its way, or done."""
    partner = access.organisation(slug)
    found = staging.get(db.session, partner, list_id)
    if found.state == ListState.STAGED:
        return _preview(partner, found)
    job = db.session.get(Job, found.job_id) if found.job_id else None
    if found.state == ListState.DONE or job is None:
        return render_template("partner/fates.html", **_fates(partner, found))
    return progress.page("partner/fates.html", job, **_fates(partner, found))


@bilingual(
    bp,
    fr="/partenaire/<slug>/listes/<list_id>/corriger",
    en="/partner/<slug>/lists/<list_id>/correct",
    methods=("POST",),
)
@only_signed_in
def correct(slug: str, list_id: str) -> AnyResponse:
    """Correct the lines of the form, or take one of them out."""
    partner, now = access.organisation(slug), services().clock()
    found = staging.get(db.session, partner, list_id)
    left_out, typed = _number(request.form.get("leave_out", "")), _typed()
    states, late = [], []
    if left_out is not None:
        typed.pop(left_out, None)
        try:
            correcting.leave_out(db.session, found, left_out)
            flash(gettext("Ligne %(number)s retirée de la liste.", number=left_out))
        except ResultListChanged:
            late.append(left_out)
    # What was typed into other lines is not lost, whatever became of one.
    for number, changes in typed.items():
        is_right = f"r{number}-right" in request.form
        try:
            state = correcting.correct(
                db.session, services().vault, found, number, changes, is_right=is_right, now=now
            )
            states.append(state)
        except ResultListChanged:
            late.append(number)
    db.session.commit()
    if states and (left_out is None or RowState.READY in states):
        flash(
            gettext(
                "Lignes corrigées : %(right)s. Encore à corriger : %(left)s.",
                right=sum(state != RowState.TO_CORRECT for state in states),
                left=staging.counts(db.session, found)[RowState.TO_CORRECT],
            )
        )
    if late and states:
        flash(
            gettext(
                "Corrigées ou retirées entre-temps : lignes %(lines)s. Le reste est enregistré.",
                lines=", ".join(map(str, late)),
            )
        )
    elif late:
        flash(_changed())
    return _to(partner, found)


@bilingual(
    bp,
    fr="/partenaire/<slug>/listes/<list_id>/envoyer",
    en="/partner/<slug>/lists/<list_id>/send",
    methods=("POST",),
)
@only_signed_in
def send(slug: str, list_id: str) -> AnyResponse | tuple[str, int]:
    """Send a list; a second tap leads to the same page."""
    partner = access.organisation(slug)
    found = staging.get(db.session, partner, list_id)
    if found.state == ListState.STAGED and request.form.get("attested") != "yes":
        problem = gettext("Cochez cette case si ces résultats sont exacts.")
        return _preview(partner, found, problem=problem), 400
    without = _number(request.form.get("without", ""))
    apply = request.form.get("corrections") == "yes"
    try:
        sending.send(
            db.session,
            found,
            without=-1 if without is None else without,
            corrections=Corrections.APPLY if apply else Corrections.REFUSE,
            actor=identity.required().id,
            now=services().clock(),
        )
    except ResultListChanged:
        db.session.rollback()
        flash(_changed())
    db.session.commit()
    return _to(partner, found)


@bilingual(
    bp,
    fr="/partenaire/<slug>/listes/<list_id>/oublier",
    en="/partner/<slug>/lists/<list_id>/discard",
    methods=("POST",),
)
@only_signed_in
def discard(slug: str, list_id: str) -> AnyResponse:
    """Forget a list that was not sent."""
    partner = access.organisation(slug)
    found = staging.get(db.session, partner, list_id)
    try:
        staging.discard(db.session, services().vault, found)
    except ResultListChanged:
        db.session.rollback()
        flash(_changed())
        return _to(partner, found)
    db.session.commit()
    flash(gettext("Liste oubliée : rien n'en a été enregistré."))
    return redirect(url_for("partner.overview", slug=slug), 303)


@bilingual(
    bp,
    fr="/partenaire/<slug>/listes/<list_id>/a-corriger.csv",
    en="/partner/<slug>/lists/<list_id>/to-correct.csv",
)
@only_signed_in
def to_correct(slug: str, list_id: str) -> Response:
    """Give the lines to correct as a file that can be corrected and uploaded."""
    return _table(report.of_problems, slug, list_id, {"fr": "a-corriger", "en": "to-correct"})


@bilingual(
    bp,
    fr="/partenaire/<slug>/listes/<list_id>/rapport.csv",
    en="/partner/<slug>/lists/<list_id>/report.csv",
)
@only_signed_in
def fates_file(slug: str, list_id: str) -> Response:
    """Give what became of each line as a file."""
    return _table(report.of_fates, slug, list_id, {"fr": "rapport", "en": "report"})


def _preview(partner: Organisation, found: ResultList, *, problem: str = "") -> str:
    session, vault, language = db.session, services().vault, languages.current()
    now = services().clock()
    counts = staging.counts(session, found)
    shown = list(correcting.to_correct(session, vault, found, now=now, at_most=CORRECTED_AT_ONCE))
    return render_template(
        "partner/preview.html",
        partner=partner,
        list=found,
        file=staging.file(session, vault, found),
        counts=counts,
        states=RowState,
        shown=[(row, _fields(row)) for row in shown],
        agreed=list(agreements.in_force(session, partner.id).values()),
        statuses=template.statuses(language),
        surplus=Code.CELLS_TOO_MANY,
        columns={column: words[language] for column, words in table_words.COLUMNS.items()},
        explain=lambda each: table_words.explain(each, language),
        column_of=lambda each: table_words.column(each, language),
        ambiguous=correcting.ambiguous(session, vault, found, at_most=_AMBIGUOUS_SHOWN),
        ambiguous_count=correcting.ambiguous_count(session, found),
        problem=problem,
        kept_until=found.created_at + staging.UNSENT_KEPT,
    )


def _fates(partner: Organisation, found: ResultList) -> dict[str, Any]:
    """Return what the page of a sent list shows; of one that is on its way, only the sums."""
    session, vault, language = db.session, services().vault, languages.current()
    fates = sending.fates(session, found)
    rules = staging.rules(session, found, services().clock())
    counts = staging.counts(session, found)
    fell = counts[RowState.LEFT_OUT] + fates.get(Fate.REFUSED, 0)
    everything = "all" in request.args or not fell
    rows = list(
        sending.rows(
            session,
            found,
            only_problems=not everything,
            after=_number(request.args.get("after", "")) or 0,
            at_most=SHOWN_AT_ONCE + 1,
        )
    )
    return {
        "partner": partner,
        "list": found,
        "file": staging.file(session, vault, found),
        "is_done": found.state == ListState.DONE,
        "fates": [(report.FATES[each][language], fates[each]) for each in Fate if each in fates],
        "left_out": counts[RowState.LEFT_OUT],
        "fell": fell,
        "everything": everything,
        "rows": [
            (
                row.number,
                report.fate(row, language),
                report.why(session, vault, row, rules, language),
                staging.cells(session, vault, row)[0].get(Column.EMAIL, ""),
            )
            for row in rows[:SHOWN_AT_ONCE]
        ],
        "more_after": rows[SHOWN_AT_ONCE - 1].number if len(rows) > SHOWN_AT_ONCE else None,
        "kept_until": found.sent_at + staging.ROWS_KEPT if found.sent_at else None,
    }


def _fields(row: correcting.Shown) -> list[Column]:
    """Return the columns to correct in a line; all where it is not clear which cell is too many."""
    if any(problem.code is Code.CELLS_TOO_MANY for problem in row.problems):
        return list(Column)
    if any(problem.code is Code.SAME_AS_BEFORE for problem in row.problems):
        return [Column.EMAIL, Column.ACTIVITY, Column.DATE, Column.STATUS]
    return list(dict.fromkeys(each.column for each in row.problems if each.column))


def _number(text: str) -> int | None:
    """Return the number of a line, None for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else None


def _typed() -> dict[int, dict[Column, str]]:
    """Return the cells of the form, by line; what is no field of ours is passed over."""
    typed: dict[int, dict[Column, str]] = {}
    for name, text in request.form.items():
        if (found := _FIELD.fullmatch(name)) and found[2] in list(Column):
            typed.setdefault(int(found[1]), {})[Column(found[2])] = text
    return typed


def _table(
    lines: Callable[..., Iterator[str]], slug: str, list_id: str, names: Mapping[str, str]
) -> Response:
    """Give the `lines` of a list as a file, called in the language of the page."""
    found, language = (
        staging.get(db.session, access.organisation(slug), list_id),
        languages.current(),
    )
    table = lines(db.session, services().vault, found, language, now=services().clock())
    response = make_response(stream_with_context(table))
    response.content_type = "text/csv; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="{names[language]}.csv"'
    return response


def _changed() -> str:
    words: str = gettext("La liste a changé entre-temps. La voici telle qu'elle est.")
    return words


def _to(partner: Organisation, found: ResultList) -> AnyResponse:
    return redirect(url_for("partner_lists.page", slug=partner.slug, list_id=found.id), 303)
