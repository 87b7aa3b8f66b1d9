"""Who sees a badge: its holder decides, and what others are told gives nothing away."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import APIResponse

from .conftest import Arrive
from .visitor import BY_LINK, PRIVATE, PUBLIC, Visitor

pytestmark = pytest.mark.journey

UNKNOWN = "2" * 22
# What changes with every answer, whatever is asked: the reference to quote, and the address itself.
_REFERENCE = re.compile(r"\b[0-9A-F]{4}-[0-9A-F]{4}\b")
_VARYING_HEADERS = frozenset({"date", "x-request-id", "content-length"})


def test_private_link_and_public(arrive: Arrive, email: str) -> None:
    """Private looks exactly like unknown; by link is kept from search engines; public is not."""
    holder, stranger = arrive("fr"), arrive("fr")
    holder.reach_offer(email)
    address = holder.accept(visibility=PRIVATE)
    public_id = address.rsplit("/", 1)[-1]

    for suffix in ("", ".json", ".jwt", ".png", "/qr.png"):
        private = _answer(stranger, f"/b/{public_id}{suffix}", public_id)
        unknown = _answer(stranger, f"/b/{UNKNOWN}{suffix}", UNKNOWN)
        assert 404 == private[0]
        assert unknown == private, f"/b/…{suffix} tells a private badge from an unknown one"
    stranger.page.goto(address)
    assert "Cette page n'est pas publique" == stranger.heading.replace("’", "'")
    assert _is_kept_from_search(stranger)

    _show_to(holder, BY_LINK)
    stranger.page.goto(address)
    assert 1 == stranger.page.locator(".verdict-green").count()
    assert _is_kept_from_search(stranger)

    _show_to(holder, PUBLIC)
    stranger.page.goto(address)
    assert 1 == stranger.page.locator(".verdict-green").count()
    assert not _is_kept_from_search(stranger)

    _show_to(holder, PRIVATE)
    stranger.page.goto(address)
    assert 0 == stranger.page.locator(".verdict").count()


def test_a_stranger_does_not_reach_the_space_of_the_holder(arrive: Arrive, email: str) -> None:
    """The addresses of a person's space are worth nothing in another browser."""
    holder, stranger = arrive("fr"), arrive("fr")
    holder.reach_offer(email)
    offer = holder.page.url
    holder.accept()

    for address in (offer, holder.page.url, f"{holder.page.url}/badge.json"):
        stranger.page.goto(address)
        assert "/connexion" == urlsplit(stranger.page.url).path


def _show_to(holder: Visitor, words: str) -> None:
    holder.choose(words)
    holder.tap("Enregistrer ce choix")


def _answer(visitor: Visitor, path: str, public_id: str) -> tuple[int, str, dict[str, str]]:
    """Return status, body and headers without what differs between any two answers."""
    answer: APIResponse = visitor.context.request.get(
        visitor.installation.base_url + path, headers={"Accept": "text/html"}
    )
    body = _REFERENCE.sub("REFERENCE", answer.text()).replace(public_id, "ID")
    headers = {k: v for k, v in answer.headers.items() if k not in _VARYING_HEADERS}
    return answer.status, body, headers


def _is_kept_from_search(visitor: Visitor) -> bool:
    """Tell whether the page and its headers both say noindex, and that they agree."""
    in_page = visitor.page.locator("meta[name=robots][content=noindex]").count() == 1
    in_header = visitor.document.headers.get("x-robots-tag") == "noindex"
    assert in_page == in_header
    return in_page
