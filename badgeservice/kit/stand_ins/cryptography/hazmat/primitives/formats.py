"""How keys are written down: the names of the forms."""

from __future__ import annotations

from enum import Enum, auto


class Encoding(Enum):
    """The outer form."""

    X962 = auto()
    DER = auto()


class PublicFormat(Enum):
    """The inner form."""

    UncompressedPoint = auto()
    CompressedPoint = auto()
    SubjectPublicKeyInfo = auto()
