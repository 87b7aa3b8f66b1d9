"""Taking a quiz: one question a screen, a review, one sending, the result."""

from __future__ import annotations

import random

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from badgeservice.awarding import offers
from badgeservice.catalogue import classes
from badgeservice.errors import AnswerRefused, AttemptClosed, AttemptNotFound, AttemptRefused
from badgeservice.extensions import db, services
from badgeservice.learning import attempts, words
from badgeservice.learning.content import Module
from badgeservice.learning.models import Attempt, Mode, State
from badgeservice.web import identity, languages
from badgeservice.web.identity import only_signed_in
from badgeservice.web.languages import bilingual

bp = Blueprint("quiz", __name__)


@bilingual(bp, fr="/modules/<module_id>/quiz", en="/modules/<module_id>/quiz", methods=("POST",))
@only_signed_in
def start(module_id: str) -> Response:
    """Start a quiz, or go on with the one that is open."""
    try:
        return begin(module_id, request.form.get("mode", ""))
    except AttemptRefused as error:
        db.session.rollback()
        flash(words.refusal(error.code, languages.current()))
        return redirect(url_for("space.overview"), 303)


@bilingual(
    bp,
    fr="/quiz/<attempt_id>/questions/<int:number>",
    en="/quiz/<attempt_id>/questions/<int:number>",
    methods=("GET", "POST"),
)
@only_signed_in
def question(attempt_id: str, number: int) -> str | Response | tuple[str, int]:
    """Show one question, and save its answer."""
    attempt = _own(attempt_id)
    if request.method != "POST":
        return _show(attempt, number)
    sent = request.form.to_dict(flat=False)
    try:
        attempts.save_answer(
            db.session, services().vault, attempt, number, sent, now=services().clock()
        )
    except AnswerRefused as error:
        db.session.rollback()
        problem = words.refusal(error.code, languages.current())
        return _show(attempt, number, sent=sent, problem=problem), 400
    db.session.commit()
    return _after_saving(attempt, number)


@bilingual(bp, fr="/quiz/<attempt_id>/relecture", en="/quiz/<attempt_id>/review")
@only_signed_in
def review(attempt_id: str) -> str:
    """Show what is answered and what is not, before sending."""
    attempt = _own(attempt_id)
    return render_template(
        "quiz/review.html",
        attempt_id=attempt.id,
        module=_module(attempt),
        practising=attempt.mode == Mode.PRACTISE,
        review=attempts.review(db.session, services().vault, attempt, languages.current()),
    )


@bilingual(bp, fr="/quiz/<attempt_id>/envoi", en="/quiz/<attempt_id>/send", methods=("POST",))
@only_signed_in
def submit(attempt_id: str) -> Response:
    """Send the answers; a second tap shows the same result."""
    attempt, now = _own(attempt_id), services().clock()
    attempts.submit(db.session, services().vault, attempt, now=now)
    offers.decide(
        db.session,
        services().vault,
        person_id=attempt.person_id,
        classes=classes.all_current(db.session),
        now=now,
    )
    db.session.commit()
    return redirect(url_for("quiz.result", attempt_id=attempt.id), 303)


@bilingual(bp, fr="/quiz/<attempt_id>/resultat", en="/quiz/<attempt_id>/result")
@only_signed_in
def result(attempt_id: str) -> str:
    """Show how it went, objective by objective, and the way on."""
    attempt, now = _own(attempt_id), services().clock()
    view = attempts.result_view(db.session, services().vault, attempt, languages.current(), now=now)
    offered = offers.open_offers(db.session, attempt.person_id)
    return render_template(
        "quiz/result.html",
        module=_module(attempt),
        practising=attempt.mode == Mode.PRACTISE,
        result=view,
        offer_id=offered[0].id if offered and view.passed else None,
    )


def begin(module_id: str, mode: str) -> Response:
    """Return the way to the first question without an answer of a new or open attempt.

    Raises AttemptRefused, ModuleNotFound.
    """
    module = services().library.module(module_id)
    attempt = attempts.start(
        db.session,
        module,
        identity.required().id,
        Mode.PRACTISE if mode == Mode.PRACTISE else Mode.ASSESS,
        now=services().clock(),
        rng=random.SystemRandom(),
    )
    db.session.commit()
    lines = attempts.review(db.session, services().vault, attempt, languages.current()).lines
    return redirect(url_for("quiz.question", attempt_id=attempt.id, number=lines[0].number), 303)


def _own(attempt_id: str) -> Attempt:
    """Return an attempt of the person who is signed in; raise AttemptNotFound for any other."""
    return attempts.get(db.session, attempt_id, identity.required().id)


def _module(attempt: Attempt) -> Module:
    return services().library.module(attempt.module_id)


def _show(
    attempt: Attempt,
    number: int,
    *,
    sent: dict[str, list[str]] | None = None,
    problem: str = "",
) -> str:
    language, vault = languages.current(), services().vault
    shown = attempts.presented_question(db.session, vault, attempt, number, language, sent=sent)
    practising = attempt.mode == Mode.PRACTISE
    feedback = None
    if practising and shown.is_answered and not problem:
        feedback = attempts.explain_answer(db.session, vault, attempt, number, language)
    lines = attempts.review(db.session, vault, attempt, language).lines
    return render_template(
        "quiz/question.html",
        attempt_id=attempt.id,
        module=_module(attempt),
        practising=practising,
        question=shown,
        feedback=feedback,
        lines=sorted(lines, key=lambda line: line.number),
        problem=problem,
    )


def _after_saving(attempt: Attempt, number: int) -> Response:
    """Return the way on: in practice the explanation, else the next question or the review."""
    shown = attempts.presented_question(
        db.session, services().vault, attempt, number, languages.current()
    )
    if shown.is_answered:
        flash(gettext("Réponse à la question %(number)s enregistrée.", number=number))
        if attempt.mode == Mode.PRACTISE:
            return redirect(url_for("quiz.question", attempt_id=attempt.id, number=number), 303)
    if number == shown.of:
        return redirect(url_for("quiz.review", attempt_id=attempt.id), 303)
    return redirect(url_for("quiz.question", attempt_id=attempt.id, number=number + 1), 303)


@bp.errorhandler(AttemptClosed)
def _closed(error: AttemptClosed) -> Response:
    """Lead on from a page of an attempt that is no longer open."""
    db.session.rollback()
    flash(words.refusal(error.code, languages.current()))
    attempt_id = str((request.view_args or {}).get("attempt_id", ""))
    try:
        attempt = _own(attempt_id)
    except AttemptNotFound:
        attempt = None
    if attempt is not None and attempt.state == State.SUBMITTED:
        return redirect(url_for("quiz.result", attempt_id=attempt_id), 303)
    return redirect(url_for("space.overview"), 303)
