"""The folder of a frozen site: what has changed is written, what is no longer there is removed.

Each file is written beside, forced to the disk and renamed: whoever reads meanwhile gets the old one
or the new one. `manifest.sqlite` holds the digest of what each file was made from, and that of the
file itself: what is no longer as it was written is written again. A file counts as written only after
it is in its place, so that after a kill the next freeze finds what is missing.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from badgeservice.errors import FreezeRefused
from badgeservice.freeze.pieces import AS_OF, Piece

_MANIFEST = "manifest.sqlite"
_BESIDE = "being-written"
_BATCH = 1000
_TABLES = """
CREATE TABLE IF NOT EXISTS file (
    name TEXT PRIMARY KEY, digest TEXT NOT NULL, bytes INTEGER NOT NULL, run INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS file_run ON file (run);
CREATE TABLE IF NOT EXISTS about (base_url TEXT NOT NULL, run INTEGER NOT NULL);
"""


@dataclass
class Changes:
    """How many files a freeze wrote, left as they were, and removed."""

    written: int = 0
    kept: int = 0
    removed: int = 0


class Folder:
    """A folder while a freeze is at work on it. Open one with `opened`."""

    def __init__(
        self, root: Path, manifest: sqlite3.Connection, dated: Callable[[bytes], bytes]
    ) -> None:
        """`dated` fills the day into a page that is about to be written."""
        self._root, self._manifest, self._dated = root, manifest, dated
        self._run: int = manifest.execute("SELECT run FROM about").fetchone()[0]
        self._touched: set[Path] = set()
        self._since_commit = 0
        self.changes = Changes()

    def put(self, piece: Piece, *, anew: bool = False) -> None:
        """Write a file unless it stands there, made from the same bytes; `anew` writes it anyway."""
        digest = _digest(piece.content)
        path = self._path(piece.name)
        held = self._manifest.execute(
            "SELECT digest, bytes, written FROM file WHERE name = ?", [piece.name]
        ).fetchone()
        is_there = held is not None and held[0] == digest and _stands(path, *held[1:])
        if is_there and not anew:
            self._manifest.execute(
                "UPDATE file SET run = ? WHERE name = ?", [self._run, piece.name]
            )
            self.changes.kept += 1
        else:
            content = self._dated(piece.content) if piece.is_dated else piece.content
            self._write(path, content)
            self._manifest.execute(
                "INSERT OR REPLACE INTO file (name, digest, bytes, run, written)"
                " VALUES (?, ?, ?, ?, ?)",
                [piece.name, digest, len(content), self._run, _digest(content)],
            )
            self.changes.written += 1
        self._since_commit += 1
        if self._since_commit >= _BATCH:
            self._commit()

    def differs(self) -> bool:
        """Tell whether anything was written, or is left from before and no longer there."""
        stale = self._manifest.execute(
            "SELECT 1 FROM file WHERE run != ? AND name != ? LIMIT 1", [self._run, AS_OF]
        ).fetchone()
        return self.changes.written > 0 or stale is not None

    def sweep(self) -> None:
        """Remove what an earlier freeze wrote and this one did not. Call it at the very end."""
        self._commit()
        while names := self._manifest.execute(
            "SELECT name FROM file WHERE run != ? LIMIT ?", [self._run, _BATCH]
        ).fetchall():
            for (name,) in names:
                self._remove(self._path(name))
                self._manifest.execute("DELETE FROM file WHERE name = ?", [name])
                self.changes.removed += 1
            self._commit()

    def _write(self, path: Path, content: bytes) -> None:
        beside = self._root / _BESIDE
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.replace(path)
        self._touched.add(path.parent)

    def _remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._touched.discard(path.parent)
        for folder in path.parents:
            if folder == self._root or any(folder.iterdir()):
                self._touched.add(folder)
                return
            folder.rmdir()
            self._touched.discard(folder)

    def _commit(self) -> None:
        """Note what is done, once the disk has it."""
        for folder in self._touched:
            _force(folder)
        self._touched.clear()
        self._manifest.commit()
        self._since_commit = 0

    def _path(self, name: str) -> Path:
        path = self._root / name
        if ".." in path.parts:
            raise FreezeRefused("an address leads out of the folder")
        return path


@contextmanager
def opened(root: Path, *, base_url: str, dated: Callable[[bytes], bytes]) -> Iterator[Folder]:
    """Open `root` for a freeze of the site at `base_url`, alone.

    Raises FreezeRefused for a folder with something else in it, with another site, or at work.
    """
    root.mkdir(parents=True, exist_ok=True)
    if not (root / _MANIFEST).exists() and any(root.iterdir()):
        raise FreezeRefused(f"{root} is not empty, and no site was frozen there")
    with (root / _MANIFEST).open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FreezeRefused(f"another freeze is at work on {root}") from None
        manifest = sqlite3.connect(root / _MANIFEST)
        try:
            _begin(root, manifest, base_url)
            yield Folder(root, manifest, dated)
            manifest.commit()
        finally:
            manifest.close()


def _begin(root: Path, manifest: sqlite3.Connection, base_url: str) -> None:
    try:
        manifest.executescript(_TABLES)
        columns = {row[1] for row in manifest.execute("PRAGMA table_info(file)")}
        if "written" not in columns:  # a folder of an earlier release
            manifest.execute("ALTER TABLE file ADD COLUMN written TEXT")
        known = manifest.execute("SELECT base_url FROM about").fetchone()
    except sqlite3.DatabaseError as error:
        raise FreezeRefused(f"{root / _MANIFEST}: {error}; freeze into an empty folder") from None
    if known is None:
        manifest.execute("INSERT INTO about VALUES (?, 0)", [base_url])
    elif known[0] != base_url:
        raise FreezeRefused(f"{root} holds the site of {known[0]}")
    manifest.execute("UPDATE about SET run = run + 1")
    manifest.commit()
    (root / _BESIDE).unlink(missing_ok=True)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _stands(path: Path, size: int, written: str | None) -> bool:
    """Tell whether a file is as it was written; in a folder of an earlier release, only its size."""
    try:
        return path.stat().st_size == size and written in (None, _digest(path.read_bytes()))
    except OSError:
        return False


def _force(folder: Path) -> None:
    """Force the names in a folder to the disk."""
    if not folder.is_dir():
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
