"""Class 6, keys that are published elsewhere than in a DID document: key sets, key documents, did:jwk."""

from __future__ import annotations

from typing import Any

from badgeservice.openbadges.multibase import base64url_encode
from tests.attacks.making.cases import COMMON, SCHOOL_HOST, Expect, Group, invalid, undecided
from tests.attacks.making.issuers import (
    MALLORY,
    MALLORYS,
    SCHOOL,
    SCHOOLS,
    Document,
    World,
    badge,
    claims,
    did_document,
    did_web_address,
    dumps,
    profile,
    secured,
    token,
)

WEB, KEY_SET, HTML = (
    "https://school.example/issuer",
    "https://school.example/.well-known/jwks.json",
    b"<!doctype html><title>\xc3\x89cole d'exemple</title>",
)
KEY = "https://school.example/keys/1"
ASKED = (SCHOOL_HOST,)


def jwk(**changes: Any) -> Document:
    """Return a key of the school's set; None leaves a member out."""
    said = SCHOOLS.jwk("ES256") | {"kid": "1", "iss": WEB} | changes
    return {k: v for k, v in said.items() if v is not None}


def site(*keys: Any, said: Document | bytes = HTML, **changes: Any) -> World:
    """Return a world in which the issuer is a page, and its site publishes a set of these keys."""
    return COMMON.put(WEB, said, **{"type": "text/html"} if said is HTML else {}).put(
        KEY_SET, {"keys": list(keys)} | changes
    )


def signed(issuer: str = WEB, **facts: Any) -> str:
    """Return a token of an issuer without status."""
    document = badge(issuer=profile(issuer), credentialStatus=None)
    header = {"kid": "1"} | facts.pop("header", {})
    return token(document | claims(document), header=header, **facts)


def did_jwk(key: Document) -> str:
    """Return the did:jwk of a key."""
    return f"did:jwk:{base64url_encode(dumps(key))}"


def described(**changes: Any) -> Document:
    """Return a key document of the school."""
    return {
        "@context": "https://w3id.org/security/multikey/v1",
        "id": KEY,
        "type": "Multikey",
        "controller": SCHOOL,
        "publicKeyMultibase": SCHOOLS.multikey,
    } | changes


def key_at_address(document: Document | bytes | None = None) -> World:
    """Return a world in which the school lists a key by its address alone."""
    listing = did_document(SCHOOL, SCHOOLS)
    listing["assertionMethod"].append(KEY)
    world = COMMON.put(did_web_address(SCHOOL), listing)
    return world.put(KEY, described() if document is None else document)


def _embedded(key: Any = SCHOOLS) -> Document:
    return secured(badge(credentialStatus=None), key=key, method=KEY)


def add_controls(group: Group, expect: Expect) -> None:
    """Add the same, genuine."""
    owned = did_jwk(SCHOOLS.jwk("ES256"))
    for name, mutation, text, world in (
        ("key-set", "a token by a key of the site's set", signed(), site(jwk())),
        ("key-set-named", "a token by a key of the set that the issuer names", signed(),
         site(jwk(iss=None), said={"id": WEB, "jwks_uri": KEY_SET})),
        ("key-set-fragment", "a key of a set named by address and kid",
         signed(header={"kid": f"{KEY_SET}#1"}), site(jwk())),
        ("key-set-shown", "a token that shows a key of the site's set",
         signed(header={"kid": None, "jwk": SCHOOLS.jwk("ES256")}), site(jwk())),
        ("shown", "a token that shows a key of the issuer's document",
         signed(SCHOOL, header={"kid": None, "jwk": SCHOOLS.jwk("ES256")}), COMMON),
        ("did-jwk", "a token of an issuer that is its own JWK",
         signed(owned, header={"kid": f"{owned}#0"}), COMMON),
    ):  # fmt: skip
        hosts = () if name == "did-jwk" else ASKED
        group.add(f"token-{name}", mutation, expect, text, kind="jwt", world=world, hosts=hosts)
    group.add("json-key-document", "a proof by a key that stands at its own address", expect,
              _embedded(), world=key_at_address(), hosts=ASKED)  # fmt: skip


def add_attacks(group: Group) -> None:
    """Add to class 6."""
    _add_key_sets(group)
    _add_key_documents(group)
    _add_did_jwk(group)


def _add_key_sets(group: Group) -> None:
    mallorys = {"kty": "EC", **MALLORYS.jwk("ES256"), "kid": "1", "iss": WEB}
    shown = {"kid": None, "jwk": MALLORYS.jwk("ES256")}
    elsewhere = "https://mallory.example/jwks.json"
    named = {"id": WEB, "jwks_uri": elsewhere}
    forged = signed(key=MALLORYS)
    listed = "method_not_in_issuer_document"
    for name, mutation, expect, text, world in (
        ("forged", "a token of the attacker under a kid of the set", invalid("bad_signature"), forged,
         site(jwk())),
        ("shown", "the attacker's key shown in the header", invalid("key_not_bound_to_issuer"),
         signed(key=MALLORYS, header=shown), site(jwk())),
        ("kid-unknown", "a kid that is not in the set", invalid(listed),
         signed(key=MALLORYS, header={"kid": "2"}), site(jwk())),
        ("iss-missing", "a key of the site's set that names no issuer", invalid(listed), signed(),
         site(jwk(iss=None))),
        ("iss-other", "the attacker's key in the site's set, for another issuer on it",
         invalid(listed), forged, site(mallorys | {"iss": "https://school.example/users/mallory"})),
        ("iss-prefix", "the attacker's key in the site's set, for an issuer whose address begins alike",
         invalid(listed), forged, site(mallorys | {"iss": f"{WEB}s"})),
        ("iss-slash", "a key for the issuer's address with a slash behind", invalid(listed), forged,
         site(mallorys | {"iss": f"{WEB}/"})),
        ("iss-list", "a key for a list of issuers, ours among them", invalid(listed), forged,
         site(mallorys | {"iss": [WEB]})),
        ("two-of-a-kid", "two keys of one kid, the attacker's second", invalid("method_ambiguous"),
         forged, site(jwk(), mallorys)),
        ("private", "a set that holds the private key too", invalid("private_key"), signed(),
         site(jwk(d="AAAA"))),
        ("symmetric", "a symmetric key in the set", invalid("private_key"), signed(),
         site({"kty": "oct", "k": "AAAA", "kid": "1", "iss": WEB})),
        ("for-encryption", "a key of the set that is for encryption", invalid("bad_key"), signed(),
         site(jwk(use="enc"))),
        ("of-attackers-site", "an issuer that names a set on the attacker's site",
         undecided("issuer_redirected"), forged,
         site(said=named).put(elsewhere, {"keys": [mallorys]})),
        ("of-other-port", "an issuer that names a set at another port of its site",
         undecided("issuer_redirected"), forged,
         site(said={"id": WEB, "jwks_uri": "https://school.example:8443/jwks.json"}).put(
             "https://school.example:8443/jwks.json", {"keys": [mallorys]})),
        ("of-plain-http", "an issuer that names a set without https", undecided("issuer_redirected"),
         forged, site(said={"id": WEB, "jwks_uri": "http://school.example/jwks.json"}).put(
             "http://school.example/jwks.json", {"keys": [mallorys]})),
        ("redirected", "a set that is redirected to the attacker's site",
         undecided("issuer_redirected"), forged,
         site().redirect(KEY_SET, elsewhere).put(elsewhere, {"keys": [mallorys]})),
        ("beside-document", "a set beside a document that lists keys", invalid(listed), forged,
         site(mallorys).put(WEB, did_document(WEB, SCHOOLS))),
        ("of-another", "a set beside a document about somebody else",
         invalid("issuer_document_mismatch"), forged,
         site(mallorys, said={"id": "https://school.example/other"})),
        ("of-did-web", "a set beside the document of a did:web", invalid(listed),
         signed(SCHOOL, key=MALLORYS), COMMON.put(KEY_SET, {"keys": [mallorys | {"iss": SCHOOL}]})),
        ("not-a-list", "an object for the keys of the set",
         undecided("issuer_document_unreadable"), forged, site(keys={"1": mallorys})),
        ("too-many", "a set of a hundred and one keys", undecided("issuer_document_unreadable"),
         forged, site(*(mallorys | {"kid": str(n)} for n in range(101)))),
        ("kid-number", "a number for kid in the set", invalid(listed), forged,
         site(mallorys | {"kid": 1})),
        ("unreachable", "a set at which the server fails", undecided("issuer_unreachable"), forged,
         site(mallorys).put(KEY_SET, {"keys": [mallorys]}, status=500)),
        ("issuer-fails", "an issuer's address that fails, beside the attacker's key in the set",
         undecided("issuer_unreachable"), forged, site(mallorys).put(WEB, HTML, status=500)),
        ("not-json", "a page in place of the set", undecided("issuer_document_unreadable"), forged,
         site().put(KEY_SET, HTML)),
        ("twice", "a set whose keys stand twice in it", undecided("issuer_document_unreadable"),
         forged, site().put(KEY_SET, b'{"keys":[],"keys":[%s]}' % dumps(mallorys))),
    ):  # fmt: skip
        group.add(f"key-set-{name}", f"key set: {mutation}", expect, text, kind="jwt",
                  base="token ES256 of an issuer with a key set", world=world)  # fmt: skip
    # A set is for tokens: nothing of Open Badges lets an embedded proof be checked by it.
    embedded = secured(badge(issuer=profile(WEB), credentialStatus=None), method=f"{KEY_SET}#1")
    group.add("key-set-embedded", "key set: an embedded proof by a key of a set",
              undecided("issuer_document_unreadable"), embedded, world=site(
                  SCHOOLS.jwk("EdDSA") | {"kid": "1", "iss": WEB}))  # fmt: skip


def _add_key_documents(group: Group) -> None:
    other = "https://mallory.example/keys/1"
    listing = did_document(SCHOOL, SCHOOLS)
    plain = COMMON.put(KEY, described(publicKeyMultibase=MALLORYS.multikey))
    abroad = COMMON.put(
        did_web_address(SCHOOL), listing | {"assertionMethod": [*listing["assertionMethod"], other]}
    ).put(other, described(id=other, publicKeyMultibase=MALLORYS.multikey))
    forged = _embedded(MALLORYS)
    for name, mutation, expect, document, world in (
        ("forged", "a badge of the attacker under the key's address", invalid("bad_signature"),
         forged, key_at_address()),
        ("unlisted", "a key document that names the issuer, which does not list it",
         invalid("method_not_in_issuer_document"), forged, plain),
        ("elsewhere", "a listed key on another site", undecided("method_type_unknown"),
         secured(badge(credentialStatus=None), key=MALLORYS, method=other), abroad),
        ("of-attacker", "a key document whose controller is the attacker",
         invalid("controller_mismatch"), forged,
         key_at_address(described(controller=MALLORY, publicKeyMultibase=MALLORYS.multikey))),
        ("other-id", "a key document that says it is another",
         invalid("method_not_in_issuer_document"), forged,
         key_at_address(described(id=f"{KEY}0", publicKeyMultibase=MALLORYS.multikey))),
        ("redirected", "a key document that is redirected to the attacker's site",
         undecided("issuer_redirected"), forged,
         key_at_address().redirect(KEY, other).put(
             other, described(publicKeyMultibase=MALLORYS.multikey))),
        ("private", "a key document that holds the private key too", invalid("private_key"),
         _embedded(), key_at_address(described(secretKeyMultibase="z1"))),
        ("revoked", "a key document that says it is revoked", invalid("key_revoked"), _embedded(),
         key_at_address(described(revoked="2026-11-01T00:00:00Z"))),
        ("gone", "a key document that is gone", undecided("issuer_unreachable"), _embedded(),
         key_at_address().put(KEY, None, status=410)),
        ("page", "a page in place of the key document", undecided("issuer_document_unreadable"),
         _embedded(), key_at_address(HTML)),
    ):  # fmt: skip
        group.add(
            f"key-document-{name}", f"key document: {mutation}", expect, document, world=world
        )


def _add_did_jwk(group: Group) -> None:
    key = SCHOOLS.jwk("ES256")
    own = did_jwk(key)
    written = base64url_encode(dumps(key))
    twice = base64url_encode(b'{"x":"AAAA",' + dumps(key)[1:])
    for name, mutation, code, issuer, method in (
        ("forged", "a token of the attacker in the name of another key", "bad_signature", own, f"{own}#0"),
        ("fragment", "another fragment than #0", "method_not_in_issuer_document", own, f"{own}#1"),
        ("no-fragment", "the identifier in place of the method", "method_not_in_issuer_document", own, own),
        ("method-of-attacker", "the method of the attacker's did:jwk",
         "method_not_in_issuer_document", own, f"{did_jwk(MALLORYS.jwk('ES256'))}#0"),
        ("private", "the private key inside", "bad_did", did_jwk(key | {"d": "AAAA"}), ""),
        ("symmetric", "a symmetric key", "bad_did", did_jwk({"kty": "oct", "k": "AAAA"}), ""),
        ("for-encryption", "a key for encryption", "bad_did", did_jwk(key | {"use": "enc"}), ""),
        ("not-a-point", "a key that is no point of the curve", "bad_did",
         did_jwk(key | {"y": key["x"]}), ""),
        ("padded", "padding behind the identifier", "bad_did", f"did:jwk:{written}=", ""),
        ("twice", "a member twice in the key", "bad_did", f"did:jwk:{twice}", ""),
        ("not-json", "text that is not JSON", "bad_did", "did:jwk:dHJ1c3QgbWU", ""),
        ("list", "a list for the key", "bad_did", "did:jwk:W10", ""),
        ("empty", "nothing for the key", "bad_did", "did:jwk:", ""),
        ("of-a-method", "a path behind the identifier", "bad_did", f"{own}/x", ""),
    ):  # fmt: skip
        text = signed(issuer, key=MALLORYS, header={"kid": method or f"{issuer}#0"})
        group.add(f"did-jwk-{name}", f"did:jwk: {mutation}", invalid(code), text, kind="jwt",
                  base="token ES256 of a did:jwk", hosts=())  # fmt: skip
