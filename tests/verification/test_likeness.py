"""What looks alike has one key, what hides is found, and what is merely near is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badgeservice.verification import likeness

SCHOOL = ("École d'exemple", "https://school.example")


@pytest.mark.parametrize(
    "name",
    [
        "École d'exemple",
        "ecole d'exemple",
        "\u0415\u0441\u043ele d'exemple",
        "École d’exemple",
        "École  d'exemple ",
        "École d'exemp\u200ble",
        "École d'exemple\u202e",
        "Ｅ\u0301cole d'exemple",
        "École d'exemp1e",
        "Éc0le d'ex3mple",
        "\U0001d404cole d'exemple",
        "École d'e\u0445emple",
        "ÉCOLE D'EXEMPLE",
        "École d'exempIe",
    ],
)
def test_a_disguised_name_is_the_name(name):
    """Scripts, accents, forms, digits and what cannot be seen."""
    assert likeness.skeleton(name) == likeness.skeleton(SCHOOL[0])
    assert likeness.of_stranger(name, None) & likeness.of_known(*SCHOOL)


@pytest.mark.parametrize("name", ["École d'exemples", "Lycée d'exemple", "", "École", "العربية"])
def test_another_name_is_another(name):
    """Likeness is not nearness: schools are often called nearly the same."""
    assert not likeness.of_stranger(name, None) & likeness.of_known(*SCHOOL)


@pytest.mark.parametrize(
    "identifier",
    [
        "https://schoo1.example/issuer",
        "did:web:school.example.evil.test",
        "did:web:my-school.example",
        "https://school-badges.test",
        "https://school.test",
        "https://www.scho0l.co.uk/issuer",
        "https://xn--schol-lye.example",  # with a Cyrillic o
        "https://xn--schol-2ta.example",  # with an accent
    ],
)
def test_a_disguised_domain_is_the_domain(identifier):
    """Digits, hyphens, other endings, the whole name in front of another, other scripts."""
    assert likeness.of_stranger(None, identifier) & likeness.of_known(*SCHOOL)


@pytest.mark.parametrize(
    "identifier",
    [
        "https://preschool.example",
        "https://univ.test/school.example",
        "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
        "https://localhost",
        "https://xn--\u00e9.example",
        "",
        None,
    ],
)
def test_another_domain_is_another(identifier):
    """Part of a word is no word, a path is no domain, and a key has none."""
    assert not likeness.of_stranger(None, identifier) & likeness.of_known(*SCHOOL)


def test_what_is_too_short_is_chance():
    """With two letters or none, everybody looks like everybody."""
    assert likeness.of_known("É!", "did:key:z6Mk") == frozenset()
    assert likeness.of_known("", "https://ab.example") == {"site ab.exarnple"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Lycée", ()),
        ("Lyc\u0435e", ("mixed scripts",)),
        ("Школа Lycée", ()),
        ("Ly\u200bcée\u202e", ("U+200B", "U+202E")),
        ("Ly\u200dcée", ("U+200D",)),
        ("می\u200cشود", ()),
        ("Ly\U000e0041cée", ("U+E0041",)),
        ("Ly\u2063cée\ufffb", ("U+2063", "U+FFFB")),
    ],
)
def test_what_is_there_to_deceive_is_named(text, found):
    """Joiners belong into the scripts that need them; two words may be of two scripts."""
    assert likeness.disguises(text) == found


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("https://a.school.example", "did:web:school.example", True),
        ("https://a.co.uk", "https://b.co.uk", False),
        ("https://x.a.co.uk", "https://a.co.uk", True),
        ("did:key:z6Mk", "did:key:z6Mk", False),
        ("https://192.0.2.1", "https://198.51.2.1", False),
    ],
)
def test_a_site_is_a_registered_domain(one, other, is_same):
    """As near as can be told without the list of all public suffixes."""
    assert likeness.is_same_site(one, other) is is_same


@given(st.text())
def test_what_is_shown_is_shown_as_it_is(text):
    """Nothing that hides is left, however often it is asked."""
    once = likeness.shown(text)

    assert likeness.shown(once) == once
    assert [] == [each for each in likeness.disguises(once) if each.startswith("U+")]


@given(st.text(max_size=20))
def test_a_skeleton_is_its_own(text):
    """It compares the same whatever was compared before, and never fails."""
    assert likeness.skeleton(f"{text}\u200b") == likeness.skeleton(text)
