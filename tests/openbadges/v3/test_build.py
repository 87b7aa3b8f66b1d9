"""v3 builders: what they emit is what the standard's own schema accepts."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import jsonschema
import pytest

from badgeservice.errors import ProofInvalid
from badgeservice.openbadges import jsonld, v3
from badgeservice.openbadges.proofs import eddsa_rdfc_2022

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def strict_schema(schemas, name):
    """One of 1EdTech's strict schemas."""
    return jsonschema.Draft201909Validator(
        json.loads((schemas / f"{name}.json").read_bytes()),
        format_checker=jsonschema.Draft201909Validator.FORMAT_CHECKER,
    )


@pytest.fixture(scope="module")
def schema(schemas):
    """The schema of badges."""
    return strict_schema(schemas, "achievementcredential")


def sign(document, key):
    """Return a document with an embedded proof."""
    return eddsa_rdfc_2022.sign(
        document,
        sign=key.sign,
        verification_method="https://badges.example/issuers/a/keys/1",
        created=NOW,
    )


@pytest.fixture
def smallest(issuer):
    """The least that may be signed."""
    return v3.credential(
        id="urn:uuid:0a40bd31-9b0f-4a2a-a4f2-3f0a4a0a4a0b",
        name="First",
        description="The first one.",
        image="https://badges.example/1.png",
        issuer=v3.profile(id="did:web:badges.example", name="A", url="https://badges.example"),
        subject=v3.subject(
            id="urn:uuid:0a40bd31-9b0f-4a2a-a4f2-3f0a4a0a4a0a",
            achievement=v3.achievement(
                id="https://badges.example/a/1",
                name="First",
                description="The first one.",
                criteria="Be first.",
            ),
        ),
        awarded_date=NOW,
        valid_from=NOW,
    )


@pytest.mark.parametrize("which", ["badge", "smallest"])
def test_valid_lint_clean_and_wholly_signed(request, schema, ed25519_key, which):
    """The strict schema, our lint and the safe mode agree, with the proof and without."""
    document = request.getfixturevalue(which)
    signed = sign(document, ed25519_key)

    for form in (document, signed):
        assert [error.message for error in schema.iter_errors(form)] == []
        assert v3.lint(form) == []
        assert v3.lint_received(form) == []
    eddsa_rdfc_2022.verify(signed, ed25519_key.public_key)


def test_what_is_read_back_is_still_conformant(badge):
    """Verification judges the re-compacted document, in which arrays of one are unwrapped."""
    assert v3.lint_received(jsonld.recompact(badge)) == []


def test_endorsement_valid_lint_clean_and_wholly_signed(schemas, endorsement, ed25519_key):
    """A credential of its own, by the schema of its own."""
    signed = sign(endorsement, ed25519_key)

    for form in (endorsement, signed):
        errors = strict_schema(schemas, "endorsementcredential").iter_errors(form)
        assert [error.message for error in errors] == []
        assert v3.lint_endorsement(form) == []
        assert v3.lint_received_endorsement(jsonld.recompact(form)) == []
    eddsa_rdfc_2022.verify(signed, ed25519_key.public_key)


def test_an_embedded_endorsement_keeps_its_proof(badge, endorsement, schema, ed25519_key):
    """The badge's signature covers it; taken out, it verifies by itself; so does each of several."""
    several = [
        sign(endorsement | {"id": f"https://port.example/endorsements/{n}"}, ed25519_key)
        for n in range(5)
    ]
    badge["credentialSubject"]["achievement"]["endorsement"] = several
    signed = sign(badge, ed25519_key)

    assert [error.message for error in schema.iter_errors(signed)] == []
    assert v3.lint(signed) == []
    eddsa_rdfc_2022.verify(signed, ed25519_key.public_key)
    for inside in signed["credentialSubject"]["achievement"]["endorsement"]:
        eddsa_rdfc_2022.verify(inside, ed25519_key.public_key)
    inside["credentialSubject"]["endorsementComment"] = "We employ those who hold it."
    with pytest.raises(ProofInvalid):
        eddsa_rdfc_2022.verify(signed, ed25519_key.public_key)


def test_status_list_is_lint_clean_and_wholly_signed(revocations):
    """A credential of its own, with the one context that verifiers expect."""
    assert v3.lint_status_list(revocations) == []
    assert jsonld.canonicalize(revocations)
    assert "validUntil" not in revocations


def test_absent_is_left_out(smallest):
    """No nulls, no empty arrays."""
    assert smallest.keys() == {
        "@context", "id", "type", "name", "description", "image", "issuer", "awardedDate",
        "validFrom", "credentialSubject",
    }  # fmt: skip
    assert smallest["issuer"].keys() == {"id", "type", "name", "url"}
    assert smallest["credentialSubject"].keys() == {"id", "type", "achievement"}


def test_exact_form_of_a_status_entry():
    """Text everywhere: validators skip what is written otherwise."""
    assert v3.status_entry("https://badges.example/status/1", 94567) == {
        "id": "https://badges.example/status/1#94567",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "94567",
        "statusListCredential": "https://badges.example/status/1",
    }
    assert (
        v3.status_entry("https://a.example", 1, id="urn:x", purpose="suspension")["id"] == "urn:x"
    )


@pytest.mark.parametrize(
    ("value", "salt", "expected"),
    [
        (
            "a@example.com",
            "Kosher",
            "b5809d8a92f8858436d7e6b87c12ebc0ae1eac4baecc2c0b913aee2c922ef399",
        ),
        (
            " JJefferson18@example.com",
            "FleurDeSel",
            "658625b25ab3d75d613ca97d9a5a77f70e2192feca5557f4ad09a4d4f121f5fc",
        ),
        (
            "nobody@example.org",
            "deadsea",
            "ecf5409f3f4b91ab60cc5ef4c02aef7032354375e70cf4d8e43f6a1d29891942",
        ),
    ],
)
def test_hashed_identities_are_the_published_ones(value, salt, expected):
    """The salt is appended, and an address is written in lower case before hashing."""
    assert v3.identity("emailAddress", value, salt=salt) == {
        "type": "IdentityObject",
        "hashed": True,
        "identityHash": f"sha256${expected}",
        "identityType": "emailAddress",
        "salt": salt,
    }


def test_plain_identities_carry_no_salt():
    """A name is written as the learner writes it."""
    assert v3.identity("name", "Dominique Lefèvre") == {
        "type": "IdentityObject",
        "hashed": False,
        "identityHash": "Dominique Lefèvre",
        "identityType": "name",
    }


def test_builders_share_nothing(badge):
    """Changing one document must not change the next."""
    other = v3.status_list_credential(
        id="urn:a", issuer="urn:b", valid_from=NOW, encoded_list="uH4s"
    )
    badge["@context"].append("x")
    other["@context"].append("x")

    assert v3.CONTEXT == [
        "https://www.w3.org/ns/credentials/v2",
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    ]
