"""The people of the web tests, on an installation where nobody has done anything yet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.conftest import Clock, Letters
from tests.partners.conftest import Program, Reception, opened, program_of
from tests.web.conftest import Learner


def person(app: Flask, letters: Letters, email: str) -> Learner:
    """Return someone who has signed in with this address."""
    # The people of the web tests read letters of their own, which have the same form.
    signed_in = Learner(app.test_client(), letters, email)  # type: ignore[arg-type]
    signed_in.sign_in()
    return signed_in


@pytest.fixture
def learner(app: Flask, letters: Letters) -> Learner:
    """Someone who has signed in."""
    return person(app, letters, "lea@example.org")


@pytest.fixture
def stranger(app: Flask, letters: Letters) -> Learner:
    """Someone else who has signed in."""
    return person(app, letters, "mallory@example.org")


@pytest.fixture
def reception(app: Flask, clock: Clock) -> Iterator[Reception]:
    """Where results of the partner FIM come in."""
    yield from opened(app, clock)


@pytest.fixture
def program(app: Flask, reception: Reception) -> Program:
    """A program of FIM, with a key that may do everything that a key may do."""
    return program_of(app, reception, reception.fim)
