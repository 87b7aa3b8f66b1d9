"""Classes 4 and 5: the same statements in other words, words that nobody signed, other contexts."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from tests.attacks.making import model_2019
from tests.attacks.making.cases import Group, invalid, undecided
from tests.attacks.making.issuers import (
    CONTEXT,
    ISSUED,
    OB,
    OTHERS,
    VC,
    Document,
    badge,
    genuine,
    profile,
    secured,
)

_VC_IRI = "https://www.w3.org/2018/credentials#"
_RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_IRI = {
    "credentialStatus": f"{_VC_IRI}credentialStatus",
    "validFrom": f"{_VC_IRI}validFrom",
    "validUntil": f"{_VC_IRI}validUntil",
    "issuer": f"{_VC_IRI}issuer",
    "credentialSubject": f"{_VC_IRI}credentialSubject",
    "type": _RDF_TYPE,
    "evidence": f"{_VC_IRI}evidence",
}
"""What a reader of JSON looks for, and its name in linked data."""


def _without(document: Document, name: str) -> Document:
    return {k: v for k, v in document.items() if k != name}


def _as_value(name: str, value: Any) -> Any:
    """Return a value as expanded JSON-LD writes it."""
    if name in ("validFrom", "validUntil"):
        return {"@value": value, "@type": "http://www.w3.org/2001/XMLSchema#dateTime"}
    if name == "type":
        return [
            {"@id": f"{_VC_IRI}VerifiableCredential"},
            {"@id": "https://purl.imsglobal.org/spec/vc/ob/vocab.html#OpenBadgeCredential"},
        ]
    return value


_RESTRUCTURINGS: tuple[tuple[str, str, str, Callable[[Document, str], Document]], ...] = (
    ("iri", "under its full address", "key_not_allowed",
     lambda d, n: _without(d, n) | {_IRI[n]: _as_value(n, d[n])}),
    ("nest", "inside @nest", "key_not_allowed", lambda d, n: _without(d, n) | {"@nest": {n: d[n]}}),
    ("included", "in a node of the same id inside @included", "key_not_allowed",
     lambda d, n: _without(d, n) | {"@included": [{"id": d["id"], n: d[n]}]}),
    ("graph", "in a node of the same id inside @graph", "key_not_allowed",
     lambda d, n: _without(d, n) | {"@graph": [{"id": d["id"], n: d[n]}]}),
    ("reverse", "said from the other end with @reverse", "key_not_allowed",
     lambda d, n: _without(d, n) | {"@reverse": {n: [{"id": "urn:x:1"}]}}),
    ("colon", "under a compact name with a colon", "key_not_allowed",
     lambda d, n: _without(d, n) | {f"cred:{n}": d[n]}),
    ("null", "set to null", "value_not_allowed", lambda d, n: d | {n: None}),
    ("empty", "set to an empty list", "value_not_allowed", lambda d, n: d | {n: []}),
    ("list", "inside @list", "key_not_allowed", lambda d, n: d | {n: {"@list": [d[n]]}}),
)  # fmt: skip
"""Ways to hide a property from a reader of JSON. All keep the signature of the genuine badge."""


def restructured() -> Group:
    """Class 4: statements written so that a reader of JSON misses them, or sees more than signed."""
    group = Group("04-restructuring", 75, "badge eddsa-rdfc-2022")
    for name in _IRI:
        for how, words, code, restructure in _RESTRUCTURINGS:
            if how in ("null", "empty") and name == "type":
                continue  # without types no word means anything: a case of class 3
            group.add(
                f"{name}-{how}".lower(),
                f"{name} {words}",
                invalid(code),
                restructure(genuine(), name),
                reference="CVE-2022-24307, CVE-2026-46349, GHSA-9rfg-v8g9-9367",
            )
    for name, mutation, edit in _KEYWORDS:
        group.add(name, mutation, invalid("key_not_allowed"), edit(genuine()))
    for place, words in _PLACES.items():
        document = genuine()
        _at(document, place)["honours"] = "summa cum laude"
        group.add(
            f"undefined-{place or 'badge'}".replace("/", "-").lower(),
            f"a word that nobody defined {words}",
            invalid("unsigned_data"),
            document,
        )
    document = genuine()
    document["credentialSubject"]["achievement"]["criteria"]["type"] = "Condition"
    group.add(
        "undefined-type",
        "a type that the contexts do not define",
        invalid("unsigned_data"),
        document,
    )
    group.add(
        "relative-id",
        "the id of its evidence relative to nowhere, signed so",
        invalid("value_not_allowed"),
        genuine() | {"evidence": [{"id": "evidence/1", "type": ["Evidence"], "name": "x"}]},
    )
    group.add(
        "blank-id",
        "the id of its evidence a blank node's",
        invalid("value_not_allowed"),
        genuine() | {"evidence": [{"id": "_:b0", "type": ["Evidence"], "name": "x"}]},
    )
    group.add(
        "list-in-list",
        "its evidence in a list in a list",
        invalid("value_not_allowed"),
        genuine() | {"evidence": [genuine()["evidence"]]},
    )
    whole = _said_of_itself()
    for name in [name for name in _IRI if name not in ("type", "evidence")]:
        document = _without(whole, name)
        again = {"id": whole["id"], "type": ["Evidence", *whole["type"]], name: whole[name]}
        document["evidence"] = [again]
        group.add(
            f"{name}-elsewhere".lower(),
            f"{name} moved to where the badge names itself, which changes no statement",
            invalid("scattered"),
            document,
            base="badge that is its own evidence",
        )
    whole = _endorsed()
    for name in ("credentialStatus", "validUntil"):
        document = copy.deepcopy(_without(whole, name))
        endorsement = document["endorsement"][0]["credentialSubject"]
        endorsement |= {"type": ["EndorsementSubject", *whole["type"]], name: whole[name]}
        group.add(
            f"{name}-in-endorsement".lower(),
            f"{name} moved into what an endorsement says of the badge",
            invalid("scattered"),
            document,
            base="badge with an endorsement",
        )
    document = genuine()
    document["issuer"]["type"] = "Profile"
    document["issuer"]["@type"] = "Profile"
    group.add("type-twice", "type beside @type", invalid("key_not_allowed"), document)
    return group


def _said_of_itself() -> Document:
    """Return a signed badge in which another node with the badge's id stands already."""
    return secured(badge(evidence=[{"id": badge()["id"], "type": ["Evidence"]}]))


def _endorsed() -> Document:
    """Return a signed badge with a third party's endorsement inside."""
    document = badge()
    endorsement = {
        "@context": CONTEXT,
        "id": "urn:uuid:7d1f5a10-0d9f-4a56-8f0e-3c4b5d6e7f80",
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "issuer": profile(OTHERS.did, "Fédération d'exemple"),
        "validFrom": ISSUED,
        "credentialSubject": {
            "id": document["id"],
            "type": ["EndorsementSubject"],
            "endorsementComment": "Nous reconnaissons ce badge.",
        },
    }
    endorsement = secured(endorsement, key=OTHERS, method=OTHERS.did_method)
    return secured(badge(endorsement=[endorsement]))


def _at(document: Document, place: str) -> Document:
    for step in filter(None, place.split("/")):
        document = document[int(step) if step.isdigit() else step]
    return document


_PLACES = {
    "": "on the badge",
    "issuer": "on its issuer",
    "credentialSubject": "on its subject",
    "credentialSubject/achievement": "on its achievement",
    "credentialSubject/achievement/criteria": "on its criteria",
    "evidence/0": "on its evidence",
    "credentialStatus": "on its status entry",
    "proof": "on its proof",
}

_KEYWORDS: tuple[tuple[str, str, Callable[[Document], Document]], ...] = (
    ("id-as-keyword", "@id in place of id", lambda d: _without(d, "id") | {"@id": d["id"]}),
    ("index", "an @index on the badge", lambda d: d | {"@index": "1"}),
    ("set", "its evidence inside @set", lambda d: d | {"evidence": {"@set": d["evidence"]}}),
    ("value", "its name inside @value", lambda d: d | {"name": {"@value": d["name"]}}),
    ("language", "its name with an @language",
     lambda d: d | {"name": {"@value": d["name"], "@language": "en"}}),
    ("direction", "its name written from right to left",
     lambda d: d | {"name": {"@value": d["name"], "@direction": "rtl"}}),
    ("json", "its evidence as a literal of JSON",
     lambda d: d | {"evidence": {"@value": d["evidence"], "@type": "@json"}}),
    ("vocab-key", "a word with an address for its name", lambda d: d | {"https://x.example/honours": "x"}),
    ("keyword-like", "a word that looks like a keyword of later versions", lambda d: d | {"@future": "x"}),
    ("type-of-value", "validUntil with a type that is no date's",
     lambda d: d | {"validUntil": {"@value": "2099-01-01T00:00:00Z", "@type": "urn:x:not-a-date"}}),
)  # fmt: skip


def contexts() -> Group:
    """Class 5: other meanings for the same words."""
    group = Group("05-contexts", 35, "badge eddsa-rdfc-2022")
    swap = {"name": "https://schema.org/description", "description": "https://schema.org/name"}
    for name, mutation, listed in (
        ("inline-alone", "an inline context in place of all", [{"@vocab": "https://x.example/#"}]),
        ("inline-last", "an inline context after the others", [*CONTEXT, swap]),
        ("inline-first", "an inline context before the others", [swap, *CONTEXT]),
        ("inline-between", "an inline context between the others", [VC, swap, OB]),
        ("inline-for-badges", "an edited copy in place of the context of badges", [VC, {"name": "urn:x:name"}]),
        ("vocab", "an inline @vocab, which defines every word", [*CONTEXT, {"@vocab": "urn:x:"}]),
        ("vocab-null", "an inline @vocab of null", [*CONTEXT, {"@vocab": None}]),
        ("base", "an inline @base", [*CONTEXT, {"@base": "https://mallory.example/"}]),
        ("language", "an inline @language", [*CONTEXT, {"@language": "en"}]),
        ("term-null", "credentialStatus defined as nothing", [*CONTEXT, {"credentialStatus": None}]),
        ("term-moved", "validUntil defined as something else", [*CONTEXT, {"validUntil": "urn:x:u"}]),
        ("protected", "a protected word defined anew", [*CONTEXT, {"@protected": True, "issuer": "urn:x:i"}]),
        ("propagate", "an inline context that says where it holds", [*CONTEXT, {"@propagate": False}]),
        ("import", "an inline context that imports another", [*CONTEXT, {"@import": "https://mallory.example/c"}]),
        ("version", "an inline context with a version alone", [*CONTEXT, {"@version": 1.1}]),
        ("container", "an inline context with a container",
         [*CONTEXT, {"evidence": {"@id": "urn:x:e", "@container": "@graph"}}]),
        ("scoped", "an inline context that holds below a type",
         [*CONTEXT, {"Profile": {"@id": "urn:x:P", "@context": {"name": "urn:x:n"}}}]),
        ("reverse-term", "a word defined as the reverse of another",
         [*CONTEXT, {"awarder": {"@reverse": "urn:x:awarded"}}]),
        ("empty-object", "an inline context of nothing", [*CONTEXT, {}]),
        ("object-alone", "one inline context and no list", {"@vocab": "urn:x:"}),
        ("null-first", "null before the others, which forgets them", [None, *CONTEXT]),
        ("null-last", "null after the others, which forgets them", [*CONTEXT, None]),
        ("null-alone", "null in place of all", None),
        ("nested-list", "the contexts in a list in a list", [CONTEXT]),
        ("number", "a number among the contexts", [*CONTEXT, 1]),
        ("relative", "a relative address among the contexts", [*CONTEXT, "context.json"]),
        ("empty-text", "an empty address among the contexts", [*CONTEXT, ""]),
        ("space", "an address with a space", [*CONTEXT, "https://x.example/a b"]),
        ("data", "a context as data inside its own address", [*CONTEXT, "data:application/json,{}"]),
        ("order", "the contexts in the other order", [OB, VC]),
        ("repeated", "the context of badges twice", [VC, OB, OB]),
        ("missing", "no context at all", None),
        ("without-base", "without the context of credentials", [OB]),
        ("without-badges", "the context of credentials alone, twice", [VC, VC]),
        ("version-2-behind", "the context of Open Badges 2.0 behind the others",
         [*CONTEXT, "https://w3id.org/security/data-integrity/v2", "https://w3id.org/security/multikey/v1"]),
    ):  # fmt: skip
        document = genuine() | {"@context": listed}
        if name == "missing":
            del document["@context"]
        group.add(name, mutation, invalid("context_not_allowed"), document)
    for name, mutation, listed in (
        ("unknown-last", "a context that nobody here knows", [*CONTEXT, "https://mallory.example/c"]),
        ("unknown-first", "an unknown context before the others", ["https://mallory.example/c", *CONTEXT]),
        ("http", "the context of badges at plain http", [VC, OB.replace("https", "http")]),
        ("slash", "the context of credentials with a slash more", [f"{VC}/", OB]),
        ("upper-case", "the host of a context in capitals", [VC, OB.replace("purl", "PURL")]),
        ("fragment", "a context with a fragment", [f"{VC}#x", OB]),
        ("query", "a context with a query", [f"{VC}?x", OB]),
        ("file", "a context in a file", [*CONTEXT, "file:///etc/passwd"]),
        ("look-alike", "a context whose host has a letter of another script",
         [VC.replace("w3.org", "wз.org"), OB]),
    ):  # fmt: skip
        group.add(name, mutation, undecided("context_unknown"), genuine() | {"@context": listed})
    for place in ("issuer", "credentialSubject", "credentialSubject/achievement", "evidence/0"):
        document = copy.deepcopy(genuine())
        _at(document, place)["@context"] = CONTEXT
        group.add(
            f"nested-{place}".replace("/", "-").lower(),
            f"a context {_PLACES[place]}",
            invalid("context_not_allowed"),
            document,
        )
    document = genuine()
    document["proof"]["@context"] = [*CONTEXT, {"created": "urn:x:c"}]
    group.add(
        "on-proof", "an inline context on the proof", invalid("context_not_allowed"), document
    )
    group.add(
        "signed-inline",
        "an inline context that the issuer itself signed",
        invalid("context_not_allowed"),
        _signed_inline(),
    )
    model_2019.add_contexts(group)
    return group


def _signed_inline() -> Document:
    """Return a badge whose signature is good, with an inline context put in afterwards.

    Nothing that is signed here may hold one, and the words of this one change nothing.
    """
    return secured(badge()) | {"@context": [*CONTEXT, {"unused": "urn:x:unused"}]}
