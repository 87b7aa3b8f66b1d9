"""Badges that other software signed (ORIGIN.md), and what verifies each."""

from __future__ import annotations

import json
from pathlib import Path

from badgeservice.openbadges.keys import PublicKey
from badgeservice.openbadges.proofs import (
    ecdsa_rdfc_2019,
    ecdsa_sd_2023,
    ed25519_signature_2020,
    eddsa_jcs_2022,
    eddsa_rdfc_2022,
)

SUITES = {
    "eddsa-rdfc-2022": eddsa_rdfc_2022,
    "eddsa-2022": eddsa_rdfc_2022,
    "eddsa-jcs-2022": eddsa_jcs_2022,
    "ecdsa-rdfc-2019-p256": ecdsa_rdfc_2019,
    "ecdsa-rdfc-2019-p384": ecdsa_rdfc_2019,
    "ecdsa-sd-2023": ecdsa_sd_2023,
    "Ed25519Signature2020": ed25519_signature_2020,
}
"""One badge for each suite, with one proof that stands alone."""


def badge(name: str) -> dict:
    """Return a recorded badge."""
    document: dict = json.loads((Path(__file__).parent / f"{name}.json").read_bytes())
    return document


def key_of(document: dict) -> PublicKey:
    """Return the key of an issuer whose identifier is its key."""
    return PublicKey.from_multikey(document["proof"]["verificationMethod"].partition("#")[2])
