"""The only hand that signs. It takes a purpose and a document, lints it, signs, and writes it down.

Its log is its own: append-only, flushed to disk before a signature leaves, so that a badge which
was signed and is not in the register can be found (`badgeservice audit`). It also knows when the
last signature was made, so that a clock that went back dates nothing in the past.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from badgeservice.errors import (
    BadgeserviceError,
    ClockWentBack,
    SelfCheckFailed,
    SigningLogDamaged,
    SigningRefused,
)
from badgeservice.issuing.issuer import Issuer
from badgeservice.issuing.keyring import Keyring, SigningKey
from badgeservice.issuing.self_check import SelfCheck
from badgeservice.openbadges import Document, v2, v3
from badgeservice.openbadges.keys import KeyKind
from badgeservice.openbadges.problems import Problem
from badgeservice.openbadges.proofs import eddsa_rdfc_2022, jws, vc_jwt
from badgeservice.openbadges.proofs.vc_jwt import Algorithm


class Purpose(StrEnum):
    """What a signature is for; each has its own lint."""

    CREDENTIAL = "credential"
    ASSERTION = "assertion"
    """A badge of Open Badges 2.0."""
    STATUS_LIST = "status_list"
    ENDORSEMENT = "endorsement"


_KEY_KIND = {
    Algorithm.ES256: KeyKind.P256,
    Algorithm.EDDSA: KeyKind.ED25519,
    Algorithm.RS256: KeyKind.RSA,
}
_LINTS: dict[Purpose, Callable[[Document], list[Problem]]] = {
    Purpose.CREDENTIAL: v3.lint,
    Purpose.ASSERTION: lambda document: v2.lint(document, "Assertion"),
    Purpose.STATUS_LIST: v3.lint_status_list,
    Purpose.ENDORSEMENT: v3.lint_endorsement,
}


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


CLOCK_SKEW = timedelta(minutes=5)
"""How far apart the clocks of two machines that sign with the same keys may be."""

CLOCK = "clock"
"""The purpose of an entry that is no signature: somebody says that the clock is right now."""

_LONGEST_LINE = 8192


class SigningLog:
    """The signer's append-only log: a file of JSON lines.

    A crash can leave a part of the last line. Its signature never left, so it is no entry; the next
    entry is preceded by a line `{"torn": <bytes>}` that accounts for it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, *entries: LogEntry) -> None:
        """Add entries and flush them to disk; raises OSError when they are not there in full."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)  # one writer at a time, of all processes
            torn = len(_tail(descriptor)[1])
            text = f"\n{_line({'torn': torn})}" if torn else ""
            data = "".join([text, *(_line(vars(entry)) for entry in entries)]).encode()
            if os.write(descriptor, data) != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def refuse_clock_before_last(self, now: datetime) -> None:
        """Raise ClockWentBack when `now` is earlier than the last signature, by more than a skew.

        Raises SigningLogDamaged when the last whole line is no entry: then nobody knows.
        """
        try:
            descriptor = os.open(self.path, os.O_RDONLY)
        except FileNotFoundError:
            return
        try:
            last = _tail(descriptor)[0]
        finally:
            os.close(descriptor)
        if not last:
            return
        entry = _entry(last)
        if not isinstance(entry, LogEntry):
            raise SigningLogDamaged(f"{self.path}: the last line is no entry")
        if datetime.fromisoformat(entry.at) - now > CLOCK_SKEW:
            raise ClockWentBack(
                f"the clock says {now.isoformat(timespec='seconds')}, and the last signature was "
                f"made at {entry.at}; set the clock right, or if the earlier time was wrong, say so: "
                "`badgeservice keys accept-clock`"
            )

    def accept_clock(self, now: datetime) -> None:
        """Write down that `now` is right, although something was signed at a later time."""
        at = now.isoformat(timespec="seconds")
        self.append(LogEntry(at=at, purpose=CLOCK, subject=CLOCK, method="", digest=""))

    def entries(self) -> Iterator[LogEntry]:
        """Yield every entry, oldest first; nothing when nothing was ever signed.

        Raises SigningLogDamaged at a line that is none and that no crash accounts for.
        """
        try:
            file = self.path.open("rb")
        except FileNotFoundError:
            return
        with file:
            held = b""  # a line is believed once it is known that the next one does not disown it
            for number, line in enumerate(file, start=1):
                if held and _entry(line) == {"torn": len(held) - 1}:
                    held = b""
                    continue
                if held:
                    yield self._believed(held, number - 1)
                held = line
            if held.endswith(b"\n"):
                yield self._believed(held, number)

    def _believed(self, line: bytes, number: int) -> LogEntry:
        entry = _entry(line)
        if not isinstance(entry, LogEntry):
            raise SigningLogDamaged(f"{self.path}: line {number} is no entry")
        return entry


class _Waiting:
    """Entries of a log that are not there yet: they reach the disk together."""

    def __init__(self, log: SigningLog) -> None:
        self._log = log
        self._entries: list[LogEntry] = []
        self._accepted: datetime | None = None

    def append(self, *entries: LogEntry) -> None:
        """Keep entries until `flush`."""
        self._entries += entries

    def refuse_clock_before_last(self, now: datetime) -> None:
        """Ask the log, once for each instant."""
        if now != self._accepted:
            self._log.refuse_clock_before_last(now)
            self._accepted = now

    def flush(self) -> None:
        """Write down what waits."""
        if self._entries:
            self._log.append(*self._entries)


def _line(content: dict[str, Any]) -> str:
    return json.dumps(content, separators=(",", ":")) + "\n"


def _entry(line: bytes) -> LogEntry | Any:
    """Return the entry of a line, or whatever else it holds; None for what is no JSON."""
    content = None
    try:
        content = json.loads(line)
        entry = LogEntry(**content)
        datetime.fromisoformat(entry.at)
    except (ValueError, TypeError):
        return content
    return entry


def _tail(descriptor: int) -> tuple[bytes, bytes]:
    """Return the last whole line of a log, without its end, and what stands after it."""
    size = os.fstat(descriptor).st_size
    start = max(0, size - _LONGEST_LINE)
    *lines, rest = os.pread(descriptor, size - start, start).split(b"\n")
    return (lines[-1] if lines else b""), rest


@dataclass(frozen=True)
class Signed:
    """A credential as it was signed: with an embedded proof, and as a token by two algorithms."""

    document: Document
    es256: str
    rs256: str


class Signer:
    """Signs the documents of one issuer: Ed25519 for embedded proofs, P-256 or RSA for tokens.

    Each signature is by the key of its kind that is in use at that moment; what was signed says by
    which. All of it raises KeyFileError when there is none that proves itself.

    `self_check` is how documents are canonicalized and when that is checked; None: the general path.
    """

    def __init__(
        self,
        issuer: Issuer,
        *,
        keyring: Keyring,
        log: SigningLog,
        self_check: SelfCheck | None = None,
    ) -> None:
        self._issuer, self._keyring = issuer, keyring
        self._log: SigningLog | _Waiting = log
        self.self_check = self_check or SelfCheck()

    @property
    def verification_method(self) -> str:
        """The DID URL of the key that makes embedded proofs."""
        return self._issuer.method(self._keyring.current(KeyKind.ED25519).kid)

    @property
    def jwt_key(self) -> str:
        """The DID URL of the key that signs VC-JWT with ES256, its `kid`."""
        return self._issuer.method(self._keyring.current(KeyKind.P256).kid)

    @property
    def jwt_rs256_key(self) -> str:
        """The DID URL of the key that signs VC-JWT with RS256, its `kid`."""
        return self._issuer.method(self._keyring.current(KeyKind.RSA).kid)

    @property
    def rsa_kid(self) -> str:
        """The name of the RSA key, which stands in the addresses of Open Badges 2.0."""
        return self._keyring.current(KeyKind.RSA).kid

    @property
    def methods(self) -> frozenset[str]:
        """The DID URLs of all the keys that sign now."""
        return frozenset((self.verification_method, self.jwt_key, self.jwt_rs256_key))

    @contextmanager
    def together(self) -> Iterator[Self]:
        """Yield a signer whose entries are written down, and flushed, once at the end of the block.

        Nothing that was signed in the block may leave before it has ended without an error.
        """
        assert isinstance(self._log, SigningLog), "blocks do not stand in each other"
        signer = copy(self)
        signer._log = waiting = _Waiting(self._log)
        yield signer
        waiting.flush()

    def credential(self, unsigned: Document, *, now: datetime) -> Signed:
        """Return a credential signed in the three ways of an edition. Raises as `secure` does."""
        self._check(unsigned, Purpose.CREDENTIAL, now)
        payload = vc_jwt.segment(unsigned)
        return Signed(
            self._secure(unsigned, Purpose.CREDENTIAL, now),
            self._token(unsigned, payload, Algorithm.ES256, now),
            self._token(unsigned, payload, Algorithm.RS256, now),
        )

    def secure(self, document: Document, purpose: Purpose, *, now: datetime) -> Document:
        """Return `document` with an `eddsa-rdfc-2022` proof.

        Raises SigningRefused when the document is not ours or breaks a rule of its purpose,
        SelfCheckFailed and ClockWentBack.
        """
        self._check(document, purpose, now)
        return self._secure(document, purpose, now)

    def jwt(
        self, credential: Document, *, algorithm: Algorithm = Algorithm.ES256, now: datetime
    ) -> str:
        """Return `credential` as a VC-JWT. Raises as `secure` does."""
        self._check(credential, Purpose.CREDENTIAL, now)
        return self._token(credential, vc_jwt.segment(credential), algorithm, now)

    def jws(self, assertion: Document, *, now: datetime) -> str:
        """Return a signed assertion of Open Badges 2.0 (RS256).

        Raises SigningRefused when it names another key than the one that would sign, or breaks a
        rule of its purpose, and when the clock went back.
        """
        key = self._keyring.signing_key(KeyKind.RSA)
        stated = assertion.get("verification")
        creator = stated.get("creator") if isinstance(stated, dict) else None
        if creator != self._issuer.ob2(key.kid, "key"):
            raise SigningRefused(f"{creator} is not the key that this signer signs with")
        self._lint(assertion, Purpose.ASSERTION, now)
        token = jws.sign(assertion, sign=key.sign)
        self._record(assertion, Purpose.ASSERTION, self._issuer.method(key.kid), token, now)
        return token

    def _secure(self, document: Document, purpose: Purpose, now: datetime) -> Document:
        key = self._keyring.signing_key(KeyKind.ED25519)
        method = self._issuer.method(key.kid)
        secured = eddsa_rdfc_2022.sign(
            document,
            sign=key.sign,
            verification_method=method,
            created=now,
            canonicalize=self.self_check.canonicalize,
        )
        if purpose is Purpose.STATUS_LIST and self.self_check.is_due(purpose):
            _verify(secured, key)  # of the others, whoever releases them asks more than this
        signature = str(secured["proof"][0]["proofValue"])
        self._record(document, purpose, method, signature, now)
        return secured

    def _token(
        self, credential: Document, payload: str, algorithm: Algorithm, now: datetime
    ) -> str:
        key = self._keyring.signing_key(_KEY_KIND[algorithm])
        kid = self._issuer.method(key.kid)
        token = vc_jwt.sign_segment(payload, sign=key.sign, algorithm=algorithm, kid=kid)
        self._record(credential, Purpose.CREDENTIAL, kid, token, now)
        return token

    def _check(self, document: Document, purpose: Purpose, now: datetime) -> None:
        issuer = document.get("issuer")
        issuer_id = issuer.get("id") if isinstance(issuer, dict) else issuer
        if issuer_id != self._issuer.id:
            raise SigningRefused(f"{issuer_id} is not the issuer that this signer signs for")
        self._lint(document, purpose, now)

    def _lint(self, document: Document, purpose: Purpose, now: datetime) -> None:
        if problems := _LINTS[purpose](document):
            raise SigningRefused("; ".join(str(problem) for problem in problems))
        self._log.refuse_clock_before_last(now)

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


def _verify(secured: Document, key: SigningKey) -> None:
    """Return if a proof holds on the general path; raises SelfCheckFailed."""
    try:
        eddsa_rdfc_2022.verify(secured, key.public_key)
    except BadgeserviceError as error:
        raise SelfCheckFailed(f"the proof of {secured['id']}: {error.message}") from None
