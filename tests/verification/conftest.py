"""Issuers for the tests of verification."""

from __future__ import annotations

import pytest
from hypothesis import settings

from .school import School

# A busy machine is slow, which is no failure; limits of work have tests of their own.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture
def school() -> School:
    """An issuer, its world and its register; what is asked of the world is written down."""
    return School()
