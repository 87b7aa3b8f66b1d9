"""keys: which public keys are admitted, and what they verify."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from badgeservice.errors import BadSignature, KeyRefused
from badgeservice.openbadges import multibase
from badgeservice.openbadges.keys import KIND_UNKNOWN, SIGNING_KINDS, KeyKind, PublicKey

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
    ("kind", "length"),
    [(KeyKind.ED25519, 31), (KeyKind.ED25519, 33), (KeyKind.P256, 32), (KeyKind.P384, 33)],
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


def test_the_thumbprint_is_that_of_rfc_8037():
    """Appendix A.3: members in their order, nothing else."""
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}

    thumbprint = PublicKey.from_jwk(jwk | {"kid": "1"}).thumbprint

    assert thumbprint == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


@pytest.mark.parametrize("jwk", [ED25519_JWK, P256_JWK])
def test_jwk_round_trip(jwk):
    """Members that say what the key is for are read and not written."""
    assert jwk == PublicKey.from_jwk(jwk | {"kid": "1", "use": "sig"}).to_jwk()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"d": "AAAA"}, "private"),
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


@pytest.mark.parametrize(
    "jwk",
    [
        {"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA"},
        {"kty": "OKP", "crv": "Ed448", "x": "AA"},
    ],
    ids=lambda jwk: jwk["crv"],
)
def test_a_jwk_of_a_kind_that_we_do_not_verify_with_is_not_called_bad(jwk):
    """Nothing speaks against it; we merely cannot check."""
    with pytest.raises(KeyRefused) as refused:
        PublicKey.from_jwk(jwk)

    assert refused.value.code == KIND_UNKNOWN


@pytest.mark.parametrize(
    ("prefix", "name"), [("e701", "secp256k1"), ("8224", "P-521"), ("8524", "RSA")]
)
def test_a_multikey_of_a_kind_that_we_do_not_verify_with_is_not_called_bad(prefix, name):
    """The same for the registered prefixes of others."""
    text = multibase.encode(bytes.fromhex(prefix) + bytes(33), multibase.BASE58BTC)

    with pytest.raises(KeyRefused, match=name) as refused:
        PublicKey.from_multikey(text)

    assert refused.value.code == KIND_UNKNOWN


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


def test_verifies_what_another_signed_with_p384(vectors):
    """ES384 is R and S of 48 bytes each over SHA-384; the token and its key are the W3C's."""
    folder = vectors / "vc-jose-cose"
    jwk = json.loads((folder / "vm-p384.json").read_bytes())["publicKeyJwk"]
    token = (folder / "presentation-jose-multiple__vm-p384.txt").read_text().strip()
    message, _, signature = token.rpartition(".")
    raw = multibase.base64url_decode(signature)
    key = PublicKey.from_jwk(jwk)

    key.verify(raw, message.encode())

    assert KeyKind.P384 is key.kind
    assert 96 == key.signature_bytes
    assert {name: jwk[name] for name in ("kty", "crv", "x", "y")} == key.to_jwk()
    assert key == PublicKey.from_multikey(key.to_multikey())
    assert key.to_multikey().startswith("z82")
    for forged in (raw[:-1], bytes(96), raw[48:] + raw[:48]):
        with pytest.raises(BadSignature):
            key.verify(forged, message.encode())
    with pytest.raises(BadSignature):
        key.verify(raw, message.encode() + b" ")


def test_a_key_of_one_curve_is_none_of_another(vectors):
    """The same coordinates under another name are too long, too short, or off the curve."""
    jwk = json.loads((vectors / "vc-jose-cose/vm-p384.json").read_bytes())["publicKeyJwk"]

    for change in ({"crv": "P-256"}, {"y": jwk["x"]}, {"alg": "ES256"}):
        with pytest.raises(KeyRefused):
            PublicKey.from_jwk(jwk | change)


@pytest.fixture(scope="session")
def rsa_vectors(vectors):
    """The groups of the Wycheproof suite for RSASSA-PKCS1-v1_5 with SHA-256, 2048 bits."""
    path = vectors / "wycheproof/rsa_signature_2048_sha256_test.json"
    return json.loads(path.read_bytes())["testGroups"]


def test_wycheproof_rsa(rsa_vectors):
    """257 vectors under an ordinary key; the one called acceptable lacks a NULL and is refused."""
    group = rsa_vectors[0]
    key = PublicKey.from_jwk({n: v for n, v in group["keyJwk"].items() if n != "kid"})
    wrong = []

    for case in group["tests"]:
        try:
            key.verify(bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"]))
            verdict = "valid"
        except BadSignature:
            verdict = "invalid"
        if verdict != case["result"].replace("acceptable", "invalid"):
            wrong.append(case["tcId"])

    assert wrong == []
    assert len(group["tests"]) == 257


@pytest.mark.parametrize("group", [1, 2])
def test_wycheproof_rsa_with_exponent_three(rsa_vectors, group):
    """Published as valid; we admit one exponent only, since small ones forgive faulty padding."""
    with pytest.raises(KeyRefused, match="exponent is not 65537"):
        PublicKey.from_jwk(rsa_vectors[group]["keyJwk"])
    with pytest.raises(KeyRefused, match="exponent is not 65537"):
        PublicKey.from_pem(rsa_vectors[group]["publicKeyPem"])


def test_wycheproof_rsa_key_in_each_form(rsa_vectors):
    """Others wrote it as JWK, as DER and as PEM; it is one key, and we write the same."""
    group = rsa_vectors[0]
    from_jwk = PublicKey.from_jwk(group["keyJwk"])

    assert from_jwk == PublicKey.from_pem(group["publicKeyPem"])
    assert from_jwk.to_jwk() == {name: group["keyJwk"][name] for name in ("kty", "n", "e")}
    assert group["publicKeyPem"].strip() == from_jwk.to_pem().strip()


MODULUS = rsa.generate_private_key(public_exponent=65_537, key_size=2048).public_key()
RSA_JWK = {
    "kty": "RSA",
    "n": multibase.base64url_encode(MODULUS.public_numbers().n.to_bytes(256, "big")),
    "e": "AQAB",
}


def modulus_jwk(number: int) -> dict:
    """Write a number as the modulus of a JSON Web Key."""
    data = number.to_bytes((number.bit_length() + 7) // 8 or 1, "big")
    return {"n": multibase.base64url_encode(data)}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"e": "AQ"}, "exponent"),
        ({"e": "Aw"}, "exponent"),
        ({"e": "AAEAAQ"}, "exponent"),
        ({"e": "AQAD"}, "exponent"),
        ({"e": None}, "exponent"),
        ({"e": "AQAB="}, "e: "),
        ({"n": None}, "0 bits"),
        ({"n": RSA_JWK["n"] + "="}, "n: "),
        ({"n": "AA" + "A" * 342}, "0 bits"),
        ({"n": multibase.base64url_encode(b"\0" + multibase.base64url_decode(RSA_JWK["n"]))},
         "begins with a zero"),
        (modulus_jwk(2**1023 + 1), "1024 bits"),
        (modulus_jwk(2**2046 + 1), "2047 bits"),
        (modulus_jwk(2**4096 + 1), "4097 bits"),
        (modulus_jwk(2**2047), "small factor"),
        (modulus_jwk(751 * (2**2040 + 1)), "small factor"),
        ({"crv": "P-256", "kty": "EC"}, "x is not 32 bytes"),
        ({"kty": "oct"}, "neither"),
        ({"alg": "PS256"}, "alg"),
        ({"alg": "HS256"}, "alg"),
        ({"use": "enc"}, "not meant"),
        *(({secret: "AAAA"}, "private") for secret in ("d", "p", "q", "dp", "dq", "qi", "oth")),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)  # fmt: skip
def test_refuses_weak_and_malformed_rsa_keys(change, reason):
    """Exponent 1 verifies anything, 3 forgives padding, a short modulus is factored."""
    with pytest.raises(KeyRefused, match=reason):
        PublicKey.from_jwk(RSA_JWK | change)


@pytest.mark.parametrize("bits", [2048, 3072, 4096])
def test_rsa_signatures_are_as_long_as_the_modulus(bits):
    """The length follows from the key; one of another length is refused before it is read."""
    private = rsa.generate_private_key(public_exponent=65_537, key_size=bits)
    key = PublicKey.from_pem(pem_of(private.public_key()))

    assert bits // 8 == key.signature_bytes
    with pytest.raises(BadSignature, match=f"expected {bits // 8}"):
        key.verify(bytes(64), b"message")


def test_rsa_has_no_multikey(rsa_key):
    """Nobody reads one; it is published as a JSON Web Key."""
    with pytest.raises(KeyRefused, match="no form for RSA"):
        rsa_key.public_key.to_multikey()


@pytest.mark.parametrize("kind", SIGNING_KINDS)
def test_pem_round_trip(kind, ed25519_key, p256_key, rsa_key):
    """Line ends and surrounding white space do not matter, since files pass through editors."""
    signer = {KeyKind.ED25519: ed25519_key, KeyKind.P256: p256_key, KeyKind.RSA: rsa_key}[kind]
    pem = signer.public_key.to_pem()

    assert signer.public_key == PublicKey.from_pem(pem)
    assert signer.public_key == PublicKey.from_pem("\n" + pem.replace("\n", "\r\n") + " ")


def pem_of(key, encoding_format=PublicFormat.SubjectPublicKeyInfo) -> str:
    """Write a public key as the library does."""
    return key.public_bytes(Encoding.PEM, encoding_format).decode()


def wrapped(der: bytes) -> str:
    """Write bytes as a PEM block."""
    return f"-----BEGIN PUBLIC KEY-----\n{base64.b64encode(der).decode()}\n-----END PUBLIC KEY-----"


def compressed_p256() -> bytes:
    """A SubjectPublicKeyInfo with a compressed point, which few can read."""
    point = PublicKey.from_multikey(P256_MULTIKEY).material
    head = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200")
    return head + point


def pss_only() -> bytes:
    """An RSA key that says it signs with RSASSA-PSS alone (RFC 4055)."""
    plain = MODULUS.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    pkcs1 = MODULUS.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    head = bytes.fromhex("300b06092a864886f70d01010a")
    string = plain[len(plain) - len(pkcs1) - 5 :]
    body = head + string
    return b"\x30\x82" + len(body).to_bytes(2, "big") + body


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "not a text"),
        ("A" * 5000, "not a text"),
        ("", "not one block"),
        (pem_of(MODULUS) * 2, "not one block"),
        ("key:\n" + pem_of(MODULUS), "not one block"),
        (pem_of(MODULUS, PublicFormat.PKCS1), "not one block"),
        (wrapped(b"not a key"), "not a public key"),
        ("-----BEGIN PUBLIC KEY-----\nAAA\n-----END PUBLIC KEY-----", "not a public key"),
        (wrapped(base64.b64decode("".join(pem_of(MODULUS).splitlines()[1:-1])) + b"\0"),
         "not a public key"),
        (wrapped(compressed_p256()), "not the one way"),
        (wrapped(pss_only()), "not the one way"),
        (pem_of(ed448.Ed448PrivateKey.generate().public_key()), "neither"),
        (pem_of(ec.generate_private_key(ec.SECP384R1()).public_key()), "neither"),
        (pem_of(dsa.generate_private_key(1024).public_key()), "neither"),
        (pem_of(rsa.generate_private_key(public_exponent=3, key_size=2048).public_key()),
         "exponent"),
        (pem_of(rsa.generate_private_key(public_exponent=65_537, key_size=1024).public_key()),
         "1024 bits"),
    ],
    ids=lambda value: str(value)[:24],
)  # fmt: skip
def test_refuses_other_pem(text, reason):
    """One block, one kind of content, one way to write it."""
    with pytest.raises(KeyRefused, match=reason):
        PublicKey.from_pem(text)


def test_a_private_key_in_pem_is_refused_as_such():
    """Somebody published a secret; whatever it signs is no longer theirs."""
    private = ec.generate_private_key(ec.SECP256R1())
    text = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    with pytest.raises(KeyRefused) as refused:
        PublicKey.from_pem(text)

    assert refused.value.code == "private_key"
