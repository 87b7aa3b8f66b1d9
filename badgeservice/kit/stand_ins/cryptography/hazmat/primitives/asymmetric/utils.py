"""The form in which the two numbers of an ECDSA signature go from one function to the other."""

from __future__ import annotations


def encode_dss_signature(r: int, s: int) -> bytes:
    """Return the two numbers as a DER sequence (SEC 1, section C.5)."""
    body = b"".join(_integer(number) for number in (r, s))
    return bytes([0x30, len(body)]) + body


def _integer(number: int) -> bytes:
    """Return a number below 2**384, so that no length needs more than a byte."""
    content = number.to_bytes(number.bit_length() // 8 + 1, "big")
    return bytes([0x02, len(content)]) + content
