"""The keys of one issuer, and what happens to them: made, in use, retired, compromised.

The registry on disk is the truth and is looked at again whenever it has changed, so that a running
service signs with a new key, and no longer with a compromised one, from the next badge on.
A key proves itself before it signs anything: it signs a test message that its public key in the
registry must verify. Every signature is verified before it leaves.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from badgeservice.errors import BadgeserviceError, BadSignature, KeyChangeRefused, KeyFileError
from badgeservice.issuing import key_registry, keystore
from badgeservice.issuing.key_registry import KeyState, RegisteredKey
from badgeservice.issuing.keystore import Sign
from badgeservice.issuing.tokens import Tokens
from badgeservice.openbadges import timestamps
from badgeservice.openbadges.keys import SIGNING_KINDS, KeyKind, PublicKey

_SELF_TEST = b"badgeservice key self-test"


@dataclass(frozen=True)
class SigningKey:
    """A key that has proved itself.

    `sign` takes a message and returns the raw signature of its kind, which `public_key` verifies.
    """

    kid: str
    public_key: PublicKey
    sign: Sign


class Keyring:
    """The keys of the issuer `issuer` (its slug), registered in the folder `keys_dir`.

    `passphrase` returns what the key files are encrypted under; it is asked when a file is opened.
    `tokens` opens the keys that live in one, None where there are no tokens.
    """

    def __init__(
        self,
        keys_dir: Path,
        issuer: str,
        *,
        passphrase: Callable[[], bytes],
        tokens: Tokens | None = None,
    ) -> None:
        self.keys_dir, self.issuer = keys_dir, issuer
        self._passphrase = passphrase
        self._tokens = tokens or Tokens(None, str)
        self._guard = threading.Lock()
        self._seen: tuple[int, ...] | None = None
        self._entries: Mapping[str, RegisteredKey] = {}
        self._loaded: dict[str, SigningKey] = {}

    # --- what there is ----------------------------------------------------------------------------

    @property
    def entries(self) -> Mapping[str, RegisteredKey]:
        """Every key that ever was, by kid, oldest first; raises KeyFileError for a bad registry."""
        with self._guard:
            seen = _identity(self.keys_dir / key_registry.REGISTRY)
            if seen != self._seen:
                self._entries = {
                    key.kid: key
                    for key in key_registry.read(self.keys_dir)
                    if key.issuer == self.issuer
                }
                self._seen = seen
            return self._entries

    def current(self, kind: KeyKind) -> RegisteredKey:
        """Return the key of a kind that signs: the newest active one. Raises KeyFileError."""
        active = _active(self.entries, kind)
        if not active:
            raise KeyFileError(
                f"{self.keys_dir}: no {kind} key of {self.issuer}; if there never was one, run "
                "`badgeservice setup`; otherwise put registry.json back from the backup of the keys"
            )
        return active[-1]

    def signing_key(self, kind: KeyKind) -> SigningKey:
        """Return the key of a kind that signs, once it has proved itself.

        Raises KeyFileError, saying how to mend it. A file that was mended is taken at the next call.
        """
        entry = self.current(kind)
        if entry.kid not in self._loaded:
            self._loaded[entry.kid] = self._open(entry)
        return self._loaded[entry.kid]

    def problems(self) -> list[BadgeserviceError]:
        """Let every key that signs prove itself anew, and return what is wrong, each said once."""
        found: dict[str, BadgeserviceError] = {}
        for kind in SIGNING_KINDS:
            try:
                entry = self.current(kind)
                self._loaded[entry.kid] = self._open(entry)
            except BadgeserviceError as error:
                found.setdefault(error.message, error)
        return list(found.values())

    # --- what happens to it -----------------------------------------------------------------------

    def new(self, kind: KeyKind, *, token: str | None = None, now: datetime) -> RegisteredKey:
        """Make a key, prove it, and enter it: from now on it signs. Raises KeyFileError.

        It lives in the PKCS#11 token of the label `token`, in a file when that is None.
        """
        with key_registry.locked(self.keys_dir):
            fresh = self._make(kind, token=token, now=now)
            self._write([], fresh)
        return fresh

    def rotate(self, kind: KeyKind, *, token: str | None = None, now: datetime) -> RegisteredKey:
        """Make a key that takes over, and retire all others of its kind, in one step.

        `token` is as in `new`. Raises KeyFileError when the new one does not prove itself; the old ones then stay in use.
        """
        with key_registry.locked(self.keys_dir):
            fresh = self._make(kind, token=token, now=now)
            self._write([_retired(key, now) for key in _active(self.entries, kind)], fresh)
        return fresh

    def retire(self, kid: str, *, now: datetime) -> RegisteredKey:
        """Let a key sign no more. Raises KeyChangeRefused for the only one of its kind."""
        with key_registry.locked(self.keys_dir):
            key = self._known(kid)
            if key.state is not KeyState.ACTIVE:
                raise KeyChangeRefused(f"{kid} is {key.state} already")
            if len(_active(self.entries, key.kind)) == 1:
                raise KeyChangeRefused(
                    f"{kid} is the only {key.kind} key that signs; "
                    f"`badgeservice keys rotate {key.kind.name.lower()}` makes its successor"
                )
            retired = _retired(key, now)
            self._write([retired])
        return retired

    def compromise(
        self, kid: str, *, since: datetime, now: datetime
    ) -> tuple[RegisteredKey, RegisteredKey | None]:
        """Mark a key as known to somebody else since an instant; return it and its successor.

        It signs no more. Where none of its kind is left, a successor is made in the same place,
        else None. The mark can be moved back in time and never forward: what was suspected is not unsuspected.
        """
        with key_registry.locked(self.keys_dir):
            key = self._known(kid)
            if since > now:
                raise KeyChangeRefused(f"{timestamps.write(since)} is in the future")
            if since < key.created:
                made = timestamps.write(key.created)
                raise KeyChangeRefused(f"{kid} was made later, at {made}")
            if key.compromised is not None and since >= key.compromised:
                marked = timestamps.write(key.compromised)
                raise KeyChangeRefused(f"{kid} is marked as compromised since {marked} already")
            marked_key = replace(
                key if key.retired else _retired(key, now),
                compromised=since.replace(microsecond=0),
                reported=key.reported or now.replace(microsecond=0),
            )
            left = [k for k in _active(self.entries, key.kind) if k.kid != kid]
            successor = None if left else self._make(key.kind, token=key.token, now=now)
            self._write([marked_key], successor)
        return marked_key, successor

    def _known(self, kid: str) -> RegisteredKey:
        if kid not in self.entries:
            known = ", ".join(self.entries) or "none"
            raise KeyChangeRefused(
                f"{kid[:80]!a}: no such key of {self.issuer}; there are: {known}"
            )
        return self.entries[kid]

    def _make(self, kind: KeyKind, *, token: str | None, now: datetime) -> RegisteredKey:
        """Make a key and prove it; it is nowhere registered yet."""
        name = kind.name.lower()
        numbers = (kid.removeprefix(f"{name}-") for kid in self.entries)
        kid = f"{name}-{max((int(n) for n in numbers if n.isdecimal()), default=0) + 1}"
        if token is None:
            path = keystore.path_of(self.keys_dir, self.issuer, kid)
            public_key = keystore.create(path, kind, self._passphrase())
        else:
            public_key = self._tokens.create(token, f"{self.issuer}/{kid}", kind)
        created = now.replace(microsecond=0)
        entry = RegisteredKey(self.issuer, kid, public_key, created, token=token)
        self._open(entry)
        return entry

    def _write(self, changed: list[RegisteredKey], fresh: RegisteredKey | None = None) -> None:
        by_name = {(key.issuer, key.kid): key for key in changed}
        kept = [by_name.get((key.issuer, key.kid), key) for key in key_registry.read(self.keys_dir)]
        key_registry.write(self.keys_dir, [*kept, *([fresh] if fresh else [])])

    def _open(self, entry: RegisteredKey) -> SigningKey:
        """Return a key, proved by a signature. Raises KeyFileError."""
        place: object
        if entry.token is None:
            place = path = keystore.path_of(self.keys_dir, entry.issuer, entry.kid)
            found, sign = keystore.load(path, self._passphrase())
        else:
            place = f"token {entry.token}"
            found, sign = self._tokens.load(entry.token, f"{entry.issuer}/{entry.kid}")
        if found != entry.public_key:
            raise KeyFileError(
                f"{place}: not the key that the registry names {entry.kid}; "
                "restore both from one backup"
            )

        def sign_and_verify(message: bytes) -> bytes:
            signature = sign(message)
            entry.public_key.verify(signature, message)
            return signature

        try:
            sign_and_verify(_SELF_TEST)
        except BadSignature:
            raise KeyFileError(
                f"{place}: what it signs does not verify; restore it from the backup"
            ) from None
        return SigningKey(entry.kid, entry.public_key, sign_and_verify)


def _active(entries: Mapping[str, RegisteredKey], kind: KeyKind) -> list[RegisteredKey]:
    return [k for k in entries.values() if k.kind is kind and k.state is KeyState.ACTIVE]


def _retired(key: RegisteredKey, now: datetime) -> RegisteredKey:
    if now < key.created:
        made = timestamps.write(key.created)
        raise KeyChangeRefused(f"{key.kid} was made later than now, at {made}; set the clock right")
    return replace(key, retired=now.replace(microsecond=0))


def _identity(path: Path) -> tuple[int, ...] | None:
    """Return what differs whenever the file was replaced; None when there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
