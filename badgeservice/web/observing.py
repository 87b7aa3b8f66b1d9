"""Errors to Sentry, traces to OpenTelemetry, if an operator wants them; nothing of a person in either.

Both are off by default, and extras. What is sent is made here from what logs may say too: classes,
places in our code, names of views, rules of routes. The libraries' own integrations are not used:
they would send paths, parameters, headers, addresses and local variables, and leave us to take out
again what we know of.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, current_app, g, request

from badgeservice import logs
from badgeservice.errors import SettingsError
from badgeservice.extensions import services
from badgeservice.settings import Settings

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

SENTRY, TRACES = "badgeservice.sentry", "badgeservice.traces"
"""Where an application keeps whom it tells, among its extensions."""
NO_ROUTE = "(none)"
_SENT = frozenset(
    {
        "event_id",
        "timestamp",
        "level",
        "platform",
        "exception",
        "transaction",
        "tags",
        "environment",
    }
)


def init_app(app: Flask) -> None:
    """Tell whom the settings name; raises SettingsError when a library for it is not installed."""
    with app.app_context():
        settings = services().settings
    try:
        if settings.sentry_dsn_file is not None:
            app.extensions[SENTRY] = _sentry(settings)
        if settings.traces_url:
            app.extensions[TRACES] = _tracing(settings)
    except ImportError:
        raise SettingsError(
            "BADGESERVICE_SENTRY_DSN_FILE, BADGESERVICE_TRACES_URL: a library is not installed; "
            "pip install --require-hashes -r requirements-observe.lock"
        ) from None
    if TRACES in app.extensions:
        app.before_request(_begin)
        app.after_request(_end)


def report(error: BaseException, reference: str) -> None:
    """Tell Sentry of an unforeseen error: what the log says of it, and the person's reference."""
    client = current_app.extensions.get(SENTRY)
    if client is None:
        return
    values = [
        {
            "type": each["type"],
            "value": each.get("code", ""),
            "stacktrace": {"frames": [_frame(place) for place in each["places"]]},
        }
        for each in reversed(logs.described(error))
    ]
    client.capture_event(
        {
            "level": "error",
            "platform": "python",
            "transaction": request.endpoint or NO_ROUTE,
            "tags": {"reference": reference},
            "exception": {"values": values},
        }
    )


def _frame(place: str) -> dict[str, Any]:
    """Return a place of the log, "web/errors.py:12 answer", as Sentry reads it."""
    where, _, function = place.partition(" ")
    path, _, line = where.rpartition(":")
    return {"filename": path, "lineno": int(line), "function": function}


def _sentry(settings: Settings) -> Any:
    import sentry_sdk

    return sentry_sdk.Client(
        dsn=settings.sentry_dsn(),
        environment=str(settings.environment),
        default_integrations=False,
        auto_enabling_integrations=False,
        send_client_reports=False,
        auto_session_tracking=False,
        include_local_variables=False,
        include_source_context=False,
        max_breadcrumbs=0,
        max_request_body_size="never",
        server_name="",
        before_send=_only_ours,
    )


def _only_ours(event: Event, _hint: Hint) -> Event:
    """Keep what `report` wrote, whatever the library adds in its next release."""
    return {name: value for name, value in event.items() if name in _SENT}  # type: ignore[return-value]


def _tracing(settings: Settings) -> Any:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource({"service.name": "badgeservice"}))
    exporter = OTLPSpanExporter(endpoint=f"{settings.traces_url.rstrip('/')}/v1/traces", timeout=5)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def _begin() -> None:
    g.span_began = time.time_ns()


def _end(response: Response) -> Response:
    """Send one span for a request, named by its route; a stranger's `traceparent` is not read."""
    if "span_began" in g:
        route = request.url_rule.rule if request.url_rule else NO_ROUTE
        method = request.method if request.url_rule else NO_ROUTE
        tracer = current_app.extensions[TRACES].get_tracer("badgeservice")
        span = tracer.start_span(
            f"{method} {route}",
            start_time=g.span_began,
            attributes={
                "http.route": route,
                "http.request.method": method,
                "http.response.status_code": response.status_code,
            },
        )
        span.end()
    return response
