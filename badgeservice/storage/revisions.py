"""Which migration a release is at, read from the migrations themselves.

Alembic knows too, and takes half a second and some megabytes to say so: whoever only asks, as each
web process does when it starts, does not load it. Source: Alembic's tutorial, "Create a Migration
Script" (each names itself and the one before it).
"""

from __future__ import annotations

import re
from pathlib import Path

_NAMED = re.compile(r'^(down_)?revision = (?:None|"(\w+)")$', re.MULTILINE)


def heads(folder: Path) -> frozenset[str]:
    """Return the revisions in `folder` that no other follows: one, unless a branch was left open."""
    own: set[str] = set()
    before: set[str] = set()
    for path in folder.glob("[0-9]*.py"):
        for is_before, revision in _NAMED.findall(path.read_text("utf-8")):
            (before if is_before else own).add(revision)
    return frozenset(own - before)
