"""The OpenAPI document: public, right, complete, and kept by the addresses that it describes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import schemathesis
from flask import Flask
from jsonschema_rs import ValidationError

from badgeservice.core import Stock
from badgeservice.verification.codes import Check, Code
from badgeservice.web.extensions import limiter
from badgeservice.web.negotiation import FOR_PROGRAMS
from tests.conftest import Clock, Letters, copy_of, running
from tests.partners.conftest import opened, program_of
from tests.web import asking
from tests.web.asking import DOCUMENT
from tests.web.conftest import Furnished

pytestmark = pytest.mark.any_database


@pytest.fixture(scope="module")
def app(
    furnished: Furnished, stock: Stock, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """One application for all of these tests: asking changes nothing."""
    folder = tmp_path_factory.mktemp("openapi")
    yield from running(copy_of(furnished.settings, folder), Clock(), Letters(), stock)


@pytest.fixture(scope="module")
def key(app: Flask) -> str:
    """The key of a training partner."""
    with contextmanager(opened)(app, Clock()) as reception:
        return program_of(app, reception, reception.fim).key


@pytest.fixture
def described(app: Flask, key: str, monkeypatch: pytest.MonkeyPatch) -> schemathesis.BaseSchema:
    """The document as schemathesis reads it; no limit stands in its way."""
    monkeypatch.setattr(limiter, "enabled", False)
    return asking.described(app, key)


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    """The document, as anyone reads it."""
    answer = app.test_client().get(DOCUMENT)
    assert 200 == answer.status_code
    assert "application/json" == answer.mimetype
    assert "*" == answer.headers["Access-Control-Allow-Origin"]
    loaded: dict[str, Any] = answer.json
    return loaded


def test_the_document_is_a_right_one(described):
    """By the JSON Schema of the OpenAPI Initiative, which schemathesis carries."""
    described.validate()

    with pytest.raises(ValidationError):
        schemathesis.openapi.from_dict(described.raw_schema | {"paths": []}).validate()


def test_every_answer_of_verification_is_described(document):
    """The codes are the interface for programs: none is missing, and none is made up."""
    finding = document["components"]["schemas"]["Finding"]["properties"]

    assert [str(code) for code in Code] == finding["code"]["enum"]
    assert [str(check) for check in Check] == finding["check"]["enum"]


def test_every_address_for_programs_is_described(app, document):
    """And every refusal that a program should be ready for."""
    served = {
        re.sub(r"<(\w+)>", r"{\1}", rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(FOR_PROGRAMS)
    }

    assert served == set(document["paths"]) | {DOCUMENT}
    for path in document["paths"].values():
        for operation in (path[method] for method in path.keys() & {"get", "post"}):
            assert {"400", "413", "415", "422", "429", "503"} < operation["responses"].keys()


def test_the_addresses_keep_what_the_document_says(described):
    """What it allows is answered as described, what it forbids is refused, and nothing is a 5xx.

    `scripts/drill api` asks longer.
    """
    answers = asking.ask_everything(described, examples=25)

    assert set(described.raw_schema["paths"]) == {path for path, _ in answers}
    assert {200, 422} <= {status for _, status in answers}
