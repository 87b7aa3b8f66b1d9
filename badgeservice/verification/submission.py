"""What was submitted: a badge as JSON, as JWT, inside an image or a PDF, or an address of one.

Recognising decides how to read, and believes nothing. What is not a badge is `Unreadable`; a forged
badge is a good answer to a good question, and comes out of the walk.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from badgeservice.errors import ImageRefused, Unreadable, UnreadableJSON
from badgeservice.openbadges import Document, bakery, strict_json, v2
from badgeservice.openbadges.bakery import Carrier, Version
from badgeservice.openbadges.proofs import compact
from badgeservice.verification import pdf
from badgeservice.verification.codes import Code

MAXIMUM_BYTES = 2_097_152
"""The largest file that is looked at: 2 MiB, more than any badge image needs."""


class Kind(StrEnum):
    """How the badge came."""

    JSON = "json"
    JWT = "jwt"
    PNG = "png"
    SVG = "svg"
    PDF = "pdf"
    URL = "url"


class Standard(StrEnum):
    """The standard by which a badge is to be verified, and for 2.0 also in which of its two ways."""

    OB3 = "3.0"
    OB2_HOSTED = "2.0, hosted"
    OB2_SIGNED = "2.0, signed"


@dataclass(frozen=True)
class Submission:
    """Something that may be a badge.

    `text` is what counts: JSON, a compact JWT, or an address. `document` is that JSON, read
    strictly; None for a JWT or an address. `beside` is the badge of Open Badges 2.0 in an image that
    carries one of each version: other software shows that one, so it is to be judged as well.
    """

    kind: Kind
    text: str
    document: Document | None = None
    beside: Submission | None = None

    @property
    def standard(self) -> Standard:
        """By which standard it is written; what is neither is held against the newest."""
        if self.document is not None:
            return Standard.OB2_HOSTED if _is_version_2(self.document) else Standard.OB3
        payload = compact.peek(self.text)
        return Standard.OB2_SIGNED if payload and _is_version_2(payload) else Standard.OB3


# What people send most often instead of a badge, by the bytes with which it begins.
_OTHER_FILES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"RIFF", "WebP"),
    (b"PK\x03\x04", "ZIP, Word, Excel"),
    (b"<", "HTML, XML"),
)

_JWT = re.compile(r"ey[^\s.]*\.\S*")
"""What means to be a JWT: its header, in base64url, begins with a brace. Its parser is strict."""

_ADDRESS = re.compile(r"https?://\S{1,2040}")

_SIGNS_OF_A_BADGE = (
    {"@context"},
    {"proof"},
    {"credentialSubject"},
    {"recipient", "badge"},  # Open Badges 1.0 knows no contexts
)
"""What stands in every badge: all the members of one of these."""

_NAMESPACE_2 = "https://w3id.org/openbadges/"


def recognise(data: bytes) -> Submission:
    """Return what `data` holds: a file, or what somebody pasted, typed or scanned.

    Raises `Unreadable`, with the `Code` that says why and a message that says what was found.
    """
    if len(data) > MAXIMUM_BYTES:
        raise Unreadable(f"{len(data)} bytes, more than {MAXIMUM_BYTES}", code=Code.TOO_LARGE)
    if data.startswith(pdf.BEGINNING):
        return _attached(data)
    return _without_attachments(data)


def _without_attachments(data: bytes) -> Submission:
    if carrier := bakery.carrier_of(data):
        return _inside(data, carrier)
    for beginning, name in _OTHER_FILES:
        if data.lstrip().startswith(beginning):
            raise Unreadable(name, code=Code.FILE_TYPE_UNSUPPORTED)
    if _ADDRESS.fullmatch(address := data.strip().decode(errors="replace")):
        return Submission(Kind.URL, address)
    return _text(data)


# Why an image is not read; whatever else is wrong with one is `BAD_IMAGE`.
_IMAGE_CODES = {
    str(code): code for code in (Code.NOT_BAKED, Code.AMBIGUOUS_IMAGE, Code.UNSAFE_IMAGE)
} | {"image_too_large": Code.TOO_LARGE}


def _inside(image: bytes, carrier: Carrier) -> Submission:
    """Return the badge that an image carries; the newer of two, with the other beside it."""
    try:
        texts = bakery.badges(image, carrier)
    except ImageRefused as error:
        code = _IMAGE_CODES.get(error.code, Code.BAD_IMAGE)
        raise Unreadable(f"{carrier.NAME}: {error.message}", code=code) from None
    kind = Kind(carrier.NAME.lower())
    older = texts.get(Version.V2, "")
    if Version.V3 in texts:
        found = replace(_text(texts[Version.V3].encode()), kind=kind)
        return replace(found, beside=_second(older, kind)) if older else found
    if _ADDRESS.fullmatch(older):
        return Submission(Kind.URL, older)  # the oldest images hold no more than this
    return replace(_text(older.encode()), kind=kind)


# Why something attached to a PDF is no badge; for any other reason it is a badge that is damaged.
_NO_BADGE = (
    Code.BAD_ENCODING,
    Code.EMPTY,
    Code.FILE_TYPE_UNSUPPORTED,
    Code.NOT_A_BADGE,
    Code.NOT_BAKED,
)


def _attached(document: bytes) -> Submission:
    """Return the one badge that is attached to a PDF; other attachments do not matter."""
    badges = []
    for content in pdf.attachments(document):
        if len(content) > MAXIMUM_BYTES:
            continue
        try:
            badge = _without_attachments(content)
        except Unreadable as error:
            if error.code in _NO_BADGE:
                continue
            raise Unreadable(f"PDF: {error.message}", code=error.code) from None
        if badge.kind is not Kind.URL:
            badges.append(badge)
    if not badges:
        raise Unreadable("PDF", code=Code.PDF_WITHOUT_BADGE)
    if len(badges) > 1:
        raise Unreadable(f"PDF: {len(badges)} badges", code=Code.AMBIGUOUS_PDF)
    return replace(badges[0], kind=Kind.PDF)


def _second(text: str, kind: Kind) -> Submission:
    """Return the second badge of an image. Raises `Unreadable` if nobody can say what it is."""
    try:
        return replace(_text(text.encode()), kind=kind)
    except Unreadable as error:
        message = f"{kind.upper()}: a second badge that cannot be read: {error.message}"
        raise Unreadable(message, code=Code.AMBIGUOUS_IMAGE) from None


def _text(data: bytes) -> Submission:
    """Return the JSON or the JWT that is written in `data`, be it alone or inside an image."""
    stripped = data.strip()
    if not stripped:
        raise Unreadable("nothing", code=Code.EMPTY)
    try:
        text = stripped.decode()
    except UnicodeDecodeError:
        raise Unreadable("bytes that are not UTF-8", code=Code.BAD_ENCODING) from None
    if _JWT.fullmatch(text):
        return Submission(Kind.JWT, text)
    if not text.startswith("{"):
        raise Unreadable("text", code=Code.NOT_A_BADGE)
    try:
        document = strict_json.load_object(stripped)
    except UnreadableJSON as error:
        raise Unreadable(f"JSON: {error.message}", code=error.code) from None
    if not any(signs <= document.keys() for signs in _SIGNS_OF_A_BADGE):
        raise Unreadable("JSON of something else", code=Code.NOT_A_BADGE)
    return Submission(Kind.JSON, text, document)


def _is_version_2(document: Document) -> bool:
    """Tell whether a document means to be one of Open Badges 2.0 or older, soundly or not."""
    if "@context" not in document:
        return "badge" in document and "credentialSubject" not in document
    context = document["@context"]
    return any(
        v2.is_context(named) or (isinstance(named, str) and named.startswith(_NAMESPACE_2))
        for named in (context if isinstance(context, list) else [context])
    )
