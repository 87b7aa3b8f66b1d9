"""Everything that an operator wants to be told: one finding for each question, and what to do.

Read-only. Nothing here is a secret or about a person. A question that cannot be asked is an answer
too: what was not looked at is never said to be well.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sqlalchemy import func, not_, select, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from badgeservice.errors import BadgeserviceError
from badgeservice.extensions import Services
from badgeservice.issuing import halting, issue, status_lists
from badgeservice.issuing.key_registry import KeyState
from badgeservice.issuing.models import Badge, StatusList
from badgeservice.jobs import queue
from badgeservice.jobs.models import Job, JobState
from badgeservice.mail import SmtpMailer
from badgeservice.operations.backup import LAST_BACKUP
from badgeservice.people.models import Organisation
from badgeservice.settings import Environment
from badgeservice.storage import chain, revisions
from badgeservice.storage.chain import AuditEvent


class Health(StrEnum):
    """How things stand with one question."""

    OK = "ok"
    ATTENTION = "attention"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """An answer: `what` was found, and what to `do` where it is not well."""

    question: str
    health: Health
    what: str
    do: str = ""


@dataclass(frozen=True)
class Patient:
    """What is looked at: a database and the services of an installation, as of `now`."""

    session: Session
    here: Services
    now: datetime


Answer = tuple[Health, str, str]


def examine(patient: Patient) -> Iterator[Finding]:
    """Yield the finding of every question, in the order of QUESTIONS."""
    for name, question in QUESTIONS.items():
        try:
            health, what, do = question(patient)
        except (BadgeserviceError, SQLAlchemyError, OSError) as error:
            patient.session.rollback()
            health, what, do = _unasked(error)
        yield Finding(name, health, what, do)


def _unasked(error: Exception) -> Answer:
    """Return what is said when a question had no answer; nothing of what a statement held is quoted."""
    match error:
        case BadgeserviceError():
            reason, do = error.message, "mend that first"
        case OperationalError():
            # The driver's own words, which name the server and no row.
            reason, do = f"the database: {str(error.orig).strip()[:200]}", "bring it back"
        case OSError():
            reason, do = (
                f"{error.filename or 'a connection'}: {error.strerror or error}",
                "bring it back",
            )
        case _:
            reason, do = type(error).__name__, "look into the log"
    return Health.WRONG, f"could not be asked: {reason}", do


def _well(what: str) -> Answer:
    return Health.OK, what, ""


def _settings(patient: Patient) -> Answer:
    settings = patient.here.settings
    if settings.environment is Environment.PRODUCTION:
        return _well(f"production at {settings.base_url}")
    return (
        Health.ATTENTION,
        f"development at {settings.base_url}",
        "for the public, set BADGESERVICE_ENVIRONMENT=production",
    )


def _secrets(patient: Patient) -> Answer:
    """They are there, long enough, and for their owner alone; reading them says what is not so."""
    settings = patient.here.settings
    settings.key_passphrase(), settings.secret_key(), settings.personal_data_key()
    settings.smtp_password()
    return _well("there, and for their owner alone")


def _folders(patient: Patient) -> Answer:
    settings = patient.here.settings
    private = [settings.data_dir, settings.keys_dir]
    private += [path for path in settings.data_dir.iterdir() if path.is_file()]
    private += settings.keys_dir.glob("*/*.pem")
    loose = sorted(str(path) for path in private if path.stat().st_mode & 0o077)
    if not loose:
        return _well("for their owner alone")
    return Health.ATTENTION, f"others can read {loose[0]}", f"chmod go= {' '.join(loose)}"


def _disk(patient: Patient) -> Answer:
    usage = shutil.disk_usage(patient.here.settings.data_dir)
    free = f"{usage.free / 2**30:.1f} GiB free, {usage.free * 100 // usage.total} %"
    if usage.free < _MIB * 200:
        return Health.WRONG, free, "make room now: without it nothing can be acknowledged"
    if usage.free < _MIB * 1024 or usage.free * 20 < usage.total:
        return Health.ATTENTION, free, "make room"
    return _well(free)


def _database(patient: Patient) -> Answer:
    patient.session.execute(text("SELECT 1"))
    badges = patient.session.scalar(select(func.count()).select_from(Badge))
    return _well(f"{patient.session.get_bind().dialect.name} answers; {badges} badge(s)")


def _migrations(patient: Patient) -> Answer:
    applied = set(patient.session.scalars(text("SELECT version_num FROM alembic_version")))
    wanted = revisions.heads(patient.here.settings.migrations_dir)
    if applied == wanted:
        return _well(f"at {', '.join(sorted(applied))}")
    return (
        Health.WRONG,
        f"at {', '.join(sorted(applied)) or 'none'}, and this release is of {', '.join(wanted)}",
        "make a backup, then `badgeservice setup`",
    )


def _durability(patient: Patient) -> Answer:
    """Whether what was acknowledged survives a power cut."""
    asked = {
        "sqlite": {"PRAGMA synchronous": "2", "PRAGMA journal_mode": "wal"},
        "postgresql": {
            "SHOW synchronous_commit": "on", "SHOW fsync": "on", "SHOW full_page_writes": "on",
        },
    }[patient.session.get_bind().dialect.name]  # fmt: skip
    found = {each: str(patient.session.scalar(text(each))) for each in asked}
    said = ", ".join(f"{each.split()[1]}={value}" for each, value in found.items())
    if found == asked:
        return _well(said)
    return (
        Health.WRONG,
        said,
        "set it as the database's manual says; acknowledged badges may be lost",
    )


def _address(patient: Patient) -> Answer:
    """Whether the database and its badges are of this address and of this issuer."""
    session, issuer = patient.session, patient.here.office.issuer
    claimed = session.scalar(select(AuditEvent.subject).where(AuditEvent.action == "setup"))
    if claimed != issuer.id:
        return Health.WRONG, f"the database is of {claimed}", f"this is {issuer.id}: use its own"
    strange = session.scalar(
        select(Badge.address).where(
            not_(Badge.address.startswith(f"{issuer.base_url}/", autoescape=True))
        )
    )
    if strange is not None:
        return (
            Health.WRONG,
            f"{strange} is in the register",
            "it is of another address: find out how",
        )
    return _well(issuer.id)


def _demonstration(patient: Patient) -> Answer:
    """Whether badges of test and real ones are in one database."""
    here, issuer = patient.here, patient.here.office.issuer
    name = patient.session.scalar(select(Organisation.name).where(Organisation.slug == issuer.slug))
    if name != issuer.name["fr"] and not issuer.demo:
        return (
            Health.WRONG,
            f"the database was set up for «{name}», and the issuer is «{issuer.name['fr']}»",
            "badges of test and real ones do not mix: begin with a new data folder or database",
        )
    if issuer.demo and here.settings.environment is Environment.PRODUCTION:
        return (
            Health.ATTENTION,
            "a demonstration issuer: badges say TEST and are green nowhere else",
            "describe the legal issuer in BADGESERVICE_ISSUER_FILE, and begin with a new database",
        )
    return _well("a demonstration" if issuer.demo else "no badges of test")


def _keys(patient: Patient) -> Answer:
    keyring = patient.here.office.keyring
    for problem in keyring.problems():
        return (
            Health.WRONG,
            problem.message,
            "nothing can be signed; see keys/README.md",
        )
    signing = [kid for kid, key in keyring.entries.items() if key.state is KeyState.ACTIVE]
    return _well(f"{', '.join(signing)} prove themselves")


def _clock(patient: Patient) -> Answer:
    """Nothing is signed earlier than the last signature; the database tells the time too."""
    patient.here.office.log.refuse_clock_before_last(patient.now)
    if patient.session.get_bind().dialect.name == "postgresql":
        theirs = patient.session.scalar(text("SELECT clock_timestamp()"))
        apart = abs((theirs - patient.here.clock()).total_seconds()) if theirs else 0.0
        if apart > _CLOCKS_APART:
            said = f"{apart:.0f} s from the clock of the database"
            return Health.ATTENTION, said, "let both machines keep time (NTP)"
    return _well(f"{patient.now:%Y-%m-%d %H:%M:%S} UTC, not before the last signature")


def _mail(patient: Patient) -> Answer:
    mailer = patient.here.mailer
    if not isinstance(mailer, SmtpMailer):
        return Health.ATTENTION, "mails are shown on a page", "set BADGESERVICE_SMTP_HOST"
    mailer.greet()
    return _well(f"{patient.here.settings.smtp_host} greets us")


def _jobs(patient: Patient) -> Answer:
    session, now = patient.session, patient.now
    counted = select(func.count()).select_from(Job)
    late = now - _JOB_WAITS_AT_MOST
    waiting = session.scalar(
        counted.where(
            Job.state == JobState.QUEUED, func.coalesce(Job.due_at, Job.created_at) < late
        )
    )
    if waiting:
        return Health.WRONG, f"{waiting} job(s) wait", "start `badgeservice worker`; see its log"
    hanging = session.scalar(counted.where(Job.state == JobState.RUNNING, Job.lease_until < late))
    if hanging:
        return (
            Health.WRONG,
            f"{hanging} job(s) hang",
            "start `badgeservice worker`: it takes them over",
        )
    failed = session.scalar(
        counted.where(Job.state == JobState.FAILED, Job.finished_at > now - _FAILURES_OF)
    )
    if failed:
        return Health.ATTENTION, f"{failed} job(s) failed in a week", "look for `job` in the log"
    return _well("none waits long, hangs or has failed")


def _status_lists(patient: Patient) -> Answer:
    """Whether strangers can believe what we publish of revocations."""
    office = patient.here.office
    methods = {
        office.issuer.method(kid)
        for kid, key in office.keyring.entries.items()
        if key.state is not KeyState.COMPROMISED
    }
    rows = patient.session.scalars(select(StatusList).order_by(StatusList.number)).all()
    for row in rows:
        if status_lists.signed_by(row) not in methods or not status_lists.is_whole(office, row):
            what = f"list {row.number} is damaged, or signed by a key that nobody believes"
            return Health.WRONG, what, "`badgeservice setup` publishes it anew"
        if row.published_at > patient.now:
            what = f"list {row.number} is dated {row.published_at:%Y-%m-%d %H:%M}"
            return Health.WRONG, what, "the clock ran ahead: no badge can be revoked until then"
    return _well(f"{len(rows)} published, by keys that are believed")


def _audit(patient: Patient) -> Answer:
    latest = queue.latest(patient.session, "audit")
    if latest is None or latest.finished_at is None:
        return Health.ATTENTION, "never by the worker", "let `badgeservice worker` run"
    said = f"on {latest.finished_at:%Y-%m-%d %H:%M}"
    if latest.state is not JobState.DONE:
        return Health.WRONG, f"{said}: {latest.problem}", "`badgeservice audit` says what"
    if patient.now - latest.finished_at > _AUDIT_EVERY:
        return Health.ATTENTION, f"last {said}", "let `badgeservice worker` run"
    return _well(f"nothing wrong {said}")


def _backup(patient: Patient) -> Answer:
    path = patient.here.settings.data_dir / LAST_BACKUP
    made_at = _made_at(path)
    if made_at is None:
        return Health.ATTENTION, "none is known of", "`badgeservice backup`, every day"
    said = f"{made_at:%Y-%m-%d %H:%M}"
    if patient.now - made_at > _BACKUP_EVERY:
        return Health.ATTENTION, f"the last one is of {said}", "`badgeservice backup`, every day"
    return _well(said)


def _made_at(path: Path) -> datetime | None:
    try:
        return datetime.fromisoformat(json.loads(path.read_text())["made_at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _issuing(patient: Patient) -> Answer:
    if halted := halting.standing(patient.session):
        what = f"halted since {halted.since:%Y-%m-%d %H:%M} ({halted.reason or 'no reason given'})"
        return Health.ATTENTION, what, "`badgeservice resume`, once it is safe"
    if waiting := len(issue.unfinished(patient.session)):
        what = f"{waiting} badge(s) accepted and not signed"
        return Health.ATTENTION, what, "`badgeservice resume` signs them"
    return _well("goes on")


def _modules(patient: Patient) -> Answer:
    for problem in patient.here.library.problems:
        if not problem.is_warning:
            return Health.WRONG, str(problem), "mend the file, and start again"
    return _well(f"{len(patient.here.library.modules)} sound")


def _chain(patient: Patient) -> Answer:
    """The head, to be kept elsewhere; whether all of it holds is asked by the audit."""
    return _well(f"head {chain.head(patient.session)}")


_MIB = 2**20
_CLOCKS_APART = 2.0
_JOB_WAITS_AT_MOST = timedelta(minutes=15)
_FAILURES_OF = timedelta(days=7)
_AUDIT_EVERY = timedelta(hours=36)
_BACKUP_EVERY = timedelta(hours=26)

QUESTIONS: dict[str, Callable[[Patient], Answer]] = {
    "settings": _settings,
    "secrets": _secrets,
    "folders": _folders,
    "disk": _disk,
    "database": _database,
    "migrations": _migrations,
    "durability": _durability,
    "address": _address,
    "demonstration": _demonstration,
    "keys": _keys,
    "clock": _clock,
    "mail": _mail,
    "modules": _modules,
    "jobs": _jobs,
    "status-lists": _status_lists,
    "issuing": _issuing,
    "audit": _audit,
    "backup": _backup,
    "chain": _chain,
}
