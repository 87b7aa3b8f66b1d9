"""From a backup to an installation that may serve again, without taking back what was said since.

1. The archive is unpacked beside the data folder and checked to the byte; so are the newer ledgers
and the published status lists. What does not hold is refused before anything is changed.
2. A mark is set: while it stands, no process of the service starts. 3. Files and database are put in
place, and migrated. 4. What the ledgers tell is done again: revocations, what was hidden, erasures.
5. Every list is closed for new badges, keeps each bit that the public has, and is published with a
later date. 6. The audit. Only if it finds nothing the mark is taken away. 7. Issuing stays halted:
what else was changed since the backup, the operator alone knows.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from alembic.util import CommandError
from sqlalchemy import create_engine, inspect, make_url, select
from sqlalchemy.orm import Session

from badgeservice import migrating
from badgeservice.core import create_core
from badgeservice.erasure import erase
from badgeservice.erasure.ledger import ErasureLedger
from badgeservice.errors import RestoreRefused, SealBroken
from badgeservice.extensions import Services, db, services
from badgeservice.issuing import halting, issuer, key_chain, key_registry, states, status_lists
from badgeservice.issuing.audit import Violation
from badgeservice.issuing.issuer import Issuer
from badgeservice.issuing.models import CarriedBit, StatusList
from badgeservice.issuing.state_ledger import StateLedger
from badgeservice.jobs import queue
from badgeservice.operations import archive, audit, backup, postgresql_tools, published
from badgeservice.operations.published import PublicList
from badgeservice.partners import invitations
from badgeservice.settings import Settings
from badgeservice.sharing import holdings
from badgeservice.storage import chain
from badgeservice.storage.ledger import Ledger
from badgeservice.storage.vault import HolderKey
from badgeservice.verification.fetching import Fetch

_ACTOR = "operator"


@dataclass(frozen=True)
class Newer:
    """What the operator has that is newer than the backup.

    `keys` is a keys folder: of keys that were made, retired or lost to a thief since. `published`
    are files and folders with status lists; empty: they are asked for at their public
    addresses, unless `nothing_published` says that nobody has a copy.
    """

    keys: Path | None = None
    erasures: Path | None = None
    revocations: Path | None = None
    published: Sequence[Path] = ()
    nothing_published: bool = False


@dataclass(frozen=True)
class Restored:
    """What was done: badges by the ledger, persons erased again, bits carried over, and the audit.

    `made_at` is when the backup was made.
    """

    made_at: str
    badges: int
    changed: int
    erased: int
    carried: int
    lists: dict[int, int]
    violations: list[Violation]


def restore(
    settings: Settings, stream: BinaryIO, newer: Newer, *, fetch: Fetch, now: datetime
) -> Restored:
    """Put a backup back into an empty installation.

    Raises BackupRefused or RestoreRefused before anything is changed; afterwards, what goes wrong
    leaves the mark, and with it an installation that does not start.
    """
    settings.key_passphrase(), settings.secret_key(), settings.personal_data_key()
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    _refuse_unless_empty(settings)
    with tempfile.TemporaryDirectory(dir=settings.data_dir, prefix="restore-") as name:
        folder = Path(name)
        manifest = archive.unpack(stream, folder)
        described = _refuse_another(settings, folder, manifest)
        _take_newer(folder, "erasures.jsonl", ErasureLedger, newer.erasures)
        _take_newer(folder, "revocations.jsonl", StateLedger, newer.revocations)
        _take_newer_keys(folder / "keys", newer.keys)
        lists = _published(folder, described, manifest, newer, fetch, now)
        settings.restoring_file.touch(0o600)
        _place(settings, folder, manifest)
    app = create_core(settings, clock=lambda: now, restoring=True)
    with app.app_context():
        try:
            restored = _bring_up_to_date(db.session, services(), manifest, lists, now=now)
        finally:
            db.session.close()
            db.engine.dispose()
    if not restored.violations:
        settings.restoring_file.unlink()
    return restored


def _refuse_unless_empty(settings: Settings) -> None:
    """Raise RestoreRefused where there is an installation, or a part of one."""
    secrets = {
        settings.secret_file(name, default).resolve()
        for name, default in (
            ("key_passphrase_file", "key-passphrase"),
            ("secret_key_file", "secret-key"),
            ("personal_data_key_file", "personal-data-key"),
        )
    }
    there = [path for path in settings.data_dir.iterdir() if path.resolve() not in secrets]
    there += [settings.keys_dir / key_registry.REGISTRY, *settings.keys_dir.glob("*/*.pem")]
    if found := sorted(str(path) for path in there if path.exists()):
        raise RestoreRefused(f"{found[0]}: a backup is put back where nothing is yet; move it away")
    url = make_url(settings.sqlalchemy_url)
    if url.drivername.startswith("postgresql"):
        engine = create_engine(url)
        try:
            if tables := inspect(engine).get_table_names():
                raise RestoreRefused(f"the database has tables already, as {tables[0]}")
        finally:
            engine.dispose()
    elif url.database and Path(url.database).exists():
        raise RestoreRefused(f"{url.database}: is there already; move it away")


def _refuse_another(settings: Settings, folder: Path, manifest: dict[str, Any]) -> Issuer:
    """Return the issuer; raise RestoreRefused when the settings are those of another installation."""
    if (kind := manifest["database"]) != settings.sqlalchemy_url.partition(":")[0].partition("+")[
        0
    ]:
        raise RestoreRefused(
            f"the backup is of {kind}, and BADGESERVICE_DATABASE_URL names another"
        )
    own = folder / backup.ISSUER
    if own.exists() and settings.issuer_file and not settings.issuer_file.exists():
        described = issuer.load(own, base_url=settings.base_url)
    else:
        described = issuer.load(settings.issuer_path, base_url=settings.base_url)
    if described.id != manifest["issuer"]:
        raise RestoreRefused(
            f"the backup is of {manifest['issuer']}, the settings are of {described.id}: set "
            f"BADGESERVICE_BASE_URL={manifest['base_url']} and the issuer's file"
        )
    return described


def _take_newer(
    folder: Path, name: str, kind: type[ErasureLedger] | type[StateLedger], given: Path | None
) -> None:
    """Let the newer of two copies of a ledger stand in `folder`; raise RestoreRefused if they part."""
    kept = folder / name
    before = _digests(kind(kept))
    if given is None:
        return
    if not given.is_file():
        raise RestoreRefused(f"{given}: no such file")
    after = _digests(kind(given))
    shorter = min(len(before), len(after))
    if before[:shorter] != after[:shorter]:
        raise RestoreRefused(f"{given}: tells another story than the {name} in the backup")
    if len(after) > len(before):
        shutil.copyfile(given, kept)
        kept.chmod(0o600)


def _take_newer_keys(folder: Path, given: Path | None) -> None:
    """Let the newer of two keys folders stand in `folder`; raise RestoreRefused if they part.

    No key is ever taken out of a registry, and none that ended begins again.
    """
    if given is None:
        return
    newer = {(key.issuer, key.kid): key for key in key_registry.read(given)}
    for key in key_registry.read(folder):
        there = newer.get((key.issuer, key.kid))
        if there is None or (there.public_key, there.created) != (key.public_key, key.created):
            raise RestoreRefused(f"{given}: does not have the key {key.kid} of the backup")
        if (key.retired and not there.retired) or (key.compromised and not there.compromised):
            raise RestoreRefused(f"{given}: is older than the backup, in which {key.kid} had ended")
    for path in (given / key_registry.REGISTRY, *given.glob("*/*.pem")):
        target = folder / path.relative_to(given)
        target.parent.mkdir(exist_ok=True)
        target.unlink(missing_ok=True)
        shutil.copyfile(path, target)


def _digests(ledger: Ledger[Any]) -> list[str]:
    return [entry.digest for entry in ledger.entries()]


def _published(
    folder: Path,
    described: Issuer,
    manifest: dict[str, Any],
    newer: Newer,
    fetch: Fetch,
    now: datetime,
) -> list[PublicList]:
    known = [int(number) for number in manifest["status_lists"]]
    if newer.nothing_published:
        return []
    if newer.published:
        contents = published.in_files(newer.published)
    else:
        contents = published.at_address(fetch, described.base_url, known=max(known, default=0))
    keys = {
        entry.kid: entry.public_key
        for entry in key_registry.read(folder / "keys")
        if entry.issuer == described.slug
    }
    lists = [published.read(content, described, keys) for content in contents]
    return published.newest(lists, known=known, now=now)


def _place(settings: Settings, folder: Path, manifest: dict[str, Any]) -> None:
    """Move the files of a backup to where the settings say."""
    for name in ("signer-log.jsonl", "erasures.jsonl", "revocations.jsonl"):
        if (folder / name).exists():
            os.replace(folder / name, settings.data_dir / name)
    settings.keys_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in sorted((folder / "keys").rglob("*")):
        if path.is_file():
            target = settings.keys_dir / path.relative_to(folder / "keys")
            target.parent.mkdir(mode=0o700, exist_ok=True)
            shutil.copyfile(path, target)
            target.chmod(0o600 if target.name == key_registry.REGISTRY else 0o400)
    if settings.issuer_file and not settings.issuer_file.exists():
        settings.issuer_file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / backup.ISSUER, settings.issuer_file)
    templates = settings.badge_templates_dir
    if templates and not templates.exists() and (folder / backup.TEMPLATES).exists():
        shutil.copytree(folder / backup.TEMPLATES, templates)
    url, copy = make_url(settings.sqlalchemy_url), folder / backup.DATABASES[manifest["database"]]
    if manifest["database"] == "postgresql":
        postgresql_tools.load(url, copy)
    else:
        shutil.move(copy, str(url.database))


def _bring_up_to_date(
    session: Session,
    here: Services,
    manifest: dict[str, Any],
    lists: Sequence[PublicList],
    *,
    now: datetime,
) -> Restored:
    try:
        migrating.upgrade()
    except CommandError as error:
        raise RestoreRefused(f"a newer release made this backup; install it ({error})") from None
    office = here.office
    if not chain.contains(session, manifest["chain_head"]):
        raise RestoreRefused("the audit chain does not end as the manifest says")
    _refuse_another_secret(session, here)
    for problem in office.keyring.problems():
        raise problem
    _open_lists(session, lists, now=now)
    changed = states.replay(session, office, office.states.entries(), now=now)
    changed += holdings.replay(session, office.states.entries())
    session.commit()
    erased = erase.replay(session, office, here.erasures, here.mailer, now=now)
    carried = _carry(session, lists, now=now)
    versions = {}
    for row in session.scalars(select(StatusList).order_by(StatusList.number)).all():
        # No place is ever given twice: which were given after the backup is not known.
        row.reserved = max(row.reserved, status_lists.ENTRIES // 2)
        ended = status_lists.withdrawn(session, row.number)
        versions[row.number] = status_lists.publish(
            session, office, row.number, ended=ended, now=now
        )
    key_chain.tell(session, office.issuer, office.keyring, actor=_ACTOR, now=now)
    chain.append(
        session,
        actor=_ACTOR,
        action="restore",
        subject=office.issuer.id,
        details={
            "made_at": manifest["made_at"],
            "chain_head": manifest["chain_head"],
            "status_lists": {str(number): version for number, version in versions.items()},
        },
        now=now,
    )
    session.commit()
    # Whoever had jobs when the backup was made is gone, and so is the night that asks for late mails.
    queue.sweep(session, now=now)
    invitations.enqueue_late(session, now)
    session.commit()
    reason = f"restored from the backup of {manifest['made_at']}"
    halting.halt(session, reason=reason, actor=_ACTOR, now=now)
    violations = list(audit.violations(session, here, now=now))
    return Restored(
        manifest["made_at"],
        manifest["badges"],
        changed,
        len(erased),
        carried,
        versions,
        violations,
    )


def _refuse_another_secret(session: Session, here: Services) -> None:
    """Raise RestoreRefused when the key of personal data is not the one of this backup."""
    holder = session.scalar(select(HolderKey.holder_id).limit(1))
    if holder is not None:
        try:
            here.vault.seal(session, holder, "probe", "")
        except SealBroken:
            raise RestoreRefused(
                "the personal data key is not the one under which this backup was made"
            ) from None


def _open_lists(session: Session, lists: Sequence[PublicList], *, now: datetime) -> None:
    """Make the lists that were opened after the backup: badges that people hold name them."""
    known = set(session.scalars(select(StatusList.number)))
    session.add_all(
        StatusList(
            number=each.number, version=0, reserved=0, published_at=each.valid_from, published=b""
        )
        for each in lists
        if each.number not in known
    )
    session.flush()


def _carry(session: Session, lists: Sequence[PublicList], *, now: datetime) -> int:
    """Keep every bit that the public has and the register cannot explain; return how many."""
    bits = [
        CarriedBit(status_list=each.number, status_index=index, carried_at=now)
        for each in lists
        for index in sorted(each.ended - set(status_lists.withdrawn(session, each.number)))
    ]
    session.add_all(bits)
    session.flush()
    return len(bits)
