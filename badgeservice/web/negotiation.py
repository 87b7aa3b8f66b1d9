"""Page or document: what a client that asks for an address wants to read."""

from __future__ import annotations

from werkzeug.datastructures import MIMEAccept

PAGES = ("text/html", "application/xhtml+xml")
DOCUMENTS = (
    "application/json",
    "application/ld+json",
    "application/vc",
    "application/vc+ld+json",
    "application/did+ld+json",
    "application/jwk-set+json",
    "application/problem+json",
)

FOR_PROGRAMS = "/api/"
"""Where the addresses begin that no person reads: no page, no cookie, any site may ask."""


def prefers_page(accept: MIMEAccept, *, otherwise: bool) -> bool:
    """Tell whether to answer with a page rather than a JSON document.

    A browser names HTML above everything else. A client that names a JSON type at least as high
    reads JSON (OB 2.0 implementation guide: `application/ld+json` anywhere acceptable). `otherwise`
    is the answer for a client that states no preference, such as `*/*` or no header at all.
    """
    page = max(accept[media_type] for media_type in PAGES)
    document = max(accept[media_type] for media_type in DOCUMENTS)
    if page != document:
        return page > document
    named = {media_type for media_type, _quality in accept}
    if named.intersection(DOCUMENTS):
        return False
    return otherwise or bool(named.intersection(PAGES))


def media_type_of(accept: MIMEAccept, own: str) -> str:
    """Return the media type under which a JSON document of type `own` is sent.

    The bytes are the same under each: a client that names only plainer types gets one of those.
    """
    for media_type in (own, "application/ld+json", "application/json"):
        if accept[media_type] > 0:
            return media_type
    return own
