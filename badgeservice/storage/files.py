"""Files that appear whole or not at all, whatever happens while they are written.

What is being written stands beside, as `….tmp`; a crash leaves that behind, which nobody reads, and
which the audit names an hour later. What has its name is on the disk, all of it.
"""

from __future__ import annotations

import os
from pathlib import Path


def create(path: Path, content: bytes, *, mode: int) -> None:
    """Write a file that is not there yet. Raises FileExistsError: nothing is written over."""
    beside = _write(path, content, mode)
    try:
        os.link(beside, path)
    finally:
        beside.unlink()
    flush_folder(path.parent)


def replace(path: Path, content: bytes, *, mode: int) -> None:
    """Write a file, in the place of what bears its name: a reader sees the old one or the new one."""
    os.replace(_write(path, content, mode), path)
    flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Make sure that the names of a folder are on the disk, not only the contents of its files."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(path: Path, content: bytes, mode: int) -> Path:
    """Write `content` beside `path`, and return where, once it is on the disk."""
    beside = path.with_name(f"{path.name}.tmp")
    beside.unlink(missing_ok=True)  # what a crash left
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        beside.unlink()
        raise
    return beside
