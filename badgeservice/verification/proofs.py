"""Which embedded proofs we understand; the others are not checked, which is never a pass."""

from __future__ import annotations

from badgeservice.openbadges import Document
from badgeservice.openbadges.proofs import EMBEDDED, Suite, eddsa_jcs_2022
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
    return [proof for proof in all_of(document) if _is_understood(proof)]


def unknown(document: Document) -> list[Document]:
    """Return those proofs of a document that nobody here checks; raises like `all_of`."""
    return [proof for proof in all_of(document) if not _is_understood(proof)]


def suite(proof: Document) -> Suite:
    """Return what verifies a proof that is among those `understood`."""
    return next(suite for suite in EMBEDDED if suite.recognises(proof))


def signs_json(proof: Document) -> bool:
    """Tell whether a proof is over the JSON as it is written, and not over the statements in it."""
    return eddsa_jcs_2022.recognises(proof)


def name(proof: Document) -> str:
    """Return how to call the suite of a proof in the details of a report.

    >>> name({"type": "DataIntegrityProof", "cryptosuite": "bbs-2023"})
    'DataIntegrityProof bbs-2023'
    """
    parts = (reading.text(proof, key) for key in ("type", "cryptosuite"))
    return " ".join(part[:80] for part in parts if part)


def _is_understood(proof: Document) -> bool:
    return any(suite.recognises(proof) for suite in EMBEDDED)
