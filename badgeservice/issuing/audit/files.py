"""Did a crash leave half-written files behind?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from badgeservice.issuing.audit.books import Books, Findings

GRACE = timedelta(hours=1)
"""How old a temporary file may be: whoever is writing it now has long finished by then."""


def leftovers(books: Books) -> Findings:
    """No temporary file is older than an hour, neither among the keys nor beside the signer's log."""
    for folder in sorted({books.office.keyring.keys_dir, books.office.log.path.parent}):
        for path in sorted(folder.rglob("*.tmp")):
            written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            if written < books.now - GRACE:
                yield str(path), f"left behind on {written:%Y-%m-%d}; look at it, then delete it"
