"""What the page of a kit calls: an archive and a file go in, a report in both languages comes out.

Runs in the page, under the interpreter in `vendor`; nothing here asks for anything outside.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from badgeservice.kit import words
from badgeservice.kit.archive import Archive, Extract
from badgeservice.kit.site import Site
from badgeservice.verification import Report

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def judge(archive: str, data: bytes | memoryview, milliseconds: float) -> str:
    """Return, as JSON, the report on `data` and what to show of it in each language.

    `archive` is what `Archive.dumps` wrote, `milliseconds` the time since 1970 by the clock of the
    device. A clock that stands before the day of the archive is wrong, and that day counts instead.
    """
    held = Archive.loads(archive)
    report = held.report(bytes(data), now=_now(milliseconds, held.extract))
    id = _id(report)
    is_known = id is None or id in held.extract.entries
    return _answer(report, held.extract, is_known=is_known, place="kit")


def judge_at_site(site: str, answers: str, data: bytes | memoryview, milliseconds: float) -> str:
    """Return what `judge` does, of a frozen site; or, as JSON, which of its files are wanted first.

    `site` is what `page.make_for_site` wrote; `answers` has, by path, the status, type and body (in
    base64) of each file that was fetched.
    """
    held = Site.loads(site, answers)
    extract = held.extract()
    if extract is None:
        return json.dumps({"wanted": held.wanted})
    report = held.report(bytes(data), now=_now(milliseconds, extract))
    id = _id(report)
    is_known = id is None or held.knows(id)
    if held.wanted:
        return json.dumps({"wanted": held.wanted})
    return _answer(report, extract, is_known=is_known, place="site")


def _now(milliseconds: float, extract: Extract) -> datetime:
    return max(_EPOCH + timedelta(milliseconds=milliseconds), extract.as_of)


def _id(report: Report) -> str | None:
    return report.credential.id if report.credential else None


def _answer(report: Report, extract: Extract, *, is_known: bool, place: words.Place) -> str:
    return json.dumps(
        {
            "report": report.to_json(),
            "shown": {
                language: words.shown(
                    report, extract, is_known=is_known, language=language, place=place
                )
                for language in words.LANGUAGES
            },
        }
    )
