"""The database as an extension, created unbound, and the services that views and commands use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, cast

from flask import current_app
from flask.sansio.app import App
from flask_sqlalchemy_lite import SQLAlchemy

if TYPE_CHECKING:
    from badgeservice.catalogue.framework import Framework
    from badgeservice.core import Stock
    from badgeservice.erasure.ledger import ErasureLedger
    from badgeservice.issuing.office import Office
    from badgeservice.jobs.carrier import Carrier
    from badgeservice.learning.content import Library
    from badgeservice.mail import Mailer
    from badgeservice.settings import Settings
    from badgeservice.storage.vault import Vault
    from badgeservice.verifier.desk import Desk


class Database(SQLAlchemy):
    """Rows, asked for one after the other: this service has no asynchronous engine."""

    def init_app(self, app: App) -> None:
        """Give `app` its engines; no request then starts an event loop to close what it never opened.

        (In a thread of its own, for nothing, and as dear as half of a small request.)
        """
        super().init_app(app)
        if not app.config.get("SQLALCHEMY_ASYNC_ENGINES"):
            app.teardown_appcontext_funcs[:] = [
                close for close in app.teardown_appcontext_funcs if not iscoroutinefunction(close)
            ]


db = Database()


@dataclass(frozen=True)
class Services:
    """What the rooms need from outside, joined once in `create_core`."""

    settings: Settings
    clock: Callable[[], datetime]
    vault: Vault
    mailer: Mailer
    stock: Stock
    office: Office
    desk: Desk
    erasures: ErasureLedger
    carrier: Carrier

    @property
    def framework(self) -> Framework:
        """The competences."""
        return self.stock.framework

    @property
    def library(self) -> Library:
        """The modules."""
        return self.stock.library


def services() -> Services:
    """Return the services of the current application."""
    return cast(Services, current_app.extensions["badgeservice"])
