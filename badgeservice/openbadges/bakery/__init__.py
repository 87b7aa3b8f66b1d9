"""How badges travel inside images: one module for each kind of image."""

from __future__ import annotations

from badgeservice.errors import NotBaked
from badgeservice.openbadges.bakery import png, svg
from badgeservice.openbadges.bakery.carrier import Carrier, Version

__all__ = ["CARRIERS", "Carrier", "Version", "badges", "carrier_of"]

CARRIERS: tuple[Carrier, ...] = (png, svg)
"""The kinds of image that we bake into and unbake from."""


def carrier_of(data: bytes) -> Carrier | None:
    """Return the kind of image that `data` is, None for anything else."""
    return next((carrier for carrier in CARRIERS if carrier.recognises(data)), None)


def badges(image: bytes, carrier: Carrier) -> dict[Version, str]:
    """Return the text of each badge that `image` carries, by version; at least one.

    Raises `NotBaked` if it carries none; `AmbiguousImage` or `ImageRefused` as soon as one of them
    is ambiguous or damaged: other software may show just that one.
    """
    found = {}
    text_of = carrier.reader(image)
    for version in Version:
        try:
            found[version] = text_of(version)
        except NotBaked:
            continue
    if not found:
        raise NotBaked("the image is sound and carries no badge")
    return found
