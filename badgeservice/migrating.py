"""The tables, from one release to the next: Alembic, with our migrations.

Whoever needs no migration does not load it.
"""

from __future__ import annotations

import logging
from typing import Literal

from flask import Flask, current_app
from flask_alembic import Alembic
from sqlalchemy.types import TypeDecorator

# Whoever compares the tables with the models must know them all.
from badgeservice.awarding import models as _awarding  # noqa: F401
from badgeservice.catalogue import models as _catalogue  # noqa: F401
from badgeservice.evidence import models as _evidence  # noqa: F401
from badgeservice.extensions import services
from badgeservice.issuing import models as _issuing  # noqa: F401
from badgeservice.jobs import models as _jobs  # noqa: F401
from badgeservice.learning import models as _learning  # noqa: F401
from badgeservice.partners import models as _partners  # noqa: F401
from badgeservice.people import models as _people  # noqa: F401
from badgeservice.sharing import models as _sharing  # noqa: F401
from badgeservice.storage.base import Base
from badgeservice.trust import models as _trust  # noqa: F401

alembic = Alembic(metadatas=Base.metadata)
# It reports each step as it goes; whoever sets an installation up is told in our own words.
logging.getLogger("alembic").setLevel(logging.WARNING)


def prepare(app: Flask) -> None:
    """Let `alembic` work on the database of `app`; doing so again changes nothing."""
    if "alembic" in app.extensions:
        return
    with app.app_context():
        folder = services().settings.migrations_dir
    app.config["ALEMBIC"] = {"script_location": str(folder)}
    app.config["ALEMBIC_CONTEXT"] = {"render_as_batch": True, "render_item": _as_plain_type}
    alembic.init_app(app)


def upgrade() -> None:
    """Bring the tables of the current application up to this release."""
    prepare(current_app._get_current_object())  # type: ignore[attr-defined]  # the application itself
    alembic.upgrade()


def _as_plain_type(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Write our column types into migrations as what they are in the database.

    A migration is history: it must run when the class is long gone.
    """
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl_instance!r}"
    return False
