"""What the world may know of each key: who it signs for, and from when until when it is believed.

    keys/registry.json      {"version": 2, "keys": [one object a key, oldest first]}

No key is ever taken out: old badges name old keys. A retired key signs no more and verifies for
ever. A compromised key carries the date from which somebody else may have used it. Version 1, a
plain list without dates of end, is still read; the next change writes version 2.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from badgeservice.errors import BadTimestamp, KeyFileError, KeyRefused
from badgeservice.openbadges import timestamps
from badgeservice.openbadges.keys import KeyKind, PublicKey
from badgeservice.storage import files

REGISTRY = "registry.json"
VERSION = 2
_LOCK = "registry.lock"
# They become names of folders, files and addresses.
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_MEMBERS = {"issuer", "kid", "public_key", "created", "retired", "compromised", "reported", "token"}
_OPTIONAL = {"retired", "compromised", "reported", "token"}


class KeyState(StrEnum):
    """What a key may still do: sign and verify; verify; neither, outside our own register."""

    ACTIVE = "active"
    RETIRED = "retired"
    COMPROMISED = "compromised"


@dataclass(frozen=True)
class RegisteredKey:
    """One key. Instants are in UTC and whole seconds.

    From `retired` on it signs no more; None while it may sign. From `compromised` on somebody else
    may have signed with it, which we learned at `reported`; both None while nothing is known
    against it. `token` is the label of the PKCS#11 token where the private key lives, None for a
    file.
    """

    issuer: str
    kid: str
    public_key: PublicKey
    created: datetime
    retired: datetime | None = None
    compromised: datetime | None = None
    reported: datetime | None = None
    token: str | None = None

    @property
    def kind(self) -> KeyKind:
        """The kind of the key."""
        return self.public_key.kind

    @property
    def state(self) -> KeyState:
        """What the key may still do."""
        if self.compromised is not None:
            return KeyState.COMPROMISED
        return KeyState.ACTIVE if self.retired is None else KeyState.RETIRED


def read(keys_dir: Path) -> tuple[RegisteredKey, ...]:
    """Return every key that was ever made, oldest first; none when there is no registry yet.

    Raises KeyFileError when the file is not a registry: a damaged one must never read as "no keys",
    which would make new ones.
    """
    path = keys_dir / REGISTRY
    try:
        content = json.loads(path.read_bytes())
        entries = content if isinstance(content, list) else _of_version_2(content)
        keys = tuple(_parse(entry) for entry in entries)
        if len({(key.issuer, key.kid) for key in keys}) != len(keys):
            raise ValueError("two keys of one name")
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, TypeError, KeyError, KeyRefused, BadTimestamp) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise KeyFileError(
            f"{path}: not a key registry ({reason}); restore it from the backup of the keys folder"
        ) from None
    return keys


@contextmanager
def locked(keys_dir: Path) -> Iterator[None]:
    """Let one process at a time change the registry."""
    keys_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(keys_dir / _LOCK, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def write(keys_dir: Path, keys: Iterable[RegisteredKey]) -> None:
    """Replace the registry so that a reader sees the old one or the new one, never a part.

    Call it under `locked`, with what was read under the same lock.
    """
    content = {"version": VERSION, "keys": [_as_json(key) for key in keys]}
    text = json.dumps(content, indent=2) + "\n"
    files.replace(keys_dir / REGISTRY, text.encode(), mode=0o666)  # less what the umask says


def _of_version_2(content: Any) -> list[Any]:
    if not isinstance(content, dict) or content.get("version") != VERSION:
        raise ValueError(f"neither a list nor version {VERSION}")
    keys = content.get("keys")
    if content.keys() != {"version", "keys"} or not isinstance(keys, list):
        raise ValueError("not a list of keys and a version, and nothing else")
    return keys


def _parse(entry: Any) -> RegisteredKey:
    if not isinstance(entry, dict) or not _MEMBERS - _OPTIONAL <= entry.keys() <= _MEMBERS:
        raise ValueError("a key with other members than those of a key")
    for name in ("issuer", "kid"):
        if not _NAME.fullmatch(entry[name]):
            raise ValueError(f"{name} is not a name")
    public = entry["public_key"]
    instants = {
        name: None if entry.get(name) is None else timestamps.read(entry[name])
        for name in ("retired", "compromised", "reported")
    }
    key = RegisteredKey(
        issuer=entry["issuer"],
        kid=entry["kid"],
        # Version 1 knew no RSA, and wrote the others as Multikey.
        public_key=PublicKey.from_multikey(public)
        if isinstance(public, str)
        else PublicKey.from_jwk(public),
        created=timestamps.read(entry["created"]),
        token=entry.get("token"),
        **instants,
    )
    if (key.compromised is None) != (key.reported is None):
        raise ValueError(f"{key.kid}: compromised and reported go together")
    if key.compromised is not None and key.retired is None:
        raise ValueError(f"{key.kid}: compromised, and still signing")
    return key


def _as_json(key: RegisteredKey) -> dict[str, Any]:
    def instant(moment: datetime | None) -> str | None:
        return None if moment is None else timestamps.write(moment)

    return {
        "issuer": key.issuer,
        "kid": key.kid,
        "public_key": key.public_key.to_jwk(),
        "created": instant(key.created),
        "retired": instant(key.retired),
        "compromised": instant(key.compromised),
        "reported": instant(key.reported),
        "token": key.token,
    }
