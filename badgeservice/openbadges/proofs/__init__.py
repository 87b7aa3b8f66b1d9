"""How credentials are secured: one module for each securing mechanism."""

from __future__ import annotations

from badgeservice.openbadges.proofs import eddsa_rdfc_2022, jws, vc_jwt

FORMATS = (eddsa_rdfc_2022, vc_jwt, jws)
"""The mechanisms that we sign with and verify; `compact` is what the last two share."""
