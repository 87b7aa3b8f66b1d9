"""Is the process alive; is it ready to serve? For whoever watches, not for people."""

from __future__ import annotations

from flask import Blueprint, Flask, current_app, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from badgeservice.errors import BadgeserviceError
from badgeservice.extensions import db, services
from badgeservice.openbadges.keys import SIGNING_KINDS
from badgeservice.storage import revisions
from badgeservice.web.extensions import limiter

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    """The process answers; nothing else is asked, so that it is quick under load."""
    return jsonify(status="ok")


@bp.get("/readyz")
def readyz() -> ResponseReturnValue:
    """Database reachable, migrations applied, keys in use, content sound; 503 with what is not.

    Which key it is, and how to mend it, is said by `badgeservice keys list`: whoever asks here may
    be anyone.
    """
    problems = []
    try:
        applied = set(db.session.scalars(text("SELECT version_num FROM alembic_version")))
        if applied != current_app.config["MIGRATION_HEADS"]:
            problems.append("migrations are missing")
    except SQLAlchemyError:
        problems.append("the database does not answer, or has no tables yet")
    try:
        for kind in SIGNING_KINDS:
            services().office.keyring.signing_key(kind)
    except BadgeserviceError:
        problems.append("a signing key is missing or damaged")
    if any(not problem.is_warning for problem in services().library.problems):
        problems.append("a module is broken")
    if problems:
        return jsonify(status="not ready", problems=problems), 503
    return jsonify(status="ready")


def init_app(app: Flask) -> None:
    """Register the two addresses; nobody is limited in asking them.

    Which migrations there are is read once, and does not change while the process runs.
    """
    with app.app_context():
        app.config["MIGRATION_HEADS"] = revisions.heads(services().settings.migrations_dir)
    limiter.exempt(bp)
    app.register_blueprint(bp)
