"""The theft of a key: every badge that it signed is signed anew, and the thief's badge is forged (P5).

1. An installation of its own; badges for as many people, issued on somebody's word by the code that
   serves the command line. 2. The key is reported as compromised, which makes a successor.
3. A few badges are signed anew one by one, with commits, flushes and lists of their own.
`badgeservice reissue` signs all the others anew; it is interrupted once and run again, and timed from
there. 10,000 of them are to take 15 s at most on two idle cores, a tenth of what one by one takes.
4. `badgeservice audit` finds nothing wrong; of a sample, the old files are said to be replaced, the
   new ones are green, and what the thief signs meanwhile is red.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from sqlalchemy import select

from badgeservice.core import create_core, utc_now
from badgeservice.extensions import db, services
from badgeservice.issuing import reissue, shelf
from badgeservice.issuing.models import Badge, Format
from badgeservice.openbadges.keys import KeyKind
from badgeservice.openbadges.proofs import eddsa_rdfc_2022
from badgeservice.settings import Settings
from scripts.drills import people

COMMAND = Path(sys.executable).with_name("badgeservice")
SAMPLE = 20
ONE_BY_ONE = 300


def main() -> int:
    """Run the drill; return 1 when something did not hold."""
    parser = argparse.ArgumentParser(prog="scripts/drill reissue")
    parser.add_argument("--badges", type=int, default=10_000)
    count = parser.parse_args().badges
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(
            BADGESERVICE_BASE_URL="http://127.0.0.1:8000",
            BADGESERVICE_DATA_DIR=f"{folder}/data",
            BADGESERVICE_KEYS_DIR=f"{folder}/keys",
            BADGESERVICE_LOG_LEVEL="error",
            LANG="en",
        )
        print(f"{count} badges, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
        run("setup")
        timed("issued", count, lambda: issue_all(count))
        kept = sample()
        thief = _forger()
        run("keys", "compromised", "ed25519-1", "--since", datetime.now(UTC).isoformat())
        alone = min(ONE_BY_ONE, count // 2)
        slow = timed("signed anew one by one", alone, lambda: one_by_one(alone))
        left = _interrupted()
        quick = timed("signed anew together", left, lambda: print(together()))
        print(f"together at {slow / quick:.1f} times the rate; 10,000 take {quick * 10_000:.0f} s")
        wrong = [
            *_expect("the audit", run("audit", "--json", check=False), 0),
            *judge(kept, 2, "an old file"),
            *judge(sample(), 0, "a new file"),
            *judge([thief(kept[0])], 1, "the thief's badge"),
        ]
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(f"largest process: {usage.ru_maxrss / 1024:.0f} MB")
    for problem in wrong:
        print(f"DOES NOT HOLD: {problem}")
    print("everything held" if not wrong else f"{len(wrong)} problem(s)")
    return 1 if wrong else 0


def issue_all(count: int) -> None:
    """Issue a badge to each of so many people, on every core."""
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        workers = os.cpu_count() or 1
        list(pool.map(_issue_some, (range(n, count, workers) for n in range(workers))))


def _issue_some(numbers: range) -> None:
    app = create_core(Settings.from_environment(os.environ))
    with app.app_context():
        session, here = db.session, services()
        for number in numbers:
            now = utc_now()
            award = people.offered(session, here, f"p{number}@example.org", now=now)
            people.accepted(session, here, award.id, award.person_id, now=now)
            session.expunge_all()


def one_by_one(count: int) -> None:
    """Sign so many badges anew, each with commits, flushes and lists of its own."""
    with create_core(Settings.from_environment(os.environ)).app_context():
        session, here = db.session, services()
        method = here.office.issuer.method("ed25519-1")
        groups = reissue.groups(session, here.office, method, now=here.clock(), group=1)
        for public_ids in islice(groups, count):
            done = reissue.reissue_group(
                session, here.office, public_ids, method=method, actor="drill", now=here.clock()
            )
            assert not done[0].problem, done


def _interrupted() -> int:
    """Kill the command once it has said how far it is; return how many badges are left."""
    command = [COMMAND, "reissue", "--key", "ed25519-1"]
    first = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert first.stdout is not None
    first.stdout.readline()
    first.send_signal(signal.SIGKILL)
    first.wait()
    time.sleep(5)  # its helpers finish what they were at
    with create_core(Settings.from_environment(os.environ)).app_context():
        here = services()
        method = here.office.issuer.method("ed25519-1")
        return reissue.count(db.session, method, now=here.clock())


def together() -> str:
    """Sign all the others anew; return what the command said in the end."""
    return run("reissue", "--key", "ed25519-1").stdout.splitlines()[-1]


def sample() -> list[bytes]:
    """Return the files of the same few badges, as they stand now."""
    app = create_core(Settings.from_environment(os.environ))
    with app.app_context():
        ids = sorted(db.session.scalars(select(Badge.public_id)))
        chosen = random.Random(1).sample(ids, min(SAMPLE, len(ids)))
        return [
            shelf.take(
                db.session, services().vault, db.session.get_one(Badge, public_id), Format.JSON
            )
            for public_id in chosen
        ]


def _forger() -> Callable[[bytes], bytes]:
    """Return what a thief can do who has copied the key: sign another content under a genuine id."""
    app = create_core(Settings.from_environment(os.environ))
    with app.app_context():
        office = services().office
        key = office.keyring.signing_key(KeyKind.ED25519)
        method = office.issuer.method(key.kid)

    def forge(genuine: bytes) -> bytes:
        document = json.loads(genuine)
        del document["proof"]
        document["name"] = "Doctorat"
        secured = eddsa_rdfc_2022.sign(
            document, sign=key.sign, verification_method=method, created=utc_now()
        )
        return json.dumps(secured).encode()

    return forge


def judge(files: list[bytes], expected: int, what: str) -> list[str]:
    """Return what does not get the exit status of `badgeservice verify` that was expected."""
    problems = []
    for content in files:
        done = subprocess.run(
            [COMMAND, "verify", "-"], input=content, capture_output=True, check=False
        )
        problems += _expect(what, done, expected)
    return problems


def _expect(what: str, done: subprocess.CompletedProcess[Any], expected: int) -> list[str]:
    if done.returncode == expected:
        return []
    return [f"{what}: exit {done.returncode} instead of {expected}: {done.stdout!s:.300}"]


def run(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run `badgeservice`; the drill is over when it fails, unless that is what is looked at."""
    done = subprocess.run([COMMAND, *arguments], capture_output=True, text=True, check=False)
    if check and done.returncode:
        sys.exit(f"badgeservice {' '.join(arguments)}: {done.stderr}")
    return done


def timed(what: str, count: int, work: Callable[[], None]) -> float:
    """Do `work`, say how long it took, and return the seconds for each of `count`."""
    began = time.monotonic()
    work()
    seconds = time.monotonic() - began
    print(f"{count} {what} in {seconds:.0f} s, {seconds / count * 1000:.1f} ms each", flush=True)
    return seconds / count


if __name__ == "__main__":
    sys.exit(main())
