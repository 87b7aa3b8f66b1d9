"""Does the issuer's published list leave it in force?

Only a bit that was read from a list that the issuer signed says that a badge is withdrawn, and only
a bit that was read so says that it is not. Everything else is unknown.
Source: W3C Recommendation "Bitstring Status List v1.0", section 3.2 (Validate Algorithm).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from badgeservice.errors import FetchFailed, StatusListRefused, Unreadable
from badgeservice.openbadges import Document, rdfc, status_list
from badgeservice.verification import provenance, reading, submission
from badgeservice.verification.case import Case, Question, ask
from badgeservice.verification.checks import dates, profile, proof
from badgeservice.verification.checks import submission as submission_check
from badgeservice.verification.codes import Check, Code, Doubt, Outcome
from badgeservice.verification.report import Finding
from badgeservice.verification.submission import Kind

MAXIMUM_ENTRIES = 4

_STATUS = "https://www.w3.org/2018/credentials#credentialStatus"

_BAD_NEWS = {"revocation": Code.REVOKED, "suspension": Code.SUSPENDED}
"""The purposes that we understand, and what a set bit then says."""

# What a status list is asked before it is believed; the same as a badge, except for being a badge.
_LIST_QUESTIONS = (
    Question(Check.SUBMISSION, submission_check.check),
    Question(Check.PROFILE, profile.check, needs=(Check.SUBMISSION,)),
    Question(Check.PROOF, proof.check, needs=(Check.PROFILE,)),
    Question(Check.DATES, dates.check, needs=(Check.PROOF,)),
)


@dataclass(frozen=True)
class _Entry:
    """A well-formed BitstringStatusListEntry (section 2.1)."""

    purpose: str
    index: int
    address: str


def check(case: Case) -> Finding:
    """Pass when every status entry leads to a bit that is not set, or when there is no entry.

    Where the holder could leave entries out, those that are shown may not be all.
    """
    finding = _read(case)
    if finding.outcome is Outcome.PASSED and _may_be_withheld(case):
        raise Doubt(Code.STATUS_MAY_BE_WITHHELD)
    return finding


def _may_be_withheld(case: Case) -> bool:
    if case.always_shown is None:
        return False
    beginning = f"{rdfc.iri(reading.text(case.credential, 'id') or '')} {rdfc.iri(_STATUS)} "
    return not any(statement.startswith(beginning) for statement in case.always_shown)


def _read(case: Case) -> Finding:
    entries = reading.values(case.credential, "credentialStatus")
    if not entries:
        return Finding(Check.STATUS, Code.NO_STATUS)
    if len(entries) > MAXIMUM_ENTRIES:
        raise Doubt(Code.STATUS_ENTRY_MALFORMED, f"{len(entries)} entries")
    return _worst(_answer(case, entry) for entry in entries)


def _worst(findings: Iterable[Finding]) -> Finding:
    """Return the finding that counts: revoked, then suspended, then unknown, then passed."""
    severity = (Code.REVOKED, Code.SUSPENDED)
    return min(
        findings,
        key=lambda finding: (
            severity.index(finding.code) if finding.code in severity else len(severity),
            finding.outcome is Outcome.PASSED,
        ),
    )


def _answer(case: Case, written: object) -> Finding:
    try:
        entry = _read_entry(case, written)
        credential = _believed_list(case, entry.address)
        return _read_bit(credential, entry)
    except Doubt as doubt:
        return Finding(Check.STATUS, doubt.answer, doubt.message, doubt.at)


def _read_entry(case: Case, written: object) -> _Entry:
    if not isinstance(written, dict) or written.get("type") != "BitstringStatusListEntry":
        kind = written.get("type") if isinstance(written, dict) else written
        raise Doubt(Code.STATUS_KIND_UNKNOWN, str(kind)[:80])
    purpose, address = written.get("statusPurpose"), written.get("statusListCredential")
    if (
        not isinstance(purpose, str)
        or purpose not in _BAD_NEWS
        or written.get("statusSize", 1) != 1
    ):
        raise Doubt(Code.STATUS_KIND_UNKNOWN, f"purpose {str(purpose)[:80]}")
    if not (isinstance(address, str) and provenance.may_be_asked(case, address)):
        raise Doubt(Code.STATUS_ENTRY_MALFORMED, f"statusListCredential {ascii(address)[:200]}")
    if written.get("id") == address:
        raise Doubt(Code.STATUS_ENTRY_MALFORMED, "the entry has the id of its list")
    try:
        index = status_list.parse_index(written.get("statusListIndex"))
    except StatusListRefused as error:
        raise Doubt(Code.STATUS_ENTRY_MALFORMED, error.message) from None
    return _Entry(purpose, index, address)


def _believed_list(case: Case, address: str) -> Document:
    """Return the list at `address` once it has passed the walk and is signed by the same issuer."""
    try:
        answer = case.fetch(address)
    except FetchFailed as error:
        raise Doubt(Code.STATUS_UNREACHABLE, f"{address}: {error.message}") from None
    if answer.status != 200:
        raise Doubt(Code.STATUS_UNREACHABLE, f"{address}: HTTP status {answer.status}")
    try:
        submitted = submission.recognise(answer.body)
    except Unreadable as error:
        raise Doubt(Code.STATUS_LIST_MALFORMED, f"{address}: {error.message}") from None
    if submitted.kind not in (Kind.JSON, Kind.JWT):
        raise Doubt(Code.STATUS_LIST_MALFORMED, f"{address}: {submitted.kind}")
    listed = Case(submitted, case.fetch, case.register, case.now)
    for finding in ask(listed, _LIST_QUESTIONS):
        if finding.outcome is not Outcome.PASSED:
            late = finding.check is Check.DATES
            code = Code.STATUS_LIST_NOT_CURRENT if late else Code.STATUS_LIST_UNTRUSTED
            raise Doubt(code, f"{address}: {finding.code} {finding.detail}", at=finding.at)
    issuers = (reading.reference(c.credential, "issuer") for c in (listed, case))
    if len(set(issuers)) != 1:
        raise Doubt(Code.STATUS_LIST_UNTRUSTED, f"{address}: signed by another issuer")
    if listed.credential.get("id") != address:
        raise Doubt(Code.STATUS_LIST_UNTRUSTED, f"{address}: a list of another address")
    _refuse_roll_back(case, listed.credential, address)
    return listed.credential


def _refuse_roll_back(case: Case, listed: Document, address: str) -> None:
    """Refuse a list that is older than one we published: it may not know of a revocation yet."""
    stated, known = reading.instant(listed, "validFrom"), case.register.published(address)
    if known and (stated is None or stated < known.replace(microsecond=0)):
        raise Doubt(Code.STATUS_LIST_OUTDATED, address, at=stated)


def _read_bit(credential: Document, entry: _Entry) -> Finding:
    subject = reading.child(credential, "credentialSubject")
    if (
        "BitstringStatusListCredential" not in reading.texts(credential, "type")
        or reading.texts(subject, "type") != ("BitstringStatusList",)
        or entry.purpose not in reading.texts(subject, "statusPurpose")
        or "credentialStatus" in credential
    ):
        raise Doubt(Code.STATUS_LIST_MALFORMED, f"{entry.address}: not a list for {entry.purpose}")
    try:
        bits = status_list.decode(subject.get("encodedList"))
        withdrawn = status_list.is_set(bits, entry.index)
    except StatusListRefused as error:
        raise Doubt(Code(error.code), f"{entry.address}: {error.message}") from None
    if withdrawn:
        raise Doubt(_BAD_NEWS[entry.purpose], f"{entry.address}#{entry.index}")
    published = reading.instant(credential, "validFrom")
    return Finding(Check.STATUS, Code.NOT_WITHDRAWN, entry.address, at=published)
