"""VC-JWT: read strictly, verified by the key's own algorithm, claims compared."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from badgeservice.errors import ProofInvalid
from badgeservice.openbadges import contexts, multibase, proofs
from badgeservice.openbadges.keys import PublicKey
from badgeservice.openbadges.proofs import compact, vc_jwt
from badgeservice.openbadges.proofs.vc_jwt import Algorithm

KID = "https://badges.example/issuers/a/keys/1"


@pytest.fixture(params=list(Algorithm))
def algorithm(request):
    """Each algorithm that we sign with."""
    return request.param


@pytest.fixture
def signer(algorithm, ed25519_key, p256_key, rsa_key):
    """The key pair for the algorithm."""
    return {
        Algorithm.EDDSA: ed25519_key,
        Algorithm.ES256: p256_key,
        Algorithm.RS256: rsa_key,
    }[algorithm]


@pytest.fixture
def token(credential, algorithm, signer):
    """The credential as a token."""
    return vc_jwt.sign(credential, sign=signer.sign, algorithm=algorithm, kid=KID)


def segment(value):
    """Write one part of a token; bytes stay as they are."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return multibase.base64url_encode(data)


def signed_token(header, payload, sign):
    """Write a token with any header and payload, soundly signed."""
    signing_input = f"{segment(header)}.{segment(payload)}"
    return f"{signing_input}.{multibase.base64url_encode(sign(signing_input.encode()))}"


@pytest.fixture
def payload(credential):
    """The payload of a sound token."""
    return credential | {
        "iss": "https://badges.example/issuers/a",
        "jti": "https://badges.example/b/1",
        "sub": "urn:uuid:0a40bd31-9b0f-4a2a-a4f2-3f0a4a0a4a0a",
        "nbf": 1_795_424_400,
        "exp": 1_858_582_800,
    }


HEADER = {"alg": "EdDSA", "typ": "JWT", "kid": KID}


class TestSigning:
    """What we emit is what Open Badges asks, no more."""

    def test_header_and_payload(self, token, algorithm, payload):
        """OB 3.0, section 8.2.4: the credential itself with the claims beside it."""
        header, body, _ = (base64.urlsafe_b64decode(part + "==") for part in token.split("."))

        assert json.loads(header) == {"alg": str(algorithm), "typ": "JWT", "kid": KID}
        assert json.loads(body) == payload

    def test_verifies(self, token, signer, credential):
        """And gives the credential back without the claims."""
        assert vc_jwt.verify(token, signer.public_key) == credential

    def test_claims_follow_the_credential(self, credential, ed25519_key):
        """No subject id, no `sub`; no end, no `exp`; an issuer may be a plain id."""
        del credential["validUntil"]
        del credential["credentialSubject"]["id"]
        credential["issuer"] = credential["issuer"]["id"]

        token = vc_jwt.sign(credential, sign=ed25519_key.sign, algorithm=Algorithm.EDDSA, kid=KID)

        claims = vc_jwt.parse(token).payload.keys() - credential.keys()
        assert claims == {"iss", "jti", "nbf"}
        assert vc_jwt.verify(token, ed25519_key.public_key) == credential

    def test_refuses_a_signer_that_gives_der(self, credential):
        """ES256 in JOSE is R followed by S."""
        with pytest.raises(ProofInvalid, match="70 bytes, expected 64"):
            vc_jwt.sign(credential, sign=lambda m: bytes(70), algorithm=Algorithm.ES256, kid=KID)

    @pytest.mark.parametrize("length", [128, 255, 513])
    def test_refuses_a_signer_whose_modulus_nobody_admits(self, credential, length):
        """A token that no verifier of ours would take never leaves."""
        with pytest.raises(ProofInvalid, match=f"{length} bytes, expected 256"):
            vc_jwt.sign(
                credential, sign=lambda m: bytes(length), algorithm=Algorithm.RS256, kid=KID
            )


class TestPublishedValues:
    """Tokens that others made."""

    @pytest.fixture
    def w3c_key(self, vectors):
        """The P-256 key of the W3C suite."""
        method = json.loads((vectors / "vc-jose-cose/vm-p256.json").read_bytes())
        return PublicKey.from_jwk(method["publicKeyJwk"])

    def test_w3c_minimal_credential(self, vectors, w3c_key):
        """Valid though it has no `nbf`, which only Open Badges requires."""
        path = vectors / "vc-jose-cose/credential-jose-minimal__vm-p256.txt"

        credential = vc_jwt.verify(path.read_text().strip(), w3c_key)

        assert credential["id"] == "http://university.example/credentials/1872"

    @pytest.mark.parametrize(
        ("name", "code"),
        [
            ("derived-jwt/alg-none", "bad_token"),
            ("derived-jwt/alg-None-case", "bad_token"),
            ("derived-jwt/payload-swapped", "bad_signature"),
            ("vc-jose-cose/credential-jose-bad-media-type__vm-ed25519", "unsupported_header"),
            ("vc-jose-cose/credential-jose-unknown-extensions__vm-ed25519", "alg_unsupported"),
        ],
    )
    def test_invalid_tokens(self, vectors, w3c_key, name, code):
        """Each is refused for the reason it was made for."""
        token = (vectors / f"{name}.txt").read_text().strip()

        with pytest.raises(ProofInvalid) as refused:
            vc_jwt.verify(token, w3c_key)

        assert refused.value.code == code

    def test_rfc_7515_example(self):
        """Appendix A.3: ES256, R followed by S."""
        jwk = {
            "kty": "EC",
            "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        }
        token = (
            "eyJhbGciOiJFUzI1NiJ9"
            ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
            "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
            ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA"
            "pmWQxfKTUJqPP3-Kg6NU1Q"
        )

        with pytest.raises(ProofInvalid) as refused:
            vc_jwt.verify(token, PublicKey.from_jwk(jwk))

        assert refused.value.code == "claim_mismatch"  # soundly signed, by no issuer

    def test_rfc_7515_example_of_rs256(self):
        """Appendix A.2: RSASSA-PKCS1-v1_5 with SHA-256."""
        jwk = {
            "kty": "RSA",
            "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp"
            "-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOW"
            "vG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUs"
            "LA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9k"
            "G4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2"
            "PAcDTW9gb54h4FRWyuXpoQ",
            "e": "AQAB",
        }
        signed = (
            "eyJhbGciOiJSUzI1NiJ9"
            ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
            "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        )
        signature = (
            "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7"
            "AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4"
            "BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K"
            "0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqv"
            "hJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrB"
            "p0igcN_IoypGlUPQGe77Rw"
        )
        key = PublicKey.from_jwk(jwk)

        key.verify(multibase.base64url_decode(signature), signed.encode())
        with pytest.raises(ProofInvalid) as refused:
            vc_jwt.verify(f"{signed}.{signature}", key)

        assert refused.value.code == "claim_mismatch"  # soundly signed, by no issuer

    def test_1edtech_rs256_badge(self, vectors):
        """Baked by others, under the key in its own header, which says nothing of the issuer."""
        image = (vectors / "ob3-1edtech/simple-jwt.svg").read_text()
        token = re.search(r"[\w-]+\.[\w-]+\.[\w-]{342}", image)[0]
        header = vc_jwt.parse(token).header

        credential = vc_jwt.verify(token, PublicKey.from_jwk(header["jwk"]))

        assert header["alg"] == "RS256"
        assert credential["name"] == "Teamwork Badge"
        with pytest.raises(ProofInvalid) as refused:
            vc_jwt.verify(token[:-10] + "AAAAAAAA" + token[-2:], PublicKey.from_jwk(header["jwk"]))
        assert refused.value.code == "bad_signature"

    @pytest.mark.parametrize("name", ["clr__simple.jwt", "simple-jwt_v1.svg"])
    def test_1edtech_rs256_of_the_older_model(self, vectors, name):
        """Soundly signed, with the credential in a claim of its own."""
        text = (vectors / "ob3-1edtech" / name).read_text()
        token = re.search(r"eyJ[\w-]+\.[\w-]+\.[\w-]{342}", text)[0]
        read = vc_jwt.parse(token)

        credential = vc_jwt.verify(token, PublicKey.from_jwk(read.header["jwk"]))

        assert credential == read.payload["vc"]
        assert credential["issuanceDate"] == "2010-01-01T00:00:00Z"


@pytest.fixture
def older(credential):
    """The claims of a token of the data model 1.1."""
    wrapped = credential | {"@context": [contexts.CREDENTIALS_V1, *credential["@context"][1:]]}
    wrapped["issuanceDate"] = wrapped.pop("validFrom")
    wrapped["expirationDate"] = wrapped.pop("validUntil")
    return vc_jwt._claims_of(credential) | {"vc": wrapped}


class TestOlderModel:
    """Tokens of the data model 1.1, whose credential stands in the claim `vc`."""

    def test_is_read(self, older, ed25519_key):
        """The credential is what the claim holds."""
        token = signed_token(HEADER, older, ed25519_key.sign)

        assert vc_jwt.verify(token, ed25519_key.public_key) == older["vc"]

    @pytest.mark.parametrize("name", ["id", "issuer", "issuanceDate", "expirationDate"])
    def test_a_claim_stands_for_what_the_credential_leaves_out(self, older, ed25519_key, name):
        """The model lets the token say it once."""
        whole = older["vc"]
        older["vc"] = {key: value for key, value in whole.items() if key != name}
        token = signed_token(HEADER, older, ed25519_key.sign)

        found = vc_jwt.verify(token, ed25519_key.public_key)

        expected = vc_jwt.issuer_id(whole) if name == "issuer" else whole[name]
        assert found == older["vc"] | {name: expected}

    @pytest.mark.parametrize(
        "claim", [{"iss": "https://mallory.example"}, {"jti": "urn:x"}, {"nbf": 1}, {"exp": 2}]
    )
    def test_a_claim_that_disagrees_is_refused(self, older, ed25519_key, claim):
        """J8, J9: a wallet reads the claim, we read the property."""
        assert refused_code(HEADER, older | claim, ed25519_key) == "claim_mismatch"

    @pytest.mark.parametrize("claim", [{"nbf": "soon"}, {"exp": 10**15}])
    def test_a_claim_that_is_no_time_is_refused(self, older, ed25519_key, claim):
        """Also where nothing in the credential could disagree with it."""
        del older["vc"]["issuanceDate"], older["vc"]["expirationDate"]

        assert refused_code(HEADER, older | claim, ed25519_key) == "claim_mismatch"

    @pytest.mark.parametrize(
        "change",
        [
            {"credentialSubject": {"id": "urn:x:mallory"}},
            {"vc": None},
            {"vc": "text"},
            {"vc": {}},
            {"vc": {"@context": [contexts.CREDENTIALS_V2, contexts.CREDENTIALS_V1]}},
        ],
        ids=str,
    )
    def test_nothing_stands_beside_it_and_it_is_of_that_model(self, older, ed25519_key, change):
        """J8: two credentials in one token, one shown and one checked."""
        assert refused_code(HEADER, older | change, ed25519_key) == "unknown_layout"


def refused_code(header, payload, signer):
    """The code with which a soundly signed token is refused."""
    with pytest.raises(ProofInvalid) as refused:
        vc_jwt.verify(signed_token(header, payload, signer.sign), signer.public_key)
    return refused.value.code


@pytest.mark.parametrize("alg", ["none", "None", "NoNe", "nOnE", "NONE"])
@pytest.mark.parametrize("signature", ["", "kept"])
def test_j1_no_algorithm(token, signer, alg, signature):
    """The oldest trick: say that no signature is needed."""
    _, body, kept = token.split(".")
    forged = f"{segment(HEADER | {'alg': alg})}.{body}.{kept if signature else ''}"

    with pytest.raises(ProofInvalid) as refused:
        vc_jwt.verify(forged, signer.public_key)

    assert refused.value.code == ("alg_not_allowed" if signature else "bad_token")


@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
def test_j2_public_key_as_hmac_secret(payload, signer, alg):
    """The public key is known to all; as a secret it would sign for all."""
    digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}[alg]
    pem = signer.public_key.to_pem().encode()
    secrets = [
        signer.public_key.material,
        json.dumps(signer.public_key.to_jwk()).encode(),
        pem,
        pem.strip(),
        b"\n " + pem,
        base64.b64decode(b"".join(pem.splitlines()[1:-1])),
    ]

    for secret in secrets:
        signing_input = f"{segment(HEADER | {'alg': alg})}.{segment(payload)}"
        mac = hmac.digest(secret, signing_input.encode(), digest)
        with pytest.raises(ProofInvalid) as refused:
            vc_jwt.verify(f"{signing_input}.{multibase.base64url_encode(mac)}", signer.public_key)
        assert refused.value.code == "alg_not_allowed"


@pytest.mark.parametrize("named", list(Algorithm))
def test_j2_one_key_one_algorithm(payload, algorithm, signer, named):
    """The key decides, not the token: RS256 under an ES256 key is refused unread."""
    token = signed_token(HEADER | {"alg": named}, payload, signer.sign)

    if named is algorithm:
        vc_jwt.verify(token, signer.public_key)
        return
    with pytest.raises(ProofInvalid) as refused:
        vc_jwt.verify(token, signer.public_key)
    assert refused.value.code == "alg_not_allowed"


def test_j2_another_keys_token(
    credential, token, algorithm, signer, ed25519_key, p256_key, rsa_key
):
    """A sound token of one key is nothing under a key of another kind."""
    for other in (ed25519_key, p256_key, rsa_key):
        if other is not signer:
            with pytest.raises(ProofInvalid) as refused:
                vc_jwt.verify(token, other.public_key)
            assert refused.value.code == "alg_not_allowed"


def test_a_token_of_our_own_is_checked_without_the_library(
    credential, token, algorithm, signer, ed25519_key, p256_key, rsa_key
):
    """By its very text and its signature; what `verify` would read in it need not be asked."""
    other = {id(s): s for s in (ed25519_key, p256_key, rsa_key) if s is not signer}.popitem()[1]

    def carries(text, of=credential, kid=KID):
        return vc_jwt.carries(text, vc_jwt.segment(of), algorithm=algorithm, kid=kid)

    assert carries(token)
    compact.check_own_signature(token, algorithm, signer.public_key)
    for text, key, code in (
        (f"{token[:-4]}AAAA", signer.public_key, "bad_signature"),
        (f"{token}=", signer.public_key, "bad_signature"),
        (token.replace(".ey", ".eY", 1), signer.public_key, "bad_signature"),
        (token, other.public_key, "alg_not_allowed"),
    ):
        with pytest.raises(ProofInvalid) as refused:
            compact.check_own_signature(text, algorithm, key)
        assert refused.value.code == code
    assert not carries(token, credential | {"name": "Doctorat"})
    assert not carries(token, kid=f"{KID}-2")
    assert not carries(token.replace(".ey", ".eY", 1))
    assert not carries(token.replace(".", "", 1))


def test_no_token_of_our_own_is_longer_than_what_is_read(credential, ed25519_key):
    """Its length is the one thing that may be wrong with what was built soundly."""
    long = credential | {"description": "x" * 50_000}
    token = vc_jwt.sign(long, sign=ed25519_key.sign, algorithm=Algorithm.EDDSA, kid=KID)

    with pytest.raises(ProofInvalid):
        vc_jwt.parse(token)
    assert not vc_jwt.carries(token, vc_jwt.segment(long), algorithm=Algorithm.EDDSA, kid=KID)


@pytest.mark.parametrize("length", [0, 1, 64, 255, 257, 512])
def test_rs256_signatures_are_as_long_as_the_modulus(payload, rsa_key, length):
    """Zeros in front, or a part of it, would make a second text of one signature."""

    def sign(message):
        signature = rsa_key.sign(message)
        return signature.rjust(length, b"\0")[:length] if length else b""

    forged = signed_token(HEADER | {"alg": "RS256"}, payload, sign)

    with pytest.raises(ProofInvalid) as refused:
        vc_jwt.verify(forged, rsa_key.public_key)
    assert refused.value.code == ("bad_signature" if length else "bad_token")


@pytest.mark.parametrize(
    ("scheme", "digest"),
    [
        (padding.PKCS1v15(), hashes.SHA1()),
        (padding.PKCS1v15(), hashes.SHA512()),
        (padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()),
    ],
    ids=["sha1", "sha512", "pss"],
)
def test_rs256_is_one_padding_and_one_digest(payload, scheme, digest):
    """The header says RS256; what another scheme signed is not that."""
    private = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    key = PublicKey.from_pem(
        private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    )
    forged = signed_token(
        HEADER | {"alg": "RS256"}, payload, lambda message: private.sign(message, scheme, digest)
    )

    with pytest.raises(ProofInvalid) as refused:
        vc_jwt.verify(forged, key)
    assert refused.value.code == "bad_signature"


def test_j3_key_in_the_header_is_never_used(payload, ed25519_key, other_ed25519_key):
    """A token that brings its own key proves nothing about the issuer."""
    header = HEADER | {"jwk": other_ed25519_key.public_key.to_jwk()}
    forged = signed_token(header, payload, other_ed25519_key.sign)

    with pytest.raises(ProofInvalid) as refused:
        vc_jwt.verify(forged, ed25519_key.public_key)

    assert refused.value.code == "bad_signature"


@pytest.mark.parametrize(
    "jwk", [{"kty": "OKP", "d": "AAAA"}, {"kty": "oct", "k": "AAAA"}, "x", None]
)
def test_a_private_key_in_the_header_is_refused(payload, ed25519_key, jwk):
    """Somebody published a secret; whatever it signs is no longer theirs."""
    assert refused_code(HEADER | {"jwk": jwk}, payload, ed25519_key) == "private_key"


@pytest.mark.parametrize(
    "extra",
    [
        {"jku": "https://evil.example/jwks"},
        {"x5u": "file:///etc/passwd"},
        {"x5c": []},
        {"x5t": "x"},
        {"x5t#S256": "x"},
        {"crit": []},
        {"crit": ["exp"], "exp": 1},
        {"crit": ["b64"], "b64": False},
        {"b64": False},
        {"b64": True},
        {"zip": "DEF"},
        {"enc": "A128GCM"},
        {"epk": {}},
        {"anything": 1},
        {"kid": 5},
        {"kid": {"$ne": None}},
        {"typ": "at+jwt"},
        {"typ": "openid4vci-proof+jwt"},
        {"typ": "session"},
        {"typ": None},
        {"typ": ["JWT"]},
    ],
    ids=str,
)
def test_j4_j5_j11_headers_that_are_not_understood(payload, ed25519_key, extra):
    """Libraries accept `crit: []` or ignore `zip`; what is not understood is refused here."""
    assert refused_code(HEADER | extra, payload, ed25519_key) == "unsupported_header"


@pytest.mark.parametrize("extra", [{}, {"typ": "vc+jwt", "cty": "vc"}, {"typ": "vc+ld+json+jwt"}])
def test_known_types_and_no_kid_are_accepted(payload, credential, ed25519_key, extra):
    """W3C and Open Badges write `typ` differently, and `kid` may be absent."""
    token = signed_token({"alg": "EdDSA", "iat": 1} | extra, payload, ed25519_key.sign)

    assert vc_jwt.verify(token, ed25519_key.public_key) == credential
    assert vc_jwt.parse(token).kid is None


@pytest.mark.parametrize(
    "alg", [5, None, ["EdDSA"], {"alg": "EdDSA"}, "eddsa", "EdDSA ", "", "HS256K"]
)
def test_algorithms_that_are_no_name(payload, ed25519_key, alg):
    """The type of `alg` is the attacker's choice too."""
    assert refused_code(HEADER | {"alg": alg}, payload, ed25519_key) == "alg_not_allowed"


@pytest.mark.parametrize("alg", ["RS384", "PS512", "ES384", "ES512", "ES256K", "Ed25519", "Ed448"])
def test_sound_algorithms_that_we_do_not_verify_have_their_own_code(payload, ed25519_key, alg):
    """Not checked is not the same as false."""
    assert refused_code(HEADER | {"alg": alg}, payload, ed25519_key) == "alg_unsupported"


@pytest.mark.parametrize(
    ("header", "body", "code"),
    [
        (b'{"alg":"EdDSA","alg":"none"}', b"{}", "duplicate_key"),
        (b'{"alg":"none","\\u0061lg":"EdDSA"}', b"{}", "duplicate_key"),
        (None, b'{"issuer":"a","issuer":"b"}', "duplicate_key"),
        (None, b'{"a":{"issuer":"a","\\u0069ssuer":"b"}}', "duplicate_key"),
        (None, b"\xef\xbb\xbf{}", "bad_encoding"),
        (None, '{"a":1}'.encode("utf-16"), "bad_encoding"),
        (None, b'{"a":NaN}', "bad_number"),
        (None, b'{"a":' + b"9" * 5000 + b"}", "bad_number"),
        (None, b"[" * 20_000, "too_deep"),
        (None, b"[]", "not_an_object"),
        (b'"EdDSA"', b"{}", "not_an_object"),
        (None, b"not json", "bad_json"),
    ],
)
def test_j6_one_reading_only(ed25519_key, header, body, code):
    """Both common libraries keep the last of repeated keys without a word."""
    assert refused_code(header or HEADER, body, ed25519_key) == code


def test_j7_one_text_for_one_token(token, signer):
    """Padding, other alphabets, spaces and trailing bits make other texts of the same token."""
    header, body, signature = token.split(".")
    forgeries = [
        f"{header}.{body}.{signature}==",
        f"{header}=.{body}.{signature}",
        f"{header}.{body}.{signature}\n",
        f" {header}.{body}.{signature}",
        f"{header}.{body} .{signature}",
        f"{header}.{body}.{signature}.",
        f"{header}.{body}.{signature}.{signature}",
        f"{header}.{body}",
        f"{header}..{signature}",
        f"{header}.{body}.",
        json.dumps({"protected": header, "payload": body, "signature": signature}),
        "",
        f"{header}.{body}.{signature}+/",
        f"{header[:-1]}.{body}.{signature}",
    ]

    for forged in forgeries:
        with pytest.raises(ProofInvalid):
            vc_jwt.verify(forged, signer.public_key)


def test_j7_trailing_bits(token, signer):
    """64 and 256 bytes leave four bits in the last character; libraries ignore them."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(token[-1])

    for bits in range(1, 16):
        with pytest.raises(ProofInvalid):
            vc_jwt.verify(token[:-1] + alphabet[last ^ bits], signer.public_key)


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://victim.example"},
        {"iss": None},
        {"iss": ["https://badges.example/issuers/a"]},
        {"jti": "https://badges.example/b/2"},
        {"sub": "urn:uuid:other"},
        {"nbf": 1_795_424_401},
        {"exp": 1_858_582_799},
        {"issuer": {"id": "https://victim.example", "type": ["Profile"]}},
        {"issuer": "https://victim.example"},
        {"issuer": None},
        {"id": "https://badges.example/b/2"},
        {"credentialSubject": []},
        {"credentialSubject": {"type": ["AchievementSubject"]}},
        {"validFrom": "2026-11-23T09:00:01Z"},
        {"validFrom": "2026-11-23"},
        {"validFrom": None},
        {"validUntil": "2029-11-23T09:00:00Z"},
        {"validUntil": None},
        *(
            {claim: value}
            for claim in ("nbf", "exp")
            for value in ("1795424400", True, 1795424400.5, -1, 10**15, None, [], {})
        ),
    ],
    ids=str,
)
def test_j8_j9_claims_that_disagree(payload, ed25519_key, change):
    """A wallet reads the claim, we read the property: they must say the same."""
    assert refused_code(HEADER, payload | change, ed25519_key) == "claim_mismatch"


@pytest.mark.parametrize("wrapper", ["vc", "vp"])
def test_j8_wrapped_credentials_are_refused(payload, credential, ed25519_key, wrapper):
    """Two credentials in one token, one shown and one checked."""
    code = refused_code(HEADER, payload | {wrapper: credential}, ed25519_key)

    assert code == "unknown_layout"


def test_exp_alone_ends_the_validity(payload, ed25519_key):
    """OB 3.0: the verifier takes `validUntil` from `exp`."""
    del payload["validUntil"]
    token = signed_token(HEADER, payload, ed25519_key.sign)

    assert vc_jwt.verify(token, ed25519_key.public_key)["validUntil"] == "2028-11-23T09:00:00Z"


def test_instants_are_compared_not_texts(payload, ed25519_key):
    """Other issuers write offsets and fractions, and JWT whole seconds."""
    payload["validFrom"] = "2026-11-23T10:00:00.250+01:00"
    token = signed_token(HEADER, payload | {"aud": "x", "iat": "text"}, ed25519_key.sign)

    assert vc_jwt.verify(token, ed25519_key.public_key)["validFrom"] == payload["validFrom"]


def test_j10_size_before_everything():
    """A header of hundreds of megabytes must not be decoded to be refused."""
    start = time.process_time()

    for token in ["A" * 50_000_000 + ".A.A", None, b"A.A.A"]:
        with pytest.raises(ProofInvalid) as refused:
            vc_jwt.parse(token)
        assert refused.value.code == "bad_token"

    assert time.process_time() - start < 2


def test_parse_says_what_is_not_yet_believed(token, algorithm, payload, credential):
    """The caller looks for the key by `kid` before there is anything to verify with."""
    parsed = vc_jwt.parse(token)

    assert parsed.kid == KID
    assert parsed.algorithm is algorithm
    assert parsed.payload == payload
    assert parsed.credential == credential


def test_formats_lists_every_module():
    """A format that the table forgets would never be tried."""
    shared = {"__init__", "compact", "data_integrity"}
    written = {path.stem for path in Path(proofs.__file__).parent.glob("*.py")} - shared

    assert written == {module.__name__.rpartition(".")[2] for module in proofs.FORMATS}
