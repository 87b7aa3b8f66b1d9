"""What is published is cut: killed while it is written, and damaged where it stands.

1. A web process serves; somebody reads status list, keys and the frozen site all the time. 2. Commands
that write files (`keys rotate`, `freeze`, `backup`) or publish (`revoke`) are killed, half of them at
the sight of a file that is being written, the others at random. After each kill the audit finds nothing
and whatever is read is whole. 3. Files of the frozen site are cut, emptied, overwritten with zeros
and with something older, and files are left beside: the next freeze makes what a fresh one makes.
4. The same to a status list in its row: it is answered 503, the doctor and the audit name it, `setup`
publishes it anew. 5. The same to a private key and to the registry: the doctor names it, nothing is
signed, no part of it is published, and put back it is well without a restart. 6. Temporary files
that were left behind are named by the audit.
"""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select

from badgeservice.issuing.models import StatusList
from scripts.drills import house
from scripts.drills.durability import published
from scripts.drills.durability.outside import Outside, issue, opened

BADGES = 6
BEING_WRITTEN = (".tmp", ".part", "being-written")
PATIENCE_SECONDS = 60.0


def torn(kills: int, seed: int) -> list[str]:
    """Cut what is published; return what did not hold."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), house.free_port()
        environment = house.installed(folder, port)
        with house.served(environment, port):
            drill = Drill(Outside(environment, folder / "acknowledged"), folder, port)
            drill.badges = issue(environment, [f"p{n}@example.org" for n in range(BADGES + kills)])
            drill.run(kills, random.Random(seed))
        return drill.problems


class Drill:
    """An installation whose files are cut, and whoever reads them meanwhile."""

    def __init__(self, outside: Outside, folder: Path, port: int) -> None:
        self.outside, self._folder, self._port = outside, folder, port
        self._keys, self._data = folder / "keys", folder / "data"
        self._frozen = folder / "frozen"
        self._reader = published.Reader(self._keys)
        self._over = threading.Event()
        self._reads: Counter[tuple[str, int]] = Counter()
        self.badges: list[str] = []
        self.problems: list[str] = []

    def run(self, kills: int, chance: random.Random) -> None:
        """Cut everything, one after the other."""
        self._well("freeze", self._frozen)
        reader = threading.Thread(target=self._read)
        reader.start()
        try:
            self._kill(kills, chance)
            self._damage_the_site(chance)
            self._damage_the_list()
            self._damage_the_keys()
            self._leave_behind()
        finally:
            self._over.set()
            reader.join()
        print(f"read meanwhile: {dict(sorted(self._reads.items()))}")

    # --- killed while writing ---------------------------------------------------------------------

    def _kill(self, kills: int, chance: random.Random) -> None:
        seen: Counter[str] = Counter()
        for n in range(kills):
            words: tuple[str | Path, ...] = (
                ("keys", "rotate", ("ed25519", "p256", "rsa")[n // 4 % 3]),
                ("freeze", self._frozen),
                ("backup", self._folder / f"backup{n}.tar"),
                ("revoke", self.badges.pop(), "--reason", "issued_in_error"),
            )[n % 4]
            at_sight = words[0] != "revoke" and n % 8 < 4
            seen[f"{words[0]}, {self._run_and_kill(words, at_sight, chance)}"] += 1
            for each in self._whole_files():
                self._note(f"after {words[0]} was killed: {each}")
            for each in self.outside.audit():
                # A key that was registered, and not yet told of: the next command tells.
                if "keys" not in each:
                    self._note(f"after {words[0]} was killed: {each}")
            self._well("setup")
            for path in self._keys.rglob("*.pem"):
                if path.stem not in (self._keys / "registry.json").read_text():
                    path.unlink()  # as the refusal says: it was never used
        print(f"{kills} kills: {dict(sorted(seen.items()))}")
        for each in self.outside.audit():
            self._note(f"after the kills: {each}")
        self._as_a_fresh_one("after the kills")

    def _run_and_kill(
        self, words: tuple[str | Path, ...], at_sight: bool, chance: random.Random
    ) -> str:
        """Run a command and kill it; return when that was."""
        command = [house.BIN / "badgeservice", *words]
        known = set(self._being_written())
        process = subprocess.Popen(
            command, env=self.outside.environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until = time.monotonic() + (PATIENCE_SECONDS if at_sight else chance.uniform(0.5, 4.0))
        skip = chance.randrange(1, 40) if words[0] == "freeze" else 1
        while process.poll() is None and time.monotonic() < until:
            if at_sight:
                skip -= bool(set(self._being_written()) - known)
                if not skip:
                    process.send_signal(signal.SIGKILL)
                    process.wait()
                    return "killed as it wrote"
            else:
                time.sleep(0.01)
        if process.poll() is not None:
            return "ended first"
        process.send_signal(signal.SIGKILL)
        process.wait()
        return "killed at random"

    def _being_written(self) -> Iterator[str]:
        for folder in (self._keys, self._keys / "demo", self._frozen, self._folder):
            for entry in os.scandir(folder):
                if entry.name.endswith(BEING_WRITTEN):
                    yield entry.path

    def _whole_files(self) -> Iterator[str]:
        """Yield what is torn among the files that bear the name under which they are read."""
        keys = self.outside.command("keys", "list")
        if keys.returncode:
            yield keys.stderr
        for path in self._keys.rglob("*.pem"):
            if not path.read_bytes().endswith(b"-----END ENCRYPTED PRIVATE KEY-----\n"):
                yield f"{path.name} is a part of a key"
        for path in self._folder.glob("backup*.tar"):
            if not path.read_bytes().endswith(bytes(1024)):
                yield f"{path.name} is a part of a backup"
        yield from self._torn_site()

    def _torn_site(self) -> Iterator[str]:
        ends = {".html": b"</html>", ".png": b"IEND\xaeB`\x82", ".svg": b"</svg>"}
        for path in (self._frozen / "site").rglob("*"):
            if not path.is_file():
                continue
            with_end = ends.get(path.suffix)
            content = path.read_bytes()
            if with_end and not content.rstrip().endswith(with_end):
                yield f"{path.relative_to(self._frozen)} is cut"
            if path.suffix == ".json" and (found := published.torn_json(content)):
                yield f"{path.relative_to(self._frozen)}: {found}"

    # --- damaged where it stands --------------------------------------------------------------------

    def _damage_the_site(self, chance: random.Random) -> None:
        files = sorted(path for path in (self._frozen / "site").rglob("*") if path.is_file())
        chosen = chance.sample(files, min(40, len(files)))
        for n, path in enumerate(chosen):
            content = path.read_bytes()
            path.write_bytes(_damages(content, content[::-1])[n % 4])
        (self._frozen / "being-written").write_bytes(b"half of a pa")
        self._as_a_fresh_one(f"after {len(chosen)} files were damaged")

    def _as_a_fresh_one(self, when: str) -> None:
        """Freeze, and compare with what is frozen into an empty folder."""
        self._well("freeze", self._frozen)
        with tempfile.TemporaryDirectory() as name:
            fresh = Path(name)
            self._well("freeze", fresh)
            ours, theirs = _files(self._frozen / "site"), _files(fresh / "site")
        differ = sorted(
            each for each in ours.keys() | theirs.keys() if ours.get(each) != theirs.get(each)
        )
        print(f"{when}: {len(ours)} files, {len(differ)} not as in a fresh site")
        if differ:
            self._note(f"{when}: {len(differ)} files are not as in a fresh site: {differ[:3]}")

    def _damage_the_list(self) -> None:
        old = self._list()
        self._well("revoke", self.badges.pop(), "--reason", "issued_in_error")
        new = self._list()
        for what, content in zip(_DAMAGES, _damages(new, _half_old(new, old)), strict=True):
            with opened(self.outside.environment) as (session, _here):
                session.get_one(StatusList, 1).published = content
                session.commit()
            status, answer = published.fetch(self._port, "/status/1")
            if status != 503:
                self._note(f"a list that is {what} is answered {status}, {len(answer)} bytes")
            if self.outside.doctor()["status-lists"][0] != "wrong":
                self._note(f"the doctor does not name a list that is {what}")
            if not any(each.startswith("status") for each in self.outside.audit()):
                self._note(f"the audit does not name a list that is {what}")
            self._well("setup")
            status, answer = published.fetch(self._port, "/status/1")
            if status != 200 or self._reader.torn("/status/1", answer):
                self._note(f"a list that was {what} is not published anew by setup: {status}")
        for each in self.outside.audit():
            self._note(f"after a list was published anew: {each}")

    def _list(self) -> bytes:
        with opened(self.outside.environment) as (session, _here):
            return session.scalars(select(StatusList.published)).one()

    def _damage_the_keys(self) -> None:
        """The key that signs, and the registry, which are asked for at each change of the file."""
        registry = self._keys / "registry.json"
        newest = max(self._keys.glob("demo/ed25519-*.pem"), key=lambda path: path.stat().st_mtime)
        other = self._keys / "demo" / "p256-1.pem"
        for path, old in ((newest, other.read_bytes()), (registry, b'{"version": 2, "keys": []}')):
            whole, mode = path.read_bytes(), path.stat().st_mode & 0o777
            for what, content in zip(_DAMAGES, _damages(whole, old), strict=True):
                _put(path, content)
                health = self.outside.doctor()
                first = next(iter(health.values()))
                if "wrong" not in (health.get("keys", first)[0], first[0]):
                    self._note(f"the doctor does not name a {path.suffix} that is {what}")
                issued = self.outside.command(
                    "issue", "--badge", house.BADGE, "--to", "late@example.org"
                )
                if issued.returncode == 0 or "Traceback" in issued.stderr:
                    self._note(f"{path.name} is {what}, and issue says {issued.stderr[-150:]}")
                for address in ("/issuers/demo/did.json", "/status/1"):
                    status, answer = published.fetch(self._port, address)
                    if status not in (200, 503) or published.torn_json(answer):
                        self._note(f"{path.name} is {what}: {address} answers {status}")
                    if path == newest and status != 200:
                        self._note(f"a private key is {what}: {address} answers {status}")
                _put(path, whole)
                path.chmod(mode)
                for address in ("/issuers/demo/did.json", "/status/1", "/readyz"):
                    status, _ = published.fetch(self._port, address)
                    if status != 200:
                        self._note(f"{path.name} was put back, and {address} answers {status}")
        if issued := self.outside.audit():
            self._note(f"after the keys were put back: {issued}")

    def _leave_behind(self) -> None:
        """What a crash leaves is named once nobody can be writing it any more."""
        left = [self._keys / "demo" / "ed25519-99.pem.tmp", self._data / "last-backup.json.tmp"]
        for path in left:
            path.write_bytes(b"half")
            os.utime(path, (time.time() - 7200,) * 2)
        named = [each for each in self.outside.audit() if each.startswith("files: ")]
        if len(named) != len(left):
            self._note(f"left behind {len(left)} files, and the audit names {named}")
        for path in left:
            path.unlink()

    # --- meanwhile ----------------------------------------------------------------------------------

    def _read(self) -> None:
        while not self._over.wait(0.05):
            for path in ("/status/1", "/issuers/demo/did.json"):
                status, content = published.fetch(self._port, path)
                self._reads[path, status] += 1
                if status == 200 and (found := self._reader.torn(path, content)):
                    self._note(f"{path}: {found}")
                if status not in (200, 503):
                    self._note(f"{path} is answered {status}")

    def _well(self, *words: str | Path) -> None:
        done = self.outside.command(*words)
        if done.returncode:
            self._note(f"{words[0]} ends with {done.returncode}: {done.stderr[-300:]}")

    def _note(self, problem: str) -> None:
        if len(self.problems) < 20 and problem not in self.problems:
            self.problems.append(problem)


_INSTANT = re.compile(
    rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    rb"|\d{1,2}[^<>()]{5,60}\((?:Paris time|heure[^)]*)\)"
)
_DAMAGES = ("empty", "cut", "zeros", "half old")


def _damages(content: bytes, old: bytes) -> tuple[bytes, ...]:
    """Return the four things that can have become of a file."""
    return b"", content[: len(content) // 2], bytes(len(content)), old


def _half_old(new: bytes, old: bytes) -> bytes:
    """Return a list with the former bits under the proof of the new one."""
    mark = b'"encodedList":"'
    head, _, rest = new.partition(mark)
    bits = old.partition(mark)[2].partition(b'"')[0]
    return head + mark + bits + b'"' + rest.partition(b'"')[2]


def _put(path: Path, content: bytes) -> None:
    """Write over a file in its place, as a damaged disk does."""
    path.chmod(0o600)
    path.write_bytes(content)


def _files(root: Path) -> dict[str, bytes]:
    """Return what stands below a folder, without the instants as of which it holds."""
    return {
        path.relative_to(root).as_posix(): _INSTANT.sub(b"", path.read_bytes())
        for path in root.rglob("*")
        if path.is_file()
    }
