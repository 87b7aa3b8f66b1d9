"""The Data Integrity cryptosuite `eddsa-rdfc-2022`: a proof inside the credential.

It is the suite that we sign with. `eddsa-2022` is the name that it had before; what is signed
contains the name, so neither passes for the other.
Source: W3C Recommendation "Data Integrity EdDSA Cryptosuites v1.0", section 3.2.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import datetime
from typing import Any

from badgeservice.errors import ProofInvalid
from badgeservice.openbadges import Document, jsonld, multibase, timestamps
from badgeservice.openbadges.keys import KeyKind, PublicKey
from badgeservice.openbadges.proofs import data_integrity
from badgeservice.openbadges.proofs.data_integrity import (
    PURPOSE,
    TYPE,
    Canonicalize,
    HashData,
    hash_data,
)

__all__ = ["PURPOSE", "TYPE", "HashData", "hash_data", "recognises", "sign", "verify", "verify_own"]

CRYPTOSUITE = "eddsa-rdfc-2022"
LEGACY_CRYPTOSUITE = "eddsa-2022"


def recognises(proof: Any) -> bool:
    """Say whether `proof` claims to be of this suite, by either of its names."""
    return data_integrity.recognises(proof, CRYPTOSUITE, LEGACY_CRYPTOSUITE)


def sign(
    document: Document,
    *,
    sign: Callable[[bytes], bytes],
    verification_method: str,
    created: datetime,
    canonicalize: Canonicalize = jsonld.canonicalize,
) -> Document:
    """Return a new document: `document` with `proof`, an array of one proof.

    `sign` returns the 64-byte Ed25519 signature of a message; `verification_method` is the address
    of its public key. Raises `ProofInvalid` if the document has a proof already, and what
    `canonicalize` raises, so that nothing is signed that is not wholly covered.
    """
    if "proof" in document:
        raise ProofInvalid("the document already carries a proof", code="already_signed")
    proof = {
        "type": TYPE,
        "cryptosuite": CRYPTOSUITE,
        "created": timestamps.write(created),
        "verificationMethod": verification_method,
        "proofPurpose": PURPOSE,
    }
    data_integrity.refuse_inline_contexts(document)
    configuration = _configuration_of(document, proof, canonicalize)
    signature = sign(HashData(configuration, canonicalize(document)).signed_bytes)
    if len(signature) != 64:
        raise ProofInvalid(f"the signer gave {len(signature)} bytes, expected 64")
    proof["proofValue"] = multibase.encode(signature, multibase.BASE58BTC)
    return document | {"proof": [proof]}


def _configuration_of(document: Document, options: Document, canonicalize: Canonicalize) -> str:
    contexts = document.get("@context", [])
    return _configuration(
        canonicalize, contexts if isinstance(contexts, str) else tuple(contexts), **options
    )


@functools.lru_cache(maxsize=16)
def _configuration(
    canonicalize: Canonicalize, contexts: str | tuple[str, ...], **options: str
) -> str:
    """Return the canonical options of a proof: all that are made within a second have the same."""
    return canonicalize(
        {**options, "@context": contexts if isinstance(contexts, str) else list(contexts)}
    )


def verify(
    document: Document, key: PublicKey, *, canonicalize: Canonicalize = jsonld.canonicalize
) -> None:
    """Return if the proof of `document` was made by `key` over all of the document.

    `document` carries one proof, alone or in an array of one. A proof set is verified proof by
    proof, each with `document | {"proof": proof}`. Whether the key may speak for the issuer, and
    whether now is between `created` and `expires`, is for the caller to ask.

    Raises `ProofInvalid` with one of the codes `proof_missing`, `proof_set`, `proof_shape`,
    `context_not_allowed`, `key_type` and `bad_signature`; and what `canonicalize` raises:
    `DataLoss`, `TooComplex`, `UnknownContext`, `BadLinkedData`.
    """
    proof = data_integrity.single_proof(document)
    _check_options(proof, document, key)
    data = hash_data(
        data_integrity.unsecured(document),
        data_integrity.options(proof),
        canonicalize=canonicalize,
    )
    data_integrity.check_signature(proof, data, key)


def verify_own(
    document: Document, proof: Document, key: PublicKey, canonical: str, canonicalize: Canonicalize
) -> None:
    """Like `verify`, for a `proof` that `sign` has made just now of an unsecured `document`.

    `canonical` is the canonical form of `document`. That no context is written inside, `sign` saw.
    """
    _check_options(proof, document, key)
    configuration = _configuration_of(document, data_integrity.options(proof), canonicalize)
    data_integrity.check_signature(proof, HashData(configuration, canonical), key)


def _check_options(proof: Document, document: Document, key: PublicKey) -> None:
    data_integrity.check_options(proof, document, is_suite=recognises(proof))
    data_integrity.check_kind(key, KeyKind.ED25519, suite=CRYPTOSUITE)
