"""Documents at random: like ours, with everything that could make a template wrong.

`stream` is the same for the same seed. Most documents are of a few dozen shapes and say something
new each time, from small stores of texts and addresses, so that what is different in one document
is equal in the next; the others are built anew, and a part of those break a rule.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any

from badgeservice.openbadges import Document, contexts

OURS = [contexts.CREDENTIALS_V2, contexts.OPEN_BADGES_V3]
SHAPES = 60
AGAIN = 0.7
"""The share of documents whose shape is one of the known ones."""

TEXTS = (
    "Savoir-faire", "Savoir-faire", "é", "e\u0301", "", " ", "%", "%s", "%(a)s", "%%d", "{0}", "\\", '"',
    "a\nb", "a\r\n", "\t", "\b\f", "\0", "\0000\0", "\x01\x1f", "\x7f", "\x80", "\u2028", "\ufeff",
    "\U0001f600", "\uff01", "\ue000", "_:b0", "_:c14n0", "_:a", "_:z", "urn:x-a:1:", "https://a.example/1",
    "@type", "@id", "true", "1.0", "1", "a b", "<x>", "x" * 300, "\\u0041", " .", "null", "Profile",
    "2026-11-23T09:00:00Z", "fr", "revocation",
)  # fmt: skip
ADDRESSES = (
    "https://a.example/1", "https://a.example/2", "https://a.example/3", "https://a.example/10",
    "http://127.0.0.1:8000/b/1", "http://a.example/%20", "did:web:a.example", "did:key:z6Mk#z6Mk",
    "urn:uuid:0a40bd31-9b0f-4a2a-a4f2-3f0a4a0a4a0a", "urn:uuid:1", "https://é.example/ü",
    "https://a.example/../b", "https://a.example/?q=1&r=[x]#f", "https://A.example", "https://a.example/%s",
)  # fmt: skip
ODD_ADDRESSES = (
    "_:x", "_:b0", "mailto:a@b.example", "tag:x,2020:1", "HTTPS://a.example/x", "data:image/png;base64,AAAA",
    "xsd:foo", "https://a.example/a b", "https://a.example/<x>", "rel/path", "#frag", "", "noscheme",
    "https://a.example/\u00a0x", "https://a.example/\x00", "schema:name", "urn:", "did:", "https://",
    "ftp://a/b", "Profile", "@id", "@type", "sec:x", "id", "https://a.example/\n", "https://a.example/\n.",
)  # fmt: skip
ADDRESSED = {"id", "issuer", "image", "statusListCredential", "verificationMethod"}
"""Members whose texts are addresses in our contexts."""
KEPT = {"@context", "type", "proofPurpose"}

Maker = Callable[[random.Random], Any]


def stream(seed: int, count: int) -> Iterator[Document]:
    """Yield `count` documents; a third of them may hold addresses that are none."""
    draw = random.Random(seed)
    known = [_document(draw) for _ in range(SHAPES)]
    for number in range(count):
        odd = 0.1 if number % 3 == 0 else 0.0
        if draw.random() < AGAIN:
            yield _saying_something_else(draw.choice(known), draw, odd)
        else:
            document = _saying_something_else(_document(draw), draw, odd)
            yield _broken(document, draw) if draw.random() < 0.5 else document


def _text(draw: random.Random) -> str:
    return draw.choice(TEXTS) if draw.random() < 0.8 else draw.choice(TEXTS) + draw.choice(TEXTS)


def _address(draw: random.Random, odd: float = 0.0) -> str:
    return draw.choice(ODD_ADDRESSES if draw.random() < odd else ADDRESSES)


def _some(draw: random.Random, most: int, one: Maker) -> list[Any]:
    return [one(draw) for _ in range(draw.randrange(most + 1))]


def _maybe(draw: random.Random, share: float, **members: Any) -> Document:
    """Return each of the members with a probability; a function is asked for its value."""
    return {
        name: value(draw) if callable(value) else value
        for name, value in members.items()
        if draw.random() < share
    }


def _profile(draw: random.Random) -> Document:
    return {
        **_maybe(draw, 0.9, id=_address),
        "type": draw.choice([["Profile"], "Profile"]),
        "name": _text(draw),
        **_maybe(draw, 0.4, url=_text, email=_text, image=_image, official=_text),
        **_maybe(draw, 0.1, address=_place),
    }


def _place(draw: random.Random) -> Document:
    degrees = draw.choice([52, "52.1", -0.5, "1e3"])
    where = {"type": ["GeoCoordinates"], "latitude": degrees, "longitude": 4}
    return {"type": ["Address"], "addressLocality": _text(draw), "geo": where}


def _image(draw: random.Random) -> Document:
    return {"id": _address(draw), "type": "Image", **_maybe(draw, 0.5, caption=_text)}


def _identity(draw: random.Random) -> Document:
    return {
        "type": "IdentityObject",
        "hashed": draw.choice([True, False]),
        "identityHash": _text(draw),
        "identityType": "name",
        **_maybe(draw, 0.5, salt=_text),
    }


def _alignment(draw: random.Random) -> Document:
    return {
        **_maybe(draw, 0.7, id=_address),
        "type": ["Alignment"],
        "targetName": _text(draw),
        "targetUrl": _text(draw),
        **_maybe(draw, 0.3, targetCode=_text, targetFramework=_text),
        "targetType": "ceasn:Competency",
    }


def _scale(draw: random.Random) -> Document:
    return {
        "id": _address(draw),
        "type": ["ResultDescription"],
        "name": _text(draw),
        "resultType": "RubricCriterionLevel",
        "rubricCriterionLevel": _some(draw, 3, _level),
        "requiredLevel": _address(draw),
        **_maybe(draw, 0.2, allowedValue=lambda d: _some(d, 3, _text)),
    }


def _level(draw: random.Random) -> Document:
    return {"id": _address(draw), "type": ["RubricCriterionLevel"], "name": _text(draw)}


def _result(draw: random.Random) -> Document:
    return {
        **_maybe(draw, 0.6, id=_address),
        "type": ["Result"],
        **_maybe(draw, 0.7, value=_text, resultDescription=_address, achievedLevel=_address),
    }


def _evidence(draw: random.Random) -> Document:
    return {
        **_maybe(draw, 0.8, id=_address),
        "type": ["Evidence"],
        **_maybe(draw, 0.7, name=_text, narrative=_text),
    }


def _achievement(draw: random.Random) -> Document:
    return {
        **_maybe(draw, 0.6, id=_address),
        "type": ["Achievement"],
        "name": _text(draw),
        "criteria": {**_maybe(draw, 0.6, id=_address), "narrative": _text(draw)},
        **_maybe(draw, 0.5, image=_image, creator=_profile, inLanguage="fr", version=_text),
        **_maybe(draw, 0.5, alignment=lambda d: _twice(d, _some(d, 3, _alignment))),
        **_maybe(draw, 0.5, tag=lambda d: _some(d, 4, _text)),
        **_maybe(draw, 0.4, resultDescription=lambda d: _some(d, 2, _scale)),
        **_maybe(draw, 0.2, creditsAvailable=lambda d: d.choice([3, 0, -1, 3.0, 3.5, True, 10**22])),
        **_maybe(draw, 0.2, endorsement=lambda d: _twice(d, [_endorsement(d)])),
    }  # fmt: skip


def _twice(draw: random.Random, several: list[Any]) -> list[Any]:
    """Return a list, in which now and then one stands twice: they look alike for ever."""
    if several and draw.random() < 0.2:
        return [*several, copy.deepcopy(draw.choice(several))]
    return several


def _endorsement(draw: random.Random) -> Document:
    of_others = [contexts.CREDENTIALS_V2, contexts.OPEN_BADGES_V3_2]
    return {
        "@context": OURS if draw.random() < 0.9 else of_others,
        "id": _address(draw),
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "issuer": draw.choice([_profile, _address])(draw),
        "validFrom": _text(draw),
        "credentialSubject": {
            "id": _address(draw),
            "type": ["EndorsementSubject"],
            "endorsementComment": _text(draw),
        },
        **_maybe(draw, 0.7, proof=lambda d: d.choice([_proof(d), [_proof(d)], [_proof(d), _proof(d)]])),
    }  # fmt: skip


def _proof(draw: random.Random) -> Document:
    return {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "created": _text(draw),
        "verificationMethod": _address(draw),
        "proofPurpose": "assertionMethod",
        "proofValue": _text(draw),
    }


def _status_list(draw: random.Random) -> Document:
    return {
        "@context": [contexts.CREDENTIALS_V2],
        "id": _address(draw),
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": _address(draw),
        "validFrom": _text(draw),
        "credentialSubject": {
            "id": _address(draw),
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": _text(draw),
            **_maybe(draw, 0.7, ttl=lambda d: d.choice([1, True, 300_000])),
        },
    }


def _configuration(draw: random.Random) -> Document:
    proof = _proof(draw)
    del proof["proofValue"]
    return proof | {"@context": OURS}


def _credential(draw: random.Random) -> Document:
    return {
        "@context": list(OURS),
        "id": _address(draw),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": draw.choice([_profile, _profile, _address])(draw),
        "validFrom": _text(draw),
        **_maybe(draw, 0.7, name=_text, description=_text, awardedDate=_text, validUntil=_text),
        **_maybe(draw, 0.4, image=lambda d: d.choice([_image, _address])(d)),
        "credentialSubject": {
            **_maybe(draw, 0.6, id=_address),
            "type": ["AchievementSubject"],
            "achievement": _achievement(draw),
            **_maybe(draw, 0.7, identifier=lambda d: _twice(d, _some(d, 2, _identity))),
            **_maybe(draw, 0.5, result=lambda d: _some(d, 2, _result)),
            **_maybe(draw, 0.2, creditsEarned=lambda d: d.choice([1, True, 12, None]), role=None),
        },
        **_maybe(draw, 0.6, evidence=lambda d: _some(d, 3, _evidence)),
        **_maybe(draw, 0.7, credentialStatus=_status_entry),
    }  # fmt: skip


def _status_entry(draw: random.Random) -> Document:
    return {
        **_maybe(draw, 0.9, id=_address),
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": _text(draw),
        "statusListCredential": _address(draw),
    }


def _document(draw: random.Random) -> Document:
    makers = [_credential] * 8 + [_endorsement, _status_list, _configuration]
    document: Document = draw.choice(makers)(draw)
    return document


def _saying_something_else(document: Document, draw: random.Random, odd: float) -> Document:
    """Return a document of the same shape: texts and addresses are drawn again."""

    def again(value: Any, name: str) -> Any:
        if name in KEPT:
            return value
        if isinstance(value, dict):
            return {member: again(inner, member) for member, inner in value.items()}
        if isinstance(value, list):
            return [again(inner, name) for inner in value]
        if isinstance(value, str):
            return _address(draw, odd) if name in ADDRESSED else _text(draw)
        return value

    renewed: Document = again(document, "")
    return renewed


def _broken(document: Document, draw: random.Random) -> Document:
    """Return a document with something in it that is not ours, or that means nothing."""
    subject = document.get("credentialSubject", document)
    breaks: list[Callable[[], Any]] = [
        lambda: document.update({"@context": [*OURS, {"name": "https://a.example/other"}]}),
        lambda: document.update({"@context": {"@vocab": "https://a.example/"}}),
        lambda: document.update({"@context": [contexts.CREDENTIALS_V2, contexts.OPEN_BADGES_V3_2]}),
        lambda: document.update({"@context": OURS[0]}),
        lambda: document.pop("@context"),
        lambda: subject.update({"@id": _address(draw)}),
        lambda: subject.update({"@type": "https://a.example/T"}),
        lambda: document.update(name={"@value": _text(draw), "@language": draw.choice(["fr", "en"])}),
        lambda: document.update(unknownTerm=_text(draw)),
        lambda: document.update(type=[_text(draw)]),
        lambda: document.update(type=[["OpenBadgeCredential"]]),
        lambda: document.update(credentialSubject=[subject, [subject]]),
        lambda: subject.update({"_sd": draw.choice([_text(draw), {"a": _text(draw)}])}),
        lambda: subject.update({"@context": {"name": "https://a.example/other"}}),
        lambda: subject.update(name=draw.choice([1.0, 1e21, 1e-7, float(10**22)])),
    ]  # fmt: skip
    draw.choice(breaks)()
    return document
