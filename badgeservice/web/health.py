"""Is the process alive; is it ready to serve? For whoever watches, not for people."""

from __future__ import annotations

from flask import Blueprint, Flask, current_app, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from badgeservice.extensions import alembic, db, limiter, services

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    """The process answers; nothing else is asked, so that it is quick under load."""
    return jsonify(status="ok")


@bp.get("/readyz")
def readyz() -> ResponseReturnValue:
    """Database reachable, migrations applied, keys loaded, content sound; 503 with what is not.

    Keys proved themselves when the application was made, or it would not be answering.
    """
    problems = []
    try:
        applied = set(db.session.scalars(text("SELECT version_num FROM alembic_version")))
        if applied != current_app.config["MIGRATION_HEADS"]:
            problems.append("migrations are missing")
    except SQLAlchemyError:
        problems.append("the database does not answer, or has no tables yet")
    if any(not problem.is_warning for problem in services().library.problems):
        problems.append("a module is broken")
    if problems:
        return jsonify(status="not ready", problems=problems), 503
    return jsonify(status="ready")


def init_app(app: Flask) -> None:
    """Register the two addresses; nobody is limited in asking them.

    Which migrations there are is read once: the library that knows is not made for threads.
    """
    with app.app_context():
        app.config["MIGRATION_HEADS"] = {head.revision for head in alembic.heads()}
    limiter.exempt(bp)
    app.register_blueprint(bp)
