"""Badges of the data model of 2019 (VCDM 1.1), whose dates and tokens are written otherwise."""

from __future__ import annotations

from typing import Any

from badgeservice.openbadges import contexts
from tests.attacks.making.cases import (
    BOTH,
    SCHOOL_HOST,
    Expect,
    Group,
    invalid,
    not_in_force,
    undecided,
)
from tests.attacks.making.issuers import (
    CONTEXT,
    ISSUED,
    UNTIL,
    Document,
    badge,
    claims,
    secured,
    token,
)

V1, EDITION = contexts.CREDENTIALS_V1, contexts.OPEN_BADGES_V3_1
LISTED = [V1, EDITION, contexts.DATA_INTEGRITY_V2]
ASKED = (SCHOOL_HOST,)
PAST, NEXT_YEAR = "2026-11-22T09:00:00Z", "2027-11-22T09:00:00Z"
PAST_SECONDS = 1_795_338_000
BASE, TOKEN = "badge of the data model 1.1", "token of the data model 1.1"


def older(**changes: Any) -> Document:
    """Return an unsigned badge of 2019 without status; None leaves a member out."""
    said = {
        "@context": LISTED,
        "validFrom": None,
        "validUntil": None,
        "issuanceDate": ISSUED,
        "expirationDate": UNTIL,
        "credentialStatus": None,
    }
    return badge(**said | changes)


def wrapped(document: Document | None = None, **changes: Any) -> str:
    """Return a token with the badge in the claim `vc`; `changes` are those of the other claims."""
    inside = document or older()
    said = claims(badge()) | {"vc": inside} | changes
    return token({k: v for k, v in said.items() if v is not None})


def plain(document: Document, **changes: Any) -> str:
    """Return a token whose claims stand beside the members of the badge."""
    said = document | claims(badge()) | changes
    return token({k: v for k, v in said.items() if v is not None})


def add_controls(group: Group, expect: Expect) -> None:
    """Add genuine ones."""
    listed = older(
        **{"@context": [*LISTED, contexts.STATUS_V1]}, credentialStatus=badge()["credentialStatus"]
    )
    for name, mutation, data in (
        ("embedded", "an embedded proof", secured(older())),
        ("both-names", "both names for its dates", secured(older(validFrom=ISSUED, validUntil=UNTIL))),
        ("endless", "no end", secured(older(expirationDate=None))),
        ("first-edition", "the first edition of the context",
         secured(older(**{"@context": [V1, contexts.OPEN_BADGES_V3_0, contexts.DATA_INTEGRITY_V2]}))),
        ("status", "a status list", secured(listed)),
        ("wrapped", "a token that wraps it", wrapped()),
        ("wrapped-less", "a token whose claims say dates and issuer alone", wrapped(
            older(issuanceDate=None, expirationDate=None, id=None))),
        ("plain", "a token that does not wrap it", plain(older())),
        ("plain-end", "a token whose claim alone says the end", plain(older(expirationDate=None))),
    ):  # fmt: skip
        group.add(f"2019-{name}", f"data model 1.1: {mutation}", expect, data,
                  kind="jwt" if isinstance(data, str) else "json",
                  hosts=BOTH if name == "status" else ASKED)  # fmt: skip


def add_claims(group: Group) -> None:
    """Add to class 2."""
    mismatch, layout = invalid("claim_mismatch"), undecided("unknown_layout")
    for name, mutation, expect, text in (
        ("iss", "iss is somebody else", mismatch, wrapped(iss="did:web:mallory.example")),
        ("jti", "jti is another badge", mismatch, wrapped(jti="urn:uuid:1")),
        ("sub", "sub is another person", mismatch, wrapped(sub="urn:uuid:1")),
        ("nbf", "nbf is earlier than the issuance", mismatch, wrapped(nbf=1_795_176_000 - 86_400)),
        ("exp", "exp is later than the expiration", mismatch, wrapped(exp=1_858_334_400 + 86_400)),
        ("exp-float", "a fraction in exp", mismatch, wrapped(exp=1_858_334_400.5)),
        ("exp-text", "text for exp, which alone says the end", mismatch,
         wrapped(older(expirationDate=None), exp="1858334400")),
        ("beside", "members of the badge beside the wrapped one", layout,
         wrapped(name="Doctorat")),
        ("subject-beside", "another subject beside the wrapped badge", layout,
         wrapped(credentialSubject={"id": "urn:uuid:1"})),
        ("list", "a list of two wrapped badges", layout, wrapped(vc=[older(), older()])),
        ("text", "text for the wrapped badge", layout, wrapped(vc="trust me")),
        ("twice", "a badge wrapped in a badge", layout, wrapped(vc={"vc": older()})),
        ("newer-context-first", "the context of 2.0 before that of 1.1, wrapped", layout,
         wrapped(older(**{"@context": [CONTEXT[0], *LISTED]}))),
    ):  # fmt: skip
        hosts = ASKED if expect is mismatch and name != "exp-text" else ()
        group.add(f"wrapped-{name}", f"wrapped in vc: {mutation}", expect, text, base=TOKEN,
                  hosts=hosts)  # fmt: skip


def add_dates(group: Group) -> None:
    """Add to class 9."""
    expired, early = not_in_force("expired"), not_in_force("not_yet_valid")
    for name, mutation, expect, data in (
        ("expired", "expired", expired, secured(older(expirationDate=PAST))),
        ("expired-newer-name", "expired by the name of 2.0 alone", expired,
         secured(older(expirationDate=None, validUntil=PAST))),
        ("expired-one-of-two", "expired by the older of two names", expired,
         secured(older(expirationDate=PAST, validUntil=UNTIL))),
        ("expired-other-of-two", "expired by the newer of two names", expired,
         secured(older(expirationDate=UNTIL, validUntil=PAST))),
        ("early", "issued next year", early, secured(older(issuanceDate=NEXT_YEAR))),
        ("early-one-of-two", "issued, and valid from next year", early,
         secured(older(validFrom=NEXT_YEAR))),
        ("end-unreadable", "an end that is no instant beside one that is", invalid("not_conformant", "unknown"),
         secured(older(expirationDate="never", validUntil=UNTIL))),
        ("no-issuance", "no date of issuance", invalid("not_conformant", "active"),
         secured(older(issuanceDate=None))),
        ("word-of-2019", "a badge of 2.0 that is over by the word of 1.1", invalid("unsigned_data"),
         secured(badge(credentialStatus=None, expirationDate=PAST))),
        ("wrapped-claim", "wrapped, over by a claim alone", expired,
         wrapped(older(expirationDate=None), exp=PAST_SECONDS)),
        ("plain-claim", "not wrapped, over by a claim alone", expired,
         plain(older(expirationDate=None), exp=PAST_SECONDS)),
        ("plain-claim-and-name", "not wrapped, over by a claim, its end in the word of 2.0 later",
         expired, plain(older(expirationDate=None, validUntil=UNTIL), exp=PAST_SECONDS)),
    ):  # fmt: skip
        hosts = () if expect.code == "unsigned_data" else ASKED
        group.add(f"2019-{name}", f"data model 1.1: {mutation}", expect, data, base=BASE,
                  kind="jwt" if isinstance(data, str) else "json", hosts=hosts)  # fmt: skip


def add_contexts(group: Group) -> None:
    """Add to class 5."""
    for name, mutation, listed in (
        ("both-models", "the contexts of both models", [V1, CONTEXT[0], EDITION]),
        ("two-editions", "two editions of the context", [*LISTED, contexts.OPEN_BADGES_V3]),
        ("edition-behind", "the edition behind what follows it",
         [V1, contexts.DATA_INTEGRITY_V2, EDITION]),
        ("twice", "one context twice", [*LISTED, contexts.DATA_INTEGRITY_V2]),
        ("key-context", "a context of keys", [*LISTED, contexts.MULTIKEY_V1]),
        ("inline", "a context of its own behind the others",
         [*LISTED, {"expirationDate": "https://mallory.example/#x"}]),
        ("first-with-2", "the first edition in the data model 2.0", [CONTEXT[0], contexts.OPEN_BADGES_V3_0]),
    ):  # fmt: skip
        group.add(f"2019-{name}", f"data model 1.1: {mutation}", invalid("context_not_allowed"),
                  secured(older()) | {"@context": listed}, base=BASE, hosts=())  # fmt: skip
