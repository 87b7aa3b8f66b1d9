"""A small issuer with real keys, its published documents and its register.

Real objects, down to the signatures; only the network is a dict. The keys are fixed so that a
failure can be repeated.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from badgeservice import verification
from badgeservice.errors import FetchFailed
from badgeservice.openbadges import Document, controller, status_list, strict_json, v3
from badgeservice.openbadges.controller import Method
from badgeservice.openbadges.keys import KeyKind, PublicKey
from badgeservice.openbadges.proofs import eddsa_rdfc_2022, vc_jwt
from badgeservice.verification.fetching import Fetched
from badgeservice.verification.issuers import NOBODY_KNOWN, Issuers
from badgeservice.verification.register import (
    Edition,
    RegisterEntry,
    RegisterState,
    content_digest,
)
from badgeservice.verification.report import Report

ISSUED = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LIST_SIZE = 131_072


class Key:
    """A key pair that signs in both ways."""

    def __init__(self, seed: int) -> None:
        self.ed25519 = ed25519.Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.p256 = ec.derive_private_key(seed * 7919, ec.SECP256R1())

    @property
    def public(self) -> PublicKey:
        """The Ed25519 half, for embedded proofs."""
        return PublicKey(KeyKind.ED25519, self.ed25519.public_key().public_bytes_raw())

    @property
    def public_p256(self) -> PublicKey:
        """The P-256 half, for tokens."""
        point = self.p256.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        return PublicKey(KeyKind.P256, point)

    def sign_es256(self, message: bytes) -> bytes:
        """Return R followed by S."""
        r, s = decode_dss_signature(self.p256.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


class School:
    """An issuer at https://badges.example, and the world as it answers.

    `world` maps addresses to answers, `asked` are the addresses that were asked, in order.
    """

    base = "https://badges.example"

    def __init__(self, issuer_id: str = "https://badges.example/issuers/school") -> None:
        self.id = issuer_id
        self.key = Key(11)
        self.method = f"{self.base}/issuers/school/keys/ed25519-1"
        self.jwt_method = f"{self.base}/issuers/school/keys/p256-1"
        self.list_address = f"{self.base}/status/1"
        self.asked: list[str] = []
        self.world: dict[str, Fetched] = {}
        self.entries: dict[str, RegisterEntry] = {}
        self.lists: dict[str, datetime] = {}
        self.put(f"{self.base}/issuers/school", self.issuer_document())
        self.publish_list([])

    # --- the world

    def put(self, address: str, document: Document, *, url: str = "", status: int = 200) -> None:
        """Let `address` answer with a document, from `url` if it is redirected."""
        body = strict_json.dumps(document)
        self.world[address] = Fetched(url or address, status, "application/json", body)

    def fetch(self, address: str) -> Fetched:
        """Answer from the world (verification.fetching.Fetch)."""
        self.asked.append(address)
        if address not in self.world:
            raise FetchFailed("no answer")
        return self.world[address]

    # --- the register

    def owns(self, issuer_id: str) -> bool:
        """Tell whether it is this school (verification.register.Register)."""
        return issuer_id == self.id

    def entry(self, credential_id: str) -> RegisterEntry | None:
        """Return what was released under an id."""
        return self.entries.get(credential_id)

    def published(self, status_list: str) -> datetime | None:
        """Return when its list was last published, as far as the register was told."""
        return self.lists.get(status_list)

    # --- its documents

    def profile(self) -> Document:
        """The Profile that stands in its credentials."""
        return v3.profile(
            id=self.id,
            name="École d'exemple",
            url=self.base,
            description="Une école qui n'existe pas.",
            email="ecole@badges.example",
        )

    def issuer_document(self) -> Document:
        """Its profile with its keys: what stands at its identifier."""
        methods = [
            Method(self.method, self.key.public),
            Method(self.jwt_method, self.key.public_p256),
        ]
        return self.profile() | controller.controller_document(self.id, methods)

    def credential(self, number: int = 1) -> Document:
        """An unsigned badge that uses what our badges use."""
        address = f"{self.base}/b/{number}"
        achievement = f"{self.base}/achievements/safety/1/fr"
        return {
            "@context": list(v3.CONTEXT),
            "id": address,
            "type": ["VerifiableCredential", "OpenBadgeCredential"],
            "name": "Sécuriser l'environnement numérique",
            "description": "Les bons réflexes au travail.",
            "image": {"id": f"{self.base}/artwork/safety.png", "type": "Image"},
            "issuer": self.profile(),
            "validFrom": "2026-11-20T12:00:00Z",
            "validUntil": "2028-11-20T12:00:00Z",
            "awardedDate": "2026-11-19T08:30:00Z",
            "credentialSubject": {
                "id": "urn:uuid:6f0c0c0e-96b5-4c5c-8c0e-0d7e1c1f4f5a",
                "type": ["AchievementSubject"],
                "identifier": [
                    {
                        "type": "IdentityObject",
                        "hashed": False,
                        "identityHash": "Camille Durand",
                        "identityType": "name",
                    }
                ],
                "achievement": {
                    "id": achievement,
                    "type": ["Achievement"],
                    "inLanguage": "fr",
                    "achievementType": "Competency",
                    "name": "Sécuriser l'environnement numérique, niveau débutant",
                    "description": "Reconnaître un message frauduleux.",
                    "criteria": {"narrative": "Réussir le quiz à **80 %**."},
                    "image": {"id": f"{self.base}/artwork/safety.png", "type": "Image"},
                    "creator": self.profile(),
                    "tag": ["sécurité", "numérique"],
                    "alignment": [
                        {
                            "id": "https://crcn.example/4.1",
                            "type": ["Alignment"],
                            "targetName": "Sécuriser l'environnement numérique",
                            "targetUrl": "https://crcn.example/4.1",
                            "targetFramework": "CRCN",
                            "targetCode": "4.1",
                        }
                    ],
                    "resultDescription": [
                        {
                            "id": f"{achievement}#verification",
                            "type": ["ResultDescription"],
                            "name": "Comment cela a été vérifié",
                            "resultType": "RubricCriterionLevel",
                            "rubricCriterionLevel": [
                                {
                                    "id": f"{achievement}#strength-{strength}",
                                    "type": ["RubricCriterionLevel"],
                                    "name": name,
                                    "level": str(strength),
                                }
                                for strength, name in enumerate(
                                    ("déclaré", "quiz en ligne, non surveillé")
                                )
                            ],
                        }
                    ],
                },
                "result": [
                    {
                        "id": f"{address}#verification",
                        "type": ["Result"],
                        "resultDescription": f"{achievement}#verification",
                        "achievedLevel": f"{achievement}#strength-1",
                    }
                ],
            },
            "evidence": [
                {
                    "id": f"{address}#evidence-1",
                    "type": ["Evidence"],
                    "name": "Quiz",
                    "narrative": "Quiz réussi le 19 novembre 2026.",
                }
            ],
            "credentialStatus": {
                "id": f"{self.list_address}#{number}",
                "type": "BitstringStatusListEntry",
                "statusPurpose": "revocation",
                "statusListIndex": str(number),
                "statusListCredential": self.list_address,
            },
        }

    # --- issuing

    def sign(self, document: Document, *, key: Key | None = None, method: str = "") -> Document:
        """Return a document with an embedded proof, its own by default."""
        return eddsa_rdfc_2022.sign(
            document,
            sign=(key or self.key).ed25519.sign,
            verification_method=method or self.method,
            created=ISSUED,
        )

    def token(self, credential: Document, *, key: Key | None = None, kid: str = "") -> str:
        """Return a credential as ES256 token."""
        return vc_jwt.sign(
            credential,
            sign=(key or self.key).sign_es256,
            algorithm=vc_jwt.Algorithm.ES256,
            kid=kid or self.jwt_method,
        )

    def enter(
        self,
        credential: Document,
        *tokens: str,
        state: RegisterState = RegisterState.ACTIVE,
        superseded_at: datetime | None = None,
        **facts: Any,
    ) -> None:
        """Write a credential, and the tokens that carry it, into the register.

        One that is superseded gets a newer edition, of which nothing else is known.
        """
        edition = Edition(
            content_digest=content_digest(credential),
            digests=frozenset(hashlib.sha256(token.encode()).hexdigest() for token in tokens),
            superseded_at=superseded_at,
        )
        newer = (Edition("0" * 64, frozenset()),) if superseded_at else ()
        self.entries[credential["id"]] = RegisterEntry(
            credential_id=credential["id"],
            state=state,
            editions=(edition, *newer),
            **{"since": ISSUED} | facts,
        )

    def issue(self, **changes: Any) -> Document:
        """Return a registered badge with these changes to `credential()`, None for none."""
        credential = self.credential() | changes
        credential = {key: value for key, value in credential.items() if value is not None}
        self.enter(credential)
        return self.sign(credential)

    def issue_token(self, **changes: Any) -> str:
        """Return a registered badge as a token."""
        credential = self.credential() | changes
        credential = {key: value for key, value in credential.items() if value is not None}
        token = self.token(credential)
        self.enter(credential, token)
        return token

    def list_credential(self, revoked: Iterable[int], **changes: Any) -> Document:
        """Return an unsigned status list."""
        document = v3.status_list_credential(
            id=self.list_address,
            issuer=self.id,
            valid_from=ISSUED,
            encoded_list=status_list.encode(revoked, bits=LIST_SIZE),
            ttl=300_000,
        )
        return copy.deepcopy(document) | changes

    def publish_list(self, revoked: Iterable[int]) -> None:
        """Sign and publish the status list with these bits."""
        self.put(self.list_address, self.sign(self.list_credential(revoked)))

    # --- verifying

    def verify(
        self,
        submitted: Document | str | bytes,
        *,
        at: datetime = NOW,
        issuers: Issuers = NOBODY_KNOWN,
        recipient: str | None = None,
    ) -> Report:
        """Return the report on something submitted, as this school's own service gives it."""
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
