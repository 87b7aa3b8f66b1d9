"""The application, asked as a visitor asks it: one implementation of what an address answers."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from flask import Flask, render_template
from werkzeug.test import Client, EnvironBuilder

from badgeservice.errors import FreezeInterrupted
from badgeservice.extensions import services
from badgeservice.verification import Report
from badgeservice.web import frozen
from badgeservice.web.public import badges

PAGE, DOCUMENT = "text/html", "application/ld+json, application/json;q=0.9"
"""What a person's browser accepts, and what a program does."""

_HELD, _LEADS, _ABSENT, _GONE = 200, 303, 404, 410


@dataclass(frozen=True)
class Answer:
    """What an address answers. `is_gone`: nothing stands there any more, and it says so (410).

    `leads_to` is the path that a person is sent on to; empty for any other answer.
    """

    body: bytes
    media_type: str
    is_gone: bool = False
    leads_to: str = ""


class Visitor:
    """Somebody without account or cookie, who asks for what will be frozen."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._client = Client(app, use_cookies=False)
        self._reports: dict[str, Report] = {}
        with app.app_context():
            self.base_url = services().settings.base_url

    def ask(self, path: str, accept: str, *, language: str = "") -> Answer | None:
        """Return the answer at `path`, None when nothing stands there.

        Raises FreezeInterrupted for an answer that must not be kept, such as an error of ours.
        """
        answer = self._client.get(
            path,
            base_url=self.base_url,
            query_string={"lang": language} if language else None,
            headers={"Accept": accept},
            environ_overrides={frozen.MARK: self._reports},
        )
        with answer:
            if answer.status_code == _ABSENT:
                return None
            is_whole = answer.status_code in (_HELD, _LEADS, _GONE)
            if not is_whole or "Set-Cookie" in answer.headers:
                top = path.split("/")[1]
                raise FreezeInterrupted(
                    f"an address below /{top} answered {answer.status_code}; the log says why"
                )
            return Answer(
                answer.get_data(),
                str(answer.mimetype),
                is_gone=answer.status_code == _GONE,
                leads_to=answer.headers.get("Location", "").removeprefix(self.base_url),
            )

    def leading(self, target: str, *, language: str = "fr") -> bytes:
        """Return a page that leads people on to `target`."""
        with self._as_page(language):
            return render_template("frozen/leads.html", target=target).encode()

    def absent(self, language: str) -> bytes:
        """Return the page for what is not there: the one answer for private and for unknown."""
        with self._as_page(language):
            return badges.not_public().get_data()

    def gone(self, language: str) -> bytes:
        """Return the page for what was taken from the public."""
        with self._as_page(language):
            return badges.erased().get_data()

    def _as_page(self, language: str) -> _Rendering:
        return _Rendering(self._app, self.base_url, language)


class _Rendering:
    """A request of a frozen page that has no address of its own; nothing of it is logged."""

    def __init__(self, app: Flask, base_url: str, language: str) -> None:
        path = "/" if language == "fr" else "/en/"
        builder = EnvironBuilder(path, base_url=base_url, headers=[("Accept", PAGE)])
        self._context = app.request_context(builder.get_environ() | {frozen.MARK: {}})
        self._app = app

    def __enter__(self) -> None:
        self._context.push()
        self._app.preprocess_request()

    def __exit__(self, *_: object) -> None:
        self._context.pop()
        structlog.contextvars.clear_contextvars()
