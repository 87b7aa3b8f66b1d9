"""Every page, whoever made it: the demo is said, help is at its place, nothing comes from outside."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from badgeservice.errors import VerifierBusy
from badgeservice.storage.base import Base
from badgeservice.storage.vault import register_of_processing
from badgeservice.web.public import personal_data
from badgeservice.web.public.pages import public_id_in
from tests.conftest import ROOT
from tests.web.conftest import MODULE

pytestmark = pytest.mark.any_database

TEMPLATES = sorted((ROOT / "badgeservice" / "web" / "templates").rglob("*.html"))
PUBLIC = [
    "/",
    "/modules",
    f"/modules/{MODULE}",
    "/entreprises",
    "/verifier",
    "/aide",
    "/accessibilite",
    "/donnees-personnelles",
    "/mentions-legales",
    "/connexion",
    "/frameworks/crcn",
    "/frameworks/crcn/4",
    "/frameworks/crcn/4.1",
    "/frameworks/crcn/levels/beginner",
    "/issuers/demo",
    "/achievements/crcn-4-1-beginner/1/fr",
    "/nulle-part",
]
BROWSER = {"Accept": "text/html"}


@pytest.mark.parametrize("path", PUBLIC)
def test_every_page_says_that_this_is_a_demonstration(client, path):
    """Calmly, and before anything else: nobody must take a TEST badge for a real one."""
    page = client.get(path, headers=BROWSER).text

    assert "portent la mention TEST" in page
    assert page.index("mention TEST") < page.index("<main")


@pytest.mark.parametrize("path", PUBLIC)
def test_help_is_at_the_same_place_on_every_page(client, path):
    """WCAG 3.2.6: the human contact, after the content and before the foot."""
    page = client.get(path, headers=BROWSER).text

    assert 1 == page.count('<section class="help"')
    assert page.index("</main>") < page.index('<section class="help"') < page.index("<footer")
    assert "mailto:bonjour@example.org" in page


@pytest.mark.parametrize("path", PUBLIC)
def test_a_page_has_one_title_and_one_first_heading(client, path):
    """RGAA 8.5 and 9.1."""
    page = client.get(path, headers=BROWSER).text

    titles = re.findall(r"<title>(.*?)</title>", page, re.DOTALL)
    assert 1 == len(titles)
    assert titles[0].endswith("– Cotentin Digital")
    assert 1 == page.count("<h1")
    assert 'href="#content"' in page
    assert 'id="content"' in page


@pytest.mark.parametrize("path", PUBLIC)
def test_a_page_loads_nothing_from_elsewhere(client, path):
    """No third party learns who reads us."""
    page = client.get(path, headers=BROWSER).text

    for address in re.findall(r'(?:src|srcset|data|poster)="([^"]*)"', page):
        assert address.startswith("/"), address
    for link in re.findall(r"<link [^>]*>", page):
        if 'rel="canonical"' not in link and 'rel="alternate"' not in link:
            assert 'href="/' in link, link
    scripts = re.findall(r"<script[^>]*>", page)
    assert scripts == [] or path == "/verifier"
    assert " style=" not in page


@pytest.mark.parametrize("path", PUBLIC)
def test_every_image_has_its_words_and_its_size(client, path):
    """RGAA 1.1; and a page that does not jump while it loads."""
    page = client.get(path, headers=BROWSER).text

    for image in re.findall(r"<img [^>]*>", page):
        assert " alt=" in image, image
        if "/media/" not in image:
            assert " width=" in image, image


def test_every_link_on_every_public_page_leads_somewhere(client):
    """Dead links are the first thing that people see of neglect."""
    seen = set(PUBLIC)
    waiting = list(PUBLIC)
    while waiting:
        path = waiting.pop()
        answer = client.get(path, headers=BROWSER)
        if path != "/nulle-part" and "nulle-part" not in path:
            assert answer.status_code in (200, 303), path
        if "text/html" not in answer.content_type:
            continue
        for found in re.findall(r'<a [^>]*href="(/[^"#]*)', answer.text):
            address = found.replace("&amp;", "&")
            if address not in seen:
                seen.add(address)
                waiting.append(address)

    assert len(seen) > 50


def test_every_anchor_of_a_sheet_stands_in_it(client):
    """A link to a passage must not land at the top."""
    page = client.get(f"/modules/{MODULE}").text

    for anchor in re.findall(r'href="#([^"]+)"', page):
        assert f'id="{anchor}"' in page, anchor


# --- words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PUBLIC)
@pytest.mark.parametrize("prefix", ["", "/en"])
def test_no_page_calls_a_badge_what_it_is_not(client, path, prefix):
    """The words of the national registers stand only where the page says "not"."""
    page = client.get(path if not prefix else f"{path}?lang=en", headers=BROWSER).text
    text = re.sub(r"<[^>]*>", " ", page)

    for sentence in re.split(r"(?<=[.!?])\s", text):
        if re.search(r"\b(RNCP|certifications?|diplom\w+|diplôme\w*)\b", sentence):
            assert re.search(r"\b(ni|neither|nor|not|n.est|ne sont)\b", sentence), sentence


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_trusts_what_it_is_given(template):
    """W1: `safe`, scripts and inline styles have no place in a template."""
    text = template.read_text()

    assert not re.search(r"\|\s*safe\b", text)
    assert "autoescape" not in text
    scripts = re.findall(r"<script.*?</script>", text, re.DOTALL)
    # The camera's, from a file of ours; its page holds nothing that a visitor brought.
    of_the_camera = """<script type="module" src="{{ asset('scanner.js') }}"></script>"""
    assert scripts == ([of_the_camera] if template.parts[-2:] == ("verifier", "ask.html") else [])
    assert not re.search(r"\sstyle=|\son[a-z]+=", text)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_every_form_that_acts_carries_its_token(template):
    """A form without one is refused, and the person does not know why.

    Those of the verifier act on nothing, and a token would cost everybody a cookie.
    """
    if template.parent.name in ("verifier", "lists"):
        return
    for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", template.read_text(), re.DOTALL):
        assert 'name="csrf_token"' in form


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_text_of_a_template_escapes_translation(template):
    """A word outside `_()` stays French on the English page."""
    text = re.sub(r"{% block body_class %}\w+{% endblock %}", "", template.read_text())
    text = re.sub(r"{%-?\s*trans.*?endtrans\s*-?%}", "", text, flags=re.DOTALL)
    text = re.sub(
        r"{#.*?#}|{{.*?}}|{%.*?%}|<(svg|title)\b.*?</\1>|<[^>]*>", "", text, flags=re.DOTALL
    )
    words = re.findall(r"[^\W\d_]{3,}", text)

    known = {
        "CRCN",
        "CSV",
        "DigComp",
        "ESCO",
        "PNG",
        "SVG",
        "JSON",
        "JWT",
        "Open",
        "Badges",
        "did",
        "json",
    }
    known |= {"jwks", "cnil", "plaintes", "formulaire", "defenseurdesdroits", "nbsp"}
    assert [] == [word for word in words if word not in known]


# --- what we hold --------------------------------------------------------------------------------


def test_the_page_names_every_column_of_personal_data(app: Flask):
    """What the models register, the page says; nothing less, nothing invented."""
    registered = {line.column for line in register_of_processing(dict(Base.metadata.tables))}

    with app.test_request_context("/donnees-personnelles"):
        assert registered == set(personal_data.held())


# --- checking a badge ----------------------------------------------------------------------------


ID = "7YWHMfk9JZe3LM9g1ZauHu"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (f"https://badges.example/b/{ID}", ID),
        (f"https://badges.example/b/{ID}?lang=en", ID),
        (f"https://badges.example/b/{ID}.png", ID),
        (f"badges.example/b/{ID}", ID),
        (ID, ID),
        (f"https://evil.example/b/{ID}", None),
        (f"https://badges.example.evil.example/b/{ID}", None),
        (f"https://badges.example@evil.example/b/{ID}", None),
        (f"//evil.example/b/{ID}", None),
        ("https://badges.example/b/", None),
        ("https://[bad/b/x", None),
        ("", None),
        ("x" * 10_000, None),
    ],
)
def test_a_badge_is_found_in_what_a_person_types(typed, expected):
    """Only at our own address: another site's path proves nothing."""
    assert expected == public_id_in(typed, "https://badges.example")


# --- errors --------------------------------------------------------------------------------------


def test_an_error_says_what_to_do_and_whom_to_ask(client):
    """What could not be done, that nothing was lost, and a reference to read out."""
    answer = client.get("/nulle-part")

    assert 404 == answer.status_code
    assert re.search(r"<strong>[0-9A-F]{4}-[0-9A-F]{4}</strong>", answer.text)
    assert "Revenir à l" in answer.text


@pytest.mark.parametrize("path", ["/nulle-part", "/b/unknown", "/achievements/none/1/fr"])
def test_a_program_gets_a_problem_document(client, path):
    """RFC 9457."""
    answer = client.get(path, headers={"Accept": "application/json"})

    assert 404 == answer.status_code
    assert "application/problem+json" == answer.content_type
    assert {"type", "title", "status", "code", "reference"} == set(answer.get_json(force=True))


def test_an_unforeseen_error_shows_nothing_of_the_inside(app):
    """A reference, and calm; the log has the rest."""

    def broken() -> str:
        raise RuntimeError("secret-of-the-inside")

    app.add_url_rule("/broken", view_func=broken)

    answer = app.test_client().get("/broken")

    assert 500 == answer.status_code
    assert "secret-of-the-inside" not in answer.text
    assert "Le problème vient de chez nous" in answer.text
    assert "Cotentin Digital" in answer.text


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_a_verifier_with_too_much_to_do_says_when_to_come_back(app, accept):
    """503 with `Retry-After`, to people and to programs."""

    def busy() -> str:
        raise VerifierBusy("too many verifications wait already")

    app.add_url_rule("/busy", view_func=busy)

    answer = app.test_client().get("/busy", headers={"Accept": accept})

    assert 503 == answer.status_code
    assert "5" == answer.headers["Retry-After"]
    assert "many verifications" not in answer.text
    if accept == "application/json":
        assert "verifier_busy" == answer.get_json(force=True)["code"]


def test_a_form_that_is_too_large_is_refused(client):
    """413, in words."""
    answer = client.post("/connexion", data={"email": "x" * 4_000_000})

    assert answer.status_code in (400, 413)


def test_robots_may_read_what_is_public(client):
    """LinkedIn's must reach badge pages; nobody's needs a quiz."""
    rules = client.get("/robots.txt").text

    assert "Disallow: /mon-espace" in rules
    assert "/b/" not in rules
