"""Whatever a walk does, the service lives, the next one is served, and nobody is told that it is good."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from badgeservice import verification
from badgeservice.documents import directory_fetch
from badgeservice.errors import FetchFailed, VerifierBusy
from badgeservice.openbadges import timestamps
from badgeservice.verification import Verdict
from badgeservice.verification.codes import Code
from badgeservice.verification.recipient import Answer, Recipient
from badgeservice.verification.register import EmptyRegister
from badgeservice.verification.submission import MAXIMUM_BYTES
from badgeservice.verifier.pool import Limits, Pool, Sources
from tests.attacks import corpus
from tests.conftest import POOL
from tests.verification.school import NOW, School


def issued(school: School) -> bytes:
    """A good badge of the school."""
    return json.dumps(school.issue()).encode()


def workers_of(pool: Pool) -> set[int]:
    """The processes of a pool."""
    return {worker.pid for worker in pool._workers}


# --- what it is for ------------------------------------------------------------------------------


def test_a_worker_says_what_the_walk_says(school, sources):
    """Every form in which a badge can come, good and bad: not a letter is different."""
    good = issued(school)
    token = school.issue_token().encode()
    for submitted in (good, token, good.replace(b"2026", b"2025"), b"https://nowhere.example/"):
        expected = school.verify(submitted)
        assert expected == POOL.verify(submitted, sources, now=NOW)
        assert expected == POOL.verify(verification.recognise(submitted), sources, now=NOW)


def test_whoever_is_asked_for_is_compared_in_the_worker(school, sources):
    """The question travels with the submission; without it, there is no answer."""
    anna = "did:example:anna"
    subject = school.credential()["credentialSubject"] | {"id": anna}
    data = json.dumps(school.issue(credentialSubject=subject)).encode()

    answers = [
        POOL.verify(data, sources, now=NOW, recipient=whom).recipient
        for whom in (anna, "did:example:bruno", None)
    ]

    assert [Recipient(Answer.MATCHES), Recipient(Answer.DIFFERS), None] == answers


def test_every_form_is_read_without_a_file():
    """A worker opens no file any more: whatever a library loads late would end it."""
    cases = [case for case in corpus.stored() if case.is_genuine]
    assert cases
    for case in cases:
        with case.arguments() as (_, _, at, _, folder, file):
            found = POOL.verify(
                Path(file).read_bytes(),
                Sources(directory_fetch(Path(folder)), EmptyRegister()),
                now=timestamps.read(at),
            )
        answer = corpus.answer_of(found.to_json(), frozenset())
        assert [] == corpus.problems(case, answer), case.name


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs the command unshare")
def test_a_root_who_may_become_nobody_else_verifies_too():
    """As in containers without capabilities."""
    done = subprocess.run(
        ["unshare", "--map-root-user", sys.executable, "-c", FORKING.partition("if child")[0]],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if "unshare failed" in done.stderr:
        pytest.skip("no namespaces here")

    assert (0, "") == (done.returncode, done.stderr)


def _no_answer(address: str) -> verification.fetching.Fetched:
    raise FetchFailed("no answer")


def test_an_answer_that_cannot_be_had_arrives_as_such(school):
    """With its code and its words."""
    badge = issued(school)
    there = Sources(_no_answer, EmptyRegister())

    assert verification.verify(
        verification.recognise(badge), fetch=_no_answer, register=EmptyRegister(), now=NOW
    ) == POOL.verify(badge, there, now=NOW)


def test_a_file_that_is_too_large_is_not_even_sent(sources):
    """And is unreadable like any other that is."""
    found = POOL.verify(b"{" + b" " * 50_000_000, sources, now=NOW)

    assert Verdict.UNREADABLE is found.verdict
    assert found == POOL.verify(b"{" + b" " * MAXIMUM_BYTES, sources, now=NOW)


# --- hostile walks -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("deed", "code"),
    [
        ("spin", Code.INTERRUPTED_BY_TIME),
        ("sleep", Code.INTERRUPTED_BY_TIME),
        ("eat", Code.INTERRUPTED_BY_MEMORY),
        ("crash", Code.INTERRUPTED_BY_FAULT),
        ("leave", Code.INTERRUPTED_BY_FAULT),
        ("fail", Code.INTERRUPTED_BY_FAULT),
        ("ask", Code.INTERRUPTED_BY_FAULT),
        ("pickle", Code.INTERRUPTED_BY_FAULT),
        ("announce", Code.INTERRUPTED_BY_FAULT),
        ("nest", Code.INTERRUPTED_BY_FAULT),
        ("twice", Code.INTERRUPTED_BY_FAULT),
        ("many", Code.INTERRUPTED_BY_FAULT),
    ],
)
def test_a_walk_that_ends_badly_is_a_finding_and_the_next_one_is_served(
    hostile, school, sources, deed, code
):
    """Never green, never red, never an error of ours; its worker is replaced."""
    before = workers_of(hostile)
    with structlog.testing.capture_logs() as logged:
        found = hostile.verify(deed.encode(), sources, now=NOW)

    assert (code, Verdict.AMBER) == (found.findings[0].code, found.verdict)
    assert {Code.NOT_ASKED} == {finding.code for finding in found.findings[1:]}
    assert (None, NOW) == (found.credential, found.checked_at)
    assert ["verification_interrupted"] == [each["event"] for each in logged]
    assert "secret-of-the-badge" not in str(logged)
    assert Verdict.GREEN is hostile.verify(issued(school), sources, now=NOW).verdict
    assert not before & workers_of(hostile)
    assert 1 == len(workers_of(hostile))


def test_a_walk_finds_no_file_no_connection_no_process_and_no_variable(hostile, sources):
    """Whoever takes over a worker has a line to us, and on it only our few questions."""
    os.environ["BADGESERVICE_TEST_SECRET"] = "secret"
    try:
        found = hostile.verify(b"escape", sources, now=NOW)
    finally:
        del os.environ["BADGESERVICE_TEST_SECRET"]

    assert Verdict.UNREADABLE is found.verdict


def test_a_program_that_cannot_start_is_a_finding_too(sources):
    """And is not started again and again when nobody asks."""
    pool = Pool(Limits(workers=1), program=("-c", "raise SystemExit(1)"))

    found = pool.verify(b"{}", sources, now=NOW)

    assert Code.INTERRUPTED_BY_FAULT is found.findings[0].code
    assert set() == workers_of(pool)


# --- many callers --------------------------------------------------------------------------------


class Far:
    """A site of the school's that answers when it is told to."""

    def __init__(self, school: School) -> None:
        self.asked, self.may_answer = threading.Event(), threading.Event()
        self.sources = Sources(self._fetch, school, is_near=lambda address: False)
        self._school = school

    def _fetch(self, address: str) -> verification.fetching.Fetched:
        self.asked.set()
        assert self.may_answer.wait(30)
        return self._school.fetch(address)


@pytest.fixture
def one() -> Pool:
    """A pool with one worker, and nobody may wait long."""
    return Pool(Limits(workers=1, waiting=1, waiting_seconds=0.2))


def test_whoever_waits_for_a_site_keeps_nobody_waiting(one, school, sources):
    """The only worker serves others meanwhile, and then begins again with the answer."""
    far = Far(school)
    badge = issued(school)
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(one.verify, badge, far.sources, now=NOW)
        assert far.asked.wait(30)

        assert Verdict.GREEN is one.verify(badge, sources, now=NOW).verdict
        far.may_answer.set()

        assert school.verify(badge) == slow.result()
    assert 1 == len(workers_of(one))


def test_an_answer_never_reaches_the_walk_of_another(one):
    """Two wait for sites, and the worker was lent from one to the other: each gets what is theirs."""
    schools = [School(), School("https://other.example/issuers/school")]
    badges = [issued(school) for school in schools]
    first, second = (Far(school) for school in schools)
    with ThreadPoolExecutor(2) as threads:
        reports = [threads.submit(one.verify, badges[0], first.sources, now=NOW)]
        assert first.asked.wait(30)
        reports.append(threads.submit(one.verify, badges[1], second.sources, now=NOW))
        assert second.asked.wait(30)
        first.may_answer.set()  # while the worker is lent by the second
        assert Verdict.GREEN is reports[0].result().verdict
        second.may_answer.set()

        assert [s.verify(b) for s, b in zip(schools, badges, strict=True)] == [
            report.result() for report in reports
        ]


def test_a_caller_that_fails_ends_no_walk_of_another(one, school):
    """A database that breaks while the worker is somebody else's is that caller's misfortune."""
    far, broken = Far(school), Far(school)

    def fall(address: str) -> verification.fetching.Fetched:
        broken.asked.set()
        assert broken.may_answer.wait(30)
        raise ZeroDivisionError

    badge = issued(school)
    with ThreadPoolExecutor(2) as threads:
        falling = threads.submit(one.verify, badge, replace(broken.sources, fetch=fall), now=NOW)
        assert broken.asked.wait(30)
        slow = threads.submit(one.verify, badge, far.sources, now=NOW)
        assert far.asked.wait(30)
        before = workers_of(one)
        broken.may_answer.set()
        with pytest.raises(ZeroDivisionError):
            falling.result()
        assert before == workers_of(one)
        far.may_answer.set()

        assert Verdict.GREEN is slow.result().verdict


def test_whoever_finds_too_many_before_them_is_told_at_once(one, school):
    """One is served, one waits, the third is sent away; the one who waits, after a while."""
    far = Far(school)
    near = replace(far.sources, is_near=lambda address: True)  # so the worker is not lent
    badge = issued(school)
    with ThreadPoolExecutor(2) as threads:
        served = threads.submit(one.verify, badge, near, now=NOW)
        assert far.asked.wait(30)
        waits = threads.submit(one.verify, badge, near, now=NOW)
        while not one._queue and not waits.done():
            pass

        with pytest.raises(VerifierBusy, match=r"become free|wait already"):
            one.verify(badge, near, now=NOW)
        with pytest.raises(VerifierBusy, match="become free"):
            waits.result()
        far.may_answer.set()
        assert Verdict.GREEN is served.result().verdict


def test_whoever_came_first_is_served_first(school):
    """Or somebody waits until they are sent away, while others come and go."""
    pool = Pool(Limits(workers=1))
    badge = issued(school)
    far = Far(school)
    served: list[int] = []

    def numbered(number: int) -> Sources:
        def fetch(address: str) -> verification.fetching.Fetched:
            served.append(number)
            return school.fetch(address)

        return Sources(fetch, school)

    with ThreadPoolExecutor(5) as threads:
        near = replace(far.sources, is_near=lambda address: True)
        threads.submit(pool.verify, badge, near, now=NOW)
        assert far.asked.wait(30)
        for number in range(4):
            threads.submit(pool.verify, badge, numbered(number), now=NOW)
            while len(pool._queue) <= number:
                pass
        far.may_answer.set()
    pool.close()

    assert [0, 1, 2, 3] == list(dict.fromkeys(served))


def test_there_are_never_more_workers_than_configured(school, sources):
    """However many ask; and none before somebody asks."""
    pool = Pool(Limits(workers=2))
    badge = issued(school)
    assert set() == workers_of(pool)

    with ThreadPoolExecutor(12) as threads:
        verdicts = list(
            threads.map(lambda _: pool.verify(badge, sources, now=NOW).verdict, range(24))
        )

    assert [Verdict.GREEN] * 24 == verdicts
    assert len(workers_of(pool)) <= 2
    pool.close()
    with pytest.raises(VerifierBusy):
        pool.verify(badge, sources, now=NOW)


def test_a_worker_is_replaced_after_many_walks(sources):
    """What a library never gives back does not add up."""
    pool = Pool(Limits(workers=1, uses=1))
    pool.verify(b"hello", sources, now=NOW)
    (first,) = workers_of(pool)

    pool.verify(b"hello", sources, now=NOW)

    assert first not in workers_of(pool)
    pool.close()


FORKING = """
import os, sys
from datetime import datetime, UTC
from badgeservice.verification.recipient import Answer, Recipient
from badgeservice.verification.register import EmptyRegister
from badgeservice.verifier.pool import Limits, Pool, Sources

def verify():
    found = pool.verify(b"hello", Sources(None, EmptyRegister()), now=datetime.now(UTC))
    assert found.verdict == "unreadable", found
    print(*(worker.pid for worker in pool._workers), flush=True)

pool = Pool(Limits(workers=1))
verify()
if child := os.fork():
    assert os.waitpid(child, 0)[1] == 0
    verify()
else:
    assert not pool._workers
    verify()
"""


def test_a_fork_has_workers_of_its_own_and_all_end_with_their_process():
    """Servers fork; what two processes talk to over one line is nobody's."""
    done = subprocess.run(
        [sys.executable, "-c", FORKING], capture_output=True, text=True, timeout=60, check=True
    )
    parent, child, again = map(int, done.stdout.split())

    assert parent == again != child
    for worker in (parent, child):
        with pytest.raises(ProcessLookupError):
            os.kill(worker, 0)
