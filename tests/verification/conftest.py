"""Issuers for the tests of verification."""

from __future__ import annotations

import pytest

from .school import School


@pytest.fixture
def school() -> School:
    """An issuer, its world and its register; what is asked of the world is written down."""
    return School()
