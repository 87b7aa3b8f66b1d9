"""The report: three axes that are never merged into one tick, and the verdict that follows.

Everything is computed from the findings, so that no report can contradict itself, and it fails
closed: a question without an answer is worse than one whose answer we could not learn, because then
the walk itself is broken and nothing it says counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from badgeservice.errors import Unreadable
from badgeservice.verification.codes import Check, Code, Outcome
from badgeservice.verification.issuers import KnownIssuer
from badgeservice.verification.recipient import Recipient
from badgeservice.verification.summary import Endorsement, Summary


class Verdict(StrEnum):
    """The whole in one word, for a colour; the sentence says which."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    UNREADABLE = "unreadable"


class Integrity(StrEnum):
    """Whether the issuer wrote exactly this."""

    VALID = "valid"
    INVALID = "invalid"
    INDETERMINATE = "indeterminate"


class Status(StrEnum):
    """Whether it is in force."""

    ACTIVE = "active"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    UNKNOWN = "unknown"


class Issuer(StrEnum):
    """Who the issuer is to us.

    One that is known, but not for this badge or not under this key, is unknown here.
    """

    OURS = "ours"
    REGISTERED = "registered"
    UNKNOWN = "unknown"
    IMPERSONATION_SUSPECTED = "impersonation_suspected"


# When several answers bear on the status, the first of these counts. Only our register says
# withdrawn or superseded, and knows more than the bit it sets in the published list.
_STATUS_BY_CODE = {
    Code.WITHDRAWN: Status.WITHDRAWN,
    Code.SUPERSEDED: Status.SUPERSEDED,
    Code.REVOKED: Status.REVOKED,
    Code.SUSPENDED: Status.SUSPENDED,
    Code.EXPIRED: Status.EXPIRED,
    Code.NOT_YET_VALID: Status.NOT_YET_VALID,
}

_ON_INTEGRITY = (Check.SUBMISSION, Check.PROFILE, Check.STRUCTURE, Check.PROOF)
_ON_STATUS = (Check.DATES, Check.STATUS)

_ISSUER_BY_CODE = {
    Code.ISSUER_REGISTERED: Issuer.REGISTERED,
    Code.IMPERSONATION_SUSPECTED: Issuer.IMPERSONATION_SUSPECTED,
}

_OURS = {Code.IN_REGISTER, Code.REVOKED, Code.SUSPENDED, Code.SUPERSEDED, Code.WITHDRAWN}
"""What the register says of a badge that it holds with the very content that was submitted."""


@dataclass(frozen=True)
class Finding:
    """One answer. `detail` is the fact behind it, for the folded technical part, never translated.

    `at` is the instant that the answer speaks of, if any: since when it is revoked, until when it
    was valid, when the status list was published.
    """

    check: Check
    code: Code
    detail: str = ""
    at: datetime | None = None

    @property
    def outcome(self) -> Outcome:
        """How the question was answered."""
        return self.code.outcome


@dataclass(frozen=True)
class Report:
    """What verification found. `credential` is None when nothing could be read with certainty.

    What `credential` says is only as good as the verdict. `beside` is the report on the second badge
    of an image that carries two; the three axes here are those of the first.
    `endorsements` were verified apart: none of them makes this verdict better or worse.
    `keys` are the RFC 7638 thumbprints of the keys that signed, empty until the proof has passed,
    and `known_issuer` the entry of the list of known issuers that this badge falls under.
    `recipient` answers a question of its own, None if it was not asked.
    """

    findings: tuple[Finding, ...]
    credential: Summary | None
    checked_at: datetime
    beside: Report | None = None
    endorsements: tuple[EndorsementReport, ...] = ()
    keys: tuple[str, ...] = ()
    known_issuer: KnownIssuer | None = None
    recipient: Recipient | None = None

    @property
    def verdict(self) -> Verdict:
        """Green only if everything is well; red if anything is certainly not; amber between.

        An image is as good as the worse of its badges: other software shows the other one.
        """
        if self.beside is None:
            return self._verdict_alone()
        verdicts = {self._verdict_alone(), self.beside.verdict}
        if verdicts <= {Verdict.GREEN, Verdict.AMBER}:
            return Verdict.AMBER if Verdict.AMBER in verdicts else Verdict.GREEN
        return Verdict.RED

    @property
    def integrity(self) -> Integrity:
        """Valid if every question about the document passed; invalid if one failed."""
        if any(
            f.outcome is Outcome.FAILED and f.code not in _STATUS_BY_CODE for f in self.findings
        ):
            return Integrity.INVALID
        return Integrity.VALID if self._all_passed(_ON_INTEGRITY) else Integrity.INDETERMINATE

    @property
    def status(self) -> Status:
        """Active only if dates and list say so and the register, if it is ours, does not object."""
        codes = {finding.code for finding in self.findings}
        for code, status in _STATUS_BY_CODE.items():
            if code in codes:
                return status
        return Status.ACTIVE if self._all_passed(_ON_STATUS) else Status.UNKNOWN

    @property
    def issuer(self) -> Issuer:
        """Ours only if the register holds this very content; else what the list of issuers says."""
        answers = {finding.check: finding.code for finding in self.findings}
        if answers.get(Check.REGISTER) in _OURS:
            return Issuer.OURS
        code = answers.get(Check.ISSUER, Code.NOT_ASKED)
        return _ISSUER_BY_CODE.get(code, Issuer.UNKNOWN)

    @property
    def problems(self) -> tuple[Finding, ...]:
        """The findings that are not passes."""
        return tuple(f for f in self.findings if f.outcome is not Outcome.PASSED)

    def find(self, *codes: Code) -> Finding | None:
        """Return the first finding that has one of `codes`, in the order of `codes`."""
        for code in codes:
            for finding in self.findings:
                if finding.code is code:
                    return finding
        return None

    def to_json(self, language: Literal["fr", "en"] = "en") -> dict[str, Any]:
        """Return the report as plain JSON values; the shape is a promise to machines.

        The messages are written in `language`.
        """
        return {
            "verdict": str(self.verdict),
            "integrity": str(self.integrity),
            "status": str(self.status),
            "issuer": str(self.issuer),
            "findings": [
                {
                    "check": str(finding.check),
                    "outcome": str(finding.outcome),
                    "code": str(finding.code),
                    "message": finding.code.in_words(language),
                    "detail": finding.detail,
                    "at": _iso(finding.at),
                }
                for finding in self.findings
            ],
            "credential": None if self.credential is None else _plain(asdict(self.credential)),
            "keys": list(self.keys),
            "known_issuer": None if self.known_issuer is None else self.known_issuer.to_json(),
            "recipient": None if self.recipient is None else self.recipient.to_json(language),
            "beside": None if self.beside is None else self.beside.to_json(language),
            "endorsements": [each.to_json(language) for each in self.endorsements],
            "checked_at": _iso(self.checked_at),
        }

    def _verdict_alone(self) -> Verdict:
        """Return the verdict on the badge, whatever stands beside it."""
        if self._has(Outcome.FAILED, (Check.SUBMISSION,)):
            return Verdict.UNREADABLE
        if self.integrity is Integrity.INVALID or not self._is_complete():
            return Verdict.RED
        if self.status not in (Status.ACTIVE, Status.SUPERSEDED, Status.UNKNOWN):
            return Verdict.RED
        is_well = (self.integrity, self.status) == (Integrity.VALID, Status.ACTIVE)
        is_known = self.issuer in (Issuer.OURS, Issuer.REGISTERED)
        return Verdict.GREEN if is_well and is_known and not self.problems else Verdict.AMBER

    def _is_complete(self) -> bool:
        """Tell whether every question has one answer: with two, the worse could get lost."""
        return sorted(finding.check for finding in self.findings) == sorted(Check)

    def _has(self, outcome: Outcome, checks: Iterable[Check]) -> bool:
        return any(f.outcome is outcome and f.check in checks for f in self.findings)

    def _all_passed(self, checks: Iterable[Check]) -> bool:
        passed = {f.check for f in self.findings if f.outcome is Outcome.PASSED}
        return passed.issuperset(checks)


@dataclass(frozen=True)
class EndorsementReport:
    """What verification found of one endorsement, which was asked the same questions as a badge.

    `place` is where it stands in the badge, empty for one that stands by itself; `endorsement` is
    None when nothing could be read with certainty. `by_itself` says that whoever issues the badge,
    or is endorsed, is the endorser: true words perhaps, but nobody else's.
    """

    place: str
    report: Report
    endorsement: Endorsement | None
    by_itself: bool

    @property
    def is_good(self) -> bool:
        """Whether its integrity and its status are both well; who the endorser is, is not asked."""
        return (self.report.integrity, self.report.status) == (Integrity.VALID, Status.ACTIVE)

    @property
    def is_bad(self) -> bool:
        """Whether something certainly speaks against it; neither good nor bad is: not checked."""
        in_doubt = (Status.ACTIVE, Status.UNKNOWN)
        return self.report.integrity is Integrity.INVALID or self.report.status not in in_doubt

    def to_json(self, language: Literal["fr", "en"] = "en") -> dict[str, Any]:
        """Return the report as plain JSON values; a part of the badge's."""
        whole = self.report.to_json(language)
        return {
            "place": self.place,
            **{key: whole[key] for key in ("integrity", "status", "issuer", "findings")},
            "endorsement": None if self.endorsement is None else _plain(asdict(self.endorsement)),
            "by_itself": self.by_itself,
        }


def unreadable(error: Unreadable, *, now: datetime) -> Report:
    """Return the report on something in which no badge was found."""
    finding = Finding(Check.SUBMISSION, Code(error.code), error.message)
    return Report(findings=(finding,), credential=None, checked_at=now)


def interrupted(code: Code, *, now: datetime) -> Report:
    """Return the report on something whose verification was ended from outside, for `code`.

    What had been found by then is gone with it: nothing is known, so it is never green.
    """
    rest = (Finding(check, Code.NOT_ASKED) for check in Check if check is not Check.SUBMISSION)
    return Report((Finding(Check.SUBMISSION, code), *rest), credential=None, checked_at=now)


def _plain(value: Any) -> Any:
    """Return `value` with its instants written out."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return _iso(value) if isinstance(value, datetime) else value


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat().replace("+00:00", "Z")
