"""Open Badges 1.0 and 1.1 are read as 2.0."""

from __future__ import annotations

import json

import pytest

from badgeservice.openbadges import v2

ADDRESS = "http://a.com/instance"


@pytest.mark.parametrize(
    ("file", "class_name", "judged_as", "clean"),
    [
        ("1_0_basic_assertion.json", "Assertion", "Assertion", True),
        ("1_0_basic_assertion_with_extra_properties.json", "Assertion", "Assertion", True),
        ("1_0_assertion_with_errors.json", "Assertion", "Assertion", False),
        ("1_0_basic_badgeclass.json", "BadgeClass", "BadgeClass", True),
        ("1_0_basic_issuer.json", "Issuer", "OlderIssuer", True),
    ],
)
def test_published_samples_of_version_1(vectors, file, class_name, judged_as, clean):
    """The validator's own test data, with its verdict."""
    document = json.loads((vectors / "ob2-core" / file).read_bytes())

    assert v2.is_older(document)
    upgraded = v2.upgrade(document, class_name, address=ADDRESS)

    assert (v2.lint_received(upgraded, judged_as) == []) is clean


def test_an_assertion_of_version_1_in_the_words_of_2(vectors):
    """Nothing is lost; the address where it is hosted becomes its id."""
    written = json.loads((vectors / "ob2-core/1_0_basic_assertion.json").read_bytes())
    before = json.dumps(written)

    upgraded = v2.upgrade(written, "Assertion")

    assert upgraded == {
        "@context": "https://w3id.org/openbadges/v2",
        "type": "Assertion",
        "id": "http://a.com/instance",
        "uid": "123abc",
        "recipient": {"identity": "test@example.com", "hashed": False, "type": "email"},
        "badge": "http://a.com/badgeclass",
        "issuedOn": "2015-04-30T00:00:00Z",
        "verification": {"type": "HostedBadge"},
    }
    assert before == json.dumps(written)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (1_361_561_067, "2013-02-22T19:24:27Z"),
        ("1361561067", "2013-02-22T19:24:27Z"),
        ("2012-01-01", "2012-01-01T00:00:00Z"),
        ("2012-01-01T10:20", "2012-01-01T10:20:00Z"),
        ("2012-01-01T10:20:30.5", "2012-01-01T10:20:30Z"),
        ("2012-01-01T10:20:30+01:00", "2012-01-01T10:20:30+01:00"),
        ("2001-10-190-19", "2001-10-190-19"),
        ("2001-13-01", "2001-13-01"),
        ("000000000000000000000", "000000000000000000000"),
        (-5, -5),
        (True, True),
        (None, None),
    ],
)
def test_instants_of_version_1(written, expected):
    """Seconds since 1970, bare days, times without zone; what is none stays, to be found."""
    upgraded = v2.upgrade({"expires": written}, "Assertion")

    assert expected == upgraded["expires"]


def test_alignments_of_version_1():
    """`name` and `url` got longer names; what is no alignment stays, to be found."""
    written = {"alignment": [{"name": "A", "url": "https://a.example", "description": "D"}, 5]}

    upgraded = v2.upgrade(written, "BadgeClass")

    assert upgraded["alignment"] == [
        {"targetName": "A", "targetUrl": "https://a.example", "targetDescription": "D"},
        5,
    ]
    single = v2.upgrade({"alignment": {"name": "A"}}, "BadgeClass")
    assert single["alignment"] == [{"targetName": "A"}]


@pytest.mark.parametrize("verify", [None, "hosted", {"type": ["hosted"]}, {"type": "signed"}])
def test_odd_verifications_stay_odd(verify):
    """What cannot be upgraded must not become something that can be believed."""
    upgraded = v2.upgrade({"verify": verify}, "Assertion", address=ADDRESS)

    assert upgraded["id"] == ADDRESS
    assert upgraded.get("verification") != {"type": "HostedBadge"}


def test_version_2_is_not_older():
    """Its context says so."""
    assert not v2.is_older({"@context": "https://w3id.org/openbadges/v2"})
    assert v2.is_older({"@context": "https://w3id.org/openbadges/v1"})


@pytest.fixture
def fields(vectors):
    """Good and bad values by kind of field, from Mozilla's validator of version 1."""
    return json.loads((vectors / "ob1-mozilla/test-data.json").read_text())


ASSERTION = {
    "uid": "1",
    "recipient": {"identity": "a@example.com", "hashed": False, "type": "email"},
    "badge": "https://a.example/badge",
    "issuedOn": "2010-01-01",
    "verify": {"type": "hosted", "url": "https://a.example/assertion"},
}
BADGE_CLASS = {
    "name": "Badge",
    "description": "A badge.",
    "image": "https://a.example/image",
    "criteria": "https://a.example/criteria",
    "issuer": "https://a.example/issuer",
}
ISSUER = {"name": "Issuer", "url": "https://a.example"}

# Which of Mozilla's kinds our fields are of: what is tried, as what, where.
FIELDS = [
    ("STRINGS", BADGE_CLASS, "BadgeClass", "name"),
    ("STRINGS", BADGE_CLASS, "BadgeClass", "description"),
    ("STRINGS", ISSUER, "Issuer", "name"),
    ("EMAILS", ISSUER, "Issuer", "email"),
    ("TIMES", ASSERTION, "Assertion", "issuedOn"),
    ("TIMES", ASSERTION, "Assertion", "expires"),
    ("ABSOLUTE_URLS", ISSUER, "Issuer", "url"),
    ("IMAGE_DATA_URLS", BADGE_CLASS, "BadgeClass", "image"),
    ("TAGLIST", BADGE_CLASS, "BadgeClass", "tags"),
    ("ALIGNMENTS", BADGE_CLASS, "BadgeClass", "alignment"),
]


@pytest.mark.parametrize(("kind", "document", "class_name", "name"), FIELDS)
def test_values_of_mozillas_validator(fields, kind, document, class_name, name):
    """Each good value is accepted and each bad one refused where a field of its kind stands."""
    judged_as = "OlderIssuer" if class_name == "Issuer" else class_name
    for verdict in ("good", "bad"):
        for value in fields[kind][verdict]:
            upgraded = v2.upgrade(
                document | {name: value}, class_name, address="https://a.example/here"
            )

            problems = v2.lint_received(upgraded, judged_as)

            assert (problems == []) is (verdict == "good"), (verdict, value, problems)


# Mozilla's other kinds, and why no field of ours is held against them.
LEFT_OUT = {
    "HASHES": "SHA-1 was allowed in version 1; version 2.0 knows MD5 and SHA-256 only",
    "URLS": "relative addresses belong to version 0.5, which is not read",
    "ORIGINS": "the origin of an issuer belongs to version 0.5",
    "ISO8601": "since version 2.0 an instant has a time and a zone; a month or 20130221 has neither",
    "OBJECTS": "an object is held against its class, which these belong to none of",
    "VERSIONS": "the version of the standard was a member of 0.5; a badge class may have any",
    "IDENTITY_TYPES": "any property of a profile may name a recipient since version 2.0",
    "VERIFY_TYPES": "their capitals matter since they are terms of a context",
    "BOOLEANS": "the words true and false are not booleans in JSON",
}


def test_all_kinds_of_mozillas_validator_are_accounted_for(fields):
    """A kind that is added to the collection must not go unnoticed."""
    assert {kind for kind, *_ in FIELDS} | LEFT_OUT.keys() == fields.keys()
