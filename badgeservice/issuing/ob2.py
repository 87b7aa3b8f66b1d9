"""The same badge once more, as an assertion of Open Badges 2.0: hosted, and signed with RS256.

It is made from the credential that is being released, so that both say the same. A person is named
there by the hash of an e-mail address under a salt that is fresh in each assertion; the name that
may stand in the credential does not. The documents that an assertion refers to are here too; what
they are and why they hang off a key is in docs/decisions/0010-open-badges-2.md.
"""

from __future__ import annotations

import re
import secrets
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass

from badgeservice.catalogue import achievement
from badgeservice.catalogue.models import BadgeClassVersion
from badgeservice.errors import IssuingRefused
from badgeservice.issuing.issuer import Issuer
from badgeservice.openbadges import Document, timestamps, v2
from badgeservice.openbadges.keys import PublicKey

_UUID_4 = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
ID = re.compile(_UUID_4)
"""An identifier as we draw it; the validators of 2.0 know no newer versions of UUIDs."""

_SALT_BYTES = 16
_LANGUAGE = "fr"
"""That of what an issuer says of itself: a Profile of 2.0 has one."""


@dataclass(frozen=True)
class Assertions:
    """One edition as assertions: what is hosted, and what is signed."""

    hosted: Document
    signed: Document


def fresh_id() -> str:
    """Return an identifier for the assertions of one edition, linked to nothing else."""
    return str(uuid.uuid4())


def hosted_id(base_url: str, ob2_id: str) -> str:
    """Return the id of a hosted assertion: the address at which it stands."""
    return f"{_folder(base_url)}{ob2_id}"


def signed_id(ob2_id: str) -> str:
    """Return the id of a signed assertion."""
    return f"urn:uuid:{ob2_id}"


def ob2_id_of(base_url: str, assertion_id: str) -> str | None:
    """Return the identifier in the id of an assertion of ours, None if it is no such id."""
    for beginning in (_folder(base_url), "urn:uuid:"):
        rest = assertion_id.removeprefix(beginning)
        if rest != assertion_id and ID.fullmatch(rest):
            return rest
    return None


def is_possible(issuer: Issuer) -> bool:
    """Say whether the issuer says enough of itself for Open Badges 2.0."""
    return bool(issuer.email)


def refuse_unless_possible(issuer: Issuer) -> None:
    """Raise IssuingRefused while the issuer says too little of itself for Open Badges 2.0."""
    if not is_possible(issuer):
        raise IssuingRefused(
            "Open Badges 2.0 demands an e-mail address of the issuer; "
            f"write one into the file that describes {issuer.slug}"
        )


def assertions(
    issuer: Issuer, credential: Document, version: BadgeClassVersion, *,
    language: str, email: str, ob2_id: str, kid: str,
) -> Assertions:  # fmt: skip
    """Return what the unsigned `credential` says, as assertions about the holder of `email`.

    `kid` is the RSA key that will sign, whose documents both refer to.
    """
    ends = credential.get("validUntil")
    badge = issuer.ob2(kid, class_path(version, language))
    issued_on = timestamps.read(credential["awardedDate"])
    expires = timestamps.read(ends) if ends else None
    narrative = _strength(credential["credentialSubject"])
    evidence = [
        v2.evidence(name=each["name"], narrative=each["narrative"])
        for each in credential.get("evidence", [])
    ]
    return Assertions(
        hosted=v2.hosted_assertion(
            id=hosted_id(issuer.base_url, ob2_id),
            recipient=v2.recipient(email, salt=_fresh_salt()),
            badge=badge,
            issued_on=issued_on,
            expires=expires,
            narrative=narrative,
            evidence=evidence,
        ),
        signed=v2.signed_assertion(
            id=signed_id(ob2_id),
            recipient=v2.recipient(email, salt=_fresh_salt()),
            badge=badge,
            issued_on=issued_on,
            creator=issuer.ob2(kid, "key"),
            expires=expires,
            narrative=narrative,
            evidence=evidence,
        ),
    )


def class_path(version: BadgeClassVersion, language: str) -> str:
    """Return the rest of the path of a badge class, behind the key that it belongs to."""
    return f"badge-classes/{version.slug}/{version.version}/{language}"


def badge_class(issuer: Issuer, version: BadgeClassVersion, *, language: str, kid: str) -> Document:
    """Return a class version as a BadgeClass, in the words of its Achievement."""
    said = achievement.achievement_document(
        version,
        language=language,
        base_url=issuer.base_url,
        creator=issuer.profile(language),
    )
    return v2.badge_class(
        id=issuer.ob2(kid, class_path(version, language)),
        name=said["name"],
        description=said["description"],
        image=said["image"]["id"],
        image_caption=said["image"]["caption"],
        criteria=said["criteria"]["narrative"],
        criteria_id=said["id"],
        issuer=issuer.ob2(kid, "issuer"),
        alignments=[
            v2.alignment(
                target_name=each["targetName"],
                target_url=each["targetUrl"],
                target_code=each.get("targetCode"),
                target_description=each.get("targetDescription"),
                target_framework=each.get("targetFramework"),
            )
            for each in said.get("alignment", [])
        ],
        tags=said.get("tag", []),
        language=language,
        version=said["version"],
    )


def profile(issuer: Issuer, *, kid: str) -> Document:
    """Return the issuer as the Profile that signs with one key."""
    return v2.profile(
        id=issuer.ob2(kid, "issuer"),
        name=issuer.name[_LANGUAGE],
        url=issuer.url or issuer.address,
        email=issuer.email,
        description=issuer.description[_LANGUAGE],
        public_key=issuer.ob2(kid, "key"),
        revocation_list=issuer.ob2(kid, "revocations"),
        starts_with=_folder(issuer.base_url),
    )


def key(issuer: Issuer, public_key: PublicKey, *, kid: str) -> Document:
    """Return the document of a key, which names the Profile that names it."""
    return v2.cryptographic_key(
        id=issuer.ob2(kid, "key"), owner=issuer.ob2(kid, "issuer"), key=public_key
    )


def revocation_list(
    issuer: Issuer, revoked: Iterable[tuple[str, str | None]], *, kid: str
) -> Document:
    """Return the list of what one key signed and what is no longer in force, each with a reason."""
    return v2.revocation_list(
        id=issuer.ob2(kid, "revocations"),
        issuer=issuer.ob2(kid, "issuer"),
        revoked=[(signed_id(ob2_id), reason) for ob2_id, reason in revoked],
    )


def _folder(base_url: str) -> str:
    return f"{base_url}/ob2/assertions/"


def _fresh_salt() -> str:
    return urlsafe_b64encode(secrets.token_bytes(_SALT_BYTES)).rstrip(b"=").decode()


def _strength(subject: Document) -> str:
    """Return how strong the evidence is, in a line: 2.0 has no results to say it in."""
    reached = subject["result"][0]["achievedLevel"]
    scale = subject["achievement"]["resultDescription"][0]
    level = next(each for each in scale["rubricCriterionLevel"] if each["id"] == reached)
    return f"{scale['name']} – {level['name']}"
