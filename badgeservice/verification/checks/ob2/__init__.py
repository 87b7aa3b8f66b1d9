"""How the questions are asked of a badge of Open Badges 2.0, one module each.

There, two things prove that an issuer stands by a badge: that it hosts the assertion, or that it
signed it. Both rest on what stands at addresses, so everything counts as it is fetched, and what a
file says of itself or of its issuer does not.
"""

from __future__ import annotations

from badgeservice.verification.checks.ob2 import (
    dates,
    documents,
    hosted,
    register,
    signed,
    status,
    structure,
)

__all__ = ["dates", "documents", "hosted", "register", "signed", "status", "structure"]
