"""Logs: one JSON object a line on standard error, and nothing in them about a person.

What may be logged is listed in FIELDS: codes, counts, identifiers that mean nothing outside. Any
other field is left out, and its name is kept so that the omission is seen. A value is one plain word
or a number; anything else is withheld, so that nobody forges a line (CWE-117) or speaks through one.
Of an exception the type and the places are kept, never the sentence: a database error quotes the row
that it refused. Of what libraries log only where it comes from is kept, for the same reason: their
sentences quote paths, parameters and addresses.
"""

from __future__ import annotations

import logging
import re
import secrets
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from traceback import walk_tb
from types import TracebackType
from typing import Any, TextIO

import structlog
from flask import Flask, Response, g, request
from structlog.typing import EventDict, Processor, WrappedLogger

from badgeservice.errors import BadgeserviceError

# In the order in which they are written. Each was reviewed: it is set by our code, never typed.
FIELDS = (
    "timestamp",
    "level",
    "event",  # a fixed word of ours
    "request_id",
    "endpoint",  # the name of the view, never the path: paths hold tokens
    "method",
    "status",
    "milliseconds",
    "code",  # of an error
    "reference",  # that a person reads out to us
    "count",
    "job",  # its id
    "kind",  # of job
    "outcome",  # of a job: a code
    "head",  # of the audit chain
    "logger",
    "place",
    "exception",
    "left_out",
)
WITHHELD = "(withheld)"
_WORD = re.compile(r"[A-Za-z0-9_.:+-]{1,100}")
_DEEPEST_PLACES = 8
_PACKAGE = Path(__file__).resolve().parent


def configure(level: str, *, stream: TextIO | None = None) -> None:
    """Send every log of this process, ours and those of libraries, to `stream` as JSON lines.

    `level` is "debug", "info", "warning" or "error"; `stream` is by default standard error.
    """
    threshold = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    finish: list[Processor] = [
        _describe_exception,
        _keep_only_what_is_listed,
        structlog.processors.JSONRenderer(),
    ]
    structlog.configure(
        processors=[*shared, *finish],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        # Found anew for each line: standard error may be another by then.
        logger_factory=lambda *_: structlog.WriteLogger(stream or sys.stderr),
    )
    handler = logging.StreamHandler(stream)
    # Libraries speak up when something is wrong; what they do all day is nobody's business. This is
    # a filter and not the handler's level: werkzeug adds a handler of its own, which prints every
    # path, where it finds none for its level.
    least = max(threshold, logging.WARNING)
    handler.addFilter(lambda record: record.levelno >= least)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_forget_the_sentence, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *finish],
            use_get_message=False,
        )
    )
    logging.getLogger().handlers[:] = [handler]
    # A handler that fails would print the sentence and its arguments.
    logging.raiseExceptions = False


def init_app(app: Flask) -> None:
    """Give every request an identifier, in its logs and its answer, and log how it ended.

    Comes before the extensions, so that what they refuse is logged too.
    """
    log = structlog.get_logger()

    @app.before_request
    def begin() -> None:
        # Our own, whatever the client sends: an identifier that a stranger chooses is their text.
        g.request_id = secrets.token_hex(8)
        g.began = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def end(response: Response) -> Response:
        if "request_id" in g:
            response.headers["X-Request-ID"] = g.request_id
            log.info(
                "request",
                endpoint=request.endpoint,
                # Where no view was found, the method may be any word that a client made up.
                method=request.method if request.endpoint else None,
                status=response.status_code,
                milliseconds=round((time.perf_counter() - g.began) * 1000),
            )
        return response

    @app.teardown_request
    def forget(_error: BaseException | None) -> None:
        structlog.contextvars.clear_contextvars()


def _forget_the_sentence(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Keep of a library's record where it comes from; its level and exception follow."""
    record: logging.LogRecord = event["_record"]
    return {
        "event": "library",
        "logger": record.name,
        "place": f"{record.module}:{record.lineno}",
        "exc_info": record.exc_info,
        "_record": record,
        "_from_structlog": False,
    }


def _describe_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace `exc_info` by types, codes and places, from what was raised back to its cause."""
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    error = given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["exception"] = described(error)
    return event


def _keep_only_what_is_listed(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    left_out = sorted(filter(str.isidentifier, event.keys() - set(FIELDS)))
    if left_out:
        event["left_out"] = left_out
    return {name: _plain(name, event[name]) for name in FIELDS if event.get(name) is not None}


def _plain(name: str, value: Any) -> Any:
    """Return a value if it is a number, a word, or a list made here; else a mark of its absence."""
    if isinstance(value, int | float) or name in ("exception", "left_out"):
        return value
    return value if isinstance(value, str) and _WORD.fullmatch(value) else WITHHELD


def described(error: BaseException) -> list[dict[str, Any]]:
    """Return what may be said of an exception and of its causes: type, code, places."""
    return [_described(link) for link in _chain(error)]


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)


def _described(error: BaseException) -> dict[str, Any]:
    kind = type(error)
    described: dict[str, Any] = {"type": f"{kind.__module__}.{kind.__qualname__}"}
    if isinstance(error, BadgeserviceError):
        described["code"] = error.code
    described["places"] = _places(error.__traceback__)
    return described


def _places(traceback: TracebackType | None) -> list[str]:
    """Return where an exception passed, the deepest places last, without the code's text."""
    places = []
    for frame, line in walk_tb(traceback):
        path = Path(frame.f_code.co_filename)
        shown = path.relative_to(_PACKAGE.parent) if path.is_relative_to(_PACKAGE) else path.name
        places.append(f"{shown}:{line} {frame.f_code.co_name}")
    return places[-_DEEPEST_PLACES:]
