"""HTTP in, HTTP out; no rule of the domain."""

from __future__ import annotations

from flask import Flask

from badgeservice.extensions import services
from badgeservice.settings import Environment
from badgeservice.web import (
    development,
    errors,
    health,
    languages,
    learner,
    presentation,
    public,
    security,
)


def init_app(app: Flask) -> None:
    """Give the application its pages. Its extensions and services must be in place."""
    with app.app_context():
        settings = services().settings
    security.init_app(app, settings)
    languages.init_app(app)
    presentation.init_app(app)
    errors.init_app(app)
    health.init_app(app)
    for blueprint in (*public.BLUEPRINTS, *learner.BLUEPRINTS):
        app.register_blueprint(blueprint)
    if settings.environment is Environment.DEVELOPMENT and not settings.smtp_host:
        app.register_blueprint(development.bp)
