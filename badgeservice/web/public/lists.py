"""The page for a list of badges: pasted or as a CSV, with a row for each while it is verified.

Without JavaScript the page itself shows how far it is: it is sent row by row, and its last lines are
the sum and the table to keep. Nothing of it stays here. The form reads no cookie and changes nothing,
so it carries no token; other sites are refused all the same.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable, Iterator

from flask import Blueprint, Response, make_response, render_template, request, stream_template
from werkzeug.exceptions import RequestEntityTooLarge

from badgeservice.errors import ListRefused
from badgeservice.verifier import batch
from badgeservice.verifier.batch import Answer, Row
from badgeservice.web import languages, lists
from badgeservice.web.extensions import csrf
from badgeservice.web.languages import bilingual

bp = Blueprint("lists", __name__)
csrf.exempt(bp)

_TONES = {"green": "green", "amber": "amber", "red": "red"}


@bilingual(bp, fr="/verifier/liste", en="/verify/list", methods=("GET", "POST"))
def page() -> Response:
    """Ask for a list; answer with its rows, as a page or as a table to keep."""
    if request.method != "POST":
        return make_response(render_template("lists/ask.html", problem="", most=batch.MAXIMUM_ROWS))
    try:
        rows = batch.read(_brought())
        if request.form.get("as") == "csv":
            return lists.table(rows)
    except ListRefused as error:
        return _ask_again(error.code, 413 if error.code == "list_too_large" else 400)
    except RequestEntityTooLarge:
        return _ask_again("list_too_large", 413)
    return lists.streamed(rows, lambda answers: _as_page(rows, answers), "text/html")


def _brought() -> bytes:
    """Return the list of the form. Raises ListRefused for two of them, or for none."""
    text = request.form.get("list", "").strip()
    file = request.files.get("file")
    data = file.read() if file else b""
    if text and data:
        raise ListRefused("a text and a file", code="two_lists")
    return data or text.encode(errors="replace")


def _ask_again(problem: str, status: int) -> Response:
    form = render_template("lists/ask.html", problem=problem, most=batch.MAXIMUM_ROWS)
    return make_response(form, status)


def _as_page(rows: tuple[Row, ...], answers: Iterable[Answer]) -> Iterator[str]:
    """Yield the page, a row at a time, and at its end the same as a CSV inside an address."""
    language = languages.current()
    kept = Kept()
    pieces = stream_template(
        "lists/answers.html",
        answers=kept.noting(answers),
        kept=kept,
        count=len(rows),
        verdicts={verdict: names[language] for verdict, names in batch.VERDICTS.items()},
        tones=_TONES,
    )
    waiting: list[str] = []
    for piece in pieces:
        waiting.append(piece)
        if "</tr>" in piece:
            yield "".join(waiting)
            waiting.clear()
    yield "".join(waiting)


class Kept:
    """What the end of the page still says of its rows: how many of each verdict, and the table.

    The table holds a few kilobytes a row at most; reports are let go of, row by row.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._lines: list[str] = []

    def noting(self, answers: Iterable[Answer]) -> Iterator[Answer]:
        """Yield the answers, and note each."""
        language = languages.current()
        self._lines.append(batch.heading(language))
        for answer in answers:
            self.counts[answer.verdict] += 1
            self._lines.append(batch.line(answer, language))
            yield answer

    @property
    def table(self) -> str:
        """The table as an address that holds it (RFC 2397), to be saved by the browser."""
        data = "".join(self._lines).encode()
        return f"data:text/csv;charset=utf-8;base64,{base64.b64encode(data).decode()}"
