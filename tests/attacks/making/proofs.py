"""Class 3: the embedded proof, sets and chains of proofs, and documents of another purpose."""

from __future__ import annotations

import hashlib
from typing import Any

from badgeservice.openbadges.multibase import base58_decode, base64url_encode
from tests.attacks.making import suites
from tests.attacks.making.cases import LIST_HOST, SCHOOL_HOST, Group, invalid, undecided, unreadable
from tests.attacks.making.issuers import (
    CONTEXT,
    ED,
    MALLORY,
    MALLORYS,
    SCHOOL,
    SCHOOLS,
    Document,
    badge,
    canonical,
    dumps,
    genuine,
    multibase58,
    profile,
    secured,
    status_list,
)

ASKED = (SCHOOL_HOST,)


def embedded() -> Group:
    """Return class 3."""
    group = Group("03-proofs", 50, "badge eddsa-rdfc-2022")
    proof = genuine()["proof"]

    def changed(**members: Any) -> Document:
        kept = {k: v for k, v in (proof | members).items() if v is not ...}
        return genuine() | {"proof": kept}

    for name, mutation, expect, members in (
        ("no-type", "the proof without type", undecided("proof_unsupported"), {"type": ...}),
        ("no-cryptosuite", "the proof without cryptosuite", undecided("proof_unsupported"),
         {"cryptosuite": ...}),
        ("unknown-suite", "a cryptosuite that nobody knows", undecided("proof_unsupported"),
         {"cryptosuite": "mallory-2026"}),
        ("unknown-type", "a type of proof that nobody knows", undecided("proof_unsupported"),
         {"type": "MalloryProof"}),
        ("rsa-type", "an old type of proof with RSA", undecided("proof_unsupported"),
         {"type": "RsaSignature2018", "cryptosuite": ...}),
        ("suite-in-capitals", "the cryptosuite in capitals", undecided("proof_unsupported"),
         {"cryptosuite": "EDDSA-RDFC-2022"}),
        ("suite-with-nul", "a NUL behind the cryptosuite", undecided("proof_unsupported"),
         {"cryptosuite": "eddsa-rdfc-2022\0"}),
        ("suite-number", "a number for cryptosuite", undecided("proof_unsupported"), {"cryptosuite": 2022}),
        ("no-created", "the proof without created", invalid("bad_signature"), {"created": ...}),
        ("no-value", "the proof without proofValue", invalid("proof_shape"), {"proofValue": ...}),
        ("no-purpose", "the proof without proofPurpose", invalid("proof_purpose"), {"proofPurpose": ...}),
        ("no-method", "the proof without verificationMethod", invalid("proof_shape"),
         {"verificationMethod": ...}),
    ):  # fmt: skip
        asked = name in ("no-created", "no-value")
        group.add(name, mutation, expect, changed(**members), hosts=ASKED if asked else ())
    for name, value in (
        ("authentication", "authentication"),
        ("key-agreement", "keyAgreement"),
        ("capability-invocation", "capabilityInvocation"),
        ("in-capitals", "ASSERTIONMETHOD"),
        ("as-address", "https://w3id.org/security#assertionMethod"),
    ):
        # Without a word of the contexts, its statement would be lost.
        code = "unsigned_data" if name in ("as-address", "in-capitals") else "proof_purpose"
        signed = secured(badge(), proof={"proofPurpose": value})
        group.add(f"purpose-{name}", f"signed by the issuer for {value}", invalid(code), signed)
    group.add(
        "purpose-array",
        "two purposes, one of them right",
        invalid("proof_purpose"),
        changed(proofPurpose=["assertionMethod", "authentication"]),
    )
    raw = base58_decode(proof["proofValue"][1:])
    for name, mutation, value in (
        ("empty", "an empty proofValue", ""),
        ("prefix-alone", "the prefix of a proofValue alone", "z"),
        ("space-behind", "a space behind the proofValue", proof["proofValue"] + " "),
        ("space-before", "a space before the proofValue", " " + proof["proofValue"]),
        ("line-end", "a line end behind the proofValue", proof["proofValue"] + "\n"),
        ("base64url", "the proofValue in base64url", "u" + base64url_encode(raw)),
        ("hex", "the proofValue in hexadecimal", "f" + raw.hex()),
        ("without-prefix", "the proofValue without its prefix", proof["proofValue"][1:]),
        ("leading-zero", "a zero byte before the signature", "z1" + proof["proofValue"][1:]),
        ("byte-more", "a byte behind the signature", multibase58(raw + b"\0")),
        ("byte-less", "the last byte of the signature missing", multibase58(raw[:-1])),
        ("no-digit", "a letter that base58 lacks in the proofValue", "z0" + proof["proofValue"][2:]),
        ("number", "a number for proofValue", 1),
        ("object", "an object for proofValue", {"id": "urn:x:1"}),
    ):  # fmt: skip
        code, hosts = ("unsigned_data", ()) if name == "object" else ("proof_shape", ASKED)
        group.add(f"value-{name}", mutation, invalid(code), changed(proofValue=value), hosts=hosts)
    for name, mutation, signature in (
        ("zero", "a signature of zeros", bytes(64)),
        ("flipped", "one bit of the signature changed", bytes([raw[0] ^ 1]) + raw[1:]),
        ("high-s", "s of the signature plus the order of the curve",
         raw[:32] + ((int.from_bytes(raw[32:], "little") + 2**252
                      + 27742317777372353535851937790883648493) % 2**256).to_bytes(32, "little")),
    ):  # fmt: skip
        group.add(
            f"signature-{name}",
            mutation,
            invalid("bad_signature"),
            changed(proofValue=multibase58(signature)),
            hosts=ASKED,
        )
    other = secured(badge(id="urn:uuid:00000000-0000-4000-8000-000000000000"))
    for name, mutation, document in (
        ("other-badge", "the proof of another badge of the issuer",
         genuine() | {"proof": other["proof"]}),
        ("created-changed", "created changed after signing", changed(created="2026-11-20T12:00:01Z")),
        ("expires-added", "expires added after signing", changed(expires="2099-01-01T00:00:00Z")),
        ("nonce-added", "a nonce added after signing", changed(nonce="uAAAA")),
        ("id-added", "an id added to the proof after signing", changed(id="urn:uuid:1")),
        ("document-first", "signed with the two hashes in the other order",
         changed(proofValue=_signed(lambda p, d: d + p))),
        ("document-alone", "signed without the proof's own options", changed(proofValue=_signed(lambda p, d: d))),
        ("proof-alone", "signed without the document", changed(proofValue=_signed(lambda p, d: p))),
        ("hash-of-hashes", "signed over one hash of both", changed(
            proofValue=_signed(lambda p, d: hashlib.sha256(p + d).digest()))),
        ("sha-512", "signed over SHA-512", changed(proofValue=_signed(None))),
        ("attackers-key", "signed with another key under the issuer's method",
         secured(badge(), key=MALLORYS)),
        ("edited", "a name edited after signing", genuine() | {"name": "Doctorat"}),
        ("status-removed", "the status entry taken away",
         {k: v for k, v in genuine().items() if k != "credentialStatus"}),
        ("until-removed", "validUntil taken away", {k: v for k, v in genuine().items() if k != "validUntil"}),
        ("subject-changed", "another person's id", _edited("credentialSubject", "id", "urn:uuid:x")),
    ):  # fmt: skip
        group.add(name, mutation, invalid("bad_signature"), document, hosts=ASKED)
    for name, mutation, expect, options in (
        ("created-tomorrow", "created tomorrow", invalid("proof_not_current"),
         {"created": "2026-11-24T09:00:00Z"}),
        ("created-in-six-minutes", "created six minutes from now", invalid("proof_not_current"),
         {"created": "2026-11-23T09:06:00Z"}),
        ("expired", "no longer to be believed since yesterday", invalid("proof_not_current"),
         {"expires": "2026-11-22T09:00:00Z"}),
        ("expires-now", "to be believed until this very second", invalid("proof_not_current"),
         {"expires": "2026-11-23T09:00:00Z"}),
        ("created-without-zone", "created without zone", invalid("proof_shape"),
         {"created": "2026-11-20T12:00:00"}),
        ("created-no-day", "created on the 31st of February", invalid("proof_shape"),
         {"created": "2026-02-31T12:00:00Z"}),
        ("expires-is-text", "expires is a word", invalid("proof_shape"), {"expires": "never"}),
        ("domain", "made for one exchange at a domain", undecided("proof_for_an_exchange"),
         {"domain": "mallory.example"}),
        ("challenge", "made for one exchange with a challenge", undecided("proof_for_an_exchange"),
         {"challenge": "1"}),
    ):  # fmt: skip
        hosts = () if "exchange" in expect.code else ASKED
        group.add(
            name,
            f"signed so by the issuer: {mutation}",
            expect,
            secured(badge(), proof=options),
            hosts=hosts,
        )
    _add_shapes(group, proof, changed)
    _add_sets(group, proof)
    _add_other_documents(group)
    suites.add_attacks(group)
    return group


def _add_shapes(group: Group, proof: Document, changed: Any) -> None:
    for name, mutation, expect, written in (
        ("proof-missing", "no proof at all", invalid("proof_missing"), ...),
        ("proof-null", "null for proof", invalid("proof_missing"), None),
        ("proof-empty", "an empty list of proofs", invalid("proof_missing"), []),
        ("proof-text", "text for proof", invalid("proof_shape"), "trust me"),
        ("proof-number", "a number for proof", invalid("proof_shape"), 1),
        ("proof-in-list-in-list", "the proof in a list in a list", invalid("proof_shape"), [[proof]]),
        ("proof-empty-object", "an empty object for proof", undecided("proof_unsupported"), {}),
        ("proof-true", "true for proof", invalid("proof_shape"), True),
    ):  # fmt: skip
        document = genuine() | {"proof": written}
        if written is ...:
            del document["proof"]
        group.add(name, mutation, expect, document)
    for name, mutation, code, members in (
        ("method-object", "the method as an object with the attacker's key", "unsigned_data",
         {"verificationMethod": {"id": ED, "type": "Multikey", "controller": SCHOOL,
                                 "publicKeyMultibase": MALLORYS.multikey}}),
        ("method-array", "two methods, one of them right", "proof_shape",
         {"verificationMethod": [ED, f"{MALLORY}#ed25519"]}),
        ("method-number", "a number for method", "unsigned_data", {"verificationMethod": 1}),
        ("type-array", "two types of proof", "proof_shape", {"type": ["DataIntegrityProof", "x"]}),
        ("undefined-term", "a word that nobody defined, beside the signature", "unsigned_data",
         {"comment": "trust me"}),
        ("keyword", "its options inside @nest", "key_not_allowed", {"@nest": {"nonce": "x"}}),
        ("id-relative", "a relative id of the proof", "value_not_allowed", {"id": "proof"}),
        ("credential-inside", "a status entry moved into the proof", "unsigned_data",
         {"credentialStatus": genuine()["credentialStatus"]}),
    ):  # fmt: skip
        expect = invalid(code)
        if name == "type-array":
            expect = undecided("proof_unsupported")
        group.add(name, mutation, expect, changed(**members))
    for name, mutation, previous in (
        ("chain-to-nothing", "a proof that follows one that is not there", "urn:uuid:2"),
        ("chain-to-itself", "a proof that follows itself", "urn:uuid:1"),
    ):
        signed = secured(badge(), proof={"id": "urn:uuid:1", "previousProof": previous})
        group.add(name, mutation, undecided("proof_unsupported"), signed)


def _add_sets(group: Group, proof: Document) -> None:
    mallorys = secured(badge(), key=MALLORYS, method=f"{MALLORY}#ed25519")["proof"]
    forged = secured(badge(), key=MALLORYS)["proof"]
    strange = proof | {"cryptosuite": "mallory-2026"}
    too_late = secured(badge(), proof={"created": "2027-01-01T00:00:00Z"})["proof"]
    for name, mutation, expect, proofs, hosts in (
        ("good-and-forged", "a good proof before a forged one", invalid("bad_signature"),
         [proof, forged], ASKED),
        ("forged-and-good", "a forged proof before a good one", invalid("bad_signature"),
         [forged, proof], ASKED),
        ("good-and-attackers", "a good proof before the attacker's own",
         invalid("method_not_in_issuer_document"), [proof, mallorys], ASKED),
        ("attackers-and-good", "the attacker's own proof before a good one",
         invalid("method_not_in_issuer_document"), [mallorys, proof], ASKED),
        ("good-and-future", "a good proof before one of next year", invalid("proof_not_current"),
         [proof, too_late], ASKED),
        ("good-and-shapeless", "a good proof before one without value", invalid("proof_shape"),
         [proof, {k: v for k, v in proof.items() if k != "proofValue"}], ASKED),
        ("good-and-text", "a good proof beside text", invalid("proof_shape"), [proof, "trust me"], ()),
        ("two-unknown", "two proofs that nobody knows", undecided("proof_unsupported"),
         [strange, strange | {"created": "2026-11-21T00:00:00Z"}], ()),
        ("five", "the same proof five times", undecided("too_complex"), [proof] * 5, ()),
        ("hundred", "the same proof a hundred times", undecided("too_complex"), [proof] * 100, ()),
        ("unknown-and-forged", "a proof that nobody knows before a forged one",
         invalid("bad_signature"), [strange, forged], ASKED),
    ):  # fmt: skip
        group.add(f"set-{name}", mutation, expect, genuine() | {"proof": proofs}, hosts=hosts)


def _add_other_documents(group: Group) -> None:
    """Add what the issuer did sign, and what is no badge."""
    endorsement = badge(type=["VerifiableCredential", "EndorsementCredential"])
    endorsement["credentialSubject"] = {
        "id": badge()["id"],
        "type": ["EndorsementSubject"],
        "endorsementComment": "Très bien.",
    }
    presentation = {
        "@context": CONTEXT,
        "id": "urn:uuid:3",
        "type": ["VerifiablePresentation"],
        "verifiableCredential": [genuine()],
    }
    for name, mutation, document, code in (
        ("status-list", "a status list shown as a badge", status_list(), "not_an_open_badge"),
        ("endorsement", "an endorsement shown as a badge", endorsement, "not_an_open_badge"),
        ("type-credential-alone", "the type of badges missing",
         badge(type=["VerifiableCredential"]), "not_an_open_badge"),
    ):  # fmt: skip
        group.add(
            f"signed-{name}",
            mutation,
            invalid(code, "active"),
            secured(document),
            hosts=(SCHOOL_HOST,) if name == "status-list" else (SCHOOL_HOST, LIST_HOST),
        )
    group.add(
        "signed-presentation",
        "a presentation that holds a badge",
        invalid("context_not_allowed"),
        presentation | {"proof": genuine()["proof"]},
    )
    untyped = {k: v for k, v in genuine().items() if k != "type"}
    group.add("badge-without-type", "the badge without type", invalid("unsigned_data"), untyped)
    group.add(
        "controller-document",
        "the issuer's key document shown as a badge",
        unreadable("not_a_badge"),
        dumps({"id": SCHOOL, "verificationMethod": []}),
    )
    group.add(
        "profile-alone",
        "the issuer's profile shown as a badge",
        invalid("not_an_open_badge"),
        {"@context": CONTEXT} | profile(),
    )


def _edited(node: str, member: str, value: Any) -> Document:
    document = genuine()
    document[node][member] = value
    return document


def _signed(combine: Any) -> str:
    """Return a signature by the issuer's key over something else than the standard says."""
    options = {k: v for k, v in genuine()["proof"].items() if k != "proofValue"}
    digest = hashlib.sha256 if combine else hashlib.sha512
    hashes = [
        digest(canonical(part).encode()).digest()
        for part in ({"@context": CONTEXT} | options, badge())
    ]
    message = combine(*hashes) if combine else b"".join(hashes)
    return multibase58(SCHOOLS.ed25519.sign(message))
