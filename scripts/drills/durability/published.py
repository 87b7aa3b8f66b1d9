"""What is published, as a stranger reads it: whole and signed by a key of ours, or torn."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from badgeservice.errors import BadgeserviceError, KeyFileError
from badgeservice.issuing import key_registry
from badgeservice.openbadges import status_list, strict_json
from badgeservice.openbadges.keys import PublicKey
from badgeservice.openbadges.proofs import eddsa_rdfc_2022


def fetch(port: int, path: str) -> tuple[int, bytes]:
    """Return the status and the body of the document at `path`; (0, b"") when nobody answers."""
    address = f"http://127.0.0.1:{port}{path}"
    request = urllib.request.Request(address, headers={"Accept": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()
    except OSError:
        return 0, b""


class Reader:
    """A stranger who remembers every key that was ever published."""

    def __init__(self, keys_dir: Path) -> None:
        self._keys_dir = keys_dir
        self._known: dict[str, PublicKey] = {}

    def torn(self, path: str, content: bytes) -> str:
        """Return what is wrong with a document that was just read, nothing when it is whole."""
        if found := torn_json(content):
            return found
        with suppress(KeyFileError):  # the registry may be damaged at this moment
            self._known |= {k.kid: k.public_key for k in key_registry.read(self._keys_dir)}
        return torn_list(content, self._known) if path.startswith("/status/") else ""


def torn_list(content: bytes, known: Mapping[str, PublicKey]) -> str:
    """Return what is wrong with a status list, nothing when it is whole and signed by one of ours."""
    try:
        document = strict_json.loads(content)
        method = document["proof"][0]["verificationMethod"]
        eddsa_rdfc_2022.verify(document, known[method.rpartition("#")[2]])
        status_list.decode(document["credentialSubject"]["encodedList"])
    except (BadgeserviceError, KeyError, IndexError, TypeError) as error:
        return f"a status list of {len(content)} bytes that nobody can believe: {error}"
    return ""


def torn_json(content: bytes) -> str:
    """Return what is wrong with a document, nothing when it is a whole one."""
    try:
        json.loads(content)
    except ValueError as error:
        return f"a document of {len(content)} bytes: {error}"
    return ""
