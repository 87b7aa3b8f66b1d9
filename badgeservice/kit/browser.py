"""What the page of a kit calls: an archive and a file go in, a report in both languages comes out.

Runs in the page, under the interpreter in `vendor`; nothing here asks for anything outside.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from badgeservice.kit import words
from badgeservice.kit.archive import Archive

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def judge(archive: str, data: bytes | memoryview, milliseconds: float) -> str:
    """Return, as JSON, the report on `data` and what to show of it in each language.

    `archive` is what `Archive.dumps` wrote, `milliseconds` the time since 1970 by the clock of the
    device. A clock that stands before the day of the archive is wrong, and that day counts instead.
    """
    held = Archive.loads(archive)
    now = max(_EPOCH + timedelta(milliseconds=milliseconds), held.extract.as_of)
    report = held.report(bytes(data), now=now)
    id = report.credential.id if report.credential else None
    is_known = id is None or id in held.extract.entries
    return json.dumps(
        {
            "report": report.to_json(),
            "shown": {
                language: words.shown(report, held.extract, is_known=is_known, language=language)
                for language in words.LANGUAGES
            },
        }
    )
