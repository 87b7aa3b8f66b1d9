"""Badges outlive the keys that signed them: three rotations, and a theft."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from badgeservice import verification
from badgeservice.errors import MethodRefused
from badgeservice.extensions import services
from badgeservice.issuing import audit, key_chain, key_documents, shelf, status_lists
from badgeservice.issuing.hosting import Hosting, own_fetch
from badgeservice.issuing.key_registry import KeyState
from badgeservice.issuing.keyring import Keyring
from badgeservice.issuing.models import Badge, Credential, Format, ReleasedForm, StatusList
from badgeservice.issuing.register import DatabaseRegister
from badgeservice.issuing.signer import Signer
from badgeservice.openbadges import Document, controller, multibase, strict_json
from badgeservice.openbadges.keys import SIGNING_KINDS, KeyKind, PublicKey
from badgeservice.openbadges.proofs import eddsa_rdfc_2022, vc_jwt
from badgeservice.openbadges.proofs.vc_jwt import Algorithm
from badgeservice.storage.chain import AuditEvent
from badgeservice.verification import Verdict
from badgeservice.verification.codes import Code
from badgeservice.verification.report import Report

from .conftest import Desk

FORMS = (Format.JSON, Format.JWT, Format.PNG)


@pytest.fixture
def desk(desk: Desk, tmp_path: Path) -> Desk:
    """A desk in an office with keys of its own; those of the installation are shared."""
    office, keys_dir = desk.office, tmp_path / "own-keys"
    shutil.copytree(office.keyring.keys_dir, keys_dir)
    passphrase = services().settings.key_passphrase
    keyring = Keyring(keys_dir, office.issuer.slug, passphrase=passphrase)
    signer = Signer(office.issuer, keyring=keyring, log=office.log)
    desk.office = replace(office, keyring=keyring, signer=signer)
    return desk


def tell(desk: Desk) -> None:
    """Tell the audit chain of the keys, as the commands do."""
    key_chain.tell(
        desk.session, desk.office.issuer, desk.office.keyring, actor="operator", now=desk.clock()
    )
    desk.session.commit()


def rotate(desk: Desk) -> None:
    """Give every kind of key a successor."""
    for kind in SIGNING_KINDS:
        desk.office.keyring.rotate(kind, now=desk.clock())
    tell(desk)


def violations(desk: Desk) -> list[tuple[str, str]]:
    """What the audit finds, without the subject."""
    found = audit.violations(desk.session, desk.office, now=desk.clock())
    return [(violation.question, violation.problem) for violation in found]


def released(desk: Desk, badge: Badge) -> dict[Format, bytes]:
    """The badge in its forms, as it was released."""
    return {form: shelf.take(desk.session, desk.office.vault, badge, form) for form in FORMS}


def ours(desk: Desk, content: bytes) -> Report:
    """What our own pages say."""
    return verification.verify(
        verification.recognise(content),
        fetch=own_fetch(Hosting(desk.session, desk.office)),
        register=DatabaseRegister(desk.session, desk.office),
        now=desk.clock(),
    )


def did_document(desk: Desk) -> Document:
    """The DID document alone, as a stranger reads it."""
    hosted = Hosting(desk.session, desk.office).document(
        f"/issuers/{desk.office.issuer.slug}/did.json"
    )
    assert hosted is not None
    return strict_json.load_object(hosted.body)


def verify_by_did_document(desk: Desk, content: Mapping[Format, bytes]) -> None:
    """Verify proof and token by what the DID document says of their keys; raises if one fails."""
    document, issuer = did_document(desk), desk.office.issuer.id
    secured = strict_json.load_object(content[Format.JSON])
    method = secured["proof"][0]["verificationMethod"]
    key = controller.find_method(document, method, controller=issuer, now=desk.clock())
    eddsa_rdfc_2022.verify(secured, key)
    token = content[Format.JWT].decode()
    kid = str(vc_jwt.parse(token).kid)
    vc_jwt.verify(token, controller.find_method(document, kid, controller=issuer, now=desk.clock()))


def test_badges_of_four_generations_are_all_green(desk: Desk) -> None:
    """After three rotations: on our pages, and by the DID document alone."""
    tell(desk)
    contents = [released(desk, desk.badge("first@example.org"))]
    for generation in range(3):
        desk.clock.advance(days=30)
        rotate(desk)
        contents.append(released(desk, desk.badge(f"person{generation}@example.org")))

    for content in contents:
        verify_by_did_document(desk, content)
        for form in FORMS:
            assert Verdict.GREEN is ours(desk, content[form]).verdict
    methods = {
        json.loads(content[Format.JSON])["proof"][0]["verificationMethod"] for content in contents
    }
    assert {f"{desk.office.issuer.id}#ed25519-{n}" for n in range(1, 5)} == methods
    assert [] == violations(desk)
    keys = desk.office.keyring.entries.values()
    assert 9 == sum(key.state is KeyState.RETIRED for key in keys)
    assert not any("expires" in method for method in did_document(desk)["verificationMethod"])


def test_the_did_document_stays_small(desk: Desk) -> None:
    """Read by every verifier each time: below 8 kB after five rotations of every kind."""
    sizes = []
    for _ in range(5):
        desk.clock.advance(days=365)
        rotate(desk)
        document = key_documents.did_document(desk.office.issuer, desk.office.keyring)
        sizes.append(len(strict_json.dumps(document)))

    assert sizes[-1] < 8_000, sizes
    assert 18 == len(did_document(desk)["assertionMethod"])


def forged(desk: Desk, kind: KeyKind, badge: Badge, **changes: object) -> bytes:
    """A badge that the thief signs with the real private key, made out of a genuine one."""
    content = released(desk, badge)
    unsigned = strict_json.load_object(content[Format.JSON]) | changes
    del unsigned["proof"]
    stolen = desk.office.keyring.signing_key(kind)
    method = desk.office.issuer.method(stolen.kid)
    if kind is KeyKind.ED25519:
        secured = eddsa_rdfc_2022.sign(
            unsigned, sign=stolen.sign, verification_method=method, created=desk.clock()
        )
        return strict_json.dumps(secured)
    algorithm = Algorithm.ES256 if kind is KeyKind.P256 else Algorithm.RS256
    token = vc_jwt.sign(unsigned, sign=stolen.sign, algorithm=algorithm, kid=method)
    return token.encode()


@pytest.mark.parametrize("kind", SIGNING_KINDS)
def test_after_a_theft_the_register_tells_genuine_from_forged(desk: Desk, kind: KeyKind) -> None:
    """The drill: genuine green, forged red, with the very key; to strangers neither is believed."""
    tell(desk)
    badge = desk.badge()
    genuine = released(desk, badge)
    fresh_id = f"{desk.office.base_url}/b/{multibase.base58_encode(bytes(range(1, 17)))}"
    forgeries = [
        forged(desk, kind, badge, id=fresh_id),
        forged(desk, kind, badge, name="Doctorat"),
    ]
    desk.clock.advance(days=1)

    key, successor = desk.office.keyring.compromise(
        f"{kind.name.lower()}-1", since=desk.clock() - timedelta(hours=1), now=desk.clock()
    )
    status_lists.publish_compromised(desk.session, desk.office, now=desk.clock())
    tell(desk)

    for content in genuine.values():
        assert Verdict.GREEN is ours(desk, content).verdict
    for content, code in zip(
        forgeries, (Code.NOT_IN_REGISTER, Code.DIFFERS_FROM_REGISTER), strict=True
    ):
        report = ours(desk, content)
        assert Verdict.RED is report.verdict
        assert report.find(code)
    method = next(
        m for m in did_document(desk)["verificationMethod"] if m["id"].endswith(f"#{key.kid}")
    )
    assert "2026-11-24T08:00:00Z" == method["revoked"]
    with pytest.raises(MethodRefused) as refused:
        controller.find_method(
            did_document(desk), method["id"], controller=desk.office.issuer.id, now=desk.clock()
        )
    assert "key_revoked" == refused.value.code
    assert successor is not None
    assert successor.kid in json.dumps(did_document(desk))
    assert [] == violations(desk)


def test_our_lists_are_signed_anew_after_a_theft(desk: Desk) -> None:
    """Strangers no longer believe the key, and a list nobody believes spoils its badges."""
    tell(desk)
    desk.badge()
    desk.clock.advance(days=1)
    desk.office.keyring.compromise("ed25519-1", since=desk.clock(), now=desk.clock())
    tell(desk)
    assert [("keys", "signed by ed25519-1, which is compromised; run `badgeservice setup`")] == (
        violations(desk)
    )

    published = status_lists.publish_compromised(desk.session, desk.office, now=desk.clock())

    assert [1] == published
    assert [] == violations(desk)
    assert [] == status_lists.publish_compromised(desk.session, desk.office, now=desk.clock())


def test_documents_agree_on_a_compromised_key(desk: Desk) -> None:
    """Whoever reads any of them comes to the same answer."""
    desk.clock.advance(days=1)
    desk.office.keyring.compromise("p256-1", since=desk.clock(), now=desk.clock())
    hosting, slug = Hosting(desk.session, desk.office), desk.office.issuer.slug

    documents = key_documents.all_of(desk.office.issuer, desk.office.keyring)

    for path, document in documents.items():
        hosted = hosting.document(path)
        assert hosted is not None
        assert document == strict_json.load_object(hosted.body)
    assert "revoked" in documents[f"/issuers/{slug}/keys/p256-1"]
    assert "revoked" not in documents[f"/issuers/{slug}/keys/p256-2"]
    kids = {key["kid"] for key in documents[f"/issuers/{slug}/jwks.json"]["keys"]}
    believed = {"ed25519-1", "p256-2", "rsa-1"}
    assert {desk.office.issuer.method(kid) for kid in believed} == kids
    for method in documents[f"/issuers/{slug}/did.json"]["verificationMethod"]:
        kid = method["id"].rpartition("#")[2]
        described = documents[f"/issuers/{slug}/keys/{kid}"]
        assert method == {k: v for k, v in described.items() if k != "@context"}


class TestAudit:
    """The question "keys", one planted violation of each kind."""

    @pytest.fixture
    def kept(self, desk: Desk) -> Desk:
        """An office that rotated its keys once and issued before and after."""
        tell(desk)
        desk.badge("a@example.org")
        desk.clock.advance(days=10)
        rotate(desk)
        desk.badge("b@example.org")
        assert [] == violations(desk)
        return desk

    def test_signed_after_its_time(self, kept: Desk) -> None:
        """A badge of today under a key that was retired ten days ago."""
        desk = kept
        newest = desk.session.scalars(
            select(ReleasedForm)
            .join(Credential, Credential.public_id == ReleasedForm.public_id)
            .where(ReleasedForm.format == Format.JWT)
            .order_by(Credential.issued_at.desc())
        ).first()
        assert newest is not None
        desk.clock.advance(days=1)
        desk.session.execute(
            update(Credential)
            .where(Credential.public_id == newest.public_id)
            .values(issued_at=desk.clock())
        )
        newest.method = desk.office.issuer.method("p256-1")
        desk.session.flush()

        assert ("keys", "signed by p256-1 at 2026-12-04T09:00:00+00:00, after it was retired") in (
            violations(desk)
        )

    def test_signed_before_it_was_made(self, kept: Desk) -> None:
        """A backdated line of the signer's log."""
        entry = list(kept.office.log.entries())[-1]
        kept.office.log.append(replace(entry, at="2026-11-24T00:00:00+00:00"))

        expected = "signed by rsa-2 at 2026-11-24T00:00:00+00:00, before it was made"
        assert ("keys", expected) in violations(kept)

    def test_signed_by_no_key_of_ours(self, kept: Desk) -> None:
        """Another's key in our log."""
        entry = list(kept.office.log.entries())[-1]
        kept.office.log.append(replace(entry, method="did:web:evil.example#1"))

        expected = "signed by did:web:evil.example#1, which is no key of ours"
        assert ("keys", expected) in violations(kept)

    def test_a_key_that_nobody_here_made(self, kept: Desk) -> None:
        """Whoever can write into the folder adds a key of their own."""
        kept.office.keyring.new(KeyKind.P256, now=kept.clock())

        expected = "in the registry, and not in the chain; nobody here made it"
        assert [("keys", expected)] == violations(kept)

    def test_a_key_that_was_taken_out(self, kept: Desk) -> None:
        """The registry was put back from an old backup."""
        path = kept.office.keyring.keys_dir / "registry.json"
        content = json.loads(path.read_text())
        content["keys"] = [key for key in content["keys"] if key["kid"] != "rsa-1"]
        path.write_text(json.dumps(content))

        expected = "in the chain, and no longer in the registry; restore the registry"
        assert ("keys", expected) in violations(kept)

    def test_a_date_that_was_moved(self, kept: Desk) -> None:
        """A retired key is made to sign again."""
        path = kept.office.keyring.keys_dir / "registry.json"
        content = json.loads(path.read_text())
        next(key for key in content["keys"] if key["kid"] == "rsa-1")["retired"] = None
        path.write_text(json.dumps(content))

        expected = "retired: None in the registry, 2026-12-03T09:00:00Z in the chain"
        assert [("keys", expected)] == violations(kept)

    def test_a_key_that_does_not_prove_itself(self, kept: Desk) -> None:
        """Found at night, not at the next badge."""
        (kept.office.keyring.keys_dir / "demo" / "rsa-2.pem").chmod(0o644)

        ((question, problem),) = violations(kept)

        assert "keys" == question
        assert "chmod 0400" in problem

    def test_a_damaged_list_is_another_question(self, kept: Desk) -> None:
        """It is said once."""
        kept.session.scalars(select(StatusList)).one().published = b"{}"

        assert {"status"} == {question for question, _ in violations(kept)}


def test_the_chain_is_told_once(desk: Desk) -> None:
    """Of each change of each key, and of nothing twice."""
    tell(desk)
    tell(desk)
    desk.clock.advance(days=1)
    desk.office.keyring.rotate(KeyKind.RSA, now=desk.clock())
    tell(desk)

    events = desk.session.scalars(
        select(AuditEvent.subject).where(AuditEvent.action == key_chain.ACTION)
    ).all()

    assert ["ed25519-1", "p256-1", "rsa-1", "rsa-1", "rsa-2"] == [
        subject.rpartition("#")[2] for subject in events
    ]


def test_public_keys_and_registry_are_one(desk: Desk) -> None:
    """What verifies is what stands in the registry, old keys included."""
    rotate(desk)

    assert {kid: entry.public_key for kid, entry in desk.office.keyring.entries.items()} == dict(
        desk.office.public_keys
    )
    assert all(isinstance(key, PublicKey) for key in desk.office.public_keys.values())
