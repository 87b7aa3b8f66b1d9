"""Run every peer on every sample, print what each said, and compare it with what is expected.

A peer is a folder here with a locked environment and a `check` program. The program reads a task
(the samples, and the files that stand at each address), and prints a verdict for each sample.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import environments
import signers
from environments import CACHE, HERE
from tampering import (
    EDDSA,
    ES256,
    HOSTED,
    JSON,
    PNG,
    PNG_BOTH,
    RS256,
    SIGNED,
    SVG,
    SVG_BOTH,
    Question,
)

EXPECTED = HERE / "expected.json"
SCHEMAS = HERE.parent.parent.parent / "shared" / "schemas"
SCHEMA = SCHEMAS / "achievementcredential.json"
SCHEMA_ADDRESS = (
    "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"
)
REGISTRY_ADDRESS = "https://registry.example/issuers.json"
_TOKENS = (ES256, RS256, EDDSA)
_BOTH = (PNG_BOTH, SVG_BOTH)
_ALL = frozenset(Question) - {Question.OLDER}
"""What a verifier of Open Badges 3.0 can ask."""
_MINUTES_MAXIMUM = 5


@dataclass(frozen=True)
class Peer:
    """Software that we did not write. `asks` are the questions that it claims to answer."""

    name: str
    title: str
    package: str
    formats: tuple[str, ...]
    asks: frozenset[Question]
    language: str

    @property
    def version(self) -> str:
        """The version in the lock file."""
        if self.language == "node":
            lock = json.loads((HERE / self.name / "package-lock.json").read_text())
            return str(lock["packages"][f"node_modules/{self.package}"]["version"])
        if self.language == "python":
            lines = (HERE / self.name / "requirements.lock").read_text().splitlines()
            return next(x for x in lines if x.startswith(f"{self.package}==")).split("==")[1][:-2]
        return "3.0, July 2024"


PEERS = (
    Peer(
        name="verifier-core",
        title="Digital Credentials Consortium verifier-core",
        package="@digitalcredentials/verifier-core",
        formats=(JSON,),
        asks=_ALL,
        language="node",
    ),
    Peer(
        name="digitalbazaar-vc",
        title="Digital Bazaar vc",
        package="@digitalbazaar/vc",
        formats=(JSON,),
        asks=_ALL - {Question.STRUCTURE},
        language="node",
    ),
    Peer(
        name="jose",
        title="jose",
        package="jose",
        formats=_TOKENS,
        asks=frozenset({Question.SIGNATURE, Question.ISSUER, Question.DATES}),
        language="node",
    ),
    Peer(
        name="openvc",
        title="openvc-core",
        package="openvc-core",
        formats=(JSON, *_TOKENS),
        asks=_ALL - {Question.STRUCTURE},
        language="python",
    ),
    Peer(
        name="openbadgeslib",
        title="openbadgeslib",
        package="openbadgeslib",
        formats=(JSON, *_TOKENS, PNG, SVG, *_BOTH, HOSTED, SIGNED),
        asks=_ALL,
        language="python",
    ),
    Peer(
        name="openbadges",
        title="1EdTech openbadges (validator core)",
        package="openbadges",
        formats=(HOSTED, SIGNED, *_BOTH),
        asks=frozenset(Question) - {Question.NEWER},
        language="python",
    ),
    Peer(
        name="openbadges-bakery",
        title="openbadges-bakery (Python)",
        package="openbadges-bakery",
        formats=_BOTH,
        asks=frozenset(),
        language="python",
    ),
    Peer(
        name="openbadges-bakery-npm",
        title="openbadges-bakery (npm)",
        package="openbadges-bakery",
        formats=_BOTH,
        asks=frozenset(),
        language="node",
    ),
    Peer(
        name="schema",
        title="1EdTech JSON Schema (strict)",
        package="",
        formats=(JSON, *_TOKENS),
        asks=frozenset({Question.STRUCTURE}),
        language="ours",
    ),
)


@dataclass(frozen=True)
class Verdict:
    """What a peer said of a sample. `number` tells samples of the same name apart."""

    peer: str
    format: str
    sample: str
    number: int
    question: Question
    accepted: bool
    reason: str

    @property
    def wrong(self) -> bool:
        """Whether a tampered copy was accepted by a peer that claims to ask the question."""
        return self.accepted and self.question is not Question.NONE and self.asked

    @property
    def asked(self) -> bool:
        """Whether the peer claims to answer this sample's question."""
        return self.question in next(p for p in PEERS if p.name == self.peer).asks


def main(arguments: list[str]) -> int:
    """Do what the command line says; return the exit status."""
    parser = argparse.ArgumentParser(prog="scripts/peers/run")
    output = parser.add_mutually_exclusive_group()
    for option in ("json", "markdown", "record", "install-only"):
        output.add_argument(f"--{option}", action="store_true")
    parser.add_argument("samples", nargs="?", type=Path)
    options = parser.parse_args(arguments)
    if options.install_only:
        install()
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        samples = options.samples
        if samples is None:
            samples = Path(temporary) / "samples"
            subprocess.run([sys.executable, str(HERE / "make_samples.py"), samples], check=True)
        verdicts = list(judge(samples, Path(temporary)))
    found = expectations(verdicts)
    if options.record:
        EXPECTED.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
        return 0
    if options.json:
        print(json.dumps([vars(verdict) for verdict in verdicts], indent=1))
    else:
        print("\n".join(table(verdicts)))
    differences = list(compare(json.loads(EXPECTED.read_text()), found))
    for difference in differences:
        print(difference, file=sys.stderr)
    return 1 if differences else 0


def install() -> None:
    """Make the environment of every peer, and of those that sign."""
    for peer in PEERS:
        command(peer, "check")
    signers.prepare()


def judge(samples: Path, scratch: Path, peers: Iterable[Peer] = PEERS) -> Iterator[Verdict]:
    """Yield what every peer, or each of `peers`, says of every sample of its formats.

    Raises RuntimeError when a peer does not give one verdict for each: a silent peer has not
    refused anything.
    """
    listing = json.loads((samples / "samples.json").read_text())
    documents = _world(samples, listing["issuer"], scratch)
    for peer in peers:
        mine = [s for s in listing["samples"] if s["format"] in peer.formats]
        task = scratch / f"{peer.name}.json"
        task.write_text(
            json.dumps(
                {
                    "documents": documents,
                    "registry": REGISTRY_ADDRESS,
                    "schema": str(SCHEMA),
                    "samples": [s | {"path": str((samples / s["file"]).resolve())} for s in mine],
                }
            )
        )
        answers = _run(peer, task)
        if [(a["sample"], a["format"]) for a in answers] != [
            (s["name"], s["format"]) for s in mine
        ]:
            raise RuntimeError(f"{peer.name} judged {len(answers)} of {len(mine)} samples")
        counted: dict[tuple[str, str], int] = {}
        for sample, answer in zip(mine, answers, strict=True):
            key = (sample["format"], sample["name"])
            counted[key] = counted.get(key, 0) + 1
            yield Verdict(
                peer=peer.name,
                format=sample["format"],
                sample=sample["name"],
                number=counted[key],
                question=Question(sample["question"]),
                accepted=answer["accepted"],
                reason=answer["reason"],
            )


def expectations(verdicts: Iterable[Verdict]) -> dict[str, dict[str, dict[str, str]]]:
    """Return the verdicts as they are recorded: peer -> format -> sample -> word."""
    recorded: dict[str, dict[str, dict[str, str]]] = {}
    for verdict in verdicts:
        name = verdict.sample if verdict.number == 1 else f"{verdict.sample} {verdict.number}"
        word = "accepted" if verdict.accepted else "refused"
        if verdict.accepted and verdict.question is not Question.NONE:
            word = "WRONGLY ACCEPTED" if verdict.wrong else "left open"
        recorded.setdefault(verdict.peer, {}).setdefault(verdict.format, {})[name] = word
    return recorded


def compare(expected: Any, found: Any, place: str = "") -> Iterator[str]:
    """Yield one line for each place where what was found is not what was expected."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for name in {**expected, **found}:
            yield from compare(expected.get(name), found.get(name), f"{place} / {name}".strip(" /"))
    elif expected != found:
        yield f"{place}: expected {expected}, found {found}"


def table(verdicts: list[Verdict]) -> Iterator[str]:
    """Yield the lines of the table, in Markdown, and why a genuine badge was refused."""
    columns = (
        "Peer",
        "Version",
        "Format",
        "Genuine badges",
        "Tampered copies refused",
        "Not its question",
        "**Wrongly accepted**",
    )
    yield f"| {' | '.join(columns)} |"
    yield "|---" * len(columns) + "|"
    refusals = []
    for peer in PEERS:
        for form in peer.formats:
            mine = [v for v in verdicts if v.peer == peer.name and v.format == form]
            yield _row(peer, form, mine)
            refusals += [v for v in mine if v.question is Question.NONE and not v.accepted][:1]
    for verdict in refusals:
        yield ""
        title = next(p.title for p in PEERS if p.name == verdict.peer)
        yield f"{title} refuses a genuine badge as {verdict.format}: “{verdict.reason}”."


def _row(peer: Peer, form: str, verdicts: list[Verdict]) -> str:
    genuine = all(v.accepted for v in verdicts if v.question is Question.NONE)
    tampered = [v for v in verdicts if v.question is not Question.NONE]
    refused = sum(not v.accepted for v in tampered)
    left_open = sum(v.accepted and not v.wrong for v in tampered)
    wrong = "; ".join(v.sample for v in tampered if v.wrong)
    cells = (
        peer.title,
        peer.version,
        form,
        "accepted" if genuine else "refused",
        _score(refused, len(tampered) - left_open) if genuine else "all, like the genuine one",
        str(left_open or "–"),
        f"**{wrong}**" if wrong else "–",
    )
    return f"| {' | '.join(cells)} |"


def _score(refused: int, asked: int) -> str:
    """Return how many were refused of those that had to be; a dash for a peer that judges none."""
    return f"{refused} of {asked}" if asked else "–"


def _world(samples: Path, issuer: str, scratch: Path) -> dict[str, dict[str, Any]]:
    """Return what stands at every address: what was exported, a registry, and the public schema."""
    registry = scratch / "registry.json"
    registry.write_text(json.dumps({"registry": {issuer: {"name": "Demo", "url": issuer}}}))
    documents = {
        address: {
            "path": str((samples / entry["file"]).resolve()),
            "status": entry["status"],
            "type": entry["type"],
        }
        for address, entry in json.loads((samples / "index.json").read_text()).items()
    }
    for address, path in ((REGISTRY_ADDRESS, registry), (SCHEMA_ADDRESS, SCHEMA)):
        documents[address] = {"path": str(path), "status": 200, "type": "application/json"}
    return documents


def _run(peer: Peer, task: Path) -> list[dict[str, Any]]:
    """Return the peer's verdicts; what it chatters on standard error is shown only if it fails."""
    done = subprocess.run(
        command(peer, "check"),
        env={**os.environ, "PEER_TASK": str(task), "PYTHONPATH": str(HERE)},
        capture_output=True,
        text=True,
        check=False,
        timeout=_MINUTES_MAXIMUM * 60,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{peer.name} stopped: {done.stderr[-2000:]}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"sample"')]


def command(peer: Peer, program: str) -> list[str]:
    """Return the command that runs a program of a peer, making its environment if need be."""
    if peer.language == "node":
        folder = environments.prepare_node(peer.name)
        # Modules are looked for beside the file that imports them, so the program stands there.
        shutil.copy(HERE / peer.name / f"{program}.mjs", folder)
        world = shutil.copy(HERE / "offline.mjs", CACHE)
        return [
            *environments.node_command(),
            "--import",
            str(world),
            str(folder / f"{program}.mjs"),
        ]
    if peer.language == "python":
        python = environments.prepare_python(peer.name)
    else:
        python = Path(sys.executable)
    return [str(python), str(HERE / peer.name / f"{program}.py")]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
