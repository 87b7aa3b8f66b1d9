"""The Data Integrity cryptosuite `ecdsa-sd-2023`: a badge of which its holder shows a part.

The issuer signs each statement by itself with a key that it throws away, and signs that key
together with the statements that are always shown. From this base proof the holder derives the one
that is read here. What can be verified is that each statement shown is the issuer's; never, that
nothing was left out, except among the statements of the mandatory group.

A base proof is not read: it holds the secret that keeps what is not shown from being guessed.
Source: W3C Recommendation "Data Integrity ECDSA Cryptosuites v1.0", sections 3.5 (there
`parseDerivedProofValue`, `createVerifyData`) and 3.6 ("Verify Derived Proof"); RFC 8949 (CBOR).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

from badgeservice.errors import KeyRefused, ProofInvalid
from badgeservice.openbadges import Document, jsonld, multibase
from badgeservice.openbadges.keys import KeyKind, PublicKey
from badgeservice.openbadges.proofs import data_integrity
from badgeservice.openbadges.proofs.data_integrity import bad_shape

CRYPTOSUITE = "ecdsa-sd-2023"

_BASE = b"\xd9\x5d\x00"
_DERIVED = b"\xd9\x5d\x01"
_SIGNATURE_BYTES = 64
_KEY_BYTES = 35
_LABEL_BYTES = 32

# The major types of CBOR (RFC 8949, section 3.1).
_UNSIGNED, _BYTES, _ARRAY, _MAP = 0, 2, 4, 5


class DerivedProof(NamedTuple):
    """What a `proofValue` holds.

    `signatures` are those of the statements that are not in the mandatory group, in the order of
    the statements; `labels` is from a blank node's canonical label to the one that was signed;
    `mandatory` are the places of the mandatory statements among all.
    """

    base_signature: bytes
    public_key: bytes
    signatures: list[bytes]
    labels: dict[str, str]
    mandatory: list[int]


def recognises(proof: Any) -> bool:
    """Say whether `proof` claims to be of this suite."""
    return data_integrity.recognises(proof, CRYPTOSUITE)


def verify(
    document: Document, key: PublicKey, *, canonicalize: Callable[..., str] = jsonld.canonicalize
) -> None:
    """Return if every statement of `document` was signed for the proof that `key` has signed.

    Like `eddsa_rdfc_2022.verify`. What the issuer signed besides, and the holder does not show,
    stays unknown: see `mandatory_statements`.
    """
    proof = data_integrity.single_proof(document)
    data_integrity.check_options(proof, document, is_suite=recognises(proof))
    data_integrity.check_kind(key, KeyKind.P256, suite=CRYPTOSUITE)
    derived = parse(proof)
    options = data_integrity.options(proof)
    configuration = data_integrity.configuration(document, options, canonicalize)
    mandatory, others = _groups(document, derived, canonicalize)
    signed = _sha256(configuration) + derived.public_key + _sha256("".join(mandatory))
    data_integrity.check_bytes(derived.base_signature, signed, key)
    statement_key = _statement_key(derived)
    for statement, signature in zip(others, derived.signatures, strict=True):
        data_integrity.check_bytes(signature, statement.encode(), statement_key)


def mandatory_statements(
    document: Document, *, canonicalize: Callable[..., str] = jsonld.canonicalize
) -> list[str]:
    """Return the statements, as N-Quads, that no holder of `document` can leave out.

    They are what its issuer chose, if the proof verifies. Raises like `verify`.
    """
    derived = parse(data_integrity.single_proof(document))
    return _groups(document, derived, canonicalize)[0]


def parse(proof: Document) -> DerivedProof:
    """Return what the `proofValue` of a derived proof holds.

    Raises `ProofInvalid` with the code `proof_shape`, and `base_proof` for one that its holder
    should have kept.
    """
    data = data_integrity.value(proof, multibase.BASE64URL)
    if data.startswith(_BASE):
        message = "a base proof, from which the holder has not derived one to show"
        raise ProofInvalid(message, code="base_proof")
    if not data.startswith(_DERIVED):
        raise bad_shape("proofValue is not that of a derived proof")
    reader = _Reader(data[len(_DERIVED) :])
    if reader.head(_ARRAY) != 5:
        raise bad_shape("proofValue does not have five parts")
    derived = DerivedProof(
        base_signature=reader.string(_SIGNATURE_BYTES),
        public_key=reader.string(_KEY_BYTES),
        signatures=[reader.string(_SIGNATURE_BYTES) for _ in range(reader.head(_ARRAY))],
        labels=_labels([reader.pair(_LABEL_BYTES) for _ in range(reader.head(_MAP))]),
        mandatory=[reader.head(_UNSIGNED) for _ in range(reader.head(_ARRAY))],
    )
    if not reader.is_at_end:
        raise bad_shape("proofValue goes on after its end")
    if any(a >= b for a, b in zip(derived.mandatory, derived.mandatory[1:], strict=False)):
        raise bad_shape("the mandatory places are not in order")
    return derived


def _labels(pairs: list[tuple[int, bytes]]) -> dict[str, str]:
    """Return the label map; two nodes with one label would be one node with the sayings of both."""
    numbers, labels = [number for number, _ in pairs], {label for _, label in pairs}
    if sorted(numbers) != list(range(len(pairs))) or len(labels) != len(pairs):
        raise bad_shape("the label map names a node twice, or not at all")
    return {f"c14n{n}": multibase.encode(label, multibase.BASE64URL) for n, label in pairs}


def _groups(
    document: Document, derived: DerivedProof, canonicalize: Callable[..., str]
) -> tuple[list[str], list[str]]:
    """Return the mandatory statements, and the others, in the order in which they were signed."""

    def label_map(canonical: dict[str, str]) -> dict[str, str]:
        if set(canonical.values()) != derived.labels.keys():
            raise bad_shape("the label map is not that of the document")
        return {node: derived.labels[label] for node, label in canonical.items()}

    text = canonicalize(data_integrity.unsecured(document), label_map=label_map)
    # Not splitlines(): a text may hold characters that end a line elsewhere, such as U+2028.
    statements = [f"{line}\n" for line in text.split("\n")[:-1]]
    mandatory = set(derived.mandatory)
    others = [line for place, line in enumerate(statements) if place not in mandatory]
    if len(mandatory) + len(others) != len(statements):
        raise bad_shape("a mandatory place beyond the last statement")
    if len(others) != len(derived.signatures):
        message = f"{len(derived.signatures)} signatures for {len(others)} statements"
        raise bad_shape(message)
    return [statements[place] for place in derived.mandatory], others


def _statement_key(derived: DerivedProof) -> PublicKey:
    """Return the key that signed the single statements; its length leaves no kind but P-256."""
    try:
        return PublicKey.from_multikey(multibase.encode(derived.public_key, multibase.BASE58BTC))
    except KeyRefused as error:
        raise bad_shape(error.message) from None


def _sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


class _Reader:
    """Reads the little of CBOR that a proof is made of, each value in its shortest form only."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    @property
    def is_at_end(self) -> bool:
        """Whether everything was read."""
        return self._place == len(self._data)

    def head(self, major: int) -> int:
        """Return the number in the head of the next value, which must be of the type `major`.

        It is the value itself, or how many bytes, members or pairs follow.
        """
        first = self._take(1)[0]
        if first >> 5 != major:
            raise bad_shape(f"CBOR: type {first >> 5} where {major} is expected")
        short = first & 0x1F
        if short < 24:
            return short
        if short > 25:  # the next length holds more than any document of ours has
            raise bad_shape("CBOR: a length that no proof has")
        number = int.from_bytes(self._take(1 << (short - 24)), "big")
        if number < (24, 256)[short - 24]:
            raise bad_shape("CBOR: a number that is not in its shortest form")
        return number

    def string(self, length: int) -> bytes:
        """Return the next value, a string of `length` bytes."""
        if self.head(_BYTES) != length:
            raise bad_shape(f"CBOR: a string that does not have {length} bytes")
        return self._take(length)

    def pair(self, length: int) -> tuple[int, bytes]:
        """Return the next pair of a map, from a number to a string of `length` bytes."""
        return self.head(_UNSIGNED), self.string(length)

    def _take(self, count: int) -> bytes:
        taken = self._data[self._place : self._place + count]
        if len(taken) != count:
            raise bad_shape("CBOR: ends too early")
        self._place += count
        return taken
