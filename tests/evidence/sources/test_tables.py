"""Tables of partners: whatever Excel makes of them is read, or refused with the line and the reason."""

from __future__ import annotations

import codecs
import contextlib
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from badgeservice.errors import TableRefused
from badgeservice.evidence.sources import table_words, tables, xlsx
from badgeservice.evidence.sources.tables import Allowed, Code, Column, Line, Result, Rules, Status
from tests.evidence.sources.workbooks import shared_text

pytestmark = pytest.mark.any_database

TITLES = "nom;prénom;e-mail;activité;statut;date;score"
ROW = "Lefèvre;Zoé;zoe@example.org;cyber-1;réussi;27/11/2026;82"
CSV = f"{TITLES}\n{ROW}\n"
CELLS = {
    Column.LAST_NAME: "Lefèvre",
    Column.FIRST_NAME: "Zoé",
    Column.EMAIL: "zoe@example.org",
    Column.ACTIVITY: "cyber-1",
    Column.STATUS: "réussi",
    Column.DATE: "27/11/2026",
    Column.SCORE: "82",
}
RULES = Rules(
    {
        "cyber-1": Allowed(date(2026, 9, 1), date(2026, 11, 30), Fraction(1, 100)),
        "atelier": Allowed(date(2026, 9, 1), date(2026, 11, 30)),
        "tableur": Allowed(date(2026, 9, 1), date(2026, 11, 30), Fraction(7, 10)),
    }
)


def lines(data: str | bytes, **given: bool) -> list[Line]:
    """Return every line of a table."""
    raw = data.encode() if isinstance(data, str) else data
    return list(tables.read(raw, **given).lines)


def refused(data: str | bytes) -> TableRefused:
    """Return why a table is refused, whenever it is found out; it has words in both languages."""
    with pytest.raises(TableRefused) as caught:
        lines(data)
    for language in ("fr", "en"):
        assert "{" not in table_words.refusal(caught.value, language)
    return caught.value


# --- files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        CSV.encode(),
        CSV.encode("utf-8-sig"),
        CSV.encode("cp1252"),
        CSV.encode("utf-16"),
        codecs.BOM_UTF16_BE + CSV.encode("utf-16-be"),
        CSV.replace(";", ",").encode(),
        CSV.replace(";", "\t").encode(),
        CSV.replace("\n", "\r\n").encode(),
        CSV.replace("\n", "\r").encode(),
        f"sep=;\n{CSV}".encode(),
        CSV.replace("nom;", '"NOM ";').replace("Lefèvre", '"Lefèvre"').encode(),
        CSV.replace("e-mail", "Adresse e-mail*").replace("statut", " STATUT ").encode(),
        xlsx.write([xlsx.Sheet("x", tuple(tuple(each.split(";")) for each in CSV.split("\n")))]),
    ],
    ids=[
        "UTF-8", "byte order mark", "Windows-1252", "UTF-16", "UTF-16, other end first", "commas",
        "tabs", "CRLF", "CR", "separator named", "quotes", "titles as people write them", "XLSX",
    ],
)  # fmt: skip
def test_reads_what_spreadsheets_write(data: bytes) -> None:
    """E6: the same line, from every encoding, delimiter and line end that we declare."""
    (line,) = lines(data)

    assert CELLS == line.cells
    assert line.number == (3 if data.startswith(b"sep") else 2)


def test_mixed_line_ends_and_empty_lines_keep_their_numbers() -> None:
    """E6: a number must lead to the line in the partner's own file."""
    found = lines(f"{TITLES}\r\n{ROW}\n\n;;;;;;\n{ROW}\r{ROW}")

    assert [2, 5, 6] == [line.number for line in found]


def test_a_quoted_cell_may_hold_a_line_end() -> None:
    """The line after it is counted as the editor counts."""
    found = lines(
        f"{TITLES}\n{ROW.replace('Zoé', chr(34) + 'Zo' + chr(10) + 'é' + chr(34))}\n{ROW}"
    )

    assert [(2, "Zo\né"), (4, "Zoé")] == [
        (line.number, line.cells[Column.FIRST_NAME]) for line in found
    ]


def test_columns_that_are_not_read_are_named() -> None:
    """Never a silent drop."""
    table = tables.read(b"email;motif;statut;date;activite;;remarque\n")

    assert ("motif", "remarque") == table.ignored


def test_the_activity_may_be_said_once_for_all() -> None:
    """Then no column need say it, and a line that does counts for itself."""
    (line,) = lines("email;statut;date\nzoe@example.org;présent;2026-11-27", activity_is_given=True)

    result = tables.check(line.cells, Rules(RULES.activities, default_activity="atelier"))

    assert isinstance(result, Result)
    assert ("atelier", Status.PRESENT) == (result.activity, result.status)


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        ("", "empty", 0),
        ("\n;;\n", "empty", 0),
        (b"%PDF-1.7", "not_a_table", 0),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old_workbook", 0),
        ("sep=|\na|b", "not_a_table", 1),
        (b"x" * (tables.MAXIMUM_BYTES + 1), "too_large", 0),
        (f"{CSV}Zo\0é", "control_character", 3),
        (CSV.encode() + b"\xe9\x81", "encoding", 3),
        (f'{CSV}"open;never closed\n{ROW}', "open_quote", 3),
        (f'{CSV}"closed"too early;\n', "open_quote", 3),
        ("nom;prenom;mail\n", "columns_missing", 0),
        ("email;mail;statut;date;activite\n", "columns_twice", 0),
        (f"{TITLES};{';'.join('x' * 1_000)}\n", "too_many_columns", 1),
        (f"{CSV}{';' * 1_000_000}x", "too_many_columns", 3),
        (f"{CSV}{'x' * 4_097};", "cell_too_long", 3),
        (f"{CSV}{'é' * 2_049};", "cell_too_long", 3),
        (f"{CSV}{'x' * 10_000_000};", "cell_too_long", 3),
        (f"{TITLES}\n" + f"{ROW}\n" * 20_001, "too_many_rows", 20_002),
    ],
    ids=[
        "nothing", "nothing but delimiters", "PDF", "old Excel", "another delimiter", "11 MB", "NUL",
        "no encoding", "open quote", "text after a quote", "missing columns", "duplicated column",
        "1,000 titles", "a million columns", "4,097 letters", "4,098 bytes", "10 MB cell",
        "20,001 rows",
    ],
)  # fmt: skip
def test_refuses_what_cannot_be_read_whole(data: str | bytes, code: str, line: int) -> None:
    """E6: with the line, and nothing of the file kept."""
    error = refused(data)

    assert (code, line) == (error.code, error.line)


def test_attack_one_text_in_every_cell_fills_no_disk() -> None:
    """61 KB of workbook whose cells all point to one text of 4,000 letters would be 560 MB here."""
    bomb = shared_text(TITLES.split(";"), letters=4_000, rows=20_000)
    assert len(bomb) < 100_000

    error = refused(bomb)

    assert "too_much_text" == error.code
    assert error.line * 7 * 4_000 <= tables.MAXIMUM_TEXT + 2 * 7 * 4_000
    assert "16 Mo" in table_words.refusal(error, "fr")


def test_twenty_thousand_ordinary_lines_are_far_from_too_much_text() -> None:
    """What is bounded is what nobody writes: a real list of the greatest length is read."""
    assert 20_000 == len(lines(f"{TITLES}\n" + f"{ROW}\n" * 20_000))


def test_a_missing_column_is_named_beside_those_found() -> None:
    """The sentence of the founding text: which is absent, which were found."""
    error = refused("nom;prénom;mail\n")

    assert table_words.refusal(error, "fr") == (
        "Colonne obligatoire absente : statut, date, activité. Colonnes trouvées : nom, prénom, mail."
    )


def test_a_refusal_does_not_repeat_what_stands_in_the_file() -> None:
    """Messages end in logs; what the file says of people does not."""
    assert "zoe" not in str(refused(f"{CSV}zoe@example.org\0"))


# --- lines ---------------------------------------------------------------------------------------


def test_a_line_becomes_a_result() -> None:
    """Every cell in its type."""
    result = tables.check(CELLS, RULES)

    assert isinstance(result, Result)
    assert (
        "zoe@example.org", "Zoé Lefèvre", "cyber-1", Status.PASSED, date(2026, 11, 27),
        Fraction(82, 100), False,
    ) == (
        str(result.email), result.name, result.activity, result.status, result.day, result.score,
        result.ambiguous_date,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("column", "text", "code"),
    [
        (Column.EMAIL, "", Code.EMAIL_MISSING),
        (Column.EMAIL, "j.dupont@orange", Code.EMAIL_UNUSABLE),
        (Column.LAST_NAME, "a\u202eb", Code.NAME_UNUSABLE),
        (Column.FIRST_NAME, "=HYPERLINK(1)", None),
        (Column.ACTIVITY, "", Code.ACTIVITY_MISSING),
        (Column.ACTIVITY, "CYBER-1", None),
        (Column.ACTIVITY, "atelier", Code.SCORE_NOT_AGREED),
        (Column.ACTIVITY, "tableur-confirme", Code.ACTIVITY_NOT_ALLOWED),
        (Column.STATUS, "", Code.STATUS_MISSING),
        (Column.STATUS, "Non-réussi", None),
        (Column.STATUS, "malade", Code.STATUS_UNKNOWN),
        (Column.DATE, "", Code.DATE_MISSING),
        (Column.DATE, "2026-11-27", None),
        (Column.DATE, "2026-11-27 00:00:00", None),
        (Column.DATE, "27.11.2026", None),
        (Column.DATE, "27/11/26", Code.DATE_UNREADABLE),
        (Column.DATE, "31/11/2026", Code.DATE_UNREADABLE),
        (Column.DATE, "hier", Code.DATE_UNREADABLE),
        (Column.DATE, "٢٧/١١/٢٠٢٦", Code.DATE_UNREADABLE),
        (Column.DATE, "11/27/2026", Code.DATE_MONTH_FIRST),
        (Column.DATE, "31/08/2026", Code.DATE_TOO_EARLY),
        (Column.DATE, "01/12/2026", Code.DATE_TOO_LATE),
        (Column.SCORE, "", Code.SCORE_MISSING),
        (Column.SCORE, "82,5", None),
        (Column.SCORE, "82\u00a0%", None),
        (Column.SCORE, "100/100", None),
        (Column.SCORE, "1", None),
        (Column.SCORE, "101", Code.SCORE_UNREADABLE),
        (Column.SCORE, "-1", Code.SCORE_UNREADABLE),
        (Column.SCORE, "0,82", Code.SCORE_UNREADABLE),
        (Column.SCORE, "14/20", Code.SCORE_UNREADABLE),
    ],
)
def test_a_problem_names_column_value_and_what_was_expected(
    column: Column, text: str, code: Code | None
) -> None:
    """Or there is none. The sentence stands in both languages."""
    found = tables.check({**CELLS, column: text}, RULES)

    if code is None:
        assert isinstance(found, Result)
        return
    assert isinstance(found, tuple)
    (problem,) = found
    assert code == problem.code
    if code is not Code.SCORE_NOT_AGREED:
        assert (column, text) == (problem.column, problem.value)
    for language in ("fr", "en"):
        assert table_words.column(problem, language)
        assert "{" not in table_words.explain(problem, language)


@pytest.mark.parametrize(
    ("score", "status", "code"),
    [
        ("70", "réussi", None),
        ("69", "réussi", Code.SCORE_TOO_LOW),
        ("", "présent", Code.SCORE_MISSING),
        (" ", "réussi", Code.SCORE_MISSING),
        ("", "non réussi", None),
        ("12", "non réussi", None),
        ("x", "réussi", Code.SCORE_UNREADABLE),
    ],
)
def test_a_score_below_the_threshold_is_no_success(
    score: str, status: str, code: Code | None
) -> None:
    """Below it nobody has passed, whatever the status says."""
    found = tables.check(
        {**CELLS, Column.ACTIVITY: "tableur", Column.SCORE: score, Column.STATUS: status}, RULES
    )

    assert [code] == ([each.code for each in found] if isinstance(found, tuple) else [None])


def test_every_problem_of_a_line_is_told_at_once() -> None:
    """Nobody corrects a line four times."""
    found = tables.check({Column.DATE: "hier"}, RULES, surplus=True)

    assert isinstance(found, tuple)
    assert [
        Code.EMAIL_MISSING, Code.ACTIVITY_MISSING, Code.STATUS_MISSING, Code.DATE_UNREADABLE,
        Code.CELLS_TOO_MANY,
    ] == [problem.code for problem in found]  # fmt: skip


def test_a_date_of_two_readings_is_told_and_not_guessed_among_doubtful_ones() -> None:
    """E6, dates 03/04: day first, unless the same table holds a date that is month first."""
    cells = {**CELLS, Column.DATE: "03/10/2026"}

    certain = tables.check(cells, RULES)
    doubtful = tables.check(cells, Rules(RULES.activities, dates_are_doubtful=True))

    assert isinstance(certain, Result)
    assert (date(2026, 10, 3), True) == (certain.day, certain.ambiguous_date)
    assert isinstance(doubtful, tuple)
    assert Code.DATE_AMBIGUOUS == doubtful[0].code
    assert "3 octobre 2026" in table_words.explain(doubtful[0], "fr")


def test_what_is_personal_stays_out_of_repr() -> None:
    """Tracebacks show values."""
    shown = repr(tables.check(CELLS, RULES)) + repr(lines(CSV))
    shown += repr(tables.check({**CELLS, Column.EMAIL: "zoe@"}, RULES))

    assert "zoe" not in shown.lower()


@settings(max_examples=50)
@given(st.dictionaries(st.sampled_from(Column), st.text(max_size=40)), st.booleans())
def test_no_text_breaks_a_line(cells: dict[Column, str], surplus: bool) -> None:
    """Whatever somebody types: a result, or problems that have words."""
    found = tables.check(cells, RULES, surplus=surplus)

    if isinstance(found, tuple):
        assert found
        for problem in found:
            assert table_words.explain(problem, "fr") != table_words.explain(problem, "en")


@settings(max_examples=50)
@given(st.binary(max_size=200))
def test_no_bytes_break_a_table(data: bytes) -> None:
    """A table, or a refusal."""
    with contextlib.suppress(TableRefused):
        list(tables.read(data).lines)


def test_every_code_has_words() -> None:
    """In both languages, and different ones."""
    for code in set(Code) - {Code.EMAIL_UNUSABLE, Code.NAME_UNUSABLE}:
        words = table_words._PROBLEMS[code]
        assert words["fr"] != words["en"]
