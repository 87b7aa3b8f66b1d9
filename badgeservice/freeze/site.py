"""`freeze`: the whole public site into a folder, from one address to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from flask import Flask

from badgeservice.freeze import addresses, folder, pieces, servers, verifier
from badgeservice.freeze.asking import Visitor
from badgeservice.freeze.folder import Changes
from badgeservice.freeze.pieces import Piece
from badgeservice.web import frozen

Progress = Callable[[int, int], None]
"""Is told how many badges are done, of how many."""


def freeze(app: Flask, root: Path, *, now: datetime, progress: Progress) -> Changes:
    """Write everything public below `root`, as of `now`; return what changed.

    What was written before and says the same stays as it is, with its day. Raises FreezeRefused for
    a folder that is not ours to write, and FreezeInterrupted when an address cannot be frozen; then
    nothing was removed.
    """
    visitor = Visitor(app)
    with folder.opened(
        root, base_url=visitor.base_url, dated=lambda page: frozen.dated(page, now)
    ) as target:
        for piece in _pieces(app, visitor, progress):
            target.put(piece)
        for piece in _told(visitor.base_url, root.resolve()):
            target.put(piece)
        target.put(verifier.as_of(), anew=target.differs())
        target.sweep()
        return target.changes


def _told(base_url: str, root: Path) -> Iterator[Piece]:
    """Yield what servers are to be told."""
    yield Piece("servers/nginx.conf", servers.nginx_conf(base_url, root).encode())
    yield Piece(f"{pieces.SITE}/_headers", servers.headers_file().encode())


def _pieces(app: Flask, visitor: Visitor, progress: Progress) -> Iterator[Piece]:
    yield from pieces.of_errors(visitor)
    yield verifier.page_of(app)
    endorsements = list(addresses.of_endorsements(app))
    yield from verifier.register_of(app, endorsements)
    for path in (*addresses.of_site(app), *endorsements):
        yield from pieces.of(visitor, path, addresses.way(app, path))
    total = addresses.count_badges(app)
    for done, paths in enumerate(addresses.of_badges(app), start=1):
        for path in paths:
            yield from pieces.of(visitor, path, addresses.way(app, path))
        yield from verifier.register_of(app, paths)
        progress(done, total)
