"""What the service does by itself, night after night."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

import structlog
from flask import current_app
from sqlalchemy.orm import Session
from werkzeug.routing import MapAdapter

from badgeservice.catalogue.text import LANGUAGES
from badgeservice.errors import JobRefused
from badgeservice.extensions import services
from badgeservice.issuing import reissue as reissuing
from badgeservice.issuing.audit import tonight
from badgeservice.jobs import queue
from badgeservice.jobs.work import Work
from badgeservice.operations import audit as auditing
from badgeservice.partners import invitations, submissions
from badgeservice.partners.lists import sending, staging
from badgeservice.partners.models import InvitationState
from badgeservice.people import accounts, retention
from badgeservice.sharing import reminders
from badgeservice.storage import chain
from badgeservice.storage.vault import Vault

log = structlog.get_logger()

_VIOLATIONS_LOGGED = 20


def purge(work: Work) -> None:
    """Forget what nothing keeps any longer, and ask again for mails that nobody is to send."""
    invitations.enqueue_late(work.session, work.now())
    forget(work.session, services().vault, now=work.now())


def forget(session: Session, vault: Vault, *, now: datetime) -> dict[str, int]:
    """Delete what nothing keeps any longer; return how many of what. The caller commits."""
    return {
        "account(s)": retention.purge_unconfirmed(session, vault, now),
        "sign-in request(s)": retention.purge_requests(session, now),
        "note(s) of who was told": invitations.purge(session, now),
        "answer(s) to partners": submissions.purge(session, now),
        "job(s)": queue.purge(session, now),
    }


def purge_lists(work: Work) -> None:
    """Forget uploaded lists that nobody sent, and what stood in those that were."""
    staging.purge(work.session, services().vault, work.now())


def take_list(work: Work) -> None:
    """Take in a list of results that a partner sent."""
    here = services()
    controller = accounts.organisation(work.session, here.office.issuer.slug)
    sending.take(work, here.vault, controller)


def audit(work: Work) -> None:
    """Ask whether all that we keep agrees; when it does not, raise the alarm and fail.

    The log has one line for each violation, up to twenty, and the head of the audit chain, which
    thus is kept elsewhere wherever logs are. `badgeservice audit` says more.
    """
    here, now, found = services(), work.now(), 0
    with work.kept():
        part = tonight(work.session, now)
        violations = auditing.violations(work.session, here, part=part, now=now)
        questions = [each.question for each in violations]
    for question in questions:
        found += 1
        if found <= _VIOLATIONS_LOGGED:
            log.error("audit_violation", code=question)
    head = chain.head(work.session)
    (log.error if found else log.info)("audited", count=found, head=head)
    if found:
        raise JobRefused(f"{found} violation(s)", code="audit_violations")


def invite(work: Work) -> None:
    """Tell the persons of a batch what a partner sent about them."""
    here, done = services(), work.done
    addresses = _addresses()
    for state in invitations.send(
        work.session,
        here.vault,
        here.mailer,
        work.arguments["batch"],
        address={
            language: addresses.build("sign_in.ask", {"language": language}, force_external=True)
            for language in LANGUAGES
        },
        service=here.office.issuer.name,
        now=work.now(),
    ):
        # A mail that was deferred keeps the job, and is no progress: its tries are counted.
        done += state is not InvitationState.WAITING
        work.progress(done)


def reissue(work: Work) -> None:
    """Sign anew every badge in force that the key `key` signed (`badgeservice reissue --later`).

    What cannot be signed anew fails the job, once all the others are done; the command names it.
    """
    office, problems = services().office, 0
    method = office.issuer.method(work.arguments["key"])
    total = work.done + reissuing.count(work.session, method, now=work.now())
    for group in reissuing.reissue(
        work.session, office, method=method, actor=work.arguments["actor"], clock=work.now
    ):
        problems += sum(bool(each.problem) for each in group)
        work.progress(min(work.done + len(group), total), total)
    if problems:
        log.error("not_reissued", count=problems)
        raise JobRefused(f"{problems} badge(s) not signed anew", code="not_reissued")


def remind(work: Work) -> None:
    """Tell the holders of badges whose time ends soon."""
    here, done = services(), work.done
    addresses = _addresses()

    def page_of(public_id: str, language: str) -> str:
        values = {"public_id": public_id, "language": language}
        return addresses.build("my_badges.badge", values, force_external=True)

    for settled in reminders.send(
        work.session,
        here.vault,
        here.mailer,
        page_of=page_of,
        service=here.office.issuer.name["fr"],
        now=work.now(),
    ):
        done += settled is not None
        work.progress(done)


def _addresses() -> MapAdapter:
    """Return what makes the addresses of our pages; a worker has no request that could."""
    base = urlsplit(services().settings.base_url)
    return current_app.url_map.bind(base.netloc, url_scheme=base.scheme)
