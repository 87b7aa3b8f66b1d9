"""What every embedded suite must do: real proofs of other software, and the same attacks on each."""

from __future__ import annotations

import copy

import pytest

from badgeservice.errors import DataLoss, ProofInvalid, UnknownContext
from badgeservice.openbadges import multibase
from badgeservice.openbadges.keys import PublicKey
from badgeservice.openbadges.proofs import EMBEDDED, ecdsa_rdfc_2019, ecdsa_sd_2023
from tests.recorded import SUITES, badge, key_of

from .test_eddsa_rdfc_2022 import leaves

every_suite = pytest.mark.parametrize("name", SUITES)
BASE58_SUITES = [name for name, suite in SUITES.items() if suite is not ecdsa_sd_2023]


def refusal(name: str, document: dict, key: PublicKey | None = None) -> str:
    """Return the code with which a suite refuses a document; fails if it does not."""
    with pytest.raises(ProofInvalid) as refused:
        SUITES[name].verify(document, key or key_of(document))
    return refused.value.code


@every_suite
def test_verifies_what_other_software_signed(name):
    """Alone and in an array of one; exactly one suite recognises it; nothing is changed."""
    document = badge(name)
    before = copy.deepcopy(document)
    [suite] = [suite for suite in EMBEDDED if suite.recognises(document["proof"])]

    suite.verify(document, key_of(document))
    suite.verify(document | {"proof": [document["proof"]]}, key_of(document))

    assert SUITES[name] is suite
    assert before == document


@every_suite
def test_refuses_any_changed_leaf(name):
    """Every scalar of the document and of the proof is covered, numbers too."""
    document = badge(name)
    key = key_of(document)
    survivors = []

    for path in leaves(document):
        forged = copy.deepcopy(document)
        parent = forged
        for step in path[:-1]:
            parent = parent[step]
        parent[path[-1]] += "x" if isinstance(parent[path[-1]], str) else 1
        try:
            SUITES[name].verify(forged, key)
        except (ProofInvalid, DataLoss, UnknownContext):
            continue
        survivors.append(path)

    assert survivors == []


@every_suite
def test_refuses_any_member_taken_away(name):
    """Whole parts of the document, each by itself; `proof` is another test."""
    document = badge(name)

    for member in document.keys() - {"@context", "proof"}:
        forged = {key: value for key, value in document.items() if key != member}
        with pytest.raises((ProofInvalid, DataLoss)):
            SUITES[name].verify(forged, key_of(document))


@every_suite
@pytest.mark.parametrize(
    "change",
    [
        {"type": "Ed25519Signature2018"},
        {"type": ["DataIntegrityProof"]},
        {"cryptosuite": "bbs-2023"},
        {"proofPurpose": "authentication"},
        {"proofPurpose": ["assertionMethod"]},
        {"created": "2026-11-20"},
        {"expires": "soon"},
        {"verificationMethod": {"id": "did:key:z6Mk"}},
        {"previousProof": "urn:uuid:1"},
        {"jws": "x"},
        {"@context": []},
        {"@context": ["https://www.w3.org/ns/credentials/v2"]},
        {"proofValue": ""},
        {"proofValue": "z"},
        {"proofValue": "u"},
        {"proofValue": "m2V0B"},
    ],
    ids=str,
)
def test_refuses_other_shapes_of_proof(name, change):
    """D9: a proof is written in one way; what is not understood is not ignored."""
    document = badge(name)

    forged = document | {"proof": document["proof"] | change}

    assert refusal(name, forged, key_of(document)) == "proof_shape"


@every_suite
def test_refuses_the_name_of_another_suite(name):
    """D9: no proof of one suite passes for one of another, whoever is asked."""
    document = badge(name)
    key = key_of(document)
    for other in SUITES:
        claimed = badge(other)["proof"]
        names = {n: claimed[n] for n in ("type", "cryptosuite") if n in claimed}
        stated = {n: v for n, v in document["proof"].items() if n not in ("type", "cryptosuite")}
        forged = document | {"proof": names | stated}
        if names == {n: document["proof"].get(n) for n in names}:
            continue
        with pytest.raises((ProofInvalid, DataLoss)):
            SUITES[other].verify(forged, key)
        if SUITES[other] is not SUITES[name]:
            assert refusal(name, forged, key) == "proof_shape"


@every_suite
def test_refuses_another_key(name, ed25519_key, p256_key):
    """Of the same kind, and of another."""
    document = badge(name)
    key = key_of(document)
    others = [
        PublicKey.from_multikey("z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"),
        p256_key.public_key,
        key_of(badge("ecdsa-rdfc-2019-p384")),
    ]

    codes = {other.kind: refusal(name, document, other) for other in others if other != key}

    for kind, code in codes.items():
        takes_both = SUITES[name] is ecdsa_rdfc_2019 and kind.startswith("P-")
        if kind is key.kind:
            assert code == "bad_signature"
        else:  # a key of the other curve makes signatures of another length
            assert code == ("proof_shape" if takes_both else "key_type")


@pytest.mark.parametrize("name", BASE58_SUITES)
def test_refuses_other_spellings_of_the_signature(name):
    """Malleability: one signature, one text; and no other length."""
    document = badge(name)
    value = document["proof"]["proofValue"]
    signature = multibase.decode(value, multibase.BASE58BTC)
    spellings = [
        value + " ",
        "\n" + value,
        "z1" + value[1:],
        multibase.encode(signature, multibase.BASE64URL),
        multibase.encode(signature[:-1], multibase.BASE58BTC),
        multibase.encode(signature + b"\0", multibase.BASE58BTC),
    ]

    for spelling in spellings:
        forged = document | {"proof": document["proof"] | {"proofValue": spelling}}
        assert refusal(name, forged) == "proof_shape"
    zeros = multibase.encode(bytes(len(signature)), multibase.BASE58BTC)
    forged = document | {"proof": document["proof"] | {"proofValue": zeros}}
    assert refusal(name, forged) == "bad_signature"


@every_suite
@pytest.mark.parametrize("proof", [None, [], "z", [[]]])
def test_refuses_documents_without_proof(name, proof):
    """Nothing signed is nothing proved."""
    document = badge(name)

    assert refusal(name, document | {"proof": proof}, key_of(document)) == "proof_missing"


@every_suite
def test_sets_are_verified_one_by_one(name):
    """Whoever verifies only one of them must say which."""
    document = badge(name)

    assert (
        refusal(name, document | {"proof": [document["proof"]] * 2}, key_of(document))
        == "proof_set"
    )


@every_suite
@pytest.mark.parametrize(
    "hide",
    [
        lambda d: d["@context"].append({"validUntil": None}),
        lambda d: d["credentialSubject"].update({"@context": {"name": "urn:x"}}),
    ],
)
def test_refuses_contexts_written_inside(name, hide):
    """D3: an inline context gives the same words another meaning."""
    forged = badge(name)
    forged["proof"].pop("@context", None)
    hide(forged)

    assert refusal(name, forged) == "context_not_allowed"


def test_each_proof_of_a_set_is_over_the_document_without_any():
    """Three suites, each verified by itself."""
    document = badge("set")

    for proof in document["proof"]:
        [suite] = [suite for suite in EMBEDDED if suite.recognises(proof)]
        alone = document | {"proof": proof}
        suite.verify(alone, key_of(alone))
        with pytest.raises(ProofInvalid):
            suite.verify(alone | {"name": "Doctor"}, key_of(alone))

    assert len(document["proof"]) == 3
