"""The catalogue as it ships, and an issuer to draw on its badges."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from badgeservice.catalogue import framework as frameworks
from badgeservice.catalogue import templates
from badgeservice.catalogue.framework import Framework
from badgeservice.catalogue.templates import Template
from tests.conftest import ROOT

SHIPPED = ROOT / "badge_templates"
SLUG = "crcn-4-1-beginner"


@dataclass(frozen=True)
class NamedIssuer:
    """What the artwork asks of an issuer."""

    name: Mapping[str, str]
    demo: bool


@pytest.fixture
def issuer() -> NamedIssuer:
    """An issuer that is no demonstration."""
    return NamedIssuer(name={"fr": "Cotentin Digital", "en": "Cotentin Digital"}, demo=False)


@pytest.fixture(scope="session")
def framework() -> Framework:
    """The framework that comes with the service."""
    return frameworks.load()


@pytest.fixture
def template(framework: Framework) -> Template:
    """The first badge class."""
    return templates.load(SHIPPED / SLUG, framework)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the badge templates, to be spoiled."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "badge_templates"))
