"""What the service does, in numbers, for Prometheus; nothing in them about a person.

A request is counted under the rule of its route ("/b/<public_id>"), never under its path. Labels are
words of ours or class names, so nothing that a visitor sends becomes one. Rows are counted when
somebody asks, at most every quarter of a minute.

`/metrics` answers whoever brings the token of `BADGESERVICE_METRICS_TOKEN_FILE`; to others, and when
no file is set, there is no such address. Several processes behind one address share the folder
`PROMETHEUS_MULTIPROC_DIR`: whichever is asked answers for all.
"""

from __future__ import annotations

import hmac
import math
import os
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, Response, abort, current_app, g, request
from flask.typing import ResponseReturnValue
from sqlalchemy import event, func, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from badgeservice.errors import SettingsError
from badgeservice.extensions import db, services
from badgeservice.issuing import halting
from badgeservice.issuing.models import Credential, StatusList
from badgeservice.jobs import queue
from badgeservice.jobs.models import Job, JobState
from badgeservice.web.extensions import limiter

if TYPE_CHECKING:
    from prometheus_client.core import GaugeMetricFamily
    from sqlalchemy.engine.interfaces import ExceptionContext

bp = Blueprint("metrics", __name__)

NAME = "badgeservice.metrics"
"""Where an application keeps its measurements, among its extensions."""
NO_ROUTE = "(none)"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper ends of the intervals in which durations are counted, in seconds."""
ROWS_SECONDS = 15.0
"""How long what was counted in the database is believed."""


class Metrics:
    """The measurements of one application, in this process or in the folder it shares."""

    def __init__(self) -> None:
        """Load the library, which nobody needs who measures nothing; raises SettingsError."""
        try:
            import prometheus_client as prometheus
            from prometheus_client import multiprocess
        except ImportError:
            raise SettingsError(
                "BADGESERVICE_METRICS_TOKEN_FILE: the library that measures is not installed; "
                "pip install --require-hashes -r requirements-metrics.lock"
            ) from None
        self._write = prometheus.generate_latest
        self.content_type = prometheus.CONTENT_TYPE_LATEST
        own = prometheus.CollectorRegistry()
        self._requests = prometheus.Counter(
            "badgeservice_requests",
            "Requests answered, by rule of the route",
            ("route", "method", "status"),
            registry=own,
        )
        self._seconds = prometheus.Histogram(
            "badgeservice_request_seconds",
            "Time until the answer was made",
            ("route",),
            buckets=BUCKETS,
            registry=own,
        )
        self.turned_away = prometheus.Counter(
            "badgeservice_turned_away", "Requests that found the house full", registry=own
        ).inc
        self._database_errors = prometheus.Counter(
            "badgeservice_database_errors",
            "Errors of the database, by class",
            ("kind",),
            registry=own,
        )
        for kind in ("OperationalError", "IntegrityError"):
            self._database_errors.labels(kind)  # so that nought is seen
        self._pool = prometheus.Gauge(
            "badgeservice_verifier",
            "Verifying workers that are busy, visitors who wait for one, and those refused since the start",
            ("what",),
            registry=own,
            multiprocess_mode="livesum",
        )
        self._store_down = prometheus.Gauge(
            "badgeservice_limits_store_down",
            "Whether a process counts limits by itself because the store does not answer",
            registry=own,
            multiprocess_mode="livemax",
        )
        self._registry = own
        if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            self._registry = prometheus.CollectorRegistry()
            multiprocess.MultiProcessCollector(self._registry)  # type: ignore[no-untyped-call]
        else:
            prometheus.ProcessCollector(registry=own)
        self._rows = Rows()
        self._registry.register(self._rows)

    def answered(self, response: Response) -> Response:
        """Count a request that has been answered."""
        route = request.url_rule.rule if request.url_rule else NO_ROUTE
        method = request.method if request.method in METHODS else NO_ROUTE
        self._requests.labels(route, method, str(response.status_code)).inc()
        if "began" in g:
            self._seconds.labels(route).observe(time.perf_counter() - g.began)
        self._look_around()
        return response

    def _look_around(self) -> None:
        state = services().desk.pool.state()
        for what, number in state.items():
            self._pool.labels(what).set(number)
        self._store_down.set(bool(getattr(limiter.storage, "is_down", False)))

    def failed(self, context: ExceptionContext) -> None:
        """Count an error of the database: its class, never its sentence, which quotes rows."""
        error = context.sqlalchemy_exception or context.original_exception
        self._database_errors.labels(type(error).__name__).inc()

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        self._look_around()
        return self._write(self._registry)


class Rows:
    """What the database knows; asked anew only after a while, and not missed if it is away."""

    def __init__(self) -> None:
        self._asked_at = float("-inf")
        self._known: list[GaugeMetricFamily] = []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the gauges; Prometheus' interface of a collector."""
        if time.monotonic() - self._asked_at > ROWS_SECONDS:
            self._known, self._asked_at = list(self._ask()), time.monotonic()
        yield from self._known

    def describe(self) -> list[Any]:
        """Return nothing: whoever registers this must not ask the database for it."""
        return []

    def _ask(self) -> Iterator[GaugeMetricFamily]:
        from prometheus_client.core import GaugeMetricFamily

        up = GaugeMetricFamily("badgeservice_database_up", "Whether the database answers")
        try:
            found = list(_count(db.session, services().clock()))
        except SQLAlchemyError:
            db.session.rollback()
            up.add_metric((), 0)
            yield up
            return
        up.add_metric((), 1)
        yield up
        families: dict[str, GaugeMetricFamily] = {}
        for name, means, label, value in found:
            if name not in families:
                families[name] = GaugeMetricFamily(name, means, labels=("state",) if label else ())
            families[name].add_metric((label,) if label else (), value)
        yield from families.values()


def _count(session: Session, now: datetime) -> Iterator[tuple[str, str, str, float]]:
    """Yield name, meaning, label ("" for none) and value of each number that rows hold."""
    waiting = dict.fromkeys((JobState.QUEUED, JobState.RUNNING, JobState.FAILED), 0)
    states = select(Job.state, func.count()).where(Job.state.in_(waiting)).group_by(Job.state)
    for state, number in session.execute(states):
        waiting[state] = number
    for state, number in waiting.items():
        yield "badgeservice_jobs", "Jobs that are not done, by state", str(state), number
    oldest = session.scalar(
        select(func.min(func.coalesce(Job.due_at, Job.created_at))).where(
            Job.state == JobState.QUEUED, or_(Job.due_at.is_(None), Job.due_at <= now)
        )
    )
    yield (
        "badgeservice_oldest_job_seconds",
        "How long the job has waited that has waited longest; 0 when none waits",
        "",
        _age(oldest, now),
    )
    audited = queue.latest(session, "audit")
    yield (
        "badgeservice_audit_age_seconds",
        "How long ago the worker's last audit ended; +Inf when none is known",
        "",
        math.inf if audited is None else _age(audited.finished_at, now),
    )
    yield (
        "badgeservice_audit_clean",
        "Whether the worker's last audit found nothing; 0 too when none is known, or it broke off",
        "",
        float(audited is not None and audited.state is JobState.DONE),
    )
    published = session.scalar(select(func.min(StatusList.published_at)))
    yield (
        "badgeservice_status_list_age_seconds",
        "How long ago the status list was published that was published longest ago",
        "",
        _age(published, now),
    )
    yield (
        "badgeservice_credentials",
        "Credentials that were ever signed and stored",
        "",
        session.scalar(select(func.count()).select_from(Credential)) or 0,
    )
    yield (
        "badgeservice_issuing_halted",
        "Whether issuing is halted",
        "",
        float(halting.standing(session) is not None),
    )


def _age(since: datetime | None, now: datetime) -> float:
    return max(now - since, timedelta()).total_seconds() if since is not None else 0.0


@bp.get("/metrics")
def metrics() -> ResponseReturnValue:
    """Answer whoever brings the token; to others this address does not exist."""
    given = request.headers.get("Authorization", "").encode()
    wanted = b"Bearer " + services().settings.metrics_token()
    if not hmac.compare_digest(given, wanted):
        abort(404)
    measured: Metrics = current_app.extensions[NAME]
    return Response(measured.text(), content_type=measured.content_type)


def init_app(app: Flask) -> None:
    """Measure, if the settings name a token; its file is read at once, so that a bad one is named."""
    with app.app_context():
        if services().settings.metrics_token_file is None:
            return
        services().settings.metrics_token()
        measured = app.extensions[NAME] = Metrics()
        event.listen(db.engine, "handle_error", measured.failed)
    app.after_request(measured.answered)
    limiter.exempt(bp)
    app.register_blueprint(bp)
