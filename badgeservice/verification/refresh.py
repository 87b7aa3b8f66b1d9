"""The newest edition of a badge, asked once of the service that the badge itself names.

The service is asked only after the badge has been proved, for until then nobody knows who names it.
What it answers replaces the badge if it is the same badge of the same person by the same issuer,
not older and as well proved; otherwise the badge stays what was verified. Badges of ours are left
alone: our register knows what replaced them.
Sources: Open Badges 3.0, section 8.2 ("Refresh the Credential"); 1EdTech "Credential Refresh
Service v1.0".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from badgeservice.errors import FetchFailed, Unreadable
from badgeservice.openbadges import Document
from badgeservice.verification import checks, provenance, reading, submission
from badgeservice.verification.case import Case, Question, ask
from badgeservice.verification.checks import proof
from badgeservice.verification.codes import Check, Code, Doubt, Outcome
from badgeservice.verification.report import Finding
from badgeservice.verification.submission import Kind, Standard, Submission

SERVICE = "1EdTechCredentialRefresh"

_BELIEVED = {Check.PROFILE, Check.STRUCTURE, Check.PROOF}
"""What must have passed before a badge's service is asked, and of what it answers."""

_Findings = tuple[Finding, ...]


def newest(case: Case, findings: _Findings) -> tuple[Case, _Findings] | None:
    """Return the case of what replaces a badge, with the answers about it; None if nothing does.

    Never raises: a service that does not answer, or answers badly, changes nothing. What it answers
    is not refreshed again.
    """
    address = _address(case, findings)
    submitted = None if address is None else _answer(case, address)
    if address is None or submitted is None:
        return None
    fresh = Case(submitted, case.fetch, case.register, case.now, issuers=case.issuers)
    found = ask(fresh, _questions(case, address))
    return (fresh, found) if _passed(found) >= _BELIEVED else None


def _address(case: Case, findings: _Findings) -> str | None:
    """Return the address of a badge's service, None if there is none to be asked."""
    services = reading.objects(case.credential, "refreshService")
    if case.submission.standard is not Standard.OB3 or len(services) != 1:
        return None
    address = reading.text(services[0], "id")
    if (
        reading.text(services[0], "type") != SERVICE
        or address is None
        or not _passed(findings) >= _BELIEVED
        or case.register.owns(reading.reference(case.credential, "issuer") or "")
        or not provenance.may_be_asked(case, address)
    ):
        return None
    return address


def _answer(case: Case, address: str) -> Submission | None:
    """Return the badge that a service answers with, None if it answers with none of our standard."""
    try:
        answer = case.fetch(address)
        found = submission.recognise(answer.body)
    except (FetchFailed, Unreadable):
        return None
    if answer.status != 200 or found.kind not in (Kind.JSON, Kind.JWT):
        return None
    # The other badge of an image is still to be judged.
    other = replace(found, beside=case.submission.beside)
    return other if other.standard is Standard.OB3 else None


def _questions(original: Case, address: str) -> Iterator[Question]:
    arrived = Finding(Check.SUBMISSION, Code.BADGE_REFRESHED, address)
    for question in checks.CHECKS:
        if question.check is Check.SUBMISSION:
            yield replace(question, ask=lambda _: arrived)
        elif question.check is Check.PROOF:
            yield replace(question, ask=partial(_check_proof, original))
        else:
            yield question


def _check_proof(original: Case, fresh: Case) -> Finding:
    """Ask for the proof of what replaces the original; of anything else, ask nobody anything."""
    if (
        not _replaces(fresh.credential, original.credential)
        or fresh.as_signed == original.as_signed
    ):
        raise Doubt(Code.NOT_ASKED, "not a newer edition")
    return proof.check(fresh)


def _replaces(fresh: Document, original: Document) -> bool:
    """Tell whether one is the same badge, of the same person by the same issuer, and not older."""
    begins, began = (reading.instant(each, "validFrom") for each in (fresh, original))
    if begins is None or began is None or begins < began:
        return False
    subjects = [reading.child(each, "credentialSubject") for each in (fresh, original)]
    whose = [(subject.get("id"), subject.get("identifier")) for subject in subjects]
    names = [(each.get("id"), reading.reference(each, "issuer")) for each in (fresh, original)]
    return whose[0] == whose[1] and names[0] == names[1]


def _passed(findings: _Findings) -> set[Check]:
    return {finding.check for finding in findings if finding.outcome is Outcome.PASSED}
