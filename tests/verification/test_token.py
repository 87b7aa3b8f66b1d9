"""Tokens: what JOSE allows, and what an attacker makes of it (security J1 to J10)."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest

from badgeservice.openbadges import multibase, timestamps
from badgeservice.verification import Verdict
from badgeservice.verification.codes import Code
from badgeservice.verification.report import Integrity

from .school import NOW, Key, School

MALLORY = Key(66)


def part(value: Any) -> str:
    """Return a value as a part of a token."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return multibase.base64url_encode(data)


def payload_of(token: str) -> dict[str, Any]:
    """Return the claims of a token."""
    claims: dict[str, Any] = json.loads(multibase.base64url_decode(token.split(".")[1]))
    return claims


def signed(school: School, header: dict[str, Any], payload: Any, *, key: Key | None = None) -> str:
    """Return a token with exactly this header and payload, well signed as ES256."""
    message = f"{part(header)}.{part(payload)}"
    signature = (key or school.key).sign_es256(message.encode())
    return f"{message}.{multibase.base64url_encode(signature)}"


def header_of(school: School, **changes: Any) -> dict[str, Any]:
    """Return the header of an ordinary token, with changes."""
    return {"alg": "ES256", "typ": "JWT", "kid": school.jwt_method} | changes


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "", None, "HS256", "ES256 "])
@pytest.mark.parametrize("keep_signature", [True, False])
def test_the_token_does_not_choose_its_algorithm(school, algorithm, keep_signature):
    """`none` in all its spellings, with and without a signature (J1)."""
    token = school.issue_token()
    signature = token.split(".")[2] if keep_signature else ""
    forged = f"{part(header_of(school, alg=algorithm))}.{token.split('.')[1]}.{signature}"

    report = school.verify(forged)

    assert report.find(Code.ALGORITHM_NOT_ALLOWED, Code.TOKEN_MALFORMED)
    assert report.integrity is Integrity.INVALID
    assert school.asked == []


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_a_public_key_is_never_a_shared_secret(school, algorithm):
    """The oldest confusion: HMAC with the public key, which everybody knows (J2)."""
    jwk = school.key.public_p256.to_jwk()
    for secret in (school.key.public_p256.material, json.dumps(jwk).encode(), b""):
        message = f"{part(header_of(school, alg=algorithm))}.{part(school.credential())}"
        mac = hmac.new(secret, message.encode(), getattr(hashlib, f"sha{algorithm[2:]}")).digest()

        report = school.verify(f"{message}.{multibase.base64url_encode(mac)}")

        assert report.find(Code.ALGORITHM_NOT_ALLOWED)


def test_a_key_in_the_header_proves_nothing(school):
    """Signed by itself: the public validator accepts it, whoever the issuer (J3)."""
    header = {"alg": "ES256", "typ": "JWT", "jwk": MALLORY.public_p256.to_jwk()}

    report = school.verify(signed(school, header, school.credential(), key=MALLORY))

    assert report.find(Code.KEY_NOT_BOUND)
    assert (report.verdict, report.integrity) == (Verdict.RED, Integrity.INVALID)
    assert school.asked == [school.id]


def test_j3_a_key_in_the_header_counts_if_the_issuer_publishes_the_same(school):
    """A hint, by which the issuer's own key is found; the report gives the issuer's name for it."""
    header = {"alg": "ES256", "typ": "JWT", "jwk": school.key.public_p256.to_jwk() | {"kid": "x"}}
    token = signed(school, header, payload_of(school.issue_token()))
    school.enter(school.credential(), token)

    report = school.verify(token)

    assert report.verdict is Verdict.GREEN
    proven = report.find(Code.PROVEN)
    assert proven is not None
    assert proven.detail == school.jwt_method


@pytest.mark.parametrize("jwk", [{}, {"kty": "EC"}, {"kty": "oct"}, {"crv": "P-521", "kty": "EC"}])
def test_j3_a_key_in_the_header_that_is_none_is_not_the_issuers(school, jwk):
    """Malformed, empty or of another kind."""
    header = {"alg": "ES256", "typ": "JWT", "jwk": jwk}

    report = school.verify(signed(school, header, school.credential()))

    assert report.find(Code.KEY_NOT_BOUND)


def test_j3_a_key_in_the_header_that_its_issuer_withdrew(school):
    """The issuer's once, and no more."""
    document = school.issuer_document()
    for method in document["verificationMethod"]:
        method["revoked"] = "2026-11-22T00:00:00Z"
    school.put(school.id, document)
    school.owns = lambda issuer_id: False
    header = {"alg": "ES256", "typ": "JWT", "jwk": school.key.public_p256.to_jwk()}

    report = school.verify(signed(school, header, school.credential()))

    assert report.find(Code.KEY_REVOKED)
    assert report.verdict is Verdict.RED


def test_a_token_that_neither_names_nor_shows_its_key_is_not_checked(school):
    """There is nothing to ask its issuer for (OB 3.0 wants one of the two)."""
    report = school.verify(signed(school, {"alg": "ES256"}, school.credential()))

    assert report.find(Code.KEY_NOT_NAMED)
    assert report.verdict is not Verdict.GREEN
    assert school.asked == []


def test_a_key_may_be_named_relative_to_its_issuer(school):
    """As VC-JOSE-COSE has it for identifiers that are DIDs."""
    document = school.issuer_document()
    relative = f"{school.id}#p256"
    for method in document["verificationMethod"]:
        if method["id"] == school.jwt_method:
            method["id"] = relative
    document["assertionMethod"].append(relative)
    school.put(school.id, document)
    token = signed(school, header_of(school, kid="#p256"), payload_of(school.issue_token()))
    school.enter(school.credential(), token)

    assert school.verify(token).verdict is Verdict.GREEN


def test_a_key_in_the_header_beside_the_issuers_name_proves_nothing(school):
    """The named key is the issuer's, and it did not sign."""
    header = header_of(school, jwk=MALLORY.public_p256.to_jwk())

    report = school.verify(signed(school, header, school.credential(), key=MALLORY))

    assert report.find(Code.BAD_SIGNATURE)


def test_a_private_key_in_the_header_is_refused(school):
    """Whoever publishes it vouches for nothing any more."""
    header = header_of(school, jwk=MALLORY.public_p256.to_jwk() | {"d": "AA"})

    assert school.verify(signed(school, header, school.credential())).find(Code.PRIVATE_KEY)


@pytest.mark.parametrize(
    "kid",
    [
        "https://evil.example/keys/1",
        "https://badges.example/issuers/school#p256-1",
        "p256-1",
        "file:///etc/passwd",
        "../../keys/x",
        "' OR 1=1 --",
        "\x00",
        "",
        "did:key:zDn",
    ],
)
def test_a_key_name_is_compared_and_never_fetched(school, kid):
    """The name is looked for in the issuer's document, and nowhere else (J4)."""
    report = school.verify(
        signed(school, header_of(school, kid=kid), school.credential(), key=MALLORY)
    )

    assert report.find(Code.METHOD_NOT_IN_ISSUER_DOCUMENT)
    assert report.verdict is Verdict.RED
    assert school.asked == [school.id]


@pytest.mark.parametrize(
    "extra",
    [
        {"jku": "https://evil.example/jwks"},
        {"x5u": "https://evil.example/cert"},
        {"x5c": ["MII"]},
        {"x5t": "AA"},
        {"crit": []},
        {"crit": ["exp"], "exp": 1},
        {"b64": False, "crit": ["b64"]},
        {"zip": "DEF"},
        {"enc": "A256GCM"},
        {"typ": "session"},
        {"typ": 1},
        {"kid": {}},
        {"kid": ["a"]},
    ],
    ids=str,
)
def test_instructions_in_the_header_are_not_followed(school, extra):
    """Libraries differ on each of these, and each difference is an attack (J4, J5, J11)."""
    report = school.verify(signed(school, header_of(school) | extra, school.credential()))

    assert report.find(Code.HEADER_NOT_ALLOWED)
    assert report.verdict is Verdict.RED
    assert school.asked == []


@pytest.mark.parametrize("algorithm", ["PS256", "ES384"])
def test_an_honest_algorithm_that_we_lack_is_not_checked(school, algorithm):
    """Another software may know it; not being able to check it does not make it forged."""
    stranger = School()
    stranger.owns = lambda issuer_id: False
    token = signed(stranger, header_of(stranger, alg=algorithm), stranger.credential())

    report = stranger.verify(token)

    assert report.find(Code.ALGORITHM_UNSUPPORTED)
    assert report.verdict is Verdict.AMBER


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'{"issuer": 1, "issuer": 2}', Code.DUPLICATE_KEY),
        (b'{"issuer": 1, "\\u0069ssuer": 2}', Code.DUPLICATE_KEY),
        (b'\xef\xbb\xbf{"a": 1}', Code.BAD_ENCODING),
        ('{"a": 1}'.encode("utf-16"), Code.BAD_ENCODING),
        (b'{"a": NaN}', Code.BAD_NUMBER),
        (b'{"a": 1e400}', Code.BAD_NUMBER),
        (b'{"a": ' + b"9" * 5000 + b"}", Code.BAD_NUMBER),
        (b'{"a": "\\ud800"}', Code.BAD_ENCODING),
        (b"[" * 20_000, Code.TOO_DEEP),
        (b"[]", Code.NOT_AN_OBJECT),
        (b"{", Code.BAD_JSON),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_payload_is_read_in_one_way_only(school, data, code):
    """What two parsers would read differently is refused before a library sees it (J6, J10)."""
    report = school.verify(signed(school, header_of(school), data))

    assert report.find(code)
    assert report.verdict is Verdict.RED


@pytest.mark.parametrize(
    "damage",
    [
        lambda token: token + "==",
        lambda token: token + ".",
        lambda token: token + ".AA",
        lambda token: token.replace("_", "/", 1) if "_" in token else token + "/",
        lambda token: token[:-1] + "B" if token[-1] != "B" else token[:-1] + "C",
        lambda token: token[:-10],
        lambda token: "ey" + "A" * 70_000 + token,
    ],
)
def test_a_token_has_one_spelling(school, damage):
    """Padding, other alphabets and last characters, more parts, less, too much (J7, J10)."""
    report = school.verify(damage(school.issue_token()))

    assert report.find(Code.TOKEN_MALFORMED, Code.BAD_SIGNATURE, Code.DIFFERS_FROM_REGISTER)
    assert report.verdict is Verdict.RED


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://other.example/"},
        {"iss": ["https://badges.example/issuers/school"]},
        {"jti": "https://badges.example/b/2"},
        {"sub": "urn:uuid:00000000-0000-4000-8000-000000000000"},
        {"nbf": 0},
        {"nbf": "1763640000"},
        {"nbf": True},
        {"nbf": -1},
        {"exp": 1_000_000_000},
        {"exp": 253_402_300_800},
    ],
    ids=str,
)
def test_a_claim_cannot_contradict_the_credential(school, claims):
    """Some read the claims, others the credential: both must say the same (J8, J9)."""
    payload = payload_of(school.issue_token()) | claims

    report = school.verify(signed(school, header_of(school), payload))

    assert report.find(Code.CLAIM_MISMATCH)
    assert report.verdict is Verdict.RED


def test_a_credential_in_a_credential_is_not_read(school):
    """The older wrapping says things twice; which one counts? (J8)"""
    stranger = School()
    stranger.owns = lambda issuer_id: False
    payload = payload_of(stranger.issue_token()) | {"vc": stranger.credential()}

    report = stranger.verify(signed(stranger, header_of(stranger), payload))

    assert report.find(Code.LAYOUT_UNKNOWN)
    assert report.verdict is Verdict.AMBER


def test_an_end_that_only_the_token_states_is_kept(school):
    """Open Badges 3.0, section 8.2: the verifier sets `validUntil` from `exp`."""
    credential = {k: v for k, v in school.credential().items() if k != "validUntil"}
    payload = payload_of(school.token(credential)) | {"exp": timestamps.to_seconds(NOW) - 60}
    token = signed(school, header_of(school), payload)

    report = school.verify(token)

    assert report.find(Code.EXPIRED)
    assert report.credential is not None
    assert report.credential.valid_until is not None


def test_a_restructured_token_is_refused(school):
    """Signed bytes or not: an issuer could hide its own revocation entry from us (D2)."""
    payload = payload_of(school.issue_token())
    status = payload.pop("credentialStatus")
    payload["https://www.w3.org/2018/credentials#credentialStatus"] = status

    report = school.verify(signed(school, header_of(school), payload))

    assert report.find(Code.KEY_NOT_ALLOWED)
    assert report.verdict is Verdict.RED


def test_a_token_that_we_signed_and_never_released_is_forged(school):
    """The defence against a stolen key (K10)."""
    report = school.verify(school.token(school.credential()))

    assert report.find(Code.NOT_IN_REGISTER)
    assert report.verdict is Verdict.RED


def test_a_second_token_for_a_released_badge_is_not_ours(school):
    """ES256 gives other bytes each time; we released one of them."""
    school.issue_token()

    report = school.verify(school.token(school.credential()))

    assert report.find(Code.DIFFERS_FROM_REGISTER)
    assert report.verdict is Verdict.RED


def test_an_unreadable_token_says_nothing_of_its_issuer(school):
    """There is nothing that the register could be asked."""
    report = school.verify("ey.A.A")

    assert report.find(Code.TOKEN_MALFORMED)
    assert [] == list(school.asked)
