"""Classes 1 and 2: the header and key of a token; its encoding, claims and times."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from badgeservice.openbadges.multibase import base64url_decode, base64url_encode
from tests.attacks.making import model_2019
from tests.attacks.making.cases import (
    LIST_HOST,
    SCHOOL_HOST,
    Group,
    invalid,
    not_in_force,
    undecided,
    unreadable,
)
from tests.attacks.making.issuers import (
    EC,
    ED,
    MALLORY,
    MALLORYS,
    RS,
    SCHOOL,
    SCHOOLS,
    badge,
    claims,
    dumps,
    profile,
    token,
)

ASKED = (SCHOOL_HOST,)
_NONE = ("none", "None", "NONE", "nOnE", "NoNe")
_DIGESTS = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}


def _slug(text: str) -> str:
    kept = "".join(c if c.isalnum() and c.isascii() else "-" for c in text.lower())
    return "-".join(filter(None, kept.split("-")))


def header_and_key() -> Group:
    """Class 1: algorithms, keys and header members that a token brings along."""
    group = Group("01-token-header", 60, "token ES256", kind="jwt")
    signed = token()
    signature = signed.rpartition(".")[2]
    for alg in _NONE:
        bare = token(header={"alg": alg}).rpartition(".")[0]
        case = "".join("u" if c.isupper() else "l" for c in alg)
        group.add(
            f"alg-none-{case}-unsigned",
            f"alg {alg}, the signature taken away",
            invalid("bad_token"),
            f"{bare}.",
        )
        group.add(
            f"alg-none-{case}-signed",
            f"alg {alg}, the genuine signature kept",
            invalid("alg_not_allowed"),
            f"{bare}.{signature}",
        )
    secrets = {
        "pem": SCHOOLS.pem("rsa").encode(),
        "pem without its last line end": SCHOOLS.pem("rsa").rstrip().encode(),
        "pem after a space": b" " + SCHOOLS.pem("rsa").encode(),
        "der": base64.b64decode("".join(SCHOOLS.pem("rsa").splitlines()[1:-1])),
        "jwk": dumps(SCHOOLS.jwk("RS256")),
        "raw bytes": SCHOOLS.raw,
    }
    for alg, digest in _DIGESTS.items():
        for form, secret in secrets.items():
            unsigned = token(header={"alg": alg}).rpartition(".")[0]
            mac = hmac.new(secret, unsigned.encode(), digest).digest()
            group.add(
                f"{alg.lower()}-{_slug(form)}",
                f"{alg} with the issuer's public key, as {form}, for a secret",
                invalid("alg_not_allowed"),
                f"{unsigned}.{base64url_encode(mac)}",
                base="token RS256",
                reference="CVE-2017-11424, CVE-2022-29217, CVE-2024-37568, CVE-2026-48526",
            )
    mallorys = MALLORYS.jwk("ES256")
    for name, mutation, expect, header in (
        ("jwk-alone", "a key of the attacker's own in the header, none named",
         invalid("key_not_bound_to_issuer"), {"kid": None, "jwk": mallorys}),
        ("jwk-with-genuine-kid", "a key of the attacker's own in the header beside the genuine kid",
         invalid("bad_signature"), {"jwk": mallorys}),
        ("jwk-named-by-kid", "a key of the attacker's own in the header, named by its thumbprint",
         invalid("method_not_in_issuer_document"),
         {"kid": "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", "jwk": mallorys}),
        ("jwk-private", "a private key in the header", invalid("private_key"),
         {"jwk": mallorys | {"d": "AAAA"}}),
        ("jwk-symmetric", "a symmetric key in the header", invalid("private_key"),
         {"jwk": {"kty": "oct", "k": "AAAA"}}),
        ("jwk-is-text", "a jwk that is not an object", invalid("private_key"), {"jwk": "x"}),
        ("kid-of-attacker", "the attacker's own key, named as what it is",
         invalid("method_not_in_issuer_document"), {"kid": f"{MALLORY}#p256"}),
        ("no-kid", "no key named", undecided("key_not_named"), {"kid": None}),
        ("kid-with-key-in-fragment", "the attacker's key in the fragment of the issuer's address",
         invalid("method_not_in_issuer_document"), {"kid": f"{SCHOOL}#{MALLORYS.multikey}"}),
    ):  # fmt: skip
        hosts = () if expect.code in ("key_not_named", "private_key") else ASKED
        group.add(
            name,
            mutation,
            expect,
            token(key=MALLORYS, header=header),
            hosts=hosts,
            reference="CVE-2026-27962" if "jwk" in name else "",
        )
    for name, kid in (
        ("address", "https://mallory.example/key.json"),
        ("file", "file:///etc/passwd"),
        ("path", "../../keys/school.pem"),
        ("sql", "' OR 1=1 --"),
        ("nul", f"{EC}\0"),
        ("empty", ""),
        ("other-case", EC.upper()),
        ("percent-encoded", f"{SCHOOL}#p%32%35%36"),
    ):
        group.add(
            f"kid-{name}",
            f"kid is {kid!a}",
            invalid("method_not_in_issuer_document"),
            token(key=MALLORYS, header={"kid": kid}),
            hosts=ASKED,
        )
    for name, kid_value in (("object", {"id": EC}), ("array", [EC]), ("number", 256)):
        group.add(
            f"kid-{name}",
            f"kid is of the type {name}",
            invalid("unsupported_header"),
            token(header={"kid": kid_value}),
        )
    for name, header in (
        ("jku", {"jku": "https://mallory.example/jwks.json"}),
        ("x5u", {"x5u": "https://mallory.example/chain.pem"}),
        ("x5c", {"x5c": ["MIIB"]}),
        ("x5t", {"x5t": "AAAA"}),
        ("x5t-s256", {"x5t#S256": "AAAA"}),
        ("crit-unknown", {"crit": ["exp"], "exp": 1}),
        ("crit-empty", {"crit": []}),
        ("crit-standard", {"crit": ["alg"]}),
        ("crit-absent", {"crit": ["nonsense"]}),
        ("b64-false", {"crit": ["b64"], "b64": False}),
        ("b64-true", {"b64": True}),
        ("zip", {"zip": "DEF"}),
        ("enc", {"enc": "A128GCM"}),
        ("apu", {"epk": MALLORYS.jwk("ES256")}),
        ("typ-access-token", {"typ": "at+jwt"}),
        ("typ-presentation", {"typ": "vp+jwt"}),
        ("typ-dpop", {"typ": "dpop+jwt"}),
        ("typ-key-binding", {"typ": "kb+jwt"}),
        ("typ-number", {"typ": 1}),
    ):  # fmt: skip
        group.add(
            f"header-{name}",
            f"{'typ is ' + str(header['typ']) if 'typ' in header else 'a header with ' + name}",
            invalid("unsupported_header"),
            token(header=header),
            reference="CVE-2026-32597, CVE-2025-59420" if "crit" in name else "",
        )
    algorithm_cases: tuple[tuple[str, Any, str], ...] = (
        ("missing", None, "alg_not_allowed"),
        ("empty", "", "alg_not_allowed"),
        ("lower-case", "es256", "alg_not_allowed"),
        ("nul", "ES256\0", "alg_not_allowed"),
        ("space", "ES256 ", "alg_not_allowed"),
        ("array", ["ES256"], "alg_not_allowed"),
        ("ps256", "PS256", "alg_unsupported"),
        ("es384", "ES384", "alg_unsupported"),
        ("es256k", "ES256K", "alg_unsupported"),
        ("rs512", "RS512", "alg_unsupported"),
        ("ed448", "Ed448", "alg_unsupported"),
    )
    for name, alg_value, code in algorithm_cases:
        group.add(
            f"alg-{name}",
            f"alg is {'missing' if alg_value is None else ascii(alg_value)}",
            invalid(code) if code == "alg_not_allowed" else undecided(code),
            token(header={"alg": alg_value}),
        )
    for alg, kid in (("EdDSA", EC), ("RS256", EC), ("ES256", RS), ("ES256", ED), ("RS256", ED)):
        group.add(
            f"alg-{alg.lower()}-for-{kid.rpartition('#')[2]}",
            f"{alg} with the issuer's {kid.rpartition('#')[2]} key",
            invalid("alg_not_allowed"),
            token(alg=alg, header={"kid": kid}),
            hosts=ASKED,
        )
    body, r, s = signed.rpartition(".")[0], *_halves(signature)
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    for name, mutation, raw, code in (
        ("zero", "r and s are zero", bytes(64), "bad_signature"),
        ("r-zero", "r is zero", bytes(32) + s, "bad_signature"),
        ("order", "r and s are the order of the curve", order.to_bytes(32, "big") * 2, "bad_signature"),
        ("der", "the signature in DER", SCHOOLS.p256.sign(
            body.encode(), ec.ECDSA(hashes.SHA256(), deterministic_signing=True)), "bad_signature"),
        ("swapped", "s before r", s + r, "bad_signature"),
        ("short", "the last byte of the signature missing", (r + s)[:-1], "bad_signature"),
        ("long", "a byte more of signature", r + s + b"\0", "bad_signature"),
        ("flipped", "one bit of the signature changed", r + bytes([s[0] ^ 1]) + s[1:], "bad_signature"),
    ):  # fmt: skip
        group.add(
            f"signature-{name}",
            mutation,
            invalid(code),
            f"{body}.{base64url_encode(raw)}",
            hosts=ASKED,
            reference="CVE-2022-21449" if name in ("zero", "order") else "",
        )
    return group


def _halves(signature: str) -> tuple[bytes, bytes]:
    raw = base64url_decode(signature)
    return raw[:32], raw[32:]


def encoding_and_claims() -> Group:
    """Class 2: what parsers read differently, claims that disagree, times that are none."""
    group = Group("02-token-claims", 45, "token ES256", kind="jwt")
    genuine = token()
    header, payload, signature = genuine.split(".")
    spare = token(header={"typ": "vc+ld+json+jwt"}).split(".")
    group.add(
        "trailing-bits-signature",
        "other spare bits in the last character of the signature",
        invalid("bad_signature"),
        genuine[:-1] + _next(genuine[-1]),
        hosts=ASKED,
    )
    for name, mutation, expect, data in (
        ("padded-header", "padding after the header", invalid("bad_token"),
         f"{header}==.{payload}.{signature}"),
        ("padded-payload", "padding after the payload", invalid("bad_token"),
         f"{header}.{payload}=.{signature}"),
        ("padded-signature", "padding after the signature", invalid("bad_token"), f"{genuine}=="),
        ("standard-alphabet", "the signature in the alphabet of plain base64", invalid("bad_token"),
         f"{header}.{payload}." + base64.b64encode(base64url_decode(signature)).decode().rstrip("=")),
        ("trailing-bits-header", "other spare bits in the last character of the header",
         invalid("bad_token"), f"{spare[0][:-1]}{_next(spare[0][-1])}.{spare[1]}.{spare[2]}"),
        ("space-inside", "a space inside the signature", unreadable("not_a_badge"),
         f"{genuine[:-9]} {genuine[-9:]}"),
        ("line-end-inside", "a line end inside the payload", unreadable("not_a_badge"),
         f"{header}.{payload[:40]}\n{payload[40:]}.{signature}"),
        ("nul-inside", "a NUL inside the signature", invalid("bad_token"), f"{genuine[:-3]}\0{genuine[-3:]}"),
        ("four-parts", "a fourth part", invalid("bad_token"), f"{genuine}.AAAA"),
        ("five-parts", "five parts, as an encrypted token has", invalid("bad_token"), f"{genuine}.AAAA.AAAA"),
        ("two-parts", "no signature part", invalid("bad_token"), f"{header}.{payload}"),
        ("empty-payload", "an empty payload", invalid("bad_token"), f"{header}..{signature}"),
        ("wide-dot", "another script's full stop", unreadable("not_a_badge"),
         genuine.replace(".", "\uff0e")),
        ("prefix-bearer", "the word Bearer before it", unreadable("not_a_badge"), f"Bearer {genuine}"),
        ("quoted", "quotes around it", unreadable("not_a_badge"), f'"{genuine}"'),
        ("flattened", "the flattened JSON form", unreadable("not_a_badge"),
         dumps({"protected": header, "payload": payload, "signature": signature})),
        ("general", "the general JSON form", unreadable("not_a_badge"),
         dumps({"payload": payload, "signatures": [{"protected": header, "signature": signature}]})),
        ("too-long", "70,000 characters of evidence name", invalid("bad_token"),
         token(_payload(name="x" * 70_000))),
    ):  # fmt: skip
        group.add(name, mutation, expect, data)
    plain = dumps(_payload()).decode()
    for name, mutation, code, text in (
        ("duplicate-issuer", "two issuers, the school's last", "duplicate_key",
         plain.replace('"issuer":', f'"issuer":{json.dumps(profile(MALLORY))},"issuer":', 1)),
        ("duplicate-escaped", "a second issuer, its name escaped", "duplicate_key",
         plain.replace('"issuer":', f'"\\u0069ssuer":{json.dumps(profile(MALLORY))},"issuer":', 1)),
        ("duplicate-exp", "exp twice", "duplicate_key", plain.replace('"exp":', '"exp":9,"exp":', 1)),
        ("payload-array", "a list for a payload", "not_an_object", f"[{plain}]"),
        ("payload-text", "text for a payload", "not_an_object", '"badge"'),
        ("payload-bom", "a byte order mark before the payload", "bad_encoding", f"\ufeff{plain}"),
        ("payload-nan", "NaN for exp", "bad_number", plain.replace(":1858334400", ":NaN")),
        ("payload-deep", "a payload 5,000 lists deep", "too_deep",
         plain[:-1] + ',"x":' + "[" * 5000 + "]" * 5000 + "}"),
        ("payload-digits", "exp with 5,000 digits", "bad_number",
         plain.replace(":1858334400", ":" + "9" * 5000)),
        ("exp-exponent", "exp is 1e400", "bad_number", plain.replace(":1858334400", ":1e400")),
        ("exp-fraction", "exp in fractions of a second that no double holds", "bad_number",
         plain.replace(":1858334400", ":1858334400.0000000001")),
    ):  # fmt: skip
        group.add(name, mutation, invalid(code), token(text.encode()))
    group.add(
        "payload-utf-16",
        "the payload in UTF-16",
        invalid("bad_encoding"),
        token(plain.encode("utf-16-le")),
    )
    for name, mutation, text in (
        ("header-duplicate-alg", "alg twice in the header", '{"alg":"none","alg":"ES256","kid":"%s"}'),
        ("header-duplicate-kid", "kid twice in the header", '{"alg":"ES256","kid":"x","kid":"%s"}'),
    ):  # fmt: skip
        group.add(name, mutation, invalid("duplicate_key"), token(header=(text % EC).encode()))
    group.add(
        "header-array", "a list for a header", unreadable("not_a_badge"), token(header=b'["ES256"]')
    )
    for name, mutation, changes in (
        ("iss-attacker", "iss is the attacker", {"iss": MALLORY}),
        ("iss-array", "iss is a list", {"iss": [SCHOOL]}),
        ("iss-slash", "iss ends in a slash more", {"iss": f"{SCHOOL}/"}),
        ("jti-other", "jti is another badge's", {"jti": "urn:uuid:00000000-0000-4000-8000-000000000000"}),
        ("jti-number", "jti is a number", {"jti": 1}),
        ("sub-other", "sub is another person", {"sub": "urn:uuid:11111111-1111-4111-8111-111111111111"}),
        ("sub-null", "sub is null", {"sub": None}),
        ("nbf-later", "nbf is later than validFrom", {"nbf": 1_795_176_001}),
        ("exp-later", "exp is later than validUntil", {"exp": 4_102_444_800}),
        ("exp-earlier", "exp is earlier than validUntil", {"exp": 1_858_334_399}),
        ("exp-text", "exp is text", {"exp": "1858334400"}),
        ("exp-true", "exp is true", {"exp": True}),
        ("exp-null", "exp is null", {"exp": None}),
        ("exp-fractional", "exp is a decimal", {"exp": 1858334400.5}),
        ("exp-negative", "exp is negative", {"exp": -1}),
        ("exp-year-10000", "exp is in the year 10000", {"exp": 253_402_300_800}),
        ("nbf-text", "nbf is text", {"nbf": "1795176000"}),
        ("nbf-false", "nbf is false", {"nbf": False}),
        ("nbf-array", "nbf is a list", {"nbf": [1_795_176_000]}),
    ):  # fmt: skip
        group.add(
            name, mutation, invalid("claim_mismatch"), token(_payload(**changes)), hosts=ASKED
        )
    for name, mutation, wrapped in (
        ("wrapped", "the badge wrapped in the claim vc", claims(badge()) | {"vc": badge()}),
        ("wrapped-and-not", "another badge wrapped in the claim vc beside the claims of this",
         _payload(vc=badge(issuer=profile(MALLORY)))),
        ("wrapped-presentation", "a presentation beside the badge", _payload(vp={"type": "x"})),
        ("wrapped-null", "an empty claim vc beside the badge", _payload(vc=None)),
    ):  # fmt: skip
        group.add(name, mutation, undecided("unknown_layout"), token(wrapped))
    group.add(
        "claim-alone",
        "an unknown claim beside the badge, signed by the issuer and shown to nobody",
        invalid("unsigned_data"),
        token(_payload(scope="admin")),
    )
    group.add(
        "edited-payload",
        "the payload edited after signing",
        invalid("bad_signature"),
        f"{header}.{base64url_encode(dumps(_payload(name='Doctorat')))}.{signature}",
        hosts=ASKED,
    )
    group.add(
        "exp-alone-past",
        "the end in a claim alone, and past",
        # The claim counts like validUntil, so this one is intact and over.
        not_in_force("expired"),
        token({k: v for k, v in _payload(exp=1_795_176_001).items() if k != "validUntil"}),
        hosts=(SCHOOL_HOST, LIST_HOST),
    )
    model_2019.add_claims(group)
    return group


def _payload(**changes: Any) -> dict[str, Any]:
    return badge() | claims(badge()) | changes


def _next(character: str) -> str:
    """Return the character of base64url whose value is one more: other spare bits."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return alphabet[alphabet.index(character) + 1]
