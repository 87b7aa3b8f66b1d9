"""HTTP in, HTTP out; no rule of the domain."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask

from badgeservice.extensions import services
from badgeservice.mail import DevelopmentMailbox, is_loopback
from badgeservice.web import (
    api,
    development,
    errors,
    frozen,
    health,
    languages,
    learner,
    metrics,
    observing,
    partner,
    presentation,
    progress,
    public,
    security,
)


def init_app(app: Flask) -> None:
    """Give the application its pages. Its extensions and services must be in place."""
    with app.app_context():
        settings, mailer = services().settings, services().mailer
    security.init_app(app, settings)
    languages.init_app(app)
    presentation.init_app(app)
    frozen.init_app(app)
    errors.init_app(app)
    health.init_app(app)
    metrics.init_app(app)
    observing.init_app(app)
    api.init_app(app)
    blueprints = (*public.BLUEPRINTS, *learner.BLUEPRINTS, *partner.BLUEPRINTS, progress.bp)
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    # Whoever reads the mails enters as anyone: they are shown on somebody's own machine only.
    host = str(urlsplit(settings.base_url).hostname)
    if isinstance(mailer, DevelopmentMailbox) and is_loopback(host):
        app.register_blueprint(development.bp)
