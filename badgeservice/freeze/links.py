"""Links of a page, as files can follow them.

A file server does not read what stands behind `?`. So a page that stands in both languages under
one address has a file for each, and links that name a language lead to the file.
"""

from __future__ import annotations

import re

VERIFIER = "/verifier/"
"""Where the page stands that verifies in the browser; one for both languages."""

FILES = {"fr": "index.html", "en": "en.html"}
"""The file of a page in each language, in the folder of its address."""

_LANGUAGE = re.compile(r'((?:href|content)="[^"?#]*)\?lang=(fr|en)(?=[#"])')
_VERIFIER = re.compile(r'(href=")(?:/verifier|/en/verify)(?=[#"])')


def followed(page: bytes) -> bytes:
    """Return a page whose links lead to files.

    >>> followed(b'<a href="/b/2?lang=en">EN</a> <a href="/en/verify#badge=x">').decode()
    '<a href="/b/2/en.html">EN</a> <a href="/verifier/#badge=x">'
    """
    text = _LANGUAGE.sub(lambda found: f"{found[1]}/{FILES[found[2]]}", page.decode())
    return _VERIFIER.sub(rf"\g<1>{VERIFIER}", text).encode()
