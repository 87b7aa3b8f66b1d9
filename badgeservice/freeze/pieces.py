"""As which files the answers of an address stand, so that a server of files finds them.

| address | file |
|---|---|
| a page `X` | `X/index.html`; in English, where both languages share the address, `X/en.html` |
| a document at the address of a page | `X.json` |
| a document with an address of its own | `X`, without an ending if the address has none |
| what leads people on from a document | `X.html` |
| what is gone (410) | its page, and an empty file `X.gone` in another folder |
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from badgeservice.freeze import links
from badgeservice.freeze.addresses import Way
from badgeservice.freeze.asking import DOCUMENT, PAGE, Visitor
from badgeservice.kit import site as kit_site
from badgeservice.web import languages

SITE, GONE = "site", "gone"
"""The folder that a server shows, and the one that tells it what is gone."""

AS_OF = f"{SITE}{kit_site.AS_OF}"
"""The one file that says when the site was last frozen with a change."""

MARK = ".gone"
"""The ending of an empty file that says so of an address; what lies below one may be gone too."""


@dataclass(frozen=True)
class Piece:
    """One file: its name in the folder, and its bytes.

    A page, and what says as of when the site is, still has the tokens of the day (`web.frozen`).
    """

    name: str
    content: bytes

    @property
    def is_dated(self) -> bool:
        """Whether the day is to be filled in."""
        return self.name.endswith(".html") or self.name == AS_OF


def of(visitor: Visitor, path: str, way: Way) -> Iterator[Piece]:
    """Yield the files of an address; none when nothing stands there."""
    match way:
        case Way.PAGE:
            yield from _page(visitor, path, "fr")
        case Way.PAGES:
            yield from _pages(visitor, path)
        case Way.BOTH:
            yield from _pages(visitor, path)
            yield from _document(visitor, path, f"{path}.json")
        case Way.DOCUMENT:
            yield from _document(visitor, path, path)
        case Way.LEADS:
            yield from _document(visitor, path, path)
            answer = visitor.ask(path, PAGE)
            if answer is not None and answer.leads_to:
                yield Piece(f"{SITE}{path}.html", links.followed(visitor.leading(answer.leads_to)))
        case Way.VERIFIER:
            if f"{path}/" != links.VERIFIER:
                language = "en" if path.startswith("/en/") else "fr"
                page = visitor.leading(links.VERIFIER, language=language)
                yield Piece(f"{SITE}{path}/index.html", links.followed(page))


def of_errors(visitor: Visitor) -> Iterator[Piece]:
    """Yield the pages for what is not there and for what is gone, and those that hide folders.

    A server that lists its folders would give away every badge that is shown by its link alone.
    """
    absent = links.followed(visitor.absent("fr"))
    yield Piece(f"{SITE}/404.html", absent)
    yield Piece(f"{SITE}/410.html", links.followed(visitor.gone("fr")))
    yield Piece(f"{SITE}/en/404.html", links.followed(visitor.absent("en")))
    for folder in ("b", "c", "ob2", "ob2/assertions", "endorsements"):
        yield Piece(f"{SITE}/{folder}/index.html", absent)


def _pages(visitor: Visitor, path: str) -> Iterator[Piece]:
    for language in links.FILES:
        yield from _page(visitor, path, language, shares_address=True)


def _page(
    visitor: Visitor, path: str, language: str, *, shares_address: bool = False
) -> Iterator[Piece]:
    answer = visitor.ask(path, PAGE, language=language if shares_address else "")
    if answer is None:
        return
    folder = path.rstrip("/")
    yield Piece(f"{SITE}{folder}/{links.FILES[language]}", links.followed(answer.body))
    if answer.is_gone and language == languages.DEFAULT:
        yield Piece(f"{GONE}{folder}{MARK}", b"")


def _document(visitor: Visitor, path: str, name: str) -> Iterator[Piece]:
    answer = visitor.ask(path, DOCUMENT)
    if answer is None:
        return
    if answer.is_gone:
        yield Piece(f"{GONE}{path}{MARK}", b"")
    # What a program is told about an error has a reference in it, and is no document.
    if answer.media_type != "application/problem+json":
        yield Piece(f"{SITE}{name}", answer.body)
