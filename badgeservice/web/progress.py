"""How far a job is, as its owner reads it: on a page of its own, and inside others.

    return progress.page("….html", job, …)     the page, asked for again while the job goes on

and in the template `{{ progress(shown) }}` of `parts/progress.html`. No script is needed: the browser
asks again by itself, as long as the reader lets it (WCAG 2.2, 2.2.2).
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, make_response, render_template, request
from flask_babel import gettext

from badgeservice.extensions import db
from badgeservice.jobs import queue
from badgeservice.jobs.models import Job, JobState
from badgeservice.people import members
from badgeservice.people.models import Role
from badgeservice.web import identity
from badgeservice.web.identity import only_signed_in
from badgeservice.web.languages import bilingual
from badgeservice.web.presentation import long_time

bp = Blueprint("progress", __name__)

ASK_AGAIN_SECONDS = 5
STAY = "pause"
"""In the address of a page that its reader wants to stay as it is."""


@dataclass(frozen=True)
class Shown:
    """A job in words: what is happening, how much is done, whether it can still change.

    `total` is None while nobody knows it. `asks_again` tells whether the browser asks by itself.
    """

    sentence: str
    done: int
    total: int | None
    is_over: bool
    has_failed: bool
    asks_again: bool


def show(job: Job) -> Shown:
    """Return a job as the visitor of this request reads it."""
    is_over = job.state in (JobState.DONE, JobState.FAILED)
    return Shown(
        sentence=_sentence(job),
        done=job.done,
        total=job.total,
        is_over=is_over,
        has_failed=job.state is JobState.FAILED,
        asks_again=not is_over and STAY not in request.args,
    )


def page(template: str, job: Job, **context: object) -> Response:
    """Return a page with `shown`, the job; until it is over, the browser asks for the page again."""
    shown = show(job)
    response = make_response(render_template(template, shown=shown, **context))
    if shown.asks_again:
        response.headers["Refresh"] = str(ASK_AGAIN_SECONDS)
    return response


@bilingual(bp, fr="/mon-espace/travaux/<job_id>", en="/my-space/jobs/<job_id>")
@only_signed_in
def job(job_id: str) -> Response:
    """Show a job to the person who asked for it, or who acts for the organisation that did."""
    person = identity.required()
    partners = members.organisations(db.session, person.id, Role.SUBMIT)
    owners = [person.id, *(partner.id for partner in partners)]
    return page("progress/job.html", queue.find(db.session, job_id, owners=owners))


def _sentence(job: Job) -> str:
    match job.state:
        case JobState.RUNNING:
            sentence = gettext("En cours.")
        case JobState.DONE:
            sentence = gettext("Terminé.")
        case JobState.FAILED:
            sentence = gettext(
                "Arrêté avant la fin. Ce qui est fait est conservé. Écrivez-nous en citant « %(code)s ».",
                code=job.problem,
            )
        case JobState.QUEUED if job.problem and job.due_at:
            sentence = gettext(
                "Interrompu. Ce qui est fait est conservé. Nouvel essai le %(when)s.",
                when=long_time(job.due_at),
            )
        case JobState.QUEUED if job.started_at:
            sentence = gettext("Interrompu. Le travail reprend là où il en était.")
        case JobState.QUEUED:
            sentence = gettext("En attente depuis le %(when)s.", when=long_time(job.created_at))
    return str(sentence)
