"""Who answers at an address, and whether one address lies within another.

Addresses are compared by their parts and never as text: `https://school.example` is the beginning
of `https://school.example.evil.example` too. What can be read in two ways belongs to nobody.
Source: Open Badges 2.0, "Hosted Verification" (`startsWith`, `allowedOrigins`); RFC 6454.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

_WEB_ADDRESS = re.compile(r"https?://[!-~]+")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_PORTS = {"http": 80, "https": 443}


class Origin(NamedTuple):
    """Scheme, host and port."""

    scheme: str
    host: str
    port: int


def secure(address: str) -> str:
    """Return `address` with https instead of plain http.

    Old badges name their documents at plain http, where anyone on the way can answer. Nearly all
    of these sites answer at https today. An address with a port of its own stays as it is.

    >>> secure("http://school.example/badge.json")
    'https://school.example/badge.json'
    """
    found = origin(address)
    if found is None or found.scheme == "https" or urlsplit(address).port is not None:
        return address
    return f"https{address[4:]}"


def origin(address: str) -> Origin | None:
    """Return who answers at an address, None unless it is a plain web address.

    Names in other scripts, user names and backslashes are read differently by different software.

    >>> origin("https://School.example/badge.json")
    Origin(scheme='https', host='school.example', port=443)
    """
    if not _WEB_ADDRESS.fullmatch(address) or "\\" in address:
        return None
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if "@" in parts.netloc or not _HOST.fullmatch(host):
        return None
    return Origin(parts.scheme, host, _PORTS[parts.scheme] if port is None else port)


def is_same(one: str, other: str) -> bool:
    """Tell whether the same site answers at two addresses, plain http counting as its https."""
    found = origin(secure(one))
    return found is not None and found == origin(secure(other))


def lies_within(address: str, prefix: str) -> bool:
    """Tell whether `address` lies under `prefix`, whole steps of the path counting.

    >>> lies_within("https://a.example/badges/1", "https://a.example/badges")
    True
    >>> lies_within("https://a.example/badges-of-others/1", "https://a.example/badges")
    False
    """
    if not is_same(address, prefix):
        return False
    inner, outer = urlsplit(address), urlsplit(prefix)
    if outer.query or outer.fragment or {".", ".."} & set(unquote(inner.path).split("/")):
        return False
    folder = outer.path if outer.path.endswith("/") else f"{outer.path}/"
    return inner.path == outer.path or inner.path.startswith(folder)
