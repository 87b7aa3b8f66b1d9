"""LinkedIn links carry what they were given, whatever the characters."""

from __future__ import annotations

from datetime import date
from urllib.parse import parse_qs, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from badgeservice.sharing import linkedin

# Lone surrogates cannot be written in UTF-8, so they are not text that a badge can hold.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80)
DAYS = st.dates(date(2020, 1, 1), date(2090, 12, 31))


def read(address: str) -> dict[str, str]:
    """Return the parameters of `address`, each of which must stand there once."""
    values = parse_qs(urlsplit(address).query, keep_blank_values=True, strict_parsing=True)
    assert all(len(each) == 1 for each in values.values())
    return {name: each[0] for name, each in values.items()}


@given(name=TEXT, organization=TEXT, issued=DAYS, expires=DAYS, code=TEXT)
def test_every_value_comes_back_as_it_was_given(name, organization, issued, expires, code):
    """`R&D – niveau 1 / «é»` must not become another parameter or another name."""
    address = linkedin.add_to_profile(
        name=name,
        organization_name=organization,
        organization_id=None,
        issued=issued,
        expires=expires,
        url="https://badges.example/b/7F3K?lang=en",
        code=code,
    )

    assert {
        "startTask": "CERTIFICATION_NAME",
        "name": name,
        "organizationName": organization,
        "issueYear": str(issued.year),
        "issueMonth": str(issued.month),
        "expirationYear": str(expires.year),
        "expirationMonth": str(expires.month),
        "certUrl": "https://badges.example/b/7F3K?lang=en",
        "certId": code,
    } == read(address)


def example(**changes: object) -> str:
    """Return the link of an ordinary badge, with `changes`."""
    arguments: dict[str, object] = {
        "name": "Sécuriser l'environnement numérique — débutant",
        "organization_name": "Cotentin Digital",
        "organization_id": None,
        "issued": date(2026, 3, 9),
        "expires": None,
        "url": "https://badges.example/b/7F3K",
        "code": "7F3K",
    }
    return linkedin.add_to_profile(**(arguments | changes))


def test_a_badge_that_never_expires_sends_no_expiry():
    """LinkedIn reads an empty year as an invalid form."""
    parameters = read(example(expires=None))

    assert not [name for name in parameters if name.startswith("expiration")]


def test_the_month_has_no_leading_zero():
    """LinkedIn takes 1 to 12; `03` leaves the month empty."""
    assert read(example())["issueMonth"] == "3"


def test_the_page_number_replaces_the_name():
    """With both, LinkedIn ignores the number, and the logo is lost."""
    parameters = read(example(organization_id="12345"))

    assert parameters["organizationId"] == "12345"
    assert "organizationName" not in parameters


def test_a_space_is_written_as_percent_20():
    """The person would see `Cotentin+Digital` in the form."""
    assert "Cotentin%20Digital" in example()


@given(path=TEXT)
def test_share_sends_the_address_and_nothing_else(path):
    """Only `url` is read by LinkedIn; the rest comes from the page."""
    url = f"https://badges.example/b/{path}"

    assert {"url": url} == read(linkedin.share(url))
