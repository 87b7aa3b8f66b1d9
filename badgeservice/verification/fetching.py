"""What verification asks of whoever fetches documents for it.

Verification owns no network. It is handed a function from address to document, which decides what
may be asked at all: our own pages in process, files in a folder, or later the guarded way out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from badgeservice.errors import FetchFailed

__all__ = ["Fetch", "FetchFailed", "Fetched"]


@dataclass(frozen=True)
class Fetched:
    """An answer. `url` is the address that gave it, after redirects; `status` is that of HTTP."""

    url: str
    status: int
    media_type: str
    body: bytes


Fetch = Callable[[str], Fetched]
"""Returns the answer at an address; raises `FetchFailed` when there is none to be had."""

MAXIMUM_ADDRESSES = 12
"""How many different addresses one verification may ask for: an issuer and a list, for a badge and
for each of the endorsements that it may hold.
"""


def remembering(fetch: Fetch, *, limit: int = MAXIMUM_ADDRESSES) -> Fetch:
    """Return a fetch that asks each address once, and at most `limit` addresses.

    So one verification sees one state of the world, and a hostile badge cannot make us ask all of
    the world.
    """
    answers: dict[str, Fetched | FetchFailed] = {}

    def ask_once(address: str) -> Fetched:
        if address not in answers:
            if len(answers) >= limit:
                raise FetchFailed(f"more than {limit} addresses for one badge")
            try:
                answers[address] = fetch(address)
            except FetchFailed as error:
                answers[address] = error
        answer = answers[address]
        if isinstance(answer, FetchFailed):
            raise answer
        return answer

    return ask_once
