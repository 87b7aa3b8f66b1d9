"""The Data Integrity cryptosuite `eddsa-jcs-2022`: what is signed is the JSON itself.

Key order and spaces do not count; everything else does, `@context` included, and a list of one is
not its member. So what is verified must be what is read, and not another way to write it.

The standard lets contexts be added after those that were signed, and then reads the document under
the signed ones alone. Whoever reads it under all of them reads what nobody signed; here both lists
must be equal.
Source: W3C Recommendation "Data Integrity EdDSA Cryptosuites v1.0", section 3.3; RFC 8785.
"""

from __future__ import annotations

from typing import Any

import rfc8785

from badgeservice.errors import ProofInvalid
from badgeservice.openbadges import Document
from badgeservice.openbadges.keys import KeyKind, PublicKey
from badgeservice.openbadges.proofs import data_integrity
from badgeservice.openbadges.proofs.data_integrity import HashData

CRYPTOSUITE = "eddsa-jcs-2022"


def recognises(proof: Any) -> bool:
    """Say whether `proof` claims to be of this suite."""
    return data_integrity.recognises(proof, CRYPTOSUITE)


def verify(document: Document, key: PublicKey) -> None:
    """Return if the proof of `document` was made by `key` over the document as it is written.

    Raises `ProofInvalid` as `eddsa_rdfc_2022.verify` does, and with the code `bad_number` for a
    number that JSON cannot hold exactly.
    """
    proof = data_integrity.single_proof(document)
    data_integrity.check_options(proof, document, is_suite=recognises(proof))
    data_integrity.check_kind(key, KeyKind.ED25519, suite=CRYPTOSUITE)
    data_integrity.refuse_inline_contexts(document)
    data = hash_data(data_integrity.unsecured(document), data_integrity.options(proof))
    data_integrity.check_signature(proof, data, key)


def hash_data(document: Document, options: Document) -> HashData:
    """Return the canonical JSON of the unsecured `document` and of the proof `options`."""
    return HashData(_canonical(options), _canonical(document))


def _canonical(value: Document) -> str:
    try:
        return rfc8785.dumps(value).decode()
    except rfc8785.CanonicalizationError as error:
        raise ProofInvalid(f"not canonical JSON: {error}"[:300], code="bad_number") from None
