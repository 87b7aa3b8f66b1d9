"""`POST /api/v1/verify`: a badge in, the report out."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_smorest import Blueprint

from badgeservice.extensions import services
from badgeservice.web import languages, limits
from badgeservice.web.api import schemas, submissions
from badgeservice.web.limits import Budget

bp = Blueprint(
    "verification", __name__, url_prefix="/api/v1", description="Is this badge what it says it is?"
)

_BODY = {
    "required": True,
    "content": {
        submissions.JSON: {
            "schema": {
                "anyOf": [
                    schemas.VERIFY,
                    {
                        "type": "object",
                        "required": ["@context"],
                        "description": "The badge itself.",
                    },
                ]
            }
        },
        submissions.FORM: {"schema": schemas.UploadSchema},
        **{
            media_type: {"schema": {"type": "string", "format": "binary"}}
            for media_type in submissions.RAW
        },
    },
}
QUERY = [{"in": "query", "schema": schemas.QuerySchema}]
REFUSALS = {
    400: "The body is not JSON, or could be read in two ways.",
    413: "More bytes than any badge needs.",
    415: "Not a media type that is listed here.",
    422: "JSON, a form or a query that is not a request; `detail` names the field.",
    429: "Too many requests; `Retry-After` says how many seconds to wait.",
    503: "Too much to do at this moment; `Retry-After` says how many seconds to wait.",
}


def refusals(view: Any) -> Any:
    """Describe the answers that refuse a request."""
    for status, meaning in REFUSALS.items():
        view = bp.alt_response(
            status,
            schema=schemas.ProblemSchema,
            content_type="application/problem+json",
            description=meaning,
        )(view)
    return view


@bp.post("/verify")
@bp.doc(operationId="verify", parameters=QUERY, requestBody=_BODY)
@refusals
@bp.response(200, schemas.ReportSchema, description="The report, whatever the verdict.")
def verify() -> dict[str, Any]:
    """Verify a badge

    A forged badge is a good answer to a good question: 200, and the verdict says so. What is not a
    badge is `unreadable`. Nothing of what you send is kept.
    """
    asked = submissions.read(request)
    limits.spend(limits.of_submission(asked.data))
    if asked.recipient is not None:
        limits.spend(Budget.RECIPIENT)
    report = services().desk.verify(asked.data, now=services().clock(), recipient=asked.recipient)
    return report.to_json(languages.current())
