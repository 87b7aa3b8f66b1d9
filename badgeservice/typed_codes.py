"""Codes that people copy by eye and type: drawn without look-alikes, read as they were meant."""

from __future__ import annotations

import secrets

# Crockford's Base32 (https://www.crockford.com/base32.html): no I, L, O or U; five bits each.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None, "\u00a0": None})


def draw(length: int) -> str:
    """Return a random code of so many characters."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def as_meant(typed: str) -> str:
    """Return a typed code in the letters of the alphabet, "?" for what has no place in ASCII.

    >>> as_meant(" abcde-1234o ")
    'ABCDE12340'
    """
    return typed.strip().upper().translate(_READ_AS).encode("ascii", "replace").decode("ascii")


def spaced(code: str) -> str:
    """Return a code as a person reads it, in two halves: "ABCDE-12345"."""
    half = len(code) // 2
    return f"{code[:half]}-{code[half:]}"
