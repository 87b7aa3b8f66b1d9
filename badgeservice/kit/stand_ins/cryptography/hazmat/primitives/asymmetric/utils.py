"""The form in which the two numbers of an ECDSA signature go from one function to the other."""

from __future__ import annotations

from cryptography.hazmat.primitives import der


def encode_dss_signature(r: int, s: int) -> bytes:
    """Return the two numbers as a DER sequence (SEC 1, section C.5)."""
    return der.sequence(der.integer(r), der.integer(s))
