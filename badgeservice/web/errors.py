"""Errors become answers: a page for a person, a problem document (RFC 9457) for a program.

A page says what could not be done, that nothing was lost, what to do next, and whom to ask. Each
answer to an error carries a reference, which stands in the log and nowhere else.
"""

from __future__ import annotations

import errno
import secrets
from dataclasses import dataclass

import structlog
from flask import Flask, Response, make_response, render_template, request
from flask_babel import gettext
from flask_limiter import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as QueueTimeout
from werkzeug.exceptions import HTTPException, InternalServerError, SecurityError

from badgeservice.errors import (
    ApiKeyForbids,
    ApiKeyRefused,
    AttemptClosed,
    AttemptNotFound,
    AttemptRefused,
    BadgeserviceError,
    ClockWentBack,
    ConflictingChange,
    CredentialNotFound,
    HolderErased,
    IssuingHalted,
    IssuingRefused,
    JobNotFound,
    KeyFileError,
    ModuleNotFound,
    PublicationDamaged,
    RequestRefused,
    RequestUnreadable,
    ResultListChanged,
    ResultListNotFound,
    SettingsError,
    SubmissionNotFound,
    VerifierBusy,
)
from badgeservice.extensions import db
from badgeservice.web import negotiation, observing

log = structlog.get_logger()

# What a deliberate exception means over HTTP when no view has caught it.
STATUS: dict[type[BadgeserviceError], int] = {
    ModuleNotFound: 404,
    AttemptNotFound: 404,
    CredentialNotFound: 404,
    JobNotFound: 404,
    ResultListNotFound: 404,
    ResultListChanged: 409,
    SubmissionNotFound: 404,
    ApiKeyRefused: 401,
    ApiKeyForbids: 403,
    HolderErased: 410,
    AttemptRefused: 409,
    AttemptClosed: 409,
    ConflictingChange: 409,
    IssuingRefused: 409,
    RequestUnreadable: 400,
    RequestRefused: 422,
    KeyFileError: 503,
    PublicationDamaged: 503,
    ClockWentBack: 503,
    IssuingHalted: 503,
    SettingsError: 503,  # a secret that was there at the start, and is not now
    VerifierBusy: 503,
}
_RETRY_AFTER: dict[type[BadgeserviceError], int] = {
    VerifierBusy: 5,
    IssuingHalted: 600,
    PublicationDamaged: 600,
}
"""After how many seconds a program should try again."""
_STORAGE_RETRY_SECONDS = 30
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


@dataclass(frozen=True)
class Words:
    """An error in words: what happened, then what it means and what to do."""

    title: str
    meaning: str


def init_app(app: Flask) -> None:
    """Answer every error; nothing leaves as a bare stack trace."""
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(BadgeserviceError, _answer_ours)
    app.register_error_handler(OperationalError, _answer_out_of_storage)
    app.register_error_handler(QueueTimeout, _answer_out_of_storage)
    app.register_error_handler(OSError, _answer_out_of_storage)
    app.register_error_handler(Exception, _answer_unforeseen)


def answer(status: int, *, code: str, words: Words | None = None, detail: str = "") -> Response:
    """Return the answer for an error of `status`, in the form that the client reads.

    `code` is for programs and the log; `words` replaces the usual words of the status; `detail`
    tells a program what to mend.
    """
    reference = new_reference()
    log.info("refused", status=status, code=code, reference=reference, endpoint=request.endpoint)
    words = words or words_of(status)
    if _for_a_person():
        page = render_template("error.html", words=words, status=status, reference=reference)
        response = make_response(page, status)
        response.headers["X-Robots-Tag"] = "noindex"
    else:
        response = problem(status, code=code, title=words.title, reference=reference, detail=detail)
    response.headers["Vary"] = "Accept"
    return response


def problem(status: int, *, code: str, title: str, reference: str, detail: str = "") -> Response:
    """Return a problem document (RFC 9457 §3.1)."""
    document = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "code": code,
        "reference": reference,
    }
    response = make_response({**document, "detail": detail} if detail else document, status)
    response.content_type = "application/problem+json"
    return response


def _for_a_person() -> bool:
    """Tell whether to answer with a page; addresses for programs have none."""
    if request.path.startswith(negotiation.FOR_PROGRAMS):
        return False
    return negotiation.prefers_page(request.accept_mimetypes, otherwise=True)


def new_reference() -> str:
    """Return a reference that a person can read out on the telephone, for example "3F9A-07C2"."""
    digits = secrets.token_hex(4).upper()
    return f"{digits[:4]}-{digits[4:]}"


def words_of(status: int) -> Words:
    """Return what a page says about an error of `status`."""
    known = {
        400: Words(
            gettext("Nous n'avons pas compris cette demande"),
            gettext("Rien n'a été enregistré. Revenez à la page précédente et réessayez."),
        ),
        403: Words(
            gettext("Cette demande ne venait pas de notre site"),
            gettext("Rien n'a été enregistré. Ouvrez la page depuis notre site et réessayez."),
        ),
        404: Words(
            gettext("Nous ne trouvons pas cette page"),
            gettext(
                "L'adresse est peut-être incomplète, ou la page n'existe plus. "
                "Vous pouvez repartir de l'accueil."
            ),
        ),
        405: Words(
            gettext("Cette adresse ne s'ouvre pas directement"),
            gettext("Rien n'a été perdu. Repartez de l'accueil."),
        ),
        409: Words(
            gettext("Cette action n'est plus possible"),
            gettext(
                "La situation a changé depuis l'affichage de la page. "
                "Rien n'a été perdu : rouvrez votre espace pour voir où vous en êtes."
            ),
        ),
        410: Words(
            gettext("Cette page n'existe plus"),
            gettext("Son contenu a été retiré. Vous pouvez repartir de l'accueil."),
        ),
        413: Words(
            gettext("Ce que vous envoyez est trop volumineux"),
            gettext("Rien n'a été enregistré. Envoyez un fichier ou un texte plus petit."),
        ),
        415: Words(gettext("Nous ne lisons pas ce type de contenu"), ""),
        422: Words(
            gettext("Cette demande n'a pas la forme attendue"),
            gettext("Rien n'a été enregistré. Revenez à la page précédente et réessayez."),
        ),
        429: Words(
            gettext("Trop d'essais en peu de temps"),
            gettext("Rien n'a été perdu. Attendez quelques minutes, puis réessayez."),
        ),
        500: Words(
            gettext("Nous n'avons pas pu afficher cette page"),
            gettext(
                "Le problème vient de chez nous et il est noté. Ce que vous aviez déjà enregistré "
                "est conservé. Réessayez dans quelques minutes."
            ),
        ),
        503: Words(
            gettext("Le service est momentanément indisponible"),
            gettext("Rien n'a été perdu. Réessayez dans quelques minutes."),
        ),
    }
    return known.get(status, known[400] if status < 500 else known[500])


def halted() -> Words:
    """Return what a page says while the operator has stopped issuing."""
    return Words(
        gettext("La délivrance est suspendue"),
        gettext(
            "Aucun badge n'est signé en ce moment, le temps d'une vérification. Si vous veniez "
            "d'accepter un badge, votre acceptation n'est pas perdue : il sera signé dès la reprise, "
            "sans rien à refaire. Les badges déjà reçus restent valables et vérifiables."
        ),
    )


def _answer_http(error: HTTPException) -> Response:
    if isinstance(error, SecurityError):
        # The host is not ours: there is no address from which a page could be built.
        return make_response("unknown host\n", 400, {"Content-Type": "text/plain"})
    if error.response is not None or (error.code or 500) < 400:
        return make_response(error.get_response())  # a redirect, or an answer made elsewhere
    if isinstance(error, CSRFError):
        words = Words(
            gettext("Cette page était ouverte depuis trop longtemps"),
            gettext(
                "Rien n'a été enregistré. Revenez à la page précédente, rechargez-la et réessayez."
            ),
        )
        return answer(400, code="csrf", words=words)
    if isinstance(error, InternalServerError):
        return _answer_unforeseen(error.original_exception or error)
    status = error.code or 500
    response = answer(status, code=f"http_{status}")
    if isinstance(error, RateLimitExceeded):
        response.headers["Retry-After"] = str(error.limit.limit.get_expiry())
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _answer_ours(error: BadgeserviceError) -> Response:
    for kind in type(error).__mro__:
        if kind in STATUS:
            # This sentence is for whoever asked: it names the place in what they sent.
            detail = error.message if isinstance(error, RequestRefused) else ""
            response = answer(
                STATUS[kind], code=error.code, words=_words_of_ours(error), detail=detail
            )
            if STATUS[kind] == 401:
                response.headers["WWW-Authenticate"] = "Bearer"
            if kind in _RETRY_AFTER:
                response.headers["Retry-After"] = str(_RETRY_AFTER[kind])
            return response
    return _answer_unforeseen(error)


def _words_of_ours(error: BadgeserviceError) -> Words | None:
    """Return what is said of an error that its status alone would say wrongly, None for others."""
    match error:
        case IssuingHalted():
            return halted()
        case ApiKeyRefused():
            return Words(gettext("Cette demande a besoin d'une clé d'API en vigueur"), "")
        case ApiKeyForbids():
            return Words(gettext("Cette clé d'API n'ouvre pas cette adresse"), "")
    return None


def _answer_out_of_storage(error: Exception) -> Response:
    """Answer that nothing could be kept: the database is away or locked, the disk is full.

    What the request began is undone; whoever makes it again loses nothing.
    """
    if isinstance(error, OSError) and error.errno not in _FULL:
        return _answer_unforeseen(error)
    log.error("storage_unavailable", endpoint=request.endpoint, exc_info=error)
    observing.report(error, new_reference())
    db.session.rollback()
    response = answer(503, code="storage_unavailable")
    response.headers["Retry-After"] = str(_STORAGE_RETRY_SECONDS)
    return response


def _answer_unforeseen(error: BaseException) -> Response:
    reference = new_reference()
    log.error("unforeseen", reference=reference, endpoint=request.endpoint, exc_info=error)
    observing.report(error, reference)
    words = words_of(500)
    if _for_a_person():
        return make_response(
            render_template("error.html", words=words, status=500, reference=reference), 500
        )
    return problem(500, code="internal", title=words.title, reference=reference)
