"""The folder: what changed is written whole, what is gone is removed, a kill leaves nothing torn."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest

from badgeservice.errors import FreezeRefused
from badgeservice.freeze import folder
from badgeservice.freeze.folder import Changes
from badgeservice.freeze.pieces import Piece

SITE = "https://badges.example"


def frozen(root: Path, pieces: Iterable[Piece], day: bytes = b"today") -> Changes:
    """Freeze these pieces into a folder."""
    with folder.opened(root, base_url=SITE, dated=lambda page: page.replace(b"DAY", day)) as target:
        for piece in pieces:
            target.put(piece)
        target.sweep()
        return target.changes


def piece(name: str, text: str) -> Piece:
    """Return a file of the site."""
    return Piece(f"site/{name}", text.encode())


def inodes(root: Path) -> dict[str, int]:
    """Return the inode of each file of the site, by name."""
    files = (path for path in (root / "site").rglob("*") if path.is_file())
    return {path.relative_to(root / "site").as_posix(): path.stat().st_ino for path in files}


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    """A page that says the same keeps its day; what is gone takes its empty folder along."""
    first = [piece("a.html", "one DAY"), piece("b", "two"), piece("c/d/e", "three")]
    assert Changes(3, 0, 0) == frozen(tmp_path, first)
    before = inodes(tmp_path)

    changes = frozen(tmp_path, [first[0], piece("b", "two anew")], day=b"tomorrow")

    assert Changes(1, 1, 1) == changes
    after = inodes(tmp_path)
    assert {"a.html", "b"} == after.keys()
    assert (before["a.html"], b"one today") == (
        after["a.html"],
        (tmp_path / "site/a.html").read_bytes(),
    )
    assert before["b"] != after["b"]
    assert not (tmp_path / "site/c").exists()


def test_what_was_damaged_by_hand_is_mended(tmp_path: Path) -> None:
    """A file that is missing, of another length, or with other bytes is written again."""
    pieces = [piece("a", "one"), piece("b", "two"), piece("c.html", "DAY"), piece("d.html", "DAY")]
    frozen(tmp_path, pieces)
    (tmp_path / "site/a").unlink()
    (tmp_path / "site/b").write_bytes(b"")
    (tmp_path / "site/c.html").write_bytes(bytes(5))

    assert Changes(3, 1, 0) == frozen(tmp_path, pieces)
    assert b"onetwotoday" == b"".join(
        (tmp_path / "site" / name).read_bytes() for name in ("a", "b", "c.html")
    )


def test_a_folder_of_an_earlier_release_is_gone_on_with(tmp_path: Path) -> None:
    """It knows the length of what it wrote: of that length, a page keeps its day."""
    pieces = [piece("a.html", "DAY"), piece("b", "two")]
    frozen(tmp_path, pieces, day=b"then")
    with closing(sqlite3.connect(tmp_path / "manifest.sqlite")) as manifest:
        manifest.execute("ALTER TABLE file DROP COLUMN written")
    (tmp_path / "site/b").write_bytes(b"")

    assert Changes(1, 1, 0) == frozen(tmp_path, pieces)
    assert b"then" == (tmp_path / "site/a.html").read_bytes()


def test_a_kill_in_the_middle_is_gone_on_from(tmp_path: Path) -> None:
    """Every file is old or new, and the next freeze ends what this one began."""
    old = [piece(str(n), f"old {n}") for n in range(20)]
    new = [piece(str(n), f"new {n}") for n in range(20)]
    frozen(tmp_path, old)
    code = f"""
import os
from pathlib import Path
from badgeservice.freeze import folder
from badgeservice.freeze.pieces import Piece
with folder.opened(Path({str(tmp_path)!r}), base_url={SITE!r}, dated=bytes) as target:
    for n in range(12):
        target.put(Piece(f"site/{{n}}", f"new {{n}}".encode()))
    Path({str(tmp_path)!r}, "being-written").write_bytes(b"ne")
    os.kill(os.getpid(), 9)
"""

    killed = subprocess.run([sys.executable, "-c", code], check=False)

    assert -9 == killed.returncode
    said = [(tmp_path / f"site/{n}").read_text() for n in range(20)]
    assert [f"new {n}" for n in range(12)] + [f"old {n}" for n in range(12, 20)] == said
    assert 0 == frozen(tmp_path, new).removed
    assert all((tmp_path / f"site/{n}").read_text() == f"new {n}" for n in range(20))
    assert not (tmp_path / "being-written").exists()
    assert Changes(0, 20, 0) == frozen(tmp_path, new)


def test_whoever_reads_meanwhile_gets_the_old_or_the_new(tmp_path: Path) -> None:
    """Never a part of one."""
    versions = [piece("a", letter * 300_000) for letter in "ox"]
    frozen(tmp_path, versions[:1])
    whole = {each.content for each in versions}
    torn: list[bytes] = []
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            found = (tmp_path / "site/a").read_bytes()
            if found not in whole:
                torn.append(found)

    reader = threading.Thread(target=read)
    reader.start()
    for n in range(30):
        frozen(tmp_path, [versions[n % 2]])
    over.set()
    reader.join()

    assert [] == torn


def test_an_interrupted_freeze_removes_nothing(tmp_path: Path) -> None:
    """An address that cannot be asked is no reason to forget what stood there."""
    frozen(tmp_path, [piece("a", "one"), piece("b", "two")])

    def interrupted() -> Iterable[Piece]:
        yield piece("a", "one anew")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        frozen(tmp_path, interrupted())

    assert {"a", "b"} == inodes(tmp_path).keys()


def test_two_freezes_do_not_meet(tmp_path: Path) -> None:
    """The second is told, and changes nothing."""
    with (
        folder.opened(tmp_path, base_url=SITE, dated=bytes),
        pytest.raises(FreezeRefused, match="another freeze is at work"),
    ):
        frozen(tmp_path, [])


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    """Other files, another site, a manifest that is none, and an address that leads out."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full/letter.txt").touch()
    with pytest.raises(FreezeRefused, match="is not empty"):
        frozen(tmp_path / "full", [])
    frozen(tmp_path / "ours", [])
    with (
        pytest.raises(FreezeRefused, match=r"holds the site of https://badges\.example"),
        folder.opened(tmp_path / "ours", base_url="https://other.example", dated=bytes),
    ):
        pass
    (tmp_path / "ours/manifest.sqlite").write_bytes(b"no database at all, but some text")
    with pytest.raises(FreezeRefused, match="freeze into an empty folder"):
        frozen(tmp_path / "ours", [])
    with pytest.raises(FreezeRefused, match="leads out of the folder"):
        frozen(tmp_path / "new", [piece("../../x", "out")])
