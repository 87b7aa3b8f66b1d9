"""The library that comes with the service, and its first module."""

from __future__ import annotations

import pytest

from badgeservice.learning import content
from badgeservice.learning.content import Library, Module

MODULE = "workplace-security-reflexes"


@pytest.fixture(scope="session")
def library() -> Library:
    """Every module that comes with the service."""
    return content.load()


@pytest.fixture(scope="session")
def module(library: Library) -> Module:
    """The module on security at work."""
    return library.module(MODULE)
