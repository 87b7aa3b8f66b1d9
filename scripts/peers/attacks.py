"""Let software that we did not write judge the attack corpus, and print what each accepts.

    scripts/attacks peers             the table by class, in Markdown, and what was accepted
    scripts/attacks peers --json      every case that a peer accepted, or refused though genuine

Each peer is asked through its `check`, as in `judge.py`, and only about cases that it can be asked
about: in a format that it reads, in a world without redirects, and whose outcome is the same today
as at the time of the case, because peers look at the clock. A case counts as an attack only if it
is none of the look-alikes, which are sound. Nobody is blamed for a class in which the peer refuses
the genuine badge as well.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from judge import HERE, PEERS, REGISTRY_ADDRESS, SCHEMA, SCHEMA_ADDRESS, Peer, command

from tests.attacks import corpus
from tests.attacks.corpus import Stored

ASKED = {
    "verifier-core": ("json",),
    "digitalbazaar-vc": ("json",),
    "openvc": ("json",),
    "openbadgeslib": ("json", "jwt", "png", "svg"),
}
"""The peers that are asked, and the kinds of submission that they read."""
IN_LIST = ("verifier-core",)
"""Peers to which a proof is handed over in a list of one, as the 1EdTech schema has it."""
TRUSTED = "did:web:school.example"
_VERSION_2 = "11-open-badges-2"


def questions(peer: Peer) -> list[Stored]:
    """Return the cases that a peer can be asked about."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return [
        case
        for case in corpus.stored()
        if case.meta["submission"].rpartition(".")[2] in ASKED[peer.name]
        and case.group != _VERSION_2
        and not case.folder.name.startswith(("older-", "image-older-"))
        and not any("redirect" in (answer or {}) for answer in case.network.values())
        and _same_today(case, now)
    ]


def _same_today(case: Stored, now: str) -> bool:
    answer = corpus.ask_in_process(replace(case, meta=case.meta | {"at": now, "max_ms": 10**9}))
    return not corpus.problems(case, replace(answer, seconds=0))


def judged(peer: Peer, cases: list[Stored], scratch: Path) -> Iterator[tuple[Stored, bool, str]]:
    """Yield what a peer says of each case: accepted or not, and why not."""
    worlds: dict[str, list[Stored]] = {}
    for case in cases:
        worlds.setdefault(json.dumps(case.network), []).append(case)
    registry = scratch / "registry.json"
    registry.write_text(json.dumps({"registry": {TRUSTED: {"name": "School", "url": TRUSTED}}}))
    for group in worlds.values():
        documents = {
            address: {
                "path": str(corpus.ROOT / answer["file"]) if "file" in answer else os.devnull,
                "status": answer.get("status", 200),
                "type": answer.get("type", "application/json"),
            }
            for address, answer in group[0].network.items()
            if answer is not None
        }
        for address, path in ((REGISTRY_ADDRESS, registry), (SCHEMA_ADDRESS, SCHEMA)):
            documents[address] = {"path": str(path), "status": 200, "type": "application/json"}
        yield from _answers(peer, group, documents, scratch)


def _answers(
    peer: Peer, group: list[Stored], documents: dict[str, Any], scratch: Path
) -> Iterator[tuple[Stored, bool, str]]:
    """Yield the answers of one process, and begin another behind a case that ends the process."""
    while group:
        task = scratch / "task.json"
        samples = [
            {"name": case.name, "path": _handed_over(peer, case, scratch), "format": _format(case)}
            for case in group
        ]
        task.write_text(
            json.dumps(
                {
                    "documents": documents,
                    "registry": REGISTRY_ADDRESS,
                    "schema": str(SCHEMA),
                    "samples": samples,
                }
            )
        )
        environment = {**os.environ, "PEER_TASK": str(task), "PYTHONPATH": str(HERE)}
        try:
            done = subprocess.run(
                command(peer, "check"),
                env=environment,
                capture_output=True,
                timeout=60,
                check=False,
            ).stdout
        except subprocess.TimeoutExpired as error:
            done = error.stdout or b""
        lines = [json.loads(line) for line in done.splitlines()]
        for case, line in zip(group, lines, strict=False):
            yield case, line["accepted"], line["reason"]
        if len(lines) < len(group):
            yield group[len(lines)], False, "no answer within a minute, or the process ended"
        group = group[len(lines) + 1 :]


def _format(case: Stored) -> str:
    """Return the format of a sample as the checks of the peers call it."""
    kind = case.meta["submission"].rpartition(".")[2]
    return {"json": "eddsa-rdfc-2022", "jwt": "vc-jwt-es256"}.get(kind, kind)


def _handed_over(peer: Peer, case: Stored, scratch: Path) -> str:
    path = case.folder / case.meta["submission"]
    if peer.name in IN_LIST:
        try:
            document = json.loads(path.read_bytes())
        except (ValueError, RecursionError):
            return str(path)
        if isinstance(document, dict) and isinstance(document.get("proof"), dict):
            document["proof"] = [document["proof"]]
            path = scratch / f"{case.name.replace('/', '-')}.json"
            path.write_text(json.dumps(document))
    return str(path)


def main() -> int:
    """Ask every peer, print what was found."""
    parser = argparse.ArgumentParser(prog="scripts/attacks peers")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found: dict[str, dict[str, Any]] = {}
    for peer in (peer for peer in PEERS if peer.name in ASKED):
        cases = questions(peer)
        with tempfile.TemporaryDirectory() as scratch:
            answers = list(judged(peer, cases, Path(scratch)))
        found[peer.name] = {
            "version": f"{peer.package} {peer.version}",
            "asked": dict(Counter(case.group for case in cases)),
            "accepted": [case.name for case, accepted, _ in answers if accepted],
            "refused": {
                case.name: reason
                for case, accepted, reason in answers
                if not accepted and case.is_genuine
            },
        }
        print(f"{peer.name}: {len(answers)} cases", file=sys.stderr, flush=True)
    if options.json:
        print(json.dumps(found, indent=1, ensure_ascii=False))
    else:
        print("\n".join(table(found)))
    return 0


def table(found: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Yield the table by class: accepted of asked."""
    yield f"Seen on {datetime.now(UTC).date()}.\n"
    yield f"| Class | {' | '.join(each['version'] for each in found.values())} |"
    yield "|---" * (len(found) + 1) + "|"
    for group in sorted({group for each in found.values() for group in each["asked"]}):
        cells = []
        for each in found.values():
            accepted = sum(name.startswith(f"{group}/") for name in each["accepted"])
            asked = each["asked"].get(group, 0)
            cells.append(f"{accepted} of {asked}" if asked else "–")
        yield f"| {group} | {' | '.join(cells)} |"
    for name, each in found.items():
        attacks = [case for case in each["accepted"] if not case.startswith(("00-", "18-"))]
        yield f"\n{name} accepts: {', '.join(attacks) or 'none of the attacks'}."


if __name__ == "__main__":
    sys.exit(main())
