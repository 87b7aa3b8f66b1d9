"""The Data Integrity cryptosuite `eddsa-rdfc-2022`: a proof inside the credential.

What is signed: SHA-256 of the canonical proof configuration, followed by SHA-256 of the canonical
document. Either order gives signatures that verify among themselves; only this one is the
standard's, and published vectors hold it.
Source: W3C Recommendation "Data Integrity EdDSA Cryptosuites v1.0", section 3.2.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from badgeservice.errors import BadEncoding, BadSignature, BadTimestamp, ProofInvalid
from badgeservice.openbadges import Document, jsonld, multibase, timestamps
from badgeservice.openbadges.keys import KeyKind, PublicKey

TYPE = "DataIntegrityProof"
CRYPTOSUITE = "eddsa-rdfc-2022"
PURPOSE = "assertionMethod"

_REQUIRED = ("type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "proofValue")
_OPTIONAL = ("@context", "id", "expires", "domain", "challenge", "nonce")


class HashData(NamedTuple):
    """The values on the way to a signature, in the standard's words."""

    canonical_proof_configuration: str
    canonical_document: str

    @property
    def proof_hash(self) -> bytes:
        """SHA-256 of the canonical proof configuration."""
        return hashlib.sha256(self.canonical_proof_configuration.encode()).digest()

    @property
    def document_hash(self) -> bytes:
        """SHA-256 of the canonical document."""
        return hashlib.sha256(self.canonical_document.encode()).digest()

    @property
    def signed_bytes(self) -> bytes:
        """The 64 bytes that are signed: configuration first."""
        return self.proof_hash + self.document_hash


def recognises(proof: Any) -> bool:
    """Say whether `proof` claims to be of this suite; both type and cryptosuite must say so."""
    return (
        isinstance(proof, dict)
        and proof.get("type") == TYPE
        and proof.get("cryptosuite") == CRYPTOSUITE
    )


def sign(
    document: Document,
    *,
    sign: Callable[[bytes], bytes],
    verification_method: str,
    created: datetime,
    canonicalize: Callable[[Document], str] = jsonld.canonicalize,
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
    signature = sign(hash_data(document, proof, canonicalize=canonicalize).signed_bytes)
    if len(signature) != 64:
        raise ProofInvalid(f"the signer gave {len(signature)} bytes, expected 64")
    proof["proofValue"] = multibase.encode(signature, multibase.BASE58BTC)
    return document | {"proof": [proof]}


def verify(
    document: Document,
    key: PublicKey,
    *,
    canonicalize: Callable[[Document], str] = jsonld.canonicalize,
) -> None:
    """Return if the proof of `document` was made by `key` over all of the document.

    `document` carries one proof, alone or in an array of one. A proof set is verified proof by
    proof, each with `document | {"proof": proof}`. Whether the key may speak for the issuer, and
    whether now is between `created` and `expires`, is for the caller to ask.

    Raises `ProofInvalid` with one of the codes `proof_missing`, `proof_set`, `proof_shape`,
    `context_not_allowed`, `key_type` and `bad_signature`; and what `canonicalize` raises:
    `DataLoss`, `TooComplex`, `UnknownContext`, `BadLinkedData`.
    """
    proof = _single_proof(document)
    signature = _check_shape(proof, document)
    if key.kind is not KeyKind.ED25519:
        raise ProofInvalid(f"{CRYPTOSUITE} needs an Ed25519 key, not {key.kind}", code="key_type")
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    data = hash_data(unsecured, options, canonicalize=canonicalize)
    try:
        key.verify(signature, data.signed_bytes)
    except BadSignature as error:
        raise ProofInvalid(error.message, code=error.code) from None


def hash_data(
    document: Document,
    options: Document,
    *,
    canonicalize: Callable[[Document], str] = jsonld.canonicalize,
) -> HashData:
    """Return the canonical forms of the unsecured `document` and of the proof `options`.

    `options` is the proof without `proofValue`. It is read under the document's own contexts,
    which must be named by address: an inline context could give the same words another meaning.
    """
    _refuse_inline_contexts(document)
    configuration = options | {"@context": document.get("@context")}
    return HashData(canonicalize(configuration), canonicalize(document))


def _single_proof(document: Document) -> Document:
    proof = document.get("proof")
    if isinstance(proof, list) and len(proof) > 1:
        raise ProofInvalid("several proofs: verify them one by one", code="proof_set")
    if isinstance(proof, list) and proof:
        proof = proof[0]
    if not isinstance(proof, dict):
        raise ProofInvalid("the document carries no proof", code="proof_missing")
    return proof


def _check_shape(proof: Document, document: Document) -> bytes:
    """Return the signature of a proof that is written in the one way we accept."""
    missing = [name for name in _REQUIRED if name not in proof]
    unknown = [name for name in proof if name not in _REQUIRED + _OPTIONAL]
    if missing or unknown:
        raise _bad_shape(f"members missing: {missing}, not understood: {unknown}")
    for name, value in proof.items():
        if name != "@context" and not isinstance(value, str):
            raise _bad_shape(f"{name} is not text")
    if not recognises(proof):
        raise _bad_shape(f"not a {TYPE} of {CRYPTOSUITE}")
    if proof["proofPurpose"] != PURPOSE:
        raise _bad_shape(f"its purpose is not {PURPOSE}")
    if proof.get("@context", document.get("@context")) != document.get("@context"):
        raise _bad_shape("its @context is not the document's")
    try:
        timestamps.read(proof["created"])
        timestamps.read(proof.get("expires", proof["created"]))
    except BadTimestamp as error:
        raise _bad_shape(error.message) from None
    try:
        signature = multibase.decode(proof["proofValue"], multibase.BASE58BTC)
    except BadEncoding as error:
        raise _bad_shape(error.message) from None
    if len(signature) != 64:
        raise _bad_shape(f"proofValue holds {len(signature)} bytes, expected 64")
    return signature


def _bad_shape(reason: str) -> ProofInvalid:
    return ProofInvalid(f"the proof: {reason}"[:300], code="proof_shape")


def _refuse_inline_contexts(document: Document) -> None:
    pending: list[Any] = [document]
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            pending.extend(value)
        elif isinstance(value, dict):
            context = value.get("@context", [])
            addresses = context if isinstance(context, list) else [context]
            if not all(isinstance(address, str) for address in addresses):
                message = "a context is written inside the document instead of named by address"
                raise ProofInvalid(message, code="context_not_allowed")
            pending.extend(member for name, member in value.items() if name != "@context")
