"""Issuers of Open Badges 2.0 for the tests of verification."""

from __future__ import annotations

import pytest

from .academy import Academy


@pytest.fixture
def academy() -> Academy:
    """An issuer that is not ours."""
    return Academy()


@pytest.fixture
def ours() -> Academy:
    """An issuer that is ours: its register answers."""
    return Academy(is_ours=True)
