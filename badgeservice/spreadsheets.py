"""Tables to keep, as CSV that spreadsheets open and never calculate."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from badgeservice.verification.words import Language

MARK = "\ufeff"
"""The byte order mark, by which Excel knows UTF-8: what a table begins with."""

# Spreadsheets divide by what does not stand in the numbers of the reader's country.
_WRITTEN_WITH: dict[Language, str] = {"fr": ";", "en": ","}
_LONGEST_CELL = 2_048
# Behind spaces and quotes too, which some readers take away.
_BEGINS_A_FORMULA = tuple("=+-@＝＋－＠")


def line(cells: Iterable[str], language: Language) -> str:
    """Return a line of a table; no cell is a formula, whatever others wrote (OWASP, CSV Injection)."""
    written = io.StringIO()
    writer = csv.writer(written, delimiter=_WRITTEN_WITH[language], quoting=csv.QUOTE_ALL)
    writer.writerow([safe_cell(cell) for cell in cells])
    return written.getvalue()


def as_meant(text: str) -> str:
    """Return what a cell of a table of ours says that came back: without the mark of `safe_cell`.

    >>> as_meant("'-lea@example.org"), as_meant("'t Hooft")
    ('-lea@example.org', "'t Hooft")
    """
    rest = text.removeprefix("'")
    return rest if rest.lstrip(' "').startswith(_BEGINS_A_FORMULA) else text


def safe_cell(text: str) -> str:
    r"""Return `text` as a cell that no spreadsheet calculates, on one line.

    >>> safe_cell("=1+1"), safe_cell("\t @SUM(A1)"), safe_cell("K7QM-2XVD")
    ("'=1+1", "'  @SUM(A1)", 'K7QM-2XVD')
    """
    shown = "".join(c if c.isprintable() else " " for c in text)
    if len(shown) > _LONGEST_CELL:
        shown = f"{shown[:_LONGEST_CELL]}…"
    return f"'{shown}" if shown.lstrip(' "').startswith(_BEGINS_A_FORMULA) else shown
