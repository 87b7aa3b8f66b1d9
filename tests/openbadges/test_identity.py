"""identity: published values first; MD5 and missing salts are read, and confirm nothing."""

from __future__ import annotations

import hashlib

import pytest

from badgeservice.openbadges import identity, v3
from badgeservice.openbadges.identity import Match

# Open Badges 2.0 and 3.0 as published, and the samples of 1EdTech.
PUBLISHED = [
    ("mayze", "", "7a1a1b3f7d40552e4299180e346e3add12bf9a751a43d9c4ca4518febc2c60c6"),
    (
        "nobody@example.org",
        "deadsea",
        "ecf5409f3f4b91ab60cc5ef4c02aef7032354375e70cf4d8e43f6a1d29891942",
    ),
    (
        "a@example.com",
        "Kosher",
        "b5809d8a92f8858436d7e6b87c12ebc0ae1eac4baecc2c0b913aee2c922ef399",
    ),
    (
        "jjefferson18@example.com",
        "FleurDeSel",
        "658625b25ab3d75d613ca97d9a5a77f70e2192feca5557f4ad09a4d4f121f5fc",
    ),
]


@pytest.mark.parametrize(("value", "salt", "expected"), PUBLISHED)
def test_published_values(value, salt, expected):
    """The salt stands after the value, and nothing stands between them."""
    assert f"sha256${expected}" == identity.digest(value, salt)


@pytest.mark.parametrize(("value", "salt", "written"), PUBLISHED)
def test_the_case_of_hexadecimal_digits_does_not_matter(value, salt, written):
    """Others write them in capitals."""
    for text in (f"sha256${written}", f"sha256${written.upper()}"):
        expected = Match.SAME if salt else Match.WEAK
        assert identity.compare(text, value, hashed=True, salt=salt) is expected


def test_version_3_is_the_same_construction():
    """One construction, two names."""
    document = v3.identity("emailAddress", "NoBody@Example.org ", salt="deadsea")

    assert f"sha256${PUBLISHED[1][2]}" == document["identityHash"]


@pytest.mark.parametrize(
    ("hashed_as", "typed", "expected"),
    [
        ("ada@example.org", "ada@example.org", Match.SAME),
        ("ada@example.org", "Ada@Example.org", Match.SAME),
        ("Ada@Example.org", "Ada@Example.org", Match.SAME),
        ("Ada@Example.org", "ada@example.org", Match.OTHER),
        ("ada@example.org", "ade@example.org", Match.OTHER),
    ],
)
def test_an_address_is_tried_as_given_and_in_lower_case(hashed_as, typed, expected):
    """T-23: no case is folded by the standard, and issuers fold it."""
    written = identity.digest(hashed_as, "s4lt")

    assert identity.compare(written, typed, hashed=True, salt="s4lt") is expected


def test_md5_is_read_and_confirms_nothing():
    """H4: whoever wants to can make two values with one MD5."""
    written = f"md5${hashlib.md5(b'ada@example.orgs4lt').hexdigest()}"

    assert identity.compare(written, "ada@example.org", hashed=True, salt="s4lt") is Match.WEAK
    assert identity.compare(written, "eve@example.org", hashed=True, salt="s4lt") is Match.OTHER


def test_without_salt_a_match_confirms_nothing():
    """H4: one table of hashes then serves for every badge there is."""
    written = identity.digest("ada@example.org", "")

    assert identity.compare(written, "ada@example.org", hashed=True) is Match.WEAK


@pytest.mark.parametrize(
    ("written", "hashed", "expected"),
    [
        ("ada@example.org", False, Match.SAME),
        ("eve@example.org", False, Match.OTHER),
        ("ada@example.org", True, Match.OTHER),
        ("sha1$" + "0" * 40, True, Match.OTHER),
    ],
)
def test_what_is_not_hashed(written, hashed, expected):
    """Plain text matches only where the badge says that it is plain."""
    assert identity.compare(written, "ada@example.org", hashed=hashed) is expected


def test_odd_characters_do_not_raise():
    """What is typed into a form may be anything."""
    written = identity.digest("x", "s")

    assert identity.compare(written, "\ud800", hashed=True, salt="s") is Match.OTHER


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sha256$" + "aF" * 32, True),
        ("md5$" + "0" * 32, True),
        ("md5$" + "0" * 64, False),
        ("sha256$" + "0" * 63, False),
        ("sha1$" + "0" * 40, False),
        ("ada@example.org", False),
        (None, False),
    ],
)
def test_what_is_written_like_a_digest(text, expected):
    """Algorithm and length go together."""
    assert identity.is_digest(text) is expected


def test_addresses_are_normalised_and_names_are_not():
    """A person's name keeps its capitals."""
    assert identity.normal("emailAddress", " Ada@Example.org") == "ada@example.org"
    assert identity.normal("name", "Ada") == "Ada"
