"""eddsa-rdfc-2022: the published values, byte for byte, and the attacks."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime

import pytest

from badgeservice.errors import BadTimestamp, DataLoss, ProofInvalid, UnknownContext
from badgeservice.openbadges import contexts, jsonld, multibase
from badgeservice.openbadges.keys import PublicKey
from badgeservice.openbadges.proofs import eddsa_rdfc_2022

from ..conftest import ed25519_signer

CREATED = datetime(2026, 11, 23, 9, tzinfo=UTC)
METHOD = "https://badges.example/issuers/a/keys/1"


@pytest.fixture(scope="module")
def w3c(vectors):
    """The folder of the W3C vectors."""
    return vectors / "di-eddsa"


@pytest.fixture(scope="module")
def canonicalize(vectors):
    """Canonicalize with the pinned contexts and the examples vocabulary of the W3C vectors."""
    table = json.loads((vectors / "support/contexts.json").read_bytes())
    examples = "https://www.w3.org/ns/credentials/examples/v2"
    document = json.loads((vectors / "support/contexts" / table[examples]["file"]).read_bytes())

    def load(address):
        return document if address == examples else contexts.load(address)

    return jsonld.Processor(load).canonicalize


@pytest.fixture
def signed(credential, ed25519_key):
    """The credential of these tests with a proof."""
    return eddsa_rdfc_2022.sign(
        credential, sign=ed25519_key.sign, verification_method=METHOD, created=CREATED
    )


def key_in_fragment(document):
    """The key that these vectors carry after the `#`; never a way to find a key to believe."""
    return PublicKey.from_multikey(document["proof"]["verificationMethod"].partition("#")[2])


class TestPublishedValues:
    """Swapping the two hashes passes every round trip and fails here."""

    def test_w3c_intermediate_values(self, w3c, canonicalize):
        """Canonical forms and hashes of the specification's appendix."""
        document = json.loads((w3c / "unsigned.json").read_bytes())
        options = json.loads((w3c / "rdfc__proofConfigDataInt.json").read_bytes())

        data = eddsa_rdfc_2022.hash_data(document, options, canonicalize=canonicalize)

        assert data.canonical_document == (w3c / "rdfc__canonDocDataInt.txt").read_text()
        assert (
            data.canonical_proof_configuration == (w3c / "rdfc__proofCanonDataInt.txt").read_text()
        )
        assert data.document_hash.hex() == (w3c / "rdfc__docHashDataInt.txt").read_text()
        assert data.proof_hash.hex() == (w3c / "rdfc__proofHashDataInt.txt").read_text()
        assert data.signed_bytes.hex() == (w3c / "rdfc__combinedHashDataInt.txt").read_text()

    def test_w3c_signature(self, w3c, canonicalize):
        """From unsigned document and secret key to the published signature."""
        document = json.loads((w3c / "unsigned.json").read_bytes())
        expected = json.loads((w3c / "rdfc__signedDataInt.json").read_bytes())
        secret = json.loads((w3c / "keyPair.json").read_bytes())["privateKeyMultibase"]
        signer = ed25519_signer(multibase.decode(secret, multibase.BASE58BTC)[2:])

        signed = eddsa_rdfc_2022.sign(
            document,
            sign=signer.sign,
            verification_method=expected["proof"]["verificationMethod"],
            created=datetime(2023, 2, 24, 23, 36, 38, tzinfo=UTC),
            canonicalize=canonicalize,
        )

        assert signed == expected | {"proof": [expected["proof"]]}
        hexadecimal = (w3c / "rdfc__sigHexDataInt.txt").read_text()
        value = signed["proof"][0]["proofValue"]
        assert multibase.decode(value, multibase.BASE58BTC).hex() == hexadecimal
        assert value == (w3c / "rdfc__sigBTC58DataInt.txt").read_text()

    def test_w3c_signed_document_verifies(self, w3c, canonicalize):
        """What others signed, we verify."""
        document = json.loads((w3c / "rdfc__signedDataInt.json").read_bytes())

        eddsa_rdfc_2022.verify(document, key_in_fragment(document), canonicalize=canonicalize)

    def test_implementation_guide(self, vectors):
        """1EdTech's vector: canonical forms, hashes, signature."""
        guide = vectors / "ob3-ldp-guide"
        document = json.loads((guide / "guide-signed.json").read_bytes())
        values = json.loads((guide / "guide-values.json").read_bytes())
        unsecured = {k: v for k, v in document.items() if k != "proof"}
        options = {k: v for k, v in document["proof"].items() if k != "proofValue"}

        data = eddsa_rdfc_2022.hash_data(unsecured, options)

        assert data.canonical_document == (guide / "document-canon.txt").read_text()
        assert data.canonical_proof_configuration == (guide / "proof-canon.txt").read_text()
        assert data.document_hash.hex() == values["ob-document-hash"]
        assert data.proof_hash.hex() == values["ob-proof-hash"]
        assert data.signed_bytes.hex() == values["ob-data"]
        key = PublicKey.from_multikey(values["publicKeyMultibase"])
        key.verify(bytes.fromhex(values["ob-signature"]), data.signed_bytes)
        eddsa_rdfc_2022.verify(document, key)

    @pytest.mark.parametrize(
        ("name", "error", "code"),
        [
            ("added-undefined-term", DataLoss, "unsigned_data"),
            ("cryptosuite-jcs", ProofInvalid, "proof_shape"),
            ("issuer-swapped", ProofInvalid, "bad_signature"),
            ("other-did-key", ProofInvalid, "bad_signature"),
            ("proof-created-added-expired", ProofInvalid, "bad_signature"),
            ("proofvalue-truncated", ProofInvalid, "proof_shape"),
        ],
    )
    def test_derived_forgeries(self, vectors, name, error, code):
        """Mutations of a genuine badge of another issuer."""
        document = json.loads((vectors / f"derived-di/{name}.json").read_bytes())

        with pytest.raises(error) as refused:
            eddsa_rdfc_2022.verify(document, key_in_fragment(document))

        assert refused.value.code == code


def test_signs_a_new_document(credential, ed25519_key):
    """The document handed in stays as it was; the proof is an array, as the strict schema asks."""
    before = copy.deepcopy(credential)

    signed = eddsa_rdfc_2022.sign(
        credential, sign=ed25519_key.sign, verification_method=METHOD, created=CREATED
    )

    assert credential == before
    (proof,) = signed["proof"]
    assert {k: v for k, v in proof.items() if k != "proofValue"} == {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "created": "2026-11-23T09:00:00Z",
        "verificationMethod": METHOD,
        "proofPurpose": "assertionMethod",
    }
    assert eddsa_rdfc_2022.recognises(proof)


def test_verifies_what_it_signs(signed, ed25519_key):
    """As an array of one, and alone."""
    eddsa_rdfc_2022.verify(signed, ed25519_key.public_key)
    eddsa_rdfc_2022.verify(signed | {"proof": signed["proof"][0]}, ed25519_key.public_key)


def test_each_proof_of_a_set_is_verified_by_itself(signed, ed25519_key, other_ed25519_key):
    """The document of each is the one without any proof."""
    document = {k: v for k, v in signed.items() if k != "proof"}
    second = eddsa_rdfc_2022.sign(
        document, sign=other_ed25519_key.sign, verification_method=METHOD, created=CREATED
    )
    proofs = signed["proof"] + second["proof"]

    with pytest.raises(ProofInvalid) as refused:
        eddsa_rdfc_2022.verify(signed | {"proof": proofs}, ed25519_key.public_key)

    assert refused.value.code == "proof_set"
    eddsa_rdfc_2022.verify(signed | {"proof": proofs[0]}, ed25519_key.public_key)
    eddsa_rdfc_2022.verify(signed | {"proof": proofs[1]}, other_ed25519_key.public_key)


def leaves(value, path=()):
    """Yield the path of every scalar in a JSON value."""
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for name, member in members:
        if isinstance(member, dict | list):
            yield from leaves(member, (*path, name))
        else:
            yield (*path, name)


def test_refuses_any_changed_leaf(signed, ed25519_key):
    """Every scalar of the document and of the proof is covered."""
    survivors = []

    for path in leaves(signed):
        forged = copy.deepcopy(signed)
        parent = forged
        for name in path[:-1]:
            parent = parent[name]
        parent[path[-1]] += "x"
        try:
            eddsa_rdfc_2022.verify(forged, ed25519_key.public_key)
        except (ProofInvalid, DataLoss, UnknownContext):
            continue
        survivors.append(path)

    assert survivors == []


@pytest.mark.parametrize(
    "change",
    [
        {"type": "Ed25519Signature2020"},
        {"type": ["DataIntegrityProof"]},
        {"cryptosuite": "eddsa-jcs-2022"},
        {"cryptosuite": "eddsa-rdfc-2023"},
        {"proofPurpose": "authentication"},
        {"proofPurpose": "https://w3id.org/security#assertionMethod"},
        {"proofPurpose": ["assertionMethod"]},
        {"created": "2026-11-23"},
        {"created": "2026-11-23T09:00:00"},
        {"expires": "soon"},
        {"verificationMethod": {"id": METHOD}},
        {"previousProof": "urn:uuid:1"},
        {"signature": "x"},
        {"jws": "x"},
        {"https://w3id.org/security#nonce": "x"},
        {"@context": []},
        {"@context": "https://www.w3.org/ns/credentials/v2"},
        {"proofValue": ""},
        {"proofValue": "u" + "A" * 86},
        {"proofValue": "z" + "1" * 64 + "2" * 22},
        {"proofValue": "z" + "2" * 80},
        {"proofValue": "z" + "0" * 88},
    ],
    ids=str,
)
def test_refuses_other_shapes_of_proof(signed, ed25519_key, change):
    """D9: a proof is written in one way; what is not understood is not ignored."""
    forged = signed | {"proof": signed["proof"][0] | change}

    with pytest.raises(ProofInvalid) as refused:
        eddsa_rdfc_2022.verify(forged, ed25519_key.public_key)

    assert refused.value.code == "proof_shape"


@pytest.mark.parametrize("space", [" ", "\n", "\t", "\u00a0"])
def test_refuses_space_around_the_signature(signed, ed25519_key, space):
    """Malleability: one signature, one text."""
    proof = signed["proof"][0]

    for value in (proof["proofValue"] + space, space + proof["proofValue"]):
        with pytest.raises(ProofInvalid):
            eddsa_rdfc_2022.verify(
                signed | {"proof": proof | {"proofValue": value}}, ed25519_key.public_key
            )


@pytest.mark.parametrize(
    "name", ["type", "cryptosuite", "verificationMethod", "proofPurpose", "proofValue"]
)
def test_refuses_a_proof_without(signed, ed25519_key, name):
    """Each of these is required."""
    proof = {k: v for k, v in signed["proof"][0].items() if k != name}

    with pytest.raises(ProofInvalid, match=f"missing: \\['{name}'\\]"):
        eddsa_rdfc_2022.verify(signed | {"proof": proof}, ed25519_key.public_key)


def test_the_date_may_be_missing_and_may_not_be_taken_away(credential, signed, ed25519_key):
    """`created` is optional (Data Integrity 1.0, section 2.1), and signed where it stands."""
    options = {k: v for k, v in signed["proof"][0].items() if k not in ("created", "proofValue")}
    value = ed25519_key.sign(eddsa_rdfc_2022.hash_data(credential, options).signed_bytes)
    undated = options | {"proofValue": multibase.encode(value, multibase.BASE58BTC)}
    stripped = options | {"proofValue": signed["proof"][0]["proofValue"]}

    eddsa_rdfc_2022.verify(credential | {"proof": undated}, ed25519_key.public_key)
    with pytest.raises(ProofInvalid) as refused:
        eddsa_rdfc_2022.verify(credential | {"proof": stripped}, ed25519_key.public_key)

    assert refused.value.code == "bad_signature"


def test_the_former_name_is_another_suite(credential, signed, ed25519_key):
    """`eddsa-2022` is signed in the same steps, under its own name: neither passes for the other."""
    options = {k: v for k, v in signed["proof"][0].items() if k != "proofValue"}
    options["cryptosuite"] = "eddsa-2022"
    value = ed25519_key.sign(eddsa_rdfc_2022.hash_data(credential, options).signed_bytes)
    former = options | {"proofValue": multibase.encode(value, multibase.BASE58BTC)}

    eddsa_rdfc_2022.verify(credential | {"proof": former}, ed25519_key.public_key)
    for forged in (
        former | {"cryptosuite": "eddsa-rdfc-2022"},
        signed["proof"][0] | {"cryptosuite": "eddsa-2022"},
    ):
        with pytest.raises(ProofInvalid) as refused:
            eddsa_rdfc_2022.verify(credential | {"proof": forged}, ed25519_key.public_key)
        assert refused.value.code == "bad_signature"


@pytest.mark.parametrize("proof", [None, [], "z", 1, [[]], ["z"]])
def test_refuses_documents_without_proof(credential, ed25519_key, proof):
    """Nothing signed is nothing proved."""
    with pytest.raises(ProofInvalid) as refused:
        eddsa_rdfc_2022.verify(credential | {"proof": proof}, ed25519_key.public_key)

    assert refused.value.code == "proof_missing"


def test_refuses_another_key(signed, other_ed25519_key, p256_key):
    """Of the same kind, and of another kind."""
    with pytest.raises(ProofInvalid) as refused:
        eddsa_rdfc_2022.verify(signed, other_ed25519_key.public_key)
    assert refused.value.code == "bad_signature"

    with pytest.raises(ProofInvalid) as refused:
        eddsa_rdfc_2022.verify(signed, p256_key.public_key)
    assert refused.value.code == "key_type"


@pytest.mark.parametrize(
    "hide",
    [
        lambda d: d["@context"].append({"validUntil": None}),
        lambda d: d.update({"@context": [*d["@context"][:1], {"@vocab": "urn:x#"}]}),
        lambda d: d["credentialSubject"].update({"@context": {"name": "urn:x"}}),
        lambda d: d["credentialSubject"].update({"@context": ["urn:x", None]}),
    ],
)
def test_refuses_contexts_written_inside(signed, ed25519_key, hide):
    """D3: an inline context gives the same words another meaning."""
    forged = copy.deepcopy(signed)
    hide(forged)

    with pytest.raises(ProofInvalid) as refused:
        eddsa_rdfc_2022.verify(forged, ed25519_key.public_key)

    assert refused.value.code == "context_not_allowed"


def test_does_not_sign_twice_nor_half(credential, signed, ed25519_key):
    """A second proof would be a set; a term that means nothing would stay unsigned."""
    options = {"verification_method": METHOD, "created": CREATED}
    with pytest.raises(ProofInvalid) as refused:
        eddsa_rdfc_2022.sign(signed, sign=ed25519_key.sign, **options)
    assert refused.value.code == "already_signed"

    with pytest.raises(DataLoss):
        eddsa_rdfc_2022.sign(credential | {"bonus": 1}, sign=ed25519_key.sign, **options)
    with pytest.raises(ProofInvalid, match="63 bytes"):
        eddsa_rdfc_2022.sign(credential, sign=lambda message: bytes(63), **options)
    with pytest.raises(BadTimestamp):
        eddsa_rdfc_2022.sign(
            credential,
            sign=ed25519_key.sign,
            verification_method=METHOD,
            created=datetime(2026, 11, 23),
        )


@pytest.mark.parametrize(
    "proof", [None, [], {}, {"type": "DataIntegrityProof"}, {"cryptosuite": "eddsa-rdfc-2022"}]
)
def test_recognises_only_its_own(proof):
    """Type and cryptosuite both decide; the standard's text says "and" where it means "or"."""
    assert not eddsa_rdfc_2022.recognises(proof)
