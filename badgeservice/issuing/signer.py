"""The only hand that signs. It takes a purpose and a document, lints it, signs, and writes it down.

Its log is its own: append-only, flushed to disk before a signature leaves, so that a badge which
was signed and is not in the register can be found (`badgeservice audit`).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from badgeservice.errors import SigningLogDamaged, SigningRefused
from badgeservice.issuing.issuer import Issuer
from badgeservice.issuing.keystore import SigningKey
from badgeservice.openbadges import Document, v3
from badgeservice.openbadges.proofs import eddsa_rdfc_2022, vc_jwt


class Purpose(StrEnum):
    """What a signature is for; each has its own lint."""

    CREDENTIAL = "credential"
    STATUS_LIST = "status_list"


_LINTS = {Purpose.CREDENTIAL: v3.lint, Purpose.STATUS_LIST: v3.lint_status_list}


@dataclass(frozen=True)
class LogEntry:
    """One signature: when, for what, over which document, by which method.

    `digest` is the SHA-256, in hex, of the signature as it left: proof value or token.
    """

    at: str
    purpose: str
    subject: str
    method: str
    digest: str


class SigningLog:
    """The signer's append-only log: a file of JSON lines."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, entry: LogEntry) -> None:
        """Add an entry and flush it to disk."""
        line = json.dumps(asdict(entry), separators=(",", ":")) + "\n"
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, line.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def entries(self) -> Iterator[LogEntry]:
        """Yield every entry, oldest first; nothing when nothing was ever signed.

        Raises SigningLogDamaged at a line that is none: a crash can leave half of the last one.
        """
        try:
            file = self._path.open()
        except FileNotFoundError:
            return
        with file:
            for number, line in enumerate(file, start=1):
                try:
                    yield LogEntry(**json.loads(line))
                except (ValueError, TypeError):
                    raise SigningLogDamaged(f"{self._path}: line {number} is no entry") from None


class Signer:
    """Signs the documents of one issuer: Ed25519 for embedded proofs, P-256 for VC-JWT."""

    def __init__(
        self, issuer: Issuer, *, ed25519: SigningKey, p256: SigningKey, log: SigningLog
    ) -> None:
        self._issuer, self._ed25519, self._p256, self._log = issuer, ed25519, p256, log

    @property
    def verification_method(self) -> str:
        """The DID URL of the key that makes embedded proofs."""
        return self._issuer.method(self._ed25519.kid)

    @property
    def jwt_key(self) -> str:
        """The DID URL of the key that signs VC-JWT, its `kid`."""
        return self._issuer.method(self._p256.kid)

    def secure(self, document: Document, purpose: Purpose, *, now: datetime) -> Document:
        """Return `document` with an `eddsa-rdfc-2022` proof.

        Raises SigningRefused when the document is not ours, or breaks a rule of its purpose.
        """
        self._check(document, purpose)
        secured = eddsa_rdfc_2022.sign(
            document,
            sign=self._ed25519.sign,
            verification_method=self.verification_method,
            created=now,
        )
        signature = str(secured["proof"][0]["proofValue"])
        self._record(document, purpose, self.verification_method, signature, now)
        return secured

    def jwt(self, credential: Document, *, now: datetime) -> str:
        """Return `credential` as a VC-JWT signed with ES256. Raises as `secure` does."""
        self._check(credential, Purpose.CREDENTIAL)
        token = vc_jwt.sign(
            credential,
            sign=self._p256.sign,
            algorithm=vc_jwt.Algorithm.ES256,
            kid=self.jwt_key,
        )
        self._record(credential, Purpose.CREDENTIAL, self.jwt_key, token, now)
        return token

    def _check(self, document: Document, purpose: Purpose) -> None:
        issuer = document.get("issuer")
        issuer_id = issuer.get("id") if isinstance(issuer, dict) else issuer
        if issuer_id != self._issuer.id:
            raise SigningRefused(f"{issuer_id} is not the issuer that this signer signs for")
        if problems := _LINTS[purpose](document):
            raise SigningRefused("; ".join(str(problem) for problem in problems))

    def _record(
        self, document: Document, purpose: Purpose, method: str, signature: str, now: datetime
    ) -> None:
        self._log.append(
            LogEntry(
                at=now.isoformat(timespec="seconds"),
                purpose=purpose,
                subject=str(document["id"]),
                method=method,
                digest=hashlib.sha256(signature.encode()).hexdigest(),
            )
        )
