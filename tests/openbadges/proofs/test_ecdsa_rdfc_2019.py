"""ecdsa-rdfc-2019: what two curves and a malleable signature change."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from badgeservice.errors import BadSignature
from badgeservice.openbadges import multibase
from badgeservice.openbadges.proofs import data_integrity, ecdsa_rdfc_2019
from tests.recorded import badge, key_of

from .test_data_integrity import refusal

ORDER = {  # NIST SP 800-186, section 3.2.1
    "ecdsa-rdfc-2019-p256": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "ecdsa-rdfc-2019-p384": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
}  # fmt: skip
every_curve = pytest.mark.parametrize("name", ORDER)


def parts(document: dict) -> tuple[int, int, int]:
    """Return R and S of the signature, and how many bytes each has."""
    signature = multibase.decode(document["proof"]["proofValue"], multibase.BASE58BTC)
    half = len(signature) // 2
    return int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big"), half


def with_value(document: dict, signature: bytes) -> dict:
    """Return a document with another signature."""
    value = multibase.encode(signature, multibase.BASE58BTC)
    return document | {"proof": document["proof"] | {"proofValue": value}}


@every_curve
def test_the_other_s_verifies_too(name):
    """ECDSA is malleable; nobody may take a signature for the name of a badge (decision 0017)."""
    document = badge(name)
    r, s, half = parts(document)
    other = r.to_bytes(half, "big") + (ORDER[name] - s).to_bytes(half, "big")

    ecdsa_rdfc_2019.verify(with_value(document, other), key_of(document))


@every_curve
def test_no_number_beyond_the_order_verifies(name):
    """R and S plus the order, zero, exchanged: all are other numbers."""
    document = badge(name)
    r, s, half = parts(document)
    order, limit = ORDER[name], 256**half
    forged = [(0, s), (r, 0), (s, r), (r, order), (order, s)]
    forged += [(a, b) for a, b in ((r + order, s), (r, s + order)) if max(a, b) < limit]

    for a, b in forged:
        signature = a.to_bytes(half, "big") + b.to_bytes(half, "big")
        assert refusal(name, with_value(document, signature)) == "bad_signature"


@every_curve
def test_der_is_refused(name):
    """The standard writes R and S side by side."""
    document = badge(name)
    r, s, _ = parts(document)

    assert refusal(name, with_value(document, encode_dss_signature(r, s))) == "proof_shape"


def test_the_hash_function_labels_blank_nodes_too():
    """Under P-384, SHA-384 throughout: with SHA-256 inside, this badge has another canonical form."""
    document = badge("ecdsa-rdfc-2019-p384")
    unsecured = data_integrity.unsecured(document)
    options = data_integrity.options(document["proof"])
    outside_only = data_integrity.hash_data(unsecured, options, digest="sha384")
    signature = multibase.decode(document["proof"]["proofValue"], multibase.BASE58BTC)

    ecdsa_rdfc_2019.verify(document, key_of(document))

    with pytest.raises(BadSignature):
        key_of(document).verify(signature, outside_only.signed_bytes)
    assert len(outside_only.signed_bytes) == 96
