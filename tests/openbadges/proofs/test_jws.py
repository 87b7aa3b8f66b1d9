"""The signed form of Open Badges 2.0: others' signatures first, then ours, then attacks by name."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest

from badgeservice.errors import ProofInvalid
from badgeservice.openbadges import multibase, strict_json
from badgeservice.openbadges.keys import PublicKey
from badgeservice.openbadges.proofs import jws
from badgeservice.openbadges.proofs.compact import Algorithm

ASSERTION = {
    "@context": "https://w3id.org/openbadges/v2",
    "type": "Assertion",
    "id": "urn:uuid:a953081a-4bbc-4927-8653-7219bca00e3b",
    "verification": {"type": "SignedBadge", "creator": "https://badges.example/key"},
}


def segment(value):
    """Write one part; bytes stay as they are."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return multibase.base64url_encode(data)


def signed(header, payload, sign):
    """Write any header and payload, soundly signed."""
    signing_input = f"{segment(header)}.{segment(payload)}"
    return f"{signing_input}.{multibase.base64url_encode(sign(signing_input.encode()))}"


@pytest.fixture
def published(vectors):
    """The signed sample of 1EdTech, and the key that their key document holds."""
    text = (vectors / "ob2-1edtech/simple.jwt").read_text().strip()
    pem = json.loads((vectors / "support/ob20-assets/key1.json").read_text())["publicKeyPem"]
    return text, PublicKey.from_pem(pem)


def test_the_published_signature_verifies(published):
    """A signature that 1EdTech's software made."""
    text, key = published

    assert jws.verify(text, key)["id"] == "https://example.org/beths-robotics-badge.json"


def test_another_published_key_does_not_verify_it(published, vectors):
    """Their second key signed something else."""
    pem = json.loads((vectors / "support/ob20-assets/key2.json").read_text())["publicKeyPem"]

    with pytest.raises(ProofInvalid) as refused:
        jws.verify(published[0], PublicKey.from_pem(pem))

    assert refused.value.code == "bad_signature"


def test_what_we_emit(rsa_key):
    """The header says the algorithm and the type; the payload is the assertion, to the letter."""
    text = jws.sign(ASSERTION, sign=rsa_key.sign)

    header, payload, _ = (base64.urlsafe_b64decode(part + "==") for part in text.split("."))
    assert json.loads(header) == {"alg": "RS256", "typ": "JWT"}
    assert payload == strict_json.dumps(ASSERTION)
    assert jws.verify(text, rsa_key.public_key) == ASSERTION
    assert jws.recognises(text)
    assert not jws.recognises("")


def test_every_other_payload_is_refused(rsa_key):
    """A changed assertion under the old signature."""
    header, _, signature = jws.sign(ASSERTION, sign=rsa_key.sign).split(".")
    forged = f"{header}.{segment(ASSERTION | {'id': 'urn:uuid:0'})}.{signature}"

    with pytest.raises(ProofInvalid) as refused:
        jws.verify(forged, rsa_key.public_key)

    assert refused.value.code == "bad_signature"


@pytest.mark.parametrize("algorithm", ["none", "None", "nOnE", "HS256", "HS512", "", None, 5])
def test_no_signature_and_shared_secrets_are_refused(algorithm, rsa_key):
    """J1: the token does not choose how it is checked."""
    text = signed({"alg": algorithm}, ASSERTION, rsa_key.sign)

    with pytest.raises(ProofInvalid) as refused:
        jws.verify(text, rsa_key.public_key)

    assert refused.value.code == "alg_not_allowed"


def test_the_public_key_is_no_shared_secret(rsa_key):
    """J2: RS256 turned into HS256, with the public key as everybody's secret."""
    secret = rsa_key.public_key.to_pem().encode()
    text = signed(
        {"alg": "HS256", "typ": "JWT"},
        ASSERTION,
        lambda message: hmac.new(secret, message, hashlib.sha256).digest(),
    )

    with pytest.raises(ProofInvalid) as refused:
        jws.verify(text, rsa_key.public_key)

    assert refused.value.code == "alg_not_allowed"


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "PS256", "RS512"])
def test_other_sound_algorithms_are_not_known_here(algorithm, rsa_key):
    """Not checked, which is not the same as forged."""
    text = signed({"alg": algorithm}, ASSERTION, rsa_key.sign)

    with pytest.raises(ProofInvalid) as refused:
        jws.parse(text)

    assert refused.value.code == "alg_unsupported"


def test_a_key_of_another_kind_does_not_go_with_it(rsa_key, p256_key):
    """The issuer publishes a P-256 key, and the token says RS256."""
    text = jws.sign(ASSERTION, sign=rsa_key.sign)

    with pytest.raises(ProofInvalid) as refused:
        jws.verify(text, p256_key.public_key)

    assert refused.value.code == "alg_not_allowed"


@pytest.mark.parametrize(
    "member", ["crit", "b64", "zip", "jku", "x5u", "x5c", "enc"], ids=lambda member: member
)
def test_header_members_with_instructions_are_refused(member, rsa_key):
    """J4, J5: nothing in a header is followed."""
    text = signed({"alg": "RS256", member: []}, ASSERTION, rsa_key.sign)

    with pytest.raises(ProofInvalid) as refused:
        jws.parse(text)

    assert refused.value.code == "unsupported_header"


def test_a_token_of_another_kind_is_refused(rsa_key):
    """J11: `typ` says that it is a credential of 3.0."""
    text = signed({"alg": "RS256", "typ": "vc+jwt"}, ASSERTION, rsa_key.sign)

    with pytest.raises(ProofInvalid) as refused:
        jws.parse(text)

    assert refused.value.code == "unsupported_header"


def test_a_repeated_member_is_refused(rsa_key):
    """J6: two readers would read two assertions."""
    payload = b'{"id":"urn:uuid:1","\\u0069d":"urn:uuid:2"}'
    text = signed({"alg": "RS256"}, payload, rsa_key.sign)

    with pytest.raises(ProofInvalid) as refused:
        jws.parse(text)

    assert refused.value.code == "duplicate_key"


def test_a_signer_for_another_algorithm_is_refused(p256_key):
    """A signature of 64 bytes is none by RSA."""
    with pytest.raises(ProofInvalid, match=f"for {Algorithm.RS256}"):
        jws.sign(ASSERTION, sign=p256_key.sign)
