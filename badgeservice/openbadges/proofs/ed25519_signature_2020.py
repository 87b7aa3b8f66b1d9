"""The proof type `Ed25519Signature2020`: what came before cryptosuites had names.

The steps are those of `eddsa-rdfc-2022`; the type alone says so. The word is defined by a context
of its own, which the document must name.
Source: W3C Recommendation "Data Integrity EdDSA Cryptosuites v1.0", appendix "Ed25519Signature2020".
"""

from __future__ import annotations

from typing import Any

from badgeservice.openbadges import Document, jsonld
from badgeservice.openbadges.keys import KeyKind, PublicKey
from badgeservice.openbadges.proofs import data_integrity
from badgeservice.openbadges.proofs.data_integrity import Canonicalize

TYPE = "Ed25519Signature2020"


def recognises(proof: Any) -> bool:
    """Say whether `proof` claims to be of this type; a cryptosuite beside it is then not understood."""
    return isinstance(proof, dict) and proof.get("type") == TYPE


def verify(
    document: Document, key: PublicKey, *, canonicalize: Canonicalize = jsonld.canonicalize
) -> None:
    """Return if the proof of `document` was made by `key`; like `eddsa_rdfc_2022.verify`."""
    proof = data_integrity.single_proof(document)
    data_integrity.check_options(proof, document, is_suite=recognises(proof), named=False)
    data_integrity.check_kind(key, KeyKind.ED25519, suite=TYPE)
    data = data_integrity.hash_data(
        data_integrity.unsecured(document),
        data_integrity.options(proof),
        canonicalize=canonicalize,
    )
    data_integrity.check_signature(proof, data, key)
