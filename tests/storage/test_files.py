"""Files appear whole or not at all."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from badgeservice.storage import files

pytestmark = pytest.mark.any_database


def test_a_file_is_made_once(tmp_path: Path) -> None:
    """The second of one name is refused, and nothing stays beside."""
    path = tmp_path / "secret"
    files.create(path, b"first", mode=0o400)

    with pytest.raises(FileExistsError):
        files.create(path, b"second", mode=0o400)

    assert b"first" == path.read_bytes()
    assert 0o400 == path.stat().st_mode & 0o777
    assert [path] == list(tmp_path.iterdir())


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    """Whoever has the old one open reads it to its end; what a crash left beside is no hindrance."""
    path = tmp_path / "registry.json"
    files.replace(path, b"old", mode=0o600)
    (tmp_path / "registry.json.tmp").write_bytes(b"ne")

    with path.open("rb") as reading:
        files.replace(path, b"new", mode=0o600)
        assert b"old" == reading.read()

    assert b"new" == path.read_bytes()
    assert [path] == list(tmp_path.iterdir())


@contextmanager
def room_for_ten_bytes() -> Iterator[None]:
    """The kernel takes ten bytes of a file, and refuses the eleventh; the log of the tests is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("write", [files.create, files.replace])
def test_what_has_no_room_does_not_appear(tmp_path: Path, write: Callable[..., None]) -> None:
    """A part was written, and is not left behind."""
    with pytest.raises(OSError, match="too large"), room_for_ten_bytes():
        write(tmp_path / "key.pem", b"longer than ten bytes", mode=0o400)

    assert [] == list(tmp_path.iterdir())
