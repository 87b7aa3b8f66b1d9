"""What every answer and every form owes its reader: headers, and nothing cached by mistake.

Sources: OWASP Secure Headers Project; W3C Fetch Metadata Request Headers.
"""

from __future__ import annotations

import hashlib
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from flask import Flask, Request, Response, abort, request, url_for

from badgeservice.settings import Environment, Settings
from badgeservice.web.negotiation import FOR_PROGRAMS

# No script, no inline style, nothing from elsewhere. Pages work without any of it.
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # The address of a badge shown by link must not reach the sites that its page links to.
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
# The one page that has a script: our own, from a file, without a sink that takes text for code.
# Its decoder is JavaScript, so that not even WebAssembly is to be allowed.
_WITH_CAMERA = {
    "Content-Security-Policy": "; ".join(
        [
            CONTENT_SECURITY_POLICY,
            "script-src 'self'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        ]
    ),
    "Permissions-Policy": HEADERS["Permissions-Policy"].replace("camera=()", "camera=(self)"),
}
# Two years: https://hstspreload.org asks for at least one.
STRICT_TRANSPORT_SECURITY = "max-age=63072000; includeSubDomains"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# "none" is a person's own act (a bookmark, a reload), not another site.
OWN_SITES = frozenset({"same-origin", "none"})
STATIC_SECONDS = 365 * 24 * 3600


def init_app(app: Flask, settings: Settings) -> None:
    """Refuse foreign forms and impossible addresses before each view, add the headers after it."""
    app.config.update(
        WTF_CSRF_TIME_LIMIT=None,  # a quiz stays open for days; the token ends with the session
        WTF_CSRF_SSL_STRICT=False,  # it compares the referrer, and we send none
    )
    production = settings.environment is Environment.PRODUCTION
    versions = _Versions(Path(str(app.static_folder)))
    app.request_class = _Request
    app.before_request(_refuse_foreign_forms)
    app.before_request(_refuse_impossible_addresses)

    @app.after_request
    def protect(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if production:
            response.headers["Strict-Transport-Security"] = STRICT_TRANSPORT_SECURITY
        _limit_caching(response)
        return response

    def asset(name: str) -> str:
        return url_for("static", filename=name, v=versions.of(name))

    app.context_processor(lambda: {"asset": asset})


def with_camera(response: Response) -> Response:
    """Return the answer, with leave to run our own script and to ask for the camera.

    For a page on which nothing stands that a visitor brought.
    """
    response.headers.update(_WITH_CAMERA)
    return response


def _refuse_foreign_forms() -> None:
    """Refuse a form that another site sends (Fetch Metadata), before its token is even read.

    What is for programs reads no cookie, so that another site can only do there what anyone can.
    """
    if request.method not in SAFE_METHODS and not request.path.startswith(FOR_PROGRAMS):
        site = request.headers.get("Sec-Fetch-Site")
        if site is not None and site not in OWN_SITES:
            abort(403)


def _refuse_impossible_addresses() -> None:
    """Refuse an address with a NUL in it: nothing is called that, and PostgreSQL cannot be asked."""
    if "\0" in request.path:
        abort(404)


def _limit_caching(response: Response) -> None:
    """Let nobody keep an answer, unless its view says otherwise or its address holds a digest."""
    if request.endpoint == "static" and request.args.get("v") and response.status_code == 200:
        response.headers["Cache-Control"] = f"public, max-age={STATIC_SECONDS}, immutable"
    elif "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"


class _Request(Request):
    """A request whose files stay in memory: what people bring to be verified reaches no disk.

    The limit for a whole request (`MAX_CONTENT_LENGTH`) is the limit of this memory.
    """

    def _get_file_stream(self, *_: Any, **__: Any) -> IO[bytes]:
        return BytesIO()


class _Versions:
    """Digests of our static files, so that a changed file has a new address."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, tuple[int, str]] = {}

    def of(self, name: str) -> str:
        """Return 12 hex digits of the SHA-256 of a file; read again when it changes."""
        path = self._folder / name
        changed = path.stat().st_mtime_ns
        if name not in self._known or self._known[name][0] != changed:
            self._known[name] = (changed, hashlib.sha256(path.read_bytes()).hexdigest()[:12])
        return self._known[name][1]
