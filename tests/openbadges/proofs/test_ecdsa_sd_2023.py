"""ecdsa-sd-2023: derived proofs of other software, taken apart and put together otherwise."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from badgeservice.errors import ProofInvalid
from badgeservice.openbadges import multibase
from badgeservice.openbadges.keys import PublicKey
from badgeservice.openbadges.proofs import ecdsa_sd_2023
from tests.recorded import badge, key_of

from .test_data_integrity import refusal

DERIVED = b"\xd9\x5d\x01"
STATUS = "<https://www.w3.org/2018/credentials#credentialStatus>"


def head(major: int, number: int) -> bytes:
    """Return the head of a CBOR value in its shortest form (RFC 8949, section 3)."""
    for size, short in ((0, 24), (1, 256), (2, 65_536)):
        if number < short:
            low, tail = (number, b"") if size == 0 else (23 + size, number.to_bytes(size, "big"))
            return bytes([major << 5 | low]) + tail
    raise AssertionError("no proof has numbers like this")


def cbor(value: Any) -> bytes:
    """Return numbers, bytes, lists and maps as CBOR."""
    match value:
        case int():
            return head(0, value)
        case bytes():
            return head(2, len(value)) + value
        case list():
            return head(4, len(value)) + b"".join(map(cbor, value))
        case dict():
            pairs = (cbor(key) + cbor(item) for key, item in value.items())
            return head(5, len(value)) + b"".join(pairs)
    raise AssertionError(value)


class Opened:
    """The proof of a recorded badge with its parts to change."""

    def __init__(self, name: str = "ecdsa-sd-2023") -> None:
        self.document = badge(name)
        self.key = key_of(self.document)
        derived = ecdsa_sd_2023.parse(self.document["proof"])
        self.base_signature = derived.base_signature
        self.public_key = derived.public_key
        self.signatures = list(derived.signatures)
        self.labels = {
            int(canonical.removeprefix("c14n")): multibase.decode(label, multibase.BASE64URL)
            for canonical, label in derived.labels.items()
        }
        self.mandatory = list(derived.mandatory)

    def parts(self) -> list[Any]:
        """Return the five parts as they are written."""
        parts = [self.base_signature, self.public_key, self.signatures, self.labels]
        return [*parts, self.mandatory]

    def with_bytes(self, data: bytes) -> dict:
        """Return the document with these bytes as its proof."""
        value = multibase.encode(data, multibase.BASE64URL)
        return self.document | {"proof": self.document["proof"] | {"proofValue": value}}

    def closed(self) -> dict:
        """Return the document with the proof as it is now."""
        return self.with_bytes(DERIVED + cbor(self.parts()))

    def code(self) -> str:
        """Return why the proof as it is now is refused."""
        return refusal("ecdsa-sd-2023", self.closed(), self.key)


@pytest.fixture
def opened() -> Opened:
    """A badge whose end date and status are always shown."""
    return Opened()


def test_verifies_what_1edtech_published(vectors):
    """Their derived credential; the key is in the fragment, which proves nothing of the issuer."""
    document = json.loads((vectors / "ob3-1edtech/sd__derivedcredential.json").read_bytes())
    [proof] = document["proof"] if isinstance(document["proof"], list) else [document["proof"]]
    key = PublicKey.from_multikey(proof["verificationMethod"].partition("#")[2])

    ecdsa_sd_2023.verify(document, key)

    assert ecdsa_sd_2023.mandatory_statements(document) == []
    forged = copy.deepcopy(document)
    forged["credentialSubject"]["achievement"]["name"] += "!"
    with pytest.raises(ProofInvalid):
        ecdsa_sd_2023.verify(forged, key)


def test_what_is_taken_apart_is_put_together_again(opened):
    """Otherwise the attacks below would all fail for their spelling."""
    assert opened.closed() == opened.document


def test_tells_what_is_always_shown(opened):
    """The issuer chose status and end date here, and neither in the silent one."""
    always = ecdsa_sd_2023.mandatory_statements(opened.document)
    silent = ecdsa_sd_2023.mandatory_statements(badge("ecdsa-sd-2023-silent"))

    assert any(STATUS in statement for statement in always)
    assert any("#validUntil>" in statement for statement in always)
    assert not any(STATUS in statement or "#validUntil>" in statement for statement in silent)
    assert all(statement.endswith(" .\n") for statement in always + silent)


def test_a_text_may_hold_what_ends_a_line_elsewhere(opened):
    """U+2028 in a name: statements are counted by their own line ends alone."""
    assert "\u2028" in opened.document["issuer"]["name"]

    ecdsa_sd_2023.verify(opened.document, opened.key)


@pytest.mark.parametrize("name", ["ecdsa-sd-2023", "ecdsa-sd-2023-silent"])
def test_a_mandatory_statement_cannot_be_left_out(name):
    """Nor can any other, without its signature; places and count would no longer fit."""
    opened = Opened(name)
    for member in opened.document.keys() - {"@context", "proof", "type"}:
        document = {key: value for key, value in opened.document.items() if key != member}
        assert refusal("ecdsa-sd-2023", document) in {"proof_shape", "bad_signature"}


def test_hiding_the_status_by_moving_the_places_fails():
    """The holder leaves it out and adapts the places: the base signature covers the group."""
    codes = []
    for gone in range(1, 8):
        opened = Opened()
        del opened.document["credentialStatus"]
        opened.mandatory = opened.mandatory[:-gone]
        codes.append(opened.code())

    # Five statements speak of the status; with as many places less, all fits but the signature.
    assert codes == ["proof_shape"] * 4 + ["bad_signature"] + ["proof_shape"] * 2


def test_a_statement_that_was_not_mandatory_does_not_become_so(opened):
    """The group is signed as a whole."""
    opened.mandatory = sorted({*range(len(opened.mandatory) + 1)} | {*opened.mandatory})
    opened.signatures = opened.signatures[: -(len(opened.mandatory) - len(Opened().mandatory))]

    assert opened.code() == "bad_signature"


def test_signatures_belong_to_their_statements(opened):
    """Exchanged, repeated, or of another badge."""
    first, second, *_ = opened.signatures
    opened.signatures[:2] = [second, first]
    assert opened.code() == "bad_signature"

    opened.signatures[:2] = [first, first]
    assert opened.code() == "bad_signature"

    opened.signatures[:2] = [Opened("ecdsa-sd-2023-silent").signatures[0], second]
    assert opened.code() == "bad_signature"


@pytest.mark.parametrize("change", [lambda s: s[:-1], lambda s: [*s, s[0]], lambda s: []])
def test_every_statement_has_one_signature(opened, change):
    """A statement without one would be anybody's."""
    opened.signatures = change(opened.signatures)

    assert opened.code() == "proof_shape"


def test_a_key_of_the_forger_for_single_statements_is_not_the_issuers(opened, p256_key):
    """Whoever signs the statements anew must name another key, which the issuer did not sign."""
    others = ecdsa_sd_2023.parse(badge("ecdsa-sd-2023-silent")["proof"])
    opened.public_key = b"\x80\x24" + p256_key.public_key.material
    assert opened.code() == "bad_signature"

    opened.public_key = others.public_key
    assert opened.code() == "bad_signature"


@pytest.mark.parametrize(
    ("public_key", "code"),
    [
        (b"\x80\x24" + b"\x02" + b"\xff" * 32, "bad_signature"),
        (b"\x81\x24" + bytes(33), "bad_signature"),
        (bytes(35), "bad_signature"),
    ],
)
def test_a_key_that_is_none_is_not_signed(opened, public_key, code):
    """The issuer's signature is asked first, so nothing is done with a key that it did not sign."""
    opened.public_key = public_key

    assert opened.code() == code


def test_labels_that_merge_two_things_into_one_are_refused(opened):
    """One node with the sayings of two would have statements that nobody signed."""
    opened.labels[1] = opened.labels[0]

    assert opened.code() == "proof_shape"


def test_labels_cannot_be_exchanged(opened):
    """Then the statements of one thing would be those of another."""
    opened.labels[0], opened.labels[1] = opened.labels[1], opened.labels[0]

    assert opened.code() == "bad_signature"


@pytest.mark.parametrize(
    "change",
    [
        lambda labels: labels.pop(0),
        lambda labels: labels.update({len(labels): bytes(32)}),
        lambda labels: labels.update({len(labels) + 7: bytes(32)}),
        lambda labels: labels.clear(),
    ],
)
def test_labels_are_those_of_the_document(opened, change):
    """One for each blank node, no more and no less."""
    change(opened.labels)

    assert opened.code() == "proof_shape"


def test_the_order_of_labels_does_not_count(opened):
    """CBOR has an order of its own, which the suite does not ask for."""
    opened.labels = dict(reversed(opened.labels.items()))

    ecdsa_sd_2023.verify(opened.closed(), opened.key)


@pytest.mark.parametrize(
    "change",
    [
        lambda places: [*places, places[-1]],
        lambda places: list(reversed(places)),
        lambda places: [*places, 300],
        lambda places: [*places, 65_535],
    ],
)
def test_places_are_in_order_and_within_the_document(opened, change):
    """One way to write them."""
    opened.mandatory = change(opened.mandatory)

    assert opened.code() == "proof_shape"


def test_a_base_proof_is_not_for_showing():
    """It holds the secret by which what is not shown could be guessed."""
    assert refusal("ecdsa-sd-2023", badge("ecdsa-sd-2023-base")) == "base_proof"


def test_a_base_proof_under_the_head_of_a_derived_one(opened):
    """Its parts are others."""
    document = badge("ecdsa-sd-2023-base")
    data = multibase.decode(document["proof"]["proofValue"], multibase.BASE64URL)

    assert refusal("ecdsa-sd-2023", opened.with_bytes(DERIVED + data[3:])) == "proof_shape"


def malformed() -> dict[str, bytes]:
    """Return proofs that are not written in the one way."""
    opened = Opened()
    parts = opened.parts()
    whole = cbor(parts)
    signature = cbor(opened.base_signature)
    after = whole[1 + len(signature) :]
    return {
        "nothing": b"",
        "the head alone": DERIVED,
        "another tag": b"\xd9\x5d\x02" + whole,
        "no tag": whole,
        "four parts": DERIVED + cbor(parts[:4]),
        "six parts": DERIVED + cbor([*parts, []]),
        "something after": DERIVED + whole + b"\0",
        "cut off": DERIVED + whole[:-1],
        "a list without length": DERIVED + b"\x9f" + whole[1:] + b"\xff",
        "text for bytes": DERIVED + b"\x85\x78\x40" + whole[3:],
        "a short signature": DERIVED + cbor([opened.base_signature[:-1], *parts[1:]]),
        "a long signature": DERIVED + cbor([opened.base_signature + b"\0", *parts[1:]]),
        "a short key": DERIVED + cbor([parts[0], opened.public_key[:-1], *parts[2:]]),
        "a short label": DERIVED + cbor([*parts[:3], {0: bytes(31)}, parts[4]]),
        "text for a label": DERIVED + cbor([*parts[:3], [], parts[4]]),
        "a tag inside": DERIVED + b"\x85\xd8\x40" + whole[1:],
        "null for a part": DERIVED + b"\x85\xf6" + after,
        "a length in two bytes": DERIVED + b"\x85\x59\x00\x40" + opened.base_signature + after,
        "a length in four bytes": DERIVED + b"\x85\x5a\0\0\x00\x40" + opened.base_signature + after,
        "a length in eight bytes": DERIVED + b"\x85\x5b" + b"\xff" * 8 + after,
        "a short number in one byte": DERIVED + cbor(parts[:4])[:1].replace(b"\x84", b"\x85")
        + cbor(parts[:4])[1:] + b"\x81\x18\x03",
        "a negative place": DERIVED + b"\x85" + cbor(parts[:4])[1:] + b"\x81\x20",
        "an endless list": DERIVED + b"\x85" + cbor(parts[:2])[1:] + b"\x99\xff\xff",
    }  # fmt: skip


@pytest.mark.parametrize("name", malformed())
def test_refuses_other_cbor(opened, name):
    """One proof, one text; and nothing is made room for that is not there."""
    assert refusal("ecdsa-sd-2023", opened.with_bytes(malformed()[name])) == "proof_shape"


@pytest.mark.parametrize("prefix", ["z", "m", "U", "u=", ""])
def test_refuses_other_multibase(opened, prefix):
    """Base64url without padding, as the standard says."""
    value = prefix + opened.document["proof"]["proofValue"][1:]

    forged = opened.document | {"proof": opened.document["proof"] | {"proofValue": value}}

    assert refusal("ecdsa-sd-2023", forged) == "proof_shape"


def issued(statement_key: bytes, document: dict, issuer: Any) -> dict:
    """Return a document without blank nodes and statements of its own, all of it mandatory."""
    options = {
        "type": "DataIntegrityProof",
        "cryptosuite": "ecdsa-sd-2023",
        "verificationMethod": "did:key:x#x",
        "proofPurpose": "assertionMethod",
    }
    canonical = ecdsa_sd_2023.jsonld.canonicalize
    configuration = canonical(options | {"@context": document["@context"]})
    statements = canonical(document)
    digests = [ecdsa_sd_2023._sha256(text) for text in (configuration, statements)]
    signature = issuer.sign(digests[0] + statement_key + digests[1])
    places = list(range(statements.count("\n")))
    data = DERIVED + cbor([signature, statement_key, [], {}, places])
    return document | {
        "proof": options | {"proofValue": multibase.encode(data, multibase.BASE64URL)}
    }


@pytest.mark.parametrize(
    ("statement_key", "code"),
    [
        (b"\x80\x24" + b"\x02" + b"\xff" * 32, "proof_shape"),
        (bytes(35), "proof_shape"),
        (b"\xed\x01" + bytes(33), "proof_shape"),
    ],
)
def test_an_issuer_that_signed_no_key_is_refused(p256_key, statement_key, code):
    """Signed as it is, but not a key of P-256: nothing that it signs could be believed."""
    document = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": "urn:uuid:0a40bd31-9b0f-4a2a-a4f2-3f0a4a0a4a0a",
        "type": ["VerifiableCredential"],
        "issuer": "https://badges.example/issuers/a",
    }
    good = issued(b"\x80\x24" + p256_key.public_key.material, document, p256_key)

    ecdsa_sd_2023.verify(good, p256_key.public_key)

    forged = issued(statement_key, document, p256_key)
    assert refusal("ecdsa-sd-2023", forged, p256_key.public_key) == code
