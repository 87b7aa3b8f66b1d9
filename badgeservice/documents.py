"""A folder of files that stands for the network: what each address answers, and nothing else.

`index.json` in the folder maps an address to its answer:

    {"https://badges.example/issuers/a": {"file": "issuer.json"},
     "https://badges.example/gone": {"status": 410},
     "https://old.example/a": {"redirect": "https://badges.example/issuers/a"}}

`file` is the name of a file in the folder (no body if absent), `status` that of HTTP (200 if
absent), `type` the media type (application/json if absent). `redirect` stands alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

from badgeservice.errors import DocumentsError, FetchFailed, UnreadableJSON
from badgeservice.openbadges import strict_json
from badgeservice.verification.fetching import Fetch, Fetched

MAXIMUM_BYTES = 524_288
MAXIMUM_REDIRECTS = 3
_MAXIMUM_INDEX_BYTES = 16_777_216


class _Answer(Schema):
    """One entry of the index."""

    class Meta:
        unknown = RAISE

    file = fields.String(validate=validate.Regexp(r"[^\0]+\Z"))
    status = fields.Integer(strict=True, validate=validate.Range(100, 599))
    type = fields.String()
    redirect = fields.String()

    @validates_schema
    def _redirect_stands_alone(self, data: dict[str, Any], **_: object) -> None:
        if "redirect" in data and len(data) > 1:
            raise ValidationError("stands alone", "redirect")


def directory_fetch(folder: Path) -> Fetch:
    """Return a fetch that answers from the files in `folder` and never from anywhere else.

    Raises `DocumentsError`, naming address and field, if the index is not what it must be. The
    fetch raises `FetchFailed` for an address without an entry.
    """
    answers = _index(folder)

    def fetch(address: str) -> Fetched:
        for _ in range(MAXIMUM_REDIRECTS + 1):
            if address not in answers:
                raise FetchFailed("not among the documents", code="outside")
            answer = answers[address]
            if "redirect" not in answer:
                return Fetched(
                    url=address,
                    status=answer.get("status", 200),
                    media_type=answer.get("type", "application/json"),
                    body=answer["body"],
                )
            address = answer["redirect"]
        raise FetchFailed(f"more than {MAXIMUM_REDIRECTS} redirects")

    return fetch


def _index(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the answers by address, with their bodies, all read now."""
    path = folder / "index.json"
    try:
        index = strict_json.load_object(path.read_bytes(), max_bytes=_MAXIMUM_INDEX_BYTES)
    except OSError as error:
        raise DocumentsError(f"{path}: {error.strerror}") from None
    except UnreadableJSON as error:
        raise DocumentsError(f"{path}: {error.message}") from None
    return {address: _answer(folder, address, entry) for address, entry in index.items()}


def _answer(folder: Path, address: str, entry: object) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = _Answer().load(entry)  # type: ignore[arg-type]  # it checks
    except ValidationError as error:
        raise DocumentsError(f"{folder / 'index.json'}: {address}: {error}") from None
    return answer | {"body": _body(folder, address, answer["file"]) if "file" in answer else b""}


def _body(folder: Path, address: str, name: str) -> bytes:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise DocumentsError(f"{address}: file: {name} is outside of the folder")
    try:
        body = path.read_bytes()
    except OSError as error:
        raise DocumentsError(f"{address}: file: {name}: {error.strerror}") from None
    if len(body) > MAXIMUM_BYTES:
        raise DocumentsError(f"{address}: file: {name}: more than {MAXIMUM_BYTES} bytes")
    return body
