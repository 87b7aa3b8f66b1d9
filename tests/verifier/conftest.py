"""Pools whose workers are told to do their worst."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from badgeservice.verifier.pool import Limits, Pool, Sources
from tests.verification.school import School


@pytest.fixture(scope="session")
def hostile() -> Iterator[Pool]:
    """One worker that does what a submission names, with little time."""
    limits = Limits(workers=1, cpu_seconds=1, seconds=2.2, questions=20)
    pool = Pool(limits, program=(str(Path(__file__).with_name("hostile.py")),))
    yield pool
    pool.close()


@pytest.fixture
def school() -> School:
    """An issuer with its documents and its register."""
    return School()


@pytest.fixture
def sources(school: School) -> Sources:
    """Who answers for the school, at once."""
    return Sources(school.fetch, school)
