"""How badges travel inside images: one module for each kind of image."""

from __future__ import annotations

from badgeservice.openbadges.bakery import png

CARRIERS = (png,)
"""The kinds of image that we bake into and unbake from."""
