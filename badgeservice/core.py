"""`create_core`: the service without its pages, as commands and jobs need it.

Settings, services and rows are joined here; `app.create_app` puts the pages on top. What only pages
need is not loaded here, so that a command starts in less time and memory.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from copy import copy
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog
from flask import Flask
from sqlalchemy import event, make_url
from sqlalchemy.orm import Session

from badgeservice import extensions, fetching, logs
from badgeservice.erasure.ledger import ErasureLedger
from badgeservice.errors import KeyFileError, SettingsError
from badgeservice.extensions import Services
from badgeservice.fetching import Guard
from badgeservice.issuing import issuer
from badgeservice.issuing.issuer import Issuer
from badgeservice.issuing.keyring import Keyring
from badgeservice.issuing.office import Office
from badgeservice.issuing.self_check import SelfCheck
from badgeservice.issuing.signer import Signer, SigningLog
from badgeservice.issuing.state_ledger import StateLedger
from badgeservice.issuing.tokens import Tokens
from badgeservice.jobs import carrier, queue
from badgeservice.jobs.carrier import Carrier
from badgeservice.mail import DevelopmentMailbox, Mailer, SmtpMailer
from badgeservice.openbadges import contexts
from badgeservice.openbadges.shapes import Shapes
from badgeservice.settings import Canonicalization, Settings
from badgeservice.storage import postgresql, sqlite  # noqa: F401  # their rules hold from here on
from badgeservice.storage.vault import Vault
from badgeservice.verifier.desk import Desk
from badgeservice.verifier.pool import Limits, Pool

if TYPE_CHECKING:
    from badgeservice.catalogue.framework import Framework
    from badgeservice.learning.content import Library

log = structlog.get_logger()


def utc_now() -> datetime:
    """Return the current instant. The one clock of the service; everything else is handed it."""
    return datetime.now(UTC)


class Stock:
    """What is read from files when it is first asked for, and does not change while a process runs."""

    def __init__(self, settings: Settings) -> None:
        """Raises KeyFileError for a registry of keys that cannot be read."""
        self._content_dir = settings.content_dir
        described = issuer.load(settings.issuer_path, base_url=settings.base_url)
        self.keyring = open_keyring(settings, described)

    @cached_property
    def framework(self) -> Framework:
        """The competences; raises CatalogueError."""
        from badgeservice.catalogue import framework

        return framework.load(self._content_dir / "frameworks")

    @cached_property
    def library(self) -> Library:
        """The modules; raises CatalogueError."""
        from badgeservice.learning import content

        return content.load(self._content_dir / "modules")

    def check(self) -> None:
        """Read everything now; raises CatalogueError. A key that does not prove itself is logged."""
        for problem in self.keyring.problems():
            log.error("key_unusable", code=problem.code)
        _ = self.framework, self.library

    def with_keyring(self, keyring: Keyring) -> Stock:
        """Return the same with other keys."""
        other = copy(self)
        other.keyring = keyring
        return other


def create_core(
    settings: Settings | None = None,
    *,
    clock: Callable[[], datetime] = utc_now,
    mailer: Mailer | None = None,
    stock: Stock | None = None,
    pool: Pool | None = None,
    restoring: bool = False,
) -> Flask:
    """Return the application for `settings`, by default those of the process environment, without pages.

    Whoever makes several applications of the same files may read these once, and hand the `stock` in,
    and one `pool` of verifying processes for all of them.
    `restoring` says that a backup is being put back, and that nothing will be served.
    Raises SettingsError or KeyFileError, saying what to mend, rather than start half-way.
    `badgeservice setup` must have run once for these settings. A private key that does not prove
    itself stops nothing but signing: badges are shown and verified all the same, the log raises
    the alarm, `/readyz` answers 503, and `badgeservice keys list` says how to mend it.
    """
    settings = settings or Settings.from_environment(os.environ)
    if settings.restoring_file.exists() and not restoring:
        raise SettingsError(
            f"{settings.restoring_file}: a backup was not put back to the end; until "
            "`badgeservice restore` has finished nothing is served"
        )
    contexts.check_all()
    logs.configure(settings.log_level)
    carrier.check(settings.carrier_url)
    vault = Vault(settings.personal_data_key())
    stock = stock or Stock(settings)
    office = open_office(settings, vault, stock.keyring)
    services = Services(
        settings=settings,
        clock=clock,
        vault=vault,
        mailer=mailer or _mailer(settings),
        stock=stock,
        office=office,
        desk=Desk(
            office,
            session=lambda: extensions.db.session,
            pool=pool or Pool(Limits(workers=settings.verification_workers)),
            guard=open_guard(settings),
        ),
        erasures=ErasureLedger(settings.data_dir / "erasures.jsonl"),
        carrier=Carrier(settings.carrier_url),
    )
    app = Flask("badgeservice.web")
    app.config.update(
        SQLALCHEMY_ENGINES={
            "default": {
                "url": settings.sqlalchemy_url,
                # Parameters are people's data: they stay out of error messages.
                "hide_parameters": True,
                # With the five that stay open, enough for all who are inside the gate, and for
                # whoever watches: nobody waits for a connection, which would end in an error.
                "max_overflow": settings.requests_at_once,
                # A server that was restarted has forgotten the connections that were open.
                "pool_pre_ping": make_url(settings.sqlalchemy_url).drivername != "sqlite",
            }
        },
    )
    app.extensions["badgeservice"] = services
    extensions.db.init_app(app)
    _tell_of_jobs(app, services.carrier)
    return app


def open_office(settings: Settings, vault: Vault, keyring: Keyring) -> Office:
    """Return the issuing office: the issuer of the settings, with its keys.

    Raises KeyFileError when there is no registry of keys, or a damaged one: without the public keys
    nothing could be verified either.
    """
    described = issuer.load(settings.issuer_path, base_url=settings.base_url)
    if not keyring.entries:
        raise KeyFileError(
            f"{settings.keys_dir}: no key of {described.slug}; run `badgeservice setup`"
        )
    signing_log = SigningLog(settings.data_dir / "signer-log.jsonl")
    return Office(
        issuer=described,
        keyring=keyring,
        signer=Signer(
            described, keyring=keyring, log=signing_log, self_check=_self_check(settings)
        ),
        log=signing_log,
        states=StateLedger(settings.data_dir / "revocations.jsonl"),
        vault=vault,
    )


def _self_check(settings: Settings) -> SelfCheck:
    if settings.canonicalization is Canonicalization.GENERAL:
        return SelfCheck()
    shapes = Shapes(secrets.token_hex(16))
    return SelfCheck(shapes, share=settings.self_check_percent / 100)


def open_keyring(settings: Settings, described: Issuer) -> Keyring:
    """Return the keys of an issuer, as the settings say where they are."""
    return Keyring(
        settings.keys_dir,
        described.slug,
        passphrase=settings.key_passphrase,
        tokens=Tokens(settings.pkcs11_module, settings.pkcs11_pin),
    )


def open_guard(settings: Settings) -> Guard:
    """Return the guarded way out of an installation."""
    return Guard(
        user_agent=f"badgeservice (+{settings.base_url})",
        own_hosts=[str(urlsplit(settings.base_url).hostname)],
        networks=fetching.private_networks(settings.private_networks),
    )


def _tell_of_jobs(app: Flask, told: Carrier) -> None:
    """Have workers told of the jobs that a session has committed, and only of these."""

    def tell(session: Session) -> None:
        queue.tell(session, told)

    with app.app_context():
        event.listen(extensions.db.sessionmaker, "after_commit", tell)
        event.listen(extensions.db.sessionmaker, "after_rollback", queue.tell_nothing)


def _mailer(settings: Settings) -> Mailer:
    if not settings.smtp_host:
        return DevelopmentMailbox(settings.data_dir / "mailbox.jsonl")
    return SmtpMailer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        username=settings.smtp_username,
        password=settings.smtp_password(),
        sender=settings.mail_sender,
    )
