"""The first sheet of an Excel workbook as text, row by row, and a workbook of text (ECMA-376).

What is read is a zip with a few XML documents in it, and a stranger wrote them. So: the sizes are
judged before anything is unpacked, and nothing is unpacked beyond them; no document may declare a
type (DTD), so that there are no entities; the sheet is read as a stream, of which one row is held;
formulas are not calculated, their last value counts; a workbook with macros is refused.

A date becomes `2026-11-27`, a percentage `82 %`, any other number its shortest decimal form.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import escape
from typing import IO
from xml.parsers import expat

from badgeservice.errors import TableRefused

MAXIMUM_UNPACKED = 64 * 1024 * 1024
"""Bytes of the documents that are read, once unpacked: 20,000 rows of ten cells come to 12 MB."""

MAXIMUM_ELEMENTS = 1_000_000
"""Elements in them: those rows come to 740,000, and each one takes three microseconds."""

MAXIMUM_STRINGS = 250_000
"""Different texts."""

MAXIMUM_COLUMNS = 100
MAXIMUM_TEXT = 4_097
"""Characters of a text that are read: one more than a cell may have, so that it is seen."""

_MAXIMUM_PARTS = 2_000
_CHUNK = 64 * 1024
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

# Built-in formats of numbers (ECMA-376 part 1, §18.8.30): days and times, in every language.
_DATE_FORMATS = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_PERCENT_FORMATS = {9, 10}
# What stands in quotes, behind a backslash or in brackets is shown as it is.
_NOT_A_CODE = re.compile(r'"[^"]*"|\\.|_.|\[[^\]]*\]')
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_LAST_DAY = 2_958_465
"""The day 9999-12-31, counted as Excel does."""

# The first days are counted with a 29 February 1900 that never was; none of them is a result.
_FIRST_DAY = 61

Row = tuple[int, list[str]]
"""A row: its number from 1, and its cells as text; empty ones at the end are left out."""


def rows(data: bytes) -> Iterator[Row]:
    """Yield the rows of the first visible sheet that hold something.

    Raises TableRefused, with the code unreadable, macros, too_large_unpacked or too_many_columns.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            yield from _Workbook(package).rows()
    except (
        zipfile.BadZipFile, zlib.error, expat.ExpatError, EOFError, NotImplementedError,
        RuntimeError, UnicodeDecodeError, ValueError, OverflowError,
    ) as error:  # fmt: skip
        # RuntimeError is how zipfile says that a part is encrypted; none of them quotes a cell.
        raise TableRefused(f"not a workbook that can be read: {type(error).__name__}") from None


# --- parts ---------------------------------------------------------------------------------------


@dataclass
class _Style:
    """How numbers of a cell style are meant."""

    is_date: bool = False
    is_percent: bool = False


@dataclass
class _Workbook:
    package: zipfile.ZipFile
    unpacked: int = 0
    elements: int = 0
    strings: list[str] = field(default_factory=list)
    styles: list[_Style] = field(default_factory=list)
    days_from: datetime = datetime(1899, 12, 30)

    def rows(self) -> Iterator[Row]:
        names = set(self.package.namelist())
        if len(names) > _MAXIMUM_PARTS:
            raise TableRefused(f"{len(names)} parts", code="too_large_unpacked")
        if any(name.lower().endswith("vbaproject.bin") for name in names):
            raise TableRefused("the workbook has macros", code="macros")
        book = next(
            (to for kind, to in self._relations("").values() if kind == "officeDocument"), ""
        )
        related = self._relations(book)
        sheet = self._first_sheet(book, related)
        for kind, part in related.values():
            if kind == "sharedStrings":
                self._read(part, _Strings(self.strings))
            elif kind == "styles":
                self._read(part, _Styles(self.styles))
        reader = _Sheet(self)
        for _ in self._feed(sheet, reader):
            yield from reader.finished
            reader.finished.clear()

    def _first_sheet(self, book: str, related: dict[str, tuple[str, str]]) -> str:
        listed = _Sheets()
        self._read(book, listed)
        if listed.counts_from_1904:
            self.days_from = datetime(1904, 1, 1)
        for relation in listed.visible:
            kind, part = related.get(relation, ("", ""))
            if kind == "worksheet":
                return part
        raise TableRefused("the workbook has no sheet with cells")

    def _relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Return what a part refers to inside the package: by id, its kind and its name."""
        folder, name = posixpath.split(part)
        found = _Relations(folder)
        self._read(posixpath.join(folder, "_rels", f"{name}.rels"), found)
        return found.found

    def _read(self, part: str, handler: _Handler) -> None:
        for _ in self._feed(part, handler):
            pass

    def _feed(self, part: str, handler: _Handler) -> Iterator[None]:
        """Parse a part piece by piece, and yield after each piece."""
        try:
            info = self.package.getinfo(part)
        except KeyError:
            raise TableRefused("the workbook lacks a part that it refers to") from None
        # Of these two zipfile unpacks no more of a part than is asked for and than it declares; of
        # bzip2 and LZMA, which no spreadsheet writes, it first unpacks all that it has read.
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise TableRefused("a part is packed in a way that no spreadsheet uses")
        self.unpacked += info.file_size
        if self.unpacked > MAXIMUM_UNPACKED:
            raise TableRefused(f"{self.unpacked} bytes unpacked", code="too_large_unpacked")
        parser = expat.ParserCreate(namespace_separator="\n")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse_type
        parser.CharacterDataHandler = handler.text
        parser.EndElementHandler = lambda name: handler.end(_local(name))

        def start(name: str, values: dict[str, str]) -> None:
            self.elements += 1
            if self.elements > MAXIMUM_ELEMENTS:
                raise TableRefused("too many elements", code="too_large_unpacked")
            handler.start(_local(name), values)

        parser.StartElementHandler = start
        with self.package.open(info) as opened:
            yield from _parse(parser, opened)


def _parse(parser: expat.XMLParserType, opened: IO[bytes]) -> Iterator[None]:
    while chunk := opened.read(_CHUNK):
        parser.Parse(chunk, False)
        yield
    parser.Parse(b"", True)
    yield


def _refuse_type(*_declared: object) -> None:
    raise TableRefused("a document of the workbook declares a type")


def _local(name: str) -> str:
    return name.rpartition("\n")[2]


# --- documents -----------------------------------------------------------------------------------


class _Handler:
    """Takes the events of one document; element names come without their namespace."""

    def start(self, name: str, values: dict[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""

    def text(self, text: str) -> None:
        """Text stands inside the current element."""


class _Relations(_Handler):
    def __init__(self, folder: str) -> None:
        self.folder, self.found = folder, dict[str, tuple[str, str]]()

    def start(self, name: str, values: dict[str, str]) -> None:
        if name == "Relationship" and values.get("TargetMode") != "External":
            target = values.get("Target", "")
            part = posixpath.normpath(posixpath.join("/", self.folder, target)).lstrip("/")
            self.found[values.get("Id", "")] = values.get("Type", "").rpartition("/")[2], part


class _Sheets(_Handler):
    def __init__(self) -> None:
        self.visible, self.counts_from_1904 = list[str](), False

    def start(self, name: str, values: dict[str, str]) -> None:
        if name == "sheet" and values.get("state", "visible") == "visible":
            ids = [value for key, value in values.items() if key.endswith("relationships\nid")]
            self.visible += ids[:1]
        elif name == "workbookPr":
            self.counts_from_1904 = values.get("date1904") in ("1", "true")


class _Text(_Handler):
    """Gathers the text of `t` elements; readings of Japanese (`rPh`) are not part of it."""

    def __init__(self) -> None:
        self.gathered: list[str] = []
        self.length, self.is_open, self.is_reading = 0, False, False

    def start(self, name: str, values: dict[str, str]) -> None:
        self.is_reading = self.is_reading or name == "rPh"
        self.is_open = name == "t" and not self.is_reading

    def end(self, name: str) -> None:
        self.is_reading = self.is_reading and name != "rPh"
        self.is_open = False

    def text(self, text: str) -> None:
        if self.is_open and self.length < MAXIMUM_TEXT:
            self.gathered.append(text[: MAXIMUM_TEXT - self.length])
            self.length += len(text)

    def take(self) -> str:
        """Return what was gathered, and begin anew."""
        whole = "".join(self.gathered)
        self.gathered.clear()
        self.length = 0
        return whole


class _Strings(_Text):
    def __init__(self, strings: list[str]) -> None:
        super().__init__()
        self.strings = strings

    def end(self, name: str) -> None:
        super().end(name)
        if name == "si":
            if len(self.strings) == MAXIMUM_STRINGS:
                raise TableRefused("too many texts", code="too_large_unpacked")
            self.strings.append(self.take())


class _Styles(_Handler):
    def __init__(self, styles: list[_Style]) -> None:
        self.styles, self.codes, self.are_cells = styles, dict[int, str](), False

    def start(self, name: str, values: dict[str, str]) -> None:
        if name == "numFmt":
            self.codes[int(values.get("numFmtId", "0"))] = values.get("formatCode", "")
        elif name == "cellXfs":
            self.are_cells = True
        elif name == "xf" and self.are_cells:
            self.styles.append(self._style(int(values.get("numFmtId", "0"))))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self.are_cells = False

    def _style(self, number: int) -> _Style:
        if number not in self.codes:
            return _Style(number in _DATE_FORMATS, number in _PERCENT_FORMATS)
        code = _NOT_A_CODE.sub("", self.codes[number]).lower()
        return _Style(code != "general" and bool(set("dy") & set(code)), "%" in code)


class _Sheet(_Text):
    """The cells of a sheet; `finished` holds the rows that are complete."""

    def __init__(self, book: _Workbook) -> None:
        super().__init__()
        self.book, self.finished = book, list[Row]()
        self.number, self.cells, self.column = 0, list[str](), -1
        self.kind, self.style = "n", 0

    def start(self, name: str, values: dict[str, str]) -> None:
        super().start(name, values)
        if name == "row":
            number = int(values.get("r", self.number + 1))
            if number <= self.number:
                raise TableRefused("the rows of the sheet are out of order")
            self.number, self.column = number, -1
            self.cells = []
        elif name == "c":
            self.kind, self.style = values.get("t", "n"), int(values.get("s", "0"))
            self.column = _column(values["r"]) if "r" in values else self.column + 1
            self.take()
        elif name == "v":
            self.is_open = True

    def end(self, name: str) -> None:
        super().end(name)
        if name == "c" and (text := self._value(self.take())):
            self._put(text)
        elif name == "row" and self.cells:
            self.finished.append((self.number, self.cells))

    def _put(self, text: str) -> None:
        if self.column >= MAXIMUM_COLUMNS:
            raise TableRefused(
                f"more than {MAXIMUM_COLUMNS} columns", code="too_many_columns", line=self.number
            )
        if self.column < len(self.cells):
            raise TableRefused("the cells of a row are out of order")
        self.cells += [""] * (self.column - len(self.cells)) + [text]

    def _value(self, text: str) -> str:
        """Return the text of a cell, as its type and style say."""
        if self.kind == "s":
            index = int(text) if text else -1
            if not 0 <= index < len(self.book.strings):
                raise TableRefused("a cell refers to a text that is not there")
            return self.book.strings[index]
        if self.kind == "n" and text:
            styles = self.book.styles
            style = styles[self.style] if 0 <= self.style < len(styles) else _Style()
            return _number(text, style, self.book.days_from)
        return text


def _column(reference: str) -> int:
    """Return the index of the column in a reference, 0 for A1."""
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise TableRefused("a cell stands nowhere")
    index = 0
    for letter in found[1]:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1


def _number(text: str, style: _Style, days_from: datetime) -> str:
    value = float(text)
    if style.is_date and _FIRST_DAY <= value <= _LAST_DAY:
        return (days_from + timedelta(days=int(value))).date().isoformat()
    if style.is_percent:
        return f"{_shortest(value * 100)} %"
    return _shortest(value)


def _shortest(value: float) -> str:
    """Return a number without the noise of binary fractions: 15 digits, as Excel shows them.

    >>> _shortest(0.28999999999999998 * 100), _shortest(82.0)
    ('29', '82')
    """
    return f"{value:.15g}"


# --- writing -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sheet:
    """A sheet to write: its name, its rows of text, and for a column the words to choose from."""

    name: str
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...] = ()
    choices: tuple[tuple[int, tuple[str, ...]], ...] = ()
    """Index of a column, and what may stand in it below the first row."""


_LONGEST_CHOICES = 255
"""Characters of a list of choices that Excel reads."""


def write(sheets: Iterable[Sheet]) -> bytes:
    """Return a workbook in which every cell is text; the first row of each sheet stands out.

    The same sheets give the same bytes.
    """
    written, sheets = io.BytesIO(), tuple(sheets)
    numbers = range(1, len(sheets) + 1)
    parts: dict[str, str] = {
        "[Content_Types].xml": _document(
            "Types", "http://schemas.openxmlformats.org/package/2006/content-types",
            '<Default Extension="rels" ContentType='
            '"application/vnd.openxmlformats-package.relationships+xml"/>'
            + _content_type("/xl/workbook.xml", "sheet.main")
            + _content_type("/xl/styles.xml", "styles")
            + "".join(_content_type(f"/xl/sheet{n}.xml", "worksheet") for n in numbers),
        ),
        "_rels/.rels": _related({"rId1": ("officeDocument", "xl/workbook.xml")}),
        "xl/workbook.xml": _document(
            "workbook", _MAIN,
            "<sheets>"
            + "".join(
                f'<sheet name="{escape(sheet.name)}" sheetId="{n}"'
                f' xmlns:r="{_RELATIONS}" r:id="rId{n}"/>'
                for n, sheet in zip(numbers, sheets, strict=True)
            )
            + "</sheets>",
        ),
        "xl/_rels/workbook.xml.rels": _related(
            {f"rId{n}": ("worksheet", f"sheet{n}.xml") for n in numbers}
            | {f"rId{len(sheets) + 1}": ("styles", "styles.xml")}
        ),
        "xl/styles.xml": _document("styleSheet", _MAIN, _STYLES),
        **{
            f"xl/sheet{n}.xml": _document("worksheet", _MAIN, _sheet(sheet))
            for n, sheet in zip(numbers, sheets, strict=True)
        },
    }  # fmt: skip
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in parts.items():
            package.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
    return written.getvalue()


_STYLES = (
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    # 49 is text: what somebody types stays as they typed it, dates and leading zeros too.
    '<cellXfs count="2"><xf numFmtId="49" applyNumberFormat="1" xfId="0"/>'
    '<xf numFmtId="49" fontId="1" applyNumberFormat="1" applyFont="1" xfId="0"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
)


def _sheet(sheet: Sheet) -> str:
    columns = "".join(
        f'<col min="{n}" max="{n}" width="{width}" style="0" customWidth="1"/>'
        for n, width in enumerate(sheet.widths, 1)
    )
    written = "".join(
        f'<row r="{n}">'
        + "".join(
            f'<c t="inlineStr" s="{int(n == 1)}"><is><t xml:space="preserve">{escape(cell)}</t>'
            "</is></c>"
            for cell in row
        )
        + "</row>"
        for n, row in enumerate(sheet.rows, 1)
    )
    validations = "".join(
        '<dataValidation type="list" allowBlank="1" showErrorMessage="1" sqref="'
        f'{chr(ord("A") + column)}2:{chr(ord("A") + column)}20001"><formula1>'
        f'"{escape(",".join(words))}"</formula1></dataValidation>'
        for column, words in sheet.choices
        if len(",".join(words)) <= _LONGEST_CHOICES
    )
    return (
        (f"<cols>{columns}</cols>" if columns else "")
        + f"<sheetData>{written}</sheetData>"
        + (f"<dataValidations>{validations}</dataValidations>" if validations else "")
    )


def _document(name: str, namespace: str, inner: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<{name} xmlns="{namespace}">{inner}</{name}>'
    )


def _related(targets: dict[str, tuple[str, str]]) -> str:
    return _document(
        "Relationships",
        "http://schemas.openxmlformats.org/package/2006/relationships",
        "".join(
            f'<Relationship Id="{key}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
            for key, (kind, target) in targets.items()
        ),
    )


def _content_type(part: str, kind: str) -> str:
    return (
        f'<Override PartName="{part}" ContentType='
        f'"application/vnd.openxmlformats-officedocument.spreadsheetml.{kind}+xml"/>'
    )
