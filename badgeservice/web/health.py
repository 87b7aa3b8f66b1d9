"""Is the process alive; is it ready to serve? For whoever watches, not for people."""

from __future__ import annotations

from flask import Blueprint, Flask, jsonify
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
        db.session.execute(text("SELECT 1"))
        if alembic.needs_upgrade():
            problems.append("migrations are missing")
    except SQLAlchemyError:
        problems.append("the database does not answer")
    if any(not problem.is_warning for problem in services().library.problems):
        problems.append("a module is broken")
    if problems:
        return jsonify(status="not ready", problems=problems), 503
    return jsonify(status="ready")


def init_app(app: Flask) -> None:
    """Register the two addresses; nobody is limited in asking them."""
    limiter.exempt(bp)
    app.register_blueprint(bp)
