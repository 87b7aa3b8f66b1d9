"""Workbooks as others write them, part by part, so that one part can be replaced by an attack."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def related(*targets: tuple[str, str]) -> str:
    """Return the relations of a part: kinds and targets, under the ids r1, r2, …"""
    inner = "".join(
        f'<Relationship Id="r{n}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}">{inner}</Relationships>'


PARTS = {
    "[Content_Types].xml": "<Types/>",
    "_rels/.rels": related(("officeDocument", "xl/workbook.xml")),
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="Notes" sheetId="1" state="hidden" r:id="r2"/>'
    '<sheet name="Liste" sheetId="2" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": related(
        ("worksheet", "worksheets/sheet1.xml"),
        ("worksheet", "/xl/worksheets/sheet2.xml"),
        ("sharedStrings", "sharedStrings.xml"),
        ("styles", "styles.xml"),
    ),
    "xl/worksheets/sheet2.xml": f'<worksheet xmlns="{_MAIN}"><sheetData/></worksheet>',
    "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}"><si><t>Zoé</t></si>'
    "<si><r><t>A</t></r><r><t>nne</t></r><rPh><t>reading</t></rPh></si></sst>",
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><numFmts>'
    '<numFmt numFmtId="164" formatCode="dd/mm/yyyy"/>'
    '<numFmt numFmtId="165" formatCode="[Red]&quot;day&quot; 0.0"/></numFmts>'
    '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/>'
    '<xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="9"/><xf numFmtId="165"/></cellXfs>'
    "</styleSheet>",
}


def workbook(cells: str = "", **replaced: str | bytes) -> bytes:
    """Return a workbook whose sheet holds `cells`; a part is replaced by the end of its name."""
    parts: dict[str, str | bytes] = {**PARTS, "xl/worksheets/sheet1.xml": sheet(cells)}
    for end, content in replaced.items():
        name = next((each for each in parts if each.endswith(f"{end}.xml")), f"xl/{end}.bin")
        parts[name] = content
    return packed(parts)


def sheet(cells: str) -> str:
    """Return the document of a sheet."""
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{cells}</sheetData></worksheet>'


def packed(parts: dict[str, str | bytes]) -> bytes:
    """Return a zip of these parts: the same each time, for workers compare what they collect."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return written.getvalue()


def shared_text(titles: Sequence[str], *, letters: int, rows: int) -> bytes:
    """Return a small workbook whose cells below the titles all point to one text."""
    texts = "".join(f"<si><t>{each}</t></si>" for each in (*titles, "x" * letters))
    header = "".join(f'<c t="s"><v>{n}</v></c>' for n in range(len(titles)))
    cell = f'<c t="s"><v>{len(titles)}</v></c>'
    row = f"<row>{cell * len(titles)}</row>"
    return workbook(
        f"<row>{header}</row>{row * rows}", sharedStrings=f'<sst xmlns="{_MAIN}">{texts}</sst>'
    )
