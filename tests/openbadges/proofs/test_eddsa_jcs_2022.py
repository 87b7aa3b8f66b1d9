"""eddsa-jcs-2022: the published values, and what it means that the JSON itself is signed."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from badgeservice.errors import ProofInvalid
from badgeservice.openbadges import multibase
from badgeservice.openbadges.keys import PublicKey
from badgeservice.openbadges.proofs import eddsa_jcs_2022
from tests.recorded import badge, key_of

from .test_data_integrity import refusal


@pytest.fixture(scope="module")
def w3c(vectors):
    """The folder of the W3C vectors."""
    return vectors / "di-eddsa"


def test_w3c_intermediate_values(w3c):
    """Canonical forms and hashes of the specification's appendix."""
    document = json.loads((w3c / "unsigned.json").read_bytes())
    options = json.loads((w3c / "jcs__proofConfigJCS.json").read_bytes())

    data = eddsa_jcs_2022.hash_data(document, options)

    assert data.canonical_document == (w3c / "jcs__canonDocJCS.txt").read_text()
    assert data.canonical_proof_configuration == (w3c / "jcs__proofCanonJCS.txt").read_text()
    assert data.document_hash.hex() == (w3c / "jcs__docHashJCS.txt").read_text()
    assert data.proof_hash.hex() == (w3c / "jcs__proofHashJCS.txt").read_text()
    assert data.signed_bytes.hex() == (w3c / "jcs__combinedHashJCS.txt").read_text()


def test_w3c_signed_document_verifies(w3c):
    """And its signature is the published one."""
    document = json.loads((w3c / "jcs__signedJCS.json").read_bytes())

    eddsa_jcs_2022.verify(document, key_of(document))

    value = document["proof"]["proofValue"]
    assert value == (w3c / "jcs__sigBTC58JCS.txt").read_text()
    signature = multibase.decode(value, multibase.BASE58BTC)
    assert signature.hex() == (w3c / "jcs__sigHexJCS.txt").read_text()


def test_the_order_of_members_does_not_count():
    """Nor spaces, which are gone once it is read."""
    document = badge("eddsa-jcs-2022")

    eddsa_jcs_2022.verify(dict(reversed(document.items())), key_of(document))


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda d: d["credentialSubject"].update({"type": "AchievementSubject"}),
        lambda d: d.update({"evidence": list(reversed(d["evidence"]))}),
        lambda d: d["issuer"].update({"type": ["Profile", "Profile"]}),
        lambda d: d.update({"type": ["VerifiableCredential", "AchievementCredential"]}),
        lambda d: d["credentialSubject"].update({"creditsEarned": "1.5"}),
        lambda d: d.update({"bonus": 1}),
    ],
)
def test_another_way_to_write_the_same_is_another_document(rewrite: Callable[[dict], None]):
    """What is equal as linked data is not equal here, and undefined terms are covered too."""
    document = badge("eddsa-jcs-2022")
    key = key_of(document)
    rewrite(document)

    assert refusal("eddsa-jcs-2022", document, key) == "bad_signature"


def test_contexts_after_the_signed_ones_are_refused():
    """The standard would read the document under fewer contexts than whoever reads it next."""
    document = badge("eddsa-jcs-2022")
    document["@context"].append("https://purl.imsglobal.org/spec/ob/v3p0/extensions.json")

    assert refusal("eddsa-jcs-2022", document) == "proof_shape"


def test_a_proof_may_name_no_contexts(credential, ed25519_key):
    """Those of the document are signed as part of the document."""
    options = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "verificationMethod": "did:key:x#x",
        "proofPurpose": "assertionMethod",
    }
    signature = ed25519_key.sign(eddsa_jcs_2022.hash_data(credential, options).signed_bytes)
    proof = options | {"proofValue": multibase.encode(signature, multibase.BASE58BTC)}
    signed = credential | {"proof": proof}

    eddsa_jcs_2022.verify(signed, ed25519_key.public_key)
    with pytest.raises(ProofInvalid) as refused:
        eddsa_jcs_2022.verify(
            signed | {"@context": credential["@context"][:1]}, ed25519_key.public_key
        )

    assert refused.value.code == "bad_signature"


@pytest.mark.parametrize("number", [2**53, float("nan"), float("inf")])
def test_refuses_numbers_that_json_cannot_hold(number):
    """The strict parser lets none in; whoever has a document from elsewhere gets an error of ours."""
    document = badge("eddsa-jcs-2022")
    document["credentialSubject"]["creditsEarned"] = number

    assert refusal("eddsa-jcs-2022", document) == "bad_number"


def test_the_key_is_the_published_one(w3c):
    """So the vectors above are not verified with a key that we chose."""
    published = json.loads((w3c / "keyPair.json").read_bytes())["publicKeyMultibase"]
    document = json.loads((w3c / "jcs__signedJCS.json").read_bytes())

    assert PublicKey.from_multikey(published) == key_of(document)
