"""Class 11: Open Badges 2.0, hosted and signed: scope, identity, copies, keys, revocation."""

from __future__ import annotations

from typing import Any

from tests.attacks.making.cases import Expect, Group, invalid, status_unknown, undecided
from tests.attacks.making.issuers import (
    ISSUED,
    MALLORYS,
    OB2,
    SCHOOLS,
    UNTIL,
    Document,
    Key,
    World,
    dumps,
    token,
)

BASE, EVIL = "https://academy.example", "https://mallory.example"
ISSUER, KEY, CLASS, LIST = (f"{BASE}/{name}" for name in ("issuer", "key", "badges/1", "revoked"))
HOSTED, SIGNED = f"{BASE}/assertions/1", "urn:uuid:6f0c0c0e-96b5-4c5c-8c0e-0d7e1c1f4f5a"
ASKED = ("academy.example",)
REVOKED = Expect("red", "valid", "revoked", "revoked")


def _with(document: Document, changes: Document) -> Document:
    return {k: v for k, v in (document | changes).items() if v is not None}


def issuer(**changes: Any) -> Document:
    """Return the academy's profile; None leaves a member out, here and below."""
    profile: Document = {
        "@context": OB2,
        "type": "Profile",
        "id": ISSUER,
        "name": "Académie d'exemple",
        "url": BASE,
        "email": "contact@academy.example",
        "publicKey": KEY,
        "revocationList": LIST,
        "verification": {"type": "VerificationObject", "startsWith": f"{BASE}/assertions/"},
    }
    return _with(profile, changes)


def badge_class(**changes: Any) -> Document:
    """Return its badge class."""
    badge: Document = {
        "@context": OB2,
        "type": "BadgeClass",
        "id": CLASS,
        "name": "Gestes de premiers secours",
        "description": "Alerter, protéger, secourir.",
        "image": f"{BASE}/image.png",
        "criteria": {"narrative": "Une journée de formation."},
        "issuer": ISSUER,
    }
    return _with(badge, changes)


def key(owner: str = ISSUER, keys: Key = SCHOOLS, **changes: Any) -> Document:
    """Return a key document."""
    document: Document = {
        "@context": OB2,
        "type": "CryptographicKey",
        "id": KEY,
        "owner": owner,
        "publicKeyPem": keys.pem("rsa"),
    }
    return _with(document, changes)


def hosted(**changes: Any) -> Document:
    """Return a hosted assertion."""
    assertion: Document = {
        "@context": OB2,
        "type": "Assertion",
        "id": HOSTED,
        "recipient": {
            "type": "email",
            "hashed": True,
            "salt": "xxxxxxxxxxxxxxxxxxxxxx",
            "identity": "sha256$cb9a660270bcaad2021ef4b538a8361039f5888e4405cbfa03cc524fc2049f4c",
        },
        "badge": CLASS,
        "verification": {"type": "HostedBadge"},
        "issuedOn": ISSUED,
        "expires": UNTIL,
        "narrative": "Mise en situation réussie.",
    }
    return _with(assertion, changes)


def signed(**changes: Any) -> Document:
    """Return an assertion to be signed."""
    said = {"id": SIGNED, "verification": {"type": "SignedBadge", "creator": KEY}}
    return hosted(**said | changes)


def jws(assertion: Document, *, keys: Key = SCHOOLS, header: Document | None = None) -> str:
    """Return a signed assertion."""
    said = {"typ": "JWT", "kid": None} | (header or {})
    return token(assertion, alg="RS256", key=keys, header=said)


def revocations(*entries: Any, **changes: Any) -> Document:
    """Return the revocation list."""
    document = {
        "@context": OB2,
        "type": "RevocationList",
        "id": LIST,
        "issuer": ISSUER,
        "revokedAssertions": list(entries),
    }
    return _with(document, changes)


def academy(assertion: Document | None = None, **replaced: Document) -> World:
    """Return the world of the academy, with documents replaced by their kind."""
    documents = {
        "issuer": issuer(),
        "badge_class": badge_class(),
        "key": key(),
        "revocations": revocations(),
    } | replaced
    places = {"issuer": ISSUER, "badge_class": CLASS, "key": KEY, "revocations": LIST}
    world = World()
    for name, document in documents.items():
        world = world.put(places[name], document)
    return world.put(HOSTED, assertion or hosted())


def group() -> Group:
    """Return class 11."""
    found = Group("11-open-badges-2", 60, "assertion of Open Badges 2.0", hosts=ASKED)
    _add_scope(found)
    _add_identity(found)
    _add_copies(found)
    _add_signed(found)
    _add_status(found)
    return found


def _add_scope(found: Group) -> None:
    """Add issuers who do not answer for the address of the badge."""
    for name, policy in (
        ("other-folder", {"startsWith": f"{BASE}/badges/"}),
        ("word-beginning", {"startsWith": f"{BASE}/assert"}),
        ("longer-host", {"startsWith": "https://academy.exampl"}),
        ("other-host", {"startsWith": f"{EVIL}/"}),
        ("userinfo", {"startsWith": "https://academy.example@mallory.example/"}),
        ("other-scheme", {"startsWith": "ftp://academy.example/assertions/"}),
        ("other-port", {"startsWith": "https://academy.example:8443/assertions/"}),
        ("query", {"startsWith": f"{BASE}/assertions/?x="}),
        ("fragment", {"startsWith": f"{BASE}/assertions/#x"}),
        ("empty", {"startsWith": ""}),
        ("scheme-alone", {"startsWith": "https://"}),
        ("relative", {"startsWith": "/assertions/"}),
        ("number", {"startsWith": 1}),
        ("none", {"startsWith": []}),
        ("origin-other", {"allowedOrigins": "mallory.example"}),
        ("origin-part", {"allowedOrigins": "cademy.example"}),
        ("origin-parent", {"allowedOrigins": "example"}),
        ("origin-port", {"allowedOrigins": "academy.example:8443"}),
        ("origin-wildcard", {"allowedOrigins": "*.example"}),
        ("origin-and-prefix", {"allowedOrigins": "academy.example", "startsWith": f"{EVIL}/"}),
    ):
        wrong = name in ("other-scheme", "empty", "scheme-alone", "relative", "number")
        found.add(
            f"scope-{name}",
            f"an issuer that answers for {policy}",
            invalid("not_conformant" if wrong else "hosted_out_of_scope"),
            hosted(),
            world=academy(issuer=issuer(verification={"type": "VerificationObject"} | policy)),
        )
    elsewhere = f"{EVIL}/assertions/1"
    found.add(
        "hosted-by-attacker",
        "an assertion of the academy's badge at the attacker's address",
        invalid("hosted_out_of_scope"),
        hosted(id=elsewhere),
        world=academy().put(elsewhere, hosted(id=elsewhere)),
        hosts=("academy.example", "mallory.example"),
    )
    for name, address in (
        ("longer-host", "https://academy.example.mallory.example/assertions/1"),
        ("userinfo", "https://academy.example@mallory.example/assertions/1"),
        ("dots", f"{BASE}/assertions/../uploads/1"),
        ("encoded-dots", f"{BASE}/assertions/%2e%2e/uploads/1"),
        ("uploads", f"{BASE}/uploads/1"),
    ):
        asked = "academy.example.mallory.example" if name == "longer-host" else "academy.example"
        found.add(
            f"address-{name}",
            f"an assertion at {address}",
            invalid("not_hosted" if name == "userinfo" else "hosted_out_of_scope"),
            hosted(id=address),
            world=academy().put(address, hosted(id=address)),
            hosts=() if name == "userinfo" else ("academy.example", asked),
        )


def _add_identity(found: Group) -> None:
    """Add documents that are not what their address says."""
    for name, mutation, expect, world in (
        ("assertion-other-id", "another assertion at the address of this", invalid("document_mismatch"),
         academy(hosted(id=f"{BASE}/assertions/2"))),
        ("assertion-no-id", "an assertion without id at its address", invalid("document_mismatch"),
         academy(hosted(id=None))),
        ("class-other-id", "another class at the address of the class", invalid("document_mismatch"),
         academy(badge_class=badge_class(id=f"{BASE}/badges/2"))),
        ("issuer-other-id", "another issuer at the address of the issuer", invalid("document_mismatch"),
         academy(issuer=issuer(id=f"{EVIL}/issuer"))),
        ("assertion-redirected", "the assertion's address leads to the attacker's",
         undecided("document_redirected"),
         academy().redirect(HOSTED, f"{EVIL}/1").put(f"{EVIL}/1", hosted())),
        ("class-redirected", "the class's address leads to the attacker's",
         undecided("document_redirected"),
         academy().redirect(CLASS, f"{EVIL}/c").put(f"{EVIL}/c", badge_class())),
        ("issuer-redirected", "the issuer's address leads to the attacker's",
         undecided("document_redirected"),
         academy().redirect(ISSUER, f"{EVIL}/i").put(f"{EVIL}/i", issuer())),
        ("redirected-to-http", "the assertion's address leads to another port",
         undecided("document_redirected"),
         academy().redirect(HOSTED, "https://academy.example:81/1").put(
             "https://academy.example:81/1", hosted())),
        ("assertion-missing", "404 at the assertion's address", undecided("document_unreachable"),
         academy().put(HOSTED, hosted(), status=404)),
        ("assertion-forbidden", "403 at the assertion's address", undecided("document_unreachable"),
         academy().put(HOSTED, hosted(), status=403)),
        ("assertion-html", "a web page at the assertion's address", undecided("document_unreadable"),
         academy().put(HOSTED, b"<!doctype html>")),
        ("assertion-duplicate", "an assertion with two badges at its address",
         undecided("document_unreadable"),
         academy().put(HOSTED, b'{"badge":"https://mallory.example/c",' + dumps(hosted())[1:])),
        ("assertion-array", "a list at the assertion's address", undecided("document_unreadable"),
         academy().put(HOSTED, dumps([hosted()]))),
        ("class-missing", "nobody answers at the class's address", undecided("document_unreachable"),
         academy().without(CLASS)),
        ("issuer-missing", "nobody answers at the issuer's address", undecided("document_unreachable"),
         academy().without(ISSUER)),
        ("issuer-gone", "410 at the issuer's address", undecided("document_unreachable"),
         academy().put(ISSUER, issuer(), status=410)),
    ):  # fmt: skip
        found.add(name, mutation, expect, hosted(), world=world)
    for name, address in (
        ("plain-http-port", "http://academy.example:8080/1"),
        ("urn", SIGNED),
        ("relative", "assertions/1"),
        ("other-script", "https://асademy.example/1"),
        ("backslash", "https://academy.example\\@mallory.example/1"),
    ):
        is_web = name == "plain-http-port"
        found.add(
            f"id-{name}",
            f"a hosted assertion whose id is {address!a}",
            undecided("document_not_addressed") if is_web else invalid("not_hosted"),
            hosted(id=address),
            world=academy().put(address, hosted(id=address)),
            hosts=(),
        )


def _add_copies(found: Group) -> None:
    """Add copies that say something else than what is hosted."""
    inline = badge_class(issuer=issuer())
    for name, mutation, changes in (
        ("person", "another person's hash", {"recipient": hosted()["recipient"] | {
            "identity": "sha256$" + "0" * 64}}),
        ("unhashed", "a person's address in clear", {"recipient": {
            "type": "email", "hashed": False, "identity": "mallory@mallory.example"}}),
        ("issued-earlier", "an earlier date of issue", {"issuedOn": "2019-01-01T00:00:00Z"}),
        ("expires-later", "a later end", {"expires": "2099-01-01T00:00:00Z"}),
        ("narrative", "another narrative", {"narrative": "Mention très bien."}),
        ("evidence", "evidence that the hosted one has not",
         {"evidence": [{"type": "Evidence", "narrative": "20/20"}]}),
        ("image", "an image that the hosted one has not", {"image": f"{EVIL}/gold.png"}),
        ("badge-inline", "a class inside it with another name", {"badge": inline | {"name": "Doctorat"}}),
        ("issuer-inline", "an issuer inside it with another name",
         {"badge": badge_class(issuer=issuer(name="Ministère"))}),
        ("extra", "a member that the hosted one has not", {"name": "Doctorat"}),
        ("unrevoked", "a word that it is not revoked", {"revoked": False}),
    ):  # fmt: skip
        found.add(
            f"copy-{name}",
            f"a copy with {mutation}",
            invalid("differs_from_hosted"),
            hosted(**changes),
            world=academy(),
        )
    found.add(
        "copy-of-other-class",
        "a copy of another badge class",
        invalid("differs_from_hosted"),
        hosted(badge=f"{BASE}/badges/2"),
        world=academy().put(
            f"{BASE}/badges/2", badge_class(id=f"{BASE}/badges/2", name="Doctorat")
        ),
    )
    itself = hosted(badge=badge_class(name="Doctorat"))
    found.add(
        "hosted-class-inline",
        "a hosted assertion that holds its class under another name than stands at its address",
        invalid("differs_from_hosted"),
        itself,
        world=academy(itself),
    )
    found.add(
        "hosted-class-issuer-inline",
        "a hosted class that holds its issuer under another name than stands at its address",
        invalid("differs_from_hosted"),
        hosted(),
        world=academy(badge_class=badge_class(issuer=issuer(name="Sorbonne"))),
    )
    for name, mutation, expect, document in (
        ("context-inline", "a context of its own", invalid("context_not_allowed"),
         hosted(**{"@context": [OB2, {"badge": "urn:x:badge"}]})),
        ("context-unknown", "a context that nobody knows", undecided("context_unknown"),
         hosted(**{"@context": [OB2, f"{EVIL}/c"]})),
        ("name-with-colon", "a badge under a compact name", invalid("key_not_allowed"),
         hosted(**{"ob:badge": f"{EVIL}/c"})),
        ("name-address", "a badge under its full address", invalid("key_not_allowed"),
         hosted(**{"https://w3id.org/openbadges#badge": f"{EVIL}/c"})),
        ("graph", "another assertion inside @graph", invalid("key_not_allowed"),
         hosted(**{"@graph": [hosted(id=f"{EVIL}/1")]})),
        ("verify-twice", "verify beside verification", invalid("value_not_allowed"),
         hosted(verify={"type": "hosted", "url": f"{EVIL}/1"})),
        ("signed-as-json", "a signed assertion without its signature", invalid("proof_missing"), signed()),
    ):  # fmt: skip
        found.add(name, mutation, expect, document, world=academy(), hosts=())


def _add_signed(found: Group) -> None:
    """Add signed assertions by keys that are not the issuer's, and signatures that are none."""
    genuine = jws(signed())
    body, _, signature = genuine.rpartition(".")
    evil_issuer = issuer(publicKey=f"{EVIL}/key")
    for name, mutation, expect, text, world in (
        ("other-key", "signed with the attacker's key", invalid("bad_signature"),
         jws(signed(), keys=MALLORYS), academy()),
        ("signature-flipped", "another last character of the signature", invalid("bad_signature"),
         f"{body}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}", academy()),
        ("signature-of-other", "the signature of another assertion", invalid("bad_signature"),
         f"{body}.{jws(signed(id='urn:uuid:1')).rpartition('.')[2]}", academy()),
        ("creator-of-attacker", "the attacker's key as creator",
         invalid("method_not_in_issuer_document"),
         jws(signed(verification={"type": "SignedBadge", "creator": f"{EVIL}/key"}), keys=MALLORYS),
         academy().put(f"{EVIL}/key", key(keys=MALLORYS, id=f"{EVIL}/key"))),
        ("creator-unlisted", "a key on the issuer's site that it does not list",
         invalid("method_not_in_issuer_document"),
         jws(signed(verification={"type": "SignedBadge", "creator": f"{BASE}/uploads/key"}), keys=MALLORYS),
         academy().put(f"{BASE}/uploads/key", key(keys=MALLORYS, id=f"{BASE}/uploads/key"))),
        ("creator-inline", "a key inside the assertion as creator", invalid("not_conformant"),
         jws(signed(verification={"type": "SignedBadge", "creator": key(keys=MALLORYS)}), keys=MALLORYS),
         academy()),
        ("issuer-inline", "an issuer inside it with the attacker's key", invalid("bad_signature"),
         jws(signed(badge=badge_class(issuer=issuer(publicKey=key(keys=MALLORYS)))), keys=MALLORYS),
         academy()),
        ("issuer-inline-listing", "an issuer inside it that lists the attacker's key",
         invalid("method_not_in_issuer_document"),
         jws(signed(badge=badge_class(issuer=evil_issuer),
                    verification={"type": "SignedBadge", "creator": f"{EVIL}/key"}), keys=MALLORYS),
         academy().put(f"{EVIL}/key", key(keys=MALLORYS, id=f"{EVIL}/key"))),
        ("owner-other", "a key whose owner is the attacker", invalid("controller_mismatch"), genuine,
         academy(key=key(owner=f"{EVIL}/issuer"))),
        ("owner-missing", "a key without owner", invalid("controller_mismatch"), genuine,
         academy(key=key(owner=ISSUER) | {"owner": None})),
        ("no-keys", "an issuer without keys", invalid("method_not_in_issuer_document"), genuine,
         academy(issuer=issuer(publicKey=None))),
        ("key-other-id", "another key at the key's address", invalid("document_mismatch"), genuine,
         academy(key=key(id=f"{BASE}/key2"))),
        ("key-redirected", "the key's address leads to the attacker's", undecided("document_redirected"),
         genuine, academy().redirect(KEY, f"{EVIL}/key").put(f"{EVIL}/key", key(keys=MALLORYS))),
        ("key-missing", "nobody answers at the key's address", undecided("document_unreachable"),
         genuine, academy().without(KEY)),
        ("key-secret", "a secret key where the public one should stand", invalid("private_key"), genuine,
         academy(key=key(publicKeyPem="-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----"))),
        ("key-garbage", "letters where the key should stand", invalid("bad_key"), genuine,
         academy(key=key(publicKeyPem="trust me"))),
        ("key-on-curve", "a key of another kind", invalid("alg_not_allowed"), genuine,
         academy(key=key(publicKeyPem=SCHOOLS.pem("p256")))),
        ("says-hosted", "signed, and says that it is hosted", invalid("proof_purpose"),
         jws(signed(verification={"type": "HostedBadge"})), academy()),
    ):  # fmt: skip
        found.add(
            f"signed-{name}",
            mutation,
            expect,
            text,
            world=world,
            kind="jwt",
            base="signed assertion",
        )
    for name, mutation, header, code in (
        ("alg-none", "alg none", {"alg": "none"}, "alg_not_allowed"),
        ("alg-hmac", "alg HS256", {"alg": "HS256"}, "alg_not_allowed"),
        ("header-jwk", "the attacker's key in the header", {"jwk": MALLORYS.jwk("RS256")}, "bad_signature"),
        ("header-jku", "the address of the attacker's keys in the header", {"jku": f"{EVIL}/keys"},
         "unsupported_header"),
        ("header-crit", "crit in the header", {"crit": ["exp"]}, "unsupported_header"),
    ):  # fmt: skip
        found.add(
            f"signed-{name}",
            f"{mutation} (signed assertion)",
            invalid(code),
            jws(signed(), keys=MALLORYS, header=header),
            world=academy(),
            kind="jwt",
            base="signed assertion",
            hosts=ASKED if code == "bad_signature" else (),
        )


def _add_status(found: Group) -> None:
    """Add what is revoked, expired, or of which nobody can tell."""
    for name, mutation, expect, world in (
        ("revoked", "revoked at its own address", REVOKED, academy(hosted(revoked=True))),
        ("revoked-text", "revoked in a word at its own address",
         Expect("red", "invalid", "revoked", "not_conformant"), academy(hosted(revoked="true"))),
        ("gone", "410 at its own address", Expect("red", "indeterminate", "revoked", "hosted_content_gone"),
         academy().put(HOSTED, {"id": HOSTED, "revoked": True}, status=410)),
        ("gone-silently", "410 and a web page at its own address",
         Expect("red", "indeterminate", "revoked", "hosted_content_gone"),
         academy().put(HOSTED, b"<!doctype html>", status=410)),
        ("expired", "expired yesterday", Expect("red", "valid", "expired", "expired"),
         academy(hosted(expires="2026-11-22T09:00:00Z"))),
        ("not-yet", "issued tomorrow", Expect("red", "valid", "not_yet_valid", "not_yet_valid"),
         academy(hosted(issuedOn="2026-11-24T09:00:00Z"))),
        ("backwards", "expired before it was issued", invalid("not_conformant"),
         academy(hosted(issuedOn="2026-11-20T12:00:00Z", expires="2026-11-19T12:00:00Z"))),
    ):  # fmt: skip
        # Of what is over, the copy says so as well; what is revoked looks good in a copy.
        is_over = name in ("expired", "not-yet", "backwards")
        copy = world.answers[HOSTED]["body"] if is_over else hosted()
        found.add(f"hosted-{name}", mutation, expect, copy, world=world)
    text = jws(signed())
    for name, mutation, expect, world in (
        ("by-id", "the list names its id", REVOKED, academy(revocations=revocations({"id": SIGNED}))),
        ("by-text", "the list names its id as text", REVOKED, academy(revocations=revocations(SIGNED))),
        ("with-reason", "the list gives a reason", REVOKED,
         academy(revocations=revocations({"id": SIGNED, "revocationReason": "Fraude"}))),
        ("revoked-word", "the list says revoked in a word", REVOKED,
         academy(revocations=revocations({"id": SIGNED, "revoked": "no"}))),
        ("among-others", "the list names others before it", REVOKED,
         academy(revocations=revocations("urn:uuid:1", {"id": "urn:uuid:2"}, {"id": SIGNED}))),
        ("entry-unreadable", "the list has an entry that names nothing",
         status_unknown("status_list_malformed"), academy(revocations=revocations({"reason": "x"}))),
        ("entry-number", "the list has a number for entry", status_unknown("status_list_malformed"),
         academy(revocations=revocations(1))),
        ("list-missing", "nobody answers at the list's address", status_unknown("status_unreachable"),
         academy().without(LIST)),
        ("list-not-found", "404 at the list's address", status_unknown("status_unreachable"),
         academy().put(LIST, revocations(), status=404)),
        ("list-html", "a web page at the list's address", status_unknown("status_list_malformed"),
         academy().put(LIST, b"<!doctype html>")),
        ("list-redirected", "the list's address leads to the attacker's",
         status_unknown("status_list_untrusted"),
         academy().redirect(LIST, f"{EVIL}/l").put(f"{EVIL}/l", revocations())),
        ("list-of-other", "a list of another issuer", status_unknown("status_list_untrusted"),
         academy(revocations=revocations(issuer=f"{EVIL}/issuer"))),
        ("list-other-id", "a list with another id", status_unknown("status_list_untrusted"),
         academy(revocations=revocations(id=f"{BASE}/revoked2"))),
        ("list-no-type", "a list without its type", status_unknown("status_list_malformed"),
         academy(revocations=revocations(type="Profile"))),
        ("list-no-entries", "a list whose entries are no list", status_unknown("status_list_malformed"),
         academy(revocations=revocations(revokedAssertions={"id": SIGNED}))),
        ("list-at-http", "a list at plain http with a port of its own", status_unknown("status_unreachable"),
         academy(issuer=issuer(revocationList="http://academy.example:8080/revoked"))),
        ("list-two", "two lists", Expect("red", "invalid", "unknown", "not_conformant"),
         academy(issuer=issuer(revocationList=[LIST, f"{BASE}/revoked2"]))),
    ):  # fmt: skip
        found.add(
            f"list-{name}".replace("list-list", "list"),
            f"a signed assertion: {mutation}",
            expect,
            text,
            world=world,
            kind="jwt",
            base="signed assertion",
        )
    found.add(
        "signed-expired",
        "a signed assertion that expired yesterday",
        Expect("red", "valid", "expired", "expired"),
        jws(signed(expires="2026-11-22T09:00:00Z")),
        world=academy(),
        kind="jwt",
        base="signed assertion",
    )
    found.add(
        "signed-says-revoked",
        "a signed assertion that says itself that it is revoked",
        REVOKED,
        jws(signed(revoked=True)),
        world=academy(),
        kind="jwt",
        base="signed assertion",
    )
