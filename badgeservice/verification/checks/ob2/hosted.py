"""Does the issuer answer for the address where the badge stands, and is this what stands there?"""

from __future__ import annotations

from badgeservice.openbadges import Document, v2
from badgeservice.verification import origins, reading
from badgeservice.verification.case import Case
from badgeservice.verification.checks.ob2 import documents
from badgeservice.verification.codes import Check, Code, Doubt
from badgeservice.verification.report import Finding


def check(case: Case) -> Finding:
    """Pass when the badge is hosted within its issuer's scope, and the copy says nothing else."""
    badge_class = reading.child(case.credential, "badge")
    if not badge_class:
        raise Doubt(Code.HOSTED_CONTENT_GONE)
    if reading.text(reading.child(case.credential, "verification"), "type") not in v2.HOSTED:
        raise Doubt(Code.NOT_HOSTED, "what stands there does not say that it is hosted")
    address = case.credential["id"]
    if not _answers_for(reading.child(badge_class, "issuer"), address):
        raise Doubt(Code.HOSTED_OUT_OF_SCOPE, address)
    if found := documents.differences(documents.copied_assertion(case), case.credential):
        raise Doubt(Code.DIFFERS_FROM_HOSTED, ", ".join(found)[:400])
    return Finding(Check.PROOF, Code.HOSTED_BY_ISSUER, address)


def _answers_for(issuer: Document, address: str) -> bool:
    """Tell whether an issuer's profile claims the badges at `address`.

    It may claim beginnings of addresses and whole sites; unless it says otherwise, it claims the
    one site where it stands itself.
    """
    policy = reading.child(issuer, "verification")
    if "startsWith" in policy and not any(
        origins.lies_within(address, prefix) for prefix in reading.texts(policy, "startsWith")
    ):
        return False
    sites = reading.texts(policy, "allowedOrigins") or (issuer["id"],)
    return any(
        origins.is_same(address, site if "://" in site else f"https://{site}") for site in sites
    )
