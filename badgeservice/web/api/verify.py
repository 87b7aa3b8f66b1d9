"""`POST /api/v1/verify` and `/api/v1/verify/batch`: badges in, reports out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from flask import Response, request
from flask_smorest import Blueprint

from badgeservice.extensions import services
from badgeservice.openbadges import strict_json
from badgeservice.verifier.batch import Answer
from badgeservice.web import languages, limits, lists
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
    limits.spend_on_answer(report)
    return report.to_json(languages.current())


_LIST = {
    "required": True,
    "content": {
        submissions.JSON: {"schema": schemas.BatchSchema},
        submissions.CSV: {
            "schema": {
                "type": "string",
                "description": "One badge a line, or a table with a header.",
            }
        },
    },
}
_LIST_ANSWER = {
    200: {
        "description": "A row for each badge, while they are verified: one a line. "
        "With `Accept: text/csv` a table that spreadsheets open.",
        "content": {
            submissions.JSON: {"schema": schemas.BatchReportSchema},
            submissions.CSV: {"schema": {"type": "string"}},
        },
    }
}


@bp.post("/verify/batch")
@bp.doc(operationId="verifyBatch", parameters=QUERY, requestBody=_LIST, responses=_LIST_ANSWER)
@refusals
def verify_batch() -> Response:
    """Verify a list of badges

    At most 500. A row that cannot be read is `unreadable`; one that was not verified says why.
    Nothing of what you send is kept, and the work ends when you stop reading.
    """
    asked = submissions.read_list(request)
    if request.accept_mimetypes.best_match([submissions.JSON, submissions.CSV]) == submissions.CSV:
        return lists.table(asked)
    return lists.streamed(asked, _as_json, submissions.JSON)


def _as_json(answers: Iterable[Answer]) -> Iterator[str]:
    """Yield one document, a result a line; it is JSON only when it has come to its end."""
    schema, language = schemas.BatchRowSchema(), languages.current()
    separator = '{"results":['
    for answer in answers:
        result = {
            "row": answer.row.number,
            "report": answer.report and answer.report.to_json(language),
            "problem": answer.problem or None,
        }
        yield f"{separator}\n{strict_json.dumps(schema.dump(result)).decode()}"
        separator = ","
    yield "\n]}\n"
