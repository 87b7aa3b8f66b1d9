"""How credentials are secured: one module for each securing mechanism."""

from __future__ import annotations

from typing import Any, Protocol

from badgeservice.openbadges import Document
from badgeservice.openbadges.keys import PublicKey
from badgeservice.openbadges.proofs import (
    ecdsa_rdfc_2019,
    ecdsa_sd_2023,
    ed25519_signature_2020,
    eddsa_jcs_2022,
    eddsa_rdfc_2022,
    jws,
    vc_jwt,
)


class Suite(Protocol):
    """A module for proofs that stand inside the document."""

    def recognises(self, proof: Any) -> bool:
        """Say whether `proof` claims to be of this suite."""
        ...

    def verify(self, document: Document, key: PublicKey) -> None:
        """Return if the one proof of `document` was made by `key`; raises `ProofInvalid`."""
        ...


EMBEDDED: tuple[Suite, ...] = (
    eddsa_rdfc_2022,
    eddsa_jcs_2022,
    ecdsa_rdfc_2019,
    ecdsa_sd_2023,
    ed25519_signature_2020,
)
"""The suites whose proofs stand inside the document; `data_integrity` is what they share."""

FORMATS = (*EMBEDDED, vc_jwt, jws)
"""The mechanisms that we verify; `compact` is what the last two share.

We sign with `eddsa_rdfc_2022`, `vc_jwt` and `jws`; the others are for what others have signed.
"""
