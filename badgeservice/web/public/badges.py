"""The page of a badge: what an employer sees after a QR code, and what others may fetch there."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, make_response, request
from flask_babel import gettext
from markupsafe import Markup

from badgeservice import typed_codes
from badgeservice.catalogue import classes
from badgeservice.catalogue.models import BadgeClassVersion
from badgeservice.catalogue.strength import Strength
from badgeservice.errors import CredentialNotFound, HolderErased
from badgeservice.extensions import db, services
from badgeservice.issuing import editions, issue, register, shelf, short_codes, verdict
from badgeservice.issuing import words as issuing_words
from badgeservice.issuing.hosting import PUBLIC_FORMATS, Hosting
from badgeservice.issuing.models import Badge, BadgeState, Credential, Format, Reason, Visibility
from badgeservice.sharing import qr
from badgeservice.verification import Report
from badgeservice.verification.report import Status
from badgeservice.verification.summary import Summary
from badgeservice.web import errors, frozen, languages, negotiation
from badgeservice.web.errors import Words
from badgeservice.web.extensions import limiter
from badgeservice.web.presentation import rich_text
from badgeservice.web.public import documents
from badgeservice.web.public.told import Told, strength_in

bp = Blueprint("badges", __name__)

FILE_SUFFIXES = ", ".join(f"'{form.suffix}'" for form in PUBLIC_FORMATS)
"""The endings of a badge's public files, as the converter `any` of an address takes them."""

# Guessing 128 random bits is hopeless; this keeps someone who tries from taking the service's time.
MISSES = "60/minute"
# From the fewest people to the most.
_AUDIENCES = (Visibility.PRIVATE, Visibility.LINK, Visibility.PUBLIC)


@dataclass(frozen=True)
class Face:
    """What can be said of a badge without opening it: its register row, edition and class."""

    record: Badge
    edition: Credential
    version: BadgeClassVersion

    @property
    def address(self) -> str:
        """The address that people share, without a language."""
        return self.record.address

    def text(self, name: str) -> str:
        """Return a text of the badge class in the reader's language."""
        value: str = self.version.document[name][languages.current()]
        return value

    @property
    def skills(self) -> Markup:
        """The first part of the criteria: what the person can do."""
        blocks = self.text("criteria").split("\n\n")
        end = next((n for n, b in enumerate(blocks[1:], 1) if b.startswith("**")), len(blocks))
        return rich_text("\n\n".join(blocks[:end]))

    @property
    def image(self) -> str:
        """The path of the image that we hold for this class; uploaded pixels are never shown."""
        return f"/artwork/{self.version.artwork_digest(self.edition.language)}.png"

    @property
    def image_alternative(self) -> str:
        """The image in words."""
        alternative: str = self.version.document["artwork"][languages.current()]["alt"]
        return alternative

    @property
    def social_image(self) -> str:
        """The path of the image for social networks, 1200 by 627."""
        return f"/artwork/{self.version.social_digest(self.edition.language)}.png"

    @property
    def qr_path(self) -> tuple[int, str]:
        """The QR code of the address: its size in modules, and its drawing."""
        modules = qr.matrix(self.address)
        return len(modules), qr.svg_path(modules)


@dataclass(frozen=True)
class Shown(Face):
    """One badge as a page shows it: the verdict of now, and the words of its class.

    `record` is what the register says of it, `edition` what stands at its address today, and
    `method` the address of the key that signed this.
    """

    method: str
    report: Report

    @property
    def summary(self) -> Summary:
        """What the verified document says; its words are only as good as the verdict."""
        summary = self.report.credential
        assert summary is not None
        return summary

    @property
    def told(self) -> Told:
        """The report in the reader's words, as the verifier tells it of any badge."""
        return Told(self.report, because=self.reason)

    @property
    def reason(self) -> str:
        """Why the badge is not in force, in words; empty for one that is."""
        told = self.report.status in (Status.REVOKED, Status.SUSPENDED)
        if not told or self.record.state_reason is None:
            return ""
        return issuing_words.REASONS[Reason(self.record.state_reason)][languages.current()]

    @property
    def strength(self) -> Strength:
        """How strong the evidence is, from the signed result; without one, merely declared."""
        return strength_in(self.summary)

    @property
    def social_title(self) -> str:
        """The title for social networks; it says when the badge is no longer in force."""
        marks = {
            Status.REVOKED: gettext("retiré"),
            Status.EXPIRED: gettext("expiré"),
            Status.SUSPENDED: gettext("suspendu"),
            Status.SUPERSEDED: gettext("remplacé"),
        }
        mark = marks.get(self.report.status)
        return f"{self.text('name')} ({mark})" if mark else self.text("name")

    @property
    def short_code(self) -> str:
        """What people type to see the verdict, in two halves; empty while it is not public."""
        code = short_codes.of(db.session, self.record)
        return typed_codes.spaced(code) if code else ""

    @property
    def newer(self) -> Badge | None:
        """The badge that renews this one, when whoever sees this one may see it."""
        return self._if_shown(issue.renewal_of(db.session, self.record))

    @property
    def older(self) -> Badge | None:
        """The badge that this one renews, when whoever sees this one may see it."""
        renews = self.record.renews
        return self._if_shown(db.session.get(Badge, renews) if renews else None)

    def _if_shown(self, other: Badge | None) -> Badge | None:
        """Return another badge of the holder unless it shows itself to fewer people, or is gone."""
        if other is None or other.state == BadgeState.WITHDRAWN:
            return None
        audience = _AUDIENCES.index
        return other if audience(other.visibility) >= audience(self.record.visibility) else None


@bp.get("/b/<public_id>")
@limiter.limit(MISSES, deduct_when=lambda response: response.status_code == 404)
def page(public_id: str) -> Response:
    """Answer with the badge: as a page to people, as signed to those who ask for JSON.

    People share this address, and the programs that preview it accept anything: they get the page.
    """
    if not negotiation.prefers_page(request.accept_mimetypes, otherwise=True):
        return _document(public_id)
    badge = visible(public_id)
    if badge is None:
        return not_public()
    if badge.state == BadgeState.WITHDRAWN:
        return erased()
    try:
        shown = show(badge)
    except (CredentialNotFound, HolderErased):
        return without_holder(badge)
    response = documents.page(
        "badges/badge.html",
        badge=shown,
        strengths=list(Strength),
        rich_text=rich_text,
    )
    return _indexed_if_public(response, badge)


@bp.get(f"/b/<public_id>.<any({FILE_SUFFIXES}):suffix>")
@limiter.limit(MISSES, deduct_when=lambda response: response.status_code == 404)
def download(public_id: str, suffix: str) -> Response:
    """Answer with the badge in one of its formats, byte for byte as it was released."""
    return _document(public_id)


@bp.get("/b/<public_id>/qr.png")
@limiter.limit(MISSES, deduct_when=lambda response: response.status_code == 404)
def qr_code(public_id: str) -> Response:
    """Answer with the QR code of the badge's address, to print."""
    badge = visible(public_id)
    if badge is None:
        return not_public()
    if badge.state == BadgeState.WITHDRAWN:
        return erased()
    response = make_response(qr.png(badge.address))
    response.content_type = "image/png"
    # Asked anew each time: its holder may hide the badge, and that holds from the same moment on.
    response.headers["Cache-Control"] = "no-cache"
    return _indexed_if_public(response, badge)


def show(badge: Badge) -> Shown:
    """Return a badge with the verdict of this very moment.

    Raises CredentialNotFound or HolderErased when its bytes are no longer there.
    """
    face = _face(badge)
    here, now = services(), services().clock()
    report = frozen.report_on(
        badge.public_id,
        lambda: verdict.report_for(
            db.session, here.office, badge, now=now, issuers=here.desk.issuers(now)
        ),
    )
    return Shown(
        record=face.record,
        edition=face.edition,
        version=face.version,
        method=editions.method(db.session, badge),
        report=report,
    )


def visible(public_id: str) -> Badge | None:
    """Return a badge that its holder lets others see, None for a private or an unknown one."""
    badge = db.session.get(Badge, public_id)
    if badge is None or badge.visibility == Visibility.PRIVATE:
        return None
    return badge


def not_public() -> Response:
    """Return the one answer for a private and for an unknown badge: nobody can tell them apart."""
    return _refuse(
        404,
        "not_public",
        Words(
            gettext("Cette page n'est pas publique"),
            gettext(
                "La personne qui détient ce badge peut vous envoyer un lien. "
                "Si vous avez recopié une adresse, vérifiez qu'elle est complète."
            ),
        ),
    )


def erased() -> Response:
    """Return the answer for a badge whose holder took it from the public."""
    return _refuse(
        410,
        "erased",
        Words(
            gettext("Ce badge n'est plus public, à la demande de la personne concernée"),
            gettext("Son contenu a été effacé. Il n'y a rien à en conclure sur la personne."),
        ),
    )


def _refuse(status: int, code: str, words: Words) -> Response:
    """Answer with an error that verifiers which run in other sites' pages may read as well."""
    response = errors.answer(status, code=code, words=words)
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _face(badge: Badge) -> Face:
    edition = editions.current(db.session, badge)
    version = classes.get(db.session, badge.class_slug, edition.class_version)
    assert version is not None, "a published class version is never deleted"
    return Face(badge, edition, version)


def _document(public_id: str) -> Response:
    """Return what is hosted at the path of this request; say so when it once was, and is gone."""
    hosted = Hosting(db.session, services().office).document(request.path)
    if hosted is not None:
        return documents.serve(hosted)
    badge = visible(public_id.partition(".")[0])  # the converter gives "…rs256" to ".rs256.jwt"
    if badge is None or _is_readable(badge):
        return not_public()
    return erased()


def _indexed_if_public(response: Response, badge: Badge) -> Response:
    """Keep what is shown by its link alone out of search engines."""
    if badge.visibility != Visibility.PUBLIC:
        response.headers["X-Robots-Tag"] = "noindex"
    return response


def _is_readable(badge: Badge) -> bool:
    try:
        shelf.take(db.session, services().vault, badge, Format.JSON)
    except (CredentialNotFound, HolderErased):
        return False
    return True


def without_holder(badge: Badge) -> Response:
    """Return the page of a badge whose holder was erased, and who left it in force.

    Only the register and the class speak: nothing that was signed about the person is left. Of a
    badge that is no longer in force there is nothing to say without accusing.
    """
    left = register.remembered(db.session, badge)
    if left is None or left.state not in (BadgeState.ACTIVE, BadgeState.SUSPENDED):
        return erased()
    response = documents.page(
        "badges/without_holder.html",
        badge=_face(badge),
        left=left,
        is_expired=left.valid_until is not None and left.valid_until < services().clock(),
    )
    response.headers["X-Robots-Tag"] = "noindex"
    return response
