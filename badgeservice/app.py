"""`create_app`: the one place where the service is joined with its pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from badgeservice import logs, web
from badgeservice.core import Stock, create_core, utc_now
from badgeservice.extensions import services
from badgeservice.mail import Mailer
from badgeservice.settings import Environment, Settings
from badgeservice.verifier.pool import Pool
from badgeservice.web import counters
from badgeservice.web.extensions import csrf, limiter


def create_app(
    settings: Settings | None = None,
    *,
    clock: Callable[[], datetime] = utc_now,
    mailer: Mailer | None = None,
    stock: Stock | None = None,
    pool: Pool | None = None,
) -> Flask:
    """Return the application with its pages; takes and raises what `create_core` does.

    What comes from files is read now, and not when somebody asks for it: raises CatalogueError too.
    """
    app = create_core(settings, clock=clock, mailer=mailer, stock=stock, pool=pool)
    with app.app_context():
        settings = services().settings
        services().stock.check()
    production = settings.environment is Environment.PRODUCTION
    app.config.update(
        SECRET_KEY=settings.secret_key(),
        TRUSTED_HOSTS=[str(urlsplit(settings.base_url).hostname)],
        SESSION_COOKIE_NAME="__Host-session" if production else "session",
        SESSION_COOKIE_SECURE=production,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=3 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=500_000,
        MAX_FORM_PARTS=100,
        BABEL_DEFAULT_LOCALE="fr",
        **counters.configuration(settings.limits_url, secret=settings.secret_key().encode()),
    )
    if settings.trusted_proxies:
        # Rate limits count visitors, not our own proxy; addresses in badges never come from here.
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # the documented way
            app.wsgi_app, x_for=settings.trusted_proxies, x_proto=0, x_host=0
        )
    # First, so that every request has its id before anything can refuse it.
    logs.init_app(app)
    csrf.init_app(app)
    limiter.init_app(app)
    web.init_app(app)
    return app
