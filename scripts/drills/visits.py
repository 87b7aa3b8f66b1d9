"""A visit to every kind of page, so that a process has loaded and remembers whatever it ever will.

A person walks from the home page to a verified badge (`scripts/walk.py`), for which badges are signed
and pages made that only they see; then every address that stands on a page is asked for, from the
home page and a badge on, in both languages.
"""

from __future__ import annotations

import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from urllib.parse import urljoin

MOST = 400
_ADDRESS = re.compile(r'(?:href|src)="([^"#]+)|"(https?://[^"#]+)')


def everything(environment: dict[str, str], port: int, page: str) -> int:
    """Ask a running service for every kind of page; return how many addresses were found and asked.

    `page` is the path of a badge.
    """
    base = f"http://127.0.0.1:{port}"
    walked = [sys.executable, "scripts/walk.py", base]
    subprocess.run(walked, env=environment, check=True, stdout=subprocess.DEVNULL)
    ahead = [f"{base}{path}" for path in ("/", "/en/", page, "/api/v1/openapi.json")]
    asked: set[str] = set()
    while ahead and len(asked) < MOST:
        address = ahead.pop(0)
        if address not in asked:
            asked.add(address)
            ahead += [each for each in _found(address, len(asked)) if each.startswith(f"{base}/")]
    return len(asked)


def _found(address: str, number: int) -> Iterator[str]:
    """Yield the addresses in an answer. Visits are of many visitors, as far as limits know."""
    headers = {"Accept": "text/html", "X-Forwarded-For": f"198.18.200.{number % 250 + 1}"}
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers)) as answer:
            kind, body = answer.headers["Content-Type"], answer.read()
    except urllib.error.HTTPError as error:
        error.close()
        return
    if kind.startswith(("text/html", "application/")):
        for relative, absolute in _ADDRESS.findall(body.decode("utf-8", "replace")):
            yield urljoin(address, (relative or absolute).replace("&amp;", "&"))
