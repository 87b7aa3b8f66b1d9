"""Ask the addresses for programs all that their document allows, and what it forbids."""

from __future__ import annotations

from collections import Counter

import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

DOCUMENT = "/api/v1/openapi.json"

# Which numbers are exact, which text is a table and what was asked before, no JSON Schema can say.
BEYOND_SCHEMAS = {
    "bad_number", "empty_list", "bad_csv", "too_many_rows", "idempotency_key_reused",
}  # fmt: skip


def described(app: Flask, key: str) -> schemathesis.BaseSchema:
    """Return the document of an application, as schemathesis reads it.

    `key` is that of a training partner, for the addresses that want one.
    """
    schema = schemathesis.openapi.from_wsgi(DOCUMENT, app)

    @schema.auth().apply_to(path_regex="/evidence")
    class WithKey:
        """Shows the key; schemathesis asks without one, too, and with another."""

        def get(self, _case: schemathesis.Case, _context: schemathesis.AuthContext) -> str:
            """Return the key."""
            return key

        def set(
            self, case: schemathesis.Case, data: str, _context: schemathesis.AuthContext
        ) -> None:
            """Put it into the header."""
            case.headers["Authorization"] = f"Bearer {data}"

    return schema


def ask_everything(schema: schemathesis.BaseSchema, *, examples: int) -> Counter[tuple[str, int]]:
    """Ask each address, rightly and wrongly, so many times; count the answers by address and status.

    Raises schemathesis' FailureGroup for an answer that the document does not allow, for what is
    refused although it is allowed or taken although it is forbidden, and for any 5xx.
    """
    answers: Counter[tuple[str, int]] = Counter()
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in GenerationMode:
            _ask_each(operation.as_strategy(generation_mode=mode), examples, answers)
    return answers


def _ask_each(
    cases: SearchStrategy[schemathesis.Case], examples: int, answers: Counter[tuple[str, int]]
) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def ask(case: schemathesis.Case) -> None:
        answer = case.call()
        answers[case.operation.path, answer.status_code] += 1
        excluded = []
        if answer.status_code in (400, 422) and answer.json()["code"] in BEYOND_SCHEMAS:
            excluded.append(positive_data_acceptance)
        # An empty list, or a truth, is nothing or a word in a form; whatever is text is a table.
        if case.media_type in ("multipart/form-data", "text/csv"):
            excluded.append(negative_data_rejection)
        case.validate_response(answer, excluded_checks=excluded)

    ask()
