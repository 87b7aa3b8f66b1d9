"""The two hash functions under the signatures that the verifier checks."""

from __future__ import annotations


class HashAlgorithm:
    """A hash function; `name` is what `hashlib` calls it."""

    name = ""


class SHA256(HashAlgorithm):
    """SHA-256 (FIPS 180-4)."""

    name = "sha256"


class SHA384(HashAlgorithm):
    """SHA-384 (FIPS 180-4)."""

    name = "sha384"
