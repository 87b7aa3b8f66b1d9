"""Signing in by mail: a code to type, or a link that a button confirms. No password."""

from __future__ import annotations

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from badgeservice.errors import (
    AttemptRefused,
    InvalidEmail,
    MailNotSent,
    ModuleNotFound,
    SignInRefused,
    TooManySignInRequests,
)
from badgeservice.extensions import db, services
from badgeservice.people import accounts, sign_in, words
from badgeservice.people.models import Person
from badgeservice.web import identity, languages
from badgeservice.web.extensions import limiter
from badgeservice.web.languages import bilingual
from badgeservice.web.learner import quiz

bp = Blueprint("sign_in", __name__)

# The address is kept in the visitor's own cookie between the two screens, never in an address bar.
_EMAIL = "email"
# A class of learners shares one address; a guesser is stopped by the tries of each request.
_REQUESTS, _TRIES = "30/5 minutes", "60/5 minutes"


@bilingual(bp, fr="/connexion", en="/sign-in", methods=("GET", "POST"))
@limiter.limit(_REQUESTS, methods=["POST"])
def ask() -> str | Response | tuple[str, int]:
    """Ask for a mail address, and send a code and a link to it."""
    if request.method != "POST":
        return render_template("sign_in/ask.html", email="", problem="")
    email = request.form.get("email", "")
    if module_id := request.form.get("module"):
        _remember(module_id, request.form.get("mode", ""))
    try:
        sign_in.request(
            db.session,
            services().vault,
            services().mailer,
            email=email,
            language=languages.current(),
            controller=accounts.organisation(db.session, services().office.issuer.slug),
            link=_link,
            now=services().clock(),
        )
    except (InvalidEmail, TooManySignInRequests, MailNotSent) as error:
        problem = words.explain(error, languages.current())
        return render_template("sign_in/ask.html", email=email, problem=problem), 400
    session[_EMAIL] = email
    return redirect(url_for("sign_in.code"), 303)


@bilingual(bp, fr="/connexion/code", en="/sign-in/code", methods=("GET", "POST"))
@limiter.limit(_TRIES, methods=["POST"])
def code() -> str | Response | tuple[str, int]:
    """Take the code that was sent."""
    email = session.get(_EMAIL)
    if email is None:
        return redirect(url_for("sign_in.ask"), 303)
    if request.method != "POST":
        return _code_page(email, "")
    try:
        person = sign_in.redeem_code(
            db.session,
            services().vault,
            email=email,
            code=request.form.get("code", ""),
            now=services().clock(),
        )
    except SignInRefused as error:
        problem = words.explain(error, languages.current())
        return _code_page(email, problem), 400
    return _enter(person)


@bilingual(bp, fr="/connexion/lien/<token>", en="/sign-in/link/<token>", methods=("GET", "POST"))
@limiter.limit(_TRIES, methods=["POST"])
def link(token: str) -> str | Response | tuple[str, int]:
    """Ask for one tap, then use the link: programs that scan mails follow links, but tap nothing.

    They ask with HEAD as well as with GET, and Flask brings both here.
    """
    if request.method != "POST":
        return render_template("sign_in/link.html", token=token)
    try:
        person = sign_in.redeem_token(db.session, token, services().clock())
    except SignInRefused as error:
        problem = words.explain(error, languages.current())
        return render_template("sign_in/ask.html", email="", problem=problem), 400
    return _enter(person)


@bilingual(bp, fr="/deconnexion", en="/sign-out", methods=("POST",))
def leave() -> Response:
    """End the session, on this browser and wherever else it is open."""
    identity.leave()
    return redirect(url_for("pages.home"), 303)


def _enter(person: Person) -> Response:
    identity.enter(person)
    if asked := identity.remembered_quiz():
        module_id, mode = asked
        try:
            return quiz.begin(module_id, mode)
        except (ModuleNotFound, AttemptRefused):
            db.session.rollback()  # the dashboard says when the next try is possible
    return redirect(url_for("space.overview"), 303)


def _code_page(email: str, problem: str) -> str:
    return render_template(
        "sign_in/code.html",
        email=email,
        problem=problem,
        mailbox="development" in current_app.blueprints,
    )


def _remember(module_id: str, mode: str) -> None:
    services().library.module(module_id)
    identity.remember_quiz(module_id, mode)


def _link(token: str) -> str:
    return services().settings.base_url + url_for("sign_in.link", token=token)
