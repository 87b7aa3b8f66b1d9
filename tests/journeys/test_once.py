"""However often it is tapped, an offer becomes one badge."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

import pytest

from .conftest import Arrive
from .installation import Installation
from .visitor import BY_LINK, PRIVATE, Visitor, spaces_alike

pytestmark = pytest.mark.journey


def test_a_double_tap_gives_one_badge(
    installation: Installation, arrive: Arrive, email: str
) -> None:
    """An impatient thumb taps twice before the answer comes."""
    visitor = arrive("fr")
    visitor.reach_offer(email)
    before = installation.counts()
    visitor.choose(BY_LINK)

    with visitor.page.expect_navigation(url="**/mon-espace/badges/*"):
        visitor.control("Recevoir ce badge").dblclick(no_wait_after=True)
    visitor.open("/mon-espace")

    assert 1 == visitor.page.locator(".cards h3 a[href*='/badges/']").count()
    after = installation.counts()
    assert (before.intents + 1, before.credentials + 1) == (after.intents, after.credentials)


def test_four_acceptances_at_the_same_instant_give_one_badge(
    installation: Installation, arrive: Arrive, email: str
) -> None:
    """Four requests race through four threads of the server; each is led to the same badge."""
    visitor = arrive("fr")
    visitor.reach_offer(email)
    before = installation.counts()
    address, form = _acceptance(visitor)
    cookie = "; ".join(f"{c['name']}={c['value']}" for c in visitor.context.cookies())

    with ThreadPoolExecutor(4) as pool:
        places = list(pool.map(lambda _: _post(address, form, cookie), range(4)))

    assert 1 == len(set(places)), places
    assert "/mon-espace/badges/" in places[0]
    after = installation.counts()
    assert (before.intents + 1, before.credentials + 1) == (after.intents, after.credentials)


def test_two_tabs_lead_to_the_same_badge(
    installation: Installation, arrive: Arrive, email: str
) -> None:
    """The offer stays open in a second tab; accepting there shows the badge that already is."""
    visitor = arrive("fr")
    visitor.reach_offer(email)
    other = Visitor(installation, visitor.context, visitor.context.new_page(), "fr")
    other.page.goto(visitor.page.url)

    first = visitor.accept(visibility=BY_LINK)
    second = other.accept(visibility=PRIVATE)

    assert first == second
    chosen = other.page.locator("label.choice").filter(has=other.page.locator(":checked"))
    assert spaces_alike(BY_LINK).match(chosen.inner_text()), "the first choice holds"


def _acceptance(visitor: Visitor) -> tuple[str, dict[str, str]]:
    """Return the address and the fields of the form on the offer."""
    form = visitor.page.locator("form.choices-form")
    token = form.locator("input[name=csrf_token]").get_attribute("value") or ""
    action = form.get_attribute("action") or ""
    fields = {
        "csrf_token": token,
        "with_name": "no",
        "signed_language": "fr",
        "visibility": "link",
    }
    return visitor.installation.base_url + action, fields


def _post(address: str, form: dict[str, str], cookie: str) -> str:
    """Post a form; return where the answer leads, or its status when it leads nowhere."""
    parts = urlsplit(address)
    connection = HTTPConnection(parts.netloc, timeout=60)
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    with closing(connection):
        connection.request("POST", parts.path, urlencode(form), headers)
        answer = connection.getresponse()
        return answer.headers.get("Location") or str(answer.status)
