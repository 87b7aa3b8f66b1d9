"""A frozen site, asked by the page that stands on it: its files are the network and the register.

The page runs in a browser, where Python cannot wait for an answer. So the walk is walked with what
is at hand, and says what else it would have asked; the page fetches that and walks again.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from badgeservice import verification
from badgeservice.errors import Unreadable
from badgeservice.kit.archive import Extract, ExtractRegister, entry_from_json, named_by
from badgeservice.openbadges import Document, timestamps
from badgeservice.verification import Report, Submission
from badgeservice.verification.fetching import Fetched, FetchFailed
from badgeservice.verification.register import EmptyRegister, Register, RegisterEntry

AS_OF = "/as-of.json"
"""Where the site says when it was last frozen with a change."""

REGISTER = ".register.json"
"""What follows the address of a badge, where the site keeps what the register said of it."""

_PATH = re.compile(r"(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+")
_SIGNED = re.compile(r"urn:uuid:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_BADGE = re.compile(r"/b/[1-9A-HJ-NP-Za-km-z]{1,22}")


@dataclass
class Site:
    """The site of one issuer at `base_url`. `answers` are those that were fetched, by path.

    `did_path` is where the document of the issuer stands. `wanted` gathers what was not at hand.
    """

    base_url: str
    issuer_id: str
    did_path: str
    answers: Mapping[str, Fetched]
    wanted: list[str] = field(default_factory=list)

    @classmethod
    def loads(cls, site: str, answers: str) -> Site:
        """Return the site that the page describes, with what it has fetched so far."""
        about = json.loads(site)
        fetched = {
            path: Fetched(
                about["address"] + path,
                answer["status"],
                answer["type"],
                base64.b64decode(answer["body"]),
            )
            for path, answer in json.loads(answers).items()
        }
        return cls(about["address"], about["issuer"], about["issuerDocument"], fetched)

    def extract(self) -> Extract | None:
        """Return the day of the site, as an extract without entries; None until it is at hand."""
        answer = self._ask(AS_OF)
        if answer is None:
            return None
        as_of = timestamps.read(json.loads(answer.body)["asOf"])
        return Extract(as_of, self.issuer_id, self.base_url, {}, {})

    def report(self, data: bytes, *, now: datetime) -> Report:
        """Return the report on what was submitted. It counts only if nothing was wanted."""
        try:
            submission = verification.recognise(data)
        except Unreadable as error:
            return verification.unreadable(error, now=now)
        register = self._register_for(submission, now)
        return verification.verify(submission, fetch=self.fetch, register=register, now=now)

    def fetch(self, address: str) -> Fetched:
        """Return the answer at an address of the site; raises FetchFailed for any other."""
        path = self._path(address)
        answer = self._ask(path) if path else None
        if answer is None:
            raise FetchFailed("not on this site", code="outside")
        return replace(answer, url=address)

    def entry(self, credential_id: str) -> RegisterEntry | None:
        """Return what the register said of a badge, None where the site does not say."""
        # A signed assertion of 2.0 has a name of its own; its register stands by the hosted one.
        if signed := _SIGNED.fullmatch(credential_id):
            credential_id = f"{self.base_url}/ob2/assertions/{signed[1]}"
        path = credential_id.removeprefix(self.base_url)
        if path == credential_id or not _PATH.fullmatch(path):
            return None
        answer = self._ask(path + REGISTER)
        if answer is None or answer.status != 200:
            return None
        written: Document = json.loads(answer.body)
        return entry_from_json(written)

    def knows(self, credential_id: str | None) -> bool:
        """Tell whether the site says what the register said of a badge."""
        return credential_id is not None and self.entry(credential_id) is not None

    def _register_for(self, submission: Submission, now: datetime) -> Register:
        """Return the register to ask: of a badge that is private, the site does not say that it is."""
        if not self.knows(named_by(submission)):
            return EmptyRegister()
        return _SiteRegister(Extract(now, self.issuer_id, self.base_url, {}, {}), self)

    def _ask(self, path: str) -> Fetched | None:
        if path not in self.answers and path not in self.wanted:
            self.wanted.append(path)
        return self.answers.get(path)

    def _path(self, address: str) -> str | None:
        """Return where an address of the site has its document, None for other addresses."""
        if address == self.issuer_id:
            return self.did_path
        path = address.removeprefix(self.base_url)
        if path == address or not _PATH.fullmatch(path):
            return None
        # A page stands there for people; the document stands beside it.
        return f"{path}.json" if _BADGE.fullmatch(path) else path


class _SiteRegister(ExtractRegister):
    """The register of the site, which has an entry at a time."""

    def __init__(self, extract: Extract, site: Site) -> None:
        super().__init__(extract)
        self._site = site

    def entry(self, credential_id: str) -> RegisterEntry | None:
        """Return the entry of a badge, None for one of which the site says nothing."""
        return self._site.entry(credential_id)
