"""The attack corpus through `badgeservice verify`: nothing malicious passes, nothing genuine fails."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from badgeservice import documents, verification
from badgeservice.errors import Unreadable
from badgeservice.openbadges import timestamps
from badgeservice.verification.issuers import IssuerList, KnownIssuer
from badgeservice.verification.register import EmptyRegister
from badgeservice.verification.report import Issuer, Report, Verdict
from tests.attacks import corpus, make
from tests.attacks.corpus import Stored
from tests.attacks.making.cases import Group

CASES = list(corpus.stored())
CLASSES = sorted({case.group for case in CASES})
KNOWN = IssuerList(
    KnownIssuer(identifier, name, reason="for these tests", source="nobody")
    for identifier, name in (
        ("did:web:school.example", "École d'exemple"),
        ("https://school.example", "École d'exemple"),
        ("https://academy.example", "Académie d'exemple"),
    )
)
GROUPS = pytest.mark.parametrize("make_group", make.GROUPS, ids=lambda group: group.__qualname__)


@pytest.fixture(scope="module", autouse=True)
def connections() -> Iterator[list[str]]:
    """Every connection that is tried while the corpus is judged; there must be none."""
    tried: list[str] = []
    listening = True

    def listen(event: str, arguments: tuple[Any, ...]) -> None:
        if listening and event in ("socket.connect", "socket.getaddrinfo"):
            tried.append(f"{event} {arguments!r:.200}")

    sys.addaudithook(listen)
    yield tried
    listening = False
    assert not tried


@pytest.mark.parametrize("group", CLASSES)
def test_every_case_of_a_class(group: str) -> None:
    """Each is judged as its meta.json says, for that reason, asking nobody else, in time."""
    wrong = {}
    for case in (case for case in CASES if case.group == group):
        answer = corpus.ask_in_process(case)
        problems = corpus.problems(case, answer)
        if answer.accepts is not case.is_sound or answer.verdict == "green":  # nobody is known
            problems.append("accepted" if answer.accepts else "refused")
        if problems:
            wrong[case.name] = problems

    assert wrong == {}


def test_where_the_school_is_known_its_own_badges_are_green_and_nothing_else() -> None:
    """Also not what looks like them, and not what is theirs and tampered with: of these, some."""
    verdicts = Counter()
    for number, case in enumerate(CASES):
        if case.is_sound or number % 8 == 0:
            report = _where_the_school_is_known(case)
            verdicts[str(report.verdict)] += case.is_genuine
            assert case.is_genuine or report.verdict is not Verdict.GREEN, case.name
            assert case.group != corpus.LOOK_ALIKES or report.issuer is not Issuer.REGISTERED

    # The two that are their own keys bear the school's name, and are not the school.
    assert verdicts["green"] == sum(case.is_genuine for case in CASES) - 2
    assert verdicts["red"] == verdicts["unreadable"] == 0


def _where_the_school_is_known(case: Stored) -> Report:
    now = timestamps.read(case.meta["at"])
    with case.arguments() as (*_, folder, file):
        try:
            submission = verification.recognise(Path(file).read_bytes())
        except Unreadable as error:
            return verification.unreadable(error, now=now)
        return verification.verify(
            submission,
            fetch=documents.directory_fetch(Path(folder)),
            register=EmptyRegister(),
            now=now,
            issuers=KNOWN,
        )


@GROUPS
def test_making_a_class_again_gives_the_same_bytes(make_group: Callable[[], Group]) -> None:
    """Whoever edits a case by hand, or a generator without running it, is found out.

    The minimum of the class is that of the design.
    """
    group = make_group()

    for folder, written in make.files((lambda: group,)):
        there = {
            path.relative_to(corpus.ROOT).as_posix(): path.read_bytes()
            for path in (corpus.ROOT / folder).rglob("*")
            if path.is_file()
        }
        assert there.keys() == written.keys(), folder
        assert [name for name in written if there[name] != written[name]] == []
    assert len(group.cases) >= group.minimum or group.shortfall


def test_no_two_cases_are_the_same() -> None:
    """Neither in what was done for which answer, nor in their bytes."""
    said = Counter(
        (case.group, case.meta["mutation"], case.meta["expect"]["code"]) for case in CASES
    )
    bytes_of = Counter(_bytes(case) for case in CASES)

    assert [what for what, number in said.items() if number > 1] == []
    assert [what for what, number in bytes_of.items() if number > 1] == []


def test_there_are_enough_genuine_controls() -> None:
    """Refusing everything would pass every attack."""
    assert sum(case.is_genuine for case in CASES) >= 100


def _bytes(case: Stored) -> tuple[bytes, ...]:
    said = json.dumps([case.meta.get("documents"), case.meta["at"]]).encode()
    files = sorted(path for path in case.folder.iterdir() if path.name != "meta.json")
    return (said, *(path.read_bytes() for path in files))
