"""The levels of the framework, in order and in words.

Evidence keeps the slug of a level; here it gets its name, and its place among the others.
"""

from __future__ import annotations

from functools import cache

from badgeservice.catalogue import framework
from badgeservice.catalogue.framework import Level
from badgeservice.catalogue.text import Text


def name(slug: str) -> Text:
    """Return the name of a level; raise KeyError if the framework has none of this slug.

    >>> name("beginner").fr
    'débutant'
    """
    return {level.slug: level.name for level in _levels()}[slug]


def sufficient_for(slug: str) -> tuple[str, ...]:
    """Return the levels at which evidence supports a claim of this level: itself and those above.

    A level that the framework no longer has is only supported by itself.

    >>> sufficient_for("intermediate")
    ('intermediate', 'advanced')
    """
    slugs = [level.slug for level in _levels()]
    return tuple(slugs[slugs.index(slug) :]) if slug in slugs else (slug,)


@cache
def _levels() -> tuple[Level, ...]:
    """Return the levels as the files that come with the service have them, lowest first."""
    return framework.load().levels
