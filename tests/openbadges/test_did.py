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
