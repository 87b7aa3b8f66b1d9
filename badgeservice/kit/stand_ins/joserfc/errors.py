"""What goes wrong with a token."""

from __future__ import annotations


class JoseError(Exception):
    """The signature is not by this key over these bytes."""
