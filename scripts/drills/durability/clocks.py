"""The clock of the machine jumps, back an hour and ahead a day, while everybody is at work.

1. Two racers accept the same offers, a third process makes new ones, two workers race for jobs of
many steps; all of them have one clock, which this drill shifts while they run (nobody touches that of
the machine). 2. It goes back an hour: nothing is signed before the last signature. It is right again:
all goes on. 3. It runs ahead a day, and badges are signed then and one is revoked; it is right again:
nothing is signed until `badgeservice keys accept-clock`, then all goes on. 4. The day comes. 5. No
step of a job is done by two at once, no job is left over, no hour is done twice; no badge is valid
before it was awarded, each ends when its class says, each is green once the day has come; the audit
finds nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from badgeservice.awarding.models import Award
from badgeservice.catalogue import validity
from badgeservice.errors import BadgeserviceError
from badgeservice.extensions import Services
from badgeservice.issuing import grounds, shelf, states, verdict
from badgeservice.issuing.models import Badge, BadgeState, Format
from badgeservice.jobs import queue
from badgeservice.jobs.models import Job, JobState
from badgeservice.openbadges import timestamps
from badgeservice.verification import Verdict
from scripts.drills import house
from scripts.drills.durability.outside import Outside, offer, opened
from scripts.drills.durability.racing import TOLD, Shifted

HOUR, DAY = 3600.0, 86_400.0
PAUSE_SECONDS = 4.0
JOBS = 10
OFFERS = 100_000
"""More than are made in the time that the drill takes: there is always somebody who accepts."""
PATIENCE_SECONDS = 120.0


def clocks(people: int) -> list[str]:
    """Let the clock jump under load; return what did not hold."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = house.installed(folder, 8000)
        offer(environment, range(people))
        drill = Drill(Outside(environment, folder / "acknowledged"), folder)
        drill.run()
        return drill.problems


class Drill:
    """Processes with one clock, and what they tell."""

    def __init__(self, outside: Outside, folder: Path) -> None:
        self.outside, self._folder = outside, folder
        self.problems: list[str] = []
        self._clock = Shifted(folder / "clock")
        self._clock.jump(0)
        self._told: list[tuple[float, str]] = []
        self._lock = threading.Lock()

    def run(self) -> None:
        """Start everybody, let the clock jump, and look."""
        self._ask_for_jobs(JOBS)
        racers = [self._start("accept") for _ in range(2)]
        maker = self._start("offer", "--deeds", str(OFFERS))
        workers = [self._start("work", "--journal", str(self._journal)) for _ in range(2)]
        listening = [threading.Thread(target=self._listen, args=[each]) for each in racers]
        for each in listening:
            each.start()
        try:
            self._jumps()
        finally:
            maker.terminate()
            maker.wait(60)
            self._until_done()
            for process in (*racers, *workers):
                process.terminate()
            for process in (*racers, *workers):
                process.wait(60)
            for each in listening:
                each.join()
        self._judge()

    @property
    def _journal(self) -> Path:
        return self._folder / "steps"

    def _jumps(self) -> None:
        self._until_told(5)
        self._stand(0)
        back = self._stand(-HOUR)
        if back:
            self.problems.append(f"{back} badges were issued an hour before the last signature")
        if not self._stand(0):
            self.problems.append("nothing was issued after the clock was right again")
        self._ask_for_jobs(JOBS)
        ahead = self._stand(DAY)
        if not ahead:
            self.problems.append("nothing was issued while the clock was ahead")
        self._revoke(may_fail=False)
        if returned := self._stand(0):
            self.problems.append(f"{returned} badges were issued a day before the last signature")
        self._revoke(may_fail=True)
        done = self.outside.command("keys", "accept-clock")
        if done.returncode:
            self.problems.append(f"accept-clock: {done.stderr}")
        if not self._stand(0):
            self.problems.append("nothing was issued after `keys accept-clock`")

    def _stand(self, seconds: float) -> int:
        """Shift the clock, let it stand so for a while; return how many badges were issued then.

        What was under way at the moment of the jump does not count.
        """
        self._clock.jump(seconds)
        time.sleep(1)
        since = time.monotonic()
        time.sleep(PAUSE_SECONDS)
        issued = sum(at > since for at, _ in self._told)
        print(f"clock {seconds:+.0f} s: {issued} badges issued", flush=True)
        return issued

    def _until_told(self, count: int) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while len(self._told) < count and time.monotonic() < until:
            time.sleep(0.1)

    def _until_done(self) -> None:
        """Wait until the racers have nothing left to accept, and the workers nothing to do."""
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            with opened(self.outside.environment) as (session, _here):
                jobs = session.scalar(
                    select(func.count()).select_from(Job).where(Job.state != JobState.DONE)
                )
                left = session.scalar(
                    select(func.count())
                    .select_from(Award)
                    .outerjoin(Badge, Badge.award_id == Award.id)
                    .where(Badge.award_id.is_(None))
                )
            if not jobs and not left:
                return
            time.sleep(1)
        self.problems.append(f"{jobs} jobs and {left} offers are left over")

    def _start(self, *words: str) -> subprocess.Popen[str]:
        command = [
            sys.executable, "-m", "scripts.drills.durability.racing", *words,
            "--clock", str(self._folder / "clock"),
        ]  # fmt: skip
        with (self._folder / "stderr").open("a") as stderr:
            return subprocess.Popen(
                command, env=self.outside.environment, text=True,
                stdout=subprocess.PIPE, stderr=stderr,
            )  # fmt: skip

    def _listen(self, racer: subprocess.Popen[str]) -> None:
        assert racer.stdout is not None
        for line in racer.stdout:
            if line.startswith(TOLD):
                with self._lock:
                    self.outside.acknowledge(line.removeprefix(TOLD).strip())
                    self._told.append((time.monotonic(), line))

    def _ask_for_jobs(self, count: int) -> None:
        with opened(self.outside.environment, self._clock) as (session, here):
            for _ in range(count):
                queue.enqueue(session, "steps", {}, now=here.clock())
            session.commit()

    def _revoke(self, *, may_fail: bool) -> None:
        """Revoke somebody's badge; what cannot be published must be refused in words."""
        with opened(self.outside.environment, self._clock) as (session, here):
            public_id = session.scalars(
                select(Badge.public_id).where(Badge.state == BadgeState.ACTIVE).limit(1)
            ).one()
            try:
                states.revoke(
                    session, here.office, public_id,
                    reason=states.Reason.ISSUED_IN_ERROR, actor="drill", now=here.clock(),
                )  # fmt: skip
            except BadgeserviceError as error:
                print(f"a revocation is refused: {error.message}", flush=True)
                if not may_fail:
                    self.problems.append(f"a revocation is refused: {error.message}")

    # --- what is looked at -----------------------------------------------------------------------

    def _judge(self) -> None:
        said = Counter((self._folder / "stderr").read_text().split())
        refusals = {word: said[word] for word in ("ClockWentBack", "ConflictingChange")}
        print(f"{len(self.outside.acknowledged)} acknowledged; racers were refused: {refusals}")
        self._jobs()
        self.problems += self.outside.everybody_has_one()
        self.problems += self.outside.audit()
        doctor = self.outside.doctor()
        print(f"doctor: clock {doctor['clock']}, status lists {doctor['status-lists']}")
        self._clock.jump(DAY + HOUR)
        with opened(self.outside.environment, self._clock) as (session, here):
            badges = list(session.scalars(select(Badge)))
            dates = Counter(each for badge in badges for each in _wrong_dates(session, here, badge))
            verdicts = Counter(
                verdict.report_for(session, here.office, badge, now=here.clock()).verdict
                for badge in badges
                if badge.state == BadgeState.ACTIVE
            )
        print(f"{len(badges)} badges; the next day: {dict(verdicts)}")
        self.problems += [f"{count} badges {what}" for what, count in dates.items()]
        if set(verdicts) != {Verdict.GREEN}:
            self.problems.append(f"the next day not all badges are green: {dict(verdicts)}")
        self._revoke(may_fail=False)

    def _jobs(self) -> None:
        """No step is done by two at once, and no hour twice."""
        done: dict[str, list[tuple[float, float, int, int]]] = {}
        for line in self._journal.read_text().splitlines():
            job, step, who, began, ended = line.split()
            done.setdefault(job, []).append((float(began), float(ended), int(who), int(step)))
        at_once = again = 0
        for steps in done.values():
            for before, after in pairwise(sorted(steps)):
                at_once += after[0] < before[1]
            again += len(steps) - len({step for *_, step in steps})
        workers = {who for steps in done.values() for _, _, who, _ in steps}
        print(f"{len(done)} jobs by {len(workers)} workers, {again} steps done again")
        if at_once:
            self.problems.append(f"{at_once} steps of a job were done by two workers at once")
        hours = [
            job for job, steps in done.items() if not job.startswith("job_") and len(steps) > 1
        ]
        if hours:
            self.problems.append(f"hours were done twice: {hours}")


def _wrong_dates(session: Session, here: Services, badge: Badge) -> list[str]:
    """Return what is wrong with the dates in a badge."""
    document = json.loads(shelf.take(session, here.vault, badge, Format.JSON))
    awarded = timestamps.read(document["awardedDate"])
    begins, ends = timestamps.read(document["validFrom"]), timestamps.read(document["validUntil"])
    version = grounds.class_version(session, session.get_one(Award, badge.award_id))
    wrong = []
    if begins < awarded:
        wrong.append("are valid before they were awarded")
    if not ends > begins:
        wrong.append("end before they begin")
    if abs(ends - _end(version.document["rule"]["validity"], awarded)) > timedelta(days=2):
        wrong.append("end at another time than their class says")
    return wrong


def _end(period: str, awarded: datetime) -> datetime:
    end = validity.end(period, awarded)
    assert end is not None
    return end
