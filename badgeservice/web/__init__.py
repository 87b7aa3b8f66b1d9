"""HTTP in, HTTP out; no rule of the domain."""

from __future__ import annotations

from flask import Flask

from badgeservice.extensions import services
from badgeservice.mail import DevelopmentMailbox
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
        settings, mailer = services().settings, services().mailer
    security.init_app(app, settings)
    languages.init_app(app)
    presentation.init_app(app)
    errors.init_app(app)
    health.init_app(app)
    for blueprint in (*public.BLUEPRINTS, *learner.BLUEPRINTS):
        app.register_blueprint(blueprint)
    if isinstance(mailer, DevelopmentMailbox):
        app.register_blueprint(development.bp)
