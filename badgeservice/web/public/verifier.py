"""The verifier for everybody: whatever somebody brings, from anywhere, and the report on it.

What is brought comes in the body of a form, never in an address; it is held in memory until the
answer is written, and neither kept nor logged. Nothing here reads a cookie or changes anything, so
the form carries no token (docs/decisions/0021-verifier-page.md).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from urllib.parse import quote

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from badgeservice.catalogue.strength import Strength
from badgeservice.extensions import services
from badgeservice.issuing import short_codes
from badgeservice.sharing import qr
from badgeservice.verification import Report
from badgeservice.verification.submission import MAXIMUM_BYTES, Kind
from badgeservice.web import languages, limits, security
from badgeservice.web.extensions import csrf
from badgeservice.web.languages import bilingual
from badgeservice.web.limits import Budget
from badgeservice.web.public.pages import public_id_in
from badgeservice.web.public.told import Told

bp = Blueprint("verifier", __name__)
csrf.exempt(bp)

LONGEST_RECIPIENT = 254
"""Characters of an e-mail address (RFC 5321)."""

LONGEST_RECHECK = 600
"""Characters of an address to check again that a QR code still holds in squares that print well."""


@dataclass(frozen=True)
class Brought:
    """What somebody brought: bytes, and the text that they typed, empty for a file.

    `recipient` is the e-mail address of whom they have before them, empty if they did not ask.
    """

    data: bytes
    text: str
    recipient: str

    @property
    def link(self) -> str:
        """The link that was typed; empty for anything else."""
        is_link = limits.of_submission(self.data) is Budget.ADDRESS
        return self.text if self.text and is_link else ""

    @property
    def fingerprint(self) -> str:
        """The SHA-256 in hex, by which somebody else can tell that they have the same file."""
        return hashlib.sha256(self.data).hexdigest()


@bilingual(bp, fr="/verifier", en="/verify", methods=("GET", "POST"))
def page() -> AnyResponse:
    """Ask for a link, a code, a text or a file; answer with the report.

    The address of a badge of ours leads to its page, which is a report.
    """
    if request.method != "POST":
        return security.with_camera(make_response(form(with_camera=True)))
    try:
        brought = _brought()
    except RequestEntityTooLarge:
        return _ask_again("size", status=413)
    if isinstance(brought, str):
        return _ask_again(brought, status=400)
    if not brought.recipient and (own := _own_page(brought.text)):
        return redirect(own, 303)
    if brought.recipient:
        limits.spend(Budget.RECIPIENT)
    limits.spend(limits.of_submission(brought.data))
    report = services().desk.verify(
        brought.data, now=services().clock(), recipient=brought.recipient or None
    )
    limits.spend_on_answer(report)
    return make_response(
        render_template(
            "verifier/report.html",
            told=Told(report),
            brought=brought,
            recheck=recheck_address(report, brought),
            strengths=list(Strength),
            qr_of=qr_of,
        )
    )


def form(*, asked: str = "", problem: str = "", with_camera: bool = False) -> str:
    """Return the page with the form; `asked` stands in its field, `problem` names what was wrong.

    The camera needs a script, so its page may hold nothing that somebody brought.
    """
    return render_template(
        "verifier/ask.html",
        asked=asked,
        problem=problem,
        with_camera=with_camera,
        file_formats=[str(kind) for kind in Kind if kind is not Kind.URL],
    )


def recheck_address(report: Report, brought: Brought) -> str:
    """Return what the QR code of a printed report holds: where the same can be asked again.

    The page of a badge of ours says it at once. The link of another badge stands behind `#`, which
    browsers send to nobody. A file is in no address: whoever has it brings it again.
    """
    told, base_url = Told(report), services().settings.base_url
    if told.is_ours and told.says and (told.says.id or "").startswith(f"{base_url}/b/"):
        return str(told.says.id)
    page = base_url + url_for("verifier.page", language=languages.current())
    with_link = f"{page}#badge={quote(brought.link, safe='')}" if brought.link else page
    return with_link if len(with_link) <= LONGEST_RECHECK else page


def qr_of(address: str) -> tuple[int, str]:
    """Return the QR code of an address: its size in modules, and its drawing."""
    modules = qr.matrix(address)
    return len(modules), qr.svg_path(modules)


def _brought() -> Brought | str:
    """Return what the form holds, or the problem with it: "empty", "both".

    Raises RequestEntityTooLarge for more than the verifier looks at.
    """
    text = request.form.get("badge", "").strip()
    file = request.files.get("file")
    data = file.read() if file else b""
    if not text and not data:
        return "empty"
    if text and data:
        return "both"
    if len(data) > MAXIMUM_BYTES:
        raise RequestEntityTooLarge
    recipient = request.form.get("recipient", "").strip()[:LONGEST_RECIPIENT]
    return Brought(data or text.encode(errors="replace"), text, recipient)


def _own_page(text: str) -> str | None:
    """Return the page of the badge of ours whose address or code was typed; None for neither."""
    base_url = services().settings.base_url
    if public_id := public_id_in(text, base_url):
        return url_for("badges.page", public_id=public_id, lang=languages.current())
    if code := short_codes.read(text.removeprefix(f"{base_url}/c/")):
        return url_for("codes.verdict", typed=code, lang=languages.current())
    return None


def _ask_again(problem: str, *, status: int) -> Response:
    return make_response(form(asked=_typed(problem), problem=problem), status)


def _typed(problem: str) -> str:
    """Return the text to show again, so that nobody types it twice."""
    return "" if problem == "size" else request.form.get("badge", "")
