"""How a command opens this installation, and what several commands say alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from badgeservice.core import create_core
from badgeservice.errors import StorageUnavailable
from badgeservice.extensions import Services, db, services
from badgeservice.settings import Settings

ADMINISTRATOR = "administrator"
"""Who acts, in the audit chain, when a command does."""


@contextmanager
def installation(settings: Settings | None = None) -> Iterator[tuple[Session, Services]]:
    """Open this installation: a database session, and the services; no pages.

    `settings` are by default those of the environment. Raises StorageUnavailable when the database
    goes away meanwhile, or is full.
    """
    with create_core(settings).app_context():
        try:
            yield db.session, services()
        except OperationalError as error:
            raise StorageUnavailable(
                f"the database: {error.orig}; what was begun is undone"
            ) from None
        finally:
            db.engine.dispose()


def public_id(badge: str) -> str:
    """Return the public id in what was given: an address of a badge, or the id itself."""
    return badge.rsplit("/", 1)[-1]
