"""What all embedded proofs have in common, whichever suite made them.

A proof is read in one way only: members that the suite does not know, a value where a list could
stand, another spelling of a signature are refused and not skipped. What is signed is a hash of the
proof's own options, followed by a hash of the document without any proof. Either order gives
signatures that verify among themselves; only this one is the standard's, and published vectors
hold it.
Source: W3C Recommendation "Verifiable Credential Data Integrity 1.0", sections 2.1 and 4.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

from badgeservice.errors import BadEncoding, BadSignature, BadTimestamp, ProofInvalid
from badgeservice.openbadges import Document, jsonld, multibase, rdfc, timestamps
from badgeservice.openbadges.keys import KeyKind, PublicKey

TYPE = "DataIntegrityProof"
PURPOSE = "assertionMethod"

_REQUIRED = ("type", "verificationMethod", "proofPurpose", "proofValue")
_OPTIONAL = ("@context", "id", "created", "expires", "domain", "challenge", "nonce")

Canonicalize = Callable[[Document], str]


class HashData(NamedTuple):
    """The values on the way to a signature, in the standard's words.

    `digest` is the name, in `hashlib`, of the function that both are hashed with.
    """

    canonical_proof_configuration: str
    canonical_document: str
    digest: str = rdfc.DIGEST

    @property
    def proof_hash(self) -> bytes:
        """The hash of the canonical proof configuration."""
        return self._hash(self.canonical_proof_configuration)

    @property
    def document_hash(self) -> bytes:
        """The hash of the canonical document."""
        return self._hash(self.canonical_document)

    @property
    def signed_bytes(self) -> bytes:
        """The bytes that are signed: configuration first."""
        return self.proof_hash + self.document_hash

    def _hash(self, text: str) -> bytes:
        hashed = hashlib.sha256 if self.digest == rdfc.DIGEST else _other(self.digest)
        return hashed(text.encode()).digest()


def _other(digest: str) -> Callable[[bytes], Any]:
    return functools.partial(hashlib.new, digest)


def recognises(proof: Any, *cryptosuites: str) -> bool:
    """Say whether `proof` claims to be of a suite; both type and cryptosuite must say so."""
    return (
        isinstance(proof, dict)
        and proof.get("type") == TYPE
        and proof.get("cryptosuite") in cryptosuites
    )


def single_proof(document: Document) -> Document:
    """Return the one proof of `document`, which stands alone or in an array of one.

    Raises `ProofInvalid` with the codes `proof_missing` and `proof_set`.
    """
    proof = document.get("proof")
    if isinstance(proof, list) and len(proof) > 1:
        raise ProofInvalid("several proofs: verify them one by one", code="proof_set")
    if isinstance(proof, list) and proof:
        proof = proof[0]
    if not isinstance(proof, dict):
        raise ProofInvalid("the document carries no proof", code="proof_missing")
    return proof


def check_options(
    proof: Document, document: Document, *, is_suite: bool, named: bool = True
) -> None:
    """Return if `proof` is written in the one way we accept, its `proofValue` not looked into.

    `is_suite` is whether it is of the suite that is asked; `named` is whether that suite has the
    member `cryptosuite`. Raises `ProofInvalid` with the code `proof_shape`.
    """
    required = (*_REQUIRED, "cryptosuite") if named else _REQUIRED
    missing = [name for name in required if name not in proof]
    unknown = [name for name in proof if name not in required + _OPTIONAL]
    if missing or unknown:
        raise bad_shape(f"members missing: {missing}, not understood: {unknown}")
    for name, value in proof.items():
        if name != "@context" and not isinstance(value, str):
            raise bad_shape(f"{name} is not text")
    if not is_suite:
        raise bad_shape(
            f"of another suite: {proof['type'][:80]} {proof.get('cryptosuite', '')[:80]}"
        )
    if proof["proofPurpose"] != PURPOSE:
        raise bad_shape(f"its purpose is not {PURPOSE}")
    if proof.get("@context", document.get("@context")) != document.get("@context"):
        raise bad_shape("its @context is not the document's")
    try:
        for name in proof.keys() & {"created", "expires"}:
            timestamps.read(proof[name])
    except BadTimestamp as error:
        raise bad_shape(error.message) from None


def value(proof: Document, base: str) -> bytes:
    """Return the bytes of `proofValue`, in the multibase `base`; raises `ProofInvalid`."""
    try:
        return multibase.decode(proof["proofValue"], base)
    except BadEncoding as error:
        raise bad_shape(error.message) from None


def check_kind(key: PublicKey, *kinds: KeyKind, suite: str) -> None:
    """Return if `key` is of a kind that the suite signs with; raises `ProofInvalid` (`key_type`)."""
    if key.kind not in kinds:
        message = f"{suite} needs a key of the kind {' or '.join(kinds)}, not {key.kind}"
        raise ProofInvalid(message, code="key_type")


def check_signature(proof: Document, data: HashData, key: PublicKey) -> None:
    """Return if the signature in `proofValue`, in base58btc, is by `key` over `data`.

    Raises `ProofInvalid` with the codes `proof_shape` and `bad_signature`.
    """
    signature = value(proof, multibase.BASE58BTC)
    if len(signature) != key.signature_bytes:
        raise bad_shape(f"proofValue holds {len(signature)} bytes, expected {key.signature_bytes}")
    check_bytes(signature, data.signed_bytes, key)


def check_bytes(signature: bytes, message: bytes, key: PublicKey) -> None:
    """Return if `signature` is by `key` over `message`; raises `ProofInvalid` (`bad_signature`)."""
    try:
        key.verify(signature, message)
    except BadSignature as error:
        raise ProofInvalid(error.message, code=error.code) from None


def unsecured(document: Document) -> Document:
    """Return `document` without its proofs."""
    return {name: value for name, value in document.items() if name != "proof"}


def options(proof: Document) -> Document:
    """Return `proof` without its `proofValue`."""
    return {name: value for name, value in proof.items() if name != "proofValue"}


def hash_data(
    document: Document,
    options: Document,
    *,
    canonicalize: Canonicalize = jsonld.canonicalize,
    digest: str = rdfc.DIGEST,
) -> HashData:
    """Return the canonical forms, as linked data, of the unsecured `document` and the `options`.

    `options` is the proof without `proofValue`. It is read under the document's own contexts,
    which must be named by address: an inline context could give the same words another meaning.
    """
    return HashData(configuration(document, options, canonicalize), canonicalize(document), digest)


def configuration(document: Document, options: Document, canonicalize: Canonicalize) -> str:
    """Return the canonical proof configuration; like `hash_data`."""
    refuse_inline_contexts(document)
    return canonicalize(options | {"@context": document.get("@context")})


def refuse_inline_contexts(document: Document) -> None:
    """Return if every context in `document` is named by address.

    Raises `ProofInvalid` with the code `context_not_allowed`.
    """
    pending: list[Any] = [document]
    for value in pending:  # which grows meanwhile
        members = value
        if isinstance(value, dict):
            members = value.values()
            if "@context" in value:
                context = value["@context"]
                addresses = context if isinstance(context, list) else [context]
                if not all(isinstance(address, str) for address in addresses):
                    message = "a context is written inside the document instead of named by address"
                    raise ProofInvalid(message, code="context_not_allowed")
        for member in members:
            # Most are texts, and to ask that first takes half the time.
            if member.__class__ is not str and isinstance(member, (dict, list)):
                pending.append(member)


def bad_shape(reason: str) -> ProofInvalid:
    """Return the refusal of a proof that is not written as it must be."""
    return ProofInvalid(f"the proof: {reason}"[:300], code="proof_shape")
