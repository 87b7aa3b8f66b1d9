"""Class 6: whose key it is: the issuer's documents, did:web and did:key, and keys that are none."""

from __future__ import annotations

from typing import Any

from badgeservice.openbadges.multibase import base64url_encode
from tests.attacks.making import elsewhere
from tests.attacks.making.cases import (
    COMMON,
    SCHOOL_HOST,
    Group,
    invalid,
    undecided,
)
from tests.attacks.making.issuers import (
    ED,
    MALLORY,
    MALLORYS,
    OTHERS,
    SCHOOL,
    SCHOOLS,
    Document,
    badge,
    did_document,
    did_web_address,
    dumps,
    multibase58,
    profile,
    secured,
    token,
)

AT = did_web_address(SCHOOL)
WEB = "https://school.example/issuer"
"""An issuer whose identifier is an address."""
ASKED = (SCHOOL_HOST,)
_P = 2**255 - 19
_SMALL = {
    "zero": bytes(32),
    "one": (1).to_bytes(32, "little"),
    "minus-one": (_P - 1).to_bytes(32, "little"),
    "order-8-a": bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    "order-8-b": bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    "zero-signed": bytes(31) + b"\x80",
    "order-8-a-signed": bytes.fromhex(
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85"
    ),
    "order-8-b-signed": bytes.fromhex(
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"
    ),
}
"""The eight points of small order, as they are encoded (RFC 8032)."""
_NON_CANONICAL = {
    "p": _P.to_bytes(32, "little"),
    "p-and-one": (_P + 1).to_bytes(32, "little"),
    "all-ones": b"\xff" * 31 + b"\x7f",
    "all-ones-signed": b"\xff" * 32,
}


def binding() -> Group:
    """Return class 6."""
    group = Group("06-keys", 60, "badge eddsa-rdfc-2022", hosts=ASKED)
    _add_methods(group)
    _add_documents(group)
    _add_did_web(group)
    _add_did_key(group)
    _add_tokens(group)
    elsewhere.add_attacks(group)
    return group


def _forged(method: str, issuer: Any = None) -> Document:
    """Return a badge of the school, or another issuer, signed by the attacker under a method."""
    document = badge() if issuer is None else badge(issuer=issuer)
    return secured(document, key=MALLORYS, method=method)


def _add_methods(group: Group) -> None:
    key = MALLORYS.multikey
    for name, method in (
        ("key-in-fragment", f"{SCHOOL}#{key}"),
        ("did-of-attacker", f"{MALLORY}#ed25519"),
        ("did-key-of-attacker", MALLORYS.did_method),
        ("address-of-attacker", "https://mallory.example/key"),
        ("address-with-key", f"https://school.example/issuer#{key}"),
        ("issuers-did-alone", SCHOOL),
        ("unlisted", f"{SCHOOL}#ed25519-2"),
        ("in-capitals", ED.upper().replace("DID:WEB", "did:web")),
        ("percent-encoded", f"{SCHOOL}#ed2551%39"),
        ("query", f"{SCHOOL}?service=x#ed25519"),
        ("path", f"{SCHOOL}:issuer#ed25519"),
        ("service", f"{SCHOOL}#service"),
    ):
        group.add(
            f"method-{name}",
            f"signed by the attacker under the method {method}",
            invalid("method_not_in_issuer_document"),
            _forged(method),
        )
    for name, method in (
        ("key-in-fragment", f"{WEB}#{key}"),
        ("did-key", MALLORYS.did_method),
        ("other-path", "https://school.example/uploads/key#ed25519"),
        ("slash", f"{WEB}/#ed25519"),
    ):
        group.add(
            f"web-method-{name}",
            f"an issuer at an address, signed by the attacker under the method {method}",
            invalid("method_not_in_issuer_document"),
            _forged(method, profile(WEB)),
            world=COMMON.put(WEB, did_document(WEB, SCHOOLS)),
            reference="the public validator takes a key from a fragment" if "frag" in name else "",
        )
    for name, mutation, issuer, expect, hosts in (
        ("issuer-of-attacker-beside", "two issuers, the attacker first",
         [profile(MALLORY), profile()], invalid("not_conformant"), ()),
        ("issuer-without-id", "an issuer without id", {"type": ["Profile"], "name": "École d'exemple"},
         invalid("not_conformant"), ()),
        ("issuer-in-capitals", "the issuer's host in capitals", profile("did:web:SCHOOL.example"),
         invalid("issuer_document_mismatch"), ("school.example",)),
        ("issuer-with-port", "the issuer's host with the usual port", profile("did:web:school.example%3A443"),
         undecided("issuer_unreachable"), ("school.example",)),
        ("issuer-at-plain-http", "an issuer at plain http", profile("http://school.example/issuer"),
         undecided("issuer_not_resolvable"), ()),
        ("issuer-a-urn", "an issuer that is no address", profile("urn:uuid:1"),
         undecided("issuer_not_resolvable"), ()),
        ("issuer-did-ion", "an issuer of a DID method that nobody here knows", profile("did:ion:abc"),
         undecided("issuer_not_resolvable"), ()),
    ):  # fmt: skip
        world = COMMON.put(
            "https://SCHOOL.example/.well-known/did.json", COMMON.answers[AT]["body"]
        )
        group.add(name, mutation, expect, _forged(ED, issuer), hosts=hosts, world=world)


def _add_documents(group: Group) -> None:
    """Add what may stand at the issuer's address, or be made to stand there."""
    ours = did_document(SCHOOL, SCHOOLS)
    theirs = did_document(MALLORY, MALLORYS)

    def with_method(**changes: Any) -> Document:
        first, *others = ours["verificationMethod"]
        method = {k: v for k, v in (first | changes).items() if v is not None}
        return ours | {"verificationMethod": [method, *others]}

    for name, mutation, expect, answer in (
        ("document-of-attacker", "the attacker's document at the issuer's address",
         invalid("issuer_document_mismatch"), theirs),
        ("document-without-id", "an issuer's document without id", invalid("issuer_document_mismatch"),
         {k: v for k, v in ours.items() if k != "id"}),
        ("document-id-array", "an issuer's document with two ids", invalid("issuer_document_mismatch"),
         ours | {"id": [SCHOOL, MALLORY]}),
        ("document-id-slash", "an issuer's document whose id has a slash more",
         invalid("issuer_document_mismatch"), ours | {"id": f"{SCHOOL}/"}),
        ("document-duplicate", "an issuer's document with two ids of one name",
         undecided("issuer_document_unreadable"),
         b'{"id":"did:web:mallory.example",' + dumps(ours)[1:]),
        ("document-html", "a web page at the issuer's address", undecided("issuer_document_unreadable"),
         b"<!doctype html><title>404</title>"),
        ("document-array", "a list at the issuer's address", undecided("issuer_document_unreadable"),
         dumps([ours])),
        ("document-deep", "a document 5,000 lists deep", undecided("issuer_document_unreadable"),
         b'{"x":' + b"[" * 5000 + b"]" * 5000 + b"}"),
        ("document-empty", "nothing at the issuer's address", undecided("issuer_document_unreadable"), b""),
        ("document-utf-16", "the issuer's document in UTF-16", undecided("issuer_document_unreadable"),
         dumps(ours).decode().encode("utf-16")),
        ("no-assertion-method", "the method described and listed for nothing",
         invalid("method_not_in_issuer_document"),
         {k: v for k, v in ours.items() if k != "assertionMethod"}),
        ("authentication-alone", "the method listed for signing in alone",
         invalid("method_not_in_issuer_document"),
         {k: v for k, v in ours.items() if k != "assertionMethod"} | {"authentication": [ED]}),
        ("listed-not-described", "the method listed and not described",
         undecided("method_type_unknown"), ours | {"verificationMethod": []}),
        ("listed-null", "null for the list of methods", invalid("method_not_in_issuer_document"),
         ours | {"assertionMethod": None}),
        ("controller-other", "a method whose controller is the attacker", invalid("controller_mismatch"),
         with_method(controller=MALLORY)),
        ("controller-missing", "a method without controller", invalid("controller_mismatch"),
         with_method(controller=None)),
        ("controller-array", "a method with two controllers", invalid("controller_mismatch"),
         with_method(controller=[SCHOOL, MALLORY])),
        ("described-twice", "the method described twice, with two keys", invalid("method_ambiguous"),
         ours | {"verificationMethod": [
             *ours["verificationMethod"],
             ours["verificationMethod"][0] | {"publicKeyMultibase": MALLORYS.multikey}]}),
        ("type-unknown", "a method of a type that nobody knows", undecided("method_type_unknown"),
         with_method(type="MalloryKey2026")),
        ("two-keys", "a method with two keys in two forms", undecided("method_type_unknown"),
         with_method(publicKeyJwk=MALLORYS.jwk("EdDSA"))),
        ("no-key", "a method without key", undecided("method_type_unknown"),
         with_method(publicKeyMultibase=None)),
        ("secret-published", "a method that publishes its secret key", invalid("private_key"),
         with_method(secretKeyMultibase="z3u2en7t5LR2WtQH5PfFqMqwVHgeXouLzo6haApm8XHqvjxq")),
        ("revoked-key", "a method revoked before today", invalid("key_revoked"),
         with_method(revoked="2026-11-22T00:00:00Z")),
        ("revoked-unreadable", "a method revoked at a time that cannot be read", invalid("key_revoked"),
         with_method(revoked="yesterday")),
        ("expired-key", "a method that ended before today", invalid("key_expired"),
         with_method(expires="2026-11-22T00:00:00Z")),
        ("attackers-key", "the attacker's key as the issuer's method", invalid("bad_signature"),
         with_method(publicKeyMultibase=MALLORYS.multikey)),
        ("p256-key", "a key on another curve", invalid("key_type"),
         with_method(publicKeyMultibase=multibase58(b"\x80\x24" + SCHOOLS.p256_raw))),
    ):  # fmt: skip
        group.add(name, mutation, expect, secured(badge()), world=COMMON.put(AT, answer))
    for point, raw in _SMALL.items():
        group.add(
            f"small-order-{point}",
            f"a key of small order ({point}), with which one signature fits many messages",
            invalid("bad_key"),
            _small_order(),
            world=COMMON.put(AT, with_method(publicKeyMultibase=multibase58(b"\xed\x01" + raw))),
        )
    for point, raw in _NON_CANONICAL.items():
        group.add(
            f"not-canonical-{point}",
            f"a key that is written in a second way ({point})",
            invalid("bad_key"),
            secured(badge()),
            world=COMMON.put(AT, with_method(publicKeyMultibase=multibase58(b"\xed\x01" + raw))),
        )
    for name, mutation, text in (
        ("wrong-codec", "the key under the prefix of a key for encryption",
         multibase58(b"\xec\x01" + SCHOOLS.raw)),
        ("no-codec", "the key without prefix", multibase58(SCHOOLS.raw)),
        ("byte-more", "a byte behind the key", multibase58(b"\xed\x01" + SCHOOLS.raw + b"\0")),
        ("byte-less", "the last byte of the key missing", multibase58(b"\xed\x01" + SCHOOLS.raw[:-1])),
        ("base64url", "the key in base64url", "u" + base64url_encode(b"\xed\x01" + SCHOOLS.raw)),
        ("leading-one", "a zero byte before the key", "z1" + SCHOOLS.multikey[1:]),
        ("space", "a space behind the key", SCHOOLS.multikey + " "),
        ("p256-as-ed25519", "a point of another curve under the prefix of this",
         multibase58(b"\xed\x01" + SCHOOLS.p256_raw)),
    ):  # fmt: skip
        group.add(
            f"key-{name}",
            mutation,
            invalid("bad_key"),
            secured(badge()),
            world=COMMON.put(AT, with_method(publicKeyMultibase=text)),
        )


def _small_order() -> Document:
    """Return a badge with the signature that fits any message under the neutral key: R = key, s = 0."""
    return secured(badge()) | {
        "proof": secured(badge())["proof"] | {"proofValue": multibase58(b"\x01" + bytes(63))}
    }


def _add_did_web(group: Group) -> None:
    """Add identifiers that software reads differently, and answers from elsewhere."""
    for name, did, expect in (
        ("userinfo", "did:web:school.example@mallory.example", "bad_did"),
        ("encoded-slash", "did:web:school.example%2Fmallory", "bad_did"),
        ("dots", "did:web:school.example:..:mallory", "bad_did"),
        ("encoded-dots", "did:web:school.example:%2e%2e:mallory", "bad_did"),
        ("empty-step", "did:web:school.example::mallory", "bad_did"),
        ("slash", "did:web:school.example/mallory", "bad_did"),
        ("query", "did:web:school.example?x=y", "bad_did"),
        ("encoded-at", "did:web:school.example%40mallory.example", "bad_did"),
        ("port-zero", "did:web:school.example%3A0", "bad_did"),
        ("port-text", "did:web:school.example%3Ahttps", "bad_did"),
        ("backslash", "did:web:school.example%5Cmallory", "bad_did"),
        ("nul", "did:web:school.example%00.mallory.example", "bad_did"),
        ("trailing-dot", "did:web:school.example.", "bad_did"),
        ("other-script", "did:web:schооl.example", "bad_did"),
        ("empty", "did:web:", "bad_did"),
    ):
        group.add(
            f"did-web-{name}",
            f"the issuer {did}",
            invalid(expect),
            _forged(f"{did}#ed25519", profile(did)),
            hosts=(),
        )
    for name, mutation, expect, world, hosts in (
        ("redirect-to-attacker", "the issuer's address leads to the attacker's",
         undecided("issuer_redirected"), COMMON.redirect(AT, did_web_address(MALLORY)),
         ("school.example",)),
        ("redirect-to-http", "the issuer's address leads to plain http",
         undecided("issuer_redirected"),
         COMMON.redirect(AT, "http://school.example/did.json").put(
             "http://school.example/did.json", did_document(SCHOOL, MALLORYS)), ("school.example",)),
        ("redirect-to-port", "the issuer's address leads to another port",
         undecided("issuer_redirected"),
         COMMON.redirect(AT, "https://school.example:8443/did.json").put(
             "https://school.example:8443/did.json", did_document(SCHOOL, MALLORYS)), ("school.example",)),
        ("redirect-loop", "the issuer's address leads to itself", undecided("issuer_unreachable"),
         COMMON.redirect(AT, AT), ("school.example",)),
        ("nothing-there", "nobody answers at the issuer's address", undecided("issuer_unreachable"),
         COMMON.without(AT), ("school.example",)),
        ("not-found", "404 at the issuer's address", undecided("issuer_unreachable"),
         COMMON.put(AT, did_document(SCHOOL, MALLORYS), status=404), ("school.example",)),
        ("server-error", "500 at the issuer's address", undecided("issuer_unreachable"),
         COMMON.put(AT, did_document(SCHOOL, MALLORYS), status=500), ("school.example",)),
        ("gone", "410 at the issuer's address", undecided("issuer_unreachable"),
         COMMON.put(AT, did_document(SCHOOL, MALLORYS), status=410), ("school.example",)),
    ):  # fmt: skip
        group.add(name, mutation, expect, _forged(ED), world=world, hosts=hosts)


def _add_did_key(group: Group) -> None:
    """Add issuers that are their own key."""
    key = OTHERS.multikey
    for name, did, expect in (
        ("x25519", f"did:key:{multibase58(bytes([0xEC, 1]) + OTHERS.raw)}", invalid("bad_did")),
        ("small-order", f"did:key:{multibase58(bytes([0xED, 1]) + _SMALL['one'])}", invalid("bad_did")),
        ("byte-more", f"did:key:{multibase58(bytes([0xED, 1]) + OTHERS.raw + bytes(1))}", invalid("bad_did")),
        ("base64url", "did:key:u" + base64url_encode(b"\xed\x01" + OTHERS.raw), invalid("bad_did")),
        ("version", f"did:key:1.1:{key}", invalid("bad_did")),
        ("fragment", f"{OTHERS.did}#{key}", invalid("bad_did")),
        ("leading-one", f"did:key:z1{key[1:]}", invalid("bad_did")),
    ):  # fmt: skip
        group.add(
            f"did-key-{name}",
            f"an issuer that is a key: {name}",
            expect,
            secured(badge(issuer=profile(did)), key=OTHERS, method=OTHERS.did_method),
            hosts=(),
        )
    for name, mutation, method in (
        ("other-fragment", "a did:key whose method has the attacker's key for fragment",
         f"{OTHERS.did}#{MALLORYS.multikey}"),
        ("method-of-attacker", "a did:key, signed under the attacker's did:key", MALLORYS.did_method),
        ("no-fragment", "a did:key, signed under the identifier itself", OTHERS.did),
    ):  # fmt: skip
        document = badge(issuer=profile(OTHERS.did))
        group.add(
            f"did-key-{name}",
            mutation,
            invalid("method_not_in_issuer_document"),
            secured(document, key=MALLORYS, method=method),
            hosts=(),
        )


def _add_tokens(group: Group) -> None:
    """Add keys of tokens: JWK in the issuer's document."""
    ours = did_document(SCHOOL, SCHOOLS)
    jwk = SCHOOLS.jwk("ES256")
    # Neither has a small factor, so that nothing but their length speaks against them.
    prime, modulus = SCHOOLS.rsa.private_numbers().p, SCHOOLS.rsa.public_key().public_numbers().n
    short, long = (
        {
            "kty": "RSA",
            "e": "AQAB",
            "n": base64url_encode(n.to_bytes(n.bit_length() + 7 >> 3, "big")),
        }
        for n in (prime, modulus**8)
    )

    def with_jwk(index: int, written: Any) -> Document:
        methods = list(ours["verificationMethod"])
        methods[index] = methods[index] | {"publicKeyJwk": written}
        return ours | {"verificationMethod": methods}

    for name, mutation, code, alg, written in (
        ("jwk-private", "the issuer publishes its private key", "private_key", "ES256", jwk | {"d": "AAAA"}),
        ("jwk-for-encryption", "a key for encryption", "bad_key", "ES256", jwk | {"use": "enc"}),
        ("jwk-other-algorithm", "a key for another algorithm", "bad_key", "ES256", jwk | {"alg": "ES384"}),
        ("jwk-for-signing-only", "a key for key agreement", "bad_key", "ES256", jwk | {"key_ops": ["deriveKey"]}),
        ("jwk-off-curve", "a point that is not on the curve", "bad_key", "ES256", jwk | {"y": jwk["x"]}),
        ("jwk-short", "a coordinate with a byte less", "bad_key", "ES256", jwk | {"x": jwk["x"][:-2]}),
        ("jwk-padded", "a coordinate with padding", "bad_key", "ES256", jwk | {"x": jwk["x"] + "="}),
        ("jwk-other-curve", "a key on secp256k1", "method_type_unknown", "ES256", jwk | {"crv": "secp256k1"}),
        ("jwk-symmetric", "a symmetric key", "private_key", "ES256", {"kty": "oct", "k": "AAAA"}),
        ("jwk-rsa-short", "an RSA key of 1,024 bits", "bad_key", "RS256", short),
        ("jwk-rsa-exponent", "an RSA key with the exponent 1", "bad_key", "RS256",
         SCHOOLS.jwk("RS256") | {"e": "AQ"}),
        ("jwk-rsa-even", "an RSA modulus that is even", "bad_key", "RS256",
         SCHOOLS.jwk("RS256") | {"n": base64url_encode((1 << 2047).to_bytes(256, "big"))}),
        ("jwk-rsa-long", "an RSA key of 16,384 bits", "bad_key", "RS256", long),
        ("jwk-of-attacker", "the attacker's key as the issuer's method", "bad_signature", "ES256",
         MALLORYS.jwk("ES256")),
    ):  # fmt: skip
        group.add(
            name,
            f"{mutation} (token)",
            undecided(code) if code == "method_type_unknown" else invalid(code),
            token(alg=alg),
            base=f"token {alg}",
            kind="jwt",
            world=COMMON.put(AT, with_jwk(1 if alg == "ES256" else 2, written)),
        )
