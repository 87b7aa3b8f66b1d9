"""The tampered copies that every verifier has to refuse, each with the question that it asks.

A copy is made from a genuine badge by an attacker who holds a key of his own and can publish what he
likes at an address of his own, but not at ours. `Question` says which check must notice: a peer that
does not claim to make that check is not blamed for letting the copy pass.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Document = dict[str, Any]

JSON, ES256, EDDSA, PNG = "eddsa-rdfc-2022", "vc-jwt-es256", "vc-jwt-eddsa", "png"
RS256 = "vc-jwt-rs256"
SVG, PNG_BOTH, SVG_BOTH = "svg", "png-both", "svg-both"
HOSTED, SIGNED = "ob2-json", "ob2-jws"
"""The formats in which badges are judged."""

MALLORY = "did:web:mallory.example"
CREDENTIALS_CONTEXT = "https://www.w3.org/ns/credentials/v2"
STATUS_IRI = "https://www.w3.org/2018/credentials#credentialStatus"
UNTIL_IRI = "https://www.w3.org/2018/credentials#validUntil"
DATE_TIME = "http://www.w3.org/2001/XMLSchema#dateTime"


class Question(StrEnum):
    """What a verifier must ask to notice a tampered copy."""

    NONE = "none"  # the badge is genuine
    SIGNATURE = "signature"  # was this signed, by that key?
    ISSUER = "issuer"  # may that key speak for that issuer?
    MEANING = "meaning"  # is what I read what was signed?
    DATES = "dates"
    STATUS = "status"
    STRUCTURE = "structure"
    NEWER = "newer"  # of an image with two: is the badge of Open Badges 3.0 good?
    OLDER = "older"  # of an image with two: is the badge of Open Badges 2.0 good?


@dataclass(frozen=True)
class Copy:
    """A badge to be judged: a genuine one, or a tampered copy."""

    name: str
    question: Question
    content: Any


@dataclass(frozen=True)
class Forgers:
    """What signing needs: the attacker's keys, and ways to sign as he does."""

    secure: Callable[[Document, str], Document]
    """Sign an unsecured document with Mallory's Ed25519 key under a verification method."""
    sign_jwt: Callable[[Document, Document], str]
    """Sign a payload with Mallory's key of the header's algorithm under a header."""
    jwks: dict[str, Document]
    """Mallory's public keys by algorithm."""


def _edit(path: str, value: Any) -> Callable[[Document], None]:
    """Return a function that sets the member at `path`, whose steps are separated by slashes."""
    *parents, last = path.split("/")

    def edit(document: Document) -> None:
        _walk(document, parents)[last] = value

    return edit


def _drop(path: str) -> Callable[[Document], None]:
    """Return a function that removes the member at `path`."""
    *parents, last = path.split("/")

    def drop(document: Document) -> None:
        del _walk(document, parents)[last]

    return drop


def _walk(document: Document, steps: list[str]) -> Document:
    for step in steps:
        document = document[step]
    return document


EDITS: tuple[tuple[str, Question, Callable[[Document], None]], ...] = (
    (
        "edited claim",
        Question.SIGNATURE,
        _edit("credentialSubject/achievement/name", "Doctor of Philosophy"),
    ),
    (
        "other person",
        Question.SIGNATURE,
        _edit("credentialSubject/id", "urn:uuid:11111111-1111-4111-8111-111111111111"),
    ),
    ("later expiry", Question.SIGNATURE, _edit("validUntil", "2099-01-01T00:00:00Z")),
    ("swapped issuer", Question.SIGNATURE, _edit("issuer/id", MALLORY)),
    ("other status index", Question.SIGNATURE, _edit("credentialStatus/statusListIndex", "1")),
    ("no status entry", Question.SIGNATURE, _drop("credentialStatus")),
    ("undefined term", Question.MEANING, _edit("credentialSubject/honours", "summa cum laude")),
    ("no achievement", Question.STRUCTURE, _drop("credentialSubject/achievement")),
    ("no criteria", Question.STRUCTURE, _drop("credentialSubject/achievement/criteria")),
    ("issuer without id", Question.STRUCTURE, _drop("issuer/id")),
    ("image as text", Question.STRUCTURE, _edit("credentialSubject/achievement/image", "a.png")),
    ("type is text", Question.STRUCTURE, _edit("type", "OpenBadgeCredential")),
    ("date without zone", Question.STRUCTURE, _edit("validFrom", "2026-11-01T00:00:00")),
    ("no Open Badges context", Question.STRUCTURE, _edit("@context", [CREDENTIALS_CONTEXT])),
)
"""Changes to what a badge says, its signature kept. For JWT, an undefined term is a broken
signature like any other."""


def of_json(genuine: Document, other: Document, *, forgers: Forgers) -> Iterator[Copy]:
    """Yield the tampered copies of a badge with an embedded proof.

    `other` is another genuine badge of the same issuer.
    """
    yield from _edited(genuine)
    proof = genuine["proof"][0]
    unsecured = {name: value for name, value in genuine.items() if name != "proof"}
    ours, mallorys = proof["verificationMethod"], f"{MALLORY}#ed25519-1"
    yield Copy(
        "truncated signature",
        Question.SIGNATURE,
        genuine | {"proof": [proof | {"proofValue": proof["proofValue"][:-4]}]},
    )
    yield Copy("proof of another badge", Question.SIGNATURE, genuine | {"proof": other["proof"]})
    yield Copy("no proof", Question.SIGNATURE, unsecured)
    yield Copy("other key", Question.SIGNATURE, forgers.secure(unsecured, ours))
    yield Copy("key of another issuer", Question.ISSUER, forgers.secure(unsecured, mallorys))


def of_revoked_json(revoked: Document) -> Iterator[Copy]:
    """Yield a revoked badge, and copies that say the same in RDF but not to a reader of JSON."""
    yield Copy("revoked", Question.STATUS, revoked)
    rest = {name: value for name, value in revoked.items() if name != "credentialStatus"}
    entry = revoked["credentialStatus"]
    yield Copy("revoked, entry under its address", Question.MEANING, rest | {STATUS_IRI: entry})
    yield Copy(
        "revoked, entry nested", Question.MEANING, rest | {"@nest": {"credentialStatus": entry}}
    )
    included = {"id": revoked["id"], "type": revoked["type"], "credentialStatus": entry}
    yield Copy("revoked, entry included", Question.MEANING, rest | {"@included": [included]})


def of_expired_json(expired: Document) -> Iterator[Copy]:
    """Yield an expired badge, and a copy whose expiry a reader of JSON does not find."""
    yield Copy("expired", Question.DATES, expired)
    rest = {name: value for name, value in expired.items() if name != "validUntil"}
    until = {"@type": DATE_TIME, "@value": expired["validUntil"]}
    yield Copy("expired, date under its address", Question.MEANING, rest | {UNTIL_IRI: until})


def of_jwt(token: str, *, forgers: Forgers, public_key: bytes) -> Iterator[Copy]:
    """Yield the tampered copies of a VC-JWT. `public_key` is the issuer's, for key confusion."""
    head, body, signature = token.split(".")
    header, payload = decode(head), decode(body)
    for edited in _edited(payload):
        question = Question.SIGNATURE if edited.question is Question.MEANING else edited.question
        document = edited.content
        if edited.name == "swapped issuer":
            document = document | {"iss": MALLORY}
        yield Copy(edited.name, question, f"{head}.{encode(document)}.{signature}")
    yield Copy("truncated signature", Question.SIGNATURE, f"{head}.{body}.{signature[:-4]}")
    zeros = encode_bytes(bytes(64))
    yield Copy("signature of zeros", Question.SIGNATURE, f"{head}.{body}.{zeros}")
    yield from confusions(header, body, public_key)
    yield Copy("other key", Question.SIGNATURE, forgers.sign_jwt(payload, header))
    own = forgers.jwks[header["alg"]]
    yield Copy(
        "key in the header",
        Question.ISSUER,
        forgers.sign_jwt(payload, {"alg": header["alg"], "typ": "JWT", "jwk": own}),
    )
    fragment = header["kid"].partition("#")[2]
    yield Copy(
        "key of another issuer",
        Question.ISSUER,
        forgers.sign_jwt(payload, header | {"kid": f"{MALLORY}#{fragment}"}),
    )


def confusions(header: Document, body: str, public_key: bytes) -> Iterator[Copy]:
    """Yield the tokens that say that they need no signature, or one that the public key makes."""
    yield Copy("alg none", Question.SIGNATURE, f"{encode(header | {'alg': 'none'})}.{body}.")
    confused = f"{encode(header | {'alg': 'HS256'})}.{body}"
    mac = hmac.new(public_key, confused.encode(), hashlib.sha256).digest()
    yield Copy(
        "alg HS256 with the public key", Question.SIGNATURE, f"{confused}.{encode_bytes(mac)}"
    )


def _edited(genuine: Document) -> Iterator[Copy]:
    for name, question, edit in EDITS:
        document = copy.deepcopy(genuine)
        edit(document)
        yield Copy(name, question, document)


def decode(segment: str) -> Document:
    """Return the object in a segment of a token."""
    decoded: Document = json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    return decoded


def encode(document: Document) -> str:
    """Return an object as a segment of a token."""
    return encode_bytes(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())


def encode_bytes(content: bytes) -> str:
    """Return bytes as a segment of a token."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
