"""Is it an Open Badge 3.0, or an endorsement, with everything that one must say?"""

from __future__ import annotations

from badgeservice.openbadges import v3
from badgeservice.verification import reading
from badgeservice.verification.case import Case
from badgeservice.verification.codes import Check, Code, Doubt
from badgeservice.verification.report import Finding

_TYPES = {"VerifiableCredential", "OpenBadgeCredential"}
_ENDORSEMENT_TYPES = {"VerifiableCredential", "EndorsementCredential"}


def check(case: Case) -> Finding:
    """Pass when the credential is a badge and keeps the rules of the standard.

    Its status entries are left to the status check: one that cannot be read does not make the
    badge a forgery, but its status unknown.
    """
    types = reading.texts(case.credential, "type")
    if not _TYPES <= set(types):
        raise Doubt(Code.NOT_AN_OPEN_BADGE, ", ".join(types)[:200])
    rest = {key: value for key, value in case.credential.items() if key != "credentialStatus"}
    if problems := v3.lint_received(rest):
        raise Doubt(Code.NOT_CONFORMANT, "; ".join(map(str, problems))[:1000])
    return Finding(Check.STRUCTURE, Code.CONFORMS)


def check_endorsement(case: Case, endorsable: frozenset[str] | None) -> Finding:
    """Pass when the credential is an endorsement of one of `endorsable`; None for of anything."""
    types = reading.texts(case.credential, "type")
    if not set(types) >= _ENDORSEMENT_TYPES:
        raise Doubt(Code.NOT_AN_ENDORSEMENT, ", ".join(types)[:200])
    rest = {key: value for key, value in case.credential.items() if key != "credentialStatus"}
    if problems := v3.lint_received_endorsement(rest):
        raise Doubt(Code.NOT_CONFORMANT, "; ".join(map(str, problems))[:1000])
    endorsed = reading.reference(case.credential, "credentialSubject")
    if endorsable is not None and endorsed not in endorsable:
        raise Doubt(Code.ENDORSES_SOMETHING_ELSE, str(endorsed)[:200])
    return Finding(Check.STRUCTURE, Code.CONFORMS)
