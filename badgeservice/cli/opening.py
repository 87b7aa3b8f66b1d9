"""How a command opens this installation, and what several commands say alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from badgeservice.core import create_core
from badgeservice.extensions import Services, db, services
from badgeservice.settings import Settings

ADMINISTRATOR = "administrator"
"""Who acts, in the audit chain, when a command does."""


@contextmanager
def installation(settings: Settings | None = None) -> Iterator[tuple[Session, Services]]:
    """Open this installation: a database session, and the services; no pages.

    `settings` are by default those of the environment.
    """
    with create_core(settings).app_context():
        try:
            yield db.session, services()
        finally:
            db.engine.dispose()


def public_id(badge: str) -> str:
    """Return the public id in what was given: an address of a badge, or the id itself."""
    return badge.rsplit("/", 1)[-1]
