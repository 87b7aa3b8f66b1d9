"""Signed badges: the key counts if the hosted issuer and the key name each other."""

from __future__ import annotations

import pytest

from badgeservice.openbadges import multibase, strict_json, v2
from badgeservice.verification import Verdict, words
from badgeservice.verification.codes import Check, Code
from badgeservice.verification.report import Integrity, Status

from .academy import key
from .test_hosted import code_of


def test_a_sound_badge_is_as_good_as_a_strangers_can_be(academy):
    """Every question is answered well but that of the register."""
    report = academy.verify(academy.sign())

    assert [Code.ISSUER_NOT_KNOWN] == [finding.code for finding in report.problems]
    assert report.integrity is Integrity.VALID
    assert report.status is Status.ACTIVE
    assert words.sentence(report, "en") == (
        "File intact, signed by academy.example. We do not know this issuer"
    )
    assert academy.asked == [
        academy.class_id,
        academy.issuer_id,
        academy.key_id,
        academy.list_id,
    ]


def test_a_class_inside_the_signature_counts_as_signed(academy):
    """1.5 S2; its issuer is asked all the same (S3)."""
    embedded = academy.badge_class(name="Signé ainsi", issuer=academy.issuer(name="Ancien nom"))

    report = academy.verify(academy.sign(academy.signed(badge=embedded)))

    assert report.integrity is Integrity.VALID
    assert report.credential.name == "Signé ainsi"
    assert report.credential.issuer_name == "Académie d'exemple"
    assert academy.issuer_id in academy.asked


class TestKeys:
    """1.5 S3 to S6."""

    def test_another_key_does_not_verify(self, academy):
        """Signed by somebody else, in this issuer's name."""
        report = academy.verify(academy.sign(key=key("mallory")))

        assert code_of(report, Check.PROOF) is Code.BAD_SIGNATURE
        assert report.verdict is Verdict.RED
        assert academy.list_id not in academy.asked

    def test_the_impostors_own_key(self, academy):
        """K9: `creator` names a key that the issuer does not list."""
        mallory = key("mallory")
        there = "https://evil.example/key"
        academy.put(v2.cryptographic_key(id=there, owner=academy.issuer_id, key=mallory.public))
        assertion = academy.signed(verification={"type": "SignedBadge", "creator": there})

        report = academy.verify(academy.sign(assertion, key=mallory))

        assert code_of(report, Check.PROOF) is Code.METHOD_NOT_IN_ISSUER_DOCUMENT
        assert there not in academy.asked

    def test_the_impostors_key_inside_the_file(self, academy):
        """K9: an inline issuer with the victim's id and the attacker's key."""
        mallory = key("mallory")
        there = "https://evil.example/key"
        document = v2.cryptographic_key(id=there, owner=academy.issuer_id, key=mallory.public)
        impostor = academy.issuer(publicKey=document)
        assertion = academy.signed(
            badge=academy.badge_class(issuer=impostor),
            verification={"type": "SignedBadge", "creator": there},
        )

        report = academy.verify(academy.sign(assertion, key=mallory))

        assert code_of(report, Check.PROOF) is Code.METHOD_NOT_IN_ISSUER_DOCUMENT

    def test_a_key_of_another_owner(self, academy):
        """A4: the issuer lists a key that says it is somebody else's."""
        academy.put(
            v2.cryptographic_key(
                id=academy.key_id, owner="https://other.example/issuer", key=academy.key.public
            )
        )

        report = academy.verify(academy.sign())

        assert code_of(report, Check.PROOF) is Code.CONTROLLER_MISMATCH

    def test_a_key_that_says_it_stands_elsewhere(self, academy):
        """The document at the key's address is another key's."""
        academy.put(
            v2.cryptographic_key(
                id=f"{academy.base}/key-2", owner=academy.issuer_id, key=academy.key.public
            ),
            at=academy.key_id,
        )

        report = academy.verify(academy.sign())

        assert code_of(report, Check.PROOF) is Code.DOCUMENT_MISMATCH

    def test_an_unreachable_key_is_unknown(self, academy):
        """Not forged: not checked."""
        del academy.world[academy.key_id]

        report = academy.verify(academy.sign())

        assert code_of(report, Check.PROOF) is Code.DOCUMENT_UNREACHABLE
        assert report.integrity is Integrity.INDETERMINATE

    @pytest.mark.parametrize(
        ("pem", "code"),
        [
            ("no key", Code.KEY_REFUSED),
            (None, Code.KEY_REFUSED),
            ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", Code.PRIVATE_KEY),
        ],
    )
    def test_a_key_that_is_none(self, academy, pem, code):
        """What cannot verify anything."""
        academy.put(
            {"@context": v2.CONTEXT, "type": "CryptographicKey", "owner": academy.issuer_id}
            | {"id": academy.key_id, "publicKeyPem": pem}
        )

        report = academy.verify(academy.sign())

        assert code_of(report, Check.PROOF) is code

    def test_a_key_inside_the_hosted_profile(self, academy):
        """The profile may hold the key itself: it is the hosted one."""
        document = v2.cryptographic_key(
            id=academy.key_id, owner=academy.issuer_id, key=academy.key.public
        )
        academy.put(academy.issuer(publicKey=document))

        report = academy.verify(academy.sign())

        assert report.integrity is Integrity.VALID
        assert academy.key_id not in academy.asked

    def test_an_issuer_without_keys(self, academy):
        """Nothing that it publishes has signed this."""
        academy.put(academy.issuer(publicKey=None))

        for verification in ({"type": "signed", "creator": academy.key_id}, {"type": "signed"}):
            assertion = academy.signed(verification=verification)
            report = academy.verify(academy.sign(assertion))
            assert code_of(report, Check.PROOF) is Code.METHOD_NOT_IN_ISSUER_DOCUMENT

    @pytest.mark.parametrize("creator", [5, ["https://a.example", "https://b.example"], {}])
    def test_an_odd_creator(self, academy, creator):
        """No one key is named."""
        assertion = academy.signed(verification={"type": "SignedBadge", "creator": creator})

        report = academy.verify(academy.sign(assertion))

        assert code_of(report, Check.PROOF) is Code.METHOD_NOT_IN_ISSUER_DOCUMENT

    def test_no_creator_and_several_keys(self, academy):
        """1.5 S4: then any key of the issuer will do."""
        other = v2.cryptographic_key(
            id=f"{academy.base}/key-0", owner=academy.issuer_id, key=key("other").public
        )
        academy.put(academy.issuer(publicKey=[other, academy.key_id]))
        assertion = academy.signed(verification={"type": "SignedBadge"})

        assert academy.verify(academy.sign(assertion)).integrity is Integrity.VALID

        report = academy.verify(academy.sign(assertion, key=key("mallory")))
        assert code_of(report, Check.PROOF) is Code.BAD_SIGNATURE

        del academy.world[academy.key_id]
        report = academy.verify(academy.sign(assertion))
        assert code_of(report, Check.PROOF) is Code.DOCUMENT_UNREACHABLE

    def test_too_many_keys_are_not_tried(self, academy):
        """Each costs a fetch and an RSA operation."""
        academy.put(academy.issuer(publicKey=[f"{academy.base}/key-{n}" for n in range(5)]))
        assertion = academy.signed(verification={"type": "SignedBadge"})

        report = academy.verify(academy.sign(assertion))

        assert code_of(report, Check.PROOF) is Code.TOO_COMPLEX


class TestTokens:
    """1.5 S1: the token does not choose how it is checked."""

    def forged(self, academy, header):
        """Return a token with any header over our assertion."""
        parts = [
            multibase.base64url_encode(strict_json.dumps(part))
            for part in (header, academy.signed())
        ]
        signature = academy.key.sign(".".join(parts).encode())
        return ".".join([*parts, multibase.base64url_encode(signature)])

    @pytest.mark.parametrize("algorithm", ["none", "NONE", "HS256"])
    def test_no_algorithm_and_shared_secrets(self, academy, algorithm):
        """A4: refused before any key is asked for."""
        report = academy.verify(self.forged(academy, {"alg": algorithm}))

        assert code_of(report, Check.PROFILE) is Code.ALGORITHM_NOT_ALLOWED
        assert report.verdict is Verdict.RED
        assert academy.asked == []

    def test_other_algorithms_are_unknown(self, academy):
        """Not checked is not forged."""
        report = academy.verify(self.forged(academy, {"alg": "ES256"}))

        assert code_of(report, Check.PROFILE) is Code.ALGORITHM_UNSUPPORTED
        assert report.verdict is Verdict.AMBER

    @pytest.mark.parametrize("part", [0, 1, 2])
    def test_any_other_bytes(self, academy, part):
        """Header, payload and signature are one."""
        parts = academy.sign().split(".")
        other = academy.sign(academy.signed(narrative="Félicitations.")).split(".")
        parts[part] = other[part] if part else self.forged(academy, {"alg": "RS256"}).split(".")[0]

        report = academy.verify(".".join(parts))

        assert code_of(report, Check.PROOF) is Code.BAD_SIGNATURE

    def test_a_badge_that_does_not_say_that_it_is_signed(self, academy):
        """A hosted assertion that somebody signed is verified by hosting."""
        report = academy.verify(academy.sign(academy.hosted()))

        assert code_of(report, Check.PROOF) is Code.PROOF_PURPOSE

    def test_a_signed_badge_of_version_1(self, academy):
        """Its key stood at an address of the badge's choice; nobody can say whose it was."""
        assertion = academy.signed(**{"@context": "https://w3id.org/openbadges/v1"})

        report = academy.verify(academy.sign(assertion))

        assert code_of(report, Check.PROFILE) is Code.LAYOUT_UNKNOWN
        assert report.verdict is Verdict.AMBER


class TestRevocation:
    """1.5 S7."""

    @pytest.mark.parametrize(
        ("entry", "revoked"),
        [
            ("urn:uuid:6f0c0c0e-96b5-4c5c-8c0e-0d7e1c1f4f5a", True),
            ({"id": "urn:uuid:6f0c0c0e-96b5-4c5c-8c0e-0d7e1c1f4f5a"}, True),
            ({"id": "urn:uuid:6f0c0c0e-96b5-4c5c-8c0e-0d7e1c1f4f5a", "revoked": True}, True),
            ({"id": "urn:uuid:6f0c0c0e-96b5-4c5c-8c0e-0d7e1c1f4f5a", "revoked": "no"}, True),
            ({"id": "urn:uuid:6f0c0c0e-96b5-4c5c-8c0e-0d7e1c1f4f5a", "revoked": False}, False),
            ({"uid": "42"}, True),
            ("42", True),
            ({"uid": "43"}, False),
            ("urn:uuid:00000000-96b5-4c5c-8c0e-0d7e1c1f4f5a", False),
        ],
        ids=str,
    )
    def test_how_a_list_names_a_badge(self, academy, entry, revoked):
        """A4: as text, by `id`, by `uid`; unless it says `revoked: false`."""
        academy.revoke("urn:uuid:1", entry)

        report = academy.verify(academy.sign(academy.signed(uid="42")))

        assert report.status is (Status.REVOKED if revoked else Status.ACTIVE)
        assert code_of(report, Check.STATUS) is (Code.REVOKED if revoked else Code.NOT_WITHDRAWN)

    def test_the_reason_is_told(self, academy):
        """And the sentence says who withdrew it."""
        academy.revoke({"id": academy.signed_id, "revocationReason": "Fraude."})

        report = academy.verify(academy.sign())

        assert report.find(Code.REVOKED).detail == "Fraude."
        assert words.sentence(report, "en") == (
            "File intact, signed by academy.example, withdrawn by its issuer"
        )

    def test_no_list_means_no_way_to_withdraw(self, academy):
        """As in 3.0 a badge without status entry."""
        academy.put(academy.issuer(revocationList=None))

        report = academy.verify(academy.sign())

        assert code_of(report, Check.STATUS) is Code.NO_STATUS

    @pytest.mark.parametrize(
        ("spoil", "code"),
        [
            (lambda a: a.world.pop(a.list_id), Code.STATUS_UNREACHABLE),
            (lambda a: a.answer(a.list_id, b"{}", status=404), Code.STATUS_UNREACHABLE),
            (lambda a: a.answer(a.list_id, b"Gone", status=410), Code.STATUS_UNREACHABLE),
            (lambda a: a.answer(a.list_id, b"<html>"), Code.STATUS_LIST_MALFORMED),
            (lambda a: a.answer(a.list_id, b"x" * 300_000), Code.STATUS_LIST_MALFORMED),
            (lambda a: a.revoke(type="Profile"), Code.STATUS_LIST_MALFORMED),
            (lambda a: a.revoke(revokedAssertions="urn:uuid:1"), Code.STATUS_LIST_MALFORMED),
            (lambda a: a.revoke(5), Code.STATUS_LIST_MALFORMED),
            (lambda a: a.revoke({"revocationReason": "?"}), Code.STATUS_LIST_MALFORMED),
            (lambda a: a.revoke(*["x"] * 20_001), Code.TOO_COMPLEX),
            (lambda a: a.revoke(id="https://academy.example/x"), Code.STATUS_LIST_UNTRUSTED),
            (lambda a: a.revoke(issuer="https://other.example/"), Code.STATUS_LIST_UNTRUSTED),
            (
                lambda a: a.put({"id": a.list_id}, url="https://evil.example/list"),
                Code.STATUS_LIST_UNTRUSTED,
            ),
            (lambda a: a.put(a.issuer(revocationList=[1, 2])), Code.STATUS_ENTRY_MALFORMED),
            (
                lambda a: a.put(a.issuer(revocationList="urn:uuid:1")),
                Code.STATUS_UNREACHABLE,
            ),
        ],
    )
    def test_a_list_that_cannot_be_believed_tells_nothing(self, academy, spoil, code):
        """S9: unknown is never green, and never revoked."""
        spoil(academy)

        report = academy.verify(academy.sign())

        assert code_of(report, Check.STATUS) is code
        assert report.status is Status.UNKNOWN
        assert report.verdict is not Verdict.GREEN

    def test_a_list_need_not_name_itself(self, academy):
        """`id` and `issuer` are optional in a list."""
        academy.revoke(academy.signed_id, id=None, issuer=None)

        assert academy.verify(academy.sign()).status is Status.REVOKED

    def test_an_odd_entry_does_not_hide_a_revocation(self, academy):
        """What is certain counts before what is unclear."""
        academy.revoke(5, academy.signed_id)

        assert academy.verify(academy.sign()).status is Status.REVOKED

    def test_a_signed_badge_that_says_it_is_revoked(self, academy):
        """Odd, and taken at its word."""
        report = academy.verify(academy.sign(academy.signed(revoked=True)))

        assert report.status is Status.REVOKED

    def test_a_badge_without_id_is_on_no_list(self, academy):
        """It breaks the standard, and makes nothing stumble."""
        report = academy.verify(academy.sign(academy.signed(id=None)))

        assert code_of(report, Check.STRUCTURE) is Code.NOT_CONFORMANT
        assert code_of(report, Check.STATUS) is Code.NOT_WITHDRAWN


def test_a_signed_assertion_without_class(academy):
    """Nothing was achieved."""
    report = academy.verify(academy.sign(academy.signed(badge=None)))

    assert report.integrity is not Integrity.VALID
