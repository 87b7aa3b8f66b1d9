"""Who is the issuer to us: ourselves, somebody known, a stranger, or one who looks like another?

Asked once the proof has passed, for until then nobody has shown to be the issuer. Only identifiers
count; names are compared to warn, never to believe: anyone can write any name into a badge.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from badgeservice.errors import BadTimestamp
from badgeservice.openbadges import Document, timestamps
from badgeservice.verification import issuers, likeness, reading
from badgeservice.verification.case import Case
from badgeservice.verification.codes import Check, Code, Doubt
from badgeservice.verification.issuers import KnownIssuer, Named
from badgeservice.verification.report import Finding


@dataclass(frozen=True)
class _Claims:
    """What a badge says of where it comes from. `names` are those of the issuer and the creators."""

    issuer: str
    names: tuple[tuple[str | None, str | None], ...]
    issued: datetime | None
    achievement: str | None
    frameworks: tuple[str, ...]


def check(case: Case) -> Finding:
    """Pass when the issuer of a credential is ourselves, or known for what it says."""
    credential = case.credential
    achievement = reading.child(reading.child(credential, "credentialSubject"), "achievement")
    return _answer(
        case,
        _Claims(
            issuer=reading.reference(credential, "issuer") or "",
            names=(_named(credential, "issuer"), _named(achievement, "creator")),
            issued=_issued(credential),
            achievement=reading.text(achievement, "id"),
            frameworks=issuers.frameworks(reading.objects(achievement, "alignment")),
        ),
    )


def check_endorsement(case: Case) -> Finding:
    """Pass when the endorser is ourselves, or known for what it endorses."""
    return _answer(
        case,
        _Claims(
            issuer=reading.reference(case.credential, "issuer") or "",
            names=(_named(case.credential, "issuer"),),
            issued=_issued(case.credential),
            achievement=reading.reference(case.credential, "credentialSubject"),
            frameworks=(),
        ),
    )


def check_assertion(case: Case) -> Finding:
    """Pass when the issuer of an assertion of Open Badges 2.0 is ourselves, or known for it."""
    badge_class = reading.child(case.credential, "badge")
    try:
        issued = timestamps.read_iso_8601(reading.text(case.credential, "issuedOn"))
    except BadTimestamp:
        issued = None
    return _answer(
        case,
        _Claims(
            issuer=reading.reference(badge_class, "issuer") or "",
            names=(_named(badge_class, "issuer"),),
            issued=issued,
            achievement=reading.text(badge_class, "id"),
            frameworks=issuers.frameworks(reading.objects(badge_class, "alignment")),
        ),
    )


def _answer(case: Case, said: _Claims) -> Finding:
    if case.register.owns(said.issuer):
        return Finding(Check.ISSUER, Code.ISSUER_IS_OURS, said.issuer)
    if entries := case.issuers.entries(said.issuer):
        return _known(case, said, entries)
    for name, identifier in said.names:
        if other := _taken_for(case, name, identifier):
            raise Doubt(Code.IMPERSONATION_SUSPECTED, other.identifier)
    if found := [each for name, _ in said.names for each in likeness.disguises(name or "")]:
        raise Doubt(Code.ISSUER_NAME_DISGUISED, ", ".join(dict.fromkeys(found))[:200])
    raise Doubt(Code.ISSUER_NOT_KNOWN, said.issuer[:200])


def _known(case: Case, said: _Claims, entries: tuple[KnownIssuer, ...]) -> Finding:
    """Pass for an entry that is for this badge and its time, under a key seen before."""
    in_scope = [
        each for each in entries if each.is_for_achievement(said.achievement, said.frameworks)
    ]
    if not in_scope:
        raise Doubt(Code.ISSUER_OUT_OF_SCOPE, said.achievement or "")
    entry = next((each for each in in_scope if each.is_for_time(said.issued)), None)
    if entry is None:
        raise Doubt(Code.ISSUER_OUT_OF_TIME, in_scope[0].source, at=said.issued)
    case.known_issuer = entry
    seen = {key.thumbprint: key for each in entries for key in each.keys}
    confirmed = {key.thumbprint for key in seen.values() if key.is_confirmed}
    for thumbprint in case.keys if confirmed else ():
        if thumbprint not in confirmed:
            when = seen[thumbprint].first_seen if thumbprint in seen else case.now
            raise Doubt(Code.ISSUER_KEY_CHANGED, thumbprint, at=when)
    return Finding(Check.ISSUER, Code.ISSUER_REGISTERED, entry.source)


def _taken_for(case: Case, name: str | None, identifier: str | None) -> Named | None:
    """Return whom somebody could be taken for who is not them."""
    if identifier and (case.register.owns(identifier) or case.issuers.entries(identifier)):
        return None
    for other in case.issuers.resembled(tuple(sorted(likeness.of_stranger(name, identifier)))):
        if not _may_be(other, name, identifier or ""):
            return other
    return None


def _may_be(other: Named, name: str | None, identifier: str) -> bool:
    """Tell whether likeness is no reason for suspicion.

    Whoever answers for a whole host answers for what is on it. Otherwise, neighbours under one
    domain may share it as their platform, and then only a like name counts.
    """
    if likeness.is_within(identifier, other.identifier):
        return True
    if likeness.is_within(other.identifier, identifier):
        return True
    is_neighbour = likeness.is_same_site(other.identifier, identifier)
    return is_neighbour and likeness.skeleton(name or "") != likeness.skeleton(other.name)


def _issued(credential: Document) -> datetime | None:
    """Return from when a credential counts, by its name in VCDM 2.0 or in 1.1."""
    return reading.instant(credential, "validFrom") or reading.instant(credential, "issuanceDate")


def _named(node: Document, key: str) -> tuple[str | None, str | None]:
    return reading.text(reading.child(node, key), "name"), reading.reference(node, key)
