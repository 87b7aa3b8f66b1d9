"""Genuine controls: badges that no verifier may refuse, so that refusing everything is no defence."""

from __future__ import annotations

import html
import json
import zlib
from typing import Any

from tests.attacks.making import elsewhere, images, lists, model_2019, older, suites
from tests.attacks.making.cases import BOTH, COMMON, SCHOOL_HOST, Expect, Group
from tests.attacks.making.issuers import (
    CONTEXT,
    ISSUED,
    LIST,
    OTHERS,
    SCHOOL,
    SCHOOLS,
    Document,
    badge,
    claims,
    did_document,
    did_web_address,
    dumps,
    genuine,
    profile,
    secured,
    status_entry,
    status_list,
    token,
)

GENUINE = Expect("amber", "valid", "active", "issuer_not_known")
"""Without a register of known issuers this is the best that a badge can be."""


def controls() -> Group:
    """Return the controls."""
    group = Group("00-genuine", 100, "none", hosts=BOTH)
    _add_contents(group)
    _add_texts(group)
    _add_tokens(group)
    _add_issuers(group)
    _add_statuses(group)
    _add_images(group)
    _add_older(group)
    suites.add_controls(group, GENUINE)
    elsewhere.add_controls(group, GENUINE)
    model_2019.add_controls(group, GENUINE)
    lists.add_controls(group, GENUINE)
    return group


def contents() -> dict[str, Document]:
    """Return what a badge may say, by what is special about it."""
    achievement = badge()["credentialSubject"]["achievement"]

    def awarded(**changes: Any) -> Document:
        subject = badge()["credentialSubject"]
        return badge(credentialSubject=subject | {"achievement": achievement | changes})

    subject = badge()["credentialSubject"]
    levels = "https://school.example/achievements/first-aid"
    return {
        "plain": badge(),
        "no-until": badge(validUntil=None),
        "no-evidence": badge(evidence=None),
        "no-status": badge(credentialStatus=None),
        "awarded-date": badge(awardedDate="2026-11-19T08:30:00Z"),
        "description": badge(description="Les bons réflexes."),
        "image": badge(image={"id": "https://school.example/a.png", "type": "Image"}),
        "other-zone": badge(validFrom="2026-11-20T13:00:00+01:00"),
        "fractions": badge(validFrom="2026-11-20T12:00:00.500Z"),
        "begins-now": badge(validFrom="2026-11-23T09:00:00Z"),
        "ends-now": badge(validUntil="2026-11-23T09:00:00Z"),
        "far-end": badge(validUntil="9999-12-31T23:59:59Z"),
        "other-name-of-type": badge(type=["VerifiableCredential", "AchievementCredential"]),
        "id-is-address": badge(id="https://school.example/b/1"),
        "two-evidence": badge(
            evidence=[
                {"id": f"https://school.example/e/{n}", "type": ["Evidence"], "name": f"Preuve {n}"}
                for n in range(2)
            ]
        ),
        "person-hashed": badge(
            credentialSubject=subject
            | {
                "identifier": [
                    {
                        "type": "IdentityObject",
                        "hashed": True,
                        "identityHash": "sha256$" + "0" * 64,
                        "identityType": "emailAddress",
                        "salt": "sel",
                    }
                ]
            }
        ),
        "tags": awarded(tag=["secours", "santé"]),
        "one-tag": awarded(tag=["secours"]),
        "language": awarded(inLanguage="fr"),
        "kind": awarded(achievementType="Competency"),
        "creator": awarded(creator=profile()),
        "criteria-address": awarded(criteria={"id": "https://school.example/criteria"}),
        "alignment": awarded(
            alignment=[
                {
                    "type": ["Alignment"],
                    "targetName": "Secours",
                    "targetUrl": "https://crcn.example/4.1",
                }
            ]
        ),
        "levels": badge(
            credentialSubject=subject
            | {
                "achievement": achievement
                | {
                    "resultDescription": [
                        {
                            "id": f"{levels}#v",
                            "type": ["ResultDescription"],
                            "name": "Niveau",
                            "resultType": "RubricCriterionLevel",
                            "rubricCriterionLevel": [
                                {
                                    "id": f"{levels}#{n}",
                                    "type": ["RubricCriterionLevel"],
                                    "name": f"niveau {n}",
                                    "level": str(n),
                                }
                                for n in range(3)
                            ],
                        }
                    ]
                },
                "result": [
                    {
                        "type": ["Result"],
                        "resultDescription": f"{levels}#v",
                        "achievedLevel": f"{levels}#1",
                    }
                ],
            }
        ),
        "other-scripts": badge(name="Первая помощь 急救 إسعافات 🛟"),
        "line-ends": badge(name="Gestes de premiers secours", description="Un.\n\nDeux.\tTrois."),
    }


def _add_contents(group: Group) -> None:
    for name, document in contents().items():
        hosts = (SCHOOL_HOST,) if name == "no-status" else BOTH
        group.add(
            f"json-{name}", f"embedded proof: {name}", GENUINE, secured(document), hosts=hosts
        )
        if name not in ("fractions", "no-until"):
            group.add(
                f"token-{name}",
                f"token: {name}",
                GENUINE,
                token(document | _dated(document)),
                hosts=hosts,
                kind="jwt",
            )


def _dated(document: Document) -> Document:
    """Return the claims of a document whose dates are not those of every badge."""
    said = claims(badge()) | {"jti": document["id"]}
    if document["validFrom"] != ISSUED:
        del said["nbf"]
    if document["validUntil"] != badge()["validUntil"]:
        del said["exp"]
    return said


def _add_texts(group: Group) -> None:
    """Add the same badge as other software writes it."""
    text = dumps(genuine()).decode()
    for name, mutation, data in (
        ("indented", "indented", json.dumps(genuine(), ensure_ascii=False, indent=4)),
        ("escaped", "every letter beyond ASCII escaped", json.dumps(genuine())),
        ("sorted", "its members in order", json.dumps(genuine(), ensure_ascii=False, sort_keys=True)),
        ("reversed", "its members in reverse order",
         json.dumps(dict(reversed(genuine().items())), ensure_ascii=False)),
        ("line-end", "a line end behind it", f"{text}\n"),
        ("spaces-around", "spaces around it", f"\r\n\t {text} \r\n"),
        ("slash-escaped", "slashes escaped", text.replace("/", "\\/")),
        ("proof-in-list", "its proof in a list of one", dumps(
            genuine() | {"proof": [genuine()["proof"]]})),
        ("one-type-in-list", "the issuer's one type as text", dumps(
            genuine() | {"issuer": genuine()["issuer"] | {"type": "Profile"}})),
    ):  # fmt: skip
        group.add(f"text-{name}", mutation, GENUINE, data)


def _add_tokens(group: Group) -> None:
    plain = badge() | claims(badge())
    for alg in ("RS256", "EdDSA"):
        group.add(f"alg-{alg.lower()}", f"signed with {alg}", GENUINE, token(alg=alg), kind="jwt")
    for name, header in (
        ("no-typ", {"typ": None}),
        ("typ-vc-jwt", {"typ": "vc+jwt"}),
        ("typ-vc-ld-json-jwt", {"typ": "vc+ld+json+jwt"}),
        ("cty", {"cty": "vc"}),
        ("jwk-of-issuer", {"jwk": SCHOOLS.jwk("ES256")}),
        ("iat", {"iat": 1_795_176_000}),
    ):
        group.add(
            f"header-{name}", f"a header with {name}", GENUINE, token(header=header), kind="jwt"
        )
    for name, payload in (
        ("no-claims", badge()),
        ("exp-alone", {k: v for k, v in plain.items() if k != "validUntil"}),
        ("iat", plain | {"iat": 1_795_176_000}),
        ("aud", plain | {"aud": "everyone"}),
    ):
        group.add(f"claims-{name}", f"claims: {name}", GENUINE, token(payload), kind="jwt")


def _add_issuers(group: Group) -> None:
    web = "https://school.example/issuer"
    document = did_document(web, SCHOOLS)
    with_path = "did:web:school.example:issuers:a"
    group.add(
        "issuer-at-address",
        "an issuer whose identifier is an address",
        GENUINE,
        secured(badge(issuer=profile(web)), method=f"{web}#ed25519"),
        world=COMMON.put(web, document).put(LIST, _list_of(web, f"{web}#ed25519")),
    )
    group.add(
        "issuer-with-path",
        "a did:web with a path",
        GENUINE,
        secured(badge(issuer=profile(with_path)), method=f"{with_path}#ed25519"),
        world=COMMON.put(
            "https://school.example/issuers/a/did.json", did_document(with_path, SCHOOLS)
        ).put(LIST, _list_of(with_path, f"{with_path}#ed25519")),
    )
    group.add(
        "issuer-did-key",
        "an issuer that is its own key",
        GENUINE,
        secured(
            badge(issuer=profile(OTHERS.did), credentialStatus=None),
            key=OTHERS,
            method=OTHERS.did_method,
        ),
        hosts=(),
    )
    group.add(
        "issuer-as-text",
        "an issuer named by its identifier in its documents' reference form",
        GENUINE,
        secured(badge()),
        world=COMMON.put(
            did_web_address(SCHOOL),
            _embedding(did_document(SCHOOL, SCHOOLS)),
        ),
    )
    relative = did_document(SCHOOL, SCHOOLS)
    relative["assertionMethod"] = [m.removeprefix(SCHOOL) for m in relative["assertionMethod"]]
    group.add(
        "methods-by-fragment",
        "an issuer's document that lists its methods by their fragments",
        GENUINE,
        secured(badge()),
        world=COMMON.put(did_web_address(SCHOOL), relative),
    )
    group.add(
        "issuer-moved-on-its-site",
        "an issuer's document behind a redirect on the same site",
        GENUINE,
        secured(badge()),
        world=COMMON.redirect(did_web_address(SCHOOL), "https://school.example/did.json").put(
            "https://school.example/did.json", did_document(SCHOOL, SCHOOLS)
        ),
    )
    group.add(
        "proof-expires-later",
        "a proof to be believed until next year",
        GENUINE,
        secured(badge(), proof={"expires": "2027-11-20T12:00:00Z"}),
    )
    group.add(
        "proof-with-nonce",
        "a proof with a nonce",
        GENUINE,
        secured(badge(), proof={"nonce": "uAAAA"}),
    )
    group.add(
        "proof-set",
        "two good proofs",
        GENUINE,
        genuine()
        | {
            "proof": [
                genuine()["proof"],
                secured(badge(), proof={"created": "2026-11-21T12:00:00Z"})["proof"],
            ]
        },
    )
    group.add(
        "extended-contexts",
        "the context of extensions behind the others",
        GENUINE,
        secured(
            badge(
                **{
                    "@context": [
                        *CONTEXT,
                        "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json",
                    ]
                }
            )
        ),
    )


def _list_of(issuer: str, method: str) -> Document:
    return secured(status_list(issuer=issuer), method=method)


def _embedding(document: Document) -> Document:
    """Return an issuer's document that describes its methods under their purpose."""
    return {k: v for k, v in document.items() if k != "verificationMethod"} | {
        "assertionMethod": document["verificationMethod"]
    }


def _add_statuses(group: Group) -> None:
    for name, mutation, entry, listed in (
        ("neighbours-revoked", "a list on which both neighbours are revoked", status_entry(),
         status_list(94_566, 94_568)),
        ("all-but-one", "a list on which everyone else is revoked", status_entry("5"),
         status_list(*(n for n in range(131_072) if n != 5))),
        ("suspension", "an entry for suspension", status_entry(statusPurpose="suspension"),
         status_list(purpose="suspension")),
        ("two-purposes", "a list of two purposes", status_entry(),
         status_list(purpose=["revocation", "suspension"])),
        ("number", "a place written as a number", status_entry(94_567), status_list()),
        ("no-entry-id", "an entry without id", status_entry(id=None), status_list()),
        ("size-one", "an entry that says the size one", status_entry(statusSize=1), status_list()),
        ("list-with-end", "a list with an end", status_entry(),
         status_list(validUntil="2026-11-24T09:00:00Z")),
    ):  # fmt: skip
        group.add(
            f"status-{name}",
            mutation,
            GENUINE,
            secured(badge(credentialStatus=entry)),
            world=COMMON.put(LIST, secured(listed)),
        )


def _add_images(group: Group) -> None:
    text, plain = dumps(genuine()), token()
    compressed = images.itxt(zlib.compress(text), middle=b"\0\1\0\0\0")
    older_text = dumps(older.hosted())
    for name, mutation, kind, data in (
        ("png-json", "a PNG with the badge as JSON", "png", images.png(images.itxt(text))),
        ("png-token", "a PNG with the badge as token", "png", images.png(images.itxt(plain.encode()))),
        ("png-compressed", "a PNG with the badge compressed", "png", images.png(compressed)),
        ("png-among-others", "a PNG with other texts beside the badge", "png", images.png(
            images.chunk(b"tEXt", b"Comment\0openbadgecredential"), images.itxt(text),
            images.itxt(b"x", b"Title"))),
        ("png-behind-pixels", "a PNG with the badge behind the pixels", "png",
         images.png() [: -len(images.END)] + images.itxt(text) + images.END),
        ("svg-section", "a drawing with the badge in a CDATA section", "svg",
         images.svg(images.cdata(text))),
        ("svg-escaped", "a drawing with the badge escaped", "svg", images.svg(
            f"<openbadges:credential>{html.escape(text.decode())}</openbadges:credential>")),
        ("svg-token", "a drawing with a token in the attribute", "svg",
         images.svg(images.verify(plain))),
        ("svg-declared", "a drawing with an XML declaration", "svg",
         images.svg(images.cdata(text), before='<?xml version="1.0" encoding="UTF-8"?>')),
        ("svg-other-prefix", "a drawing that calls the namespace otherwise", "svg", images.svg(
            images.cdata(text, "ob:credential"),
            head='<svg xmlns="http://www.w3.org/2000/svg" xmlns:ob="https://purl.imsglobal.org/ob/v3p0">')),
    ):  # fmt: skip
        group.add(f"image-{name}", mutation, GENUINE, data, kind=kind)
    for name, mutation, kind, inside in (
        ("png", "a PNG with a badge of Open Badges 2.0", "png",
         images.png(images.itxt(older_text, images.OB2))),
        ("png-compressed", "a PNG with a badge of Open Badges 2.0 in a zTXt chunk", "png",
         images.png(images.chunk(b"zTXt", images.OB2 + b"\0\0" + zlib.compress(older_text)))),
        ("png-address", "a PNG with the address of a badge of Open Badges 2.0", "png",
         images.png(images.chunk(b"tEXt", images.OB2 + b"\0" + older.HOSTED.encode()))),
        ("png-both", "a PNG with one badge of each version", "png",
         images.png(images.itxt(text), images.itxt(older_text, images.OB2))),
    ):  # fmt: skip
        group.add(
            f"image-older-{name}",
            mutation,
            GENUINE,
            inside,
            kind=kind,
            world=images.BOTH_WORLDS,
            hosts=("academy.example", *(BOTH if name == "png-both" else ())),
        )


def _add_older(group: Group) -> None:
    inline = older.badge_class(issuer=older.issuer())
    site = older.issuer(verification=None)
    hosted = older.hosted
    for name, mutation, data, world in (
        ("hosted", "a hosted assertion", hosted(), older.academy()),
        ("hosted-inline", "a hosted assertion with class and issuer inside", hosted(badge=inline),
         older.academy()),
        ("hosted-less", "a copy that says less than what is hosted",
         {k: v for k, v in hosted().items() if k not in ("narrative", "expires")}, older.academy()),
        ("hosted-no-policy", "an issuer that claims its own site", hosted(), older.academy(issuer=site)),
        ("hosted-origin", "an issuer that claims its site by name", hosted(), older.academy(
            issuer=older.issuer(verification={"type": "VerificationObject",
                                              "allowedOrigins": "academy.example"}))),
        ("hosted-no-expiry", "an assertion without end", hosted(expires=None),
         older.academy(hosted(expires=None))),
        ("hosted-unrevoked", "an assertion that says it is not revoked", hosted(revoked=False),
         older.academy(hosted(revoked=False))),
    ):  # fmt: skip
        group.add(f"older-{name}", mutation, GENUINE, data, world=world, hosts=older.ASKED)
    group.add(
        "older-address",
        "the address of a hosted assertion",
        GENUINE,
        older.HOSTED,
        world=older.academy(),
        hosts=older.ASKED,
        kind="txt",
        entry="address",
    )
    for name, mutation, assertion, world in (
        ("signed", "a signed assertion", older.signed(), older.academy()),
        ("signed-class-inside", "a signed assertion with its class inside",
         older.signed(badge=older.badge_class()), older.academy()),
        ("signed-others-revoked", "a list that names others",
         older.signed(), older.academy(revocations=older.revocations("urn:uuid:1", {"id": "urn:uuid:2"}))),
        ("signed-no-list", "an issuer without list", older.signed(),
         older.academy(issuer=older.issuer(revocationList=None))),
    ):  # fmt: skip
        group.add(
            f"older-{name}",
            mutation,
            GENUINE,
            older.jws(assertion),
            world=world,
            hosts=older.ASKED,
            kind="jwt",
        )
