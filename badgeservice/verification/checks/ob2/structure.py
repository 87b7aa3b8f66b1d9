"""Is it an Open Badge 2.0, with everything that one must say?"""

from __future__ import annotations

from badgeservice.openbadges import v2
from badgeservice.openbadges.problems import Rule
from badgeservice.verification import reading
from badgeservice.verification.case import Case
from badgeservice.verification.codes import Check, Code, Doubt
from badgeservice.verification.report import Finding

_NOT_ASKED_OF_VERSION_1 = ("badge.issuer.email", Rule.REQUIRED)


def check(case: Case) -> Finding:
    """Pass when assertion, badge class and issuer keep the rules of the standard.

    Endorsements are neither followed nor shown; the details say that there are some.
    """
    problems = [
        problem
        for problem in v2.lint_received(case.credential, "Assertion")
        if not (case.is_older and (problem.path, problem.rule) == _NOT_ASKED_OF_VERSION_1)
    ]
    if problems:
        raise Doubt(Code.NOT_CONFORMANT, "; ".join(map(str, problems))[:1000])
    if unknown := v2.unknown_extensions(case.credential):
        raise Doubt(Code.EXTENSION_NOT_CHECKED, ", ".join(unknown)[:400])
    badge_class = reading.child(case.credential, "badge")
    documents = (case.credential, badge_class, reading.child(badge_class, "issuer"))
    endorsed = any("endorsement" in document for document in documents)
    return Finding(Check.STRUCTURE, Code.CONFORMS, "endorsements not read" if endorsed else "")
