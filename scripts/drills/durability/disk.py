"""The disk is full, while people accept badges, a partner sends results, and a worker writes mails.

1. Data and keys lie on a file system of their own, a tmpfs of SIZE, mounted where nobody else sees it
(a namespace of this process; no rights are needed, but a kernel that allows it). 2. A web process and
a worker run; people accept offers, a partner sends results, an administrator revokes, strangers read.
3. The disk is filled to the last bytes, is left so, gets a few pages back and loses them again; then
room is made. Three times. 4. Each answer is success or 503 with Retry-After, whatever is read is
whole, commands refuse in a sentence; what was acknowledged is all there and the audit finds nothing.
5. Nothing is started again: with room, everybody gets the badge, the worker does every job and each
mail leaves.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import func, select

from badgeservice.app import create_app
from badgeservice.evidence.models import Evidence
from badgeservice.extensions import db, services
from badgeservice.issuing.models import Badge, BadgeState
from badgeservice.jobs.models import Job, JobState
from badgeservice.partners.models import Invitation, InvitationState
from badgeservice.people import api_keys
from badgeservice.people.api_keys import Action
from badgeservice.web.extensions import limiter
from scripts.drills import house
from scripts.drills.durability import published
from scripts.drills.durability.outside import Outside, issue, offer, opened
from tests.conftest import Letters
from tests.partners import agreed
from tests.partners.conftest import row
from tests.web.conftest import Learner, csrf_token

SIZE = "64m"
HOST = "localhost"
TIMES = 3
FULL_SECONDS, ROOM_SECONDS = 6.0, 4.0
LEFT = (0, 4096, 16_384, 65_536, 262_144)
"""Bytes that a full disk has left, one after the other while it is full."""
REVOKED = 12
PATIENCE_SECONDS = 90.0
"""Until everything that waited is done, once there is room."""
_MODULE = "scripts.drills.durability.disk"


def disk(people: int, seed: int) -> list[str]:
    """Fill the disk under load; return what did not hold."""
    command = [sys.executable, "-m", _MODULE, "--people", str(people), "--seed", str(seed)]
    with tempfile.TemporaryDirectory() as folder:
        for apart in (["unshare", "-rm"], ["unshare", "-m"]):
            if subprocess.run([*apart, "true"], check=False, stderr=subprocess.DEVNULL).returncode:
                continue
            done = subprocess.run(
                [*apart, *command, folder], stdout=subprocess.PIPE, text=True, check=False
            )
            *said, found = done.stdout.splitlines() or [""]
            print("\n".join(said), flush=True)
            try:
                return [str(each) for each in json.loads(found)]
            except ValueError:
                return [f"the phase ended with {done.returncode} before it had judged: {found}"]
    return ["not tried: this kernel mounts nothing for us (unshare -rm)"]


def main() -> int:
    """Run the phase where a file system was mounted; print what did not hold as JSON, last."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--people", type=int, default=80)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    small = asked.folder / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", small], check=True)
    port = house.free_port()
    # The address under which Flask's client asks, too.
    post = Post()
    environment = house.installed(
        small, port, base_url=f"http://{HOST}",
        smtp_host="127.0.0.1", smtp_port=post.port, smtp_security="none",
    )  # fmt: skip
    offer(environment, range(asked.people))
    visitors = _prepared(environment, asked.people)
    drill = Drill(Outside(environment, asked.folder / "acknowledged"), port, small, visitors)
    worker = subprocess.Popen([house.BIN / "badgeservice", "worker"], env=environment)
    try:
        with house.served(environment, port):
            drill.run(random.Random(asked.seed))
            drill.settle()
    finally:
        worker.terminate()
        worker.wait(60)
    drill.judge(post.letters)
    print(json.dumps(drill.problems))
    return 0


class Post:
    """A mail server on loopback, which has room."""

    def __init__(self) -> None:
        self.letters: Counter[str] = Counter()
        self.port = house.free_port()
        Controller(self, hostname="127.0.0.1", port=self.port).start()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Take a letter."""
        self.letters.update(envelope.rcpt_tos)
        return "250 OK"


class Visitors:
    """Who comes: people with an offer, who are signed in, and a partner with a key."""

    def __init__(self, offers: list[tuple[str, str, str]], key: str, revocable: list[str]) -> None:
        """`offers` are the cookie, the token and the offer's address of each person."""
        self.offers, self.key, self.revocable = offers, key, revocable


def _prepared(environment: dict[str, str], people: int) -> Visitors:
    """Sign everybody in, let the partner have a key, and issue what will be revoked."""
    letters = Letters()
    os.environ.update(environment)
    app = create_app(mailer=letters)
    limiter.enabled = False
    offers = []
    for number in range(people):
        learner = Learner(app.test_client(), letters, f"p{number}@example.org")
        learner.sign_in()
        address = learner.offer()
        cookie = learner.client.get_cookie("session")
        assert cookie is not None
        offers.append((cookie.value, csrf_token(learner.get(address)), address))
    revocable = issue(environment, [f"revoked{n}@example.org" for n in range(REVOKED)])
    with app.app_context():
        now = services().clock()
        agreed.publish(db.session, now)
        partner = agreed.partner(db.session, now)
        _key, text = api_keys.make(db.session, partner, actions=set(Action), now=now)
        db.session.commit()
        db.engine.dispose()
    return Visitors(offers, text, revocable)


class Drill:
    """The load, the disk that fills, and what was seen."""

    def __init__(self, outside: Outside, port: int, small: Path, visitors: Visitors) -> None:
        self.outside, self._port, self._small = outside, port, small
        self._waiting, self._key = list(visitors.offers), visitors.key
        self._page = f"/b/{visitors.revocable[0]}.json"
        self._revocable = list(visitors.revocable)
        self._ballast = small / "ballast"
        self._reader = published.Reader(small / "keys")
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._evidence: set[str] = set()
        self._revoked: set[str] = set()
        self._is_full = False
        self.answers: Counter[tuple[str, str, int]] = Counter()
        self.problems: list[str] = []

    def run(self, chance: random.Random) -> None:
        """Fill and empty the disk, while everybody is at work."""
        load = [threading.Thread(target=each) for each in self._load()]
        for each in load:
            each.start()
        started = time.monotonic()
        for _ in range(TIMES):
            time.sleep(ROOM_SECONDS)
            self._is_full = True
            until = time.monotonic() + FULL_SECONDS
            while time.monotonic() < until:
                self._fill(chance.choice(LEFT))
                time.sleep(0.4)
            self._fill(0)
            self._commands_refuse()
            self._is_full = False
            self._ballast.unlink()
        time.sleep(ROOM_SECONDS)
        self._over.set()
        for each in load:
            each.join()
        print(f"load ended at {time.monotonic() - started:.0f} s")
        for (what, when, status), count in sorted(self.answers.items()):
            print(f"{what:8} {when:10} {status} × {count}")

    def settle(self) -> None:
        """With room, let everybody try once more; wait until the worker has done every job."""
        began = time.monotonic()
        while self._waiting and time.monotonic() - began < PATIENCE_SECONDS:
            self._accept()
        if self._waiting:
            self._note(f"{len(self._waiting)} people have no badge, though there is room")
        left: list[tuple[str, str]] = []
        while time.monotonic() - began < PATIENCE_SECONDS:
            with opened(self.outside.environment) as (session, _here):
                # What failed meanwhile is tried again after a minute or more: the operator's `retry`.
                rows = session.scalars(select(Job).where(Job.state != JobState.DONE)).all()
                left = [(each.kind, f"{each.state} {each.problem}") for each in rows]
                for each in rows:
                    if each.state == JobState.QUEUED and each.due_at:
                        each.due_at = None
                session.commit()
            if not left:
                break
            time.sleep(1)
        print(f"all jobs done {time.monotonic() - began:.0f} s after there was room")
        if left:
            self._note(f"jobs are left: {left[:3]}")

    def judge(self, letters: Counter[str]) -> None:
        """Look for everything that was acknowledged; `letters` are those that left, by address."""
        environment = self.outside.environment
        with opened(environment) as (session, _here):
            badges = set(session.scalars(select(Badge.public_id)))
            revoked = set(
                session.scalars(select(Badge.public_id).where(Badge.state == BadgeState.REVOKED))
            )
            evidence = set(session.scalars(select(Evidence.id)))
            waiting = session.scalar(
                select(func.count())
                .select_from(Invitation)
                .where(Invitation.state == InvitationState.WAITING)
            )
        print(
            f"acknowledged: {len(self.outside.acknowledged)} badges, {len(self._evidence)} results, "
            f"{len(self._revoked)} revocations; {letters.total()} mails left"
        )
        for what, told, kept in (
            ("badges", self.outside.acknowledged, badges),
            ("results", self._evidence, evidence),
            ("revocations", self._revoked, revoked),
        ):
            if missing := told - kept:
                self._note(f"{len(missing)} {what} were acknowledged and are not there")
            if not told:
                self._note(f"no {what} were acknowledged at all")
        if waiting or len(letters) != len(self._evidence):
            self._note(f"{len(letters)} of {len(self._evidence)} people were told, {waiting} wait")
        if twice := [address for address, count in letters.items() if count > 1]:
            self._note(f"{len(twice)} people were told twice")
        refused = sum(n for (_, when, status), n in self.answers.items() if status == 503)
        if not refused:
            self._note("nothing was refused: the disk was never full")
        for each in self.outside.audit():
            self._note(each)

    # --- the load -----------------------------------------------------------------------------

    def _load(self) -> list[Callable[[], None]]:
        def again(work: Callable[[], None], pause: float) -> Callable[[], None]:
            def loop() -> None:
                while not self._over.wait(pause):
                    work()

            return loop

        return [
            again(self._accept, 0.15),
            again(self._accept, 0.15),
            again(self._send, 1.0),
            again(self._read, 0.1),
            again(self._revoke, 0.5),
        ]

    def _accept(self) -> None:
        with self._lock:
            if not self._waiting:
                return
            person = self._waiting.pop(0)
        cookie, token, address = person
        fields = {
            "csrf_token": token, "with_name": "no", "name": "", "signed_language": "fr",
            "visibility": "link",
        }  # fmt: skip
        headers = {
            "Cookie": f"session={cookie}", "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "text/html",
        }  # fmt: skip
        status, _, place = self._ask(
            "accept", "POST", f"{address}/recevoir", urlencode(fields), headers
        )
        if status == 303:
            with self._lock:
                self.outside.acknowledge(place.rpartition("/")[2])
        else:
            with self._lock:
                self._waiting.append(person)
            time.sleep(0.2)

    def _send(self) -> None:
        name = f"r{time.monotonic_ns()}"
        results = [
            row(reference=f"{name}/{n}", person={"email": f"{name}-{n}@example.org"})
            for n in range(2)
        ]
        headers = {
            "Authorization": f"Bearer {self._key}", "Content-Type": "application/json",
            "Idempotency-Key": name, "Accept": "application/json",
        }  # fmt: skip
        body = json.dumps({"results": results})
        status, content, _ = self._ask("send", "POST", "/api/v1/evidence", body, headers)
        if status == 200:
            kept = {each["evidence"] for each in json.loads(content)["results"]}
            if None in kept:
                self._note(f"a result was not taken in: {content.decode():.200}")
            self._evidence |= kept - {None}

    def _read(self) -> None:
        for path in ("/status/1", self._page, "/issuers/demo/did.json"):
            status, content, _ = self._ask("read", "GET", path, "", {"Accept": "application/json"})
            if status != 200:
                continue
            if torn := self._reader.torn(path, content):
                self._note(f"{path}: {torn}")

    def _revoke(self) -> None:
        if not self._revocable:
            return
        public_id = self._revocable[0]
        done = self.outside.command("revoke", public_id, "--reason", "issued_in_error")
        if done.returncode == 0:
            self._revoked.add(self._revocable.pop(0))
        else:
            self._in_a_sentence("revoke", done)
        self._count("revoke", done.returncode)

    def _commands_refuse(self) -> None:
        """Publish and back up where there is no room: a sentence, and no part of a file."""
        for words in (
            ("keys", "rotate", "ed25519"),
            ("backup", str(self._small / "backup.tar")),
            ("freeze", str(self._small / "frozen")),
        ):
            began = time.monotonic()
            done = self.outside.command(*words)
            print(f"{words[0]} took {time.monotonic() - began:.0f} s: {done.stderr.strip()[:150]}")
            self._count(words[0], done.returncode)
            if done.returncode:
                self._in_a_sentence(words[0], done)
        if (self._small / "backup.tar").exists() or (self._small / "backup.tar.part").exists():
            self._note("a backup stands there, though there was no room for it")

    def _in_a_sentence(self, what: str, done: subprocess.CompletedProcess[str]) -> None:
        if "Traceback" in done.stderr or not done.stderr.strip():
            self._note(f"{what} does not say what is wrong: {done.stderr[-200:]}")

    def _ask(
        self, what: str, method: str, path: str, body: str, headers: dict[str, str]
    ) -> tuple[int, bytes, str]:
        """Return status, body and where it leads; whatever is neither success nor 503 is noted."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            connection.request(method, path, body or None, {"Host": HOST, **headers})
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._note(f"{what}: {type(error).__name__}")
            return 0, b"", ""
        finally:
            connection.close()
        self._count(what, answer.status)
        if answer.status == 503 and not answer.headers["Retry-After"]:
            self._note(f"{what}: 503 without Retry-After")
        if answer.status not in (200, 303, 429, 503):
            said = re.sub(r"\s+", " ", content.decode(errors="replace"))
            self._note(f"{what}: {answer.status}: {said[:200]}")
        return answer.status, content, answer.headers.get("Location", "")

    def _count(self, what: str, status: int) -> None:
        with self._lock:
            self.answers[what, "full" if self._is_full else "room", status] += 1

    def _note(self, problem: str) -> None:
        with self._lock:
            if len(self.problems) < 20 and problem not in self.problems:
                self.problems.append(problem)

    def _fill(self, left: int) -> None:
        """Take all of the disk but `left` bytes, page by page."""
        with self._ballast.open("ab") as file:
            try:
                while True:
                    os.write(file.fileno(), bytes(1 << 20))
            except OSError:
                pass
            size = os.fstat(file.fileno()).st_size
            os.ftruncate(file.fileno(), max(0, size - left))


if __name__ == "__main__":
    sys.exit(main())
