"""How credentials are secured: one module for each securing mechanism."""

from __future__ import annotations

from badgeservice.openbadges.proofs import eddsa_rdfc_2022, vc_jwt

FORMATS = (eddsa_rdfc_2022, vc_jwt)
"""The mechanisms that we sign with and verify."""
