"""How long we take to sign a badge, beside a library in JavaScript and beside the least possible.

Signing is: document, canonical form, proof (`eddsa-rdfc-2022`). P1 compares our rate with that of
`@digitalcredentials/vc` in a process of node that has warmed up; P2 with the floor: SHA-256 of a
canonical form that is there already, and Ed25519. The badges are of the richness of ours, each with
words of its own. Rounds alternate; what is compared is CPU time, which does not grow when others use
the machine. Theirs and ours must make the same signatures.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from badgeservice.openbadges import Document, did, jsonld, v3
from badgeservice.openbadges.keys import KeyKind, PublicKey
from badgeservice.openbadges.proofs import eddsa_rdfc_2022
from badgeservice.openbadges.shapes import Shapes
from scripts.benches.measured import Measured

PEERS = Path(__file__).resolve().parent.parent / "peers"
sys.path.insert(0, str(PEERS))

import judge  # type: ignore[import-not-found]  # noqa: E402  # a script beside this one

PEER = next(peer for peer in judge.PEERS if peer.name == "verifier-core")
STRETCH = 25.0
BADGES = 200
EACH, OF_THEIRS = 200, 5
SITE = "https://school.example.org"
CREATED = datetime(2026, 11, 23, 9, tzinfo=UTC)


class Bench:
    """Badges, a key, and the ways to sign one with the other."""

    def __init__(self, badges: int = BADGES) -> None:
        self.seed = secrets.token_bytes(32)
        private = Ed25519PrivateKey.from_private_bytes(self.seed)
        self.sign = private.sign
        self.public_key = PublicKey(KeyKind.ED25519, private.public_key().public_bytes_raw())
        self.issuer = did.did_key(self.public_key)
        self.method = f"{self.issuer}#{self.issuer.rpartition(':')[2]}"
        self.shapes = Shapes(secrets.token_hex(16))
        self.badges = [self._badge(number) for number in range(badges)]
        self.canonical = [self.shapes.canonicalize(badge) for badge in self.badges]

    def _badge(self, number: int) -> Document:
        """Return a badge with two alignments, a hashed name, a result, two pieces of evidence."""
        at = f"{SITE}/b/{number}"
        about = f"{SITE}/achievements/first/1/fr"
        issuer = v3.profile(
            id=self.issuer,
            name="Un organisme de formation",
            url=SITE,
            description="Il forme aux compétences numériques.",
            email="badges@school.example.org",
            image=f"{SITE}/logo.png",
        )
        achievement = v3.achievement(
            id=about,
            name="Sécuriser l'environnement numérique — débutant",
            description="La personne reconnaît un courriel frauduleux et sait quoi en faire.",
            criteria="Un quiz de dix questions et un travail relu par un formateur.",
            image=f"{SITE}/artwork/first.png",
            image_caption="Un cadenas sur un écran",
            creator=issuer,
            achievement_type="Competency",
            alignments=[
                v3.alignment(
                    target_name=f"Compétence 4.{code}",
                    target_url=f"{SITE}/frameworks/crcn/4.{code}",
                    target_code=f"4.{code}",
                    target_framework="Cadre de référence des compétences numériques",
                    target_type="ceasn:Competency",
                )
                for code in (1, 2)
            ],
            tags=["numérique", "sécurité"],
            in_language="fr",
            version="1",
        )
        return v3.credential(
            id=at,
            name=achievement["name"],
            description=achievement["description"],
            image=achievement["image"]["id"],
            image_caption=achievement["image"]["caption"],
            issuer=issuer,
            subject=v3.subject(
                id=f"urn:uuid:0a40bd31-9b0f-4a2a-a4f2-{number:012x}",
                achievement=achievement,
                identifiers=[v3.identity("name", f"Anaïs {number}", salt=f"{number:016x}")],
                results=[v3.result(id=f"{at}#result", value=f"{number % 11} sur 10")],
            ),
            evidence=[
                v3.evidence(
                    id=f"{at}#evidence-{piece}",
                    name="Comment cette compétence a été vérifiée",
                    narrative=f"Pièce {piece} : relue, {number} points.",
                )
                for piece in (1, 2)
            ],
            awarded_date=CREATED,
            valid_from=CREATED,
            valid_until=CREATED.replace(year=2028),
            status=v3.status_entry(f"{SITE}/status/1", number),
        )

    def issue_once(
        self, number: int, canonicalize: Callable[[Document], str] | None = None
    ) -> Document:
        """Return a badge, signed by shape unless another way is given."""
        return eddsa_rdfc_2022.sign(
            self.badges[number % len(self.badges)],
            sign=self.sign,
            verification_method=self.method,
            created=CREATED,
            canonicalize=canonicalize or self.shapes.canonicalize,
        )

    def issue_generally(self, number: int) -> Document:
        """Return a badge, signed as a stranger's is verified."""
        return self.issue_once(number, jsonld.canonicalize)

    def floor(self, number: int) -> bytes:
        """Return what cannot be done with less: a hash of each of two texts, and a signature."""
        text = self.canonical[number % len(self.canonical)]
        return self.sign(bytes(32) + hashlib.sha256(text.encode()).digest())


class Peer:
    """`@digitalcredentials/vc` with the same badges and the same key, in a process of its own."""

    def __init__(self, bench: Bench, folder: Path) -> None:
        task = folder / "task.json"
        task.write_text(
            json.dumps(
                {
                    "credentials": bench.badges,
                    "seed": bench.seed.hex(),
                    "method": bench.method,
                    "created": CREATED.isoformat(),
                }
            )
        )
        command = judge.command(PEER, "signing")
        self.node = command[0]
        del command[-3:-1]  # its world: this one asks for nothing
        self._process = subprocess.Popen([*command, task], stdin=-1, stdout=-1, text=True)

    def milliseconds(self, rounds: int = OF_THEIRS) -> float:
        """Return the milliseconds of CPU that one of some signatures takes."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{rounds}\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def proof_values(self) -> list[str]:
        """Return the proof value of each badge, and let the process end."""
        values: list[str] = json.loads(self._process.communicate()[0])
        return values


def milliseconds(one: Callable[[int], object], count: int = EACH) -> float:
    """Return the milliseconds of CPU that one of `count` takes."""
    before = time.process_time()
    for number in range(count):
        one(number)
    return (time.process_time() - before) * 1000 / count


def measure(rounds: int = 25) -> list[Measured]:
    """Let all sign in turns; raises ValueError when a signature differs from theirs."""
    bench = Bench()
    ways: dict[str, Callable[[], float]] = {
        "floor ms": lambda: milliseconds(bench.floor),
        "ours ms": lambda: milliseconds(bench.issue_once),
        "ours, general path ms": lambda: milliseconds(bench.issue_generally, EACH // 20),
    }
    with tempfile.TemporaryDirectory() as folder:
        peer = Peer(bench, Path(folder))
        ways["@digitalcredentials/vc ms"] = peer.milliseconds
        series: dict[str, list[float]] = {name: [] for name in ways}
        for round_ in range(rounds + 3):
            for name, way in ways.items():
                taken = way()
                if round_ >= 3:  # until then everything warms up
                    series[name].append(taken)
        theirs = peer.proof_values()
    ours_again = [bench.issue_once(number)["proof"][0]["proofValue"] for number in range(BADGES)]
    if ours_again != theirs:
        raise ValueError("the signatures differ")
    floor, ours, general, peers = series.values()
    details: dict[str, float | str] = {
        **{name: statistics.median(times) for name, times in series.items()},
        "general path, times its rate": ratio(peers, general),
        "badge bytes": len(json.dumps(bench.badges[0])),
        "quads": bench.canonical[0].count(chr(10)),
        "same signature": f"{len(theirs)} of {BADGES}",
    }
    return [
        Measured("P1", "sign by shape, beside @digitalcredentials/vc", ratio(peers, ours),
                 "times its rate", "≥", 50, details),
        Measured("P2", "sign by shape, beside SHA-256 and Ed25519 alone", 100 * ratio(floor, ours),
                 "% of its rate", "≥", 15, {"hoped for": STRETCH}),
    ]  # fmt: skip


def ratio(slow: Sequence[float], fast: Sequence[float]) -> float:
    """Return how many times as long the slow one takes, the median of all rounds."""
    return statistics.median(a / b for a, b in zip(slow, fast, strict=True))
