"""The one padding that the verifier reads."""

from __future__ import annotations


class PKCS1v15:
    """RSASSA-PKCS1-v1_5 (RFC 8017, section 8.2)."""
