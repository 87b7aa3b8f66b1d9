"""What every kind of image can do, and the versions of Open Badges that travel in one."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

MAXIMUM_TEXT_BYTES = 262_144
"""The longest text that is baked or taken out: as long as the longest JSON that is read."""


class Version(StrEnum):
    """The versions of Open Badges that have a place of their own in an image."""

    V2 = "2.0"
    V3 = "3.0"


class Carrier(Protocol):
    """A kind of image: each module that `CARRIERS` lists is one."""

    NAME: str
    """What people call it: PNG, SVG."""

    def recognises(self, data: bytes, /) -> bool:
        """Say whether `data` begins as this kind of image does; whether it is sound, not yet."""

    def bake(self, image: bytes, text: str, /, *, version: Version = Version.V3) -> bytes:
        """Return `image` with `text` as its badge of `version`; what is drawn stays as it is.

        A badge of `version` that was there is replaced, one of the other version stays. Raises
        `ImageRefused`.
        """

    def unbake(self, image: bytes, /, *, version: Version = Version.V3) -> str:
        """Return the text of the one badge of `version` in `image`.

        Raises `NotBaked` if there is none; `AmbiguousImage` if readers could differ on which it
        is; `ImageRefused` for a file that is not one sound image.
        """

    def reader(self, image: bytes, /) -> Callable[[Version], str]:
        """Return what takes a badge out of `image` as `unbake` does; the file is read once.

        Raises `ImageRefused` for a file that is not one sound image.
        """
