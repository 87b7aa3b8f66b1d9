"""What this process logs while a test runs."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog

from badgeservice import logs


class Journal:
    """What was logged, as text and as lines."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        """Everything that was written."""
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Every line, read as JSON."""
        return [json.loads(line) for line in self.text.splitlines()]

    @property
    def events(self) -> list[str]:
        """The event of each line."""
        return [line["event"] for line in self.lines]


@contextmanager
def kept() -> Iterator[Journal]:
    """Keep the logs of this process from `info` on, and leave its logging as it was before.

    Whatever ran before may have chosen another level: a service made by an earlier test, a command.
    """
    root = logging.getLogger()
    handlers, raises = root.handlers[:], logging.raiseExceptions
    before = structlog.get_config() if structlog.is_configured() else None
    journal = Journal()
    logs.configure("info", stream=journal.stream)
    yield journal
    structlog.reset_defaults()
    if before is not None:
        structlog.configure(**before)
    structlog.contextvars.clear_contextvars()
    root.handlers[:], logging.raiseExceptions = handlers, raises
