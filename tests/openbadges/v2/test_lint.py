"""lint: others' samples first, then each rule, named by what it finds."""

from __future__ import annotations

import copy
import json

import pytest

from badgeservice.openbadges import v2
from badgeservice.openbadges.problems import Rule

from .conftest import class_of

REQUIRED = [
    ("hosted", "id", "Assertion"),
    ("hosted", "type", "Assertion"),
    ("hosted", "recipient", "Assertion"),
    ("hosted", "badge", "Assertion"),
    ("hosted", "verification", "Assertion"),
    ("hosted", "issuedOn", "Assertion"),
    ("hosted", "recipient.identity", "IdentityObject"),
    ("hosted", "recipient.type", "IdentityObject"),
    ("hosted", "recipient.hashed", "IdentityObject"),
    ("hosted", "verification.type", "AssertionVerification"),
    ("revoked", "id", "Assertion"),
    ("BadgeClass", "id", "BadgeClass"),
    ("BadgeClass", "type", "BadgeClass"),
    ("BadgeClass", "name", "BadgeClass"),
    ("BadgeClass", "description", "BadgeClass"),
    ("BadgeClass", "image", "BadgeClass"),
    ("BadgeClass", "criteria", "BadgeClass"),
    ("BadgeClass", "issuer", "BadgeClass"),
    ("BadgeClass", "image.id", "Image"),
    ("BadgeClass", "alignment.0.targetName", "AlignmentObject"),
    ("BadgeClass", "alignment.0.targetUrl", "AlignmentObject"),
    ("Issuer", "id", "Issuer"),
    ("Issuer", "type", "Issuer"),
    ("Issuer", "name", "Issuer"),
    ("Issuer", "url", "Issuer"),
    ("Issuer", "email", "Issuer"),
    ("CryptographicKey", "id", "CryptographicKey"),
    ("CryptographicKey", "type", "CryptographicKey"),
    ("CryptographicKey", "owner", "CryptographicKey"),
    ("CryptographicKey", "publicKeyPem", "CryptographicKey"),
    ("RevocationList", "type", "RevocationList"),
    ("RevocationList", "revokedAssertions", "RevocationList"),
]


def place(document, path):
    """Return the object or list that holds the last step of a path, and that step."""
    *steps, last = path.split(".")
    for step in steps:
        document = document[int(step) if step.isdigit() else step]
    return document, last


def changed(document, path, value):
    """Return a copy with one value changed."""
    document = copy.deepcopy(document)
    holder, last = place(document, path)
    holder[last] = value
    return document


@pytest.mark.parametrize(("name", "path", "class_name"), REQUIRED)
@pytest.mark.parametrize("judge", [v2.lint, v2.lint_received])
def test_each_required_member_is_missed_by_name(documents, name, path, class_name, judge):
    """A2: the error names class and member."""
    document = copy.deepcopy(documents[name])
    holder, last = place(document, path)
    del holder[last]

    problems = judge(document, class_of(name))

    dotted = path.replace(".0.", "[0].")
    assert (dotted, class_name) in {
        (problem.path, problem.sentence.rpartition(" ")[2]) for problem in problems
    }


@pytest.mark.parametrize(
    ("name", "path", "value", "rule"),
    [
        ("hosted", "recipient", "camille@example.org", Rule.KIND),
        ("hosted", "badge", "a badge", Rule.KIND),
        ("hosted", "badge", 5, Rule.KIND),
        ("hosted", "issuedOn", 1_361_561_067, Rule.KIND),
        ("hosted", "issuedOn", "2026-11-20", Rule.KIND),
        ("hosted", "issuedOn", "2026-11-20T12:00:00", Rule.KIND),
        ("hosted", "expires", "2026-11-20T11:00:00Z", Rule.ORDER),
        ("hosted", "image", "data:image/png;base64,AAAA", Rule.KIND),
        ("hosted", "image", {"id": "data:image/png;base64,AAAA"}, Rule.KIND),
        ("hosted", "image", ["https://a.example/1", "https://a.example/2"], Rule.KIND),
        ("hosted", "verification.type", "SomeBadge", Rule.KIND),
        ("hosted", "verification.type", ["HostedBadge", "SignedBadge"], Rule.KIND),
        ("hosted", "recipient.type", ["email", "url"], Rule.KIND),
        ("hosted", "recipient.hashed", "true", Rule.KIND),
        ("hosted", "recipient.hashed", False, Rule.IDENTITY),
        ("hosted", "recipient.identity", "camille@example.org", Rule.IDENTITY),
        ("hosted", "recipient.identity", "sha1$" + "0" * 40, Rule.IDENTITY),
        (
            "hosted",
            "recipient",
            {"type": "email", "hashed": False, "identity": "camille"},
            Rule.IDENTITY,
        ),
        ("hosted", "type", [], Rule.TYPE),
        ("hosted", "type", "BadgeClass", Rule.TYPE),
        ("hosted", "type", ["Assertion", "NoTerm"], Rule.TYPE),
        ("hosted", "type", ["Assertion", 5], Rule.TYPE),
        ("hosted", "narrative", None, Rule.NULL),
        ("BadgeClass", "image", "data:text/html,<b>", Rule.KIND),
        ("BadgeClass", "image", "data:image/jpeg;base64,AAAA", Rule.KIND),
        ("BadgeClass", "criteria", {}, Rule.REQUIRED),
        ("BadgeClass", "criteria", {"type": "Criteria"}, Rule.REQUIRED),
        ("BadgeClass", "issuer", {"type": "Issuer"}, Rule.REQUIRED),
        ("BadgeClass", "tags", ["good", False], Rule.KIND),
        ("BadgeClass", "@language", "not a language", Rule.KIND),
        ("BadgeClass", "alignment", ["https://a.example/"], Rule.KIND),
        ("Issuer", "url", "ecole.example", Rule.KIND),
        ("Issuer", "email", "ecole", Rule.KIND),
        ("Issuer", "publicKey", {"id": "https://a.example/k"}, Rule.TYPE),
        ("Issuer", "verification.startsWith", "ecole", Rule.KIND),
        ("RevocationList", "revokedAssertions", [{"revocationReason": "why"}], Rule.REQUIRED),
        ("RevocationList", "revokedAssertions", [5], Rule.KIND),
    ],
)
def test_what_the_standard_refuses(documents, name, path, value, rule):
    """Each rule by its name, for strangers and for ourselves."""
    document = changed(documents[name], path, value)

    assert rule in {problem.rule for problem in v2.lint_received(document, class_of(name))}
    assert rule in {problem.rule for problem in v2.lint(document, class_of(name))}


@pytest.mark.parametrize(
    ("name", "path", "value", "rule"),
    [
        ("hosted", "@context", ["https://w3id.org/openbadges/v2"], Rule.EXACT_CONTEXT),
        ("hosted", "id", "urn:uuid:6f0c0c0e-96b5-7c5c-8c0e-0d7e1c1f4f5a", Rule.NOTATION),
        ("hosted", "id", "did:web:badges.example", Rule.NOTATION),
        ("hosted", "evidence", ["_:b1"], Rule.NOTATION),
        ("hosted", "type", ["Assertion"], Rule.ARRAY),
        ("hosted", "badge", ["https://badges.example/b"], Rule.ARRAY),
        ("hosted", "issuedOn", "2026-11-20T13:00:00+01:00", Rule.WHOLE_SECONDS),
        ("hosted", "issuedOn", "2026-11-20T12:00Z", Rule.WHOLE_SECONDS),
        ("hosted", "verification.type", "hosted", Rule.NOTATION),
        ("hosted", "recipient.salt", "deadsea", Rule.SALT),
        ("hosted", "recipient.identity", "md5$" + "0" * 32, Rule.SALT),
        ("hosted", "honours", "with distinction", Rule.UNDEFINED),
        ("hosted", "narrative", "bell\a", Rule.CHARACTERS),
        ("Issuer", "telephone", "02 33 00 00 00", Rule.NOTATION),
        ("BadgeClass", "tags", [], Rule.EMPTY),
        ("RevocationList", "revokedAssertions", ["urn:uuid:" + "0" * 8], Rule.NOTATION),
    ],
)
def test_what_only_we_refuse(documents, name, path, value, rule):
    """Others write in many ways; we write in the one that every validator reads."""
    document = changed(documents[name], path, value)

    assert rule in {problem.rule for problem in v2.lint(document, class_of(name))}
    assert [] == v2.lint_received(document, class_of(name))


def test_a_recipient_without_salt_is_read_and_not_written(documents):
    """H4: others do it."""
    document = copy.deepcopy(documents["hosted"])
    del document["recipient"]["salt"]

    assert [Rule.SALT] == [problem.rule for problem in v2.lint(document, "Assertion")]
    assert [] == v2.lint_received(document, "Assertion")


@pytest.mark.parametrize(
    ("file", "clean"),
    [
        ("ob2-1edtech/basic-assertion-no-public-key.json", True),
        ("ob2-1edtech/assertion-with-extension-node-basic.json", True),
        ("ob2-1edtech/assertion-with-multiple-extensions.json", True),
        ("ob2-1edtech/assertion-with-extension-node-invalid.json", False),
        ("ob2-1edtech/assertion-with-data-image.json", False),
    ],
)
def test_samples_of_assertions(vectors, file, clean):
    """1EdTech's verdict on the structure of its samples."""
    document = json.loads((vectors / file).read_bytes())

    assert (v2.lint_received(document, "Assertion") == []) is clean
    assert [] == v2.unknown_extensions(document)


@pytest.mark.parametrize(
    ("file", "clean"),
    [
        ("rdf-validation__valid-alignment-object.json", True),
        ("rdf-validation__valid-cool-class.json", True),
        ("rdf-validation__invalid-empty-type.json", False),
    ],
)
def test_samples_of_types(vectors, file, clean):
    """1EdTech's samples for one rule: a type is a term or an address, and there is one."""
    document = json.loads((vectors / "ob2-1edtech" / file).read_bytes())
    about_the_type = [
        problem
        for problem in v2.lint_received(document, "Assertion")
        if problem.path == "type" and problem.sentence != "does not name Assertion"
    ]

    assert (about_the_type == []) is clean
    assert v2.is_context(document["@context"])


@pytest.mark.parametrize("context", [{}, {"id": "@id"}, "https://w3id.org/openbadges/v1", None])
def test_other_contexts_are_not_that_of_version_2(context):
    """A copy that lacks a term, or says something else, is another vocabulary."""
    assert not v2.is_context(context)


@pytest.mark.parametrize(
    ("name", "extension", "problems"),
    [
        ("extensions:geo", {"type": ["Extension", "extensions:GeoCoordinates"]}, 2),
        (
            "extensions:geo",
            {
                "type": ["Extension", "extensions:GeoCoordinates"],
                "description": "Ici",
                "geo": {"latitude": 49.6, "longitude": "ouest"},
            },
            1,
        ),
        (
            "extensions:license",
            {"type": "extensions:LicenseExtension", "id": "CC-BY", "name": "BY"},
            0,
        ),
        (
            "extensions:license",
            {"type": "extensions:LicenseExtension", "id": "MIT", "name": "MIT"},
            1,
        ),
        ("extensions:applyLink", {"type": ["Extension", "extensions:Other"]}, 1),
        ("more", [{"type": ["Extension", "extensions:ApplyLink"], "url": 5}], 1),
    ],
)
def test_published_extensions_keep_their_own_rules(documents, name, extension, problems):
    """What an extension says it is, it must be; the version of 2.0 is not asked of it."""
    document = documents["hosted"] | {name: extension}

    assert problems == len(v2.lint_received(document, "Assertion"))
    assert [] == v2.unknown_extensions(document)


@pytest.mark.parametrize(
    ("name", "extension"),
    [
        ("extensions:ours", {"type": ["Extension", "extensions:Ours"]}),
        ("extensions:assessment", {"type": ["Extension", "extensions:AssessmentExtension"]}),
        ("more", {"type": ["Extension", "extensions:ApplyLink", "extensions:Ours"], "url": "x"}),
        (
            "extensions:applyLink",
            {"@context": "https://evil.example/c", "type": "extensions:ApplyLink"},
        ),
    ],
)
def test_other_extensions_are_named_as_not_checked(documents, name, extension):
    """Neither good nor bad: their rules are at an address that is not fetched."""
    document = documents["hosted"] | {name: extension}

    assert [] == v2.lint_received(document, "Assertion")
    assert [name] == v2.unknown_extensions(document)
