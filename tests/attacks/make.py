"""Write the attack corpus: python -m tests.attacks.make [DIR] (scripts/attacks make).

Each class of attacks is a folder, each case a folder in it: `meta.json`, the submission, and those
documents in which its network differs from the one in `documents`. The same bytes every time: keys
and times are fixed. See README.md beside this file.
"""

from __future__ import annotations

import functools
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.attacks.making import (
    addresses,
    genuine,
    images,
    keys,
    linked_data,
    older,
    proofs,
    status,
    texts,
    tokens,
)
from tests.attacks.making.cases import COMMON, Case, Group
from tests.attacks.making.issuers import Document, World

ROOT = Path(__file__).resolve().parent
NETWORK = "documents"

GROUPS: tuple[Callable[[], Group], ...] = (
    genuine.controls,
    tokens.header_and_key,
    tokens.encoding_and_claims,
    proofs.embedded,
    linked_data.restructured,
    linked_data.contexts,
    keys.binding,
    texts.raw_json,
    texts.values,
    texts.dates,
    status.revocation,
    older.group,
    images.in_png,
    images.in_svg,
    addresses.forbidden,
    addresses.look_alikes,
)
"""What makes each class, genuine controls first."""

Files = dict[str, bytes]
"""Paths below the corpus, with what they hold."""


def files(groups: tuple[Callable[[], Group], ...] = GROUPS) -> Iterator[tuple[str, Files]]:
    """Yield every folder that the corpus owns, with its files."""
    index, written = _documents(f"{NETWORK}/", World(_shared()))
    yield NETWORK, written | {f"{NETWORK}/index.json": _pretty(index)}
    for make in groups:
        group = make()
        written: Files = {}
        for case in group.cases:
            written |= _of_case(case, f"{group.name}/{case.name}/")
        yield group.name, written


@functools.cache
def _shared() -> dict[str, Document | None]:
    """Return the answers that every case begins with: the school's and the academy's."""
    return COMMON.answers | older.academy().answers


def _of_case(case: Case, place: str) -> Files:
    submission = f"badge.{case.kind}"
    own = {} if case.world is None else case.world.answers
    shared = _shared()
    changed = {k: v for k, v in own.items() if k not in shared or v != shared[k]}
    index, written = _documents(place, World(changed))
    meta: dict[str, Any] = {
        "entry": case.entry,
        "submission": submission,
        "at": case.at,
        "base": case.base,
        "mutation": case.mutation,
        "expect": {name: value for name, value in asdict(case.expect).items() if value},
        "max_ms": case.max_ms,
        "allowed_hosts": sorted(case.hosts),
    }
    if index:
        meta["documents"] = index
    if case.reference:
        meta["reference"] = case.reference
    return {f"{place}meta.json": _pretty(meta), place + submission: case.data} | written


def _documents(place: str, world: World) -> tuple[dict[str, Document | None], Files]:
    """Return the index of a world, and a file for each body in it."""
    index: dict[str, Document | None] = {}
    written: Files = {}
    for number, (address, answer) in enumerate(world.answers.items(), 1):
        index[address] = answer
        if answer is not None and "body" in answer:
            index[address] = {name: value for name, value in answer.items() if name != "body"}
        if answer is not None and answer.get("body") is not None:
            index[address] = {"file": str(number)} | (index[address] or {})
            written[f"{place}{number}"] = answer["body"]
    return index, written


def _pretty(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"


def write(root: Path) -> int:
    """Write the whole corpus below `root` in place of what was there; return how many cases."""
    cases = 0
    for folder, written in files():
        shutil.rmtree(root / folder, ignore_errors=True)
        for name, data in written.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            cases += path.name == "meta.json"
    return cases


if __name__ == "__main__":
    where = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT
    print(f"{write(where)} cases in {where}")
