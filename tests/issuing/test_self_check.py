"""What is signed by shape is checked by the general path: the first of its kind, then a share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from badgeservice.app import create_app
from badgeservice.errors import SelfCheckFailed
from badgeservice.extensions import services
from badgeservice.issuing import audit
from badgeservice.issuing.self_check import FIRST, SelfCheck
from badgeservice.issuing.signer import Signer
from badgeservice.openbadges import Document, jsonld, multibase
from badgeservice.openbadges.keys import KeyKind
from badgeservice.openbadges.proofs import vc_jwt
from badgeservice.openbadges.shapes import Shapes
from badgeservice.settings import Canonicalization
from tests.conftest import Letters, copy_of

from .conftest import CHOICES, Desk

pytestmark = pytest.mark.any_database


class Mistaken(Shapes):
    """Shapes whose templates say a little less than the document does."""

    def canonicalize(self, document: Document) -> str:
        """Return all lines but the last."""
        return "".join(super().canonicalize(document).splitlines(keepends=True)[:-1])


@pytest.fixture
def signing(desk: Desk) -> Callable[..., Desk]:
    """Give an office a signer of a kind, with a policy."""

    def signing(self_check: SelfCheck, kind: type[Signer] = Signer) -> Desk:
        office = desk.office
        signer = kind(office.issuer, keyring=office.keyring, log=office.log, self_check=self_check)
        desk.office = replace(office, signer=signer)
        return desk

    return signing


def practised(shapes: Shapes, *kinds: str) -> SelfCheck:
    """A policy under which nothing is due any more: the first of each kind were checked."""
    policy = SelfCheck(shapes, share=0, chance=lambda: 0.0)
    while any(policy.is_due(kind) for kind in kinds):
        pass
    return policy


ACHIEVEMENT = "http://localhost/achievements/crcn-4-1-beginner/1/fr"


class TestPolicy:
    """When the general path is due."""

    def test_the_first_of_each_kind_and_then_a_share(self) -> None:
        """Nobody who knows the past knows which are checked."""
        numbers = iter([0.5, 0.009, 0.01, 0.0])
        policy = SelfCheck(Shapes("a"), share=0.01, chance=lambda: next(numbers))

        first = [policy.is_due("badge") for _ in range(FIRST)]
        later = [policy.is_due("badge") for _ in range(3)]

        assert first == [True] * FIRST
        assert later == [False, True, False]
        assert policy.is_due("another badge")

    def test_without_shapes_everything_is_checked(self, credential: Document) -> None:
        """And canonicalized on the general path."""
        policy = SelfCheck()

        assert all(policy.is_due("badge") for _ in range(FIRST + 2))
        assert policy.canonicalize(credential) == jsonld.canonicalize(credential)

    def test_the_settings_decide(self, desk: Desk, tmp_path: Any, letters: Letters) -> None:
        """By shape unless somebody has a doubt."""
        settings = copy_of(
            services().settings, tmp_path / "general", canonicalization=Canonicalization.GENERAL
        )
        general = create_app(settings, clock=desk.clock, mailer=letters)

        with general.app_context():
            assert services().office.signer.self_check.shapes is None
        assert desk.office.signer.self_check.shapes is not None


@pytest.fixture
def credential() -> Document:
    """Something to canonicalize."""
    return {"@context": ["https://www.w3.org/ns/credentials/v2"], "id": "urn:a", "name": "b"}


def test_most_badges_are_told_by_templates_and_the_audit_finds_them_good(
    signing: Callable[..., Desk],
) -> None:
    """The audit knows the general path only."""
    shapes = Shapes("0123456789abcdef")
    desk = signing(SelfCheck(shapes, share=0))

    for number in range(FIRST + 3):
        desk.badge(f"p{number}@example.org", replace(CHOICES, name=f"Nº {number}"))

    assert shapes.counts.differed == 0
    assert shapes.counts.rendered >= 2 * (FIRST + 3) - 1  # all but the first of all
    assert list(audit.violations(desk.session, desk.office, now=desk.clock())) == []


def test_a_mistaken_template_signs_no_first_status_list(signing: Callable[..., Desk]) -> None:
    """Every badge rests on its list."""
    desk = signing(practised(Mistaken("a"), ACHIEVEMENT))

    with pytest.raises(SelfCheckFailed, match="/status/1"):
        desk.badge()


def test_a_mistaken_template_signs_no_first_badge(desk: Desk, signing: Callable[..., Desk]) -> None:
    """Signature and content agree among themselves; a stranger would refuse both."""
    desk.badge("somebody@example.org")  # the list is there

    with pytest.raises(SelfCheckFailed, match=r"is not green: .*bad_signature"):
        signing(SelfCheck(Mistaken("a"), share=0)).badge()


def test_what_a_mistaken_template_signs_later_is_found_by_the_audit(
    desk: Desk, signing: Callable[..., Desk]
) -> None:
    """For the case that the share does not find it sooner."""
    desk.badge("somebody@example.org")

    badge = signing(practised(Mistaken("a"), ACHIEVEMENT)).badge()

    found = list(audit.violations(desk.session, desk.office, now=desk.clock()))
    assert found
    assert {violation.subject.partition("/")[0] for violation in found} == {badge.public_id}


class OtherWords(Signer):
    """A signer whose memory is damaged: its tokens say something else than it was given."""

    def _token(self, credential: Document, _payload: str, *arguments: Any) -> str:
        """Return the token of an edited credential."""
        other = vc_jwt.segment({**credential, "name": "Doctorat"})
        return super()._token(credential, other, *arguments)


class OtherProof(Signer):
    """A signer whose proofs lose a byte on the way."""

    def _secure(self, document: Document, *arguments: Any) -> Document:
        """Return the document with the proof of another."""
        other = super()._secure({**document, "name": "Doctorat"}, *arguments)
        return {**document, "proof": other["proof"]}


class OtherKey(Signer):
    """A signer that names a key of somebody else."""

    def _secure(self, document: Document, *arguments: Any) -> Document:
        """Return the document, signed by who knows whom."""
        secured = super()._secure(document, *arguments)
        secured["proof"][0]["verificationMethod"] = "did:web:elsewhere.example#ed25519-1"
        return secured


class OtherText(Signer):
    """A signer that signs what it is given, and hands back something else."""

    def _secure(self, document: Document, *arguments: Any) -> Document:
        """Return an edited document with the proof of the one that was meant."""
        return {**super()._secure(document, *arguments), "name": "Doctorat"}


class TwoProofs(Signer):
    """A signer whose proof is there twice."""

    def _secure(self, document: Document, *arguments: Any) -> Document:
        """Return a document that nobody verifies."""
        secured = super()._secure(document, *arguments)
        return {**secured, "proof": secured["proof"] * 2}


class TokenOfAnotherKey(Signer):
    """A signer that says one key and means another."""

    def _token(self, credential: Document, *arguments: Any) -> str:
        """Return a token whose header names the other key."""
        header, payload, signature = super()._token(credential, *arguments).split(".")
        said = multibase.base64url_decode(header).replace(b"p256-1", b"rsa-1")
        return f"{multibase.base64url_encode(said)}.{payload}.{signature}"


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (TokenOfAnotherKey, "the jwt is not good: ES256 does not go with"),
        (OtherWords, "jwt of .* is not what was built"),
        (OtherProof, "the json is not good: .* not by this key"),
        (OtherText, "the json of .* is not what was built"),
        (TwoProofs, "the json is not good: not JSON"),
        (OtherKey, "the json is not good: .* no key of ours"),
    ],
)
def test_a_signer_gone_wrong_is_stopped_without_the_walk(
    signing: Callable[..., Desk], kind: type[Signer], reason: str
) -> None:
    """Every form of every badge is held against what was built, and its signature verified."""
    desk = signing(practised(Shapes("a"), ACHIEVEMENT), kind)

    with pytest.raises(SelfCheckFailed, match=reason):
        desk.badge()


def test_a_key_that_is_compromised_at_that_moment_signs_nothing(
    signing: Callable[..., Desk], rotated: Callable[[Desk], Desk]
) -> None:
    """The signature is good; what it is worth has changed since."""
    desk = rotated(signing(practised(Shapes("a"), ACHIEVEMENT)))
    keyring = desk.office.keyring

    class Late(Signer):
        def _secure(self, document: Document, *arguments: Any) -> Document:
            secured = super()._secure(document, *arguments)
            if document["type"][-1] == "OpenBadgeCredential":
                now = desk.clock()
                keyring.compromise(keyring.current(KeyKind.ED25519).kid, since=now, now=now)
            return secured

    desk = signing(practised(Shapes("a"), ACHIEVEMENT), Late)
    with pytest.raises(SelfCheckFailed, match="no key of ours"):
        desk.badge()
