"""`GET /api/v1/jobs/<id>`: how far a job of a training partner is."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from badgeservice.extensions import db
from badgeservice.jobs import queue
from badgeservice.jobs.models import JobState
from badgeservice.people.api_keys import Action
from badgeservice.web import limits
from badgeservice.web.api import evidence, keys, schemas, verify
from badgeservice.web.api import submissions as requests
from badgeservice.web.limits import Budget

bp = Blueprint("jobs", __name__, url_prefix="/api/v1", description="Work that takes its time")

_MOMENT = {"format": "date-time"}


class JobSchema(Schema):
    """A job, as it stands."""

    job = fields.String(required=True)
    kind = fields.String(required=True, metadata={"description": "A stable word for programs."})
    state = fields.String(
        required=True,
        validate=validate.OneOf([str(each) for each in JobState]),
        metadata={"description": "`queued` also when it was interrupted and goes on later."},
    )
    done = fields.Integer(required=True)
    total = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "How many there are in all; null while nobody knows."},
    )
    problem = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Why it failed, or was last interrupted; a stable word."},
    )
    created_at = fields.DateTime(required=True, format="iso", metadata=_MOMENT)
    started_at = fields.DateTime(required=True, allow_none=True, format="iso", metadata=_MOMENT)
    finished_at = fields.DateTime(required=True, allow_none=True, format="iso", metadata=_MOMENT)


@bp.get("/jobs/<job_id>")
@bp.doc(operationId="readJob", parameters=verify.QUERY, security=evidence.SECURITY)
@evidence.refusals
@bp.response(200, JobSchema, description="How far it is.")
def read_job(job_id: str) -> dict[str, Any]:
    """Read how far a job is

    For ninety days after its end; only your own.
    """
    key = keys.require(request, Action.READ)
    limits.spend(Budget.EVIDENCE, by=key.id)
    requests.speak(schemas.read(schemas.QuerySchema(), requests.once(request.args)))
    job = queue.find(db.session, job_id, owners=[key.organisation_id])
    return {
        "job": job.id,
        "kind": job.kind,
        "state": str(job.state),
        "done": job.done,
        "total": job.total,
        "problem": job.problem,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
    }
