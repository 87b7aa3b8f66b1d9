"""A partner that sends results, to an installation with a badge class that asks for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from badgeservice.evidence.sources.results import Corrections
from badgeservice.extensions import Services, db, services
from badgeservice.partners import intake, submissions
from badgeservice.partners.intake import Row, Sender
from badgeservice.partners.submissions import Answer
from badgeservice.people import accounts, api_keys
from badgeservice.people.api_keys import Action
from badgeservice.people.models import Organisation
from tests.conftest import Clock
from tests.partners.agreed import partner, publish, result


@dataclass
class Reception:
    """Where results come in: an open installation, and the partner FIM."""

    session: Session
    here: Services
    clock: Clock
    fim: Organisation

    @property
    def sender(self) -> Sender:
        """FIM, by one of its keys."""
        controller = accounts.organisation(self.session, self.here.office.issuer.slug)
        return Sender(self.fim, "key_1", controller)

    def take(
        self,
        *rows: dict[str, Any],
        batch: str = "b1",
        corrections: Corrections = Corrections.REFUSE,
    ) -> list[Row]:
        """Take the usual rows in, each with its changes."""
        sent = [result(**row) for row in rows or ({},)]
        taken = intake.take(
            self.session, self.here.vault, self.sender, sent,
            batch=batch, corrections=corrections, now=self.clock(),
        )  # fmt: skip
        self.session.commit()
        return taken

    def submit(self, *rows: dict[str, Any], key: str = "k1", body: bytes = b"{}") -> Answer:
        """Submit the usual rows, each with its changes."""
        answer = submissions.submit(
            self.session, self.here.vault, self.sender, [result(**row) for row in rows or ({},)],
            key=key, body=body, corrections=Corrections.REFUSE, now=self.clock(),
        )  # fmt: skip
        self.session.commit()
        return answer


@pytest.fixture
def reception(app: Flask, clock: Clock) -> Iterator[Reception]:
    """The reception of a fresh installation."""
    yield from opened(app, clock)


def opened(app: Flask, clock: Clock) -> Iterator[Reception]:
    """Yield the reception of an installation."""
    with app.app_context():
        publish(db.session, clock())
        fim = partner(db.session, clock())
        db.session.commit()
        yield Reception(db.session, services(), clock, fim)


@dataclass
class Program:
    """A program of a partner: it asks with a key."""

    client: FlaskClient
    key_id: str
    key: str

    def post(
        self, document: Any, *, idempotency_key: str = "list-1", **options: Any
    ) -> TestResponse:
        """Send a document to be taken in."""
        headers = {
            "Authorization": f"Bearer {self.key}",
            "Idempotency-Key": idempotency_key,
            **options.pop("headers", {}),
        }
        return self.client.post("/api/v1/evidence", json=document, headers=headers, **options)

    def get(self, path: str) -> TestResponse:
        """Ask for something."""
        return self.client.get(path, headers={"Authorization": f"Bearer {self.key}"})


def program_of(
    app: Flask, reception: Reception, organisation: Organisation, **made: Any
) -> Program:
    """Return a program with a new key of a partner."""
    key, text = api_keys.make(
        reception.session, organisation, **({"actions": Action} | made), now=reception.clock()
    )
    reception.session.commit()
    return Program(app.test_client(), key.id, text)


@pytest.fixture
def program(app: Flask, reception: Reception) -> Program:
    """A program of FIM that may do everything that a key may do."""
    return program_of(app, reception, reception.fim)


def row(**changes: Any) -> dict[str, Any]:
    """Return a result as a program sends it, with changes."""
    sent = {
        "reference": "2026-11/1",
        "person": {"email": "anais@example.org", "name": "Anaïs Lemoigne"},
        "activity": "cyber-1",
        "outcome": "achieved",
        "date": "2026-11-20",
    }
    return {**sent, **changes}
