"""What goes wrong with signatures."""

from __future__ import annotations


class InvalidSignature(Exception):
    """The signature is not by this key over this message."""


class UnsupportedAlgorithm(Exception):
    """A key of a kind that is not read here."""
