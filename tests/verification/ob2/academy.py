"""A small issuer of Open Badges 2.0 with a real RSA key, its hosted documents and its register.

Real objects, down to the signatures; only the network is a dict.
"""

from __future__ import annotations

import functools
import hashlib
from datetime import UTC, datetime

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from badgeservice import verification
from badgeservice.errors import FetchFailed
from badgeservice.openbadges import Document, strict_json, v2
from badgeservice.openbadges.keys import KeyKind, PublicKey
from badgeservice.openbadges.proofs import jws
from badgeservice.verification.fetching import Fetched
from badgeservice.verification.issuers import NOBODY_KNOWN, Issuers
from badgeservice.verification.register import Edition, RegisterEntry, RegisterState
from badgeservice.verification.report import Report

ISSUED = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
UUID = "6f0c0c0e-96b5-4c5c-8c0e-0d7e1c1f4f5a"


class RSAKey:
    """A key pair."""

    def __init__(self) -> None:
        self._private = rsa.generate_private_key(public_exponent=65_537, key_size=2048)

    @property
    def public(self) -> PublicKey:
        """What verifies."""
        modulus = self._private.public_key().public_numbers().n
        return PublicKey(KeyKind.RSA, modulus.to_bytes(256, "big"))

    def sign(self, message: bytes) -> bytes:
        """Return an RSASSA-PKCS1-v1_5 signature over SHA-256."""
        return self._private.sign(message, padding.PKCS1v15(), hashes.SHA256())


@functools.cache
def key(name: str) -> RSAKey:
    """Return the key of this name; making one takes a while."""
    return RSAKey()


class Academy:
    """An issuer at https://academy.example, and the world as it answers.

    `world` maps addresses to answers, `asked` are the addresses that were asked, in order. Unless
    `is_ours`, the register is that of somebody who knows nothing of it.
    """

    base = "https://academy.example"

    def __init__(self, *, is_ours: bool = False, base: str = base) -> None:
        self.base, self.is_ours = base, is_ours
        self.issuer_id, self.key_id = f"{base}/issuer", f"{base}/key"
        self.class_id, self.list_id = f"{base}/badges/safety", f"{base}/revocations"
        self.hosted_id, self.signed_id = f"{base}/assertions/{UUID}", f"urn:uuid:{UUID}"
        self.key = key("academy")
        self.asked: list[str] = []
        self.world: dict[str, Fetched] = {}
        self.entries: dict[str, RegisterEntry] = {}
        self.put(self.issuer())
        self.put(self.badge_class())
        self.put(v2.cryptographic_key(id=self.key_id, owner=self.issuer_id, key=self.key.public))
        self.revoke()

    # --- the world

    def put(self, document: Document, *, at: str = "", url: str = "", status: int = 200) -> None:
        """Let a document stand at its id, or `at` another address, from `url` if redirected."""
        address = at or str(document["id"])
        body = strict_json.dumps(document)
        self.world[address] = Fetched(url or address, status, "application/ld+json", body)

    def answer(self, address: str, body: bytes, *, status: int = 200) -> None:
        """Let an address answer with these bytes."""
        self.world[address] = Fetched(address, status, "application/octet-stream", body)

    def fetch(self, address: str) -> Fetched:
        """Answer from the world (verification.fetching.Fetch)."""
        self.asked.append(address)
        if address not in self.world:
            raise FetchFailed("no answer")
        return self.world[address]

    # --- the register

    def owns(self, issuer_id: str) -> bool:
        """Tell whether it is an address of this academy (verification.register.Register)."""
        return self.is_ours and issuer_id.startswith(f"{self.base}/")

    def entry(self, credential_id: str) -> RegisterEntry | None:
        """Return what was released under an id."""
        return self.entries.get(credential_id)

    def published(self, status_list: str) -> datetime | None:
        """Return None: lists of bits belong to 3.0."""
        return None

    def enter(
        self,
        identifier: str,
        released: bytes,
        *,
        state: RegisterState = RegisterState.ACTIVE,
        superseded_at: datetime | None = None,
    ) -> None:
        """Write the bytes that were released under an id into the register."""
        digest = hashlib.sha256(released).hexdigest()
        edition = Edition("0" * 64, frozenset({digest}), superseded_at)
        self.entries[identifier] = RegisterEntry(
            identifier, state, (edition,), since=ISSUED, reason="Fraude."
        )

    # --- its documents

    def issuer(self, **changes: object) -> Document:
        """Its profile."""
        profile = v2.profile(
            id=self.issuer_id,
            name="Académie d'exemple",
            url="https://academy.example",
            email="contact@academy.example",
            public_key=self.key_id,
            revocation_list=self.list_id,
            starts_with=f"{self.base}/assertions/",
        )
        return with_changes(profile, changes)

    def badge_class(self, **changes: object) -> Document:
        """Its badge class."""
        badge_class = v2.badge_class(
            id=self.class_id,
            name="Sécuriser l'environnement numérique",
            description="Les bons réflexes.",
            image=f"{self.base}/image.png",
            criteria="Réussir le quiz.",
            criteria_id=f"{self.base}/criteria",
            issuer=self.issuer_id,
            alignments=[v2.alignment(target_name="4.1", target_url="https://crcn.example/4.1")],
            tags=["numérique"],
            language="fr",
        )
        return with_changes(badge_class, changes)

    def hosted(self, **changes: object) -> Document:
        """A hosted assertion that stands nowhere yet."""
        return with_changes(
            v2.hosted_assertion(
                id=self.hosted_id,
                recipient=v2.recipient("camille@example.org", salt="x" * 22),
                badge=self.class_id,
                issued_on=ISSUED,
                expires=datetime(2028, 11, 20, 12, tzinfo=UTC),
                narrative="Quiz réussi.",
                evidence=[v2.evidence(id=f"{self.hosted_id}#1", name="Quiz", narrative="90 %")],
            ),
            changes,
        )

    def host(self, **changes: object) -> Document:
        """Host an assertion with these changes, None for none, and return it."""
        assertion = self.hosted(**changes)
        self.put(assertion)
        return assertion

    def signed(self, **changes: object) -> Document:
        """An assertion to be signed."""
        return with_changes(
            v2.signed_assertion(
                id=self.signed_id,
                recipient=v2.recipient("camille@example.org", salt="x" * 22),
                badge=self.class_id,
                issued_on=ISSUED,
                creator=self.key_id,
            ),
            changes,
        )

    def sign(self, assertion: Document | None = None, *, key: RSAKey | None = None) -> str:
        """Return an assertion signed, its own by default."""
        return jws.sign(assertion or self.signed(), sign=(key or self.key).sign)

    def revoke(self, *entries: object, **changes: object) -> None:
        """Publish the revocation list with these entries."""
        document = v2.revocation_list(id=self.list_id, issuer=self.issuer_id, revoked=[])
        revoked = {"revokedAssertions": list(entries)}
        self.put(with_changes(document, revoked | changes), at=self.list_id)

    # --- verifying

    def verify(
        self,
        submitted: Document | str | bytes,
        *,
        at: datetime = NOW,
        issuers: Issuers = NOBODY_KNOWN,
        recipient: str | None = None,
    ) -> Report:
        """Return the report on something submitted."""
        if isinstance(submitted, dict):
            submitted = strict_json.dumps(submitted)
        data = submitted.encode() if isinstance(submitted, str) else submitted
        return verification.verify(
            verification.recognise(data),
            fetch=self.fetch,
            register=self,
            now=at,
            issuers=issuers,
            recipient=recipient,
        )


def with_changes(document: Document, changes: dict[str, object]) -> Document:
    """Return a document with changes, None for what is to be left out."""
    return {name: value for name, value in (document | changes).items() if value is not None}
