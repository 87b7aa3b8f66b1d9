"""What the outside world would answer about a badge, and what our register says of it, on one day.

An archive stands for the network and for the register of an installation that cannot be asked. A
kit holds one about a single badge; a site that is frozen holds one about all of its badges.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from badgeservice import verification
from badgeservice.errors import Unreadable
from badgeservice.openbadges import Document, timestamps
from badgeservice.openbadges.proofs import compact
from badgeservice.verification import Report, Submission
from badgeservice.verification.fetching import Fetched, FetchFailed
from badgeservice.verification.register import (
    Edition,
    EmptyRegister,
    Register,
    RegisterEntry,
    RegisterState,
)
from badgeservice.verification.submission import Kind


@dataclass(frozen=True)
class Extract:
    """What a register said at the instant `as_of` of the badges in `entries`, by each of their ids.

    `issuer_id` is the issuer of the register, and `base_url` where its installation answered;
    `published` tells when each of its status lists was published.
    """

    as_of: datetime
    issuer_id: str
    base_url: str
    entries: Mapping[str, RegisterEntry]
    published: Mapping[str, datetime]

    def to_json(self) -> Document:
        """Return the extract as plain JSON values."""
        return {
            "asOf": timestamps.write(self.as_of),
            "issuer": self.issuer_id,
            "address": self.base_url,
            "badges": {id: entry_to_json(entry) for id, entry in sorted(self.entries.items())},
            "statusLists": {
                address: timestamps.write(self.published[address])
                for address in sorted(self.published)
            },
        }

    @classmethod
    def from_json(cls, written: Document) -> Extract:
        """Return the extract that `to_json` wrote."""
        return cls(
            as_of=timestamps.read(written["asOf"]),
            issuer_id=written["issuer"],
            base_url=written["address"],
            entries={id: entry_from_json(entry) for id, entry in written["badges"].items()},
            published={
                address: timestamps.read(at) for address, at in written["statusLists"].items()
            },
        )


class ExtractRegister:
    """The register of an extract (verification.register.Register), for the badges that it holds."""

    def __init__(self, extract: Extract) -> None:
        self._extract = extract

    def owns(self, issuer_id: str) -> bool:
        """Tell whether `issuer_id` is the issuer, or an address at which its installation stood."""
        extract = self._extract
        return issuer_id == extract.issuer_id or issuer_id.startswith(f"{extract.base_url}/")

    def entry(self, credential_id: str) -> RegisterEntry | None:
        """Return the entry of a badge, None for one of which the extract says nothing."""
        return self._extract.entries.get(credential_id)

    def published(self, status_list: str) -> datetime | None:
        """Return when a status list of the issuer was published, None for any other address."""
        return self._extract.published.get(status_list)


@dataclass(frozen=True)
class Archive:
    """The answers of all addresses that verification may ask, and an extract of the register."""

    documents: Mapping[str, Fetched]
    extract: Extract

    def fetch(self, address: str) -> Fetched:
        """Return the answer at an address; raises FetchFailed when the archive holds none."""
        if address not in self.documents:
            raise FetchFailed("not in this archive", code="outside")
        return self.documents[address]

    def register_for(self, submission: Submission) -> Register:
        """Return the register to ask about a submission.

        Of a badge that is not in the extract there is no saying that it was never issued. So it is
        judged as by a stranger, who believes no key that its issuer has revoked.
        """
        if named_by(submission) in self.extract.entries:
            return ExtractRegister(self.extract)
        return EmptyRegister()

    def report(self, data: bytes, *, now: datetime) -> Report:
        """Return the report on what was submitted, as of `now` (aware). Never raises for it."""
        try:
            submission = verification.recognise(data)
        except Unreadable as error:
            return verification.unreadable(error, now=now)
        register = self.register_for(submission)
        return verification.verify(submission, fetch=self.fetch, register=register, now=now)

    def dumps(self) -> str:
        """Return the archive as JSON. The same archive gives the same text."""
        documents = {
            address: {
                "url": answer.url,
                "status": answer.status,
                "type": answer.media_type,
                "body": base64.b64encode(answer.body).decode(),
            }
            for address, answer in self.documents.items()
        }
        whole = {"documents": documents, "register": self.extract.to_json()}
        return json.dumps(whole, sort_keys=True, separators=(",", ":"))

    @classmethod
    def loads(cls, text: str) -> Archive:
        """Return the archive that `dumps` wrote."""
        whole = json.loads(text)
        documents = {
            address: Fetched(
                answer["url"], answer["status"], answer["type"], base64.b64decode(answer["body"])
            )
            for address, answer in whole["documents"].items()
        }
        return cls(documents, Extract.from_json(whole["register"]))


def named_by(submission: Submission) -> str | None:
    """Return the id that a submission gives itself. Nothing is believed because of it."""
    if submission.kind is Kind.URL:
        return submission.text
    written = submission.document or compact.peek(submission.text) or {}
    named = written.get("id")
    return named if isinstance(named, str) else None


def entry_to_json(entry: RegisterEntry) -> Document:
    """Return an entry of a register as plain JSON values."""
    return {
        "badge": entry.credential_id,
        "state": str(entry.state),
        "since": _written(entry.since),
        "reason": entry.reason,
        "editions": [
            {
                "content": edition.content_digest,
                "files": sorted(edition.digests),
                "supersededAt": _written(edition.superseded_at),
            }
            for edition in entry.editions
        ],
    }


def entry_from_json(written: Document) -> RegisterEntry:
    """Return the entry that `entry_to_json` wrote."""
    return RegisterEntry(
        credential_id=written["badge"],
        state=RegisterState(written["state"]),
        editions=tuple(
            Edition(
                content_digest=edition["content"],
                digests=frozenset(edition["files"]),
                superseded_at=_read(edition["supersededAt"]),
            )
            for edition in written["editions"]
        ),
        since=_read(written["since"]),
        reason=written["reason"],
    )


def _written(instant: datetime | None) -> str | None:
    return timestamps.write(instant) if instant else None


def _read(written: Any) -> datetime | None:
    return timestamps.read(written) if written is not None else None
