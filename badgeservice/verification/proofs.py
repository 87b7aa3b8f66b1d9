"""Which embedded proofs we understand; the others are not checked, which is never a pass."""

from __future__ import annotations

from badgeservice.openbadges import Document
from badgeservice.openbadges.proofs import eddsa_rdfc_2022
from badgeservice.verification import reading
from badgeservice.verification.codes import Code, Doubt

MAXIMUM_PROOFS = 4


def all_of(document: Document) -> list[Document]:
    """Return the proofs of a document; raises `Doubt` unless they are a few objects."""
    found = reading.values(document, "proof")
    if len(found) > MAXIMUM_PROOFS:
        raise Doubt(Code.TOO_COMPLEX, f"{len(found)} proofs, more than {MAXIMUM_PROOFS}")
    if not all(isinstance(proof, dict) for proof in found):
        raise Doubt(Code.PROOF_MALFORMED, "a proof that is not an object")
    return found


def understood(document: Document) -> list[Document]:
    """Return those proofs of a document whose suite we verify; raises like `all_of`."""
    return [proof for proof in all_of(document) if eddsa_rdfc_2022.recognises(proof)]


def name(proof: Document) -> str:
    """Return how to call the suite of a proof in the details of a report.

    >>> name({"type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022"})
    'DataIntegrityProof eddsa-jcs-2022'
    """
    parts = (reading.text(proof, key) for key in ("type", "cryptosuite"))
    return " ".join(part[:80] for part in parts if part)
