"""did: identifiers that are keys, and identifiers that are addresses."""

from __future__ import annotations

import json

import pytest

from badgeservice.errors import DIDRefused
from badgeservice.openbadges import controller, did, multibase
from badgeservice.openbadges.keys import PublicKey


def test_did_key_vectors(vectors, now):
    """Each published DID resolves to the published key."""
    published = json.loads((vectors / "did-key/did-key-statics.json").read_bytes())
    assert published

    for identifier, document in published.items():
        (method,) = document["verificationMethod"]
        resolved = did.resolve_did_key(identifier)

        key = controller.find_method(resolved, method["id"], controller=identifier, now=now)

        assert key.to_jwk() == method["publicKeyJwk"]
        assert resolved["id"] == identifier
        assert resolved["assertionMethod"] == document["assertionMethod"]
        assert did.did_key(key) == identifier


def test_did_key_of_p256(p256_key, now):
    """The other kind of key that we know."""
    identifier = did.did_key(p256_key.public_key)
    method = f"{identifier}#{identifier.removeprefix('did:key:')}"

    document = did.resolve_did_key(identifier)

    assert identifier.startswith("did:key:zDn")
    assert p256_key.public_key == controller.find_method(
        document, method, controller=identifier, now=now
    )


@pytest.mark.parametrize(
    "identifier",
    [
        "did:key:z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc",  # X25519
        "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2#z6Mk",
        "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ",
        "did:key:1.1:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
        "did:key:",
        "did:KEY:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
        "did:web:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
        "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
        "",
    ],
)
def test_refuses_other_did_keys(identifier):
    """K7: wrong codec, wrong method, versions, fragments."""
    with pytest.raises(DIDRefused):
        did.resolve_did_key(identifier)


@pytest.mark.parametrize(
    ("identifier", "address"),
    [
        ("did:web:w3c-ccg.github.io", "https://w3c-ccg.github.io/.well-known/did.json"),
        (
            "did:web:w3c-ccg.github.io:user:alice",
            "https://w3c-ccg.github.io/user/alice/did.json",
        ),
        (
            "did:web:example.com%3A3000:user:alice",
            "https://example.com:3000/user/alice/did.json",
        ),
        ("did:web:xn--bcher-kva.example", "https://xn--bcher-kva.example/.well-known/did.json"),
        ("did:web:a.example:v1.2", "https://a.example/v1.2/did.json"),
        ("did:web:a.example:8443", "https://a.example/8443/did.json"),  # a path, not a port
    ],
)
def test_did_web_addresses(identifier, address):
    """The examples of the method's specification, and back."""
    assert did.did_web_url(identifier) == address
    below = address.removesuffix("/did.json").removesuffix("/.well-known")
    assert did.did_web_for(below) == identifier


@pytest.mark.parametrize(
    "identifier",
    [
        "did:web:",
        "did:web:localhost",
        "did:web:127.0.0.1",
        "did:web:127.1",
        "did:web:0x7f.1",
        "did:web:a.example.1",
        "did:web:%5B::1%5D",
        "did:web:a.example%3A0",
        "did:web:a.example%3A123456",
        "did:web:a.example%3Ahttps",
        "did:web:user%40a.example",
        "did:web:user@a.example",
        "did:web:a.example:..",
        "did:web:a.example:a..b",
        "did:web:a.example:.",
        "did:web:a.example::a",
        "did:web:a.example:",
        "did:web:a.example:a%2Fb",
        "did:web:a.example:a%2e%2e",
        "did:web:a.example/a",
        "did:web:a.example?x",
        "did:web:a.example#key",
        "did:web:a.example:a b",
        "did:web:a.example\n",
        "did:web:-a.example",
        "did:web:a_b.example",
        "did:web:" + "a." * 130 + "example",
        "did:web:ａ.example",
        "https://a.example",
    ],
)
def test_refuses_did_webs_that_can_be_read_in_two_ways(identifier):
    """K5: encodings that lead a fetcher elsewhere than the reader thinks."""
    with pytest.raises(DIDRefused):
        did.did_web_url(identifier)


@pytest.mark.parametrize(
    "address",
    [
        "http://a.example",
        "https://a.example/",
        "https://a.example/a/",
        "https://a.example//a",
        "https://user@a.example",
        "https://127.0.0.1:8000/issuers/a",
        "https://a.example/a?b",
        "https://a.example/a#b",
        "https://a.example/é",
    ],
)
def test_addresses_without_did_web(address):
    """The demo on 127.0.0.1 has none, and must not pretend to."""
    with pytest.raises(DIDRefused):
        did.did_web_for(address)


def test_the_neutral_point_is_no_identity():
    """Everyone could sign for it."""
    neutral = multibase.encode(b"\xed\x01\x01" + bytes(31), multibase.BASE58BTC)

    with pytest.raises(DIDRefused, match="small order"):
        did.resolve_did_key(f"did:key:{neutral}")


def test_did_key_is_the_key(ed25519_key):
    """No document can say otherwise."""
    key = ed25519_key.public_key

    assert PublicKey.from_multikey(did.did_key(key).removeprefix("did:key:")) == key


# The two examples of the method's specification.
P256_DID = (
    "did:jwk:eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6ImFjYklRaXVNczNpOF91c3pFakoydHBUdFJNNEVVM3l6"
    "OTFQSDZDZEgyVjAiLCJ5IjoiX0tjeUxqOXZXTXB0bm1LdG00NkdxRHo4d2Y3NEk1TEtncmwyR3pIM25TRSJ9"
)
X25519_DID = (
    "did:jwk:eyJrdHkiOiJPS1AiLCJjcnYiOiJYMjU1MTkiLCJ1c2UiOiJlbmMiLCJ4IjoiM3A3YmZYdDl3YlRUVzJIQzdP"
    "UTFOei1EUThoYmVHZE5yZngtRkctSUswOCJ9"
)


def did_jwk(jwk: object) -> str:
    """Return the did:jwk of anything that JSON can write."""
    data = jwk if isinstance(jwk, bytes) else json.dumps(jwk).encode()
    return f"did:jwk:{multibase.base64url_encode(data)}"


def test_did_jwk_is_its_own_key(now):
    """The specification's example resolves to the key that it spells out, under `#0`."""
    document = did.resolve_did_jwk(P256_DID)

    key = controller.find_method(document, f"{P256_DID}#0", controller=P256_DID, now=now)

    assert key.to_jwk() == {
        "kty": "EC",
        "crv": "P-256",
        "x": "acbIQiuMs3i8_uszEjJ2tpTtRM4EU3yz91PH6CdH2V0",
        "y": "_KcyLj9vWMptnmKtm46GqDz8wf74I5LKgrl2GzH3nSE",
    }
    assert document["assertionMethod"] == [f"{P256_DID}#0"]


def test_did_jwk_of_every_kind(ed25519_key, rsa_key, now):
    """Also the longest that there is."""
    for key in (ed25519_key.public_key, rsa_key.public_key):
        identifier = did_jwk(key.to_jwk())

        document = did.resolve_did_jwk(identifier)

        assert key == controller.find_method(
            document, f"{identifier}#0", controller=identifier, now=now
        )


@pytest.mark.parametrize(
    "identifier",
    [
        X25519_DID,  # a key for encryption
        "did:jwk:",
        "did:jwk:e30",
        "did:jwk:W10",
        f"{P256_DID}#0",
        f"{P256_DID}=",
        P256_DID.replace("did:jwk", "did:key"),
        did_jwk(b'{"kty":"OKP","kty":"OKP"}'),
        did_jwk({"kty": "OKP", "crv": "Ed25519", "x": "AA", "d": "AA"}),
        did_jwk({"kty": "oct", "k": "AA"}),
        did_jwk({"pad": "x" * 2000}),
    ],
    ids=range(11),
)
def test_refuses_other_did_jwks(identifier):
    """K7: another use, another spelling, a private part, a key that two parsers read differently."""
    with pytest.raises(DIDRefused) as refused:
        did.resolve_did_jwk(identifier)

    assert refused.value.code == "bad_did"


@pytest.mark.parametrize(
    "identifier",
    [
        did_jwk({"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"}),
        "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme",  # secp256k1
    ],
)
def test_a_kind_of_key_that_we_do_not_verify_with_is_not_a_bad_identifier(identifier):
    """Nothing is wrong with it, except that we cannot check."""
    resolve = did.resolve_did_jwk if "jwk" in identifier else did.resolve_did_key

    with pytest.raises(DIDRefused) as refused:
        resolve(identifier)

    assert refused.value.code == "method_type_unknown"
