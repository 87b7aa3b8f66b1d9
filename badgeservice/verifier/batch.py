"""A list of badges: read from what somebody pasted or from a CSV, verified one by one.

Nothing is kept: rows are answered while they are asked for, and whoever stops reading stops the work
(docs/decisions/0022-api-and-batch.md).
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from threading import BoundedSemaphore

from badgeservice import spreadsheets
from badgeservice.errors import ListRefused, VerifierBusy
from badgeservice.issuing import short_codes
from badgeservice.verification import Report, Verdict, words
from badgeservice.verification.submission import MAXIMUM_BYTES
from badgeservice.verification.words import Language
from badgeservice.verifier.desk import Desk

MAXIMUM_ROWS = 500
MAXIMUM_TIME = timedelta(minutes=10)
"""How long one list may take; what is left by then is answered as not verified."""

BUSY = "verifier_busy"
OUT_OF_TIME = "out_of_time"
PROBLEMS: dict[str, dict[Language, str]] = {
    BUSY: {
        "fr": "Non vérifié : trop de vérifications en même temps. Réessayez plus tard",
        "en": "Not verified: too many verifications at once. Try again later",
    },
    OUT_OF_TIME: {
        "fr": "Non vérifié : la liste a pris trop de temps. Envoyez le reste à part",
        "en": "Not verified: the list took too long. Send the rest by itself",
    },
}
"""Why a row was not verified."""

VERDICTS: dict[str, dict[Language, str]] = {
    "green": {"fr": "vert", "en": "green"},
    "amber": {"fr": "orange", "en": "amber"},
    "red": {"fr": "rouge", "en": "red"},
    "unreadable": {"fr": "illisible", "en": "unreadable"},
    "not_verified": {"fr": "non vérifié", "en": "not verified"},
}
"""The verdicts in one word; the last is that of a row without a report."""

# How the column with the badges may be called, without accents and in small letters.
_NAMES = {
    "badge", "badges", "lien", "liens", "link", "links", "url", "urls", "adresse", "adresses",
    "address", "addresses", "code", "codes", "credential", "credentials", "preuve", "badge donne",
    "badge given",
}  # fmt: skip
_DELIMITERS = ";,\t"
_LINE_END = re.compile(r"\r\n|\r|\n")
_BADGE = re.compile(r"https?://|ey[^\s.]*\.|\{", re.IGNORECASE)
"""How a badge begins: an address, a JWT, JSON."""

_AT_ONCE = 2
_TRIES, _SECONDS_BETWEEN_TRIES = 4, 5.0
_ROOM = BoundedSemaphore(_AT_ONCE)


@dataclass(frozen=True)
class Row:
    """A badge of a list: the number of its line, from 1, and what stands there."""

    number: int
    given: str


@dataclass(frozen=True)
class Answer:
    """What was found of a row: a report, or why there is none (a key of `PROBLEMS`)."""

    row: Row
    report: Report | None
    problem: str = ""

    @property
    def verdict(self) -> str:
        """The key of its verdict in `VERDICTS`."""
        return str(self.report.verdict) if self.report else "not_verified"

    def sentence(self, language: Language) -> str:
        """The verdict as one sentence; of what is no badge, what was found."""
        if self.report is None:
            return PROBLEMS[self.problem][language]
        if self.report.verdict is Verdict.UNREADABLE:
            return words.explain(self.report.problems[0], language)
        return words.sentence(self.report, language)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of what is not well."""
        if self.report is None:
            return (self.problem,)
        return tuple(dict.fromkeys(str(finding.code) for finding in self.report.problems))


# --- reading -------------------------------------------------------------------------------------


def read(data: bytes) -> tuple[Row, ...]:
    """Return the badges of a list: one a line, or the column of a CSV that a header names.

    A CSV is divided by semicolons, commas or tabs, and written in UTF-8, UTF-16 or Windows-1252.
    Without a header, the first cell of a line that looks like a badge counts. A line without a
    badge is a row all the same; only empty lines are none. Raises ListRefused.
    """
    if len(data) > MAXIMUM_BYTES:
        raise ListRefused(f"{len(data)} bytes, more than {MAXIMUM_BYTES}", code="list_too_large")
    text = _decoded(data)
    lines = [Row(n, line) for n, line in enumerate(_LINE_END.split(text), 1) if line.strip()]
    first = lines[0].given if lines else ""
    delimiter = max(_DELIMITERS, key=first.count)
    names = [_plain(name) for name in first.split(delimiter)]
    column = next((place for place, name in enumerate(names) if name in _NAMES), None)
    if column is not None and len(names) > 1:
        return rows(_column(text, delimiter, column))
    badges = lines if column is None else lines[1:]
    return rows(Row(line.number, _badge_in(line.given.strip())) for line in badges)


def rows(found: Iterable[Row]) -> tuple[Row, ...]:
    """Return the rows of a list. Raises ListRefused for none, and for more than are verified."""
    kept = tuple(islice(found, MAXIMUM_ROWS + 1))
    if len(kept) > MAXIMUM_ROWS:
        raise ListRefused(f"more than {MAXIMUM_ROWS} rows", code="too_many_rows")
    if not kept:
        raise ListRefused("no rows", code="empty_list")
    return kept


def _decoded(data: bytes) -> str:
    """Return the text of a file, as Excel and others write it."""
    try:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return data.decode("utf-16")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Every byte means something here; what was no text ends as rows that cannot be read.
        return data.decode("cp1252", errors="replace")


def _badge_in(line: str) -> str:
    """Return the first cell of a line that looks like a badge, else the whole line.

    A line that begins like a badge is one: addresses may hold commas and semicolons. A name of
    eight letters looks like a code, so the other forms go first.
    """
    if _BADGE.match(line):
        return line
    # A comma divides only where nothing else does: addresses hold it more often than the others.
    divided = re.split("[;\t]" if re.search("[;\t]", line) else ",", line)
    cells = [cell.strip(' "') for cell in divided]
    found = [cell for cell in cells if _BADGE.match(cell)]
    found += [cell for cell in cells if short_codes.read(cell) is not None]
    return found[0] if found else line


def _column(text: str, delimiter: str, column: int) -> Iterator[Row]:
    """Yield the cells under a header. A quote that nobody closes would swallow the rows after it."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header_seen = False
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if header_seen:
                yield Row(reader.line_num, cells[column].strip() if column < len(cells) else "")
            header_seen = True
    except csv.Error:
        message = f"line {reader.line_num}: a quote that is not closed, or a cell without an end"
        raise ListRefused(message, code="bad_csv") from None


def _plain(name: str) -> str:
    """Return the name of a column without accents, quotes and capitals."""
    letters = unicodedata.normalize("NFKD", name.strip(' "').lower())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


# --- verifying -----------------------------------------------------------------------------------


def enter() -> Callable[[], None]:
    """Take one of the places for lists, and return what gives it back; calling that twice is once.

    Raises VerifierBusy when all are taken: lists are long, and must not take every thread.
    """
    if not _ROOM.acquire(blocking=False):
        raise VerifierBusy(f"{_AT_ONCE} lists are being verified already")
    place = [_ROOM]

    def leave() -> None:
        if place:
            place.pop().release()

    return leave


def verify(
    desk: Desk,
    asked: Iterable[Row],
    *,
    clock: Callable[[], datetime],
    wait: Callable[[float], None],
) -> Iterator[Answer]:
    """Yield the answer to each row, as of the instant at which its turn comes.

    `wait` takes seconds: a desk with too much to do is asked again a few times.
    """
    ends = clock() + MAXIMUM_TIME
    for row in asked:
        if clock() >= ends:
            yield Answer(row, None, OUT_OF_TIME)
        else:
            yield _answer(desk, row, clock, wait)


def _answer(
    desk: Desk, row: Row, clock: Callable[[], datetime], wait: Callable[[float], None]
) -> Answer:
    for tries_left in reversed(range(_TRIES)):
        try:
            return Answer(row, desk.verify(row.given.encode(errors="replace"), now=clock()))
        except VerifierBusy:
            if tries_left:
                wait(_SECONDS_BETWEEN_TRIES)
    return Answer(row, None, BUSY)


# --- writing -------------------------------------------------------------------------------------

_TITLES: dict[Language, tuple[str, ...]] = {
    "fr": (
        "ligne", "badge donné", "verdict", "en clair", "nom du badge", "émetteur", "personne",
        "délivré le", "valable jusqu'au", "détails", "vérifié le",
    ),
    "en": (
        "line", "badge given", "verdict", "in words", "name of the badge", "issuer", "person",
        "issued on", "valid until", "details", "checked at",
    ),
}  # fmt: skip


def as_csv(answers: Iterable[Answer], language: Language) -> Iterator[str]:
    """Yield the lines of a table that spreadsheets open, each as soon as it is known.

    No cell is a formula, whatever a badge says.
    """
    yield heading(language)
    for answer in answers:
        yield line(answer, language)


def heading(language: Language) -> str:
    """Return the first line of the table, with its byte order mark."""
    return spreadsheets.MARK + spreadsheets.line(_TITLES[language], language)


def line(answer: Answer, language: Language) -> str:
    """Return the line of one answer."""
    return spreadsheets.line(_cells(answer, language), language)


def _cells(answer: Answer, language: Language) -> tuple[str, ...]:
    badge = answer.report.credential if answer.report else None
    facts: tuple[str | None, ...] = (None,) * 5
    if badge:
        days = (badge.awarded or badge.valid_from, badge.valid_until)
        facts = (
            badge.name,
            badge.issuer_domain or badge.issuer_id,
            badge.recipient_name,
            *(instant.date().isoformat() if instant else None for instant in days),
        )
    checked_at = answer.report.checked_at.isoformat(timespec="seconds") if answer.report else None
    return (
        str(answer.row.number),
        answer.row.given,
        VERDICTS[answer.verdict][language],
        answer.sentence(language),
        *(fact or "" for fact in facts),
        " ".join(answer.codes),
        checked_at or "",
    )
