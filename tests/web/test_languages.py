"""Each page speaks French and English, at addresses that do not move."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.any_database

PAIRS = [
    ("/", "/en/"),
    ("/modules", "/en/modules"),
    ("/modules/workplace-security-reflexes", "/en/modules/workplace-security-reflexes"),
    ("/entreprises", "/en/employers"),
    ("/verifier", "/en/verify"),
    ("/aide", "/en/help"),
    ("/accessibilite", "/en/accessibility"),
    ("/donnees-personnelles", "/en/personal-data"),
    ("/mentions-legales", "/en/legal-notice"),
    ("/connexion", "/en/sign-in"),
    ("/donnees-effacees", "/en/data-erased"),
]


@pytest.mark.parametrize(("french", "english"), PAIRS)
def test_the_switch_leads_to_the_same_page(client, french, english):
    """Whoever changes the language must not lose their place."""
    there = client.get(french).text
    back = client.get(english).text

    assert f'href="{english}" lang="en" hreflang="en"' in there
    assert f'href="{french}" lang="fr" hreflang="fr"' in back


@pytest.mark.parametrize(("french", "english"), PAIRS)
def test_a_page_says_its_language(client, french, english):
    """A screen reader chooses its voice by it."""
    assert '<html lang="fr">' in client.get(french).text
    assert '<html lang="en">' in client.get(english).text


def test_the_browser_does_not_overrule_the_address(client):
    """A link that someone sends shows the same language to whoever opens it."""
    page = client.get("/modules", headers={"Accept-Language": "en"})

    assert '<html lang="fr">' in page.text


@pytest.mark.parametrize(
    ("query", "header", "expected"),
    [
        ("", "en-GB,en;q=0.9", "en"),
        ("", "fr-FR,en;q=0.5", "fr"),
        ("", "", "fr"),
        ("", "de", "fr"),
        ("?lang=fr", "en", "fr"),
        ("?lang=en", "fr", "en"),
        ("?lang=xx", "en", "en"),
    ],
)
def test_a_signed_address_answers_in_the_readers_language(client, query, header, expected):
    """It has no language of its own: it was signed once, for everyone."""
    page = client.get(f"/frameworks/crcn/4.1{query}", headers={"Accept-Language": header})

    assert f'<html lang="{expected}">' in page.text


def test_a_signed_address_keeps_its_path_when_the_language_changes(client):
    """Its path is inside badges."""
    page = client.get("/frameworks/crcn/4.1?lang=fr").text

    assert 'href="/frameworks/crcn/4.1?lang=en" lang="en"' in page


@pytest.mark.parametrize(
    "query", ["_scheme=javascript&_external=1", "_anchor=x", "endpoint=y", "language=zz"]
)
def test_attack_a_query_cannot_steer_the_language_switch(client, query):
    """Handed to `url_for`, `_scheme` would make a `javascript:` link of our own."""
    page = client.get(f"/aide?{query}")

    assert page.status_code == 200
    switch = re.search(r'<a href="([^"]*)" lang="en"', page.text)
    assert switch is not None
    assert switch[1].startswith("/en/help?")


def test_public_pages_name_their_twin_for_search_engines(client):
    """`hreflang` needs absolute addresses on both pages, and one canonical each."""
    page = client.get("/en/help").text

    assert '<link rel="canonical" href="http://localhost/en/help">' in page
    assert '<link rel="alternate" hreflang="fr" href="http://localhost/aide">' in page
    assert '<link rel="alternate" hreflang="en" href="http://localhost/en/help">' in page


def test_french_punctuation_never_begins_a_line(client):
    """Authors type plain spaces; the page writes spaces that do not break."""
    page = client.get("/aide").text

    assert "Besoin d'aide\u00a0?" in page or "Besoin d&#39;aide\u00a0?" in page
    assert not re.search(r"[a-zé] [?!:;»]\s", re.sub(r"<[^>]*>", "", page))
