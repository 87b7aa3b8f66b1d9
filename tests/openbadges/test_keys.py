"""keys: which public keys are admitted, and what they verify."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from badgeservice.errors import BadSignature, KeyRefused
from badgeservice.openbadges import multibase
from badgeservice.openbadges.keys import KeyKind, PublicKey

# The eight points of small order, encoded as in RFC 8032.
SMALL_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
]
NOT_CANONICAL = [
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]

ED25519_MULTIKEY = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
# Controlled Identifiers 1.0, section 2.2.2, example of a P-256 Multikey.
P256_MULTIKEY = "zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv"
# RFC 7515, appendix A.3.
P256_JWK = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
# RFC 8037, appendix A.2.
ED25519_JWK = {
    "kty": "OKP",
    "crv": "Ed25519",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
}


@pytest.mark.parametrize("point", SMALL_ORDER + NOT_CANONICAL)
def test_refuses_small_order_and_non_canonical_ed25519(point):
    """Under the neutral point one constant signature verifies every message."""
    with pytest.raises(KeyRefused, match="small order"):
        PublicKey(KeyKind.ED25519, bytes.fromhex(point))


def test_refuses_an_ed25519_point_off_the_curve():
    """Y = 2 has no x on the curve."""
    with pytest.raises(KeyRefused, match="not on the curve"):
        PublicKey(KeyKind.ED25519, (2).to_bytes(32, "little"))


@pytest.mark.parametrize(
    ("kind", "length"), [(KeyKind.ED25519, 31), (KeyKind.ED25519, 33), (KeyKind.P256, 32)]
)
def test_refuses_other_lengths(kind, length):
    """A key is exactly as long as its standard says."""
    with pytest.raises(KeyRefused, match=f"{length} bytes"):
        PublicKey(kind, bytes(length))


@pytest.mark.parametrize("text", [ED25519_MULTIKEY, P256_MULTIKEY])
def test_multikey_round_trip(text):
    """The text is canonical."""
    assert text == PublicKey.from_multikey(text).to_multikey()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2", "prefix"),
        ("u7QEB", "prefix"),
        (ED25519_MULTIKEY + "0", "digit"),
        (ED25519_MULTIKEY + " ", "digit"),
        (multibase.encode(b"\xed\x01" + bytes(31), "z"), "31 bytes"),
        (multibase.encode(b"\xed\x01" + bytes(33), "z"), "33 bytes"),
        (multibase.encode(b"\xec\x01" + bytes(32), "z"), "prefix ec01"),
        (multibase.encode(b"\xed\x01" + b"\x02" * 33, "z"), "33 bytes"),
        (multibase.encode(b"\x80\x24" + b"\x04" + bytes(32), "z"), "not on the curve"),
        (multibase.encode(b"\x80\x24" + b"\x02" + b"\xff" * 32, "z"), "not on the curve"),
        ("", "prefix"),
    ],
)
def test_refuses_malformed_multikeys(text, reason):
    """K7 of the threat model: wrong codec, wrong length, other alphabets."""
    with pytest.raises(KeyRefused, match=reason):
        PublicKey.from_multikey(text)


@pytest.mark.parametrize("jwk", [ED25519_JWK, P256_JWK])
def test_jwk_round_trip(jwk):
    """Members that say what the key is for are read and not written."""
    assert jwk == PublicKey.from_jwk(jwk | {"kid": "1", "use": "sig"}).to_jwk()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"d": "AAAA"}, "private"),
        ({"crv": "P-521"}, "neither"),
        ({"crv": ["P-256"]}, "neither"),
        ({"kty": "OKP"}, "neither"),
        ({"use": "enc"}, "not meant"),
        ({"key_ops": ["sign"]}, "not meant"),
        ({"alg": "HS256"}, "alg"),
        ({"alg": "EdDSA"}, "alg"),
        ({"x": "AAAA"}, "32 bytes"),
        ({"x": 5}, "32 bytes"),
        ({"y": P256_JWK["y"] + "="}, "base64url"),
        ({"y": P256_JWK["x"]}, "not on P-256"),
    ],
    ids=str,
)
def test_refuses_malformed_jwks(change, reason):
    """A key that is private, for another use, or off its curve is not a key to believe."""
    with pytest.raises(KeyRefused, match=reason):
        PublicKey.from_jwk(P256_JWK | change)


def test_refuses_a_jwk_that_is_no_object():
    """A thief of types must not get an AttributeError out of us."""
    with pytest.raises(KeyRefused, match="not an object"):
        PublicKey.from_jwk("key")  # type: ignore[arg-type]


def test_wycheproof_ed25519(vectors):
    """151 vectors: malleability, wrong lengths, wrong keys; verdicts as published."""
    suite = json.loads((vectors / "wycheproof/ed25519_test.json").read_bytes())
    wrong = []
    count = 0

    for group in suite["testGroups"]:
        key = PublicKey(KeyKind.ED25519, bytes.fromhex(group["publicKey"]["pk"]))
        for case in group["tests"]:
            count += 1
            try:
                key.verify(bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"]))
                verdict = "valid"
            except BadSignature:
                verdict = "invalid"
            if verdict != case["result"]:
                wrong.append(case["tcId"])

    assert wrong == []
    assert suite["numberOfTests"] == count


def test_verifies_es256_in_raw_form():
    """JOSE writes R and S side by side; DER is refused."""
    private = ec.generate_private_key(ec.SECP256R1())
    numbers = private.public_key().public_numbers()
    key = PublicKey.from_jwk(
        {
            "kty": "EC",
            "crv": "P-256",
            "x": multibase.base64url_encode(numbers.x.to_bytes(32, "big")),
            "y": multibase.base64url_encode(numbers.y.to_bytes(32, "big")),
        }
    )
    der = private.sign(b"message", ec.ECDSA(hashes.SHA256()))
    r, s = decode_dss_signature(der)
    raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")

    key.verify(raw, b"message")

    with pytest.raises(BadSignature, match="expected 64"):
        key.verify(der, b"message")
    for forged in [raw[:32] + bytes(32), bytes(64), raw[::-1]]:
        with pytest.raises(BadSignature):
            key.verify(forged, b"message")
    with pytest.raises(BadSignature):
        key.verify(raw, b"other message")
