"""Tables of results as partners send them: a CSV or an Excel file, read into checked results.

1. `read` opens a file and finds its columns; what makes the whole unreadable is a TableRefused.
2. It yields the lines one by one, so that a table of any size is never held as a whole.
3. `check` reads one line: a `Result`, or every problem of the line, each with the column, the value
   and what was expected. `table_words` says them in French and English.

Nothing here knows a person, an agreement or a clock: what is allowed comes in as `Rules`.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fractions import Fraction

from badgeservice import spreadsheets
from badgeservice.errors import InvalidEmail, InvalidName, TableRefused
from badgeservice.evidence.sources import xlsx
from badgeservice.people import email_address, names
from badgeservice.people.email_address import EmailAddress

MAXIMUM_BYTES = 10 * 1024 * 1024
MAXIMUM_ROWS = 20_000
MAXIMUM_CELL = 4_096
"""Bytes of one cell in UTF-8."""

MAXIMUM_TEXT = 16 * 1024 * 1024
"""Bytes in UTF-8 of all the cells that are kept, 800 for each of 20,000 lines: ten times what a list
holds. In a workbook many cells may point to one text, so that its own size bounds nothing."""

MAXIMUM_COLUMNS = xlsx.MAXIMUM_COLUMNS

Cells = Mapping["Column", str]
"""One line of a table: the text in each column that we read; empty ones are left out."""


class Column(StrEnum):
    """The columns that are read; the value is the name in our French template."""

    LAST_NAME = "nom"
    FIRST_NAME = "prenom"
    EMAIL = "email"
    ACTIVITY = "activite"
    STATUS = "statut"
    DATE = "date"
    SCORE = "score"


REQUIRED = (Column.EMAIL, Column.STATUS, Column.DATE)

# Without accents, capitals, spaces, hyphens, underscores and marks: how each may be called.
_NAMES = {
    Column.LAST_NAME: {"nom", "nomdefamille", "lastname", "surname", "familyname", "name"},
    Column.FIRST_NAME: {"prenom", "firstname", "givenname"},
    Column.EMAIL: {
        "email", "mail", "courriel", "adressemail", "adresseemail", "emailaddress", "mailaddress",
        "adresseelectronique",
    },
    Column.ACTIVITY: {"activite", "activity", "code", "codeactivite", "activitycode", "atelier"},
    Column.STATUS: {"statut", "status", "resultat", "result", "outcome", "presence"},
    Column.DATE: {"date", "jour", "day", "dateactivite", "datedelactivite", "activitydate"},
    Column.SCORE: {"score", "note", "scoreen", "grade"},
}  # fmt: skip


class Status(StrEnum):
    """How it ended for the person, in the words of the list."""

    PRESENT = "present"
    PASSED = "passed"
    ABSENT = "absent"
    EXCUSED = "excused"
    NOT_PASSED = "not_passed"

    @property
    def is_achieved(self) -> bool:
        """Whether there is anything to record: what was not achieved is no evidence."""
        return self in (Status.PRESENT, Status.PASSED)


_STATUSES = {
    "present": Status.PRESENT, "presente": Status.PRESENT, "attended": Status.PRESENT,
    "reussi": Status.PASSED, "reussie": Status.PASSED, "passed": Status.PASSED,
    "absent": Status.ABSENT, "absente": Status.ABSENT,
    "excuse": Status.EXCUSED, "excusee": Status.EXCUSED, "excused": Status.EXCUSED,
    "nonreussi": Status.NOT_PASSED, "nonreussie": Status.NOT_PASSED,
    "notpassed": Status.NOT_PASSED, "failed": Status.NOT_PASSED,
}  # fmt: skip


class Code(StrEnum):
    """What can be wrong with a line; `table_words` has a sentence for each."""

    EMAIL_MISSING = "email_missing"
    EMAIL_UNUSABLE = "email_unusable"
    NAME_UNUSABLE = "name_unusable"
    ACTIVITY_MISSING = "activity_missing"
    ACTIVITY_NOT_ALLOWED = "activity_not_allowed"
    STATUS_MISSING = "status_missing"
    STATUS_UNKNOWN = "status_unknown"
    DATE_MISSING = "date_missing"
    DATE_UNREADABLE = "date_unreadable"
    DATE_MONTH_FIRST = "date_month_first"
    DATE_AMBIGUOUS = "date_ambiguous"
    DATE_TOO_EARLY = "date_too_early"
    DATE_TOO_LATE = "date_too_late"
    SCORE_MISSING = "score_missing"
    SCORE_UNREADABLE = "score_unreadable"
    SCORE_NOT_AGREED = "score_not_agreed"
    SCORE_TOO_LOW = "score_too_low"
    CELLS_TOO_MANY = "cells_too_many"
    SAME_AS_BEFORE = "same_as_before"


@dataclass(frozen=True)
class Problem:
    """One thing to correct: where, what stands there, what was expected, as `explain` says it.

    `expected` are the facts of the sentence: names of activities, bounds of dates, a line.
    """

    code: Code
    column: Column | None
    value: str = field(default="", repr=False)
    expected: str = ""


@dataclass(frozen=True)
class Result:
    """One line, read: who, what, how it ended, when. `score` is an exact share of 1.

    `ambiguous_date` is set when day and month could be the other way round.
    """

    email: EmailAddress = field(repr=False)
    name: str = field(repr=False)
    activity: str
    status: Status
    day: date
    score: Fraction | None = None
    ambiguous_date: bool = False


@dataclass(frozen=True)
class Allowed:
    """What a partner may say of one activity: on which days, and which score it takes.

    Days lie from `earliest` to `latest`, both included. `threshold` is the share of 1 that a score
    must reach, None where scores are not reported.
    """

    earliest: date
    latest: date
    threshold: Fraction | None = None


@dataclass(frozen=True)
class Rules:
    """What a list of this partner may hold.

    `activities` are those that the agreement allows, by code; a line without one is about
    `default_activity`, if there is one. `dates_are_doubtful` when the table holds a date that can
    only be month first: then those that can be read both ways are not guessed.
    """

    activities: Mapping[str, Allowed]
    default_activity: str = ""
    dates_are_doubtful: bool = False


@dataclass(frozen=True)
class Line:
    """A line that holds something: its number in the file, from 1, and its cells.

    `surplus` are cells beyond the last column.
    """

    number: int
    cells: dict[Column, str] = field(repr=False)
    surplus: bool = False


@dataclass(frozen=True)
class Table:
    """An open table: which columns it has, which of them we do not read, and its lines, once."""

    columns: tuple[Column, ...]
    ignored: tuple[str, ...]
    lines: Iterator[Line]


# --- files ---------------------------------------------------------------------------------------

_ZIP, _OLE, _PDF = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"%PDF"
_DELIMITERS = ";,\t"
_SEPARATOR_LINE = re.compile(r"sep=(.)(?:\r\n|\r|\n)", re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"?')


def read(data: bytes, *, activity_is_given: bool = False) -> Table:
    """Return the table that a file holds, CSV or XLSX by its first bytes.

    `activity_is_given` when the whole list is about one activity, so that no column need say it.
    Lines are read while they are asked for: TableRefused may come from there too, so whoever keeps
    lines keeps all of them or none. Codes: empty, too_large, old_workbook, not_a_table, encoding,
    control_character, open_quote, columns_missing, columns_twice, too_many_columns, too_many_rows,
    cell_too_long, too_much_text, and those of `xlsx.rows`.
    """
    if len(data) > MAXIMUM_BYTES:
        raise TableRefused(f"{len(data)} bytes", code="too_large")
    if data.startswith(_OLE):
        raise TableRefused("an old or a locked workbook", code="old_workbook")
    if data.startswith(_PDF):
        raise TableRefused("a PDF", code="not_a_table")
    raw = xlsx.rows(data) if data.startswith(_ZIP) else _csv_rows(_decoded(data))
    first = next(raw, None)
    if first is None:
        raise TableRefused("no line", code="empty")
    header = [cell.strip() for cell in first[1]]
    found = _columns(header, activity_is_given=activity_is_given)
    return Table(
        tuple(found.values()),
        tuple(name for place, name in enumerate(header) if name and place not in found),
        _lines(raw, header, found),
    )


def _decoded(data: bytes) -> str:
    """Return the text of a CSV: UTF-8 or UTF-16 with a mark, UTF-8, else Windows-1252."""
    try:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return data.decode("utf-16")
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            return data.decode("cp1252")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise TableRefused("no encoding that we know", code="encoding", line=line) from None


def _csv_rows(text: str) -> Iterator[xlsx.Row]:
    """Yield the lines of a CSV that hold something, with the number of the line each begins on."""
    if named := _SEPARATOR_LINE.match(text):
        delimiter, skipped = named[1], 1
        text = text[named.end() :]
    else:
        delimiter, skipped = _delimiter(text), 0
    if delimiter not in _DELIMITERS:
        raise TableRefused("a delimiter that we do not read", code="not_a_table", line=1)
    if (place := text.find("\0")) >= 0:
        line = len(text[:place].splitlines()) + skipped
        raise TableRefused("a NUL", code="control_character", line=max(line, 1))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        number = reader.line_num + 1 + skipped
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            code = "cell_too_long" if "field larger" in str(error) else "open_quote"
            raise TableRefused("a line that does not end", code=code, line=number) from None
        if any(cell.strip() for cell in cells):
            yield number, cells


def _delimiter(text: str) -> str:
    """Return what divides the first line that holds something; quoted parts do not count."""
    head = text[:MAXIMUM_CELL].lstrip("\r\n")
    first = _QUOTED.sub("", re.split(r"[\r\n]", head, maxsplit=1)[0])
    return max(_DELIMITERS, key=first.count)


def _columns(header: Sequence[str], *, activity_is_given: bool) -> dict[int, Column]:
    """Return which of our columns stands at which place; raise TableRefused if that is not clear."""
    if len(header) > MAXIMUM_COLUMNS:
        raise TableRefused(f"{len(header)} columns", code="too_many_columns", line=1)
    found: dict[int, Column] = {}
    for place, title in enumerate(header):
        plain = _plain(title)
        column = next((each for each, known in _NAMES.items() if plain in known), None)
        if column is None:
            continue
        if column in found.values():
            raise TableRefused(
                "a column stands twice", code="columns_twice", column=column, value=title
            )
        found[place] = column
    required = REQUIRED if activity_is_given else (*REQUIRED, Column.ACTIVITY)
    if missing := [column for column in required if column not in found.values()]:
        raise TableRefused(
            f"no column {', '.join(missing)}",
            code="columns_missing",
            column=", ".join(missing),
            value=", ".join(each for each in header if each)[:300],
        )
    return found


def _lines(
    raw: Iterator[xlsx.Row], header: Sequence[str], found: Mapping[int, Column]
) -> Iterator[Line]:
    size = 0
    for count, (number, cells) in enumerate(raw, 1):
        if count > MAXIMUM_ROWS:
            raise TableRefused(f"more than {MAXIMUM_ROWS} rows", code="too_many_rows", line=number)
        if len(cells) > MAXIMUM_COLUMNS:
            raise TableRefused("too many cells", code="too_many_columns", line=number)
        kept: dict[Column, str] = {}
        for place, cell in enumerate(cells):
            # Four bytes a character at most: hardly any cell has to be encoded to be measured.
            if len(cell) > MAXIMUM_CELL // 4 and len(cell.encode(errors="replace")) > MAXIMUM_CELL:
                name = header[place] if place < len(header) else ""
                raise TableRefused(
                    "a cell is too long", code="cell_too_long", line=number, column=name[:100]
                )
            if place in found and (text := spreadsheets.as_meant(cell.strip())):
                kept[found[place]] = text
                size += len(text.encode(errors="replace"))
        if size > MAXIMUM_TEXT:
            raise TableRefused("too much text", code="too_much_text", line=number)
        yield Line(number, kept, surplus=any(cell.strip() for cell in cells[len(header) :]))


# --- lines ---------------------------------------------------------------------------------------

_ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ][\d:.]+(?:Z|[+-][\d:]+)?)?", re.ASCII)
_DAY_FIRST = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?: [\d:]+)?", re.ASCII)
_SCORE = re.compile(r"(\d{1,3})(?:[.,](\d{1,3}))? ?(%|/ ?100)?", re.ASCII)
_SPACES = str.maketrans("\u00a0\u202f", "  ")


def check(cells: Cells, rules: Rules, *, surplus: bool = False) -> Result | tuple[Problem, ...]:
    """Return what a line says, or every problem of it in the order of our columns."""
    reading = _Reading(cells)
    email, name = reading.email(), reading.name()
    activity = reading.activity(rules)
    status, day, score = reading.status(), reading.day(rules), reading.score()
    if activity and day is not None:
        reading.bounds(rules.activities[activity], day)
    if activity and status is not None:
        reading.threshold(rules.activities[activity], score, is_achieved=status.is_achieved)
    if surplus:
        reading.problem(Code.CELLS_TOO_MANY)
    if reading.problems or email is None or status is None or day is None:
        return tuple(reading.problems)
    return Result(
        email, name, activity, status, day, score, is_ambiguous(cells.get(Column.DATE, ""))
    )


def is_month_first(text: str) -> bool:
    """Say whether a date makes sense only when the month is written first.

    >>> is_month_first("11/27/2026"), is_month_first("27/11/2026"), is_month_first("03/04/2026")
    (True, False, False)
    """
    found = _DAY_FIRST.fullmatch(text.translate(_SPACES).strip())
    return found is not None and int(found[3]) > 12 >= int(found[1])


def is_ambiguous(text: str) -> bool:
    """Say whether a date makes sense both ways, and not the same.

    >>> is_ambiguous("03/04/2026"), is_ambiguous("04/04/2026"), is_ambiguous("2026-04-03")
    (True, False, False)
    """
    found = _DAY_FIRST.fullmatch(text.translate(_SPACES).strip())
    return (
        found is not None and int(found[1]) <= 12 and int(found[3]) <= 12 and found[1] != found[3]
    )


class _Reading:
    """One line being read, with the problems found so far."""

    def __init__(self, cells: Cells) -> None:
        self.cells, self.problems = cells, list[Problem]()

    def problem(self, code: Code, column: Column | None = None, expected: str = "") -> None:
        value = self.cells.get(column, "") if column else ""
        self.problems.append(Problem(code, column, value, expected))

    def email(self) -> EmailAddress | None:
        try:
            return email_address.parse(self.cells.get(Column.EMAIL, ""))
        except InvalidEmail as error:
            missing = error.code == "email_missing"
            self.problem(
                Code.EMAIL_MISSING if missing else Code.EMAIL_UNUSABLE,
                Column.EMAIL,
                "" if missing else error.code,
            )
            return None

    def name(self) -> str:
        """Return the name as it is shown, empty when the line gives none."""
        given = [self.cells.get(each, "") for each in (Column.FIRST_NAME, Column.LAST_NAME)]
        for column, text in zip((Column.FIRST_NAME, Column.LAST_NAME), given, strict=True):
            try:
                if text:
                    names.normalise(text)
            except InvalidName as error:
                self.problem(Code.NAME_UNUSABLE, column, error.code)
        whole = " ".join(text for text in given if text)
        return " ".join(whole.split())[: names.MAX_LENGTH]

    def activity(self, rules: Rules) -> str:
        """Return the code of the activity; capitals and spaces around it do not count."""
        given = self.cells.get(Column.ACTIVITY, "") or rules.default_activity
        known = {code.casefold(): code for code in rules.activities}
        if not given:
            self.problem(Code.ACTIVITY_MISSING, Column.ACTIVITY, ", ".join(rules.activities))
        elif given.casefold() not in known:
            self.problem(Code.ACTIVITY_NOT_ALLOWED, Column.ACTIVITY, ", ".join(rules.activities))
        return known.get(given.casefold(), "")

    def status(self) -> Status | None:
        given = self.cells.get(Column.STATUS, "")
        if status := _STATUSES.get(_plain(given)):
            return status
        self.problem(Code.STATUS_UNKNOWN if given else Code.STATUS_MISSING, Column.STATUS)
        return None

    def day(self, rules: Rules) -> date | None:
        given = self.cells.get(Column.DATE, "")
        day = day_of(given)
        if not given:
            self.problem(Code.DATE_MISSING, Column.DATE)
        elif is_month_first(given):
            self.problem(Code.DATE_MONTH_FIRST, Column.DATE)
        elif day is None:
            self.problem(Code.DATE_UNREADABLE, Column.DATE)
        elif rules.dates_are_doubtful and is_ambiguous(given):
            self.problem(Code.DATE_AMBIGUOUS, Column.DATE, day.isoformat())
        else:
            return day
        return None

    def bounds(self, allowed: Allowed, day: date) -> None:
        """Compare the day with those that the agreement covers."""
        if day < allowed.earliest:
            self.problem(Code.DATE_TOO_EARLY, Column.DATE, allowed.earliest.isoformat())
        elif day > allowed.latest:
            self.problem(Code.DATE_TOO_LATE, Column.DATE, allowed.latest.isoformat())

    def threshold(self, allowed: Allowed, score: Fraction | None, *, is_achieved: bool) -> None:
        """Compare a score with what the agreement says of scores.

        Where a threshold is agreed, a success needs a score: left out, it would be passed.
        """
        if score is None:
            is_left_out = not self.cells.get(Column.SCORE, "").strip()
            if is_left_out and is_achieved and allowed.threshold is not None:
                self.problem(Code.SCORE_MISSING, Column.SCORE, _percent(allowed.threshold))
            return
        if allowed.threshold is None:
            self.problem(Code.SCORE_NOT_AGREED, Column.SCORE)
        elif is_achieved and score < allowed.threshold:
            self.problem(Code.SCORE_TOO_LOW, Column.SCORE, _percent(allowed.threshold))

    def score(self) -> Fraction | None:
        """Return the score as a share of 1; it is written as a number from 0 to 100."""
        given = self.cells.get(Column.SCORE, "").translate(_SPACES).strip()
        if not given:
            return None
        found = _SCORE.fullmatch(given)
        score = Fraction(f"{found[1]}.{found[2] or 0}") / 100 if found else Fraction(2)
        # 0,82 without a sign may mean 82 % or less than one: nobody but the partner knows.
        is_share = found is not None and not found[3] and 0 < score * 100 < 1
        if score > 1 or is_share:
            self.problem(Code.SCORE_UNREADABLE, Column.SCORE)
            return None
        return score


def _percent(share: Fraction) -> str:
    """Return a share of 1 as a number from 0 to 100."""
    return f"{float(share * 100):g}"


def day_of(text: str) -> date | None:
    """Return the day of `2026-11-27` or `27/11/2026`; None for anything else.

    >>> day_of("27/11/2026"), day_of("31/11/2026")
    (datetime.date(2026, 11, 27), None)
    """
    text = text.translate(_SPACES).strip()
    if found := _ISO_DAY.fullmatch(text):
        year, month, day = found[1], found[2], found[3]
    elif found := _DAY_FIRST.fullmatch(text):
        year, month, day = found[4], found[3], found[1]
    else:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _plain(text: str) -> str:
    """Return the letters and digits of a word, without accents and capitals.

    >>> _plain(" Prénom* "), _plain("Non-réussi"), _plain("E-mail")
    ('prenom', 'nonreussi', 'email')
    """
    decomposed = unicodedata.normalize("NFKD", text[:200]).lower()
    return "".join(each for each in decomposed if each.isalnum())
