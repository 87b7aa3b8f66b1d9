"""The classes of Open Badges 2.0 as data: which members, required or not, of what kinds.

Source: Open Badges 2.0 Final (2018, with errata), "Open Badges Vocabulary"; what the text leaves
open is as the validators of 1EdTech have it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from badgeservice.openbadges import contexts

CONTEXT = contexts.OPEN_BADGES_V2

HOSTED = ("HostedBadge", "hosted")
SIGNED = ("SignedBadge", "signed")
"""How a badge says that it is verified; of each pair we write the first, others both."""


class Kind(StrEnum):
    """What a member may hold; a class name stands for an object of that class."""

    TEXT = "text"
    IRI = "IRI"
    WEB_ADDRESS = "web address"  # http or https
    IMAGE_DATA = "image as data: address"
    INSTANT = "instant"
    BOOLEAN = "boolean"
    NUMBER = "number"
    EMAIL = "e-mail address"
    PHONE = "telephone number"
    LANGUAGE = "language"
    VERIFICATION = "verification type"
    OBJECT = "object"  # of a class that is looked at elsewhere


class Member(NamedTuple):
    """A member of a class: its kinds or classes, whether it must be there, whether it may repeat."""

    kinds: tuple[str, ...]
    required: bool = False
    many: bool = False


class Class(NamedTuple):
    """A class: its members, and the names of which `type` must hold one.

    Without names the `type` may say anything or be absent.
    """

    members: dict[str, Member]
    names: tuple[str, ...] = ()


def _one(*kinds: str) -> Member:
    return Member(kinds)


def _required(*kinds: str, many: bool = False) -> Member:
    return Member(kinds, required=True, many=many)


def _many(*kinds: str) -> Member:
    return Member(kinds, many=True)


_TEXT = _one(Kind.TEXT)

_GENERIC = {
    "@language": _one(Kind.LANGUAGE),
    "version": _one(Kind.TEXT, Kind.NUMBER),
    "related": _many(Kind.IRI, Kind.OBJECT),
    "endorsement": _many(Kind.IRI, Kind.OBJECT),
}
"""What every object of the first rank may have."""

_PROFILE = {
    "id": _required(Kind.IRI),
    "name": _TEXT,
    "url": _one(Kind.WEB_ADDRESS),
    "email": _one(Kind.EMAIL),
    "telephone": _one(Kind.PHONE),
    "description": _TEXT,
    "image": _one(Kind.IRI, Kind.IMAGE_DATA, "Image"),
    "publicKey": _many(Kind.IRI, "CryptographicKey"),
    "verification": _one("IssuerVerification"),
    "revocationList": _one(Kind.IRI),
    **_GENERIC,
}
_AS_ISSUER = {
    "name": _required(Kind.TEXT),
    "url": _required(Kind.WEB_ADDRESS),
    "email": _required(Kind.EMAIL),
}
_PROFILE_NAMES = ("Profile", "Issuer")

CLASSES = {
    "Assertion": Class(
        {
            "id": _required(Kind.IRI),
            "recipient": _required("IdentityObject"),
            "badge": _required(Kind.IRI, "BadgeClass"),
            "verification": _required("AssertionVerification"),
            "issuedOn": _required(Kind.INSTANT),
            "image": _one(Kind.IRI, "AssertionImage"),
            "evidence": _many(Kind.IRI, "Evidence"),
            "narrative": _TEXT,
            "expires": _one(Kind.INSTANT),
            "revoked": _one(Kind.BOOLEAN),
            "revocationReason": _TEXT,
            **_GENERIC,
        },
        names=("Assertion",),
    ),
    "RevokedAssertion": Class(
        {
            "id": _required(Kind.IRI),
            "revoked": _required(Kind.BOOLEAN),
            "revocationReason": _TEXT,
        },
        names=("Assertion",),
    ),
    "BadgeClass": Class(
        {
            "id": _required(Kind.IRI),
            "name": _required(Kind.TEXT),
            "description": _required(Kind.TEXT),
            "image": _required(Kind.IRI, Kind.IMAGE_DATA, "Image"),
            "criteria": _required(Kind.IRI, "Criteria"),
            "issuer": _required(Kind.IRI, "Issuer"),
            "alignment": _many("AlignmentObject"),
            "tags": _many(Kind.TEXT),
            **_GENERIC,
        },
        names=("BadgeClass",),
    ),
    "Profile": Class(_PROFILE, names=_PROFILE_NAMES),
    "Issuer": Class(_PROFILE | _AS_ISSUER, names=_PROFILE_NAMES),
    "OlderIssuer": Class(_PROFILE | _AS_ISSUER | {"email": _one(Kind.EMAIL)}, names=_PROFILE_NAMES),
    "IdentityObject": Class(
        {
            "type": _required(Kind.TEXT),
            "identity": _required(Kind.TEXT),
            "hashed": _required(Kind.BOOLEAN),
            "salt": _TEXT,
        }
    ),
    "AssertionVerification": Class(
        {"type": _required(Kind.VERIFICATION), "creator": _one(Kind.IRI)}
    ),
    "IssuerVerification": Class(
        {
            "verificationProperty": _TEXT,
            "startsWith": _many(Kind.WEB_ADDRESS),
            "allowedOrigins": _many(Kind.TEXT),
        }
    ),
    "Evidence": Class(
        {
            "id": _one(Kind.IRI),
            "narrative": _TEXT,
            "name": _TEXT,
            "description": _TEXT,
            "genre": _TEXT,
            "audience": _TEXT,
        }
    ),
    "Criteria": Class({"id": _one(Kind.IRI), "narrative": _TEXT}),
    "Image": Class(
        {
            "id": _required(Kind.IRI, Kind.IMAGE_DATA),
            "caption": _TEXT,
            "author": _one(Kind.IRI),
        }
    ),
    "AssertionImage": Class(
        {"id": _required(Kind.IRI), "caption": _TEXT, "author": _one(Kind.IRI)}
    ),
    "AlignmentObject": Class(
        {
            "targetName": _required(Kind.TEXT),
            "targetUrl": _required(Kind.WEB_ADDRESS),
            "targetDescription": _TEXT,
            "targetFramework": _TEXT,
            "targetCode": _TEXT,
        }
    ),
    "RevocationList": Class(
        {
            "revokedAssertions": _required(Kind.TEXT, "RevokedEntry", many=True),
            "id": _one(Kind.IRI),
            "issuer": _one(Kind.IRI),
        },
        names=("RevocationList",),
    ),
    "RevokedEntry": Class(
        {
            "id": _one(Kind.IRI),
            "uid": _TEXT,
            "revocationReason": _TEXT,
            "revoked": _one(Kind.BOOLEAN),
        }
    ),
    "CryptographicKey": Class(
        {
            "id": _required(Kind.IRI),
            "owner": _required(Kind.IRI),
            "publicKeyPem": _required(Kind.TEXT),
        },
        names=("CryptographicKey",),
    ),
}
