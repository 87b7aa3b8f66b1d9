"""Does the issuer's published list leave it in force?

Only what was read from a list says that a badge is withdrawn, and only that says that it is not.
Everything else is unknown. The badge's issuer has signed where the list stands; so whoever keeps it
there is believed when a badge is withdrawn. That it is not withdrawn counts only from the issuer
itself, or its own domain, in a list that is all that the standard asks for.
Sources: W3C Recommendation "Bitstring Status List v1.0", section 3.2 (Validate Algorithm); W3C CCG
"Status List 2021"; 1EdTech "Verifiable Credentials Revocation List v1.0".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from badgeservice.errors import FetchFailed, StatusListRefused, Unreadable, UnreadableJSON
from badgeservice.openbadges import Document, rdfc, status_list, strict_json
from badgeservice.verification import origins, provenance, reading, submission
from badgeservice.verification.case import Case, Question, ask
from badgeservice.verification.checks import dates, profile, proof
from badgeservice.verification.checks import submission as submission_check
from badgeservice.verification.codes import Check, Code, Doubt, Outcome
from badgeservice.verification.fetching import Fetched
from badgeservice.verification.report import Finding
from badgeservice.verification.submission import Kind

MAXIMUM_ENTRIES = 4
MAXIMUM_BITS = 8
"""How many bits one badge may have in a list: enough for 256 messages."""

_STATUS = "https://www.w3.org/2018/credentials#credentialStatus"

_BAD_NEWS = {"revocation": Code.REVOKED, "suspension": Code.SUSPENDED}
"""What a set bit says of a badge for these purposes."""
_OTHER_PURPOSES = ("refresh", "message")

_PLAIN_LIST = "1EdTechRevocationList"

# How each kind of entry calls the list and its subject.
_KINDS = {
    "BitstringStatusListEntry": ("BitstringStatusListCredential", "BitstringStatusList"),
    "StatusList2021Entry": ("StatusList2021Credential", "StatusList2021"),
}

# What a status list is asked before it is believed; the same as a badge, except for being a badge.
_LIST_QUESTIONS = (
    Question(Check.SUBMISSION, submission_check.check),
    Question(Check.PROFILE, profile.check, needs=(Check.SUBMISSION,)),
    Question(Check.PROOF, proof.check, needs=(Check.PROFILE,)),
    Question(Check.DATES, dates.check, needs=(Check.PROOF,)),
)


@dataclass(frozen=True)
class _Entry:
    """A well-formed entry for a signed list: `size` bits at `index` in the list at `address`.

    `messages` are the meanings of the values, for a purpose that has any.
    """

    kind: str
    purpose: str
    index: int
    address: str
    size: int
    messages: dict[int, str]


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
    """Return what counts: revoked, then suspended, then unknown, then a newer one, then well."""
    severity = (Code.REVOKED, Code.SUSPENDED)
    return min(
        findings,
        key=lambda finding: (
            severity.index(finding.code) if finding.code in severity else len(severity),
            finding.outcome is Outcome.PASSED,
            finding.code is not Code.NEWER_ANNOUNCED,
        ),
    )


def _answer(case: Case, written: object) -> Finding:
    try:
        if isinstance(written, dict) and written.get("type") == _PLAIN_LIST:
            return _from_plain_list(case, written)
        return _from_signed_list(case, _read_entry(case, written))
    except Doubt as doubt:
        return Finding(Check.STATUS, doubt.answer, doubt.message, doubt.at)


def _read_entry(case: Case, written: object) -> _Entry:
    kind = written.get("type") if isinstance(written, dict) else written
    if not (isinstance(written, dict) and isinstance(kind, str) and kind in _KINDS):
        raise Doubt(Code.STATUS_KIND_UNKNOWN, str(kind)[:80])
    purpose, address = written.get("statusPurpose"), written.get("statusListCredential")
    size = written.get("statusSize", 1)
    if (
        not isinstance(purpose, str)
        or purpose not in (*_BAD_NEWS, *_OTHER_PURPOSES)
        or not (type(size) is int and 1 <= size <= MAXIMUM_BITS)
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
    return _Entry(kind, purpose, index, address, size, _messages(written))


def _messages(entry: Document) -> dict[int, str]:
    """Return what an entry says that each value means; the standard writes `0x1` for 1."""
    return {
        int(value, 16): message
        for each in reading.objects(entry, "statusMessage")
        if (value := reading.text(each, "status")) and status_list.is_value(value)
        if (message := reading.text(each, "message"))
    }


def _from_signed_list(case: Case, entry: _Entry) -> Finding:
    listed = _believed_list(case, entry.address)
    reservation = _reservation(case, listed, entry.address)
    try:
        value, shortage = _value(listed.credential, entry)
    except Doubt as doubt:
        raise (reservation or doubt) from None
    reservation = reservation or shortage
    is_withdrawn = value != 0 and entry.purpose in _BAD_NEWS
    issuer = reading.reference(case.credential, "issuer") or ""
    if reservation is not None and (case.register.owns(issuer) or not is_withdrawn):
        raise reservation
    place = f"{entry.address}#{entry.index}"
    if is_withdrawn:
        raise Doubt(_BAD_NEWS[entry.purpose], place)
    published = reading.instant(listed.credential, "validFrom")
    if entry.purpose == "message":
        said = entry.messages.get(value, "")
        raise Doubt(Code.STATUS_MESSAGE, f"{value} {said}".strip()[:200], at=published)
    code = Code.NEWER_ANNOUNCED if value else Code.NOT_WITHDRAWN
    return Finding(Check.STATUS, code, entry.address, at=published)


def _believed_list(case: Case, address: str) -> Case:
    """Return the list at `address` once it has passed the walk, signed by whoever says so."""
    answer = _fetched(case, address)
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
    return listed


def _fetched(case: Case, address: str) -> Fetched:
    try:
        answer = case.fetch(address)
    except FetchFailed as error:
        raise Doubt(Code.STATUS_UNREACHABLE, f"{address}: {error.message}") from None
    if answer.status != 200:
        raise Doubt(Code.STATUS_UNREACHABLE, f"{address}: HTTP status {answer.status}")
    return answer


def _reservation(case: Case, listed: Case, address: str) -> Doubt | None:
    """Return why it means nothing that a badge is not withdrawn in a list; None if it does."""
    issuer = reading.reference(case.credential, "issuer") or ""
    lister = reading.reference(listed.credential, "issuer") or ""
    if lister != issuer and (case.register.owns(issuer) or not _share_a_domain(lister, issuer)):
        return Doubt(Code.STATUS_LIST_UNTRUSTED, f"{address}: signed by another issuer")
    if listed.credential.get("id") != address:
        return Doubt(Code.STATUS_LIST_UNTRUSTED, f"{address}: a list of another address")
    stated = reading.instant(listed.credential, "validFrom")
    known = case.register.published(address)
    if known and (stated is None or stated < known.replace(microsecond=0)):
        # Older than one that we published, it may not know of a revocation yet.
        return Doubt(Code.STATUS_LIST_OUTDATED, address, at=stated)
    return None


def _share_a_domain(one: str, other: str) -> bool:
    domain = reading.domain(one)
    return domain is not None and domain == reading.domain(other)


def _value(credential: Document, entry: _Entry) -> tuple[int, Doubt | None]:
    """Return the bits of an entry as a number, and the doubt about a list that is too short."""
    subject = reading.child(credential, "credentialSubject")
    type_of_list, type_of_subject = _KINDS[entry.kind]
    if (
        type_of_list not in reading.texts(credential, "type")
        or reading.texts(subject, "type") != (type_of_subject,)
        or entry.purpose not in reading.texts(subject, "statusPurpose")
        or "credentialStatus" in credential
    ):
        raise Doubt(Code.STATUS_LIST_MALFORMED, f"{entry.address}: not a list for {entry.purpose}")
    is_older = entry.kind == "StatusList2021Entry"
    read = status_list.decode_2021 if is_older else status_list.decode
    shortage = None
    try:
        bits = read(subject.get("encodedList"), minimum_bits=0)
        entries = len(bits) * 8 // entry.size
        if entries < status_list.MINIMUM_BITS:
            message = f"{entry.address}: a list of {entries} entries"
            shortage = Doubt(Code.STATUS_LIST_LENGTH, message)
        return status_list.value(bits, entry.index, size=entry.size), shortage
    except StatusListRefused as error:
        raise shortage or Doubt(Code(error.code), f"{entry.address}: {error.message}") from None


def _from_plain_list(case: Case, entry: Document) -> Finding:
    """Return what a list of 1EdTech says, which is JSON without signature.

    Whoever answers at its address vouches for it; so a badge that is not on it is in force only if
    that is the issuer's own site.
    """
    address = reading.text(entry, "id")
    if address is None or not provenance.may_be_asked(case, address):
        raise Doubt(Code.STATUS_ENTRY_MALFORMED, f"id {ascii(address)[:200]}")
    answer = _fetched(case, address)
    if not origins.is_same(answer.url, address):
        raise Doubt(Code.STATUS_LIST_UNTRUSTED, f"{address}: to {answer.url}")
    try:
        listed = strict_json.load_object(answer.body)
    except UnreadableJSON as error:
        raise Doubt(Code.STATUS_LIST_MALFORMED, f"{address}: {error.message}") from None
    # 1EdTech's validator reads the first, its text says the second; a list may have both.
    lists = [listed[name] for name in ("revokedCredential", "revokedCredentials") if name in listed]
    if not lists or not all(isinstance(each, list) for each in lists):
        raise Doubt(Code.STATUS_LIST_MALFORMED, f"{address}: no list of revoked credentials")
    revoked = [each for some in lists for each in some]
    if not all(isinstance(each, dict) for each in revoked):
        raise Doubt(Code.STATUS_LIST_MALFORMED, f"{address}: no list of revoked credentials")
    for each in revoked:
        if each.get("id") == case.credential.get("id") and each.get("revoked", True) is not False:
            raise Doubt(Code.REVOKED, str(each.get("revocationReason", address))[:200])
    issuer = reading.reference(case.credential, "issuer") or ""
    if (
        listed.get("id", address) != address
        or reading.reference(listed, "issuer") not in (None, issuer)
        or not _share_a_domain(address, issuer)
    ):
        raise Doubt(Code.STATUS_LIST_UNTRUSTED, f"{address}: not the issuer's own")
    return Finding(Check.STATUS, Code.NOT_WITHDRAWN, address)
