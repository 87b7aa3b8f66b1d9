"""The Data Integrity cryptosuite `ecdsa-rdfc-2019`: as `eddsa-rdfc-2022`, by P-256 or P-384.

The curve decides which hash function is used throughout, while blank nodes are labelled too.
ECDSA allows a second signature for each: whoever has one can write the other. Both say the same,
so nothing here or elsewhere takes a signature for the name of a document.
Source: W3C Recommendation "Data Integrity ECDSA Cryptosuites v1.0", section 3.2.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from badgeservice.openbadges import Document, jsonld
from badgeservice.openbadges.keys import KeyKind, PublicKey
from badgeservice.openbadges.proofs import data_integrity

CRYPTOSUITE = "ecdsa-rdfc-2019"

_DIGESTS = {KeyKind.P256: "sha256", KeyKind.P384: "sha384"}


def recognises(proof: Any) -> bool:
    """Say whether `proof` claims to be of this suite."""
    return data_integrity.recognises(proof, CRYPTOSUITE)


def verify(
    document: Document, key: PublicKey, *, canonicalize: Callable[..., str] = jsonld.canonicalize
) -> None:
    """Return if the proof of `document` was made by `key`; like `eddsa_rdfc_2022.verify`."""
    proof = data_integrity.single_proof(document)
    data_integrity.check_options(proof, document, is_suite=recognises(proof))
    data_integrity.check_kind(key, *_DIGESTS, suite=CRYPTOSUITE)
    digest = _DIGESTS[key.kind]
    data = data_integrity.hash_data(
        data_integrity.unsecured(document),
        data_integrity.options(proof),
        canonicalize=functools.partial(canonicalize, digest=digest),
        digest=digest,
    )
    data_integrity.check_signature(proof, data, key)
