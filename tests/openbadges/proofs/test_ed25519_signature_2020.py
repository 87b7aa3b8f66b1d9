"""Ed25519Signature2020: what the Digital Credentials Consortium has signed with it."""

from __future__ import annotations

import json

import pytest

from badgeservice.errors import DataLoss, ProofInvalid
from badgeservice.openbadges.proofs import ed25519_signature_2020
from tests.recorded import badge, key_of

from .. import SHARED
from .test_data_integrity import refusal

CONTEXTS = {
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json",
    "https://w3id.org/security/suites/ed25519-2020/v1",
}


def samples() -> list[tuple[str, dict]]:
    """Return the published documents whose contexts are pinned, each with its one such proof."""
    found = []
    for path in sorted((SHARED / "vectors/ob3-dcc").glob("v2__*.json")):
        document = json.loads(path.read_bytes())
        if not all(isinstance(c, str) and c in CONTEXTS for c in document["@context"]):
            continue
        proofs = document["proof"] if isinstance(document["proof"], list) else [document["proof"]]
        found += [
            (path.stem, document | {"proof": proof})
            for proof in proofs
            if ed25519_signature_2020.recognises(proof)
        ]
    return found


def test_verifies_what_the_dcc_signed(vectors):
    """All but the one that is published as tampered with."""
    refused = []
    for name, document in samples():
        try:
            ed25519_signature_2020.verify(document, key_of(document))
        except ProofInvalid as error:
            refused.append((name, error.code))

    assert refused == [("v2__ed25519__didKey__legacy-noStatus-noExpiry-tampered", "bad_signature")]
    assert len(samples()) >= 10


def test_a_cryptosuite_beside_the_type_is_not_understood():
    """The type says all; a second name would be read by others and not by us."""
    document = badge("Ed25519Signature2020")
    document["proof"]["cryptosuite"] = "eddsa-rdfc-2022"

    assert ed25519_signature_2020.recognises(document["proof"])
    assert refusal("Ed25519Signature2020", document) == "proof_shape"


def test_needs_the_context_that_defines_it():
    """Without it the type of the proof is an undefined word, and unsigned."""
    document = badge("Ed25519Signature2020")
    document["@context"] = document["@context"][:2]

    with pytest.raises(DataLoss):
        ed25519_signature_2020.verify(document, key_of(document))
