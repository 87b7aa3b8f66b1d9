"""A backup is one tar file. Its last member, the manifest, tells size and SHA-256 of all the others.

An archive that was cut off has no manifest, and is refused like one in which a bit has changed.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, cast

from badgeservice.errors import BackupRefused

FORMAT = "badgeservice-backup-1"
_MANIFEST = "manifest.json"
_MANIFEST_BYTES_AT_MOST = 16 * 1024 * 1024
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_BLOCK = 1024 * 1024


class Writer:
    """Writes an archive into a stream that need not be seekable. Use it as a context."""

    def __init__(self, stream: BinaryIO) -> None:
        self._tar = tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT)  # noqa: SIM115
        self._files: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        _error: BaseException | None,
        _at: TracebackType | None,
    ) -> None:
        if kind is None:
            self._tar.close()

    def add(self, name: str, path: Path) -> None:
        """Add a file as it is now; what is appended to it meanwhile is left out."""
        with path.open("rb") as file:
            size = file.seek(0, io.SEEK_END)
            file.seek(0)
            self._add(name, file, size)

    def finish(self, told: Mapping[str, Any]) -> None:
        """Add the manifest, which says `told` and what each file is."""
        manifest = {"format": FORMAT, **told, "files": self._files}
        content = json.dumps(manifest, indent=1).encode()
        self._add(_MANIFEST, io.BytesIO(content), len(content))

    def _add(self, name: str, file: BinaryIO, size: int) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, 0o600
        hashing = _Hashing(file)
        self._tar.addfile(member, cast(BinaryIO, hashing))
        self._files[name] = {"bytes": size, "sha256": hashing.digest.hexdigest()}


class _Hashing:
    """A file that remembers the digest of what was read from it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.digest = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        data = self._file.read(size)
        self.digest.update(data)
        return data


def unpack(stream: BinaryIO, folder: Path) -> dict[str, Any]:
    """Write the files of an archive into `folder`, which is empty, and return the manifest.

    Raises BackupRefused for what is no archive of ours, or not to the byte what its manifest says.
    """
    found: dict[str, dict[str, Any]] = {}
    manifest: Any = None
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                if manifest is not None or member.name in found:
                    raise BackupRefused(f"{member.name}: twice, or after the manifest")
                if not member.isreg() or not _NAME.fullmatch(member.name):
                    raise BackupRefused(f"{member.name!a}: not a file of a backup")
                file = tar.extractfile(member)
                assert file is not None, "it is a regular file"
                if member.name == _MANIFEST:
                    manifest = json.loads(file.read(_MANIFEST_BYTES_AT_MOST))
                    continue
                found[member.name] = _write(cast(BinaryIO, file), folder / member.name)
    except (tarfile.TarError, ValueError, EOFError) as error:
        raise BackupRefused(f"not a backup, or a damaged one: {error}") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise BackupRefused("the backup has no manifest: it was cut off, or is none of ours")
    if manifest.get("files") != found:
        wrong = [name for name in found if found[name] != manifest.get("files", {}).get(name)]
        wrong += [name for name in manifest.get("files", {}) if name not in found]
        raise BackupRefused(f"not what the manifest says: {', '.join(sorted(wrong))}")
    return manifest


def _write(file: BinaryIO, path: Path) -> dict[str, Any]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with path.open("xb") as target:
        path.chmod(0o600)
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
            target.write(block)
    return {"bytes": size, "sha256": digest.hexdigest()}
