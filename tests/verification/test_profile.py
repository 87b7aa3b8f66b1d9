"""What we read is what was signed: the ways to write the same statements so that we misread."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from badgeservice.openbadges import Document, contexts, v3
from badgeservice.verification import Verdict
from badgeservice.verification.codes import Check, Code, Outcome
from badgeservice.verification.report import Integrity

from .school import School

VC = "https://www.w3.org/2018/credentials#"
IRIS = {
    "credentialStatus": f"{VC}credentialStatus",
    "validFrom": f"{VC}validFrom",
    "validUntil": f"{VC}validUntil",
    "issuer": f"{VC}issuer",
    "credentialSubject": f"{VC}credentialSubject",
    "type": "http://www.w3.org/1999/02/22-rdf-syntax-ns#type",
    "evidence": f"{VC}evidence",
}
"""What an attacker wants hidden or doubled, by the address of the term."""

Restructuring = Callable[[Document, str], Document]


def without(document: Document, key: str) -> Document:
    """Return `document` without one key."""
    return {name: value for name, value in document.items() if name != key}


def by_its_address(badge: Document, key: str) -> Document:
    """The term is written as its IRI."""
    return without(badge, key) | {IRIS[key]: badge[key]}


def nested(badge: Document, key: str) -> Document:
    """`@nest` holds properties of the node around it."""
    return without(badge, key) | {"@nest": {key: badge[key]}}


def included(badge: Document, key: str) -> Document:
    """The node is split, its other half stands in `@included`."""
    return without(badge, key) | {"@included": [{"id": badge["id"], key: badge[key]}]}


def in_a_graph(badge: Document, key: str) -> Document:
    """The node is split, its other half stands in `@graph`."""
    other = {"id": badge["id"], key: badge[key]}
    return {
        "@context": badge["@context"],
        "proof": badge["proof"],
        "@graph": [without(without(badge, key), "proof"), other],
    }


def in_a_set(badge: Document, key: str) -> Document:
    """`@set` is a list that JSON does not show as one."""
    return badge | {key: {"@set": [badge[key]]}}


def reversed_(badge: Document, key: str) -> Document:
    """The statement is made by the other node about us."""
    value = badge[key] if isinstance(badge[key], dict) else {"id": "urn:x:y"}
    return without(badge, key) | {"@reverse": {key: value}}


def valued(badge: Document, key: str) -> Document:
    """The value is written as an expanded value object."""
    return badge | {key: {"@value": badge[key]} if isinstance(badge[key], str) else {"@id": "x:y"}}


def doubled(badge: Document, key: str) -> Document:
    """The term stands twice, once under its own name and once under its address."""
    return badge | {IRIS[key]: badge[key]}


RESTRUCTURINGS = [
    by_its_address,
    nested,
    included,
    in_a_graph,
    in_a_set,
    reversed_,
    valued,
    doubled,
]


@pytest.mark.parametrize("key", IRIS)
@pytest.mark.parametrize("restructure", RESTRUCTURINGS, ids=lambda function: function.__name__)
def test_no_restructuring_hides_anything(school, key, restructure):
    """Four of these keep the signature valid in an ordinary verifier (security D2)."""
    forged = restructure(school.issue(), key)

    report = school.verify(forged)

    assert report.integrity is Integrity.INVALID
    assert report.verdict is Verdict.RED
    assert report.find(Code.KEY_NOT_ALLOWED, Code.VALUE_NOT_ALLOWED, Code.UNSIGNED_DATA)


def objects(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the place of every object."""
    if isinstance(value, dict):
        yield path
    if isinstance(value, (dict, list)):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from objects(item, (*path, key))


@pytest.mark.parametrize("path", list(objects(School().issue())), ids=str)
def test_an_undefined_term_anywhere_is_unsigned_data(school, path):
    """Linked data drops what no context defines, so nobody signed it (security D1)."""
    forged = copy.deepcopy(school.issue())
    place = forged
    for step in path:
        place = place[step]
    place["honours"] = "summa cum laude"

    report = school.verify(forged)

    assert report.find(Code.UNSIGNED_DATA)
    assert report.verdict is Verdict.RED


ALIEN = {"@vocab": "https://evil.example/"}
OWN = {"name": "https://evil.example/other"}

FORBIDDEN_CONTEXTS = {
    "absent": None,
    "empty": [],
    "null": [*v3.CONTEXT, None],
    "an object": ALIEN,
    "only an object": [ALIEN],
    "an object appended": [*v3.CONTEXT, ALIEN],
    "an object first": [ALIEN, *v3.CONTEXT],
    "an object between": [v3.CONTEXT[0], ALIEN, *v3.CONTEXT[1:]],
    "a term swapped": [*v3.CONTEXT, OWN],
    "a term nulled": [*v3.CONTEXT, {"credentialStatus": None}],
    "an import": [*v3.CONTEXT, {"@import": contexts.OPEN_BADGES_V3}],
    "a base": [*v3.CONTEXT, {"@base": "https://evil.example/"}],
    "not propagated": [*v3.CONTEXT, {"@propagate": False}],
    "protected away": [*v3.CONTEXT, {"@protected": True, "x": "urn:x"}],
    "an empty object": [*v3.CONTEXT, {}],
    "a list in the list": [list(v3.CONTEXT)],
    "a number": [*v3.CONTEXT, 1],
    "an empty text": [*v3.CONTEXT, ""],
    "a relative address": [*v3.CONTEXT, "context.json"],
    "an address with a space": [*v3.CONTEXT, "https://evil.example/a b"],
    "reversed": list(reversed(v3.CONTEXT)),
    "the first twice": [v3.CONTEXT[0], *v3.CONTEXT],
    "all twice": [*v3.CONTEXT, *v3.CONTEXT],
    "only the second": [contexts.OPEN_BADGES_V3],
    "known, but not for badges": [contexts.CREDENTIALS_V2, contexts.DID_V1],
    "extensions alone": [contexts.CREDENTIALS_V2, contexts.OPEN_BADGES_EXTENSIONS],
    "extensions before": [
        contexts.CREDENTIALS_V2,
        contexts.OPEN_BADGES_EXTENSIONS,
        contexts.OPEN_BADGES_V3,
    ],
}


@pytest.mark.parametrize("listed", FORBIDDEN_CONTEXTS.values(), ids=FORBIDDEN_CONTEXTS)
def test_contexts_cannot_redefine_our_words(school, listed):
    """The context gives the words their meaning; only exact lists are read (security D3)."""
    badge = school.issue() | {"@context": listed}

    report = school.verify(badge)

    assert report.find(Code.CONTEXT_NOT_ALLOWED)
    assert report.verdict is Verdict.RED
    assert school.asked == []


@pytest.mark.parametrize(
    "listed",
    [
        ["https://www.w3.org/2018/credentials/v2", contexts.OPEN_BADGES_V3],
        [*v3.CONTEXT, "https://evil.example/context.json"],
        [contexts.CREDENTIALS_V1, "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.4.json"],
        "https://w3id.org/dcc/v1",
    ],
)
def test_an_unknown_vocabulary_is_not_checked(school, listed):
    """Somebody else's honest vocabulary is not a forgery; it is never fetched either."""
    school.owns = lambda issuer_id: False

    report = school.verify(school.issue() | {"@context": listed})

    assert report.find(Code.CONTEXT_UNKNOWN)
    assert report.verdict is Verdict.AMBER
    assert school.asked == []


def test_a_badge_in_our_name_in_an_unknown_vocabulary_is_red(school):
    """We know how we write: what the plain JSON claims is enough to make the verdict worse."""
    listed = [*v3.CONTEXT, "https://evil.example/context.json"]

    report = school.verify(school.issue() | {"@context": listed})

    assert report.find(Code.DIFFERS_FROM_REGISTER)
    assert report.verdict is Verdict.RED


@pytest.mark.parametrize("place", ["issuer", "credentialSubject", "proof"])
def test_a_context_inside_the_document_is_refused(school, place):
    """A nested context changes the meaning of everything below it."""
    badge = copy.deepcopy(school.issue())
    node = badge[place][0] if place == "proof" else badge[place]
    node["@context"] = [*v3.CONTEXT, contexts.OPEN_BADGES_EXTENSIONS]

    assert school.verify(badge).find(Code.CONTEXT_NOT_ALLOWED)


def test_a_proof_may_repeat_the_contexts_of_its_document(school):
    """Some write them so; they are the same, so nothing changes its meaning."""
    badge = school.issue()
    badge["proof"][0]["@context"] = list(v3.CONTEXT)

    assert school.verify(badge).verdict is Verdict.GREEN


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("image", None, Code.VALUE_NOT_ALLOWED),
        ("evidence", [], Code.VALUE_NOT_ALLOWED),
        ("evidence", [[]], Code.VALUE_NOT_ALLOWED),
        ("evidence", [None], Code.VALUE_NOT_ALLOWED),
        ("id", "b/1", Code.VALUE_NOT_ALLOWED),
        ("id", "_:b1", Code.VALUE_NOT_ALLOWED),
        ("id", ["https://badges.example/b/1"], Code.VALUE_NOT_ALLOWED),
        ("id", "https://badges.example/b 1", Code.VALUE_NOT_ALLOWED),
        ("name", "a\x00b", Code.VALUE_NOT_ALLOWED),
        ("name", "a\x85b", Code.VALUE_NOT_ALLOWED),
        ("name", {"@value": "a", "@language": "fr"}, Code.KEY_NOT_ALLOWED),
        ("schema:name", "a", Code.KEY_NOT_ALLOWED),
        ("../name", "a", Code.KEY_NOT_ALLOWED),
        ("@index", "a", Code.KEY_NOT_ALLOWED),
        ("type", ["VerifiableCredential", "OpenBadgeCredential", "Diploma"], Code.UNSIGNED_DATA),
        ("image", {"id": "urn:x:y", "type": "Image", "caption": {"a": "b"}}, Code.UNSIGNED_DATA),
        ("validFrom", {"id": "urn:x:y"}, Code.UNSIGNED_DATA),
    ],
    ids=str,
)
def test_odd_values_are_refused(school, key, value, code):
    """Each could be read in two ways, or would be lost (security D2, D6)."""
    report = school.verify(school.issue() | {key: value})

    assert report.find(code)
    assert report.verdict is Verdict.RED


def test_a_badge_cannot_keep_its_status_in_another_place(school):
    """A second mention of the badge's own id can hold statements that nobody looks for there.

    Not in the list of published attacks; found by removing values from a badge whose creator is
    its issuer. Nothing signed changes: the statements are the same.
    """
    extended = [*v3.CONTEXT, contexts.OPEN_BADGES_EXTENSIONS]
    address = school.credential()["id"]
    refresh = {"id": address, "type": "1EdTechCredentialRefresh"}
    genuine = school.issue(**{"@context": extended, "refreshService": refresh})
    moved = {key: genuine.pop(key) for key in ("credentialStatus", "validUntil") if key in genuine}
    genuine["refreshService"] |= {"type": ["1EdTechCredentialRefresh", "VerifiableCredential"]}
    genuine["refreshService"] |= moved

    report = school.verify(genuine)

    assert report.find(Code.SCATTERED)
    assert report.verdict is Verdict.RED


def test_a_shorter_description_elsewhere_hides_nothing(school):
    """Many write the issuer in full and the creator in short."""
    credential = school.credential()
    subject = copy.deepcopy(credential["credentialSubject"])
    subject["achievement"]["creator"] = {"id": school.id, "type": ["Profile"]}

    assert school.verify(school.issue(credentialSubject=subject)).verdict is Verdict.GREEN


def test_a_longer_description_elsewhere_hides_something(school):
    """The issuer's name must stand where everyone reads it."""
    badge = copy.deepcopy(school.issue())
    del badge["issuer"]["email"]

    assert school.verify(badge).find(Code.SCATTERED)


def test_a_term_that_contradicts_its_context_is_refused(school):
    """The rules of linked data themselves are broken: a type must be a name."""
    report = school.verify(school.issue() | {"evidence": [{"id": "urn:x:y", "type": 5}]})

    assert report.find(Code.BAD_JSONLD)
    assert report.verdict is Verdict.RED


def test_a_list_without_end_is_too_complex(school):
    """Plain texts are no nodes, and cost time all the same."""
    school.owns = lambda issuer_id: False
    badge = copy.deepcopy(school.issue())
    badge["credentialSubject"]["achievement"]["tag"] = [str(number) for number in range(2100)]

    assert school.verify(badge).find(Code.TOO_COMPLEX)


def poison(results: int, alignments: int) -> list[Document]:
    """Return look-alike results, which are expensive to tell apart."""
    alignment = {"type": ["Alignment"], "targetName": "a", "targetUrl": "https://a.example/"}
    return [{"type": ["Result"], "alignment": [alignment] * alignments}] * results


@pytest.mark.parametrize(("results", "alignments"), [(8, 8), (9, 9), (40, 1), (1, 600)])
def test_poison_is_too_complex(school, results, alignments):
    """Five kilobytes of real vocabulary kept an unlimited verifier busy for minutes (D7)."""
    school.owns = lambda issuer_id: False
    badge = copy.deepcopy(school.issue())
    badge["credentialSubject"]["result"] = poison(results, alignments)

    report = school.verify(badge)

    assert report.find(Code.TOO_COMPLEX)
    assert report.verdict is Verdict.AMBER


def test_poison_that_fits_the_limits_still_ends(school):
    """Seven by seven stays under the count of nodes; the budget of work stops it."""
    school.owns = lambda issuer_id: False
    badge = copy.deepcopy(school.issue())
    badge["credentialSubject"]["result"] = poison(7, 7)

    assert school.verify(badge).find(Code.TOO_COMPLEX, Code.BAD_SIGNATURE)


def test_an_object_of_nothing_but_an_id_says_the_same_as_the_id(school):
    """Criteria at an address have no other member, and compaction makes plain text of them."""
    badge = school.credential()
    badge["credentialSubject"]["achievement"]["criteria"] = {
        "id": "https://badges.example/criteria"
    }

    assert school.verify(school.issue(**badge)).verdict is Verdict.GREEN


def test_lists_of_one_and_the_older_class_name_say_the_same(school):
    """The strict schema wants lists, other writers do not: both are the same statements."""
    badge = copy.deepcopy(school.issue())
    badge["type"] = ["VerifiableCredential", "AchievementCredential"]
    badge["credentialSubject"]["type"] = "AchievementSubject"
    [badge["evidence"]] = badge["evidence"]
    [badge["proof"]] = badge["proof"]

    assert school.verify(badge).verdict is Verdict.GREEN


@pytest.mark.parametrize(
    ("proof", "code"),
    [
        ("signed", Code.PROOF_MALFORMED),
        ([1], Code.PROOF_MALFORMED),
        ([{"type": "DataIntegrityProof"}] * 5, Code.TOO_COMPLEX),
    ],
)
def test_odd_proofs_are_not_read(school, proof, code):
    """A proof is an object, and there are few of them (security D8)."""
    report = school.verify(school.issue() | {"proof": proof})

    assert report.find(code)
    assert report.verdict is Verdict.RED


def test_the_profile_answers_before_anything_else_is_asked(school):
    """Later questions read only what came through the round trip, so they cannot be asked."""
    report = school.verify(school.issue() | {"honours": "x"})

    not_asked = [Check.STRUCTURE, Check.PROOF, Check.DATES, Check.STATUS, Check.ISSUER]
    assert not_asked == [f.check for f in report.findings if f.code is Code.NOT_ASKED]
    assert report.credential is None
    assert all(f.outcome is Outcome.UNKNOWN for f in report.findings if f.check in not_asked)
