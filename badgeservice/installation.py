"""Set an installation up: secrets, keys, tables, seeds. Run again, it keeps what exists."""

from __future__ import annotations

import os
import secrets
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from badgeservice import migrating
from badgeservice.awarding import coherence
from badgeservice.catalogue import classes, templates
from badgeservice.catalogue.templates import State
from badgeservice.core import open_keyring
from badgeservice.errors import CatalogueError, SettingsError
from badgeservice.extensions import services
from badgeservice.issuing import issuer, key_chain, short_codes, status_lists
from badgeservice.issuing.issuer import Issuer
from badgeservice.openbadges.keys import SIGNING_KINDS
from badgeservice.people.models import Organisation
from badgeservice.settings import Environment, Settings
from badgeservice.storage import chain, files
from badgeservice.storage.chain import AuditEvent

_SECRETS = {
    "key_passphrase_file": "key-passphrase",
    "secret_key_file": "secret-key",
    "personal_data_key_file": "personal-data-key",
}
LEDGERS = ("erasures.jsonl", "revocations.jsonl")
"""Files in the data folder that are copied elsewhere all the time."""


def prepare_files(settings: Settings, *, now: datetime) -> list[str]:
    """Make the folders, secrets and keys that are missing; return what was made, in words.

    In production the secrets are the operator's: a missing one raises SettingsError. A key that
    does not prove itself raises KeyFileError.
    """
    made = []
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not settings.database_url:
        # SQLite would make it readable by all; its journals take the mode of the database.
        os.close(os.open(settings.database_file, os.O_WRONLY | os.O_CREAT, 0o600))
    for name, default in _SECRETS.items():
        path = settings.secret_file(name, default)
        if path.exists():
            continue
        if settings.environment is Environment.PRODUCTION:
            raise SettingsError(f"{path}: missing; in production you make this secret yourself")
        files.create(path, secrets.token_hex(32).encode(), mode=0o600)
        made.append(f"secret {path}")
    for ledger in LEDGERS:
        # There from the beginning, so that they can be copied before there is anything in them.
        (settings.data_dir / ledger).touch(0o600)
    described = issuer.load(settings.issuer_path, base_url=settings.base_url)
    keyring = open_keyring(settings, described)
    existing = {entry.kind for entry in keyring.entries.values()}
    for kind in SIGNING_KINDS:
        if kind not in existing:
            made.append(f"key {described.slug}/{keyring.new(kind, now=now).kid}")
    for problem in keyring.problems():
        raise problem
    return made


def prepare_database(
    session: Session, described: Issuer, settings: Settings, *, now: datetime
) -> list[str]:
    """Bring the tables up to date and seed what is missing; return what was made, in words.

    Needs the application's context. Raises SettingsError when the database belongs to another
    public address: its badges carry that address for ever.
    """
    migrating.upgrade()
    made = _claim(session, described, now=now)
    every = templates.load_all(settings.templates_dir, services().framework)
    # Once published it stays, so a rule that nobody can follow must not get that far.
    if problems := list(coherence.problems(every, services().library.modules)):
        raise CatalogueError("\n".join(problems))
    for template in every:
        version, is_new = classes.seed(session, template, described, now=now)
        if is_new:
            draft = " (a draft)" if template.state is State.DRAFT else ""
            made.append(f"badge class {version.slug}, version {version.version}{draft}")
    office = services().office
    if given := short_codes.give_missing(session):
        made.append(f"short codes of {given} public badges")
    for number in status_lists.publish_compromised(session, office, now=now):
        made.append(
            f"status list {number} anew: it was damaged, or a compromised key had signed it"
        )
    for kid in key_chain.tell(session, described, office.keyring, actor="operator", now=now):
        made.append(f"note in the audit chain of the key {kid}")
    session.commit()
    return made


def _claim(session: Session, described: Issuer, *, now: datetime) -> list[str]:
    """Write down, once, at which address this database lives, and who its issuer is."""
    setup = session.scalar(select(AuditEvent).where(AuditEvent.action == "setup"))
    if setup is None:
        chain.append(
            session,
            actor="operator",
            action="setup",
            subject=described.id,
            details={"base_url": described.base_url},
            now=now,
        )
        session.add(Organisation(slug=described.slug, name=described.name["fr"]))
        return [f"issuer {described.id}"]
    if setup.subject != described.id:
        raise SettingsError(
            f"this database belongs to {setup.subject}; its badges carry that address for ever. "
            f"For {described.id}, use another BADGESERVICE_DATA_DIR"
        )
    return []
