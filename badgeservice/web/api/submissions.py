"""What a program sent, in whichever way it came: the bytes of a badge, and what was asked of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Request, abort, g
from werkzeug.datastructures import MultiDict

from badgeservice.errors import ListRefused, RequestRefused, RequestUnreadable, UnreadableJSON
from badgeservice.openbadges import Document, strict_json
from badgeservice.verification.submission import MAXIMUM_BYTES
from badgeservice.verifier import batch
from badgeservice.verifier.batch import Row
from badgeservice.web.api import schemas

FORM = "multipart/form-data"
JSON = "application/json"
CSV = "text/csv"
RAW = (
    "application/vc",
    "application/vc+ld+json",
    "application/ld+json",
    "application/jwt",
    "application/vc+jwt",
    "image/png",
    "image/svg+xml",
    "application/pdf",
)
"""Media types of a badge that is the whole body. What it is, its bytes say."""

LONGEST_DOCUMENT = 2 * strict_json.MAXIMUM_BYTES
"""Bytes of a JSON request: a badge inside a JSON text has its quotes escaped."""

# What stands in every badge of some version, and in no request of ours.
_SIGNS_OF_A_BADGE = {"@context", "proof", "credentialSubject", "badge"}


@dataclass(frozen=True)
class Asked:
    """A badge, as it came, and whose it is said to be."""

    data: bytes
    recipient: str | None = None


def read(request: Request) -> Asked:
    """Return what `request` asks to verify; its language becomes that of the answer.

    Aborts with 413 or 415. Raises RequestUnreadable for what is not JSON, RequestRefused for JSON
    or a form that asks nothing of ours.
    """
    speak(schemas.read(schemas.QuerySchema(), once(request.args)))
    match request.mimetype:
        case _ if request.mimetype == FORM:
            return _form(request)
        case _ if request.mimetype == JSON:
            return _json(body(request))
        case media_type if media_type in RAW:
            return Asked(body(request))
    abort(415)


def read_list(request: Request) -> tuple[Row, ...]:
    """Return the rows of a list, like `read`."""
    speak(schemas.read(schemas.QuerySchema(), once(request.args)))
    try:
        if request.mimetype == CSV:
            return batch.read(body(request))
        if request.mimetype == JSON:
            found = document(body(request), max_bytes=MAXIMUM_BYTES)
            asked = schemas.read(schemas.BatchSchema(), found)
            speak(asked)
            return batch.rows(Row(n, given) for n, given in enumerate(asked["items"], 1))
    except ListRefused as error:
        raise RequestRefused(error.message, code=error.code) from None
    abort(415)


def body(request: Request) -> bytes:
    """Return the body; aborts with 413 for more than any badge needs."""
    data = request.get_data(cache=False)
    if len(data) > MAXIMUM_BYTES:
        abort(413)
    return data


def document(data: bytes, *, max_bytes: int = LONGEST_DOCUMENT) -> Document:
    """Return a JSON request. It may nest one level deeper than the badge that it holds."""
    try:
        return strict_json.load_object(
            data, max_bytes=max_bytes, max_depth=strict_json.MAXIMUM_DEPTH + 1
        )
    except UnreadableJSON as error:
        if error.code == "too_large":
            abort(413)
        raise RequestUnreadable(error.message, code=error.code) from None


def once(values: MultiDict[str, str]) -> dict[str, str]:
    """Return the fields of a form or a query; raises RequestRefused for one that stands twice."""
    for name, given in values.lists():
        if len(given) > 1:
            raise RequestRefused(f"{name[:40]!a}: Stands twice.")
    return values.to_dict()


def speak(asked: dict[str, Any]) -> None:
    """Answer in the language that a request names, if it names one."""
    if language := asked.pop("language", None):
        g.language = language


def _json(data: bytes) -> Asked:
    found = document(data)
    if _SIGNS_OF_A_BADGE & found.keys():
        return Asked(data)  # not a request about a badge but the badge, to its last byte
    asked = schemas.read(schemas.VerifySchema(), found)
    speak(asked)
    return Asked(**asked)


def _form(request: Request) -> Asked:
    uploads = list(request.files.items(multi=True))
    if [name for name, _ in uploads] != ["file"]:
        raise RequestRefused("'file': Exactly one file.")
    asked = schemas.read(schemas.FormSchema(), once(request.form))
    speak(asked)
    data = uploads[0][1].stream.read(MAXIMUM_BYTES + 1)
    if len(data) > MAXIMUM_BYTES:
        abort(413)
    return Asked(data, **asked)
