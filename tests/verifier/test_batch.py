"""Lists of badges: what people paste and what spreadsheets write, row by row, and back again."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from badgeservice import verification
from badgeservice.errors import ListRefused, Unreadable, VerifierBusy
from badgeservice.verification import Report
from badgeservice.verification.codes import Code
from badgeservice.verification.submission import MAXIMUM_BYTES
from badgeservice.verifier import batch
from badgeservice.verifier.batch import Answer, Row
from tests.conftest import Clock
from tests.verification.school import School

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LINK, CODE, JWT = "https://school.example/b/1,2;3", "K7QM-2XVD", "eyJhbGciOiJFZERTQSJ9.e30.c2ln"


@dataclass
class Desk:
    """A desk at which nothing is a badge; the outer edge of these tests."""

    clock: Clock = field(default_factory=Clock)
    busy: int = 0
    minutes: float = 0
    brought: list[str] = field(default_factory=list)

    def verify(self, data: bytes, *, now: datetime) -> Report:
        """Take note of what is brought, after as many refusals as there are to be."""
        self.clock.advance(minutes=self.minutes)
        if self.busy:
            self.busy -= 1
            raise VerifierBusy("too many verifications wait already")
        self.brought.append(data.decode())
        return verification.unreadable(Unreadable("text", code=Code.NOT_A_BADGE), now=now)


def given(text: str | bytes) -> list[tuple[int, str]]:
    """What is read from a list: the number of each line, and the badge on it."""
    data = text.encode() if isinstance(text, str) else text
    return [(row.number, row.given) for row in batch.read(data)]


# --- reading -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (f"{LINK}\n{CODE}\r\n{JWT}\r\n", [(1, LINK), (2, CODE), (3, JWT)]),
        (f"\n\n  {LINK}  \n \t\n{CODE}", [(3, LINK), (5, CODE)]),
        ("what is this\n", [(1, "what is this")]),
        (f"Dupontel;{LINK.split(';')[0]}\nEva\t{CODE}", [(1, LINK.split(";")[0]), (2, CODE)]),
        (f'"{CODE}","Eyal"', [(1, CODE)]),
        (f"Lien\n{LINK}\n", [(2, LINK)]),
        (f"Nom;Badge\nEva;{CODE}\n;\nLéo\n", [(2, CODE), (4, "")]),
        (f'name,"Link"\nEva,"{LINK}"\n', [(2, LINK)]),
        (f"ADRESSE\tnom\n{LINK}\tEva", [(2, LINK)]),
        (f'nom;badge\n"Eva\nMarie";{CODE}\nLéo;{CODE}', [(3, CODE), (4, CODE)]),
    ],
    ids=range(10),
)
def test_lists_as_people_make_them(text, rows):
    """Pasted lines, and tables with a header or without; only empty lines are no rows."""
    assert rows == given(text)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_lists_as_spreadsheets_write_them(encoding):
    """A name with accents, in whichever encoding, does not hide the column."""
    assert [(2, CODE)] == given(f"élève;badge\nÉlodie;{CODE}".encode(encoding))


def test_what_we_wrote_is_read_again():
    """A list that was verified once can be verified again a month later, in both languages."""
    answers = list(batch.verify(Desk(), [Row(1, LINK), Row(2, CODE)], clock=Clock(), wait=print))
    for language in ("fr", "en"):
        table = "".join(batch.as_csv(answers, language))

        assert [(2, LINK), (3, CODE)] == given(table)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_list"),
        (b" \r\n\t\n", "empty_list"),
        (b"badge;nom\n", "empty_list"),
        (b"x\n" * 501, "too_many_rows"),
        (b"badge;n\n" + b"x;y\n" * 501, "too_many_rows"),
        (b"x" * (MAXIMUM_BYTES + 1), "list_too_large"),
        (b'badge;nom\n"K7QM-2XVD;Eva\nK7QM-2XVD;Leo\n', "bad_csv"),
        (b"badge;nom\n" + b"x" * 200_000 + b";y\n", "bad_csv"),
    ],
    ids=["nothing", "blanks", "header", "501", "501 of a table", "large", "open quote", "cell"],
)
def test_attack_lists_that_are_refused_as_a_whole(data, code):
    """Nothing of them is verified: a row left out in silence would be believed to be well."""
    with pytest.raises(ListRefused) as refused:
        batch.read(data)

    assert code == refused.value.code


def test_five_hundred_rows_are_a_list():
    """The limit itself is allowed."""
    assert 500 == len(given("x\n" * 500))


@pytest.mark.parametrize(
    "data",
    [bytes(range(256)), b"\0" * 50, b"\xff\xfe\x00", b'"' * 99, b",;\t" * 1000, b"a\0b;\x85\n\x1c"],
    ids=range(6),
)
def test_attack_bytes_that_are_no_list_are_rows_that_cannot_be_read(data):
    """Whatever it is, it is rows or a refusal."""
    try:
        rows = batch.read(data)
    except ListRefused:
        return
    for answer in batch.verify(Desk(), rows, clock=Clock(), wait=print):
        assert "unreadable" == answer.verdict


# --- verifying -----------------------------------------------------------------------------------


def test_rows_are_verified_when_they_are_asked_for():
    """Whoever stops reading stops the work."""
    desk = Desk()
    answers = batch.verify(
        desk, [Row(n, f"badge {n}") for n in range(9)], clock=Clock(), wait=print
    )

    next(answers), next(answers)
    answers.close()

    assert ["badge 0", "badge 1"] == desk.brought


@pytest.mark.parametrize(("busy", "verdict"), [(0, "unreadable"), (3, "unreadable"), (4, "not_verified")])  # fmt: skip
def test_a_busy_desk_is_asked_again_and_then_said_to_be_busy(busy, verdict):
    """A row without an answer is never taken for one that is well, nor left out."""
    waited: list[float] = []

    (answer,) = batch.verify(Desk(busy=busy), [Row(1, CODE)], clock=Clock(), wait=waited.append)

    assert verdict == answer.verdict
    assert min(busy, 3) == len(waited)
    assert (batch.BUSY in answer.codes) == (verdict == "not_verified")


def test_attack_a_list_of_slow_sites_ends():
    """After ten minutes the rest is said not to be verified, and costs nothing."""
    clock = Clock()
    desk = Desk(clock, minutes=4)

    answers = list(batch.verify(desk, [Row(n, CODE) for n in range(500)], clock=clock, wait=print))

    assert 3 == len(desk.brought)
    assert [batch.OUT_OF_TIME] * 497 == [answer.problem for answer in answers[3:]]
    assert {"not_verified"} == {answer.verdict for answer in answers[3:]}


def test_attack_lists_take_no_more_than_their_places():
    """Two at once; a place that is given back twice is one place."""
    first, second = batch.enter(), batch.enter()
    with pytest.raises(VerifierBusy):
        batch.enter()

    first()
    first()

    third = batch.enter()
    with pytest.raises(VerifierBusy):
        batch.enter()
    second()
    third()


# --- writing -------------------------------------------------------------------------------------

FORMULAS = (
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\0=1", "  =1", "\u00a0=1", "＝1", "＋1",
    "－1", "＠A", '=HYPERLINK("http://evil.example","x")', "=cmd|' /C calc'!A0", '"=1', ";=1", ",=1",
    "x\r\n=1+1", "\u202e=1", "\ufeff=1",
)  # fmt: skip


@pytest.fixture
def report() -> Report:
    """The report on a badge of a school, all of whose words can be chosen by a stranger."""
    school = School()
    return school.verify(school.issue())


@pytest.mark.parametrize("language", ["fr", "en"])
def test_attack_no_cell_is_a_formula(report, language):
    """E5: whatever a badge, an issuer or a line says, spreadsheets read it as text on one line."""
    answers = []
    for number, formula in enumerate(FORMULAS, 1):
        credential = replace(
            report.credential, name=formula, issuer_domain=formula, recipient_name=formula
        )
        answers.append(Answer(Row(number, formula), replace(report, credential=credential)))

    table = "".join(batch.as_csv(answers, language))

    assert table.startswith("\ufeff")
    lines = list(csv.reader(io.StringIO(table[1:]), delimiter={"fr": ";", "en": ","}[language]))
    assert 1 + len(FORMULAS) == len(lines) == table.count("\r\n")
    for cells in lines:
        assert len(lines[0]) == len(cells)
        for cell in cells:
            assert cell.isprintable()
            assert cell.lstrip()[:1] not in {*"=+-@＝＋－＠"}


def test_attack_a_badge_with_endless_words_makes_no_endless_table(report):
    """A cell holds two kilobytes at most."""
    credential = replace(report.credential, name="x" * 200_000)

    written = batch.line(
        Answer(Row(1, "y" * 200_000), replace(report, credential=credential)), "en"
    )

    assert 4_096 < len(written) < 6_000


def test_of_what_is_no_badge_the_row_says_what_was_found():
    """Five hundred times the list of all formats would help nobody."""
    (answer,) = batch.verify(Desk(), [Row(1, "hello")], clock=Clock(), wait=print)

    assert Code.NOT_A_BADGE.french == answer.sentence("fr")


def test_a_table_says_what_a_person_looks_for(report):
    """Verdict, sentence, badge, issuer, person, days; the codes are for whoever asks further."""
    (cells,) = csv.reader(io.StringIO(batch.line(Answer(Row(7, CODE), report), "en")))

    assert ["7", CODE, str(report.verdict)] == cells[:3]
    assert report.credential.name in cells
    assert cells[-1].startswith(report.checked_at.date().isoformat())
