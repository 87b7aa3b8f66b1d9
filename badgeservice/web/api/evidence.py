"""`POST /api/v1/evidence`: results of a training partner in, and what became of each."""

from __future__ import annotations

import re
from typing import Any

from flask import Request, abort, request
from flask_smorest import Blueprint
from marshmallow import Schema, ValidationError, fields, validate

from badgeservice.catalogue.strength import Strength
from badgeservice.catalogue.text import LANGUAGES
from badgeservice.errors import ConflictingChange, RequestUnreadable
from badgeservice.evidence.sources.results import (
    LONGEST_REFERENCE,
    Corrections,
    Ending,
    Fate,
    Problem,
    Result,
)
from badgeservice.extensions import db, services
from badgeservice.partners import intake, invitations, submissions
from badgeservice.partners.submissions import MAXIMUM_ROWS, Answer
from badgeservice.people import accounts
from badgeservice.people.api_keys import Action
from badgeservice.people.models import ApiKey, Organisation
from badgeservice.web import languages, limits
from badgeservice.web.api import keys, schemas, verify
from badgeservice.web.api import submissions as requests
from badgeservice.web.limits import Budget

bp = Blueprint(
    "evidence", __name__, url_prefix="/api/v1", description="Results that training partners send"
)

MAXIMUM_BYTES = 262_144
"""Of a request: more than two kilobytes for each of the rows."""

_TRIES = 3
_IDEMPOTENCY_KEY = r"[!-~]{1,100}"
_SCORE = r"^(?:100(?:\.0{1,3})?|[0-9]{1,2}(?:\.[0-9]{1,3})?)$"

# How a field of a result is called in a request.
_FIELDS = {"email": "person.email", "name": "person.name", "language": "person.language"}


# --- what is asked --------------------------------------------------------------------------------


class _Score(fields.Field[str]):
    """A percentage: a whole number, or a text with up to three decimals."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        number = _whole(value)
        if number is not None and 0 <= number <= 100:
            return str(number)
        if isinstance(value, str) and re.match(_SCORE, value, re.ASCII):
            return value
        raise ValidationError("A percentage: a whole number, or a text such as “82.5”.")


class _Strength(fields.Field[str]):
    """A whole number from 1 to 4."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        number = _whole(value)
        if number is None or not Strength.ONLINE_QUIZ <= number <= max(Strength):
            raise ValidationError("A whole number from 1 to 4.")
        return str(number)


def _whole(value: Any) -> int | None:
    """Return a whole number as JSON knows it: 3 and 3.0 are the same; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        return None
    return int(value)


class PersonSchema(Schema):
    """Whom a result is about."""

    email = fields.String(required=True, validate=validate.Length(1, 320))
    name = fields.String(
        load_default="",
        validate=validate.Length(max=200),
        metadata={"description": "Kept for somebody whom nobody knew before, who may change it."},
    )
    language = fields.String(
        load_default="fr",
        validate=validate.OneOf(LANGUAGES),
        metadata={"description": "Of the mail to somebody whom nobody knew before."},
    )


class ResultSchema(Schema):
    """What came of an activity for one person."""

    reference = fields.String(
        required=True,
        validate=[
            validate.Length(1, LONGEST_REFERENCE),
            validate.Regexp(r"^[!-~]+\Z", error="Visible ASCII characters."),
        ],
        metadata={
            "description": "Your name for this result, the same for ever; it must name nobody.",
            "pattern": "^[!-~]+$",
        },
    )
    person = fields.Nested(PersonSchema, required=True)
    activity = fields.String(
        required=True,
        validate=validate.Length(1, 100),
        metadata={"description": "An activity of your agreement."},
    )
    outcome = fields.String(
        required=True,
        validate=validate.OneOf([str(each) for each in Ending]),
        metadata={"description": "What was not achieved is noted, and never recorded."},
    )
    date = fields.String(
        required=True,
        validate=validate.Length(1, 40),
        metadata={"description": "The day on which it ended: `2026-11-27`."},
    )
    score = _Score(
        metadata={
            "description": "In per cent, if your agreement has a threshold for this activity; then nothing is achieved without it.",
            "oneOf": [
                {"type": "integer", "minimum": 0, "maximum": 100},
                {"type": "string", "pattern": _SCORE},
            ],
        }
    )
    strength = _Strength(
        metadata={
            "description": "If it rests on less than your agreement says.",
            "type": "integer",
            "minimum": int(Strength.ONLINE_QUIZ),
            "maximum": int(max(Strength)),
        }
    )


class SubmissionSchema(Schema):
    """Up to 100 results. Who sends them, the key says; nothing else can be set."""

    results = fields.List(
        fields.Nested(ResultSchema), required=True, validate=validate.Length(1, MAXIMUM_ROWS)
    )
    corrections = fields.String(
        load_default=str(Corrections.REFUSE),
        validate=validate.OneOf([str(each) for each in Corrections]),
        metadata={
            "description": "What to do with a result that says something else than it did before."
        },
    )


# --- what is answered -----------------------------------------------------------------------------


class RowProblemSchema(Schema):
    """Why a row is refused."""

    field = fields.String(required=True)
    code = fields.String(required=True, metadata={"description": "A stable word for programs."})
    value = fields.Raw(
        required=True,
        allow_none=True,
        metadata={
            "description": "What stood there; null when the answer is asked for later: it is not kept.",
            "type": ["string", "integer", "null"],
        },
    )
    expected = fields.String(required=True, metadata={"description": "What could stand there."})


class RowSchema(Schema):
    """What became of one result."""

    row = fields.Integer(required=True, metadata={"description": "Its place in `results`, from 1."})
    reference = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Yours; null when the answer is asked for later: it is not kept."},
    )
    state = fields.String(
        required=True,
        validate=validate.OneOf([str(each) for each in Fate]),
        metadata={"description": "`known`: it was recorded before, and says the same."},
    )
    evidence = fields.String(required=True, allow_none=True)
    problems = fields.List(fields.Nested(RowProblemSchema), required=True)


class AnswerSchema(Schema):
    """What became of a submission."""

    submission = fields.String(required=True)
    received_at = fields.String(required=True, metadata={"format": "date-time"})
    counts = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={"description": "How many rows are in each state."},
    )
    results = fields.List(fields.Nested(RowSchema), required=True)


# --- views ----------------------------------------------------------------------------------------

_HEADER = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": True,
    "description": "Yours, new for each list. The same one with the same body gets the same answer.",
    "schema": {"type": "string", "pattern": f"^{_IDEMPOTENCY_KEY}$"},
}
SECURITY: list[dict[str, list[str]]] = [{keys.SCHEME: []}]
_REFUSALS = {
    401: "No active key in the header `Authorization: Bearer obk_live_…`.",
    403: "The key is not for this.",
    404: "Nothing of yours is called that.",
    409: "Somebody in the list is being changed by someone else: send it again.",
}


def refusals(view: Any) -> Any:
    """Describe the answers that refuse a request."""
    for status, meaning in _REFUSALS.items():
        view = bp.alt_response(
            status,
            schema=schemas.ProblemSchema,
            content_type="application/problem+json",
            description=meaning,
        )(view)
    return verify.refusals(view)


@bp.post("/evidence")
@bp.doc(
    operationId="sendEvidence",
    parameters=[*verify.QUERY, _HEADER],
    security=SECURITY,
    requestBody={"required": True, "content": {requests.JSON: {"schema": SubmissionSchema}}},
)
@refusals
@bp.response(200, AnswerSchema, description="What became of each row, refused ones too.")
def send_evidence() -> dict[str, Any]:
    """Send results

    Rows that fit your agreement become evidence, and may lead to offers that the persons accept or
    not; the others are refused one by one, and say why. Nothing is half done: after an error, send
    the same again.
    """
    key = keys.require(request, Action.SEND)
    limits.spend(Budget.EVIDENCE, by=key.id)
    requests.speak(schemas.read(schemas.QuerySchema(), requests.once(request.args)))
    idempotency_key = _idempotency_key(request)
    if request.mimetype != requests.JSON:
        abort(415)
    body = request.get_data(cache=False)
    asked = schemas.read(SubmissionSchema(), requests.document(body, max_bytes=MAXIMUM_BYTES))
    sent = [_result(row) for row in asked["results"]]
    answer = _submit(key.id, idempotency_key, body, sent, Corrections(asked["corrections"]))
    return _as_json(answer, sent)


@bp.get("/evidence/<submission_id>")
@bp.doc(operationId="readSubmission", parameters=verify.QUERY, security=SECURITY)
@refusals
@bp.response(200, AnswerSchema, description="As it was answered, without what stood in the body.")
def read_submission(submission_id: str) -> dict[str, Any]:
    """Read what became of a submission

    For thirty days; only your own.
    """
    key = keys.require(request, Action.READ)
    limits.spend(Budget.EVIDENCE, by=key.id)
    requests.speak(schemas.read(schemas.QuerySchema(), requests.once(request.args)))
    partner = db.session.get_one(Organisation, key.organisation_id)
    return _as_json(submissions.get(db.session, partner, submission_id), None)


def _submit(
    key_id: str, idempotency_key: str, body: bytes, sent: list[Result], corrections: Corrections
) -> Answer:
    """Take results in and commit; try again when somebody in them is being changed meanwhile."""
    session, here = db.session, services()
    for left in reversed(range(_TRIES)):
        now, key = here.clock(), session.get_one(ApiKey, key_id)
        sender = intake.Sender(
            partner=session.get_one(Organisation, key.organisation_id),
            agent=key.id,
            controller=accounts.organisation(session, here.office.issuer.slug),
            only=key.activities,
        )
        try:
            answer = submissions.submit(
                session,
                here.vault,
                sender,
                sent,
                key=idempotency_key,
                body=body,
                corrections=corrections,
                now=now,
            )
            invitations.enqueue(session, sender.partner, answer.submission_id, now=now)
            session.commit()
            break
        except ConflictingChange:
            session.rollback()
            if not left:
                raise
    return answer


def _idempotency_key(asking: Request) -> str:
    text = asking.headers.get("Idempotency-Key", "")
    if not re.fullmatch(_IDEMPOTENCY_KEY, text, re.ASCII):
        raise RequestUnreadable(
            "The header Idempotency-Key: 1 to 100 visible characters, new for each list.",
            code="idempotency_key_missing",
        )
    return text


def _result(row: dict[str, Any]) -> Result:
    return Result(
        reference=row["reference"],
        email=row["person"]["email"],
        name=row["person"]["name"],
        language=row["person"]["language"],
        activity=row["activity"],
        outcome=row["outcome"],
        date=row["date"],
        score=row.get("score", ""),
        strength=row.get("strength", ""),
    )


def _as_json(answer: Answer, sent: list[Result] | None) -> dict[str, Any]:
    """Return an answer, with what stood in the rows where the request brought it along."""
    return {
        "submission": answer.submission_id,
        "received_at": answer.received_at.isoformat(),
        "counts": submissions.counts(answer.rows),
        "results": [
            {
                "row": row.number,
                "reference": sent[row.number - 1].reference if sent else None,
                "state": str(row.fate),
                "evidence": row.evidence_id,
                "problems": [
                    _problem(each, sent[row.number - 1] if sent else None) for each in row.problems
                ],
            }
            for row in answer.rows
        ],
    }


def _problem(problem: Problem, sent: Result | None) -> dict[str, Any]:
    return {
        "field": _FIELDS.get(problem.field, problem.field),
        "code": problem.code,
        "value": None if sent is None else getattr(sent, problem.field),
        "expected": problem.expected[languages.current()],
    }
