"""P10: what a phone has to fetch for the first page that somebody sees."""

from __future__ import annotations

import re
import tempfile
import urllib.request
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from scripts.benches.measured import Measured
from scripts.drills import house

_PARTS = {("link", "href"), ("script", "src"), ("img", "src"), ("source", "srcset")}
_LOADED = {"stylesheet", "icon", "preload"}


class _Parts(HTMLParser):
    """The addresses of what a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what is loaded; a link that is only said, like the other language, is not."""
        given = dict(attrs)
        if tag == "link" and given.get("rel") not in _LOADED:
            return
        self.found |= {value for name, value in given.items() if value and (tag, name) in _PARTS}


def measure() -> list[Measured]:
    """Fetch the pages that people come to first, with all that they load; the heaviest counts."""
    with tempfile.TemporaryDirectory() as name:
        port = house.free_port()
        environment = house.installed(Path(name), port)
        badge = house.badge(environment)
        with house.served(environment, port):
            pages = {
                path: _weigh(f"http://127.0.0.1:{port}{path}")
                for path in ("/", "/modules", "/connexion", "/verifier", badge)
            }
    html = max(pages, key=lambda path: pages[path][0])
    whole = max(pages, key=lambda path: pages[path][1])
    elsewhere = sum(weight[2] for weight in pages.values())
    shown = {path if path != badge else "badge": f"{a / 1e3:.1f} of {b / 1e3:.1f} kB"
             for path, (a, b, _) in pages.items()}  # fmt: skip
    return [
        Measured("P10", "heaviest HTML", pages[html][0] / 1e3, "kB", "≤", 50, dict(shown)),
        Measured("P10", "heaviest page with everything", pages[whole][1] / 1e3, "kB", "≤", 150),
        Measured("P10", "parts from elsewhere", elsewhere, "addresses", "≤", 0),
    ]


def _weigh(address: str) -> tuple[int, int, int]:
    """Return the bytes of a page, the bytes with all its parts, and how many parts are elsewhere."""
    page = _fetch(address)
    reader = _Parts()
    reader.feed(page.decode())
    waiting, weighed, elsewhere = [urljoin(address, part) for part in reader.found], {}, 0
    while waiting:
        part = waiting.pop()
        if part in weighed or part.startswith("data:"):
            continue
        if urlsplit(part).netloc != urlsplit(address).netloc:
            elsewhere += 1
            continue
        data = weighed[part] = _fetch(part)
        if urlsplit(part).path.endswith(".css"):
            inner = re.findall(rb"url\(['\"]?([^'\")]+)", data)
            waiting += [urljoin(part, each.decode()) for each in inner]
    return len(page), len(page) + sum(map(len, weighed.values())), elsewhere


def _fetch(address: str) -> bytes:
    asked = urllib.request.Request(address, headers={"Accept": "text/html,*/*"})
    with urllib.request.urlopen(asked, timeout=30) as answer:
        data: bytes = answer.read()
    return data
