"""How long we take to verify a stranger's badge, beside a library in JavaScript that does the same.

The badge is of the richness of ours, its key is its issuer's name, so that nobody is asked; its proof
is `eddsa-rdfc-2022` (P3), or it is a token, ES256 (P4). `@digitalcredentials/vc` verifies the former
in a process of node that has warmed up. Rounds alternate; what is compared is CPU time, which does
not grow when others use the machine. Ours is the whole walk: strict reading, profile, proof, dates
and report; theirs verifies the proof. A token is measured in both ways: its proof needs no linked
data, but our walk reads its profile as linked data all the same.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

from badgeservice import verification
from badgeservice.errors import FetchFailed
from badgeservice.openbadges import Document, did
from badgeservice.openbadges.proofs import vc_jwt
from badgeservice.verification.fetching import Fetched
from badgeservice.verification.register import EmptyRegister
from scripts.benches.measured import Measured
from scripts.benches.signing import ratio
from tests.verification.school import NOW, Key, School

PEERS = Path(__file__).resolve().parent.parent / "peers"
sys.path.insert(0, str(PEERS))

import judge  # type: ignore[import-not-found]  # noqa: E402  # a script beside this one

PEER = next(peer for peer in judge.PEERS if peer.name == "verifier-core")
EACH = 10


def measure(rounds: int = 30) -> list[Measured]:
    """Let both verify in turns."""
    embedded, token = badges()
    with tempfile.TemporaryDirectory() as folder:
        credential = Path(folder) / "credential.json"
        credential.write_bytes(embedded)
        command = judge.command(PEER, "speed")
        del command[-3:-1]  # its world: this one asks for nothing
        peer = subprocess.Popen([*command, credential], stdin=-1, stdout=-1, text=True)
        ours, tokens, proofs, theirs = series = [], [], [], []
        for round_ in range(rounds + 3):
            measured = (_ours(embedded), _ours(token), _proof(token), _theirs(peer))
            if round_ >= 3:  # until then everything warms up
                for times, one in zip(series, measured, strict=True):
                    times.append(one)
        peer.communicate()
    walks: dict[str, float | str] = {
        "ours ms": statistics.median(ours),
        "theirs ms": statistics.median(theirs),
        "badge bytes": len(embedded),
    }
    of_tokens: dict[str, float | str] = {
        "its proof ms": statistics.median(proofs),
        "all of the walk ms": statistics.median(tokens),
        "all of the walk, times": ratio(theirs, tokens),
    }
    return [
        Measured("P3", "verify a stranger's badge, beside @digitalcredentials/vc",
                 ratio(ours, theirs), "times its time", "≤", 2, walks),
        Measured("P4", "verify the proof of a token, beside the same", ratio(theirs, proofs),
                 "times its rate", "≥", 20, of_tokens),
    ]  # fmt: skip


def badges() -> tuple[bytes, bytes]:
    """Return a badge with an embedded proof, and the same as a token."""
    school, key = School(), Key(11)
    proved = did.did_key(key.public)
    embedded = school.sign(
        _issued_by(school, proved), key=key, method=f"{proved}#{proved.rpartition(':')[2]}"
    )
    signed = did.did_key(key.public_p256)
    token = school.token(
        _issued_by(school, signed), key=key, kid=f"{signed}#{signed.rpartition(':')[2]}"
    )
    return json.dumps(embedded).encode(), token.encode()


def _issued_by(school: School, issuer: str) -> Document:
    badge = school.credential()
    del badge["credentialStatus"]
    badge["issuer"]["id"] = issuer
    badge["credentialSubject"]["achievement"]["creator"]["id"] = issuer
    return badge


def _ours(data: bytes) -> float:
    """Return the milliseconds that one of some verifications takes."""
    before = time.process_time()
    for _ in range(EACH):
        found = _verify(data, NOW)
    taken = time.process_time() - before
    if found.integrity != "valid":
        raise ValueError(f"not verified: {found.problems}")
    return taken * 1000 / EACH


def _verify(data: bytes, now: datetime) -> verification.Report:
    return verification.verify(
        verification.recognise(data), fetch=_nobody, register=EmptyRegister(), now=now
    )


def _proof(token: bytes) -> float:
    """Return the milliseconds that the proof of a token takes, which is what the peer verifies."""
    text, key = token.decode(), Key(11).public_p256
    before = time.process_time()
    for _ in range(EACH * 10):
        vc_jwt.verify(text, key)
    return (time.process_time() - before) * 1000 / (EACH * 10)


def _nobody(address: str) -> Fetched:
    raise FetchFailed(f"{address} is asked for")


def _theirs(peer: subprocess.Popen[str]) -> float:
    assert peer.stdin is not None
    assert peer.stdout is not None
    peer.stdin.write(f"{EACH}\n")
    peer.stdin.flush()
    return float(peer.stdout.readline())
