"""Workbooks: what others write is read as they meant it, and no attack costs more than its refusal."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from datetime import date

import openpyxl
import pytest

from badgeservice.errors import TableRefused
from badgeservice.evidence.sources import xlsx
from tests.evidence.sources.workbooks import PARTS, packed, related, sheet, workbook

pytestmark = pytest.mark.any_database

_ENTITY = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>'
_LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


def cell(inner: str, attributes: str = "") -> str:
    """Return a row with one cell."""
    return f'<row r="1"><c r="A1" {attributes}>{inner}</c></row>'


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        (cell("<v>0</v>", 't="s"'), "Zoé"),
        (cell("<v>1</v>", 't="s"'), "Anne"),
        (cell("<is><t>in place</t></is>", 't="inlineStr"'), "in place"),
        (cell("<v>82</v>"), "82"),
        (cell("<v>82.5</v>"), "82.5"),
        (cell("<v>0.81999999999999995</v>", 's="3"'), "82 %"),
        (cell("<v>46353</v>", 's="1"'), "2026-11-27"),
        (cell("<v>46353.75</v>", 's="2"'), "2026-11-27"),
        (cell("<v>46353</v>", 's="4"'), "46353"),
        (cell("<f>A2&amp;HYPERLINK(1)</f><v>told</v>", 't="str"'), "told"),
        (cell("<v>#N/A</v>", 't="e"'), "#N/A"),
    ],
)
def test_a_cell_is_what_its_writer_saw(cells: str, text: str) -> None:
    """Texts shared or not, numbers, shares, days; of a formula its last value, never itself."""
    assert [(1, [text])] == list(xlsx.rows(workbook(cells)))


def test_rows_keep_their_numbers_and_cells_their_places() -> None:
    """Rows and cells that hold nothing are left out of the file, and must not shift the others."""
    cells = (
        '<row r="2"><c r="C2"><v>3</v></c><c r="D2"/></row><row r="3"><c r="A3" s="1"/></row>'
        '<row r="7"><c><v>1</v></c><c><v>2</v></c></row>'
    )

    assert [(2, ["", "", "3"]), (7, ["1", "2"])] == list(xlsx.rows(workbook(cells)))


def test_reads_what_another_library_writes() -> None:
    """The format has two sides: openpyxl wrote this one."""
    book = openpyxl.Workbook()
    book.active.append(["nom", "date", "score"])
    book.active.append(["Lefèvre", date(2026, 11, 27), 0.5])
    written = io.BytesIO()
    book.save(written)

    assert [(1, ["nom", "date", "score"]), (2, ["Lefèvre", "2026-11-27", "0.5"])] == list(
        xlsx.rows(written.getvalue())
    )


def test_another_library_reads_what_we_write() -> None:
    """Two sheets of text with a list of choices; what looks like a formula is text as well."""
    rows = (("nom & <prénom>", "statut"), ("=1+1", " Zoé "))
    data = xlsx.write(
        [
            xlsx.Sheet("Résultats", rows, (20, 12), ((1, ("réussi", "présent")),)),
            xlsx.Sheet("Notice", (("a",),)),
        ]
    )

    book = openpyxl.load_workbook(io.BytesIO(data))

    assert ["Résultats", "Notice"] == book.sheetnames
    assert list(rows) == list(book["Résultats"].iter_rows(values_only=True))
    assert {"s"} == {each.data_type for row in book["Résultats"] for each in row}
    assert '"réussi,présent"' == book["Résultats"].data_validations.dataValidation[0].formula1
    assert list(enumerate(map(list, rows), 1)) == list(xlsx.rows(data))


@pytest.mark.parametrize(
    ("data", "code"),
    {
        "not a zip": (b"PK\x03\x04 and nothing more", "unreadable"),
        "cut short": (workbook()[:-40], "unreadable"),
        "no parts": (packed({}), "unreadable"),
        "macros": (workbook(vbaProject=b"x"), "macros"),
        "external entity": (workbook(sheet1=_ENTITY + sheet("&e;")), "unreadable"),
        "billion laughs": (workbook(sharedStrings=_LAUGHS + "<sst>&b;</sst>"), "unreadable"),
        "declared type in UTF-16": (
            workbook(
                sheet1=('<?xml version="1.0" encoding="UTF-16"?>' + _ENTITY + sheet("")).encode(
                    "utf-16"
                )
            ),
            "unreadable",
        ),
        "no sheet": (workbook(workbook="<workbook/>"), "unreadable"),
        "sheet elsewhere": (
            packed(
                {
                    **PARTS,
                    "xl/_rels/workbook.xml.rels": related(("worksheet", "../../../etc/passwd")),
                }
            ),
            "unreadable",
        ),
        "not XML": (workbook(sheet1="<worksheet><row>"), "unreadable"),
        "text that is not there": (workbook(cell("<v>9</v>", 't="s"')), "unreadable"),
        "not a number": (workbook(cell("<v>1e</v>")), "unreadable"),
        "cell nowhere": (workbook('<row r="1"><c r="A1B"><v>1</v></c></row>'), "unreadable"),
        "rows backwards": (workbook('<row r="2"/><row r="1"/>'), "unreadable"),
        "cells backwards": (
            workbook('<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>1</v></c></row>'),
            "unreadable",
        ),
        "a million columns": (
            workbook('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
            "too_many_columns",
        ),
        "a thousand parts": (
            packed({f"{n}": "" for n in range(2_001)} | PARTS),
            "too_large_unpacked",
        ),
    }.values(),
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_refuses_what_is_no_list(data: bytes, code: str) -> None:
    """E6, and what a zip of XML can hide besides."""
    with pytest.raises(TableRefused) as refused:
        list(xlsx.rows(data))

    assert code == refused.value.code


@pytest.mark.parametrize("what", ["zip bomb", "declared smaller than it is"])
def test_a_zip_bomb_is_not_unpacked(what: str) -> None:
    """E6: 80 MB of a sheet in 80 KB; memory stays that of one piece, whatever the zip declares."""
    bomb = bytearray(workbook(sheet1=sheet("<row/>" * 100) + " " * 80_000_000))
    if what == "declared smaller than it is":
        with zipfile.ZipFile(io.BytesIO(bytes(bomb))) as package:
            size = package.getinfo("xl/worksheets/sheet1.xml").file_size.to_bytes(4, "little")
        bomb = bomb.replace(size, (1_000).to_bytes(4, "little"))
    tracemalloc.start()

    with pytest.raises(TableRefused):
        list(xlsx.rows(bytes(bomb)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 4_000_000


def test_a_workbook_of_a_million_texts_is_left_early() -> None:
    """Three million texts in 125 KB kept another reader busy for a minute."""
    data = workbook(sharedStrings="<sst>" + "<si/>" * (xlsx.MAXIMUM_STRINGS + 1) + "</sst>")

    with pytest.raises(TableRefused) as refused:
        list(xlsx.rows(data))

    assert "too_large_unpacked" == refused.value.code


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_attack_of_what_unpacks_without_bounds_nothing_is_unpacked(method: int) -> None:
    """Python's zipfile unpacks a whole piece of bzip2 or LZMA, whatever size the part declares."""
    data = workbook(cell("<v>1</v>"))
    packed_again = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(packed_again, "w", method) as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name) + b" " * 50_000_000 * name.endswith(".rels"))
    content = bytearray(packed_again.getvalue())
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for info in archive.infolist():  # every part says in the directory that it is small
            entry = content.rfind(b"PK\1\2", 0, content.rfind(info.filename.encode()))
            content[entry + 24 : entry + 28] = (1_000).to_bytes(4, "little")
    tracemalloc.start()
    try:
        with pytest.raises(TableRefused):
            list(xlsx.rows(bytes(content)))
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_attack_a_day_after_the_last_one_is_refused() -> None:
    """The last day of a calendar that begins in 1904 has no date."""
    parts = dict(PARTS)
    book = next(name for name in parts if name.endswith("workbook.xml"))
    parts[book] = parts[book].replace("<sheets>", '<workbookPr date1904="1"/><sheets>')
    cells = cell("<v>2958465</v>", 's="1"')

    with pytest.raises(TableRefused):
        list(xlsx.rows(packed(parts | {"xl/worksheets/sheet1.xml": sheet(cells)})))
