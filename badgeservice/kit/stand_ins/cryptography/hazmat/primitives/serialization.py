"""How keys are written down: only what points need.

Keys in PEM belong to documents of Open Badges 2.0, and a kit holds none of those.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import NoReturn

from cryptography.exceptions import UnsupportedAlgorithm


class Encoding(Enum):
    """The outer form."""

    X962 = auto()
    DER = auto()


class PublicFormat(Enum):
    """The inner form."""

    UncompressedPoint = auto()
    CompressedPoint = auto()
    SubjectPublicKeyInfo = auto()


def load_der_public_key(data: bytes) -> NoReturn:
    """Raise UnsupportedAlgorithm."""
    raise UnsupportedAlgorithm(f"{len(data)} bytes of DER")
