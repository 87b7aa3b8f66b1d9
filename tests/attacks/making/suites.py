"""The suites that others sign with: badges signed with them, and what can be done to those.

Written from the standards with a library for canonical JSON and pyld, like everything here: our own
code would refuse to sign what an attacker would.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import rfc8785
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from badgeservice.openbadges.multibase import base58_decode
from tests.attacks.making import issuers
from tests.attacks.making.cases import (
    COMMON,
    LIST_HOST,
    SCHOOL_HOST,
    Expect,
    Group,
    invalid,
    not_in_force,
    status_unknown,
    undecided,
)
from tests.attacks.making.issuers import (
    CONTEXT,
    ED,
    ISSUED,
    LIST,
    MALLORYS,
    OTHERS,
    P256,
    P384,
    SCHOOL,
    SCHOOLS,
    Document,
    Key,
    World,
    badge,
    canonical,
    genuine,
    multibase58,
    status_list,
)

ASKED, BOTH = (SCHOOL_HOST,), (SCHOOL_HOST, LIST_HOST)
ED_2020 = "https://w3id.org/security/suites/ed25519-2020/v1"
JCS, RDFC, OLD_RDFC = "eddsa-jcs-2022", "eddsa-rdfc-2022", "eddsa-2022"
ECDSA, SD, SIGNATURE_2020 = "ecdsa-rdfc-2019", "ecdsa-sd-2023", "Ed25519Signature2020"
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The order of P-256."""


def _ecdsa(key: ec.EllipticCurvePrivateKey, digest: hashes.HashAlgorithm, message: bytes) -> bytes:
    size = key.key_size // 8
    signed = key.sign(message, ec.ECDSA(digest, deterministic_signing=True))
    return b"".join(number.to_bytes(size, "big") for number in decode_dss_signature(signed))


def options(suite: str, method: str = "", **changes: Any) -> Document:
    """Return the options of a proof; None leaves a member out."""
    method = method or (P256 if suite in (ECDSA, SD) else ED)
    named = {"type": suite} if suite == SIGNATURE_2020 else {"cryptosuite": suite}
    said: Document = {"type": "DataIntegrityProof"} | named
    said |= {"created": ISSUED, "verificationMethod": method, "proofPurpose": "assertionMethod"}
    return {k: v for k, v in (said | changes).items() if v is not None}


def document(suite: str, **changes: Any) -> Document:
    """Return an unsigned badge for a suite."""
    context = [*CONTEXT, ED_2020] if suite == SIGNATURE_2020 else CONTEXT
    return badge(**{"@context": context} | changes)


def signature(unsigned: Document, said: Document, *, key: Key = SCHOOLS, suite: str = "") -> bytes:
    """Return the signature of a proof with these options, made as `suite` says, or the options."""
    suite = suite or said.get("cryptosuite", SIGNATURE_2020)
    digest = "sha384" if said["verificationMethod"] == P384 else "sha256"
    if suite == JCS:
        parts = [rfc8785.dumps(part) for part in (said, unsigned)]
    else:
        configuration = said | {"@context": unsigned["@context"]}
        parts = [canonical(part).encode() for part in (configuration, unsigned)]
    message = b"".join(hashlib.new(digest, part).digest() for part in parts)
    if suite != ECDSA:
        return key.ed25519.sign(message)
    if digest == "sha384":
        return _ecdsa(key.p384, hashes.SHA384(), message)
    return key.sign("ES256", message)


def secured(
    suite: str,
    method: str = "",
    *,
    key: Key = SCHOOLS,
    said: Document | None = None,
    **changes: Any,
) -> Document:
    """Return a badge signed with a suite; `said` changes the options, `changes` the badge."""
    unsigned = document(suite, **changes)
    proof = options(suite, method, **(said or {}))
    value = multibase58(signature(unsigned, proof, key=key, suite=suite))
    return unsigned | {"proof": proof | {"proofValue": value}}


# --- ecdsa-sd-2023


class Shown:
    """A badge shown in part: the parts of its proof, to be changed before it is put together.

    `hidden` names members of the badge that its holder leaves out, `shown` are others in their
    place; `mandatory` tells which statements the issuer let nobody leave out.
    """

    def __init__(
        self,
        *hidden: str,
        mandatory: Callable[[str], bool] = lambda line: "#valid" in line,
        **shown: Any,
    ) -> None:
        self.document = {k: v for k, v in document(SD).items() if k not in hidden} | shown
        self.options = options(SD)
        text = canonical(self.document)
        nodes = sorted({word for word in text.split() if word.startswith("_:")})
        self.labels = {
            number: hmac.digest(b"\x07" * 32, node.removeprefix("_:").encode(), "sha256")
            for number, node in enumerate(nodes)
        }
        for number, node in enumerate(nodes):
            label = base64.urlsafe_b64encode(self.labels[number]).decode().rstrip("=")
            text = text.replace(node, f"_:u{label}")
        self.statements = sorted(f"{line}\n" for line in text.split("\n")[:-1])
        self.mandatory = [n for n, line in enumerate(self.statements) if mandatory(line)]
        self.public_key = b"\x80\x24" + OTHERS.p256_raw
        self.sign()

    def sign(self, key: Key = SCHOOLS, statements: Key = OTHERS) -> None:
        """Sign what there is: the group with one key, every other statement with the other."""
        group = "".join(self.statements[place] for place in self.mandatory)
        configuration = canonical(self.options | {"@context": self.document["@context"]})
        digests = [hashlib.sha256(part.encode()).digest() for part in (configuration, group)]
        self.base = key.sign("ES256", digests[0] + self.public_key + digests[1])
        self.signatures = [
            statements.sign("ES256", line.encode())
            for place, line in enumerate(self.statements)
            if place not in self.mandatory
        ]

    def closed(self, *, head: bytes = b"\xd9\x5d\x01", behind: bytes = b"") -> Document:
        """Return the badge with its proof."""
        parts = [self.base, self.public_key, self.signatures, self.labels, self.mandatory]
        data = head + _cbor(parts) + behind
        value = "u" + base64.urlsafe_b64encode(data).decode().rstrip("=")
        return self.document | {"proof": self.options | {"proofValue": value}}


def _cbor(value: Any) -> bytes:
    """Return numbers, bytes, lists and maps as CBOR (RFC 8949), each head in its shortest form."""

    def head(major: int, number: int) -> bytes:
        if number < 24:
            return bytes([major << 5 | number])
        size = 1 if number < 256 else 2
        return bytes([major << 5 | 23 + size]) + number.to_bytes(size, "big")

    match value:
        case int():
            return head(0, value)
        case bytes():
            return head(2, len(value)) + value
        case list():
            return head(4, len(value)) + b"".join(map(_cbor, value))
        case dict():
            return head(5, len(value)) + b"".join(_cbor(k) + _cbor(v) for k, v in value.items())
    raise AssertionError(value)


def _of_status(line: str) -> bool:
    return "#valid" in line or "credentialStatus" in line or "status" in line.partition(" ")[0]


# --- cases

SIMPLE = {
    "jcs": (JCS, ""),
    "ecdsa-p256": (ECDSA, P256),
    "ecdsa-p384": (ECDSA, P384),
    "signature-2020": (SIGNATURE_2020, ""),
    "former-name": (OLD_RDFC, ""),
}
"""The suites that sign a whole badge, beside our own."""


def add_controls(group: Group, expect: Expect) -> None:
    """Add a genuine badge of every suite."""
    for name, (suite, method) in SIMPLE.items():
        group.add(f"suite-{name}", f"signed with {suite}, {name}", expect, secured(suite, method),)  # fmt: skip
    mirrored = secured(ECDSA)
    value = base58_decode(mirrored["proof"]["proofValue"][1:])
    other = _ORDER - int.from_bytes(value[32:], "big")
    mirrored["proof"]["proofValue"] = multibase58(value[:32] + other.to_bytes(32, "big"))
    for name, mutation, signed in (
        ("ecdsa-mirrored", "the other signature that ECDSA allows for each", mirrored),
        ("ecdsa-jwk", "signed with ecdsa-rdfc-2019 by a key that is a JWK",
         secured(ECDSA, f"{SCHOOL}#p256")),
        ("sd", "shown in part, end and status always shown", Shown("evidence", mandatory=_of_status).closed()),
        ("sd-whole", "shown whole, everything mandatory", Shown(mandatory=bool).closed()),
        ("set", "signed with two suites", secured(JCS) | {"proof": [
            secured(JCS)["proof"], secured(RDFC)["proof"]]}),
        ("unknown-beside", "signed, with a proof of an unknown suite beside it",
         genuine() | {"proof": [genuine()["proof"], options("mallory-2026") | {"proofValue": "z1"}]}),
    ):  # fmt: skip
        group.add(
            f"suite-{name}",
            mutation,
            expect,
            signed,
        )


def add_attacks(group: Group) -> None:
    """Add to class 3 what can be done to proofs of these suites."""
    for name, (suite, method) in SIMPLE.items():
        signed = secured(suite, method)
        proof = signed["proof"]
        for what, mutation, attack in (
            ("edited", "a name edited after signing", signed | {"name": "Doctorat"}),
            ("forged", "signed with another key under the issuer's method",
             secured(suite, method, key=MALLORYS)),
            ("created-changed", "created changed after signing",
             signed | {"proof": proof | {"created": "2026-11-20T12:00:01Z"}}),
            ("status-removed", "the status entry taken away",
             {k: v for k, v in signed.items() if k != "credentialStatus"}),
        ):  # fmt: skip
            group.add(f"{name}-{what}", f"{suite}, {name}: {mutation}", invalid("bad_signature"),
                      attack, hosts=ASKED)  # fmt: skip
        group.add(f"{name}-purpose", f"{suite}, {name}: signed so by the issuer for authentication",
                  invalid("proof_purpose"),
                  secured(suite, method, said={"proofPurpose": "authentication"}),
                  hosts=())  # fmt: skip
        group.add(f"{name}-revoked", f"{suite}, {name}: a badge that the list revokes",
                  not_in_force("revoked"), secured(suite, method),
                  world=_with_revoked(), hosts=BOTH)  # fmt: skip
    _add_names(group)
    _add_json(group)
    _add_ecdsa(group)
    _add_shown(group)


def _with_revoked() -> World:
    return COMMON.put(LIST, issuers.secured(status_list(94_567)))


def _renamed(signed: Document, **members: Any) -> Document:
    proof = {k: v for k, v in (signed["proof"] | members).items() if v is not None}
    return signed | {"proof": proof}


def _add_names(group: Group) -> None:
    """Add proofs that pass for those of another suite."""
    for name, mutation, code, signed in (
        ("rdfc-as-jcs", "eddsa-rdfc-2022 called eddsa-jcs-2022", "bad_signature",
         _renamed(secured(RDFC), cryptosuite=JCS)),
        ("jcs-as-rdfc", "eddsa-jcs-2022 called eddsa-rdfc-2022", "bad_signature",
         _renamed(secured(JCS), cryptosuite=RDFC)),
        ("rdfc-as-former", "eddsa-rdfc-2022 under the name that it had before", "bad_signature",
         _renamed(secured(RDFC), cryptosuite=OLD_RDFC)),
        ("former-as-rdfc", "eddsa-2022 under the name that it has now", "bad_signature",
         _renamed(secured(OLD_RDFC), cryptosuite=RDFC)),
        ("rdfc-as-2020", "eddsa-rdfc-2022 called Ed25519Signature2020", "bad_signature",
         _renamed(secured(RDFC, **{"@context": [*CONTEXT, ED_2020]}), type=SIGNATURE_2020, cryptosuite=None)),
        ("2020-as-rdfc", "Ed25519Signature2020 called eddsa-rdfc-2022", "bad_signature",
         _renamed(secured(SIGNATURE_2020), type="DataIntegrityProof", cryptosuite=RDFC)),
        ("2020-with-suite", "Ed25519Signature2020 with a cryptosuite beside its type", "unsigned_data",
         _renamed(secured(SIGNATURE_2020), cryptosuite=RDFC)),
        ("2020-no-context", "Ed25519Signature2020 without the context of its word", "unsigned_data",
         secured(RDFC) | {"proof": secured(SIGNATURE_2020)["proof"]}),
        ("rdfc-by-p256", "eddsa-rdfc-2022 by a method of P-256", "key_type",
         _renamed(secured(RDFC), verificationMethod=P256)),
        ("jcs-by-p256", "eddsa-jcs-2022 by a method of P-256", "key_type",
         _renamed(secured(JCS), verificationMethod=P256)),
        ("ecdsa-by-ed25519", "ecdsa-rdfc-2019 by a method of Ed25519", "key_type",
         _renamed(secured(ECDSA), verificationMethod=ED)),
        ("ecdsa-by-rsa", "ecdsa-rdfc-2019 by a method of RSA", "key_type",
         _renamed(secured(ECDSA), verificationMethod=f"{SCHOOL}#rsa")),
        ("sd-by-p384", "ecdsa-sd-2023 by a method of P-384", "key_type",
         _renamed(Shown().closed(), verificationMethod=P384)),
        ("ecdsa-as-sd", "ecdsa-rdfc-2019 called ecdsa-sd-2023", "proof_shape",
         _renamed(secured(ECDSA), cryptosuite=SD)),
        ("sd-as-ecdsa", "ecdsa-sd-2023 called ecdsa-rdfc-2019", "proof_shape",
         _renamed(Shown().closed(), cryptosuite=ECDSA)),
    ):  # fmt: skip
        hosts = () if code == "unsigned_data" else ASKED
        group.add(f"name-{name}", mutation, invalid(code), signed, hosts=hosts)
    for suite in ("ecdsa-jcs-2019", "bbs-2023"):
        group.add(f"name-{suite}", f"eddsa-rdfc-2022 called {suite}", undecided("proof_unsupported"),
                  _renamed(secured(RDFC), cryptosuite=suite), hosts=())  # fmt: skip
    good, forged = secured(RDFC), secured(ECDSA, key=MALLORYS)
    group.add("set-good-and-other-suite", "a good proof before a forged one of another suite",
              invalid("bad_signature"), good | {"proof": [good["proof"], forged["proof"]]}, hosts=ASKED)  # fmt: skip


def _add_json(group: Group) -> None:
    """Add what is the same linked data, and not the JSON that was signed; and the other way round."""
    signed = secured(JCS)
    context = [*CONTEXT, ED_2020]
    subject = signed["credentialSubject"]
    for name, mutation, code, attack in (
        ("list-of-one", "a list of one in place of its member", "bad_signature",
         signed | {"name": [signed["name"]]}),
        ("member-of-list", "the member in place of a list of one", "bad_signature",
         signed | {"credentialSubject": subject | {"type": "AchievementSubject"}}),
        ("context-added", "a context added behind the signed ones", "bad_signature",
         signed | {"@context": context}),
        ("context-in-proof", "other contexts in the proof than in the badge", "context_not_allowed",
         _renamed(signed, **{"@context": CONTEXT[:1]})),
        ("undefined-term", "signed so by the issuer: a word that no context defines", "unsigned_data",
         secured(JCS, bonus="Doctorat")),
        ("keyword", "signed so by the issuer: an end under its address", "key_not_allowed",
         secured(JCS, **{"https://www.w3.org/2018/credentials#validUntil": "2099-01-01T00:00:00Z"})),
        ("null", "signed so by the issuer: null for the evidence",
         "value_not_allowed", _jcs_with({"evidence": None})),
        ("inline-context", "signed so by the issuer: a context of its own inside", "context_not_allowed",
         secured(JCS, **{"@context": [*CONTEXT, {"bonus": "https://mallory.example/#b"}]})),
    ):  # fmt: skip
        hosts = ASKED if code == "bad_signature" else ()
        group.add(f"json-{name}", f"{JCS}: {mutation}", invalid(code), attack,
                  hosts=hosts)  # fmt: skip


def _jcs_with(changes: Document) -> Document:
    unsigned = document(JCS) | changes
    proof = options(JCS)
    return unsigned | {"proof": proof | {"proofValue": multibase58(signature(unsigned, proof))}}


def _add_ecdsa(group: Group) -> None:
    """Add signatures of ECDSA that are none."""
    signed = secured(ECDSA)
    raw = base58_decode(signed["proof"]["proofValue"][1:])
    r, s = raw[:32], raw[32:]
    order = _ORDER.to_bytes(32, "big")
    der = b"\x30\x44\x02\x20" + r + b"\x02\x20" + s
    for name, mutation, code, value in (
        ("zero", "r and s are zero", "bad_signature", bytes(64)),
        ("r-zero", "r is zero", "bad_signature", bytes(32) + s),
        ("s-zero", "s is zero", "bad_signature", r + bytes(32)),
        ("order", "r and s are the order of the curve", "bad_signature", order * 2),
        ("order-added", "s is beyond the order of the curve", "bad_signature", r + b"\xff" * 32),
        ("exchanged", "r and s exchanged", "bad_signature", s + r),
        ("der", "the signature in DER", "proof_shape", der),
        ("long", "the signature in 96 bytes", "proof_shape", bytes(16) + r + bytes(16) + s),
    ):  # fmt: skip
        reference = {"reference": "CVE-2022-21449"} if name == "zero" else {}
        group.add(f"ecdsa-{name}", f"{ECDSA}: {mutation}", invalid(code),
                  _renamed(signed, proofValue=multibase58(value)), hosts=ASKED,
                  **reference)  # fmt: skip


def _add_shown(group: Group) -> None:
    """Add badges shown in part, of which a holder or an attacker shows too little or too much."""
    for name, mutation, expect, signed in (
        ("no-end", "the end left out by its holder", status_unknown("end_may_be_withheld"),
         Shown("validUntil", mandatory=_of_status).closed()),
        ("no-status", "the status entry left out by its holder", status_unknown("status_may_be_withheld"),
         Shown("credentialStatus").closed()),
        ("optional-status", "a status entry that its holder could leave out",
         status_unknown("status_may_be_withheld"), Shown().closed()),
    ):  # fmt: skip
        hosts = ASKED if name == "no-status" else BOTH
        group.add(f"sd-{name}", f"{SD}: {mutation}", expect, signed, hosts=hosts)
    for name, mutation, code, attack in _shown_attacks():
        group.add(f"sd-{name}", f"{SD}: {mutation}", invalid(code), attack, hosts=ASKED)
    group.add("sd-base", f"{SD}: a base proof, which is not for showing", undecided("base_proof"),
              Shown().closed(head=b"\xd9\x5d\x00"), hosts=ASKED)  # fmt: skip
    group.add("sd-revoked", f"{SD}: revoked, and shown in part", not_in_force("revoked"),
              Shown("evidence", mandatory=_of_status).closed(), world=_with_revoked(), hosts=BOTH)  # fmt: skip


def _shown_attacks() -> list[tuple[str, str, str, Document]]:
    """Return name, mutation, code and document of what is done to the proof."""
    found = []

    def changed(name: str, mutation: str, code: str, change: Callable[[Shown], object]) -> None:
        shown = Shown("evidence", mandatory=_of_status)
        change(shown)
        found.append((name, mutation, code, shown.closed()))

    def edit(shown: Shown) -> None:
        shown.document["name"] = "Doctorat"

    def without(*names: str) -> Callable[[Shown], object]:
        def change(shown: Shown) -> None:
            shorter = Shown("evidence", *names, mandatory=lambda line: "#valid" in line)
            shown.document, shown.signatures = shorter.document, shorter.signatures
            shown.mandatory = shorter.mandatory

        return change

    def other_key(shown: Shown) -> None:
        base = shown.base
        shown.public_key = b"\x80\x24" + MALLORYS.p256_raw
        shown.sign(statements=MALLORYS)
        shown.base = base

    def forged(shown: Shown) -> None:
        shown.sign(key=MALLORYS)

    def swap(shown: Shown) -> None:
        shown.signatures[:2] = reversed(shown.signatures[:2])

    def relabel(shown: Shown) -> None:
        shown.labels[0] = bytes(32)

    changed("edited", "a name edited after signing", "bad_signature", edit)
    changed("mandatory-gone", "the mandatory status entry left out, and the places with it",
            "bad_signature", without("credentialStatus"))  # fmt: skip
    changed(
        "other-statement-key",
        "statements signed with a key of the attacker",
        "bad_signature",
        other_key,
    )
    changed(
        "forged", "all signed by the attacker under the issuer's method", "bad_signature", forged
    )
    changed("signatures-exchanged", "two signatures exchanged", "bad_signature", swap)
    changed(
        "signature-missing",
        "a statement without signature",
        "proof_shape",
        lambda s: s.signatures.pop(),
    )
    changed("signature-more", "a signature without statement", "proof_shape",
            lambda s: s.signatures.append(s.signatures[0]))  # fmt: skip
    changed(
        "no-signatures",
        "no signatures of statements",
        "proof_shape",
        lambda s: s.signatures.clear(),
    )
    changed("label-other", "another label for a node", "bad_signature", relabel)
    nameless = Shown(mandatory=_of_status, evidence=[{"type": ["Evidence"], "name": "Quiz"}])
    nameless.labels[1] = nameless.labels[0]
    merged = ("labels-merged", "two nodes under one label", "proof_shape", nameless.closed())
    found.append(merged)
    changed("labels-none", "no labels", "proof_shape", lambda s: s.labels.clear())
    changed("place-twice", "a mandatory place twice", "proof_shape",
            lambda s: s.mandatory.append(s.mandatory[-1]))  # fmt: skip
    changed("place-beyond", "a mandatory place behind the last statement", "proof_shape",
            lambda s: s.mandatory.append(300))  # fmt: skip
    changed("places-none", "no mandatory places", "proof_shape", lambda s: s.mandatory.clear())
    shown = Shown("evidence", mandatory=_of_status)
    found += [
        ("bytes-behind", "a byte behind the proof", "proof_shape", shown.closed(behind=b"\0")),
        ("other-tag", "a proof with another head", "proof_shape", shown.closed(head=b"\xd9\x5d\x02")),
        ("base58", "the proof in base58btc", "proof_shape",
         _renamed(shown.closed(), proofValue=multibase58(b"\xd9\x5d\x01\x85"))),
    ]  # fmt: skip
    return found
